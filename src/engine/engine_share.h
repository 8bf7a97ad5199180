/*
 * engine_share.h
 *	  How much of a worker one account may have.
 */
#ifndef ENGINE_SHARE_H
#define ENGINE_SHARE_H

#include "nodes/pg_list.h"

/* A claim that is about to be made. */
typedef struct EngineShare
{
	int			free;			/* turns that this worker has room for */
	int			class_free;		/* of the class that is claimed */
	int			room;			/* threads to be claimed at most */
	int			passed_count;
	int			behind_count;	/* of those: the last, who get what the others leave */
	int		   *passed_over;	/* accounts that get none; in the current context */
} EngineShare;

extern void engine_share_open(void);

/* A turn of the account is held from now on, or no longer. */
extern void engine_share_add(int account_id, int quota_class);
extern void engine_share_remove(int account_id, int quota_class);

/* Makes `room` so small that no account gets more than its share, whoever's threads
 * are claimed, and tells who has it already.  Called inside the tick's transaction. */
extern void engine_share_apply(int quota_class, EngineShare *claim);

/* Tells what a claim of a class has brought, and whether it took all there was room
 * for.  Called inside the tick's transaction. */
extern void engine_share_note(int quota_class, List *claimed, bool is_full);

/* The tick begins; what a turn of an account has computed in it, in microseconds. */
extern void engine_share_begin_tick(void);
extern void engine_share_spend(int account_id, int64 computed_us);

/* Until when (ticks) the account is given nothing, what it holds included: for longer
 * where a turn of it has computed long, until the next tick where all of this one's
 * together have; 0: it is not so. */
extern int64 engine_share_rests_until(int account_id);

#endif							/* ENGINE_SHARE_H */
