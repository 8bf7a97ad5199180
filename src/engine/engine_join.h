/*
 * engine_join.h
 *	  Mail that arrives during a turn joins it.
 */
#ifndef ENGINE_JOIN_H
#define ENGINE_JOIN_H

#include "engine/engine_internal.h"

/* Starts the time in which mail may join; called by the claim. */
extern void engine_join_begin(EngineTurn *turn);

/*
 * Mail has arrived for a turn in flight; outside any transaction.  True when
 * the turn now waits for quiet and its call, if any, is to be given up.
 */
extern bool engine_join_hear(EngineTurn *turn);

/*
 * Takes new mail in before the next step; under the thread's lock.  True when
 * the turn starts over, now or after the quiet time.
 */
extern bool engine_join_advance(EngineTurn *turn, bool was_quiet);

#endif							/* ENGINE_JOIN_H */
