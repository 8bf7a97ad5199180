/*
 * inbox_volley.h
 *	  Two machines that talk to each other are stopped.
 */
#ifndef INBOX_VOLLEY_H
#define INBOX_VOLLEY_H

#include "engine/engine_turn.h"

/*
 * Why the bot should not answer once more: it has said too much in too short a
 * time, or is told the same again and again, by the limits of the account's rules.
 * One line for people; NULL when it may.  For conclude.
 */
extern const char *inbox_volley_fault(EngineTurn *turn);

/* Hands the conversation over instead, with that line. */
extern void inbox_volley_stop(EngineTurn *turn, const char *fault);

#endif							/* INBOX_VOLLEY_H */
