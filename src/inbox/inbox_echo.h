/*
 * inbox_echo.h
 *	  Our own replies, told to us as somebody else's.
 */
#ifndef INBOX_ECHO_H
#define INBOX_ECHO_H

#include "inbox/inbox_conversation.h"
#include "inbox/inbox_event.h"

/*
 * Whether an outgoing message without our marker says what a reply of ours said in
 * the conversation at about that time: a channel tells a site of what it carried,
 * and the site tells us of it as of a person's words in another app.
 */
extern bool inbox_echo_is_ours(const InboxConversation *conversation, const InboxMessage *message);

#endif							/* INBOX_ECHO_H */
