/*
 * inbox_ingest.h
 *	  The one way in: what an event does to leads, conversations and messages,
 *	  and whether it starts a turn.
 */
#ifndef INBOX_INGEST_H
#define INBOX_INGEST_H

#include "inbox/inbox_conversation.h"
#include "inbox/inbox_event.h"
#include "inbox/inbox_site.h"

typedef enum InboxOutcomeKind
{
	INBOX_STORED,				/* something changed */
	INBOX_DUPLICATE,			/* known already */
	INBOX_NOTHING,				/* of no meaning to us; see reason */
	INBOX_UNUSABLE				/* makes no sense; see reason */
} InboxOutcomeKind;

typedef struct InboxOutcome
{
	InboxOutcomeKind kind;
	const char *reason;			/* for the last two */
	bool		has_message;
	pg_uuid_t	message_id;		/* our row's, when has_message */
	pg_uuid_t	conversation_id;
} InboxOutcome;

/*
 * Takes an event in.  SPI is connected.  A message event without a number of its
 * conversation is given one: by its sender, or when it reports on a message of
 * ours by that.
 */
extern void inbox_ingest(InboxOrigin origin, InboxEvent *event,
						 InboxOutcome *outcome);

#endif							/* INBOX_INGEST_H */
