/*
 * engine_claim.h
 *	  Making turns of threads that are due, and locking those at hand.
 */
#ifndef ENGINE_CLAIM_H
#define ENGINE_CLAIM_H

#include "engine/engine_internal.h"
#include "engine/engine_share.h"

/* Claims up to `room` threads of a quota class, of none of the accounts that are
 * passed over, and loads them; the turns are appended to the list, their contexts
 * are children of the current one.  Returns how many rows were looked at. */
extern int	engine_claim_threads(int quota_class, const EngineShare *share, List **turns);

/* Whether a tick raised while it claimed a single thread, and which. */
extern bool engine_claim_under_way(int *account_id, pg_uuid_t *thread_id);

/* Due time of the earliest unowned ready row of a class; PG_INT64_MAX none. */
extern TimestampTz engine_claim_earliest_due(int quota_class);

/* Locks the threads of these turns, in order; marks the overtaken ones stale and
 * those whose row somebody else holds locked_out. */
extern void engine_claim_lock(List *turns);

extern void engine_claim_free_turn(EngineTurn *turn);

#endif							/* ENGINE_CLAIM_H */
