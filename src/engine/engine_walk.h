/*
 * engine_walk.h
 *	  Walks a turn through its graph.
 */
#ifndef ENGINE_WALK_H
#define ENGINE_WALK_H

#include "engine/engine_internal.h"

/* Moves a locked turn forward until it waits or rests. */
extern void engine_walk_advance(EngineTurn *turn);

#endif							/* ENGINE_WALK_H */
