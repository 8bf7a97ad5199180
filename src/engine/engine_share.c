/*
 * engine_share.c
 *	  How much of a worker one account may have.
 *
 * A worker holds a turn from its claim to its rest, whoever it waits for, so an
 * account whose far sides take requests and do not answer would fill it.  Where
 * there are several accounts, none is given more turns than it leaves room for
 * others': one alone fills half of a worker, n of them leave the n+1st part in the
 * long run, and each no less than half of what the ones before it had left.  The
 * classes are counted apart, too.  Nothing is taken back: a share that has shrunk
 * holds for the next claim.  Who has computed long (engine_stint.c) is given none
 * for a while.
 *
 * Runs in engine workers.  The counts are this process' own: each worker keeps its
 * part free, so all of them do.
 */
#include "postgres.h"

#include "utils/hsearch.h"

#include "base/base_cache.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_roster.h"
#include "engine/engine_share.h"
#include "engine/engine_stint.h"

/* Who may have fewer than this part of what is free more is passed over, so that
 * an account at its share is claimed by the batch as others are. */
#define SMALLEST_PART 32

/* Entry of by_account. */
typedef struct HeldTurns
{
	int			account_id;
	int			count;
	int			class_counts[ENGINE_QUOTA_CLASSES];
} HeldTurns;

static HeldTurns everybody;	/* all accounts together */
static HTAB *by_account = NULL;
static bool is_shared = false; /* the house, when a claim last asked */

void
engine_share_open(void)
{
	HASHCTL		held = {.keysize = sizeof(int), .entrysize = sizeof(HeldTurns)};

	by_account = hash_create("frontdesk shares", 64, &held, HASH_ELEM | HASH_BLOBS);
}

static void
count(HeldTurns *held, int quota_class, int by)
{
	held->count += by;
	held->class_counts[quota_class] += by;
}

void
engine_share_add(int account_id, int quota_class)
{
	bool		found;
	HeldTurns *held = hash_search(by_account, &account_id, HASH_ENTER, &found);

	if (!found)
		memset(&held->count, 0, sizeof(HeldTurns) - offsetof(HeldTurns, count));
	count(held, quota_class, 1);
	count(&everybody, quota_class, 1);
}

void
engine_share_remove(int account_id, int quota_class)
{
	HeldTurns *held = hash_search(by_account, &account_id, HASH_FIND, NULL);

	count(held, quota_class, -1);
	count(&everybody, quota_class, -1);
	if (held->count == 0)
		hash_search(by_account, &account_id, HASH_REMOVE, NULL);
}

/* ---- shares ---- */

static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.accounts WHERE id <> 0 LIMIT 2", {InvalidOid}
	};

	*(bool *) value = base_spi_read(&statement, NULL, NULL) > 1;
	return BASE_CACHE_LASTING;
}

/* Whether there is anybody to leave something to. */
static bool
house_is_shared(void)
{
	static BaseCache houses = {.name = "houses", .value_bytes = sizeof(bool), .fill = fill};

	return *(const bool *) base_cache_get(&houses, &(BaseCacheKey) {
		.account_id = 0
	}, CurrentMemoryContext);
}

/* How many more leave as much free as are held then; the first is always given. */
static int
half_of(int free, int held)
{
	return held == 0 ? Max(1, free / 2) : (free - held) / 2;
}

static int
part_of(const HeldTurns *held, int quota_class, const EngineShare *claim)
{
	return Min(half_of(claim->free, held->count),
			   half_of(claim->class_free, held->class_counts[quota_class]));
}

int64
engine_share_rests_until(int account_id)
{
	return is_shared ? engine_stint_rests_until(account_id) : 0;
}

/* Nobody is looked at one by one while one account could hold all that is held. */
void
engine_share_apply(int quota_class, EngineShare *claim)
{
	int			least = Max(1, claim->class_free / SMALLEST_PART);
	int			resting[ENGINE_STINT_RESTING];
	int			rest_count = engine_stint_list_resting(resting);
	HASH_SEQ_STATUS all;
	HeldTurns *held;

	claim->passed_count = 0;
	if (rest_count == 0 && part_of(&everybody, quota_class, claim) >= claim->room)
		return;
	is_shared = house_is_shared();
	if (!is_shared)
		return;
	claim->room = Min(claim->room, half_of(claim->class_free, 0));
	claim->passed_over = palloc(sizeof(int) * (ENGINE_STINT_RESTING + hash_get_num_entries(by_account)));
	memcpy(claim->passed_over, resting, sizeof(int) * rest_count);
	claim->passed_count = rest_count;
	hash_seq_init(&all, by_account);
	while ((held = hash_seq_search(&all)) != NULL)
	{
		int			part = part_of(held, quota_class, claim);

		if (part < least)
			claim->passed_over[claim->passed_count++] = held->account_id;
		else
			claim->room = Min(claim->room, part);
	}
}
