/*
 * engine_budget.c
 *	  What an account may spend on calls: reserved before, booked after.
 *
 * What was spent today and this month, and what is set aside for calls in
 * flight, stands in shared memory, one place per account with a budget, under
 * a spinlock of its own; so many conversations at once cannot spend the same
 * money twice, and no row is written for it.  The durable base are the costs
 * in frontdesk.checkpoints: the first call of an account after a start of the
 * server counts them.  Reservations are counted by worker slot and die with
 * their worker.
 *
 * Runs in engine workers, inside ticks but for booking; sessions look.  Days
 * and months are those of UTC.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/spin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_cache.h"
#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "engine/engine_budget.h"
#include "engine/engine_internal.h"
#include "engine/engine_roster.h"

SQL_FUNCTION(budget_in_use);

#define PURSES 1024

typedef struct Purse
{
	pg_atomic_uint64 key;		/* database and account; 0 free */
	slock_t		mutex;
	bool		is_counted;		/* checkpoints from before this start are in it */
	int			day;			/* since 2000 */
	int			month;			/* since year 0 */
	double		spent_today;
	double		spent_this_month;
	double		reserved;
	double		reserved_by[ENGINE_MAX_SLOTS];
} Purse;

typedef struct BudgetShared
{
	slock_t		mutex;			/* for making purses */
	Purse		purses[PURSES];
} BudgetShared;

/* A row of frontdesk.budgets as this process knows it. */
typedef struct Budget
{
	bool		exists;
	double		per_day;		/* negative: no limit */
	double		per_month;
	double		per_conversation;
	EngineBudgetAction at_limit;
} Budget;

static BudgetShared *shared = NULL;

static BaseStatement read_budget = {
	"SELECT per_day::float8, per_month::float8, per_conversation::float8, at_limit"
	" FROM frontdesk.budgets WHERE account_id IN ($1, 0) ORDER BY account_id DESC LIMIT 1",
	{INT4OID}
};

static BaseStatement count_spent = {
	"SELECT coalesce(sum(cost) FILTER (WHERE created_at >= $2), 0)::float8, coalesce(sum(cost), 0)::float8"
	" FROM frontdesk.checkpoints WHERE account_id = $1 AND created_at >= $3",
	{INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID}
};

static BaseStatement count_conversation = {
	"SELECT coalesce(sum(cost), 0)::float8 FROM frontdesk.checkpoints"
	" WHERE account_id = $1 AND thread_id = $2",
	{INT4OID, UUIDOID}
};

Size
engine_budget_shmem_size(void)
{
	return sizeof(BudgetShared);
}

void
engine_budget_shmem_init(void *area, bool found)
{
	shared = area;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	SpinLockInit(&shared->mutex);
	for (int i = 0; i < PURSES; i++)
	{
		pg_atomic_init_u64(&shared->purses[i].key, 0);
		SpinLockInit(&shared->purses[i].mutex);
	}
}

/* ---- budgets as configured ---- */

static double
amount_column(int column)
{
	bool		isnull;
	Datum		value = base_spi_value(0, column, &isnull);

	return isnull ? -1 : DatumGetFloat8(value);
}

static EngineBudgetAction
action_of(const char *word)
{
	if (strcmp(word, "human") == 0)
		return ENGINE_BUDGET_HUMAN;
	return strcmp(word, "wait") == 0 ? ENGINE_BUDGET_WAIT : ENGINE_BUDGET_LOCAL;
}

static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	Datum		values[] = {Int32GetDatum(key->account_id)};
	Budget	   *budget = value;

	budget->exists = base_spi_read(&read_budget, values, NULL) > 0;
	if (!budget->exists)
		return BASE_CACHE_LASTING;
	budget->per_day = amount_column(1);
	budget->per_month = amount_column(2);
	budget->per_conversation = amount_column(3);
	budget->at_limit = action_of(base_spi_text(0, 4));
	return BASE_CACHE_LASTING;
}

/* The account's budget, else the house's for every account; NULL none. */
static const Budget *
find_budget(int account_id)
{
	static BaseCache budgets = {
		.name = "budgets", .value_bytes = sizeof(Budget), .fill = fill
	};
	const Budget *budget = base_cache_get(&budgets, &(BaseCacheKey) {
		.account_id = account_id
	}, CurrentMemoryContext);

	return budget->exists ? budget : NULL;
}

/* ---- purses ---- */

/* Finds the purse of an account, or makes one; NULL when there is none, or no room.
 * Purses are never taken away, so that they are found without a lock. */
static Purse *
find_purse(int account_id, bool make)
{
	uint64		key = (uint64) MyDatabaseId << 32 | (uint32) account_id;
	Purse	   *found = NULL;

	if (make)
		SpinLockAcquire(&shared->mutex);
	for (int i = 0; i < PURSES && found == NULL; i++)
	{
		Purse	   *purse = &shared->purses[(MyDatabaseId + (uint32) account_id + i) % PURSES];
		uint64		seen = pg_atomic_read_u64(&purse->key);

		if (seen != 0 && seen != key)
			continue;
		if (seen == 0 && make)
			pg_atomic_write_u64(&purse->key, key);
		if (seen == 0 && !make)
			break;
		found = purse;
	}
	if (make)
		SpinLockRelease(&shared->mutex);
	return found;
}

static Purse *
purse_of(int account_id)
{
	Purse	   *purse = find_purse(account_id, false);

	return purse ? purse : find_purse(account_id, true);
}

static int
today(int *month, TimestampTz *day_begins, TimestampTz *month_begins)
{
	TimestampTz now = base_clock_now();
	int			day = (int) (now / USECS_PER_DAY) - (now % USECS_PER_DAY < 0 ? 1 : 0);
	int			year,
				month_of_year,
				day_of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month_of_year, &day_of_month);
	*month = year * 12 + month_of_year;
	*day_begins = day * USECS_PER_DAY;
	*month_begins = (day - day_of_month + 1) * USECS_PER_DAY;
	return day;
}

/* Begins a new day or month; the purse's lock is held. */
static void
turn_page(Purse *purse, int day, int month)
{
	if (purse->day != day)
		purse->spent_today = 0;
	if (purse->month != month)
		purse->spent_this_month = 0;
	purse->day = day;
	purse->month = month;
}

/* What was spent before this start of the server. */
static void
count_purse(int account_id, Purse *purse)
{
	TimestampTz day_begins;
	TimestampTz month_begins;
	int			month;
	int			day = today(&month, &day_begins, &month_begins);
	Datum		values[] = {Int32GetDatum(account_id), TimestampTzGetDatum(day_begins),
	TimestampTzGetDatum(month_begins)};
	double		spent_today;
	double		spent_this_month;

	base_spi_read(&count_spent, values, NULL);
	spent_today = amount_column(1);
	spent_this_month = amount_column(2);
	SpinLockAcquire(&purse->mutex);
	if (!purse->is_counted)
	{
		turn_page(purse, day, month);
		purse->spent_today += spent_today;
		purse->spent_this_month += spent_this_month;
		purse->is_counted = true;
	}
	SpinLockRelease(&purse->mutex);
}

static Purse *
counted_purse(int account_id)
{
	Purse	   *purse = purse_of(account_id);

	if (purse != NULL && !purse->is_counted)
		count_purse(account_id, purse);
	return purse;
}

static EngineBudgetKind
check_purse(const Budget *budget, const Purse *purse, double amount)
{
	if (budget->per_day >= 0 && purse->spent_today + purse->reserved + amount > budget->per_day)
		return ENGINE_BUDGET_DAY;
	if (budget->per_month >= 0 &&
		purse->spent_this_month + purse->reserved + amount > budget->per_month)
		return ENGINE_BUDGET_MONTH;
	return ENGINE_BUDGET_LEFT;
}

/* Only one worker has a thread, so nobody else spends its money meanwhile. */
static bool
conversation_has(EngineTurn *turn, const Budget *budget, double amount)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	EngineProgress *now = &turn->inner->now;
	double		spent;
	ListCell   *cell;

	if (budget->per_conversation < 0)
		return true;
	base_spi_read(&count_conversation, values, NULL);
	spent = amount_column(1) + (now->step ? now->step->cost : 0);
	foreach(cell, now->checkpoints)
		spent += ((EngineCheckpoint *) lfirst(cell))->cost;
	return spent + amount <= budget->per_conversation;
}

/* Sets aside if there is enough; the amount is 0 to only look. */
static EngineBudgetKind
take(const Budget *budget, int account_id, double amount, bool only_look)
{
	Purse	   *purse = counted_purse(account_id);
	TimestampTz day_begins;
	TimestampTz month_begins;
	int			month;
	int			day = today(&month, &day_begins, &month_begins);
	EngineBudgetKind kind;

	if (purse == NULL)
		return ENGINE_BUDGET_DAY;	/* nowhere to count: nothing is spent */
	SpinLockAcquire(&purse->mutex);
	turn_page(purse, day, month);
	kind = check_purse(budget, purse, amount);
	if (kind == ENGINE_BUDGET_LEFT && !only_look)
	{
		purse->reserved += amount;
		purse->reserved_by[engine_roster_own_slot()] += amount;
	}
	SpinLockRelease(&purse->mutex);
	return kind;
}

/* ---- for turns ---- */

EngineBudgetKind
engine_turn_look_at_budget(EngineTurn *turn, double amount, EngineBudgetAction *action)
{
	const Budget *budget = amount > 0 ? find_budget(turn->account_id) : NULL;
	EngineBudgetKind kind;

	if (budget == NULL)
		return ENGINE_BUDGET_LEFT;
	*action = budget->at_limit;
	kind = take(budget, turn->account_id, amount, true);
	if (kind == ENGINE_BUDGET_LEFT && !conversation_has(turn, budget, amount))
		kind = ENGINE_BUDGET_CONVERSATION;
	return kind;
}

bool
engine_budget_reserve(EngineTurn *turn, double amount, EngineReservation *reservation)
{
	const Budget *budget = amount > 0 ? find_budget(turn->account_id) : NULL;

	memset(reservation, 0, sizeof(*reservation));
	if (budget == NULL || engine_roster_own_slot() < 0)
		return true;
	if (take(budget, turn->account_id, amount, false) != ENGINE_BUDGET_LEFT)
		return false;
	reservation->held = true;
	reservation->account_id = turn->account_id;
	reservation->amount = amount;
	return true;
}

void
engine_budget_book(EngineReservation *reservation, double cost)
{
	TimestampTz day_begins;
	TimestampTz month_begins;
	int			month;
	int			day = today(&month, &day_begins, &month_begins);
	Purse	   *purse;

	if (!reservation->held)
		return;
	reservation->held = false;
	purse = find_purse(reservation->account_id, false);
	if (purse == NULL)
		return;
	SpinLockAcquire(&purse->mutex);
	turn_page(purse, day, month);
	purse->reserved = Max(0, purse->reserved - reservation->amount);
	purse->reserved_by[engine_roster_own_slot()] = Max(
		0, purse->reserved_by[engine_roster_own_slot()] - reservation->amount);
	purse->spent_today += cost;
	purse->spent_this_month += cost;
	SpinLockRelease(&purse->mutex);
}

void
engine_budget_release_owner(int slot)
{
	for (int i = 0; i < PURSES; i++)
	{
		Purse	   *purse = &shared->purses[i];

		if (pg_atomic_read_u64(&purse->key) == 0)
			continue;
		SpinLockAcquire(&purse->mutex);
		purse->reserved = Max(0, purse->reserved - purse->reserved_by[slot]);
		purse->reserved_by[slot] = 0;
		SpinLockRelease(&purse->mutex);
	}
}

/* ---- for people ---- */

/* Whether the caller may see an account. */
static bool
may_see(int account_id)
{
	static BaseStatement statement = {
		"SELECT $1 = ANY (frontdesk.visible_accounts())", {INT4OID}
	};
	Datum		values[] = {Int32GetDatum(account_id)};
	bool		visible;

	SPI_connect();
	visible = base_spi_read(&statement, values, NULL) > 0 && base_spi_bool(0, 1, false);
	SPI_finish();
	return visible;
}

/*
 * (spent today, spent this month, reserved) of an account; all null when
 * nothing was asked for since the server started, or it is not the caller's.
 */
PGDLLEXPORT Datum
frontdesk_budget_in_use(PG_FUNCTION_ARGS)
{
	TupleDesc	descriptor;
	Datum		values[3] = {0};
	bool		nulls[3] = {true, true, true};
	TimestampTz day_begins;
	TimestampTz month_begins;
	int			month;
	int			day = today(&month, &day_begins, &month_begins);
	Purse		seen = {.is_counted = false};
	Purse	   *purse;

	base_shmem_require();
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "budget_in_use() must return a row");
	purse = may_see(PG_GETARG_INT32(0)) ? find_purse(PG_GETARG_INT32(0), false) : NULL;
	if (purse != NULL)
	{
		SpinLockAcquire(&purse->mutex);
		turn_page(purse, day, month);
		memcpy(&seen, purse, sizeof(Purse));
		SpinLockRelease(&purse->mutex);
	}
	if (seen.is_counted)
	{
		memset(nulls, false, sizeof(nulls));
		values[0] = Float8GetDatum(seen.spent_today);
		values[1] = Float8GetDatum(seen.spent_this_month);
		values[2] = Float8GetDatum(seen.reserved);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
