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
 * An account may also have more waiting than a worker claims at once, and all of it
 * older than what the others bring.  Who had much of a claim that left something
 * over comes behind the others in the next.  Many turns that compute a little are as
 * long as one that computes much: an account whose turns of a tick have computed long
 * together has the rest of them in the next.
 *
 * Runs in engine workers.  The counts are this process' own: each worker keeps its
 * part free, so all of them do.
 */
#include "postgres.h"

#include "utils/hsearch.h"

#include "base/base_cache.h"
#include "base/base_clock.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_roster.h"
#include "engine/engine_share.h"
#include "engine/engine_stint.h"
#include "engine/engine_turn.h"

/* Who may have fewer than this part of what is free more is passed over, so that
 * an account at its share is claimed by the batch as others are. */
#define SMALLEST_PART 32

/* Who had more than this part of a full claim comes behind; fewer than that many. */
#define MUCH_OF_CLAIM 32

/* What all turns of an account may compute in a tick; a full claim of plain ones
 * takes less. */
#define TICK_US 500000

/* Entry of by_account. */
typedef struct HeldTurns
{
	int			account_id;
	int			count;
	int			class_counts[ENGINE_QUOTA_CLASSES];
	uint64		tick;			/* of spent_us */
	int64		spent_us;
} HeldTurns;

/* Who comes behind in the next claim of a class. */
typedef struct Behind
{
	int			count;
	int			accounts[MUCH_OF_CLAIM];
} Behind;

static HeldTurns everybody;	/* all accounts together */
static Behind behind[ENGINE_QUOTA_CLASSES];
static HTAB *by_account = NULL;
static bool is_shared = false; /* the house, when somebody last asked */
static uint64 tick = 0;

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

void
engine_share_begin_tick(void)
{
	tick++;
}

void
engine_share_spend(int account_id, int64 computed_us)
{
	HeldTurns *held = hash_search(by_account, &account_id, HASH_FIND, NULL);

	if (held->tick != tick)
		held->spent_us = 0;
	held->tick = tick;
	held->spent_us += computed_us;
	if (held->spent_us > TICK_US)
		is_shared = house_is_shared();
}

/* Whether the account's turns have computed enough in this tick. */
static bool
has_spent(int account_id)
{
	HeldTurns *held = hash_search(by_account, &account_id, HASH_FIND, NULL);

	return held != NULL && held->tick == tick && held->spent_us > TICK_US;
}

int64
engine_share_rests_until(int account_id)
{
	int64		until = is_shared ? engine_stint_rests_until(account_id) : 0;

	return until == 0 && is_shared && has_spent(account_id) ? base_clock_ticks() : until;
}

/* Nobody is looked at one by one while one account could hold all that is held. */
static void
keep_parts(int quota_class, EngineShare *claim)
{
	int			least = Max(1, claim->class_free / SMALLEST_PART);
	int			resting[ENGINE_STINT_RESTING];
	int			rest_count = engine_stint_list_resting(resting);
	HASH_SEQ_STATUS all;
	HeldTurns *held;

	if (rest_count == 0 && part_of(&everybody, quota_class, claim) >= claim->room)
		return;
	is_shared = house_is_shared();
	if (!is_shared)
		return;
	claim->room = Min(claim->room, half_of(claim->class_free, 0));
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

void
engine_share_apply(int quota_class, EngineShare *claim)
{
	const Behind *last = &behind[quota_class];

	claim->passed_over = palloc(sizeof(int) * (ENGINE_STINT_RESTING + MUCH_OF_CLAIM +
											   hash_get_num_entries(by_account)));
	claim->passed_count = 0;
	keep_parts(quota_class, claim);
	claim->behind_count = last->count;
	memcpy(claim->passed_over + claim->passed_count, last->accounts, sizeof(int) * last->count);
	claim->passed_count += last->count;
}

static int
compare_accounts(const void *a, const void *b)
{
	int			x = *(const int *) a;
	int			y = *(const int *) b;

	return (x > y) - (x < y);
}

void
engine_share_note(int quota_class, List *claimed, bool is_full)
{
	Behind	   *next = &behind[quota_class];
	int			total = list_length(claimed);
	int		   *accounts;
	int			first = 0;

	next->count = 0;
	if (!is_full || !house_is_shared())
		return;
	accounts = palloc(sizeof(int) * (total + 1));
	for (int i = 0; i < total; i++)
		accounts[i] = ((EngineTurn *) list_nth(claimed, i))->account_id;
	qsort(accounts, total, sizeof(int), compare_accounts);
	for (int i = 1; i <= total; i++)
	{
		if (i < total && accounts[i] == accounts[first])
			continue;
		if ((i - first) * MUCH_OF_CLAIM > total)
			next->accounts[next->count++] = accounts[first];
		first = i;
	}
}
