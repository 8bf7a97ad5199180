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
 * (a transaction of its own, up to its commit under a time limit that asks first
 * and ends the process after a grace, and within engine_tool_bounds.c), DISCARD
 * ALL, hand in the result (again a transaction with the owner's rights).  Between
 * the second and the last the result is in this process' memory alone: after a
 * crash the run is repeated.  A process whose run ended for lack of memory ends
 * after it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/discard.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
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
#include "engine/engine_tool.h"
#include "engine/engine_tool_bounds.h"
#include "engine/engine_tool_crew.h"
#include "engine/engine_wake.h"

#define IDLE_MS 30000
#define GRACE_MS 5000
#define LOOK_AGAIN_MS 30000
#define PAUSE_AFTER_DEATH_MS 1000
#define PAUSE_WITHOUT_SLOT_MS 5000
#define PATCH_BYTES (1024 * 1024)
#define TEXT_BYTES 500

typedef struct ToolWorkerArgs
{
	Oid			database;
	Oid			role;
	int			number;			/* from 0 */
} ToolWorkerArgs;

/* ---- the coordinator's side ---- */

static BackgroundWorkerHandle *handles[ENGINE_TOOL_MOST_WORKERS];
static TimestampTz start_after = 0;
static TimestampTz looked_at = 0;
static uint32 looked_count = 0;
static bool is_due = false;

/* How many had come up when each was started. */
static int64 joined_before[ENGINE_TOOL_MOST_WORKERS];

static bool
start(int number, Oid role)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_notify_pid = MyProcPid,
	};
	ToolWorkerArgs args = {.database = MyDatabaseId, .role = role, .number = number};

	snprintf(worker.bgw_name, BGW_MAXLEN, "pg_frontdesk tool worker");
	snprintf(worker.bgw_type, BGW_MAXLEN, "pg_frontdesk tool worker");
	snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name), "pg_frontdesk");
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "frontdesk_tool_worker_main");
	memcpy(worker.bgw_extra, &args, sizeof(args));
	joined_before[number] = engine_tool_crew_joined();
	if (RegisterDynamicBackgroundWorker(&worker, &handles[number]))
		return true;
	handles[number] = NULL;
	return false;
}

/* Without one that is there nothing runs; a second one is a convenience. */
static void
complain_of_slots(bool some_run)
{
	static bool complained = false;

	if (!some_run && !complained)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("pg_frontdesk found no free background worker slot for the functions of database \"%s\"",
						get_database_name(MyDatabaseId)),
				 errhint("Raise max_worker_processes; pg_cron and parallel query draw on it too.")));
	complained = complained || !some_run;
}

/* Whether a run may be taken, and the role to run it; complains once when there
 * is no such role. */
static bool
look(Oid *role)
{
	static bool complained = false;
	bool		due;

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	due = engine_tool_run_is_due();
	*role = engine_tool_run_role();
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	if (due && !OidIsValid(*role) && !complained)
		ereport(WARNING,
				(errmsg("pg_frontdesk: functions wait for the role frontdesk_tool, which is missing or not as it was made"),
				 errhint("Run frontdesk.setup_roles().")));
	complained = due && !OidIsValid(*role);
	return due && OidIsValid(*role);
}

/* Returns how many there are, and a number that is free. */
static int
count_workers(int *free_number)
{
	int			count = 0;
	pid_t		pid;

	*free_number = -1;
	for (int i = 0; i < ENGINE_TOOL_MOST_WORKERS; i++)
	{
		if (handles[i] != NULL && GetBackgroundWorkerPid(handles[i], &pid) == BGWH_STOPPED)
		{
			pfree(handles[i]);
			handles[i] = NULL;
			is_due = true;
			/* one that does not even come up is not tried again at once */
			if (joined_before[i] == engine_tool_crew_joined())
				start_after = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), PAUSE_AFTER_DEATH_MS);
		}
		if (handles[i] != NULL)
			count++;
		else if (*free_number < 0)
			*free_number = i;
	}
	return count;
}

/*
 * Starts one more while a run may be taken and everybody who is there is at one.
 * Those that are not look at the queue themselves, and make room when the next
 * run is not for them; those that have yet to come up do so then.
 */
static void
start_if_due(int count, int number)
{
	TimestampTz now = GetCurrentTimestamp();
	uint32		queued = engine_wake_tools_count();
	EngineToolCrew crew;
	Oid			role;

	is_due = is_due || queued != looked_count || TimestampDifferenceExceeds(looked_at, now, LOOK_AGAIN_MS);
	engine_tool_crew_look(&crew);
	if (!is_due || now < start_after || crew.busy >= setting_tool_workers)
		return;
	looked_at = now;
	looked_count = queued;
	is_due = look(&role);
	if (!is_due)
		return;
	if (crew.busy < count)
		engine_tool_crew_wake();
	else if (count < setting_tool_workers && !start(number, role))
	{
		start_after = TimestampTzPlusMilliseconds(now, PAUSE_WITHOUT_SLOT_MS);
		complain_of_slots(count > 0);
	}
}

void
engine_tool_worker_supervise(bool serve)
{
	int			number;
	int			count;

	if (!serve)
	{
		engine_tool_worker_dismiss();
		return;
	}
	engine_wake_attach_coordinator();
	count = count_workers(&number);
	start_if_due(count, number);
}

void
engine_tool_worker_dismiss(void)
{
	for (int i = 0; i < ENGINE_TOOL_MOST_WORKERS; i++)
		if (handles[i] != NULL)
			TerminateBackgroundWorker(handles[i]);
}

/* ---- time limits ---- */

static TimeoutId ask_to_end;
static TimeoutId make_end;
static volatile sig_atomic_t time_is_up = false;

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

static void
start_time(int timeout_ms)
{
	time_is_up = false;
	QueryCancelPending = false;
	enable_timeout_after(ask_to_end, timeout_ms);
	enable_timeout_after(make_end, timeout_ms + GRACE_MS);
}

static void
stop_time(void)
{
	disable_timeout(ask_to_end, false);
	disable_timeout(make_end, false);
	QueryCancelPending = false;
}

/* ---- one run ---- */

static bool memory_ran_short = false;
static void
set_failure(EngineToolRun *run, const char *failure_class, const char *code, const char *text)
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
		set_failure(run, "invalid", "", "it returned no JSON object");
	else if (VARSIZE(run->patch) > PATCH_BYTES)
		set_failure(run, "invalid", "", "it returned more than a megabyte");
}

/* Up to its commit, with what it has deferred, this is the tool's own. */
static void
call_function(EngineToolRun *run)
{
	Oid			types[] = {INT4OID, UUIDOID, JSONBOID};
	Datum		values[] = {Int32GetDatum(run->account_id), UUIDPGetDatum(&run->original_id),
	JsonbPGetDatum(run->state)};

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	SPI_execute_with_args(psprintf("SELECT %s($1, $2, $3)", run->function), 3, types, values, NULL, false, 1);
	if (SPI_tuptable != NULL && SPI_gettypeid(SPI_tuptable->tupdesc, 1) == JSONBOID)
		keep_result(run);
	else
		set_failure(run, "invalid", "", "it returned no JSON object");
	SPI_finish();
	PopActiveSnapshot();
	if (!run->is_rehearsal)
		engine_tool_bounds_run_deferred();
	engine_tool_bounds_lift_memory();
	if (run->is_rehearsal)
		AbortCurrentTransaction();
	else
		CommitTransactionCommand();
}

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
	if (time_is_up && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		set_failure(run, "timeout", "", psprintf("it took longer than %d ms", run->timeout_ms));
	else
		set_failure(run, "tool", unpack_sql_state(error->sqlerrcode), text);
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

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	taken = engine_tool_run_take(run);
	PopActiveSnapshot();
	CommitTransactionCommand();
	return taken;
}

static void
finish(EngineToolRun *run)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	engine_tool_run_finish(run);
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
run_one(EngineToolRun *run)
{
	char		activity[NAMEDATALEN * 3];

	snprintf(activity, sizeof(activity), "account %d: %s", run->account_id, run->function);
	pgstat_report_activity(STATE_RUNNING, activity);
	start_time(run->timeout_ms);
	engine_tool_bounds_limit_memory();
	PG_TRY();
	{
		call_function(run);
	}
	PG_CATCH();
	{
		engine_tool_bounds_lift_memory();
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
	events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, IDLE_MS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	return (events & WL_LATCH_SET) != 0;
}

/* Whether a worker of this number is to go on. */
static bool
wants_more(int number)
{
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	return number < setting_tool_workers;
}

PGDLLEXPORT void
frontdesk_tool_worker_main(Datum arg)
{
	static EngineToolRun run;
	ToolWorkerArgs args;
	MemoryContext context;

	memcpy(&args, MyBgworkerEntry->bgw_extra, sizeof(args));
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGINT, StatementCancelHandler);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(args.database, args.role, 0);
	set_session_options();
	engine_tool_bounds_enter(args.role);
	ask_to_end = RegisterTimeout(USER_TIMEOUT, ask_to_end_cb);
	make_end = RegisterTimeout(USER_TIMEOUT, make_end_cb);
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
