/*
 * llm_model_shared.c
 *	  Trained classifiers mapped by every session.
 *
 * Runs in any backend.  A fixed table in shared memory tells which dynamic
 * segment holds the model of which row version.  Whoever first needs a model
 * fills a segment and enters it here; it is pinned, so it outlives its maker,
 * and is unpinned when a newer version of the same classifier, or want of a
 * slot, drives it out.  Sessions that still map it keep it until they let go.
 *
 * Nothing here has to be told of commits, rollbacks or DROP EXTENSION: a
 * reader asks with the row version its own snapshot shows, and gets that one
 * or nothing.  Only committed versions are entered (the caller sees to that).
 */
#include "postgres.h"

#include "storage/lwlock.h"

#include "llm/llm_model_shared.h"

#define SLOTS 64

typedef struct SharedSlot
{
	bool		taken;
	LlmRowVersion version;
	dsm_handle	handle;
	uint64		used;			/* turn of the clock at the last mapping */
} SharedSlot;

typedef struct ShareTable
{
	int			tranche;
	LWLock		lock;			/* guards all below */
	uint64		clock;
	SharedSlot	slots[SLOTS];
} ShareTable;

/* Set by the postmaster, inherited; NULL when the library was not preloaded. */
static ShareTable *table = NULL;

Size
llm_model_shared_size(void)
{
	return sizeof(ShareTable);
}

void
llm_model_shared_init(void *area, bool found)
{
	table = area;
	if (!found)
	{
		memset(table, 0, sizeof(ShareTable));
		table->tranche = LWLockNewTrancheId();
		LWLockInitialize(&table->lock, table->tranche);
	}
	LWLockRegisterTranche(table->tranche, "pg_frontdesk_classifiers");
}

bool
llm_model_shared_is_ready(void)
{
	return table != NULL;
}

static bool
is_same(const LlmRowVersion *a, const LlmRowVersion *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static SharedSlot *
find(const LlmRowVersion *version)
{
	for (int i = 0; i < SLOTS; i++)
		if (table->slots[i].taken &&
			is_same(&table->slots[i].version, version))
			return &table->slots[i];
	return NULL;
}

static dsm_segment *
attach(SharedSlot *slot)
{
	dsm_segment *segment = dsm_attach(slot->handle);

	if (segment == NULL)
		return NULL;
	dsm_pin_mapping(segment);
	slot->used = ++table->clock;
	return segment;
}

dsm_segment *
llm_model_shared_attach(const LlmRowVersion *version)
{
	SharedSlot *slot;
	dsm_segment *segment = NULL;

	LWLockAcquire(&table->lock, LW_EXCLUSIVE);
	slot = find(version);
	if (slot)
		segment = attach(slot);
	LWLockRelease(&table->lock);
	return segment;
}

/*
 * The slot for a new version: that of an older version of the same
 * classifier, a free one, or the one least recently mapped.  NULL when a newer
 * version is there already, which the caller's snapshot does not show yet.
 */
static SharedSlot *
choose_slot(const LlmRowVersion *version)
{
	SharedSlot *best = NULL;

	for (int i = 0; i < SLOTS; i++)
	{
		SharedSlot *slot = &table->slots[i];
		const LlmRowVersion *old = &slot->version;

		if (slot->taken && old->database == version->database &&
			old->account_id == version->account_id &&
			strcmp(old->name, version->name) == 0)
			return old->relation == version->relation &&
				old->trained_at > version->trained_at ? NULL : slot;
		if (best == NULL || (best->taken && !slot->taken) ||
			(best->taken == slot->taken && slot->used < best->used))
			best = slot;
	}
	return best;
}

static void
enter(const LlmRowVersion *version, dsm_segment *segment)
{
	SharedSlot *slot = choose_slot(version);

	if (slot == NULL)
		return;
	dsm_pin_segment(segment);
	if (slot->taken)
		dsm_unpin_segment(slot->handle);
	slot->taken = true;
	slot->version = *version;
	slot->handle = dsm_segment_handle(segment);
	slot->used = ++table->clock;
}

/* Publishes a segment, unless another session was faster: then theirs is used,
 * and this one goes away. */
dsm_segment *
llm_model_shared_publish(const LlmRowVersion *version, dsm_segment *segment)
{
	SharedSlot *slot;
	dsm_segment *theirs = NULL;

	LWLockAcquire(&table->lock, LW_EXCLUSIVE);
	slot = find(version);
	if (slot)
		theirs = attach(slot);
	else
		enter(version, segment);
	LWLockRelease(&table->lock);
	if (theirs)
	{
		dsm_detach(segment);
		return theirs;
	}
	dsm_pin_mapping(segment);
	return segment;
}
