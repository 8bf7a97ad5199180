/*
 * http_limit.c
 *	  How much may be asked of whom: permits for requests, in shared memory.
 *
 * Used by engine workers inside and outside of transactions, and by sessions
 * that look.  The table of gates has a fixed size; a gate is found by the hash
 * of its name through open addressing without a lock, made under the table's
 * spinlock, and everything in it is read and written under its own.  Nothing
 * in here raises, waits or allocates.
 *
 * A gate says no when too many requests are in flight, when those of the last
 * minute, or their tokens, are as many as is configured or as the far side has
 * told, when it was asked to wait, and when its breaker is open.  A breaker
 * opens after failures in a row, or when half of the last ones failed; after a
 * pause that doubles each time exactly one request tries the far side, and its
 * result closes the breaker or opens it again.
 *
 * Permits are counted by the worker slot that took them, so that what a dead
 * worker held can be given back.  A worker that has waited finds its share
 * free: others leave it as long as it wants one.  Campaigns and bulk work
 * leave a quarter of everything to conversations.
 *
 * After an unclean end of the server nobody knows what is still in flight: for
 * its first minute a gate starts with few permits, one more for each success,
 * and with half of the minute's allowance used up.
 */
#include "postgres.h"

#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "port/pg_bitutils.h"
#include "storage/spin.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "http/http_limit.h"

#define GATES 1024
#define PROBED 32
#define WINDOW_PARTS 13			/* the last minute, and the part under way */
#define PART_US INT64CONST(5000000)
#define POLL_US INT64CONST(100000)
#define WANTED_US INT64CONST(1000000)
#define IDLE_US (INT64CONST(600) * 1000000)
#define LONGEST_OPEN_MS 300000
#define REFUSED_OPEN_MS 300000
#define LONGEST_REFUSED_MS 3600000
#define LONGEST_BLOCK_MS 86400000
#define OUTCOMES_KEPT 64
#define COLD_US (INT64CONST(60) * 1000000)
#define COLD_PERMITS 8
#define WARM_PERMITS 512

typedef enum Breaker
{
	BREAKER_CLOSED,
	BREAKER_OPEN,
	BREAKER_HALF_OPEN
} Breaker;

typedef struct WindowPart
{
	int64		number;			/* which five seconds */
	int			requests;
	int64		tokens;
} WindowPart;

/* What the far side told; counted down by ourselves until it tells again. */
typedef struct Learned
{
	int64		limit;			/* -1 never told */
	int64		remaining;
	int64		reset_at;		/* ticks; 0 not told */
} Learned;

typedef struct Gate
{
	pg_atomic_uint64 hash;		/* 0: free */
	pg_atomic_uint32 changes;
	slock_t		mutex;
	Oid			database;
	HttpLimit	limit;			/* as it was last asked with */
	int64		used_at;
	int			in_use;
	int			low_in_use;
	uint16		held[HTTP_LIMIT_OWNERS];
	uint16		low_held[HTTP_LIMIT_OWNERS];
	int64		wanted_at[HTTP_LIMIT_OWNERS];
	int64		wanting_until;
	int			ramp;			/* permits of a cold start; 0 warm */
	bool		is_cold;		/* the window has not been filled up */
	WindowPart	window[WINDOW_PARTS];
	int64		blocked_until;
	int			throttles;		/* in a row */
	Learned		requests;
	Learned		tokens;
	Breaker		breaker;
	int64		open_until;
	int			openings;		/* in a row */
	int			probe_owner;	/* -1: nobody */
	int			failures;		/* in a row */
	uint64		outcomes;		/* newest in bit 0; 1 failed */
	int			outcome_count;
	char		last_failure[128];
	int64		last_failure_at;
} Gate;

typedef struct LimitShared
{
	slock_t		mutex;			/* for making gates */
	int64		cold_until;		/* ticks; 0 after a clean start */
	Gate		gates[GATES];
} LimitShared;

static LimitShared *shared = NULL;
static int	my_slot = -1;

Size
http_limit_shmem_size(void)
{
	return sizeof(LimitShared);
}

/* Whether the server was shut down properly before this start. */
static bool
was_clean(void)
{
	bool		is_valid;
	ControlFileData *control = get_controlfile(DataDir, &is_valid);
	bool		clean = is_valid && (control->state == DB_SHUTDOWNED ||
									 control->state == DB_SHUTDOWNED_IN_RECOVERY);

	pfree(control);
	return clean;
}

void
http_limit_shmem_init(void *area, bool found)
{
	shared = area;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	SpinLockInit(&shared->mutex);
	shared->cold_until = was_clean() ? 0 : base_clock_ticks() + COLD_US;
	for (int i = 0; i < GATES; i++)
	{
		pg_atomic_init_u64(&shared->gates[i].hash, 0);
		pg_atomic_init_u32(&shared->gates[i].changes, 0);
		SpinLockInit(&shared->gates[i].mutex);
	}
}

void
http_limit_set_owner(int slot)
{
	my_slot = slot;
}

/* ---- finding gates ---- */

static uint64
hash_of(const HttpLimit *limit)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) limit->name, strlen(limit->name),
										   limit->fingerprint);

	hash = hash_combine64(hash, hash_bytes_uint32_extended((uint32) limit->account_id, 0));
	hash = hash_combine64(hash, hash_bytes_uint32_extended(MyDatabaseId, 0));
	return hash == 0 ? 1 : hash;
}

static Gate *
find_gate(uint64 hash)
{
	for (int i = 0; i < PROBED; i++)
	{
		Gate	   *gate = &shared->gates[(hash + i) % GATES];

		if (pg_atomic_read_u64(&gate->hash) == hash)
			return gate;
	}
	return NULL;
}

static void
open_gate(Gate *gate, const HttpLimit *limit, int64 now)
{
	Size		start = offsetof(Gate, database);

	memset((char *) gate + start, 0, sizeof(Gate) - start);
	gate->database = MyDatabaseId;
	gate->limit = *limit;
	gate->used_at = now;
	gate->probe_owner = -1;
	gate->requests.limit = gate->tokens.limit = -1;
	gate->is_cold = now < shared->cold_until;
	gate->ramp = gate->is_cold ? COLD_PERMITS : 0;
}

/* A gate nobody needs: nothing in flight, not used for long, and closed to
 * nobody. */
static bool
is_idle(const Gate *gate, int64 now)
{
	return gate->in_use == 0 && now - gate->used_at > IDLE_US &&
		gate->breaker == BREAKER_CLOSED && gate->blocked_until <= now;
}

/* The first free place where find_gate() looks, else one that has gone idle;
 * NULL when there is none. */
static Gate *
make_gate(const HttpLimit *limit, uint64 hash, int64 now)
{
	Gate	   *made = NULL;

	SpinLockAcquire(&shared->mutex);
	made = find_gate(hash);
	for (int pass = 0; pass < 2 && made == NULL; pass++)
	{
		for (int i = 0; i < PROBED && made == NULL; i++)
		{
			Gate	   *gate = &shared->gates[(hash + i) % GATES];
			bool		is_free = pg_atomic_read_u64(&gate->hash) == 0;

			if (pass == 0 ? !is_free : !is_idle(gate, now))
				continue;
			SpinLockAcquire(&gate->mutex);
			if (pass == 0 || is_idle(gate, now))
			{
				open_gate(gate, limit, now);
				pg_atomic_write_u64(&gate->hash, hash);
				made = gate;
			}
			SpinLockRelease(&gate->mutex);
		}
	}
	SpinLockRelease(&shared->mutex);
	return made;
}

/* The gate with its lock held; NULL when the table is full, or there is none. */
static Gate *
lock_gate(const HttpLimit *limit, int64 now)
{
	uint64		hash = hash_of(limit);
	Gate	   *gate;

	if (shared == NULL)
		return NULL;
	gate = find_gate(hash);
	if (gate == NULL)
		gate = make_gate(limit, hash, now);
	if (gate == NULL)
		return NULL;
	SpinLockAcquire(&gate->mutex);
	if (pg_atomic_read_u64(&gate->hash) != hash)
	{
		SpinLockRelease(&gate->mutex);
		return NULL;
	}
	return gate;
}

static Gate *
lock_gate_of(const HttpPermit *permit)
{
	Gate	   *gate = &shared->gates[permit->gate];

	SpinLockAcquire(&gate->mutex);
	if (pg_atomic_read_u64(&gate->hash) == permit->gate_hash)
		return gate;
	SpinLockRelease(&gate->mutex);
	return NULL;
}

static void
note_change(Gate *gate)
{
	pg_atomic_fetch_add_u32(&gate->changes, 1);
}

/* ---- the last minute ---- */

static WindowPart *
part_at(Gate *gate, int64 ticks)
{
	int64		number = ticks / PART_US;
	WindowPart *part = &gate->window[number % WINDOW_PARTS];

	if (part->number != number)
	{
		part->number = number;
		part->requests = 0;
		part->tokens = 0;
	}
	return part;
}

/* What was used in the last minute, and when the oldest of it falls away. */
static WindowPart
sum_window(const Gate *gate, int64 now, int64 *falls_away)
{
	int64		newest = now / PART_US;
	int64		oldest = newest;
	WindowPart	sum = {0};

	for (int i = 0; i < WINDOW_PARTS; i++)
	{
		const WindowPart *part = &gate->window[i];

		if (part->number <= newest - WINDOW_PARTS || (part->requests == 0 && part->tokens == 0))
			continue;
		sum.requests += part->requests;
		sum.tokens += part->tokens;
		oldest = Min(oldest, part->number);
	}
	*falls_away = (oldest + WINDOW_PARTS) * PART_US;
	return sum;
}

/* Nobody knows what was sent before an unclean end. */
static void
fill_cold_window(Gate *gate, int64 now)
{
	WindowPart *part;

	if (!gate->is_cold)
		return;
	gate->is_cold = false;
	part = part_at(gate, now);
	part->requests += gate->limit.requests_per_minute / 2;
	part->tokens += gate->limit.tokens_per_minute / 2;
}

/* ---- whether a gate lets through ---- */

/* What is left of a limit to a request that leaves a share to others. */
static int64
room_of(int64 limit, bool is_low)
{
	return is_low && limit >= 2 ? limit - Max(1, limit / 4) : limit;
}

static HttpLimitReason
refuse(HttpRefusal *refusal, HttpLimitReason reason, int64 retry_at)
{
	refusal->retry_at = retry_at;
	return refusal->reason = reason;
}

static HttpLimitReason
check_breaker(const Gate *gate, int64 now, HttpRefusal *refusal)
{
	if (gate->breaker == BREAKER_OPEN && now < gate->open_until)
		return refuse(refusal, HTTP_LIMIT_BREAKER, gate->open_until);
	if (gate->breaker == BREAKER_HALF_OPEN && gate->probe_owner >= 0)
		return refuse(refusal, HTTP_LIMIT_BREAKER, now + POLL_US);
	if (now < gate->blocked_until)
		return refuse(refusal, HTTP_LIMIT_BLOCKED, gate->blocked_until);
	return HTTP_LIMIT_GRANTED;
}

static bool
is_used_up(const Learned *learned, int64 wanted, bool is_low, int64 now)
{
	int64		kept = is_low && learned->limit > 0 ? learned->limit / 4 : 0;

	/* more than there ever is goes when nothing else has been taken */
	return now < learned->reset_at && learned->remaining - kept < wanted &&
		(learned->limit <= 0 || learned->remaining < learned->limit);
}

static HttpLimitReason
check_learned(const Gate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	if (is_used_up(&gate->requests, 1, demand->is_low, now))
		return refuse(refusal, HTTP_LIMIT_REQUESTS, gate->requests.reset_at);
	if (is_used_up(&gate->tokens, demand->tokens, demand->is_low, now))
		return refuse(refusal, HTTP_LIMIT_TOKENS, gate->tokens.reset_at);
	return HTTP_LIMIT_GRANTED;
}

/* Workers other than this one that were refused lately. */
static int
count_wanting(const Gate *gate, int64 now)
{
	int			count = 0;

	if (now >= gate->wanting_until)
		return 0;
	for (int i = 0; i < HTTP_LIMIT_OWNERS; i++)
		if (i != my_slot && gate->wanted_at[i] != 0 && now - gate->wanted_at[i] < WANTED_US)
			count++;
	return count;
}

static HttpLimitReason
check_concurrency(const Gate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	int			permits = gate->limit.concurrency;
	int			wanting;

	if (gate->ramp > 0)
		permits = permits > 0 ? Min(permits, gate->ramp) : gate->ramp;
	if (permits == 0)
		return HTTP_LIMIT_GRANTED;
	if (gate->in_use >= permits ||
		(demand->is_low && gate->low_in_use >= room_of(permits, true)))
		return refuse(refusal, HTTP_LIMIT_CONCURRENCY, now + POLL_US);
	wanting = count_wanting(gate, now);
	if (my_slot >= 0 && wanting > 0 && gate->held[my_slot] >= Max(1, permits / (wanting + 1)))
		return refuse(refusal, HTTP_LIMIT_CONCURRENCY, now + POLL_US);
	return HTTP_LIMIT_GRANTED;
}

static HttpLimitReason
check_window(const Gate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	const HttpLimit *limit = &gate->limit;
	int64		falls_away;
	WindowPart	used;

	if (limit->requests_per_minute == 0 && limit->tokens_per_minute == 0)
		return HTTP_LIMIT_GRANTED;
	used = sum_window(gate, now, &falls_away);
	if (limit->requests_per_minute > 0 &&
		used.requests + 1 > room_of(limit->requests_per_minute, demand->is_low))
		return refuse(refusal, HTTP_LIMIT_REQUESTS, falls_away);
	if (limit->tokens_per_minute > 0 && used.tokens > 0 &&
		used.tokens + demand->tokens > room_of(limit->tokens_per_minute, demand->is_low))
		return refuse(refusal, HTTP_LIMIT_TOKENS, falls_away);
	return HTTP_LIMIT_GRANTED;
}

static HttpLimitReason
check_gate(Gate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	refusal->reason = HTTP_LIMIT_GRANTED;
	refusal->retry_at = now;
	refusal->changes = pg_atomic_read_u32(&gate->changes);
	if (check_breaker(gate, now, refusal) == HTTP_LIMIT_GRANTED &&
		check_learned(gate, demand, now, refusal) == HTTP_LIMIT_GRANTED &&
		check_window(gate, demand, now, refusal) == HTTP_LIMIT_GRANTED)
		check_concurrency(gate, demand, now, refusal);
	return refusal->reason;
}

/* ---- permits ---- */

static void
count_in(Gate *gate, const HttpDemand *demand, int64 now, HttpPermit *permit)
{
	WindowPart *part = part_at(gate, now);

	permit->held = permit->in_flight = true;
	permit->is_low = demand->is_low;
	permit->gate = gate - shared->gates;
	permit->gate_hash = pg_atomic_read_u64(&gate->hash);
	permit->tokens = demand->tokens;
	permit->taken_at = now;
	part->requests++;
	part->tokens += demand->tokens;
	gate->in_use++;
	gate->low_in_use += demand->is_low;
	if (my_slot >= 0)
	{
		gate->held[my_slot]++;
		gate->low_held[my_slot] += demand->is_low;
		gate->wanted_at[my_slot] = 0;
	}
	gate->requests.remaining--;
	gate->tokens.remaining -= demand->tokens;
	if (gate->breaker == BREAKER_CLOSED)
		return;
	gate->breaker = BREAKER_HALF_OPEN;
	gate->probe_owner = Max(my_slot, 0);
	permit->is_probe = true;
}

bool
http_limit_acquire(const HttpLimit *limit, const HttpDemand *demand,
				   HttpPermit *permit, HttpRefusal *refusal)
{
	int64		now = base_clock_ticks();
	Gate	   *gate = lock_gate(limit, now);
	bool		granted;

	memset(permit, 0, sizeof(*permit));
	memset(refusal, 0, sizeof(*refusal));
	if (gate == NULL)
		return true;			/* nowhere to count: as if there were no limit */
	gate->limit = *limit;
	gate->used_at = now;
	fill_cold_window(gate, now);
	granted = check_gate(gate, demand, now, refusal) == HTTP_LIMIT_GRANTED;
	if (granted)
		count_in(gate, demand, now, permit);
	else if (refusal->reason == HTTP_LIMIT_CONCURRENCY && my_slot >= 0)
	{
		gate->wanted_at[my_slot] = now;
		gate->wanting_until = now + WANTED_US;
	}
	SpinLockRelease(&gate->mutex);
	return granted;
}

bool
http_limit_is_of(const HttpPermit *permit, const HttpLimit *limit)
{
	return permit->held && permit->gate_hash == hash_of(limit);
}

void
http_limit_look(const HttpLimit *limit, const HttpDemand *demand, HttpRefusal *refusal)
{
	int64		now = base_clock_ticks();
	Gate	   *gate = lock_gate(limit, now);

	memset(refusal, 0, sizeof(*refusal));
	if (gate == NULL)
		return;
	check_gate(gate, demand, now, refusal);
	SpinLockRelease(&gate->mutex);
}

uint32
http_limit_changes(const HttpLimit *limit)
{
	Gate	   *gate = shared ? find_gate(hash_of(limit)) : NULL;

	return gate ? pg_atomic_read_u32(&gate->changes) : 0;
}

/* The request is not in flight any more. */
static void
count_out(Gate *gate, HttpPermit *permit)
{
	if (!permit->in_flight)
		return;
	permit->in_flight = false;
	gate->in_use--;
	gate->low_in_use -= permit->is_low;
	if (my_slot >= 0)
	{
		gate->held[my_slot]--;
		gate->low_held[my_slot] -= permit->is_low;
	}
	note_change(gate);
}

/* ---- the breaker ---- */

static void
open_breaker(Gate *gate, int64 now, bool is_refused)
{
	int64		first_ms = is_refused ? Max(REFUSED_OPEN_MS, setting_breaker_pause) : setting_breaker_pause;
	int64		longest_ms = is_refused ? LONGEST_REFUSED_MS : LONGEST_OPEN_MS;
	int64		open_ms = first_ms << Min(gate->openings, 20);

	gate->breaker = BREAKER_OPEN;
	gate->open_until = now + Min(open_ms, Max(first_ms, longest_ms)) * 1000;
	gate->openings++;
	gate->probe_owner = -1;
	note_change(gate);
}

static void
close_breaker(Gate *gate)
{
	gate->breaker = BREAKER_CLOSED;
	gate->open_until = 0;
	gate->openings = gate->failures = gate->outcome_count = 0;
	gate->outcomes = 0;
	gate->probe_owner = -1;
	note_change(gate);
}

static void
note_failure(Gate *gate, const char *text, int64 now)
{
	strlcpy(gate->last_failure, text, sizeof(gate->last_failure));
	gate->last_failure_at = now;
}

/*
 * Whether so much has failed that asking on makes no sense: so many in a row,
 * or more than half of four times as many.
 */
static bool
is_broken(const Gate *gate)
{
	int			judged = setting_breaker_failures * 4;

	if (setting_breaker_failures == 0)
		return false;
	return gate->failures >= setting_breaker_failures ||
		(judged < OUTCOMES_KEPT && gate->outcome_count >= judged &&
		 pg_popcount64(gate->outcomes & ((UINT64CONST(1) << judged) - 1)) * 2 > judged);
}

static void
count_failure(Gate *gate, const HttpPermit *permit, int64 now)
{
	gate->failures++;
	gate->outcomes = gate->outcomes << 1 | 1;
	gate->outcome_count = Min(gate->outcome_count + 1, OUTCOMES_KEPT);
	/* those that were under way when it opened tell nothing more */
	if (permit->is_probe || (gate->breaker == BREAKER_CLOSED && is_broken(gate)))
		open_breaker(gate, now, false);
}

static void
count_success(Gate *gate, const HttpPermit *permit)
{
	gate->throttles = 0;
	if (gate->ramp > 0 && ++gate->ramp > WARM_PERMITS)
		gate->ramp = 0;
	if (permit->is_probe)
		close_breaker(gate);
	if (gate->breaker != BREAKER_CLOSED)
		return;
	gate->failures = 0;
	gate->outcomes <<= 1;
	gate->outcome_count = Min(gate->outcome_count + 1, OUTCOMES_KEPT);
}

/* ---- what came of requests ---- */

/* Until when to ask nothing: as told, else a second that doubles each time. */
static void
block(Gate *gate, int64 retry_after_ms, int64 now)
{
	int64		block_ms = retry_after_ms >= 0 ? Min(retry_after_ms, LONGEST_BLOCK_MS)
		: Min(INT64CONST(1000) << Min(gate->throttles, 6), 60000);

	/* of those under way together, the first one tells */
	if (retry_after_ms < 0 && now < gate->blocked_until)
		return;
	gate->throttles++;
	gate->blocked_until = Max(gate->blocked_until, now + block_ms * 1000);
	note_change(gate);
}

/* An answer that says: slow down.  The far side is alive. */
static bool
is_throttling(const HttpResponse *response)
{
	return response->outcome == HTTP_ANSWERED &&
		(response->status == 429 || response->status == 529 ||
		 (response->status == 503 && response->retry_after_ms >= 0));
}

/* A fault of the far side; what is ours (an address we refuse, an answer too
 * large for us) says nothing about it. */
static bool
is_failure(const HttpResponse *response)
{
	if (response->outcome == HTTP_ANSWERED)
		return response->status >= 500;
	return strcmp(response->error_class, "egress") != 0 &&
		strcmp(response->error_class, "too_large") != 0;
}

void
http_limit_end(HttpPermit *permit, const HttpResponse *response)
{
	int64		now = base_clock_ticks();
	char		text[sizeof(shared->gates[0].last_failure)];
	bool		failed = is_failure(response);
	bool		throttled = is_throttling(response);
	Gate	   *gate;

	if (!permit->held || !permit->in_flight)
		return;
	if (response->outcome == HTTP_ANSWERED)
		snprintf(text, sizeof(text), "status %d", response->status);
	else
		snprintf(text, sizeof(text), "%s", response->error_class);
	gate = lock_gate_of(permit);
	if (gate == NULL)
		return;
	count_out(gate, permit);
	if (failed || throttled)
		note_failure(gate, text, now);
	if (throttled)
		block(gate, response->retry_after_ms, now);
	if (failed)
		count_failure(gate, permit, now);
	else if (permit->is_probe || !throttled)
		count_success(gate, permit);
	permit->is_probe = false;
	SpinLockRelease(&gate->mutex);
}

static void
learn(Learned *learned, const HttpAllowance *told, int in_use, int64 now)
{
	if (told->limit >= 0)
		learned->limit = told->limit;
	if (told->remaining < 0 || told->reset_ms < 0)
		return;
	learned->remaining = told->remaining - in_use;
	learned->reset_at = now + Min(told->reset_ms, LONGEST_BLOCK_MS) * 1000;
	learned->limit = Max(learned->limit, told->remaining);
}

/* The estimate in the window gives way to what was really used. */
static void
correct_tokens(Gate *gate, const HttpPermit *permit, int tokens)
{
	WindowPart *part = &gate->window[(permit->taken_at / PART_US) % WINDOW_PARTS];

	if (tokens >= 0 && part->number == permit->taken_at / PART_US)
		part->tokens = Max(0, part->tokens + tokens - permit->tokens);
}

void
http_limit_report_init(HttpLimitReport *report)
{
	memset(report, 0, sizeof(*report));
	report->tokens = -1;
	report->requests = report->token_allowance = (HttpAllowance) {-1, -1, -1};
}

void
http_limit_settle(HttpPermit *permit, const HttpLimitReport *report)
{
	int64		now = base_clock_ticks();
	Gate	   *gate;

	if (!permit->held)
		return;
	permit->held = false;
	gate = lock_gate_of(permit);
	if (gate == NULL)
		return;
	count_out(gate, permit);
	correct_tokens(gate, permit, report->tokens);
	learn(&gate->requests, &report->requests, gate->in_use, now);
	learn(&gate->tokens, &report->token_allowance, 0, now);
	if (report->is_refused)
	{
		note_failure(gate, report->failure ? report->failure : "refused", now);
		if (gate->breaker != BREAKER_OPEN && setting_breaker_failures > 0)
			open_breaker(gate, now, true);
	}
	SpinLockRelease(&gate->mutex);
}

/* A probe that told nothing: the next one to ask is the probe. */
static void
lose_probe(Gate *gate, int64 now)
{
	gate->breaker = BREAKER_OPEN;
	gate->open_until = now;
	gate->probe_owner = -1;
	note_change(gate);
}

void
http_limit_abandon(HttpPermit *permit)
{
	int64		now = base_clock_ticks();
	Gate	   *gate;

	if (!permit->held)
		return;
	permit->held = false;
	gate = lock_gate_of(permit);
	if (gate == NULL)
		return;
	count_out(gate, permit);
	if (permit->is_probe)
		lose_probe(gate, now);
	SpinLockRelease(&gate->mutex);
}

void
http_limit_release_owner(int slot)
{
	int64		now = base_clock_ticks();

	for (int i = 0; i < GATES; i++)
	{
		Gate	   *gate = &shared->gates[i];

		if (pg_atomic_read_u64(&gate->hash) == 0)
			continue;
		SpinLockAcquire(&gate->mutex);
		gate->in_use -= gate->held[slot];
		gate->low_in_use -= gate->low_held[slot];
		gate->held[slot] = gate->low_held[slot] = 0;
		gate->wanted_at[slot] = 0;
		if (gate->breaker == BREAKER_HALF_OPEN && gate->probe_owner == slot)
			lose_probe(gate, now);
		note_change(gate);
		SpinLockRelease(&gate->mutex);
	}
}

/* ---- for people ---- */

int
http_limit_reset(int account_id, const char *name)
{
	int			count = 0;

	for (int i = 0; shared != NULL && i < GATES; i++)
	{
		Gate	   *gate = &shared->gates[i];

		if (pg_atomic_read_u64(&gate->hash) == 0)
			continue;
		SpinLockAcquire(&gate->mutex);
		if (gate->database == MyDatabaseId && gate->limit.account_id == account_id &&
			strcmp(gate->limit.name, name) == 0)
		{
			close_breaker(gate);
			gate->blocked_until = gate->requests.reset_at = gate->tokens.reset_at = 0;
			count++;
		}
		SpinLockRelease(&gate->mutex);
	}
	return count;
}

static void
describe(const Gate *gate, int64 now, HttpGateView *view)
{
	static const char *const names[] = {"closed", "open", "half-open"};
	int64		falls_away;
	WindowPart	used = sum_window(gate, now, &falls_away);

	view->account_id = gate->limit.account_id;
	strlcpy(view->name, gate->limit.name, sizeof(view->name));
	view->fingerprint = gate->limit.fingerprint;
	view->in_use = gate->in_use;
	view->low_in_use = gate->low_in_use;
	view->concurrency = gate->limit.concurrency;
	view->requests_per_minute = gate->limit.requests_per_minute;
	view->tokens_per_minute = gate->limit.tokens_per_minute;
	view->requests_in_window = used.requests;
	view->tokens_in_window = used.tokens;
	view->breaker = names[gate->breaker];
	view->open_until = gate->breaker == BREAKER_CLOSED ? 0 : gate->open_until;
	view->blocked_until = gate->blocked_until > now ? gate->blocked_until : 0;
	if (now < gate->requests.reset_at && gate->requests.remaining <= 0)
		view->blocked_until = Max(view->blocked_until, gate->requests.reset_at);
	view->failures_in_a_row = gate->failures;
	strlcpy(view->last_failure, gate->last_failure, sizeof(view->last_failure));
	view->last_failure_at = gate->last_failure_at;
}

bool
http_limit_next(int *position, HttpGateView *view)
{
	int64		now = base_clock_ticks();

	while (shared != NULL && *position < GATES)
	{
		Gate	   *gate = &shared->gates[(*position)++];
		bool		is_ours;

		if (pg_atomic_read_u64(&gate->hash) == 0)
			continue;
		SpinLockAcquire(&gate->mutex);
		is_ours = gate->database == MyDatabaseId;
		if (is_ours)
			describe(gate, now, view);
		SpinLockRelease(&gate->mutex);
		if (is_ours)
			return true;
	}
	return false;
}
