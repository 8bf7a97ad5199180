/*
 * engine_tool_worker.c
 *	  The processes that run functions which accounts add.
 *
 * Dynamic background workers, a few per database, each started by the coordinator
 * when a run may be taken and all that are there are busy; one ends when it has
 * been idle for a while, or when the next run is another account's, so that
 * nothing a tool leaves in the process is there for a stranger's.  Its session
 * user is the tool role: whatever a tool queues, sets or resets, it never becomes
 * anybody else.
 *
 * One run: take it (a transaction with the owner's rights), call the function
 * (a transaction of its own, up to its commit under a time limit that asks first,
 * ends the process after a grace, and counts it as lost after another, and within
 * engine_tool_bounds.c), DISCARD ALL, hand in the result (again a transaction with
 * the owner's rights).  Between
 * the second and the last the result is in this process' memory alone: after a
 * crash the run is repeated.  A process whose run ended for lack of memory ends
 * after it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/discard.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "base/base_json.h"
#include "base/base_settings.h"
#include "engine/engine_daemon.h"
#include "engine/engine_tool_bounds.h"
#include "engine/engine_tool_crew.h"
#include "engine/engine_tool_run.h"
#include "engine/engine_tool_worker.h"
#include "engine/engine_wake.h"

#define IDLE_MS 30000
#define GRACE_MS 5000
#define LOOK_EVERY_MS 100
#define PATCH_BYTES (64 * 1024)
#define TEXT_BYTES 500

/* ---- time limits ---- */

static TimeoutId ask_to_end;
static TimeoutId make_end;
static TimeoutId count_as_lost;
static TimeoutId look_at_disk;
static volatile sig_atomic_t time_is_up = false;
static volatile sig_atomic_t has_spilled = false;

static void
ask_to_end_cb(void)
{
	time_is_up = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

/* A tool may catch the first; nothing catches this. */
static void
make_end_cb(void)
{
	InterruptPending = true;
	ProcDiePending = true;
	SetLatch(MyLatch);
}

/* C code that looks for no interrupts is ended by neither: others go on without. */
static void
count_as_lost_cb(void)
{
	engine_tool_crew_lose();
}

/* Asks, too; who caught that and goes on loses the process. */
static void
look_at_disk_cb(void)
{
	if (!engine_tool_bounds_has_spilled(1))
		return;
	has_spilled = true;
	InterruptPending = true;
	QueryCancelPending = true;
	ProcDiePending = ProcDiePending || engine_tool_bounds_has_spilled(2);
	SetLatch(MyLatch);
}

static void
start_time(int timeout_ms)
{
	time_is_up = has_spilled = false;
	QueryCancelPending = false;
	enable_timeout_after(ask_to_end, timeout_ms);
	enable_timeout_after(make_end, timeout_ms + GRACE_MS);
	enable_timeout_after(count_as_lost, timeout_ms + 2 * GRACE_MS);
	enable_timeout_every(look_at_disk, GetCurrentTimestamp(), LOOK_EVERY_MS);
}

static void
stop_time(void)
{
	disable_timeout(ask_to_end, false);
	disable_timeout(make_end, false);
	disable_timeout(count_as_lost, false);
	disable_timeout(look_at_disk, false);
	QueryCancelPending = false;
}

/* ---- one run ---- */

static bool memory_ran_short = false;

static void
set_failure(EngineToolRun *run, HttpFailureClass failure_class, const char *code, const char *text)
{
	run->patch = NULL;
	run->failure_class = failure_class;
	run->failure_code = MemoryContextStrdup(TopMemoryContext, code);
	run->failure_text = MemoryContextStrdup(TopMemoryContext, text);
}

/* Keeps the one value the function returned; none, and null, change nothing. */
static void
keep_result(EngineToolRun *run)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	bool		isnull = true;
	Datum		value = 0;

	if (SPI_processed > 0)
		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	run->patch = isnull ? base_jsonb_parse("{}") : DatumGetJsonbPCopy(value);
	MemoryContextSwitchTo(caller);
	if (!JB_ROOT_IS_OBJECT(run->patch))
		set_failure(run, HTTP_FAILURE_INVALID, "", "it returned no JSON object");
	else if (VARSIZE(run->patch) > PATCH_BYTES)
		set_failure(run, HTTP_FAILURE_INVALID, "", "it returned more than 64 kB");
}

/* Up to its commit, with what it has deferred, this is the tool's own. */
static void
call_function(EngineToolRun *run)
{
	Oid			types[] = {INT4OID, UUIDOID, JSONBOID};
	Datum		values[] = {Int32GetDatum(run->account_id), UUIDPGetDatum(&run->original_id),
	JsonbPGetDatum(run->state)};

	engine_daemon_begin();
	SPI_execute_with_args(psprintf("SELECT %s($1, $2, $3)", run->function), 3, types, values, NULL, false, 1);
	if (SPI_tuptable != NULL && SPI_gettypeid(SPI_tuptable->tupdesc, 1) == JSONBOID)
		keep_result(run);
	else
		set_failure(run, HTTP_FAILURE_INVALID, "", "it returned no JSON object");
	SPI_finish();
	PopActiveSnapshot();
	if (!run->is_rehearsal)
		engine_tool_bounds_run_deferred();
	engine_tool_bounds_lift();
	if (run->is_rehearsal)
		AbortCurrentTransaction();
	else
		CommitTransactionCommand();
}

/* Keeps what the tool raised as its failure, and ends its transaction. */
static void
keep_error(EngineToolRun *run)
{
	ErrorData  *error;
	char	   *text;

	MemoryContextSwitchTo(TopMemoryContext);
	error = CopyErrorData();
	FlushErrorState();
	AbortOutOfAnyTransaction();	/* a subtransaction whose abort failed may be left */
	MemoryContextSwitchTo(TopMemoryContext);
	text = error->message ? error->message : "";
	text[pg_mbcliplen(text, strlen(text), TEXT_BYTES)] = '\0';
	if (has_spilled && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		set_failure(run, HTTP_FAILURE_TOOL, unpack_sql_state(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					"it wrote more than 1 GB into temporary tables");
	else if (time_is_up && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		set_failure(run, HTTP_FAILURE_TIMEOUT, "", psprintf("it took longer than %d ms", run->timeout_ms));
	else
		set_failure(run, HTTP_FAILURE_TOOL, unpack_sql_state(error->sqlerrcode), text);
	run->retryable = true;
	memory_ran_short = error->sqlerrcode == ERRCODE_OUT_OF_MEMORY;
	FreeErrorData(error);
}

static void
discard_all(void)
{
	DiscardStmt statement = {.type = T_DiscardStmt, .target = DISCARD_ALL};

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	DiscardCommand(&statement, true);
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
free_run(EngineToolRun *run)
{
	pfree(run->function);
	pfree(run->state);
	if (run->patch)
		pfree(run->patch);
}

static EngineToolTaken
take(EngineToolRun *run)
{
	EngineToolTaken taken;

	engine_daemon_begin();
	taken = engine_tool_run_take(run);
	engine_daemon_commit();
	return taken;
}

static void
finish(EngineToolRun *run)
{
	engine_daemon_begin();
	engine_tool_run_finish(run);
	engine_daemon_commit();
}

/* Runs the one that was taken, and hands in what came of it. */
static void
run_one(EngineToolRun *run)
{
	char		activity[NAMEDATALEN * 3];

	snprintf(activity, sizeof(activity), "account %d: %s", run->account_id, run->function);
	pgstat_report_activity(STATE_RUNNING, activity);
	engine_tool_bounds_begin(activity);
	start_time(run->timeout_ms);
	PG_TRY();
	{
		call_function(run);
	}
	PG_CATCH();
	{
		engine_tool_bounds_lift();
		stop_time();
		keep_error(run);
	}
	PG_END_TRY();
	stop_time();
	discard_all();
	finish(run);
	engine_tool_crew_serve(0);
	free_run(run);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* ---- life ---- */

/* The role's own settings, which a tool may have changed, do not count here. */
static void
set_session_options(void)
{
	SetConfigOption("application_name", MyBgworkerEntry->bgw_name, PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_deferrable", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("statement_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("lock_timeout", "5s", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("synchronous_commit", "on", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("temp_file_limit", "1GB", PGC_SUSET, PGC_S_OVERRIDE);
#if PG_VERSION_NUM >= 170000
	SetConfigOption("transaction_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
#endif
}

/* Waits to be woken, unless more was queued since; false when nothing came for
 * a while. */
static bool
wait_for_run(uint32 looked_at_count)
{
	int			events;

	if (engine_wake_tools_count() != looked_at_count)
		return true;
	events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, IDLE_MS,
					   PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	return (events & WL_LATCH_SET) != 0;
}

/* Whether a worker of this number is to go on; it may stand in for a lost one. */
static bool
wants_more(int number)
{
	EngineToolCrew crew;

	CHECK_FOR_INTERRUPTS();
	(void) engine_daemon_reload();
	engine_tool_crew_look(&crew);
	return number < setting_tool_workers + crew.lost_count;
}

/* Takes runs of one account, one after the other, until there is no more for it. */
PGDLLEXPORT void
frontdesk_tool_worker_main(Datum arg)
{
	static EngineToolRun run;
	EngineToolWorkerArgs args;
	MemoryContext context;

	memcpy(&args, MyBgworkerEntry->bgw_extra, sizeof(args));
	engine_daemon_set_signals(die);
	pqsignal(SIGINT, StatementCancelHandler);	/* here there is something to cancel */
	BackgroundWorkerInitializeConnectionByOid(args.database, args.role, 0);
	set_session_options();
	engine_tool_bounds_enter(args.role);
	ask_to_end = RegisterTimeout(USER_TIMEOUT, ask_to_end_cb);
	make_end = RegisterTimeout(USER_TIMEOUT, make_end_cb);
	count_as_lost = RegisterTimeout(USER_TIMEOUT, count_as_lost_cb);
	look_at_disk = RegisterTimeout(USER_TIMEOUT, look_at_disk_cb);
	if (!engine_tool_crew_join())
		proc_exit(0);
	pgstat_report_activity(STATE_IDLE, NULL);
	context = AllocSetContextCreate(TopMemoryContext, "frontdesk tool", ALLOCSET_DEFAULT_SIZES);

	while (!memory_ran_short && wants_more(args.number))
	{
		uint32		queued = engine_wake_tools_count();
		EngineToolTaken taken;

		MemoryContextSwitchTo(context);
		MemoryContextReset(context);
		taken = take(&run);
		if (taken == ENGINE_TOOL_TAKEN)
			run_one(&run);
		else if (taken == ENGINE_TOOL_ANOTHER || !wait_for_run(queued))
			break;
	}
	proc_exit(0);
}
