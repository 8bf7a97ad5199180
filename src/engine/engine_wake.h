/*
 * engine_wake.h
 *	  Shared memory of the engine: which databases are served, which worker
 *	  slots are alive, when the next thread is due, and who is to be woken.
 */
#ifndef ENGINE_WAKE_H
#define ENGINE_WAKE_H

#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "utils/uuid.h"

#define ENGINE_MAX_SLOTS 256

/* Owned threads with mail that a slot remembers between two ticks. */
#define ENGINE_HEARD_AT_ONCE 64

/* Quota classes: conversations, campaigns, bulk work. */
#define ENGINE_QUOTA_CLASSES 3

extern Size engine_wake_shmem_size(void);
extern void engine_wake_shmem_init(void *area, bool found);

/* ---- sessions ---- */

/* At commit of this transaction, tells the workers that a thread is due. */
extern void engine_wake_at_commit(int quota_class, TimestampTz due_at);

/* At commit of this transaction, tells the worker that owns a thread that mail
 * arrived for it.  It may be told in vain, and with a great many threads in one
 * transaction it may not be told: the end of its turn notices anyway. */
extern void engine_wake_owner_at_commit(int slot, int64 generation, const pg_uuid_t *thread_id);

/* At commit of this transaction, tells that a tool run was queued, or that one
 * which was held back may be taken. */
extern void engine_wake_tools_at_commit(void);

/* Makes the workers of all databases look at the clock again. */
extern void engine_wake_all_workers(void);

/* Where this process' database keeps its gate (engine_gate.h); NULL when it is
 * not served. */
extern pg_atomic_uint32 *engine_wake_gate_word(void);

/* ---- coordinator ---- */

/* Makes this process the coordinator of its database; false while another one
 * is, or when the table of databases is full. */
extern bool engine_wake_serve_database(void);
extern void engine_wake_leave_database(void);

/* ---- DROP DATABASE ---- */

/* Ends the coordinator of a database, and with it the workers. */
extern void engine_wake_vacate(Oid database);

/* Whether that was just now, so that nobody shall come back yet. */
extern bool engine_wake_is_vacated(Oid database);

/* Reserves a slot for a worker about to be started; -1 when none is free. */
extern int	engine_wake_reserve_slot(uint64 *generation);
extern void engine_wake_release_slot(int slot, uint64 generation);

/* Fills arrays with the slots that are taken, and their generations. */
extern int	engine_wake_taken_slots(int slots[ENGINE_MAX_SLOTS], int64 generations[ENGINE_MAX_SLOTS]);

/* ---- workers ---- */

/* Makes this process the one to be woken for a reserved slot. */
extern void engine_wake_attach_worker(int slot);

/* Takes the threads away that got mail while this slot's worker owned them;
 * returns how many there are. */
extern int	engine_wake_take_mail(int slot, pg_uuid_t threads[ENGINE_HEARD_AT_ONCE]);

/* Tells which classes a worker has no room for, before it waits: a bit each. */
extern void engine_wake_tell_full(int slot, uint32 full_classes);

/* Wakes the other workers of this database that have room for a class: more is
 * due than this one can take. */
extern void engine_wake_other_workers(int slot, int quota_class);

/* When a thread of a class is due, as far as is known; PG_INT64_MAX never. */
extern TimestampTz engine_wake_next_due(int quota_class);

/* Takes the due time away before the ready rows are read ... */
extern void engine_wake_take_due(int quota_class);

/* ... and puts back the earliest one found there, unless a session has set an
 * earlier one meanwhile. */
extern void engine_wake_lower_due(int quota_class, TimestampTz due_at);

/* Lets the workers look at all classes again. */
extern void engine_wake_lower_all(TimestampTz due_at);

/* ---- tools ---- */

/* Counts commits that queued tool runs, or may have let queued ones go.  Who
 * has looked at the queue remembers the count read before. */
extern uint32 engine_wake_tools_count(void);

/* Makes this process the one that starts tool workers, to be woken then. */
extern void engine_wake_attach_coordinator(void);

#endif							/* ENGINE_WAKE_H */
