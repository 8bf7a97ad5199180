/*
 * engine_tool_crew.c
 *	  The tool workers that live, and the account each is at.
 *
 * An entry is made by its tool worker when it comes up and taken away when the
 * process ends, however it ends; one that is killed takes shared memory along.
 * So a run whose worker has no entry is free, without waiting for anything.  A
 * worker writes the account into its own entry, under the lock of the queue
 * (engine_tool_run.c) when it takes a run: what is read under that lock is so.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/spin.h"

#include "engine/engine_tool_crew.h"

#define MOST_ENTRIES 256

typedef struct CrewEntry
{
	Oid			database;		/* InvalidOid: free */
	int64		generation;
	int			account_id;
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

static void
leave_cb(int code, Datum arg)
{
	SpinLockAcquire(&shared->mutex);
	mine->database = InvalidOid;
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
		mine->latch = &MyProc->procLatch;
	}
	SpinLockRelease(&shared->mutex);
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
	for (int i = 0; i < MOST_ENTRIES && crew->count < ENGINE_TOOL_MOST_WORKERS; i++)
	{
		CrewEntry  *entry = &shared->entries[i];

		if (entry->database != MyDatabaseId)
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
