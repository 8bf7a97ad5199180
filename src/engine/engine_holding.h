/*
 * engine_holding.h
 *	  The turns that a worker holds.
 */
#ifndef ENGINE_HOLDING_H
#define ENGINE_HOLDING_H

#include "utils/hsearch.h"

#include "engine/engine_internal.h"
#include "engine/engine_roster.h"

#define ENGINE_LONGEST_ASIDE_MS 1000

typedef struct EngineHolding
{
	dlist_head	calling;		/* with a request in flight */
	dlist_head	finished;		/* their request came back */
	dlist_head	waiting;		/* for a time of their own */
	int			count;
	int			class_counts[ENGINE_QUOTA_CLASSES];
	HTAB	   *by_thread;		/* the newest turn of each thread */
} EngineHolding;

extern EngineHolding engine_holding;

extern void engine_holding_open(void);

/* A turn that was just claimed. */
extern void engine_holding_add(EngineTurn *turn, int quota_class);

/* The newest turn of a thread; NULL when it is not held. */
extern EngineTurn *engine_holding_find(const pg_uuid_t *thread_id);

/* Lets go of a turn for good, its request aborted if there is one. */
extern void engine_holding_drop(EngineTurn *turn);

/* Puts a turn at the end of the list for what it waits for now. */
extern void engine_holding_sort(EngineTurn *turn);

/* Lets a turn be for a while. */
extern void engine_holding_put_aside(EngineTurnInner *inner);

#endif							/* ENGINE_HOLDING_H */
