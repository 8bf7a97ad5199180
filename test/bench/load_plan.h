/*
 * load_plan.h
 *		Which webhook is sent next, and when the run is over.
 */
#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

typedef enum LoadPlanMode
{
	LOAD_PLAN_CLOSED,			/* as fast as acknowledged */
	LOAD_PLAN_PACED,			/* at even distances in time */
	LOAD_PLAN_CONVERSATIONS		/* the next one after the reply */
} LoadPlanMode;

typedef struct LoadPlanOptions
{
	LoadPlanMode mode;
	int64_t total;				/* webhooks in all; 0 is without limit */
	double seconds;				/* limit, or the time they are spread over */
	int64_t first_conversation; /* eight digits */
	int64_t conversations;
	bool is_fresh;				/* every message opens a conversation */
	bool awaits_replies;
	bool notes_close;			/* urgent ones are closed by a private note */
	double reply_timeout;		/* seconds */
} LoadPlanOptions;

extern void load_plan_open(const LoadPlanOptions *options);
extern void load_plan_begin(int64_t count);
extern bool load_plan_next(int64_t *conversation);
extern void load_plan_sent(int64_t conversation, int kind);
extern void load_plan_settled(int64_t conversation, bool is_accepted);
extern void load_plan_replied(int64_t conversation, bool is_private);

/* load_client.c: connections that send what the plan says. */
extern void load_client_open(const char *address, int port, int connections);
extern void load_client_pump(void);

/* load_chatwoot.c: the port the replies come to. */
extern int load_chatwoot_open(int port);

#endif							/* LOAD_PLAN_H */
