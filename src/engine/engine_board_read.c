/*
 * engine_board_read.c
 *	  What sessions are told of the board: the functions behind the views
 *	  frontdesk.workers and frontdesk.in_flight, and the counters as metrics.
 *
 * Runs in any session.  Requests are those of this database and of accounts
 * that the caller may see; nothing here takes a lock or waits for a worker.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "engine/engine_board.h"
#include "engine/engine_duty.h"

SQL_FUNCTION(board_workers);
SQL_FUNCTION(serving_workers);
SQL_FUNCTION(board_requests);
SQL_FUNCTION(board_metrics);

static const char *const purpose_names[ENGINE_BOARD_PURPOSES] = {"call", "delivery", "lookup"};

/* ---- workers ---- */

/* Anonymous memory of a process in bytes; -1 where /proc does not tell. */
static int64
anonymous_bytes(int pid)
{
	char		line[256];
	int64		kilobytes = -1;
	FILE	   *status;

	snprintf(line, sizeof(line), "/proc/%d/status", pid);
	status = AllocateFile(line, "r");
	if (status == NULL)
		return -1;
	while (fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "RssAnon: " INT64_FORMAT, &kilobytes) == 1)
			break;
	FreeFile(status);
	return kilobytes < 0 ? -1 : kilobytes * 1024;
}

static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL || text[0] == '\0';
	if (!nulls[column])
		values[column] = CStringGetTextDatum(text);
}

/* Fills in the columns of a worker, behind that of its slot. */
static void
describe_worker(const EngineBoardWorker *worker, Datum *values, bool *nulls)
{
	int64		memory = anonymous_bytes(worker->pid);
	int			column = 1;

	memset(nulls, false, 14 * sizeof(bool));
	values[column++] = Int32GetDatum(worker->pid);
	set_text(values, nulls, column++, get_database_name(worker->database));
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		values[column++] = Int32GetDatum(worker->threads[c]);
	values[column++] = Int32GetDatum(worker->requests);
	values[column++] = Int64GetDatum(worker->ticks);
	values[column++] = Int64GetDatum(worker->claims);
	values[column++] = Int64GetDatum(worker->turns_finished);
	values[column++] = Int64GetDatum(worker->errors);
	values[column++] = TimestampTzGetDatum(worker->started_at);
	values[column++] = TimestampTzGetDatum(worker->last_tick_at);
	values[column] = Int64GetDatum(memory);
	nulls[column] = memory < 0;
}

/* A row per slot that is taken; all but the slot null while it starts. */
PGDLLEXPORT Datum
frontdesk_board_workers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			slots[ENGINE_MAX_SLOTS];
	int64		generations[ENGINE_MAX_SLOTS];
	int			count;

	base_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	count = engine_roster_taken(slots, generations);
	for (int i = 0; i < count; i++)
	{
		Datum		values[14] = {Int32GetDatum(slots[i])};
		bool		nulls[14];
		EngineBoardWorker worker;

		memset(nulls, true, sizeof(nulls));
		if (engine_board_read_worker(slots[i], &worker) && worker.generation == generations[i])
			describe_worker(&worker, values, nulls);
		nulls[0] = false;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* How many workers serve this database; none where the library is not preloaded. */
PGDLLEXPORT Datum
frontdesk_serving_workers(PG_FUNCTION_ARGS)
{
	int			slots[ENGINE_MAX_SLOTS];
	int64		generations[ENGINE_MAX_SLOTS];
	int			count = base_shared ? engine_roster_taken(slots, generations) : 0;
	int			serving = 0;

	for (int i = 0; i < count; i++)
	{
		EngineBoardWorker worker;

		if (engine_board_read_worker(slots[i], &worker) &&
			worker.generation == generations[i] && worker.database == MyDatabaseId)
			serving++;
	}
	PG_RETURN_INT32(serving);
}

/* ---- requests ---- */

/* The accounts that the caller may see; palloc'd. */
static int32 *
visible_accounts(int *count)
{
	static BaseStatement visible = {"SELECT frontdesk.visible_accounts()", {InvalidOid}};
	MemoryContext caller = CurrentMemoryContext;
	ArrayType  *array;
	int32	   *accounts;
	bool		isnull;

	SPI_connect();
	base_spi_read(&visible, NULL, NULL);
	array = DatumGetArrayTypeP(base_spi_value(0, 1, &isnull));
	*count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	accounts = MemoryContextAlloc(caller, (Size) *count * sizeof(int32) + 1);
	memcpy(accounts, ARR_DATA_PTR(array), (Size) *count * sizeof(int32));
	SPI_finish();
	return accounts;
}

static bool
is_visible(int account_id, const int32 *accounts, int count)
{
	for (int i = 0; i < count; i++)
		if (accounts[i] == account_id)
			return true;
	return false;
}

static void
put_request(ReturnSetInfo *result, EngineBoardRequest *request)
{
	bool		nulls[9] = {false};
	Datum		values[9] = {
		Int32GetDatum(request->slot),
		Int32GetDatum(request->account_id),
		UUIDPGetDatum(&request->thread_id),
		CStringGetTextDatum(purpose_names[request->purpose]),
		CStringGetTextDatum(request->step),
		(Datum) 0,
		CStringGetTextDatum(request->host),
		Int32GetDatum(request->attempt),
		TimestampTzGetDatum(request->since)
	};

	set_text(values, nulls, 5, request->model);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Rows for the requests in flight that are the caller's to see. */
PGDLLEXPORT Datum
frontdesk_board_requests(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			account_count;
	int32	   *accounts;

	base_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	accounts = visible_accounts(&account_count);
	for (int i = 0; i < engine_board_entry_count(); i++)
	{
		EngineBoardRequest request;

		if (engine_board_read_request(i, &request) && request.database == MyDatabaseId &&
			is_visible(request.account_id, accounts, account_count))
			put_request(result, &request);
	}
	return (Datum) 0;
}

/* ---- metrics ---- */

static void
append_header(StringInfo text, const char *name, const char *kind, const char *help)
{
	appendStringInfo(text, "# HELP frontdesk_%s %s\n# TYPE frontdesk_%s %s\n", name, help, name, kind);
}

/* One counter of one name; those of a name with several labels share a header. */
typedef struct Metric
{
	const char *name;
	const char *labels;
	EngineBoardCounter counter;
	double		unit;
	const char *help;			/* NULL: the same name as before */
} Metric;

static const Metric metrics[] = {
	{"ticks_total", "", ENGINE_BOARD_TICKS, 1, "Turns of the workers' loop that ran a transaction."},
	{"claims_total", "", ENGINE_BOARD_CLAIMS, 1, "Threads claimed."},
	{"turns_total", "{outcome=\"finished\"}", ENGINE_BOARD_TURNS_FINISHED, 1, "Turns by how they ended."},
	{"turns_total", "{outcome=\"failed\"}", ENGINE_BOARD_TURNS_FAILED, 1, NULL},
	{"turns_total", "{outcome=\"overtaken\"}", ENGINE_BOARD_TURNS_STALE, 1, NULL},
	{"steps_total", "{outcome=\"done\"}", ENGINE_BOARD_STEPS, 1, "Checkpoints written; failed: those that carry a failure."},
	{"steps_total", "{outcome=\"failed\"}", ENGINE_BOARD_STEPS_FAILED, 1, NULL},
	{"stand_in_steps_total", "", ENGINE_BOARD_STAND_INS, 1, "Steps that the local provider did in place of a model."},
	{"keys_refused_total", "", ENGINE_BOARD_KEYS_REFUSED, 1, "Answers of providers for which a key is left alone: it is refused, or out of money."},
	{"tokens_total", "{direction=\"in\"}", ENGINE_BOARD_TOKENS_IN, 1, "Tokens of models."},
	{"tokens_total", "{direction=\"out\"}", ENGINE_BOARD_TOKENS_OUT, 1, NULL},
	{"cost_dollars_total", "", ENGINE_BOARD_COST, 1e9, "Cost of models in US dollars."},
	{"deliveries_total", "{outcome=\"sent\"}", ENGINE_BOARD_DELIVERIES_SENT, 1, "Deliveries by what became of them; an uncertain one is counted again when it is settled."},
	{"deliveries_total", "{outcome=\"dead\"}", ENGINE_BOARD_DELIVERIES_DEAD, 1, NULL},
	{"deliveries_total", "{outcome=\"uncertain\"}", ENGINE_BOARD_DELIVERIES_UNCERTAIN, 1, NULL},
	{"requests_unanswered_total", "", ENGINE_BOARD_REQUESTS_FAILED, 1, "Requests that ended without a status line."},
	{"worker_errors_total", "", ENGINE_BOARD_ERRORS, 1, "Ticks that raised an error and were undone."},
	{"worker_starts_total", "", ENGINE_BOARD_WORKER_STARTS, 1, "Workers started."},
};

static int64
count_of(const Metric *metric)
{
	int64		value = engine_board_read_counter(metric->counter);

	if (metric->counter == ENGINE_BOARD_STEPS)
		value -= engine_board_read_counter(ENGINE_BOARD_STEPS_FAILED);
	return Max(value, 0);
}

/* Writes a histogram as Prometheus wants it: each bucket counts all that were
 * faster. */
static void
append_histogram(StringInfo text, const char *name, const char *label, EngineBoardCounter sum,
				 EngineBoardCounter buckets)
{
	int64		total = 0;

	for (int i = 0; i <= ENGINE_BOARD_BUCKETS; i++)
	{
		total += engine_board_read_counter(buckets + i);
		appendStringInfo(text, "frontdesk_%s_bucket{%s%sle=\"", name, label, label[0] ? "," : "");
		if (i < ENGINE_BOARD_BUCKETS)
			appendStringInfo(text, "%g", engine_board_limits_us[i] / 1e6);
		else
			appendStringInfoString(text, "+Inf");
		appendStringInfo(text, "\"} " INT64_FORMAT "\n", total);
	}
	appendStringInfo(text, "frontdesk_%s_sum%s%s%s %.6f\n", name, label[0] ? "{" : "", label, label[0] ? "}" : "",
					 engine_board_read_counter(sum) / 1e6);
	appendStringInfo(text, "frontdesk_%s_count%s%s%s " INT64_FORMAT "\n", name, label[0] ? "{" : "",
					 label, label[0] ? "}" : "", total);
}

static void
append_duties(StringInfo text)
{
	const char *name;

	append_header(text, "duty_failures_total", "counter", "Duties of the coordinator that raised an error and were put off.");
	for (int i = 0; (name = engine_duty_name(i)) != NULL; i++)
		appendStringInfo(text, "frontdesk_duty_failures_total{duty=\"%s\"} " INT64_FORMAT "\n", name,
						 engine_board_read_counter(ENGINE_BOARD_DUTY_FAILURES + i));
}

/* The counters of this database in Prometheus' text form. */
PGDLLEXPORT Datum
frontdesk_board_metrics(PG_FUNCTION_ARGS)
{
	StringInfoData text;

	base_shmem_require();
	initStringInfo(&text);
	for (int i = 0; i < lengthof(metrics); i++)
	{
		if (metrics[i].help)
			append_header(&text, metrics[i].name, "counter", metrics[i].help);
		appendStringInfo(&text, "frontdesk_%s%s %.15g\n", metrics[i].name, metrics[i].labels,
						 count_of(&metrics[i]) / metrics[i].unit);
	}
	append_duties(&text);
	append_header(&text, "turn_duration_seconds", "histogram", "From the claim of a thread to its rest.");
	append_histogram(&text, "turn_duration_seconds", "", ENGINE_BOARD_TURN_US, ENGINE_BOARD_TURN_BUCKETS);
	append_header(&text, "request_duration_seconds", "histogram", "Requests to models and services, by what they were for.");
	for (int i = 0; i < ENGINE_BOARD_PURPOSES; i++)
		append_histogram(&text, "request_duration_seconds", psprintf("purpose=\"%s\"", purpose_names[i]),
						 ENGINE_BOARD_REQUEST_US + i,
						 ENGINE_BOARD_REQUEST_BUCKETS + i * (ENGINE_BOARD_BUCKETS + 1));
	append_header(&text, "requests_unlisted", "gauge", "Requests in flight that frontdesk.in_flight has no room for.");
	appendStringInfo(&text, "frontdesk_requests_unlisted " INT64_FORMAT "\n", engine_board_unlisted());
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text.data, text.len));
}
