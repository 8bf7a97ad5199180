/*
 * security_audit.c
 *	  The append-only audit trail.
 *
 * Runs in backends and workers.  Rows are added with the rights of the owner:
 * the callers are definer functions and workers, and no role may write to the
 * table.  Its triggers refuse every change but the one that prune_audit() is
 * making; that permission is a variable of the process, which no SQL can set.
 *
 * What strangers cause is bounded: one row a minute of a kind, and a counter of
 * the others in audit_repeats, a table that is not append-only.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "security/security_audit.h"

SQL_FUNCTION(record_audit);
SQL_FUNCTION(refuse_audit_change);
SQL_FUNCTION(prune_audit);
SQL_FUNCTION(prune_audit_of);

/* Bytes of a detail that is kept as it is; of a longer one only the beginning is. */
#define DETAIL_BYTES 65536
#define BEGINNING_BYTES 16384
#define SUBJECT_BYTES 1024

/* Set while prune_audit() deletes. */
static bool pruning = false;

/* The detail, or what is kept of one that is too long for a trail that nobody
 * may shorten: its size and its beginning. */
static Jsonb *
shorten_detail(Jsonb *detail)
{
	char	   *text;
	int			bytes = VARSIZE(detail);
	BaseObject	kept;

	if (bytes <= DETAIL_BYTES)
		return detail;
	text = JsonbToCString(NULL, &detail->root, bytes);
	base_object_begin(&kept);
	base_object_add_int(&kept, "bytes", bytes);
	base_object_add_bytes(&kept, "beginning", text, pg_mbcliplen(text, strlen(text), BEGINNING_BYTES));
	return base_object_end_jsonb(&kept);
}

void
security_audit_write(int account_id, const char *action, const char *subject,
					 Jsonb *detail)
{
	static BaseStatement insert = {
		"INSERT INTO frontdesk.audit (account_id, actor, action, subject, detail) "
		"VALUES ($1, frontdesk.caller(), $2, $3, coalesce($4, '{}'))",
		{INT4OID, TEXTOID, TEXTOID, JSONBOID}
	};
	MemoryContext context = CurrentMemoryContext;
	Datum		values[4];

	values[0] = Int32GetDatum(account_id);
	values[1] = CStringGetTextDatum(action);
	values[2] = PointerGetDatum(
		cstring_to_text_with_len(subject, pg_mbcliplen(subject, strlen(subject), SUBJECT_BYTES)));
	values[3] = detail ? JsonbPGetDatum(shorten_detail(detail)) : (Datum) 0;
	base_spi_execute(&insert, values, detail ? "    " : "   n");
	MemoryContextSwitchTo(context);
}

bool
security_audit_is_due(int account_id, const char *action, const char *subject,
					  const char *reason, int64 *repeats)
{
	/* a minute that has not begun was written before the clock was set back */
	static BaseStatement count = {
		"INSERT INTO frontdesk.audit_repeats AS r (account_id, action, subject, reason, since) "
		"VALUES ($1, $2, $3, $4, $5) ON CONFLICT ON CONSTRAINT audit_repeats_pkey DO UPDATE SET"
		" since = CASE WHEN r.since <= $5 AND $5 < r.since + interval '1 minute' THEN r.since ELSE $5 END,"
		" repeats = CASE WHEN r.since <= $5 AND $5 < r.since + interval '1 minute' THEN r.repeats + 1 ELSE 0 END,"
		" repeats_before = CASE WHEN r.since <= $5 AND $5 < r.since + interval '1 minute' THEN r.repeats_before ELSE r.repeats END "
		"RETURNING r.repeats = 0, r.repeats_before",
		{INT4OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID}
	};
	Datum		values[] = {Int32GetDatum(account_id), CStringGetTextDatum(action),
		CStringGetTextDatum(subject), CStringGetTextDatum(reason),
	TimestampTzGetDatum(base_clock_now())};

	base_spi_execute(&count, values, NULL);
	*repeats = base_spi_int64(0, 2, 0);
	return base_spi_bool(0, 1, true);
}

/* record_audit(account_id, action, subject, detail) */
PGDLLEXPORT Datum
frontdesk_record_audit(PG_FUNCTION_ARGS)
{
	SPI_connect();
	security_audit_write(PG_GETARG_INT32(0),
						 text_to_cstring(PG_GETARG_TEXT_PP(1)),
						 text_to_cstring(PG_GETARG_TEXT_PP(2)),
						 PG_GETARG_JSONB_P(3));
	SPI_finish();
	PG_RETURN_VOID();
}

/* Statement trigger before UPDATE, DELETE and TRUNCATE of the trail. */
PGDLLEXPORT Datum
frontdesk_refuse_audit_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("refuse_audit_change() is a trigger function")));
	if (!(pruning && TRIGGER_FIRED_BY_DELETE(trigger->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the audit trail is append-only"),
				 errhint("Rows past their retention are removed with frontdesk.prune_audit().")));
	PG_RETURN_POINTER(NULL);
}

/* Runs a statement that deletes rows of the trail; returns how many. */
static int64
delete_rows(BaseStatement *statement, Datum *values)
{
	int64		count = 0;

	pruning = true;
	PG_TRY();
	{
		count = (int64) base_spi_execute(statement, values, NULL);
	}
	PG_FINALLY();
	{
		pruning = false;
	}
	PG_END_TRY();
	return count;
}

/* Leaves a row that tells of rows that are gone; of one account, or of all (0). */
static void
tell_of_pruning(int account_id, int64 count, TimestampTz limit)
{
	char		before[MAXDATELEN + 1];
	BaseObject	detail;

	JsonEncodeDateTime(before, TimestampTzGetDatum(limit), TIMESTAMPTZOID, NULL);
	base_object_begin(&detail);
	base_object_add_int(&detail, "rows", count);
	base_object_add_text(&detail, "before", before);
	if (account_id != 0)
		base_object_add_int(&detail, "account_id", account_id);
	security_audit_write(0, "audit.pruned", "", base_object_end_jsonb(&detail));
}

/* prune_audit(older_than): deletes old rows and leaves one that says so. */
PGDLLEXPORT Datum
frontdesk_prune_audit(PG_FUNCTION_ARGS)
{
	static BaseStatement delete = {
		"DELETE FROM frontdesk.audit WHERE at < $1", {TIMESTAMPTZOID}
	};
	Interval   *older_than = PG_GETARG_INTERVAL_P(0);
	Datum		limit = DirectFunctionCall2(timestamptz_mi_interval,
											TimestampTzGetDatum(base_clock_now()),
											IntervalPGetDatum(older_than));
	int64		count;

	if (DatumGetTimestampTz(limit) > base_clock_now())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("retention of the audit trail must not be negative")));

	SPI_connect();
	count = delete_rows(&delete, &limit);
	tell_of_pruning(0, count, DatumGetTimestampTz(limit));
	SPI_finish();
	PG_RETURN_INT64(count);
}

/* prune_audit_of(account_id, before, most) */
PGDLLEXPORT Datum
frontdesk_prune_audit_of(PG_FUNCTION_ARGS)
{
	static BaseStatement delete = {
		"DELETE FROM frontdesk.audit WHERE account_id = $1 AND id IN ("
		" SELECT a.id FROM frontdesk.audit a WHERE a.account_id = $1 AND a.at < $2"
		" ORDER BY a.id LIMIT $3 FOR UPDATE SKIP LOCKED)",
		{INT4OID, TIMESTAMPTZOID, INT4OID}
	};
	Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)};
	int64		count;

	SPI_connect();
	count = delete_rows(&delete, values);
	if (count > 0)
		tell_of_pruning(PG_GETARG_INT32(0), count, PG_GETARG_TIMESTAMPTZ(1));
	SPI_finish();
	PG_RETURN_INT64(count);
}
