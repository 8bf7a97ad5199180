/*
 * engine_coordinator.c
 *	  One coordinator per database: keeps its workers running, sets free what
 *	  dead ones held, and sees to what is due without a worker.  All of it are
 *	  rows of one table (engine_duty.h).
 *
 * A dynamic background worker, started by the launcher, connected to its
 * database.  It serves the database as soon as the extension is installed in
 * the version this library was built for, and idles otherwise.  A worker that
 * exits is noticed through SIGUSR1 from the postmaster; its threads are free
 * and its successor is started within the same tick, unless workers die
 * at once, when it waits longer each time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "commands/dbcommands.h"
#include "utils/timestamp.h"

#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_alarm.h"
#include "engine/engine_coordinator.h"
#include "engine/engine_daemon.h"
#include "engine/engine_duty.h"
#include "engine/engine_extension.h"
#include "engine/engine_gate.h"
#include "engine/engine_lease.h"
#include "engine/engine_place.h"
#include "engine/engine_retention.h"
#include "engine/engine_roster.h"
#include "engine/engine_stint.h"
#include "engine/engine_tool_foreman.h"
#include "engine/engine_worker.h"

#define MAX_WORKERS 64
#define LOOK_AGAIN_MS 1000
#define ORPHANS_AGAIN_MS 1000
#define SHORT_LIFE_MS 500
#define LONGEST_PAUSE_MS 60000

typedef struct Supervised
{
	BackgroundWorkerHandle *handle; /* NULL: not running */
	EngineWorkerArgs args;
	TimestampTz started_at;
	TimestampTz start_after;
	int			short_lives;	/* in a row, of those that ended unasked */
	bool		dismissed;		/* told to end */
} Supervised;

static Supervised workers[MAX_WORKERS];

/* Whether the database can be served; says once why it cannot. */
static bool
can_serve(void)
{
	static bool complained = false;
	char	   *version;
	bool		ready = engine_extension_is_ready(&version);

	if (!ready && version != NULL && strcmp(version, FRONTDESK_VERSION) != 0 && !complained)
	{
		ereport(LOG,
				(errmsg("pg_frontdesk %s is installed in database \"%s\", but the library is %s; its workers stay idle",
						version, get_database_name(MyDatabaseId), FRONTDESK_VERSION),
				 errhint("Run ALTER EXTENSION pg_frontdesk UPDATE.")));
		complained = true;
	}
	if (ready)
		complained = false;
	return ready;
}

/* Duty: what most of the others depend on.  While it fails, what was so before
 * stands. */
static int
look_at_extension(void)
{
	engine_duty_set_served(can_serve() && engine_roster_serve());
	return ENGINE_DUTY_AS_USUAL;
}

/* Duty: writes to the log who serves this database, or that there is nothing to
 * serve yet, when that has changed.  can_serve() tells of a version that differs. */
static int
tell_who_serves(void)
{
	static enum
	{
		TOLD_NOTHING, TOLD_IDLE, TOLD_SERVED
	}			told = TOLD_NOTHING;
	const char *name = MyBgworkerEntry->bgw_extra;
	int64		accounts = 0;
	bool		serve = engine_duty_is_served();
	bool		absent;

	if (told == (serve ? TOLD_SERVED : TOLD_IDLE))
		return ENGINE_DUTY_AS_USUAL;
	engine_daemon_begin();
	absent = !OidIsValid(get_extension_oid("pg_frontdesk", true));
	if (serve && SPI_execute("SELECT pg_catalog.count(*) FROM frontdesk.accounts WHERE id OPERATOR(pg_catalog.>) 0 AND active", true, 1) == SPI_OK_SELECT)
		accounts = base_spi_int64(0, 1, 0);
	if (serve)
		ereport(LOG,
				(errmsg("pg_frontdesk %s serves database \"%s\": workers %d, accounts " INT64_FORMAT ", coordinator is process %d",
						FRONTDESK_VERSION, name, setting_workers, accounts, MyProcPid)));
	else if (absent)
		ereport(LOG,
				(errmsg("pg_frontdesk: database \"%s\" stands in frontdesk.databases and has no extension yet", name),
				 errhint("It is served as soon as CREATE EXTENSION pg_frontdesk has run there.")));
	engine_daemon_commit();
	told = serve ? TOLD_SERVED : TOLD_IDLE;
	return ENGINE_DUTY_AS_USUAL;
}

/*
 * Duty: frees what lost workers held.  The rows of a copy tell of workers that live
 * elsewhere.  What somebody has locked is looked for again soon.
 */
static int
free_orphans(void)
{
	bool		some_left;
	int			freed = engine_lease_free_orphans(&some_left);

	if (freed > 0)
		ereport(LOG, (errmsg("pg_frontdesk: %d threads of lost workers are taken over", freed)));
	return some_left ? ORPHANS_AGAIN_MS : ENGINE_DUTY_AS_USUAL;
}

/* Reserves a slot and starts its worker; without room for one it is tried again. */
static void
start_worker(Supervised *supervised)
{
	char		suffix[16];
	EngineDaemon worker = {.kind = "worker", .suffix = suffix, .function = "frontdesk_worker_main",
	.args = &supervised->args, .args_size = sizeof(supervised->args)};
	static bool complained = false;
	uint64		generation;
	int			slot = engine_roster_reserve(&generation);

	if (slot < 0)
		return;
	supervised->args.database = MyDatabaseId;
	supervised->args.slot = slot;
	supervised->args.generation = (int64) generation;
	snprintf(suffix, sizeof(suffix), " %d", slot);
	supervised->started_at = GetCurrentTimestamp();
	supervised->dismissed = false;
	supervised->handle = engine_daemon_start(&worker);
	if (supervised->handle)
	{
		complained = false;
		return;
	}
	engine_roster_release(slot, generation);
	supervised->start_after = TimestampTzPlusMilliseconds(supervised->started_at, 5000);
	if (!complained)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("pg_frontdesk found no free background worker slot for a worker of database \"%s\"", MyBgworkerEntry->bgw_extra),
				 errhint("Raise max_worker_processes; pg_cron and parallel query draw on it too.")));
	complained = true;
}

/* The first death in a row is mended at once, the next ones more slowly. */
static long
pause_before_successor(Supervised *supervised, TimestampTz now)
{
	if (supervised->dismissed ||
		TimestampDifferenceExceeds(supervised->started_at, now, SHORT_LIFE_MS))
		supervised->short_lives = 0;
	else
		supervised->short_lives++;
	if (supervised->short_lives < 2)
		return 0;
	return Min(LONGEST_PAUSE_MS, 250L << Min(supervised->short_lives, 8));
}

/* Notes the end of a worker; returns whether it has ended. */
static bool
has_ended(Supervised *supervised)
{
	pid_t		pid;
	TimestampTz now = GetCurrentTimestamp();

	if (GetBackgroundWorkerPid(supervised->handle, &pid) != BGWH_STOPPED)
		return false;
	pfree(supervised->handle);
	supervised->handle = NULL;
	engine_roster_release(supervised->args.slot, (uint64) supervised->args.generation);
	supervised->start_after =
		TimestampTzPlusMilliseconds(now, pause_before_successor(supervised, now));
	return true;
}

/* Duty: starts what is missing, ends what is too much. */
static int
supervise(void)
{
	bool		serve = engine_duty_is_served();

	for (int i = 0; i < MAX_WORKERS; i++)
		if (workers[i].handle && has_ended(&workers[i]))
			engine_duty_hasten("orphans");
	for (int i = 0; i < MAX_WORKERS; i++)
	{
		bool		wanted = serve && i < setting_workers;

		if (wanted && !workers[i].handle && GetCurrentTimestamp() >= workers[i].start_after)
			start_worker(&workers[i]);
		else if (!wanted && workers[i].handle)
		{
			workers[i].dismissed = true;
			TerminateBackgroundWorker(workers[i].handle);
		}
	}
	return ENGINE_DUTY_AS_USUAL;
}

/* Duty: keeps those who run what accounts have added. */
static int
see_to_tools(void)
{
	engine_tool_foreman_supervise(engine_duty_is_served());
	return ENGINE_DUTY_AS_USUAL;
}

/* Duty: knows whether the database may work, and what has changed about its place. */
static int
look_at_place(void)
{
	static bool has_changed = false;

	has_changed = engine_gate_refresh() || has_changed;
	if (has_changed)
		engine_place_confirm();
	has_changed = false;
	return ENGINE_DUTY_AS_USUAL;
}

/* Duty: rings alarms. */
static int
ring_alarms(void)
{
	engine_alarm_ring_due();
	return ENGINE_DUTY_AS_USUAL;
}

static const EngineDuty duties[] = {
	{"extension", look_at_extension, 0, 1000, ENGINE_DUTY_ALWAYS},
	{"workers", supervise, 0, 1000, ENGINE_DUTY_ALWAYS, .brackets_itself = true},
	{"tools", see_to_tools, 0, 1000, ENGINE_DUTY_ALWAYS, .brackets_itself = true},
	{"notice", tell_who_serves, 0, 1000, ENGINE_DUTY_ALWAYS, .brackets_itself = true},
	{"place", look_at_place, 0, 1000, ENGINE_DUTY_SERVED, .brackets_itself = true},
	{"orphans", free_orphans, 30000, 1000, ENGINE_DUTY_HOME},
	{"alarms", ring_alarms, 0, 5000, ENGINE_DUTY_OPEN, .brackets_itself = true},
	{"pruning", engine_retention_prune, 30000, 300000, ENGINE_DUTY_SERVED,
	.hint = "SELECT * FROM frontdesk.prune() shows whether it can go on."},
};

void
engine_coordinator_register_duties(void)
{
	for (int i = 0; i < lengthof(duties); i++)
		engine_duty_register(&duties[i]);
}

/* Workers never outlive the one who counts them, however it ends. */
static void
dismiss_all_cb(int code, Datum arg)
{
	for (int i = 0; i < MAX_WORKERS; i++)
		if (workers[i].handle)
			TerminateBackgroundWorker(workers[i].handle);
	engine_tool_foreman_dismiss();
	engine_roster_leave();
}

static void
wait_for_change(long longest_ms)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 longest_ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ShutdownRequestPending)
		proc_exit(0);
	if (engine_daemon_reload())
	{
		engine_gate_forget();
		engine_duty_hasten(NULL);
	}
}

/* What raises outside of a duty, a lock timeout that comes late, is over when it is
 * reported. */
static void
run_loop(void)
{
	sigjmp_buf	after_error;

	if (sigsetjmp(after_error, 1) != 0)
	{
		error_context_stack = NULL;
		HOLD_INTERRUPTS();
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		RESUME_INTERRUPTS();
		wait_for_change(LOOK_AGAIN_MS);
	}
	PG_exception_stack = &after_error;
	for (;;)
		wait_for_change(engine_duty_run_due(LOOK_AGAIN_MS));
}

PGDLLEXPORT void
frontdesk_coordinator_main(Datum arg)
{
	engine_daemon_set_signals(SignalHandlerForShutdownRequest);
	BackgroundWorkerInitializeConnection(MyBgworkerEntry->bgw_extra, NULL, 0);
	before_shmem_exit(dismiss_all_cb, 0);
	engine_daemon_set_session_options();
	engine_stint_open();
	pgstat_report_activity(STATE_IDLE, "supervises the workers of this database");
	run_loop();
}
