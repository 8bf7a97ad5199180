/*
 * inbox_window.h
 *	  Until when a customer may be written to, and what may be written later.
 */
#ifndef INBOX_WINDOW_H
#define INBOX_WINDOW_H

#include "engine/engine_turn.h"
#include "inbox/inbox_conversation.h"

/* Takes in whether the source lets us write there. */
extern void inbox_window_observe(InboxConversation *conversation, const InboxConversationView *view);

/* Whether anything may be written in the turn's conversation now; `window` is
 * its channel's, in microseconds, 0 none. */
extern bool inbox_window_is_open(EngineTurn *turn, int64 window);

/* The payload as it leaves when the window is closed: a template of the channel with
 * its blanks filled in, in the turn's context; NULL when none fits. */
extern Jsonb *inbox_window_template(EngineTurn *turn, Jsonb *payload);

#endif							/* INBOX_WINDOW_H */
