/*
 * engine_alarm.c
 *	  Alarms: what has to be done about a thread at a time far ahead (a
 *	  conversation returns to the bot, a draft is too old, a follow-up is due).
 *
 * Set in sessions and workers, rung by the coordinator of the database, which
 * looks once a second; an alarm is a row and survives every restart.
 *
 * They are kept apart from the ready table, whose due times ordinary mail
 * moves.  Each rings in a transaction of its own: the thread is locked first,
 * as everybody does, but never waited for; the row goes away in the commit of
 * what it asked for, so it rings once.  One that raises is tried again later
 * and is in nobody's way; so is one that computes for too long.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "base/base_clock.h"
#include "base/base_spi.h"
#include "engine/engine_alarm.h"
#include "engine/engine_daemon.h"
#include "engine/engine_stint.h"

/* Alarms that one look takes on; more are found at the next. */
#define AT_MOST 50

typedef struct DueAlarm
{
	int			account_id;
	pg_uuid_t	thread_id;
	char		name[NAMEDATALEN];
} DueAlarm;

static BaseStatement set_alarm = {
	"INSERT INTO frontdesk.alarms AS a (account_id, thread_id, name, due_at) VALUES ($1, $2, $3, $4) "
	"ON CONFLICT ON CONSTRAINT alarms_pkey DO UPDATE SET due_at = excluded.due_at, attempts = 0",
	{INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};

static BaseStatement cancel_alarm = {
	"DELETE FROM frontdesk.alarms WHERE account_id = $1 AND thread_id = $2 AND name = $3",
	{INT4OID, UUIDOID, TEXTOID}
};

static BaseStatement find_due = {
	"SELECT a.account_id, a.thread_id, a.name FROM frontdesk.alarms a "
	"WHERE a.due_at <= $1 ORDER BY a.due_at LIMIT $2",
	{TIMESTAMPTZOID, INT8OID}
};

static BaseStatement lock_thread = {
	"SELECT FROM frontdesk.threads WHERE account_id = $1 AND id = $2 FOR NO KEY UPDATE SKIP LOCKED",
	{INT4OID, UUIDOID}
};

static BaseStatement take_alarm = {
	"DELETE FROM frontdesk.alarms "
	"WHERE account_id = $1 AND thread_id = $2 AND name = $3 AND due_at <= $4 RETURNING payload",
	{INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};

/* Minutes, doubling up to some hours. */
static BaseStatement postpone_alarm = {
	"UPDATE frontdesk.alarms SET attempts = attempts + 1, "
	" due_at = $4 + interval '1 minute' * (2 ^ least(attempts, 8)) "
	"WHERE account_id = $1 AND thread_id = $2 AND name = $3",
	{INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};

void
engine_alarm_set(int account_id, const pg_uuid_t *thread_id,
				 const char *name, TimestampTz due_at)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
	CStringGetTextDatum(name), TimestampTzGetDatum(due_at)};

	base_spi_execute(&set_alarm, values, NULL);
}

void
engine_alarm_cancel(int account_id, const pg_uuid_t *thread_id, const char *name)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
	CStringGetTextDatum(name)};

	base_spi_execute(&cancel_alarm, values, NULL);
}

static int
read_due(DueAlarm *alarms)
{
	Datum		values[] = {TimestampTzGetDatum(base_clock_now()), Int64GetDatum(AT_MOST)};
	int			count;

	engine_daemon_begin();
	count = (int) base_spi_execute(&find_due, values, NULL);
	for (int i = 0; i < count; i++)
	{
		bool		isnull;

		alarms[i].account_id = base_spi_int32(i, 1, 0);
		alarms[i].thread_id = *DatumGetUUIDP(base_spi_value(i, 2, &isnull));
		strlcpy(alarms[i].name, base_spi_text(i, 3), NAMEDATALEN);
	}
	engine_daemon_commit();
	return count;
}

/* Calls what the alarm is named after. */
static void
call_function(const DueAlarm *alarm, Datum payload, bool isnull)
{
	Oid			types[] = {INT4OID, UUIDOID, JSONBOID};
	Datum		values[] = {Int32GetDatum(alarm->account_id),
	UUIDPGetDatum(&alarm->thread_id), payload};
	char	   *sql = psprintf("SELECT frontdesk.%s($1, $2, $3)", quote_identifier(alarm->name));

	SPI_execute_with_args(sql, 3, types, values, isnull ? "  n" : "   ", false, 0);
}

/* Rings one alarm, unless its thread is locked or it was taken back meanwhile. */
static void
ring(const DueAlarm *alarm)
{
	Datum		values[] = {Int32GetDatum(alarm->account_id), UUIDPGetDatum(&alarm->thread_id),
		(Datum) 0, TimestampTzGetDatum(base_clock_now())};

	engine_daemon_begin();
	if (base_spi_execute(&lock_thread, values, NULL) == 1)
	{
		values[2] = CStringGetTextDatum(alarm->name);
		if (base_spi_execute(&take_alarm, values, NULL) == 1)
		{
			bool		isnull;
			Datum		payload = base_spi_value(0, 1, &isnull);

			call_function(alarm, payload, isnull);
		}
	}
	engine_daemon_commit();
}

/* What raised must not ring every second. */
static void
postpone(const DueAlarm *alarm)
{
	Datum		values[] = {Int32GetDatum(alarm->account_id), UUIDPGetDatum(&alarm->thread_id),
		(Datum) 0, TimestampTzGetDatum(base_clock_now())};

	engine_daemon_begin();
	values[2] = CStringGetTextDatum(alarm->name);
	base_spi_execute(&postpone_alarm, values, NULL);
	engine_daemon_commit();
}

/* Rings one alarm; one that raises is put off, so that it is in nobody's way. */
static void
ring_or_postpone(const DueAlarm *alarm)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool failed = false;

	PG_TRY();
	{
		engine_stint_begin(alarm->account_id);
		ring(alarm);
		(void) engine_stint_end();
	}
	PG_CATCH();
	{
		(void) engine_stint_was_cut();
		MemoryContextSwitchTo(caller);
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		failed = true;
	}
	PG_END_TRY();
	if (failed)
		postpone(alarm);
	MemoryContextSwitchTo(caller);
}

void
engine_alarm_ring_due(void)
{
	DueAlarm	alarms[AT_MOST];
	int			count = read_due(alarms);

	for (int i = 0; i < count; i++)
		ring_or_postpone(&alarms[i]);
}
