/*
 * engine_tool_crew.c
 *	  The tool workers that live, and the account each is at.
 *
 * An entry is made by its tool worker when it comes up and taken away when the
 * process ends, however it ends; one that is killed takes shared memory along.
 * So a run whose worker has no entry is free, without waiting for anything.  A
 * worker writes the account into its own entry, under the lock of the queue
 * (engine_tool_run.c) when it takes a run: what is read under that lock is so.
 *
 * One that does not end though its time is up and the process was told to die is
 * lost: it is at C code that looks for no interrupts, and only SIGKILL would end
 * it, and everybody else's sessions with it.  It says so itself, from a signal's
 * handler; it is one until its process has ended.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/spin.h"

#include "base/base_domain.h"
#include "base/base_shmem.h"
#include "engine/engine_roster.h"
#include "engine/engine_tool_crew.h"

SQL_FUNCTION(lost_tools);

#define MOST_ENTRIES 256

typedef struct CrewEntry
{
	Oid			database;		/* InvalidOid: free */
	int64		generation;
	int			account_id;
	int			pid;
	volatile bool is_lost;		/* written without the lock, once */
	Latch	   *latch;
} CrewEntry;

typedef struct CrewShared
{
	slock_t		mutex;
	int64		last_generation;
	CrewEntry	entries[MOST_ENTRIES];
} CrewShared;

static CrewShared *shared = NULL;
static CrewEntry *mine = NULL;
static EngineRosterDatabase *roster_entry = NULL;

Size
engine_tool_crew_shmem_size(void)
{
	return sizeof(CrewShared);
}

void
engine_tool_crew_shmem_init(void *area, bool found)
{
	shared = area;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	SpinLockInit(&shared->mutex);
}

/* A timeout that comes later finds no entry: it may be another's by then. */
static void
leave_cb(int code, Datum arg)
{
	CrewEntry  *entry = mine;

	mine = NULL;
	SpinLockAcquire(&shared->mutex);
	entry->database = InvalidOid;
	SpinLockRelease(&shared->mutex);
}

bool
engine_tool_crew_join(void)
{
	SpinLockAcquire(&shared->mutex);
	for (int i = 0; i < MOST_ENTRIES && mine == NULL; i++)
		if (!OidIsValid(shared->entries[i].database))
			mine = &shared->entries[i];
	if (mine != NULL)
	{
		mine->database = MyDatabaseId;
		mine->generation = ++shared->last_generation;
		mine->account_id = 0;
		mine->pid = MyProcPid;
		mine->is_lost = false;
		mine->latch = &MyProc->procLatch;
	}
	SpinLockRelease(&shared->mutex);
	roster_entry = engine_roster_database();
	if (mine != NULL)
		before_shmem_exit(leave_cb, 0);
	return mine != NULL;
}

void
engine_tool_crew_serve(int account_id)
{
	SpinLockAcquire(&shared->mutex);
	mine->account_id = account_id;
	SpinLockRelease(&shared->mutex);
}

void
engine_tool_crew_lose(void)
{
	Latch	   *latch = roster_entry != NULL ? roster_entry->coordinator_latch : NULL;

	if (mine == NULL)
		return;
	mine->is_lost = true;
	if (latch != NULL)
		SetLatch(latch);
}

int64
engine_tool_crew_generation(void)
{
	return mine->generation;
}

void
engine_tool_crew_look(EngineToolCrew *crew)
{
	memset(crew, 0, sizeof(*crew));
	SpinLockAcquire(&shared->mutex);
	for (int i = 0; i < MOST_ENTRIES; i++)
	{
		CrewEntry  *entry = &shared->entries[i];

		if (entry->database != MyDatabaseId)
			continue;
		if (entry->is_lost && crew->lost_count < ENGINE_TOOL_MOST_WORKERS)
			crew->lost[crew->lost_count++] =
				(EngineToolLost) {entry->generation, entry->account_id, entry->pid};
		if (entry->is_lost || crew->count == ENGINE_TOOL_MOST_WORKERS)
			continue;
		crew->generations[crew->count] = entry->generation;
		crew->accounts[crew->count++] = entry->account_id;
		crew->busy += entry->account_id != 0;
	}
	SpinLockRelease(&shared->mutex);
}

/* A latch stays valid memory after its process is gone. */
void
engine_tool_crew_wake(void)
{
	for (int i = 0; i < MOST_ENTRIES; i++)
		if (shared->entries[i].database == MyDatabaseId)
			SetLatch(shared->entries[i].latch);
}

int64
engine_tool_crew_joined(void)
{
	int64		joined;

	SpinLockAcquire(&shared->mutex);
	joined = shared->last_generation;
	SpinLockRelease(&shared->mutex);
	return joined;
}

/* lost_tools(): a row per lost tool worker of this database. */
PGDLLEXPORT Datum
frontdesk_lost_tools(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EngineToolCrew crew = {0};

	InitMaterializedSRF(fcinfo, 0);
	if (base_shared != NULL)
		engine_tool_crew_look(&crew);
	for (int i = 0; i < crew.lost_count; i++)
	{
		Datum		values[] = {Int32GetDatum(crew.lost[i].account_id), Int32GetDatum(crew.lost[i].pid),
			Int64GetDatum((int64) base_shared->incarnation), Int64GetDatum(crew.lost[i].generation)};
		bool		nulls[lengthof(values)] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
