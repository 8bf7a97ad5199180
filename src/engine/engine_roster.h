/*
 * engine_roster.h
 *	  Who is there: the databases that are served, the slots of their workers,
 *	  and whom to wake.
 */
#ifndef ENGINE_ROSTER_H
#define ENGINE_ROSTER_H

#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "storage/latch.h"
#include "storage/spin.h"
#include "utils/uuid.h"

#define ENGINE_MAX_DATABASES 64
#define ENGINE_MAX_SLOTS 256

/* Owned threads with mail that a slot remembers between two ticks. */
#define ENGINE_HEARD_AT_ONCE 64

/* Quota classes: conversations, campaigns, bulk work. */
#define ENGINE_QUOTA_CLASSES 3

#define ENGINE_NEVER_DUE ((uint64) PG_INT64_MAX)

/* A database that is served. */
typedef struct EngineRosterDatabase
{
	pg_atomic_uint32 oid;		/* InvalidOid: free */
	pg_atomic_uint32 coordinator;	/* its process; 0: none */
	Latch	   *coordinator_latch;
	pg_atomic_uint32 gate;		/* engine_gate_word.c; 0: nothing is known */
	/* engine_wake.c: TimestampTz; ENGINE_NEVER_DUE when nothing is due */
	pg_atomic_uint64 next_due[ENGINE_QUOTA_CLASSES];
	pg_atomic_uint32 tools_count;	/* engine_wake.c: commits that queued tool runs */
} EngineRosterDatabase;

/* A place for a worker.  The mutex is for who it is, and for what it heard. */
typedef struct EngineRosterSlot
{
	slock_t		mutex;
	uint64		generation;		/* 0: free */
	Oid			database;
	Latch	   *latch;			/* NULL until the worker has attached */
	volatile uint32 full_classes;	/* a bit for each without room; its worker writes it */
	int			heard_count;
	pg_uuid_t	heard[ENGINE_HEARD_AT_ONCE];	/* owned threads with mail */
} EngineRosterSlot;

extern Size engine_roster_shmem_size(void);
extern void engine_roster_shmem_init(void *area, bool found);

/* Whether there is a roster: the library was preloaded. */
extern bool engine_roster_is_open(void);

/* The entry of this process' database; NULL when it is not served. */
extern EngineRosterDatabase *engine_roster_database(void);

extern EngineRosterSlot *engine_roster_slot(int number);

/* ---- coordinator ---- */

/* Makes this process the coordinator of its database; false while another one
 * is, or when the table of databases is full. */
extern bool engine_roster_serve(void);
extern void engine_roster_leave(void);

/* Reserves a slot for a worker about to be started; -1 when none is free. */
extern int	engine_roster_reserve(uint64 *generation);
extern void engine_roster_release(int number, uint64 generation);

/* Has a function called with each slot that is released, in the process that
 * does it: to give back what its worker held.  For init functions. */
extern void engine_roster_on_release(void (*callback) (int slot));

/* Fills arrays with the slots that are taken, and their generations. */
extern int	engine_roster_taken(int slots[ENGINE_MAX_SLOTS], int64 generations[ENGINE_MAX_SLOTS]);

/* ---- workers ---- */

/* Makes this process the one of a reserved slot, and the one to be woken for it. */
extern void engine_roster_attach(int slot);

/* The slot of this process; -1 when it is no worker. */
extern int	engine_roster_own_slot(void);

/* ---- DROP DATABASE ---- */

/* Ends the coordinator of a database, and with it the workers. */
extern void engine_roster_vacate(Oid database);

/* Whether that was just now, so that nobody shall come back yet. */
extern bool engine_roster_is_vacated(Oid database);

#endif							/* ENGINE_ROSTER_H */
