/*
 * engine_roster.c
 *	  Who is there: the databases that are served, the slots of their workers,
 *	  and whom to wake.
 *
 * The engine's shared memory that is written a field at a time.  A database is
 * entered by its coordinator, which leaves when it ends; a slot is reserved by a
 * coordinator before its worker starts and released after it has ended.  A slot's
 * generation is drawn anew each time, so that nobody takes one for another.
 *
 * Only atomics, latch addresses, ids and counters live here.  A latch belongs to a
 * PGPROC and stays valid memory after its process is gone; setting it then
 * wakes nobody, or somebody who looks around and sleeps again.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "storage/proc.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#include "engine/engine_roster.h"
#include "http/http_limit.h"

StaticAssertDecl(ENGINE_MAX_SLOTS <= HTTP_LIMIT_OWNERS, "every slot may hold permits");

#define VACATED_MS 2000
#define MOST_RELEASES 4

typedef struct RosterShared
{
	pg_atomic_uint64 last_generation;
	pg_atomic_uint32 vacated;	/* the database dropped last, or nearly so */
	pg_atomic_uint64 vacated_at;	/* TimestampTz */
	EngineRosterDatabase databases[ENGINE_MAX_DATABASES];
	EngineRosterSlot slots[ENGINE_MAX_SLOTS];
} RosterShared;

static RosterShared *shared = NULL;

/* Called with a slot whose worker has ended. */
static void (*releases[MOST_RELEASES]) (int slot);
static int	release_count = 0;

Size
engine_roster_shmem_size(void)
{
	return sizeof(RosterShared);
}

/* Begins an empty roster: nobody is served, nothing is due, every slot is free. */
void
engine_roster_shmem_init(void *area, bool found)
{
	shared = area;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	pg_atomic_init_u64(&shared->last_generation, 0);
	pg_atomic_init_u32(&shared->vacated, InvalidOid);
	pg_atomic_init_u64(&shared->vacated_at, 0);
	for (int i = 0; i < ENGINE_MAX_DATABASES; i++)
	{
		pg_atomic_init_u32(&shared->databases[i].oid, InvalidOid);
		pg_atomic_init_u32(&shared->databases[i].coordinator, 0);
		pg_atomic_init_u32(&shared->databases[i].gate, 0);
		pg_atomic_init_u32(&shared->databases[i].tools_count, 0);
		for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
			pg_atomic_init_u64(&shared->databases[i].next_due[c], ENGINE_NEVER_DUE);
	}
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
		SpinLockInit(&shared->slots[i].mutex);
}

/* ---- databases ---- */

EngineRosterDatabase *
engine_roster_database(void)
{
	static EngineRosterDatabase *mine = NULL;

	if (shared == NULL)
		return NULL;
	if (mine && pg_atomic_read_u32(&mine->oid) == MyDatabaseId)
		return mine;
	for (int i = 0; i < ENGINE_MAX_DATABASES; i++)
		if (pg_atomic_read_u32(&shared->databases[i].oid) == MyDatabaseId)
			return mine = &shared->databases[i];
	return NULL;
}

static EngineRosterDatabase *
enter_database(void)
{
	for (int i = 0; i < ENGINE_MAX_DATABASES; i++)
	{
		uint32		nobody = InvalidOid;

		if (pg_atomic_compare_exchange_u32(&shared->databases[i].oid, &nobody, MyDatabaseId))
			return &shared->databases[i];
	}
	return NULL;
}

bool
engine_roster_serve(void)
{
	EngineRosterDatabase *database = engine_roster_database();
	uint32		nobody = 0;

	if (database == NULL)
		database = enter_database();
	if (database == NULL)
		return false;
	if (pg_atomic_read_u32(&database->coordinator) == MyProcPid)
		return true;
	if (!pg_atomic_compare_exchange_u32(&database->coordinator, &nobody, MyProcPid))
		return false;
	database->coordinator_latch = &MyProc->procLatch;
	return true;
}

/* Workers that have not ended yet find no database and claim nothing. */
void
engine_roster_leave(void)
{
	EngineRosterDatabase *database = engine_roster_database();

	if (database == NULL || pg_atomic_read_u32(&database->coordinator) != MyProcPid)
		return;
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		pg_atomic_write_u64(&database->next_due[c], ENGINE_NEVER_DUE);
	pg_atomic_write_u32(&database->gate, 0);
	database->coordinator_latch = NULL;
	pg_atomic_write_u32(&database->coordinator, 0);
	pg_atomic_write_u32(&database->oid, InvalidOid);
}

void
engine_roster_vacate(Oid oid)
{
	if (shared == NULL)
		return;
	pg_atomic_write_u32(&shared->vacated, oid);
	pg_atomic_write_u64(&shared->vacated_at, (uint64) GetCurrentTimestamp());
	for (int i = 0; i < ENGINE_MAX_DATABASES; i++)
	{
		EngineRosterDatabase *database = &shared->databases[i];
		pid_t		coordinator = (pid_t) pg_atomic_read_u32(&database->coordinator);

		if (pg_atomic_read_u32(&database->oid) == oid && coordinator != 0)
			kill(coordinator, SIGTERM);
	}
}

bool
engine_roster_is_vacated(Oid oid)
{
	return pg_atomic_read_u32(&shared->vacated) == oid &&
		!TimestampDifferenceExceeds((TimestampTz) pg_atomic_read_u64(&shared->vacated_at),
									GetCurrentTimestamp(), VACATED_MS);
}

/* ---- slots ---- */

static int	own_slot = -1;

/* Whether the slot was free; it is the generation's from now on. */
static bool
take_slot(EngineRosterSlot *slot, uint64 generation)
{
	bool		is_free;

	SpinLockAcquire(&slot->mutex);
	is_free = slot->generation == 0;
	if (is_free)
	{
		slot->generation = generation;
		slot->database = MyDatabaseId;
		slot->latch = NULL;
		slot->full_classes = 0;
		slot->heard_count = 0;
	}
	SpinLockRelease(&slot->mutex);
	return is_free;
}

int
engine_roster_reserve(uint64 *generation)
{
	*generation = pg_atomic_add_fetch_u64(&shared->last_generation, 1);
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
		if (take_slot(&shared->slots[i], *generation))
			return i;
	return -1;
}

void
engine_roster_on_release(void (*callback) (int slot))
{
	if (release_count >= MOST_RELEASES)
		elog(ERROR, "too many callbacks for released slots");
	releases[release_count++] = callback;
}

/* What the worker held is given back before the slot can belong to somebody else. */
void
engine_roster_release(int number, uint64 generation)
{
	EngineRosterSlot *slot = &shared->slots[number];
	bool		is_ours;

	SpinLockAcquire(&slot->mutex);
	is_ours = slot->generation == generation;
	if (is_ours)
		slot->latch = NULL;
	SpinLockRelease(&slot->mutex);
	if (!is_ours)
		return;
	for (int i = 0; i < release_count; i++)
		releases[i] (number);
	SpinLockAcquire(&slot->mutex);
	slot->generation = 0;
	SpinLockRelease(&slot->mutex);
}

int
engine_roster_taken(int slots[ENGINE_MAX_SLOTS], int64 generations[ENGINE_MAX_SLOTS])
{
	int			count = 0;

	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
	{
		EngineRosterSlot *slot = &shared->slots[i];
		uint64		generation;

		SpinLockAcquire(&slot->mutex);
		generation = slot->generation;
		SpinLockRelease(&slot->mutex);
		if (generation == 0)
			continue;
		slots[count] = i;
		generations[count++] = (int64) generation;
	}
	return count;
}

EngineRosterSlot *
engine_roster_slot(int number)
{
	return &shared->slots[number];
}

bool
engine_roster_is_open(void)
{
	return shared != NULL;
}

void
engine_roster_attach(int slot)
{
	SpinLockAcquire(&shared->slots[slot].mutex);
	shared->slots[slot].latch = &MyProc->procLatch;
	SpinLockRelease(&shared->slots[slot].mutex);
	own_slot = slot;
}

int
engine_roster_own_slot(void)
{
	return own_slot;
}
