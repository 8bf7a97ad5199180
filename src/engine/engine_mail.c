/*
 * engine_mail.c
 *	  How anything reaches a thread.
 *
 * Runs in any session, under the caller's transaction.  The thread's row is
 * locked first, always; the ready row is touched only under that lock, so the
 * two can never disagree about who owns the thread.  Nothing is woken before
 * commit.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_errors.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_mail.h"
#include "engine/engine_wake.h"

SQL_FUNCTION(post_mail);

static BaseStatement insert_thread = {
	"INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, class) "
	"SELECT $1, $2, $3, g.name, g.account_id, g.version, $5 FROM frontdesk.graphs g "
	"WHERE g.name = $4 AND g.active AND g.account_id IN ($1, 0) "
	"ORDER BY g.account_id DESC LIMIT 1",
	{INT4OID, UUIDOID, TEXTOID, TEXTOID, INT2OID}
};

static BaseStatement lock_thread = {
	"SELECT 1 FROM frontdesk.threads WHERE account_id = $1 AND id = $2 FOR NO KEY UPDATE",
	{INT4OID, UUIDOID}
};

static BaseStatement take_event = {
	"UPDATE frontdesk.threads SET event_seq = event_seq + 1 "
	"WHERE account_id = $1 AND id = $2 RETURNING event_seq",
	{INT4OID, UUIDOID}
};

/*
 * One update locks the row, numbers the mail, and tells whether this mail is
 * the one that has to put the thread into ready, and who owns it.
 * All of it is read from the locked row: a look at ready itself under this
 * statement's snapshot could be older than the lock.
 */
static BaseStatement take_mail = {
	"UPDATE frontdesk.threads SET event_seq = event_seq + 1, wake_seq = event_seq + 1, "
	"queued_seq = CASE queued_seq WHEN 0 THEN event_seq + 1 ELSE queued_seq END "
	"WHERE account_id = $1 AND id = $2 "
	"RETURNING event_seq, class, queued_seq = event_seq, slot, generation",
	{INT4OID, UUIDOID}
};

static BaseStatement insert_mail = {
	"INSERT INTO frontdesk.mailbox (account_id, thread_id, seq, kind, payload) VALUES ($1, $2, $3, $4, $5)",
	{INT4OID, UUIDOID, INT8OID, TEXTOID, JSONBOID}
};

static BaseStatement insert_ready = {
	"INSERT INTO frontdesk.ready (account_id, thread_id, class, due_at, first_at) VALUES ($1, $2, $3, $4, $5)",
	{INT4OID, UUIDOID, INT2OID, TIMESTAMPTZOID, TIMESTAMPTZOID}
};

/*
 * A burst keeps the thread quiet, but not for longer than the limit; mail that
 * may wait long does not keep back what was to be read sooner.
 */
static BaseStatement postpone_ready = {
	"UPDATE frontdesk.ready SET due_at = least($3, greatest(due_at, first_at + $4)) "
	"WHERE account_id = $1 AND thread_id = $2 AND slot IS NULL RETURNING due_at",
	{INT4OID, UUIDOID, TIMESTAMPTZOID, INTERVALOID}
};

static void
raise_no_thread(const pg_uuid_t *thread_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("thread %s does not exist",
					DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(thread_id))))));
}

void
engine_mail_create_thread(int account_id, const pg_uuid_t *thread_id,
						  const char *kind, const char *graph, int quota_class)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
		CStringGetTextDatum(kind), CStringGetTextDatum(graph),
	Int16GetDatum(quota_class)};

	if (base_spi_execute(&insert_thread, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("no active graph \"%s\" for account %d", graph, account_id),
				 errhint("Activate one with frontdesk.activate_graph().")));
}

void
engine_mail_lock(int account_id, const pg_uuid_t *thread_id)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id)};

	if (base_spi_execute(&lock_thread, values, NULL) == 0)
		raise_no_thread(thread_id);
}

int64
engine_mail_next_event(int account_id, const pg_uuid_t *thread_id)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id)};

	if (base_spi_execute(&take_event, values, NULL) == 0)
		raise_no_thread(thread_id);
	return base_spi_int64(0, 1, 0);
}

bool
engine_mail_is_unread(int account_id, const pg_uuid_t *thread_id, int64 seq)
{
	static BaseStatement statement = {
		"SELECT read_seq < $3 FROM frontdesk.threads WHERE account_id = $1 AND id = $2",
		{INT4OID, UUIDOID, INT8OID}
	};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id), Int64GetDatum(seq)};

	return base_spi_execute(&statement, values, NULL) > 0 && base_spi_bool(0, 1, false);
}

/* Puts the thread into ready, due after the quiet time. */
static void
queue_thread(int account_id, const pg_uuid_t *thread_id, int16 quota_class, int quiet_ms)
{
	TimestampTz now = base_clock_now();
	TimestampTz due = TimestampTzPlusMilliseconds(now, quiet_ms);
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
		Int16GetDatum(quota_class), TimestampTzGetDatum(due), TimestampTzGetDatum(now)};

	base_spi_execute(&insert_ready, values, NULL);
	engine_wake_at_commit(quota_class, due);
}

/* Moves the due time of a thread that is in ready already. */
static void
postpone_thread(int account_id, const pg_uuid_t *thread_id, int16 quota_class, int quiet_ms)
{
	TimestampTz quiet = TimestampTzPlusMilliseconds(base_clock_now(), quiet_ms);
	Interval	limit = {.time = (int64) setting_quiet_time_limit * 1000};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
		TimestampTzGetDatum(quiet), IntervalPGetDatum(&limit)};
	bool		isnull;

	if (base_spi_execute(&postpone_ready, values, NULL) > 0)
		engine_wake_at_commit(quota_class, DatumGetTimestampTz(base_spi_value(0, 1, &isnull)));
}

int64
engine_mail_post(int account_id, const pg_uuid_t *thread_id,
				 const char *kind, Jsonb *payload, int quiet_ms)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
		(Datum) 0, CStringGetTextDatum(kind), (Datum) 0};
	int64		seq;
	int16		quota_class;
	bool		unqueued;
	int			owner;
	int64		generation;
	bool		isnull;

	if (base_spi_execute(&take_mail, values, NULL) == 0)
		raise_no_thread(thread_id);
	seq = base_spi_int64(0, 1, 0);
	quota_class = DatumGetInt16(base_spi_value(0, 2, &isnull));
	unqueued = base_spi_bool(0, 3, false);
	owner = base_spi_int32(0, 4, -1);
	generation = base_spi_int64(0, 5, 0);

	values[2] = Int64GetDatum(seq);
	if (payload)
		values[4] = JsonbPGetDatum(payload);
	base_spi_execute(&insert_mail, values, payload ? NULL : "    n");

	if (unqueued)
		queue_thread(account_id, thread_id, quota_class, quiet_ms);
	else if (owner < 0)
		postpone_thread(account_id, thread_id, quota_class, quiet_ms);
	else if (strcmp(kind, "lane") != 0)
		engine_wake_owner_at_commit(owner, generation, thread_id);
	return seq;
}

static int
interval_ms(const Interval *interval)
{
	int64		days = (int64) interval->month * DAYS_PER_MONTH + interval->day;
	double		ms = days * (double) USECS_PER_DAY / 1000 + interval->time / 1000;

	if (ms < 0 || ms > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW),
				 errmsg("quiet time is out of range"),
				 errdetail("It is from 0 to 24 days.")));
	return (int) ms;
}

/* post_mail(account_id, thread_id, kind, payload, quiet) */
PGDLLEXPORT Datum
frontdesk_post_mail(PG_FUNCTION_ARGS)
{
	int			quiet_ms;
	int64		seq;

	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i) && i != 3)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("post_mail() takes no null but for the payload")));
	quiet_ms = interval_ms(PG_GETARG_INTERVAL_P(4));
	SPI_connect();
	seq = engine_mail_post(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1),
						   text_to_cstring(PG_GETARG_TEXT_PP(2)),
						   PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3),
						   quiet_ms);
	SPI_finish();
	PG_RETURN_INT64(seq);
}
