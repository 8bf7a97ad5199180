/*
 * engine_launcher.c
 *	  The one static background worker: starts a coordinator for each database
 *	  that frontdesk.databases names, and starts it again when it has gone.
 *
 * It is connected to no database, so it never stands in the way of CREATE or
 * DROP DATABASE.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "base/base_settings.h"
#include "engine/engine_daemon.h"
#include "engine/engine_launcher.h"
#include "engine/engine_roster.h"
#include "security/security_key.h"

#define MAX_SERVED 64
#define RESTART_PAUSE_MS 1000

typedef struct Served
{
	char		name[NAMEDATALEN];	/* "": entry free */
	BackgroundWorkerHandle *handle;
	TimestampTz start_after;
	bool		wanted;
	bool		told_absent;	/* the log knows that there is no such database */
} Served;

static Served served[MAX_SERVED];
static bool told_no_slot = false;

/* Starts the coordinator of a database; that there is no room is told once. */
static void
start_coordinator(Served *database)
{
	char		suffix[NAMEDATALEN + 8];
	EngineDaemon coordinator = {.kind = "coordinator", .suffix = suffix, .function = "frontdesk_coordinator_main",
	.args = database->name, .args_size = NAMEDATALEN};

	snprintf(suffix, sizeof(suffix), " for %s", database->name);
	database->handle = engine_daemon_start(&coordinator);
	if (database->handle)
		told_no_slot = false;
	else
	{
		if (!told_no_slot)
			ereport(WARNING,
					(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					 errmsg("pg_frontdesk found no free background worker slot for database \"%s\"", database->name),
					 errhint("Raise max_worker_processes; pg_cron and parallel query draw on it too.")));
		told_no_slot = true;
	}
	database->start_after = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), RESTART_PAUSE_MS);
}

static Served *
find_served(const char *name)
{
	Served	   *unused = NULL;

	for (int i = 0; i < MAX_SERVED; i++)
	{
		if (strcmp(served[i].name, name) == 0)
			return &served[i];
		if (unused == NULL && served[i].name[0] == '\0')
			unused = &served[i];
	}
	if (unused)
		strlcpy(unused->name, name, NAMEDATALEN);
	return unused;
}

/* Brings the table in line with the setting. */
static void
read_setting(void)
{
	char	   *list = pstrdup(setting_databases);
	List	   *names = NIL;
	ListCell   *cell;

	for (int i = 0; i < MAX_SERVED; i++)
		served[i].wanted = false;
	if (!SplitIdentifierString(list, ',', &names))
		ereport(LOG, (errmsg("pg_frontdesk: frontdesk.databases is not a list of names: \"%s\"", setting_databases)));
	foreach(cell, names)
	{
		Served	   *database = find_served(lfirst(cell));

		if (database)
			database->wanted = true;
	}
	list_free(names);
	pfree(list);
}

/* The oid of a database that lets connections in.  Scans pg_database without
 * its index: a process that is bound to no database has no means to open one
 * that is not in its cache. */
static Oid
find_database(const char *name)
{
	Relation	databases;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	Oid			found = InvalidOid;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	databases = table_open(DatabaseRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_database_datname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(name));
	scan = systable_beginscan(databases, InvalidOid, false, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (database->datallowconn && database->datconnlimit >= -1)
			found = database->oid;
	}
	systable_endscan(scan);
	table_close(databases, AccessShareLock);
	CommitTransactionCommand();
	return found;
}

/* Whether there is such a database; the log is told once if not. */
static bool
exists(Served *database)
{
	Oid			found = find_database(database->name);

	if (OidIsValid(found) && engine_roster_is_vacated(found))
		return false;			/* it is being dropped */
	if (!OidIsValid(found) && !database->told_absent)
		ereport(LOG,
				(errmsg("pg_frontdesk: there is no database \"%s\" that could be served", database->name),
				 errhint("It is served as soon as it is created; or take it out of frontdesk.databases.")));
	database->told_absent = !OidIsValid(found);
	return OidIsValid(found);
}

/* Returns whether a coordinator is yet to be started. */
static bool
supervise(void)
{
	bool		missing = false;

	for (int i = 0; i < MAX_SERVED; i++)
	{
		Served	   *database = &served[i];
		pid_t		pid;

		if (database->handle && GetBackgroundWorkerPid(database->handle, &pid) == BGWH_STOPPED)
		{
			pfree(database->handle);
			database->handle = NULL;
		}
		if (database->wanted && !database->handle && GetCurrentTimestamp() >= database->start_after)
		{
			if (exists(database))
				start_coordinator(database);
		}
		else if (!database->wanted && database->handle)
			TerminateBackgroundWorker(database->handle);
		else if (!database->wanted)
			database->name[0] = '\0';
		missing = missing || (database->wanted && !database->handle);
	}
	return missing;
}

/* A coordinator that nobody knows of could not be told to end: the launcher's
 * successor starts its own. */
static void
dismiss_all_cb(int code, Datum arg)
{
	for (int i = 0; i < MAX_SERVED; i++)
		if (served[i].handle)
			TerminateBackgroundWorker(served[i].handle);
}

/* Keeps the coordinators of the databases that the setting names, until the server
 * stops. */
PGDLLEXPORT void
frontdesk_launcher_main(Datum arg)
{
	engine_daemon_set_signals(SignalHandlerForShutdownRequest);
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	before_shmem_exit(dismiss_all_cb, 0);
	engine_daemon_set_session_options();
	pgstat_report_activity(STATE_IDLE, "starts the coordinators of the databases served");
	read_setting();
	security_key_warn();

	while (!ShutdownRequestPending)
	{
		bool		missing = supervise();

		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (missing ? WL_TIMEOUT : 0),
						 RESTART_PAUSE_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (engine_daemon_reload())
		{
			read_setting();
			security_key_warn();
		}
	}
	proc_exit(1);				/* with 0 the postmaster would not start it again */
}

void
engine_launcher_register(void)
{
	engine_daemon_register(&(EngineDaemon) {.kind = "launcher", .function = "frontdesk_launcher_main"});
}
