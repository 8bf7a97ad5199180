/*
 * engine_step.h
 *	  One step of a turn: begun, finished, and what follows from how it ended.
 */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include "engine/engine_internal.h"

/* Begins the node at hand, or resumes it when it was awaited. */
extern void engine_step_begin(EngineTurn *turn);

/* Has the node read the answer to its request. */
extern void engine_step_finish(EngineTurn *turn, const HttpResponse *response);

/* Sends the request of the step at hand when it may; else waits or rests. */
extern void engine_step_send(EngineTurn *turn);

/* Ends the step at hand without a result and goes back to the graph's entry. */
extern void engine_step_start_over(EngineTurn *turn);

/* Lets go of a turn that may begin nothing; it goes on here later. */
extern void engine_step_hold_back(EngineTurn *turn);

/* After a commit: frees what steps that are done have left. */
extern void engine_step_forget_done(EngineTurn *turn);

#endif							/* ENGINE_STEP_H */
