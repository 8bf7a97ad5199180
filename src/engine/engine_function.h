/*
 * engine_function.h
 *	  Node kind `function`: calls an SQL function, which returns a patch.
 */
#ifndef ENGINE_FUNCTION_H
#define ENGINE_FUNCTION_H

#include "engine/engine_turn.h"

extern const EngineNodeKind engine_function_kind;

/*
 * Calls the function that the node being run names, with the state as it is
 * now, and returns its patch; deliveries it asks for are recorded.  For node
 * kinds of other domains that may name one of the product's functions.
 */
extern Jsonb *engine_function_call(EngineTurn *turn);

/* Whether the function being called runs for a rehearsal: what it writes is
 * undone, and nobody has taken over what it hands over. */
extern bool engine_function_is_rehearsed(void);

#endif							/* ENGINE_FUNCTION_H */
