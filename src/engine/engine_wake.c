/*
 * engine_wake.c
 *	  Wake-ups without NOTIFY.
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
 * is put on a short list of its slot, under the slot's spinlock.  Whom to wake
 * stands in the roster (engine_roster.h).
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/spin.h"

#include "engine/engine_gate_word.h"
#include "engine/engine_roster.h"
#include "engine/engine_tool_crew.h"
#include "engine/engine_wake.h"

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

/* Of one database, or of all with InvalidOid. */
static void
wake_workers(Oid database)
{
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
	{
		EngineRosterSlot *slot = engine_roster_slot(i);
		Latch	   *latch = slot->latch;

		if (slot->generation != 0 && latch != NULL &&
			(!OidIsValid(database) || slot->database == database))
			SetLatch(latch);
	}
}

void
engine_wake_tell_full(uint32 full_classes)
{
	engine_roster_slot(engine_roster_own_slot())->full_classes = full_classes;
}

void
engine_wake_other_workers(int quota_class)
{
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
	{
		EngineRosterSlot *other = engine_roster_slot(i);
		Latch	   *latch = other->latch;

		if (i != engine_roster_own_slot() && other->generation != 0 && latch != NULL &&
			other->database == MyDatabaseId && (other->full_classes & (1u << quota_class)) == 0)
			SetLatch(latch);
	}
}

void
engine_wake_all_workers(void)
{
	if (engine_roster_is_open())
		wake_workers(InvalidOid);
}

/* Returns whether the due time became earlier. */
static bool
lower(EngineRosterDatabase *database, int quota_class, TimestampTz due_at)
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
	EngineRosterDatabase *database = engine_roster_database();
	bool		wake = false;

	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		if (pending_due[c] != 0 && database != NULL)
		{
			wake |= lower(database, c, pending_due[c]);
			wake |= engine_gate_word_note_mail();
		}
	if (wake)
		wake_workers(MyDatabaseId);
}

/* Tells the owners of threads about the mail of this transaction. */
static void
publish_mail(void)
{
	for (int i = 0; i < pending_mail_count && engine_roster_is_open(); i++)
	{
		EngineRosterSlot *slot = engine_roster_slot(pending_mail[i].slot);
		Latch	   *latch = NULL;

		SpinLockAcquire(&slot->mutex);
		if (slot->generation == (uint64) pending_mail[i].generation &&
			slot->heard_count < ENGINE_HEARD_AT_ONCE)
		{
			slot->heard[slot->heard_count++] = pending_mail[i].thread_id;
			latch = slot->latch;
		}
		SpinLockRelease(&slot->mutex);
		if (latch != NULL)
			SetLatch(latch);
	}
}

/* Wakes the tool workers, and the coordinator to start one. */
static void
publish_tools(void)
{
	EngineRosterDatabase *database = pending_tools ? engine_roster_database() : NULL;

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
engine_wake_take_mail(pg_uuid_t threads[ENGINE_HEARD_AT_ONCE])
{
	EngineRosterSlot *mine = engine_roster_slot(engine_roster_own_slot());
	int			count;

	SpinLockAcquire(&mine->mutex);
	count = mine->heard_count;
	memcpy(threads, mine->heard, count * sizeof(pg_uuid_t));
	mine->heard_count = 0;
	SpinLockRelease(&mine->mutex);
	return count;
}

void
engine_wake_at_commit(int quota_class, TimestampTz due_at)
{
	register_callback();
	if (pending_due[quota_class] == 0 || due_at < pending_due[quota_class])
		pending_due[quota_class] = due_at;
}

TimestampTz
engine_wake_next_due(int quota_class)
{
	EngineRosterDatabase *database = engine_roster_database();

	return database
		? (TimestampTz) pg_atomic_read_u64(&database->next_due[quota_class]) : PG_INT64_MAX;
}

void
engine_wake_take_due(int quota_class)
{
	EngineRosterDatabase *database = engine_roster_database();

	if (database)
		(void) pg_atomic_exchange_u64(&database->next_due[quota_class], ENGINE_NEVER_DUE);
}

void
engine_wake_lower_due(int quota_class, TimestampTz due_at)
{
	EngineRosterDatabase *database = engine_roster_database();

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
	EngineRosterDatabase *database = engine_roster_database();

	return database ? pg_atomic_read_u32(&database->tools_count) : 0;
}
