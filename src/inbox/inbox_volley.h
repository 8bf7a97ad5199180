/*
 * inbox_volley.h
 *	  Two machines that talk to each other are stopped.
 */
#ifndef INBOX_VOLLEY_H
#define INBOX_VOLLEY_H

#include "engine/engine_turn.h"

/* Why the bot should not answer once more. */
typedef struct InboxVolleyFault
{
	const char *text;			/* one line for people */
	bool		is_machine;		/* no person is there who would hear a sentence */
} InboxVolleyFault;

/*
 * Whether it has said too much in too short a time, or is told the same again and
 * again, by the limits of the account's rules.  For conclude.
 */
extern bool inbox_volley_find_fault(EngineTurn *turn, InboxVolleyFault *fault);

/* Hands the conversation over instead. */
extern void inbox_volley_stop(EngineTurn *turn, const InboxVolleyFault *fault);

#endif							/* INBOX_VOLLEY_H */
