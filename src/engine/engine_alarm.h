/*
 * engine_alarm.h
 *	  Times at which something is to be done about a thread, days ahead maybe.
 */
#ifndef ENGINE_ALARM_H
#define ENGINE_ALARM_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/*
 * Sets the thread's alarm of that name, or moves it.  When its time has come,
 * frontdesk.<name>(account_id, thread_id, payload) is called once, in a
 * transaction of its own that has the thread locked.  The caller has the
 * thread locked; SPI is connected.  payload may be NULL.
 */
extern void engine_alarm_set(int account_id, const pg_uuid_t *thread_id,
							 const char *name, TimestampTz due_at);

/* Takes it back; nothing happens when there is none. */
extern void engine_alarm_cancel(int account_id, const pg_uuid_t *thread_id,
								const char *name);

/* Rings what is due: the coordinator's, outside any transaction. */
extern void engine_alarm_ring_due(void);

#endif							/* ENGINE_ALARM_H */
