/*
 * inbox_refusal.h
 *	  Replies that the far side accepted and the channel's provider refused later.
 */
#ifndef INBOX_REFUSAL_H
#define INBOX_REFUSAL_H

#include "utils/uuid.h"

#include "inbox/inbox_conversation.h"

/* The provider has refused a reply of ours, or thought better of it: what follows
 * is decided when the thread rests (frontdesk.mend_refused()).  The caller has
 * the thread locked. */
extern void inbox_refusal_notice(int account_id, const pg_uuid_t *conversation_id);

/* The same where the event is taken in: a turn under way reads anew what the
 * customer has not been answered after all. */
extern void inbox_refusal_take(InboxConversation *conversation);

#endif							/* INBOX_REFUSAL_H */
