/*
 * chatwoot_enclosure.h
 *	  What comes beside the text of a message of Chatwoot's, in the inbox' words.
 */
#ifndef CHATWOOT_ENCLOSURE_H
#define CHATWOOT_ENCLOSURE_H

#include "inbox/inbox_event.h"

/* The members of a message's body that tell of it; any may be absent. */
typedef struct ChatwootEnclosed
{
	const BaseSpan *content_type;
	const BaseSpan *attributes; /* content_attributes */
	const BaseSpan *attachments;
	const char *channel;		/* ours; NULL when not told */
} ChatwootEnclosed;

/*
 * Sets enclosed, opaque, reply_to and what kind of message it is, and clears a
 * content that its sender has not written: a placeholder, the line of a mention.
 */
extern void chatwoot_enclosure_read(const ChatwootEnclosed *enclosed, InboxMessage *message);

/* What a customer chose, filled in or rated on a message of ours: the message's
 * answer. */
extern void chatwoot_enclosure_read_answer(const ChatwootEnclosed *enclosed, InboxMessage *message);

#endif							/* CHATWOOT_ENCLOSURE_H */
