/*
 * engine_limit.h
 *	  When a turn may send: permits before a request is decided, and waiting
 *	  for one.
 */
#ifndef ENGINE_LIMIT_H
#define ENGINE_LIMIT_H

#include "engine/engine_internal.h"

/*
 * A permit for a request that this tick is about to decide, kept for the turn
 * until the request ends.  False when there is none: the turn then waits (with
 * waiting set to `wait_as`), or rests in the ready table with the reason.
 */
extern bool engine_limit_admit(EngineTurn *turn, const HttpRequest *request, EngineWaiting wait_as);

/* Whether a turn that waits for a permit can go on; takes the permit. */
extern bool engine_limit_is_due(EngineTurnInner *inner, int64 ticks);

/* Counts the turns that wait anew, before they are looked through. */
extern void engine_limit_recount(void);

/* In the tick that uses the answer: tells people of a far side that cannot be
 * reached. */
extern void engine_limit_judge(EngineTurn *turn, const HttpResponse *response);

#endif							/* ENGINE_LIMIT_H */
