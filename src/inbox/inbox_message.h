/*
 * inbox_message.h
 *	  Messages as rows: each exactly once.
 */
#ifndef INBOX_MESSAGE_H
#define INBOX_MESSAGE_H

#include "utils/uuid.h"

#include "inbox/inbox_conversation.h"
#include "inbox/inbox_event.h"

/*
 * Stores a message of a conversation just found (so that its thread is locked),
 * unless it is there already (by its id at the source, or an incoming one by its provider's id).
 * True when it was stored: then the caller posts mail or draws an event, so
 * that the number the row took is used up.  *id is the row's.
 */
extern bool inbox_message_store(const InboxConversation *conversation,
								const InboxMessage *message, pg_uuid_t *id);

/*
 * Brings a stored message up to date: edited or deleted content, attributes,
 * delivery status (which never goes back) and failure.  Returns its seq when
 * what the customer said has changed, else 0.
 */
extern int64 inbox_message_update(const InboxConversation *conversation,
								  const InboxMessage *message);

/* A delivery of ours that has arrived, as a row; its echo may have come first. */
typedef struct InboxSpoken
{
	int			account_id;
	const pg_uuid_t *conversation_id;
	int64		seq;			/* engine_turn_next_event() */
	const char *channel;
	const char *content;
	const char *external_id;	/* NULL for transport local */
	const char *marker;
	bool		private;
} InboxSpoken;

extern void inbox_message_record(const InboxSpoken *spoken);

/* Number of the conversation that has a message of this id at the source; 0
 * when none of the site has. */
extern int64 inbox_message_find_conversation(InboxOrigin origin, const char *external_id);

/* Id at the source of our message with that marker; NULL when not seen. */
extern char *inbox_message_find_marker(int account_id, const pg_uuid_t *conversation_id,
									   const char *marker);

#endif							/* INBOX_MESSAGE_H */
