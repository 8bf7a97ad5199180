/*
 * engine_tool.h
 *	  Functions that accounts add run in a worker of their own, not in a batch.
 */
#ifndef ENGINE_TOOL_H
#define ENGINE_TOOL_H

#include "engine/engine_turn.h"

/* Whether a function belongs to the product. */
extern bool engine_tool_is_shipped(Oid function);

/* Callbacks of a step (engine_turn.h) whose function is not shipped. */
extern EngineStepState engine_tool_begin(EngineTurn *turn, EngineStep *step, Oid function);
extern bool engine_tool_holds(EngineTurn *turn, const EngineNode *node);
extern EngineStepState engine_tool_resume(EngineTurn *turn, EngineStep *step);
extern void engine_tool_abandon(EngineTurn *turn);

#endif							/* ENGINE_TOOL_H */
