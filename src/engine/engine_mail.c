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
#include "engine/engine_graph.h"
#include "engine/engine_mail.h"
#include "engine/engine_table.h"
#include "engine/engine_turn.h"
#include "engine/engine_wake.h"

SQL_FUNCTION(post_mail);

struct EngineThread
{
	int			account_id;
	pg_uuid_t	id;
	BaseRow		row;			/* without a tuple until it is inserted */
};

static void
raise_no_thread(const pg_uuid_t *thread_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("thread %s does not exist",
					DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(thread_id))))));
}

static EngineThread *
create_handle(int account_id, const pg_uuid_t *thread_id)
{
	EngineThread *thread = palloc(sizeof(EngineThread));

	thread->account_id = account_id;
	thread->id = *thread_id;
	return thread;
}

EngineThread *
engine_mail_create_thread(int account_id, const pg_uuid_t *thread_id,
						  const char *kind, const char *graph, int quota_class)
{
	EngineThread *thread = create_handle(account_id, thread_id);
	BaseRow    *row = &thread->row;
	int			graph_account_id;
	int			version;

	if (!engine_graph_find_active(account_id, graph, &graph_account_id, &version))
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("no active graph \"%s\" for account %d", graph, account_id),
				 errhint("Activate one with frontdesk.activate_graph().")));
	base_row_init(row, &engine_threads);
	base_row_set(row, THREAD_ACCOUNT_ID, Int32GetDatum(account_id));
	base_row_set(row, THREAD_ID, UUIDPGetDatum(&thread->id));
	base_row_set_text(row, THREAD_KIND, kind);
	base_row_set_text(row, THREAD_GRAPH, graph);
	base_row_set(row, THREAD_GRAPH_ACCOUNT_ID, Int32GetDatum(graph_account_id));
	base_row_set(row, THREAD_GRAPH_VERSION, Int32GetDatum(version));
	base_row_set(row, THREAD_CLASS, Int16GetDatum(quota_class));
	return thread;
}

void
engine_mail_save(EngineThread *thread)
{
	if (thread->row.tuple == NULL)
		base_row_insert(&thread->row);
}

static void
lock_row(EngineThread *thread)
{
	Datum		key[] = {Int32GetDatum(thread->account_id), UUIDPGetDatum(&thread->id)};

	if (!base_row_lock(&engine_threads, 0, key, &thread->row))
		raise_no_thread(&thread->id);
}

EngineThread *
engine_mail_lock(int account_id, const pg_uuid_t *thread_id)
{
	EngineThread *thread = create_handle(account_id, thread_id);

	lock_row(thread);
	return thread;
}

int64
engine_mail_event_seq(const EngineThread *thread)
{
	return base_row_int64(&thread->row, THREAD_EVENT_SEQ, 0);
}

/* Writes the number that was drawn; false when the row has changed under us. */
static bool
write_number(EngineThread *thread, bool with_mail)
{
	BaseRow    *row = &thread->row;
	Datum		seq = Int64GetDatum(engine_mail_event_seq(thread) + 1);

	base_row_set(row, THREAD_EVENT_SEQ, seq);
	if (with_mail)
		base_row_set(row, THREAD_WAKE_SEQ, seq);
	if (with_mail && base_row_int64(row, THREAD_QUEUED_SEQ, 0) == 0)
		base_row_set(row, THREAD_QUEUED_SEQ, seq);
	if (row->tuple != NULL)
		return base_row_try_update(row);
	base_row_insert(row);
	return true;
}

/* The next number; this transaction itself may have written the row meanwhile. */
static int64
draw_number(EngineThread *thread, bool with_mail)
{
	if (!write_number(thread, with_mail))
	{
		lock_row(thread);
		if (!write_number(thread, with_mail))
			elog(ERROR, "a thread was changed although it was locked");
	}
	return engine_mail_event_seq(thread);
}

int64
engine_mail_draw_event(EngineThread *thread)
{
	return draw_number(thread, false);
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
queue_thread(EngineThread *thread, int16 quota_class, int quiet_ms)
{
	TimestampTz now = base_clock_now();
	TimestampTz due = TimestampTzPlusMilliseconds(now, quiet_ms);
	BaseRow		ready;

	base_row_init(&ready, &engine_ready);
	base_row_set(&ready, READY_ACCOUNT_ID, Int32GetDatum(thread->account_id));
	base_row_set(&ready, READY_THREAD_ID, UUIDPGetDatum(&thread->id));
	base_row_set(&ready, READY_CLASS, Int16GetDatum(quota_class));
	base_row_set(&ready, READY_DUE_AT, TimestampTzGetDatum(due));
	base_row_set(&ready, READY_FIRST_AT, TimestampTzGetDatum(now));
	base_row_insert(&ready);
	engine_wake_at_commit(quota_class, due);
}

/*
 * Moves the due time of a thread that is in ready already.  A burst keeps the
 * thread quiet, but not for longer than the limit; mail that may wait long does
 * not keep back what was to be read sooner.
 */
static void
postpone_thread(EngineThread *thread, int16 quota_class, int quiet_ms)
{
	Datum		key[] = {Int32GetDatum(thread->account_id), UUIDPGetDatum(&thread->id)};
	TimestampTz due = TimestampTzPlusMilliseconds(base_clock_now(), quiet_ms);
	TimestampTz latest;
	BaseRow		ready;

	if (!base_row_find(&engine_ready, 0, key, &ready) || !ready.nulls[READY_SLOT])
		return;
	latest = TimestampTzPlusMilliseconds(DatumGetTimestampTz(ready.values[READY_FIRST_AT]),
										 setting_quiet_time_limit);
	latest = Max(latest, DatumGetTimestampTz(ready.values[READY_DUE_AT]));
	due = Min(due, latest);
	base_row_set(&ready, READY_DUE_AT, TimestampTzGetDatum(due));
	base_row_update(&ready);
	engine_wake_at_commit(quota_class, due);
}

/* What was taken in here and refused by a worker later would strand the thread. */
static void
check_payload(const EngineThread *thread, Jsonb *payload)
{
	if (payload != NULL && VARSIZE(payload) > ENGINE_STATE_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("mail for thread %s would have %d bytes",
						DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&thread->id))),
						(int) VARSIZE(payload)),
				 errdetail("At most %d are held: a turn has its mail in memory.", ENGINE_STATE_BYTES),
				 errhint("What is long belongs into a row.")));
}

static void
insert_mail(EngineThread *thread, int64 seq, const char *kind, Jsonb *payload)
{
	BaseRow		mail;

	base_row_init(&mail, &engine_mailbox);
	base_row_set(&mail, MAIL_ACCOUNT_ID, Int32GetDatum(thread->account_id));
	base_row_set(&mail, MAIL_THREAD_ID, UUIDPGetDatum(&thread->id));
	base_row_set(&mail, MAIL_SEQ, Int64GetDatum(seq));
	base_row_set_text(&mail, MAIL_KIND, kind);
	if (payload)
		base_row_set(&mail, MAIL_PAYLOAD, JsonbPGetDatum(payload));
	base_row_insert(&mail);
}

/*
 * Whether this mail is the one that has to put the thread into ready, and who
 * owns it, is read from the locked row: a look at ready itself could be older
 * than the lock.
 */
int64
engine_mail_post_to(EngineThread *thread, const char *kind, Jsonb *payload, int quiet_ms)
{
	BaseRow    *row = &thread->row;
	int64		seq;
	int16		quota_class;

	check_payload(thread, payload);
	seq = draw_number(thread, true);
	quota_class = DatumGetInt16(row->values[THREAD_CLASS]);
	insert_mail(thread, seq, kind, payload);
	if (base_row_int64(row, THREAD_QUEUED_SEQ, 0) == seq)
		queue_thread(thread, quota_class, quiet_ms);
	else if (row->nulls[THREAD_SLOT])
		postpone_thread(thread, quota_class, quiet_ms);
	else if (strcmp(kind, "lane") != 0 && strcmp(kind, "deliver") != 0 &&
			 strcmp(kind, ENGINE_ANSWER_MAIL) != 0)
		engine_wake_owner_at_commit(DatumGetInt32(row->values[THREAD_SLOT]),
									base_row_int64(row, THREAD_GENERATION, 0), &thread->id);
	return seq;
}

int64
engine_mail_post(int account_id, const pg_uuid_t *thread_id,
				 const char *kind, Jsonb *payload, int quiet_ms)
{
	return engine_mail_post_to(engine_mail_lock(account_id, thread_id), kind, payload, quiet_ms);
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
