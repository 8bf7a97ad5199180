/*
 * inbox_opting.h
 *	  A customer who wants no more messages, or wants them again.
 */
#ifndef INBOX_OPTING_H
#define INBOX_OPTING_H

#include "inbox/inbox_conversation.h"
#include "inbox/inbox_event.h"

/*
 * Whether a customer's message just stored says so and nothing else: then it is
 * recorded, and confirmed or handed over, its number is used up, and no turn is
 * to read it.  One of history is recorded alone.
 */
extern bool inbox_opting_hear(InboxConversation *conversation, const InboxEvent *event,
							  const pg_uuid_t *id, bool is_history);

#endif							/* INBOX_OPTING_H */
