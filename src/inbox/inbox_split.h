/*
 * inbox_split.h
 *	  One burst of a customer that its source made two conversations of.
 */
#ifndef INBOX_SPLIT_H
#define INBOX_SPLIT_H

#include "inbox/inbox_conversation.h"
#include "inbox/inbox_event.h"

/*
 * A photo and its question that come at once may make two conversations of one
 * contact.  Called when the first message of a conversation just made is stored and
 * its mail is posted: if another one of the contact on the same channel is as young
 * and unanswered, the younger of the two gets the other's messages, and answers; the
 * other is silent.
 */
extern void inbox_split_join(InboxConversation *conversation, const InboxEvent *event);

#endif							/* INBOX_SPLIT_H */
