/*
 * engine_lease.h
 *	  Who owns a thread, and for how long.
 */
#ifndef ENGINE_LEASE_H
#define ENGINE_LEASE_H

#include "utils/timestamp.h"

/* A process that threads may belong to. */
typedef struct EngineOwner
{
	int64		incarnation;	/* of the server's shared memory */
	int			slot;			/* -1: nobody yet */
	int64		generation;
} EngineOwner;

/* This worker's identity, set once. */
extern void engine_lease_set_owner(int slot, int64 generation);
extern EngineOwner engine_lease_owner(void);

/* When a lease that begins or is extended now ends. */
extern TimestampTz engine_lease_end(void);

/* Sets free what dead workers, or expired leases, hold.  Returns how many;
 * some_left: rows that somebody has locked are left for another time. */
extern int	engine_lease_free_orphans(bool *some_left);

/* Extends the leases of this worker. */
extern void engine_lease_extend(void);

#endif							/* ENGINE_LEASE_H */
