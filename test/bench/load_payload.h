/*
 * load_payload.h
 *		Signed Chatwoot webhooks, made from templates.
 */
#ifndef LOAD_PAYLOAD_H
#define LOAD_PAYLOAD_H

#include "fake_text.h"

#define LOAD_PAYLOAD_KINDS 5
#define LOAD_PAYLOAD_URGENT 4		/* the kind that goes to a person */

/* What the templates are made for. */
typedef struct LoadPayloadOptions
{
	const char *host;			/* as the Host header says it */
	const char *path;
	const char *user;			/* login:password, or NULL */
	const char *secret;			/* NULL leaves the webhooks unsigned */
	int64_t account_id;
	int64_t first_message_id;	/* ten digits */
	int mix[LOAD_PAYLOAD_KINDS];	/* percent, in the order of the names */
} LoadPayloadOptions;

extern const char *const load_payload_names[LOAD_PAYLOAD_KINDS];

extern void load_payload_open(const LoadPayloadOptions *options);
extern FakeSlice load_payload_make(int64_t conversation_id, int *kind);
extern bool load_payload_emit(const char *file, int64_t first_conversation,
							  int64_t conversations, int64_t total);

#endif							/* LOAD_PAYLOAD_H */
