/*
 * engine_rehearsal.h
 *	  Turns that leave no trace.
 */
#ifndef ENGINE_REHEARSAL_H
#define ENGINE_REHEARSAL_H

#include "engine/engine_internal.h"

/* The kind of threads that rehearse what another one could do. */
#define ENGINE_REHEARSAL "rehearsal"

/* Gives the rehearsals among these turns the kind and the subject of what they
 * rehearse. */
extern void engine_rehearsal_load(List *turns);

#endif							/* ENGINE_REHEARSAL_H */
