/*
 * inbox_return.h
 *	  How a conversation that a person has comes back to the bot.
 */
#ifndef INBOX_RETURN_H
#define INBOX_RETURN_H

#include "inbox/inbox_conversation.h"

/*
 * Gives the conversation back and, if the rules say so, lets the bot answer
 * what nobody has answered.
 */
extern void inbox_return_conversation(int account_id, const pg_uuid_t *id, const char *cause);

/*
 * Gives it back when a description adds the label that does so.  Called before
 * the labels are stored.
 */
extern void inbox_return_by_label(const InboxConversation *conversation,
								  const InboxConversationView *view);

#endif							/* INBOX_RETURN_H */
