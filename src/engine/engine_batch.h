/*
 * engine_batch.h
 *	  The turns of the tick under way.
 */
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H

#include "engine/engine_internal.h"

typedef struct EngineBatch
{
	MemoryContext context;		/* of the tick */
	List	   *turns;
	List	   *overtaken;		/* only their cost is still booked */
	EngineTurn *current;		/* being advanced: the culprit if it raises */
	bool		one_by_one;		/* an earlier tick raised: a turn at a time */
} EngineBatch;

extern EngineBatch engine_batch;

/* Turns that can go on; just one while they go one by one. */
extern List *engine_batch_gather(void);

/* How many more threads of a class may be claimed. */
extern int	engine_batch_room(int quota_class);

/* Whether a class has something due and room for it. */
extern bool engine_batch_can_claim(void);

/* The database's half of a tick, in a transaction of its own. */
extern void engine_batch_run(void);

/* The transaction is over: starts what it decided to send. */
extern void engine_batch_conclude(void);

/* The transaction was aborted: everything is as it was before. */
extern void engine_batch_undo(void);

#endif							/* ENGINE_BATCH_H */
