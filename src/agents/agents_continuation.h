/*
 * agents_continuation.h
 *	  What a message goes on with.
 */
#ifndef AGENTS_CONTINUATION_H
#define AGENTS_CONTINUATION_H

#include "engine/engine_turn.h"

/*
 * What the customer wrote before, where the message goes on with it: "and on
 * Sundays?"; back to what goes on with nothing, thanks between left out.  Else NULL.
 */
extern const char *agents_continuation_before(EngineTurn *turn);

#endif							/* AGENTS_CONTINUATION_H */
