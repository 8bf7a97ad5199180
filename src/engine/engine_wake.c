/*
 * engine_wake.c
 *	  Shared memory of the engine, and wake-ups without NOTIFY.
 *
 * A session that makes a thread due lowers the atomic due time of the thread's
 * quota class at commit, and sets the latches of its database's workers when it
 * was lowered.  A worker first takes the due time away, then reads the ready
 * rows under a snapshot taken afterwards, then lowers the due time to the
 * earliest row it saw.  A commit is either seen by that snapshot or lowers the
 * due time after it was taken away (commit callbacks run once the transaction
 * is visible), so none is lost.
 *
 * The owner of a thread is told of mail for it in the same way: the thread's id
 * is put on a short list of its slot, under the spinlock.
 *
 * Only atomics, latch addresses, ids and counters live here.  A latch belongs to a
 * PGPROC and stays valid memory after its process is gone; setting it then
 * wakes nobody, or somebody who looks around and sleeps again.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#include "base/base_shmem.h"
#include "engine/engine_gate.h"
#include "engine/engine_budget.h"
#include "engine/engine_tool_crew.h"
#include "engine/engine_wake.h"
#include "http/http_limit.h"

StaticAssertDecl(ENGINE_MAX_SLOTS <= HTTP_LIMIT_OWNERS, "every slot may hold permits");

#define MAX_DATABASES 64
#define VACATED_MS 2000
#define NEVER ((uint64) PG_INT64_MAX)

typedef struct WakeDatabase
{
	pg_atomic_uint32 oid;		/* InvalidOid: free */
	pg_atomic_uint32 coordinator;	/* its process; 0: none */
	pg_atomic_uint32 gate;		/* see engine_gate.h */
	/* TimestampTz; NEVER when nothing is due */
	pg_atomic_uint64 next_due[ENGINE_QUOTA_CLASSES];
	pg_atomic_uint32 tools_count;	/* commits that queued tool runs */
	Latch	   *coordinator_latch;
} WakeDatabase;

typedef struct WakeSlot
{
	uint64		generation;		/* 0: free */
	Oid			database;
	Latch	   *latch;			/* NULL until the worker has attached */
	volatile uint32 full_classes;	/* a bit for each without room; its worker writes it */
	int			heard_count;
	pg_uuid_t	heard[ENGINE_HEARD_AT_ONCE];	/* owned threads with mail */
} WakeSlot;

typedef struct WakeShared
{
	slock_t		mutex;			/* slots with what they heard, and last_generation */
	uint64		last_generation;
	pg_atomic_uint32 vacated;	/* the database dropped last, or nearly so */
	pg_atomic_uint64 vacated_at;	/* TimestampTz */
	WakeDatabase databases[MAX_DATABASES];
	WakeSlot	slots[ENGINE_MAX_SLOTS];
} WakeShared;

static WakeShared *shared = NULL;

/* earliest due times set by this transaction; 0 none */
static TimestampTz pending_due[ENGINE_QUOTA_CLASSES];

/* owned threads that this transaction has posted mail to */
static struct
{
	int			slot;
	int64		generation;
	pg_uuid_t	thread_id;
}			pending_mail[ENGINE_HEARD_AT_ONCE];
static int	pending_mail_count;

/* whether this transaction has queued a tool run, or let one go */
static bool pending_tools = false;

Size
engine_wake_shmem_size(void)
{
	return sizeof(WakeShared);
}

void
engine_wake_shmem_init(void *area, bool found)
{
	shared = area;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	SpinLockInit(&shared->mutex);
	pg_atomic_init_u32(&shared->vacated, InvalidOid);
	pg_atomic_init_u64(&shared->vacated_at, 0);
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		pg_atomic_init_u32(&shared->databases[i].oid, InvalidOid);
		pg_atomic_init_u32(&shared->databases[i].coordinator, 0);
		pg_atomic_init_u32(&shared->databases[i].gate, ENGINE_GATE_UNKNOWN);
		pg_atomic_init_u32(&shared->databases[i].tools_count, 0);
		for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
			pg_atomic_init_u64(&shared->databases[i].next_due[c], NEVER);
	}
}

static WakeDatabase *
my_database(void)
{
	static WakeDatabase *mine = NULL;

	if (shared == NULL)
		return NULL;
	if (mine && pg_atomic_read_u32(&mine->oid) == MyDatabaseId)
		return mine;
	for (int i = 0; i < MAX_DATABASES; i++)
		if (pg_atomic_read_u32(&shared->databases[i].oid) == MyDatabaseId)
			return mine = &shared->databases[i];
	return NULL;
}

/* Of one database, or of all with InvalidOid. */
static void
wake_workers(Oid database)
{
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
	{
		WakeSlot   *slot = &shared->slots[i];
		Latch	   *latch = slot->latch;

		if (slot->generation != 0 && latch != NULL &&
			(!OidIsValid(database) || slot->database == database))
			SetLatch(latch);
	}
}

void
engine_wake_tell_full(int slot, uint32 full_classes)
{
	shared->slots[slot].full_classes = full_classes;
}

void
engine_wake_other_workers(int slot, int quota_class)
{
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
	{
		WakeSlot   *other = &shared->slots[i];
		Latch	   *latch = other->latch;

		if (i != slot && other->generation != 0 && latch != NULL && other->database == MyDatabaseId &&
			(other->full_classes & (1u << quota_class)) == 0)
			SetLatch(latch);
	}
}

void
engine_wake_all_workers(void)
{
	if (shared != NULL)
		wake_workers(InvalidOid);
}

/* Returns whether the due time became earlier. */
static bool
lower(WakeDatabase *database, int quota_class, TimestampTz due_at)
{
	pg_atomic_uint64 *next_due = &database->next_due[quota_class];
	uint64		seen = pg_atomic_read_u64(next_due);

	while ((uint64) due_at < seen)
		if (pg_atomic_compare_exchange_u64(next_due, &seen, (uint64) due_at))
			return true;
	return false;
}

/* Tells the workers what this transaction made due. */
static void
publish_pending(void)
{
	WakeDatabase *database = my_database();
	bool		wake = false;

	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		if (pending_due[c] != 0 && database != NULL)
		{
			wake |= lower(database, c, pending_due[c]);
			wake |= engine_gate_note_mail(&database->gate);
		}
	if (wake)
		wake_workers(MyDatabaseId);
}

/* Tells the owners of threads about the mail of this transaction. */
static void
publish_mail(void)
{
	for (int i = 0; i < pending_mail_count && shared != NULL; i++)
	{
		WakeSlot   *slot = &shared->slots[pending_mail[i].slot];
		Latch	   *latch = NULL;

		SpinLockAcquire(&shared->mutex);
		if (slot->generation == (uint64) pending_mail[i].generation &&
			slot->heard_count < ENGINE_HEARD_AT_ONCE)
		{
			slot->heard[slot->heard_count++] = pending_mail[i].thread_id;
			latch = slot->latch;
		}
		SpinLockRelease(&shared->mutex);
		if (latch != NULL)
			SetLatch(latch);
	}
}

/* Wakes the tool workers, and the coordinator to start one. */
static void
publish_tools(void)
{
	WakeDatabase *database = pending_tools ? my_database() : NULL;

	if (database == NULL)
		return;
	pg_atomic_fetch_add_u32(&database->tools_count, 1);
	engine_tool_crew_wake();
	if (database->coordinator_latch != NULL)
		SetLatch(database->coordinator_latch);
}

static void
wake_cb(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT)
	{
		publish_pending();
		publish_mail();
		publish_tools();
	}
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
	{
		memset(pending_due, 0, sizeof(pending_due));
		pending_mail_count = 0;
		pending_tools = false;
	}
}

static void
register_callback(void)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(wake_cb, NULL);
	registered = true;
}

void
engine_wake_tools_at_commit(void)
{
	register_callback();
	pending_tools = true;
}

void
engine_wake_owner_at_commit(int slot, int64 generation, const pg_uuid_t *thread_id)
{
	if (slot < 0 || slot >= ENGINE_MAX_SLOTS || pending_mail_count >= lengthof(pending_mail))
		return;
	register_callback();
	pending_mail[pending_mail_count].slot = slot;
	pending_mail[pending_mail_count].generation = generation;
	pending_mail[pending_mail_count++].thread_id = *thread_id;
}

int
engine_wake_take_mail(int slot, pg_uuid_t threads[ENGINE_HEARD_AT_ONCE])
{
	WakeSlot   *mine = &shared->slots[slot];
	int			count;

	SpinLockAcquire(&shared->mutex);
	count = mine->heard_count;
	memcpy(threads, mine->heard, count * sizeof(pg_uuid_t));
	mine->heard_count = 0;
	SpinLockRelease(&shared->mutex);
	return count;
}

void
engine_wake_at_commit(int quota_class, TimestampTz due_at)
{
	register_callback();
	if (pending_due[quota_class] == 0 || due_at < pending_due[quota_class])
		pending_due[quota_class] = due_at;
}

static WakeDatabase *
enter_database(void)
{
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		uint32		nobody = InvalidOid;

		if (pg_atomic_compare_exchange_u32(&shared->databases[i].oid, &nobody, MyDatabaseId))
			return &shared->databases[i];
	}
	return NULL;
}

bool
engine_wake_serve_database(void)
{
	WakeDatabase *database = my_database();
	uint32		nobody = 0;

	if (database == NULL)
		database = enter_database();
	if (database == NULL)
		return false;
	return pg_atomic_read_u32(&database->coordinator) == MyProcPid ||
		pg_atomic_compare_exchange_u32(&database->coordinator, &nobody, MyProcPid);
}

/* Workers that have not ended yet find no database and claim nothing. */
void
engine_wake_leave_database(void)
{
	WakeDatabase *database = my_database();

	if (database == NULL || pg_atomic_read_u32(&database->coordinator) != MyProcPid)
		return;
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		pg_atomic_write_u64(&database->next_due[c], NEVER);
	pg_atomic_write_u32(&database->gate, ENGINE_GATE_UNKNOWN);
	database->coordinator_latch = NULL;
	pg_atomic_write_u32(&database->coordinator, 0);
	pg_atomic_write_u32(&database->oid, InvalidOid);
}

void
engine_wake_vacate(Oid oid)
{
	if (shared == NULL)
		return;
	pg_atomic_write_u32(&shared->vacated, oid);
	pg_atomic_write_u64(&shared->vacated_at, (uint64) GetCurrentTimestamp());
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		WakeDatabase *database = &shared->databases[i];
		pid_t		coordinator = (pid_t) pg_atomic_read_u32(&database->coordinator);

		if (pg_atomic_read_u32(&database->oid) == oid && coordinator != 0)
			kill(coordinator, SIGTERM);
	}
}

bool
engine_wake_is_vacated(Oid oid)
{
	return pg_atomic_read_u32(&shared->vacated) == oid &&
		!TimestampDifferenceExceeds((TimestampTz) pg_atomic_read_u64(&shared->vacated_at),
									GetCurrentTimestamp(), VACATED_MS);
}

int
engine_wake_reserve_slot(uint64 *generation)
{
	int			found = -1;

	SpinLockAcquire(&shared->mutex);
	for (int i = 0; i < ENGINE_MAX_SLOTS && found < 0; i++)
	{
		WakeSlot   *slot = &shared->slots[i];

		if (slot->generation != 0)
			continue;
		slot->generation = *generation = ++shared->last_generation;
		slot->database = MyDatabaseId;
		slot->latch = NULL;
		slot->full_classes = 0;
		slot->heard_count = 0;
		found = i;
	}
	SpinLockRelease(&shared->mutex);
	return found;
}

void
engine_wake_release_slot(int slot, uint64 generation)
{
	bool		is_ours;

	SpinLockAcquire(&shared->mutex);
	is_ours = shared->slots[slot].generation == generation;
	if (is_ours)
		shared->slots[slot].latch = NULL;
	SpinLockRelease(&shared->mutex);
	if (!is_ours)
		return;
	/* before the slot can belong to somebody else */
	http_limit_release_owner(slot);
	engine_budget_release_owner(slot);
	SpinLockAcquire(&shared->mutex);
	shared->slots[slot].generation = 0;
	SpinLockRelease(&shared->mutex);
}

int
engine_wake_taken_slots(int slots[ENGINE_MAX_SLOTS], int64 generations[ENGINE_MAX_SLOTS])
{
	int			count = 0;

	SpinLockAcquire(&shared->mutex);
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
	{
		if (shared->slots[i].generation == 0)
			continue;
		slots[count] = i;
		generations[count++] = (int64) shared->slots[i].generation;
	}
	SpinLockRelease(&shared->mutex);
	return count;
}

void
engine_wake_attach_worker(int slot)
{
	SpinLockAcquire(&shared->mutex);
	shared->slots[slot].latch = &MyProc->procLatch;
	SpinLockRelease(&shared->mutex);
}

pg_atomic_uint32 *
engine_wake_gate_word(void)
{
	WakeDatabase *database = my_database();

	return database ? &database->gate : NULL;
}

TimestampTz
engine_wake_next_due(int quota_class)
{
	WakeDatabase *database = my_database();

	return database
		? (TimestampTz) pg_atomic_read_u64(&database->next_due[quota_class]) : PG_INT64_MAX;
}

void
engine_wake_take_due(int quota_class)
{
	WakeDatabase *database = my_database();

	if (database)
		(void) pg_atomic_exchange_u64(&database->next_due[quota_class], NEVER);
}

void
engine_wake_lower_due(int quota_class, TimestampTz due_at)
{
	WakeDatabase *database = my_database();

	if (database)
		(void) lower(database, quota_class, due_at);
}

void
engine_wake_lower_all(TimestampTz due_at)
{
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		engine_wake_lower_due(c, due_at);
}

/* ---- tools ---- */

uint32
engine_wake_tools_count(void)
{
	WakeDatabase *database = my_database();

	return database ? pg_atomic_read_u32(&database->tools_count) : 0;
}

void
engine_wake_attach_coordinator(void)
{
	WakeDatabase *database = my_database();

	if (database)
		database->coordinator_latch = &MyProc->procLatch;
}
