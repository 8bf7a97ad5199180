/*
 * engine_mailbox.h
 *	  Mail into a turn: what a claim finds, and what comes while it runs.
 */
#ifndef ENGINE_MAILBOX_H
#define ENGINE_MAILBOX_H

#include "engine/engine_internal.h"

/* Takes in what the mailboxes of turns just claimed hold. */
extern void engine_mailbox_load(List *turns);

/* Takes in what has arrived since the turn began; whether it asks for a walk. */
extern bool engine_mailbox_take_later(EngineTurn *turn);

/* Puts what mail of kind deliver asked for at the end of the lane, and marks it
 * in the mailbox as done by the same commit. */
extern void engine_mailbox_post_deliveries(EngineTurn *turn);

/* Deletes what a finished turn has taken in. */
extern void engine_mailbox_delete_read(EngineTurn *turn);

#endif							/* ENGINE_MAILBOX_H */
