/*
 * inbox_message.h
 *	  Messages as rows: each exactly once.
 */
#ifndef INBOX_MESSAGE_H
#define INBOX_MESSAGE_H

#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "inbox/inbox_conversation.h"
#include "inbox/inbox_event.h"

/*
 * Stores a message of a conversation just found (so that its thread is locked),
 * unless it is there already (by its id at the source, or an incoming one by its
 * provider's id, in whatever conversation).
 * True when it was stored: then the caller posts mail or draws an event, so
 * that the number the row took is used up.  *id is the row's.
 */
extern bool inbox_message_store(const InboxConversation *conversation,
								const InboxMessage *message, pg_uuid_t *id);

/* What an update has changed of what a customer said. */
typedef struct InboxMessageChange
{
	int64		seq;			/* the message's; 0 when it is not known */
	pg_uuid_t	id;
	bool		is_edit;		/* other words or files */
	bool		is_more;		/* a file, or the words of a voice note, that were not there */
	bool		is_refusal;		/* of a reply of ours: refused by its provider, or not any more */
} InboxMessageChange;

/*
 * Brings a stored message up to date: edited or deleted content, attributes,
 * delivery status (which never goes back) and failure.
 */
extern InboxMessageChange inbox_message_update(const InboxConversation *conversation,
											   const InboxMessage *message);

/* Gives a message the next number of its thread, as if it came now; the caller
 * hands that number out, as behind inbox_message_store(). */
extern void inbox_message_hear_again(const InboxConversation *conversation,
									 const InboxMessageChange *change);

/* Whether the last thing that the customer was told ends in a question. */
extern bool inbox_message_is_asked(const InboxConversation *conversation);

/* Whether people have the conversation because of something that nobody could
 * hear or see, and none of them has spoken or taken it since. */
extern bool inbox_message_is_left_unheard(const InboxConversation *conversation);

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
	TimestampTz	sent_at;		/* by the clock of the source */
	int64		answers_up_to;	/* inbox_message_answers() */
	bool		private;
} InboxSpoken;

/*
 * Number up to which a reply answers what the customer has written: what was known
 * when it was decided, whatever number its own row gets when it arrives; or what
 * its payload says.  0 for the sentence that people take over.
 */
extern int64 inbox_message_answers(Jsonb *payload, int64 mail_seq);

/* True when the far side has told already that its provider refused it. */
extern bool inbox_message_record(const InboxSpoken *spoken);

/* Number of the conversation that has a message of this id at the source; 0
 * when none of the site has. */
extern int64 inbox_message_find_conversation(InboxOrigin origin, const char *external_id);

/* The same of our message with that marker, whether or not its row is there yet. */
extern int64 inbox_message_find_conversation_of(InboxOrigin origin, const char *marker);

/* Id at the source of our message with that marker; NULL when not seen. */
extern char *inbox_message_find_marker(int account_id, const pg_uuid_t *conversation_id,
									   const char *marker);

#endif							/* INBOX_MESSAGE_H */
