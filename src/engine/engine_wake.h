/*
 * engine_wake.h
 *	  When the next thread is due, and who is to be woken.
 */
#ifndef ENGINE_WAKE_H
#define ENGINE_WAKE_H

#include "engine/engine_roster.h"

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

/* ---- workers ---- */

/* Takes the threads away that got mail while this worker owned them;
 * returns how many there are. */
extern int	engine_wake_take_mail(pg_uuid_t threads[ENGINE_HEARD_AT_ONCE]);

/* Tells which classes this worker has no room for, before it waits: a bit each. */
extern void engine_wake_tell_full(uint32 full_classes);

/* Wakes the other workers of this database that have room for a class: more is
 * due than this one can take. */
extern void engine_wake_other_workers(int quota_class);

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

#endif							/* ENGINE_WAKE_H */
