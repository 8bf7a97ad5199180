/*
 * engine_tool_foreman.c
 *	  Starts a tool worker when a run may be taken and everybody who is there is
 *	  busy.  Lost ones (engine_tool_crew.c) are not counted: others are started
 *	  beside them.
 *
 * Runs in the coordinator, which fails what the lost ones ran, for perhaps nobody
 * else looks at the queue.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/timestamp.h"

#include "base/base_settings.h"
#include "engine/engine_daemon.h"
#include "engine/engine_tool_crew.h"
#include "engine/engine_tool_foreman.h"
#include "engine/engine_tool_run.h"
#include "engine/engine_tool_worker.h"
#include "engine/engine_wake.h"

#define LOOK_AGAIN_MS 30000
#define PAUSE_AFTER_DEATH_MS 1000
#define PAUSE_WITHOUT_SLOT_MS 5000

static BackgroundWorkerHandle *handles[ENGINE_TOOL_MOST_WORKERS];
static TimestampTz start_after = 0;
static TimestampTz looked_at = 0;
static uint32 looked_count = 0;
static int	lost_count = 0;		/* when it looked last */
static bool is_due = false;

/* How many had come up when each was started. */
static int64 joined_before[ENGINE_TOOL_MOST_WORKERS];

static bool
start(int number, Oid role)
{
	EngineToolWorkerArgs args = {.database = MyDatabaseId, .role = role, .number = number};
	EngineDaemon worker = {.kind = "tool worker", .function = "frontdesk_tool_worker_main",
	.args = &args, .args_size = sizeof(args)};

	joined_before[number] = engine_tool_crew_joined();
	handles[number] = engine_daemon_start(&worker);
	return handles[number] != NULL;
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

	engine_daemon_begin();
	due = engine_tool_run_is_due();
	*role = engine_tool_run_role();
	engine_daemon_commit();
	if (due && !OidIsValid(*role) && !complained)
		ereport(WARNING,
				(errmsg("pg_frontdesk: functions wait for the role frontdesk_tool, which is missing or not as it was made"),
				 errhint("Run frontdesk.setup_roles().")));
	complained = due && !OidIsValid(*role);
	return due && OidIsValid(*role);
}

static bool
is_lost(const EngineToolCrew *crew, pid_t pid)
{
	for (int i = 0; i < crew->lost_count; i++)
		if (crew->lost[i].pid == pid)
			return true;
	return false;
}

/* Returns how many there are that are not lost, and a number that is free. */
static int
count_workers(const EngineToolCrew *crew, int *free_number)
{
	int			count = 0;
	pid_t		pid = 0;

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
				start_after = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														  PAUSE_AFTER_DEATH_MS);
		}
		if (handles[i] != NULL)
			count += !is_lost(crew, pid);
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
start_if_due(const EngineToolCrew *crew, int count, int number)
{
	TimestampTz now = GetCurrentTimestamp();
	uint32		queued = engine_wake_tools_count();
	Oid			role;

	is_due = is_due || queued != looked_count ||
		TimestampDifferenceExceeds(looked_at, now, LOOK_AGAIN_MS);
	if (!is_due || now < start_after || crew->busy >= setting_tool_workers)
		return;
	looked_at = now;
	looked_count = queued;
	is_due = look(&role);
	if (!is_due)
		return;
	if (crew->busy < count)
		engine_tool_crew_wake();
	else if (count < setting_tool_workers && number >= 0 && !start(number, role))
	{
		start_after = TimestampTzPlusMilliseconds(now, PAUSE_WITHOUT_SLOT_MS);
		complain_of_slots(count > 0);
	}
}

/* When another one is lost, or one has ended, others may go on. */
static void
see_to_lost(const EngineToolCrew *crew)
{
	if (crew->lost_count == lost_count)
		return;
	if (crew->lost_count > lost_count)
	{
		engine_daemon_begin();
		engine_tool_run_fail_lost();
		engine_daemon_commit();
	}
	lost_count = crew->lost_count;
	is_due = true;
}

void
engine_tool_foreman_supervise(bool serve)
{
	EngineToolCrew crew;
	int			number;
	int			count;

	if (!serve)
	{
		engine_tool_foreman_dismiss();
		return;
	}
	engine_tool_crew_look(&crew);
	count = count_workers(&crew, &number);
	see_to_lost(&crew);
	start_if_due(&crew, count, number);
}

void
engine_tool_foreman_dismiss(void)
{
	for (int i = 0; i < ENGINE_TOOL_MOST_WORKERS; i++)
		if (handles[i] != NULL)
			TerminateBackgroundWorker(handles[i]);
}
