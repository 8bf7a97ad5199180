/*
 * inbox_retraction.h
 *	  What a customer takes back: the words go, and the turn that was about them.
 */
#ifndef INBOX_RETRACTION_H
#define INBOX_RETRACTION_H

#include "engine/engine_turn.h"
#include "inbox/inbox_conversation.h"
#include "inbox/inbox_event.h"

/*
 * A message was deleted at its source: its words are cleared from its row and from
 * all that was made of them, and if no finished turn has read it, a turn follows
 * that answers what is left, if anything is.  Any turn under way says nothing.  The
 * thread is locked; nothing happens when the message is not known, or known to be
 * deleted.
 */
extern void inbox_retraction_apply(InboxConversation *conversation, const InboxMessage *message);

/*
 * For the load of a turn that begins: when it was told of a retraction, clears what
 * the steps before have made of the message, and sets skip if nothing is left to
 * answer; or if another conversation answers it (inbox_split.h).
 */
extern void inbox_retraction_begin(EngineTurn *turn);

#endif							/* INBOX_RETRACTION_H */
