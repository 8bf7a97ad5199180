/*
 * chatwoot_swept.h
 *	  What a sweep found: Chatwoot's lists, taken in as its webhooks are.
 */
#ifndef CHATWOOT_SWEPT_H
#define CHATWOOT_SWEPT_H

#include "base/base_span.h"
#include "inbox/inbox_site.h"

typedef enum ChatwootSweptVerdict
{
	CHATWOOT_SWEPT_TAKEN,
	CHATWOOT_SWEPT_BUSY			/* somebody is at work on it: look again later */
} ChatwootSweptVerdict;

/* What was found in a conversation. */
typedef struct ChatwootSwept
{
	InboxOrigin	origin;
	int64		chatwoot_account_id;
	BaseSpan	conversation;	/* as GET /conversations lists it */
	BaseSpan	messages;		/* an array, oldest first */
	int			found;			/* result: messages that were not known */
} ChatwootSwept;

/* The id of a conversation or message that a list holds; 0 when it has none. */
extern int64 chatwoot_swept_id(const BaseSpan *object);

/* A time of the REST API, in seconds since 1970; 0 for what is none. */
extern TimestampTz chatwoot_swept_time(const BaseSpan *seconds);

/* Id of the newest message of a conversation that we knew of before a time; 0. */
extern int64 chatwoot_swept_known(InboxOrigin origin, int64 display_id, TimestampTz before);

/*
 * Takes messages in; nothing is waited for.  SPI is connected, other threads
 * may be locked.
 */
extern ChatwootSweptVerdict chatwoot_swept_take_in(ChatwootSwept *swept);

#endif							/* CHATWOOT_SWEPT_H */
