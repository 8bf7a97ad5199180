/*
 * http_limit.c
 *	  How much may be asked of whom: permits for requests, in shared memory.
 *
 * Used by engine workers inside and outside of transactions, and by sessions
 * that look.  Nothing in here raises, waits or allocates; gates are used with
 * their lock held.
 *
 * A gate says no when too many requests are in flight, when those of the last
 * minute, or their tokens, are as many as is configured or as the far side has
 * told, when it was asked to wait, and when its breaker is open.
 *
 * Permits are counted by the worker slot that took them, so that what a dead
 * worker held can be given back.  A worker that has waited finds its share
 * free: others leave it as long as it wants one.  Campaigns and bulk work
 * leave a quarter of everything to conversations.
 *
 * A cold gate, one made after an unclean end of the server, starts with few
 * permits, one more for each success, and with half of the minute's allowance
 * used up.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "http/http_gate.h"

#define POLL_US INT64CONST(100000)
#define WANTED_US INT64CONST(1000000)
#define LONGEST_BLOCK_MS 86400000

/* In whose name this process takes permits. */
static int	my_slot = -1;

void
http_limit_set_owner(int slot)
{
	my_slot = slot;
}

/* Nobody knows what was sent before an unclean end. */
static void
fill_cold_window(HttpGate *gate, int64 now)
{
	HttpWindowPart *part;

	if (!gate->is_cold)
		return;
	gate->is_cold = false;
	part = http_gate_part_at(gate, now);
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
check_breaker(const HttpGate *gate, int64 now, HttpRefusal *refusal)
{
	if (gate->breaker == HTTP_BREAKER_OPEN && now < gate->open_until)
		return refuse(refusal, HTTP_LIMIT_BREAKER, gate->open_until);
	if (gate->breaker == HTTP_BREAKER_HALF_OPEN && gate->probe_owner >= 0)
		return refuse(refusal, HTTP_LIMIT_BREAKER, now + POLL_US);
	if (now < gate->blocked_until)
		return refuse(refusal, HTTP_LIMIT_BLOCKED, gate->blocked_until);
	return HTTP_LIMIT_GRANTED;
}

static bool
is_used_up(const HttpLearned *learned, int64 wanted, bool is_low, int64 now)
{
	int64		kept = is_low && learned->limit > 0 ? learned->limit / 4 : 0;

	/* more than there ever is goes when nothing else has been taken */
	return now < learned->reset_at && learned->remaining - kept < wanted &&
		(learned->limit <= 0 || learned->remaining < learned->limit);
}

static HttpLimitReason
check_learned(const HttpGate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	if (is_used_up(&gate->requests, 1, demand->is_low, now))
		return refuse(refusal, HTTP_LIMIT_REQUESTS, gate->requests.reset_at);
	if (is_used_up(&gate->tokens, demand->tokens, demand->is_low, now))
		return refuse(refusal, HTTP_LIMIT_TOKENS, gate->tokens.reset_at);
	return HTTP_LIMIT_GRANTED;
}

static bool
is_recent(int64 wanted_at, int64 now)
{
	return wanted_at != 0 && now - wanted_at < WANTED_US;
}

/* Workers other than this one that were refused lately; a conversation makes
 * way for conversations only. */
static int
count_wanting(const HttpGate *gate, bool is_low, int64 now)
{
	int			count = 0;

	if (now >= gate->wanting_until)
		return 0;
	for (int i = 0; i < HTTP_LIMIT_OWNERS; i++)
		if (i != my_slot && (is_recent(gate->wanted_at[i], now) ||
							 (is_low && is_recent(gate->low_wanted_at[i], now))))
			count++;
	return count;
}

static HttpLimitReason
check_concurrency(const HttpGate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	int			permits = gate->limit.concurrency;
	int			wanting;
	int			held;

	if (gate->ramp > 0)
		permits = permits > 0 ? Min(permits, gate->ramp) : gate->ramp;
	if (permits == 0)
		return HTTP_LIMIT_GRANTED;
	if (gate->in_use >= permits ||
		(demand->is_low && gate->low_in_use >= room_of(permits, true)))
		return refuse(refusal, HTTP_LIMIT_CONCURRENCY, now + POLL_US);
	wanting = count_wanting(gate, demand->is_low, now);
	held = my_slot < 0 ? 0 : gate->held[my_slot] - (demand->is_low ? 0 : gate->low_held[my_slot]);
	if (wanting > 0 && held >= Max(1, permits / (wanting + 1)))
		return refuse(refusal, HTTP_LIMIT_CONCURRENCY, now + POLL_US);
	return HTTP_LIMIT_GRANTED;
}

static HttpLimitReason
check_window(const HttpGate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	const HttpLimit *limit = &gate->limit;
	int64		falls_away;
	HttpWindowPart	used;

	if (limit->requests_per_minute == 0 && limit->tokens_per_minute == 0)
		return HTTP_LIMIT_GRANTED;
	used = http_gate_sum_window(gate, now, &falls_away);
	if (limit->requests_per_minute > 0 &&
		used.requests + 1 > room_of(limit->requests_per_minute, demand->is_low))
		return refuse(refusal, HTTP_LIMIT_REQUESTS, falls_away);
	if (limit->tokens_per_minute > 0 && used.tokens > 0 &&
		used.tokens + demand->tokens > room_of(limit->tokens_per_minute, demand->is_low))
		return refuse(refusal, HTTP_LIMIT_TOKENS, falls_away);
	return HTTP_LIMIT_GRANTED;
}

static HttpLimitReason
check_gate(HttpGate *gate, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
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
count_in(HttpGate *gate, const HttpDemand *demand, int64 now, HttpPermit *permit)
{
	HttpWindowPart *part = http_gate_part_at(gate, now);

	permit->held = permit->in_flight = true;
	permit->is_low = demand->is_low;
	permit->gate = http_gate_number(gate);
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
		(demand->is_low ? gate->low_wanted_at : gate->wanted_at)[my_slot] = 0;
	}
	gate->requests.remaining--;
	gate->tokens.remaining -= demand->tokens;
	if (gate->breaker == HTTP_BREAKER_CLOSED)
		return;
	gate->breaker = HTTP_BREAKER_HALF_OPEN;
	gate->probe_owner = Max(my_slot, 0);
	permit->is_probe = true;
}

bool
http_limit_acquire(const HttpLimit *limit, const HttpDemand *demand,
				   HttpPermit *permit, HttpRefusal *refusal)
{
	int64		now = base_clock_ticks();
	HttpGate   *gate = http_gate_lock(limit, now);
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
		(demand->is_low ? gate->low_wanted_at : gate->wanted_at)[my_slot] = now;
		gate->wanting_until = now + WANTED_US;
	}
	SpinLockRelease(&gate->mutex);
	return granted;
}

bool
http_limit_is_of(const HttpPermit *permit, const HttpLimit *limit)
{
	return permit->held && permit->gate_hash == http_gate_hash(limit);
}

void
http_limit_look(const HttpLimit *limit, const HttpDemand *demand, HttpRefusal *refusal)
{
	int64		now = base_clock_ticks();
	HttpGate   *gate = http_gate_lock(limit, now);

	memset(refusal, 0, sizeof(*refusal));
	if (gate == NULL)
		return;
	check_gate(gate, demand, now, refusal);
	SpinLockRelease(&gate->mutex);
}

uint32
http_limit_changes(const HttpLimit *limit)
{
	HttpGate   *gate = http_gate_find(http_gate_hash(limit));

	return gate ? pg_atomic_read_u32(&gate->changes) : 0;
}

/* The request is not in flight any more. */
static void
count_out(HttpGate *gate, HttpPermit *permit)
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
	http_gate_note_change(gate);
}

/* ---- what came of requests ---- */

/* Until when to ask nothing: as told, else a second that doubles each time. */
static void
block(HttpGate *gate, int64 retry_after_ms, int64 now)
{
	int64		block_ms = retry_after_ms >= 0 ? Min(retry_after_ms, LONGEST_BLOCK_MS)
		: Min(INT64CONST(1000) << Min(gate->throttles, 6), 60000);

	/* of those under way together, the first one tells */
	if (retry_after_ms < 0 && now < gate->blocked_until)
		return;
	gate->throttles++;
	gate->blocked_until = Max(gate->blocked_until, now + block_ms * 1000);
	http_gate_note_change(gate);
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
 * large for us, less time than the setting gives) says nothing about it: the
 * rows of one account would close it to all others. */
static bool
is_failure(const HttpResponse *response)
{
	if (response->outcome == HTTP_ANSWERED)
		return response->status >= 500;
	return !response->was_hurried && strcmp(response->error_class, "egress") != 0 &&
		strcmp(response->error_class, "too_large") != 0;
}

/* Whether a refusal is meant for the key, or for this request alone, tells only
 * who reads it. */
static bool
is_undecided(const HttpResponse *response)
{
	return response->outcome == HTTP_ANSWERED &&
		(response->status == 401 || response->status == 402 || response->status == 403);
}

void
http_limit_end(HttpPermit *permit, const HttpResponse *response)
{
	int64		now = base_clock_ticks();
	char		text[sizeof(((HttpGate *) NULL)->last_failure)];
	bool		failed = is_failure(response);
	bool		throttled = is_throttling(response);
	HttpGate   *gate;

	if (!permit->held || !permit->in_flight)
		return;
	if (response->outcome == HTTP_ANSWERED)
		snprintf(text, sizeof(text), "status %d", response->status);
	else
		snprintf(text, sizeof(text), "%s", response->error_class);
	gate = http_gate_lock_permitted(permit);
	if (gate == NULL)
		return;
	count_out(gate, permit);
	if (failed || throttled)
		http_breaker_note(gate, text, now);
	if (throttled)
		block(gate, response->retry_after_ms, now);
	permit->is_undecided = is_undecided(response);
	if (failed)
		http_breaker_count_failure(gate, permit, now);
	else if (response->was_hurried && permit->is_probe)
		http_breaker_lose_probe(gate, now);	/* the next one tries */
	else if (!response->was_hurried && !permit->is_undecided && (permit->is_probe || !throttled))
		http_breaker_count_success(gate, permit);
	permit->is_probe = permit->is_probe && permit->is_undecided;
	SpinLockRelease(&gate->mutex);
}

static void
learn(HttpLearned *learned, const HttpAllowance *told, int in_use, int64 now)
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
correct_tokens(HttpGate *gate, const HttpPermit *permit, int tokens)
{
	HttpWindowPart *part = &gate->window[(permit->taken_at / HTTP_PART_US) % HTTP_WINDOW_PARTS];

	if (tokens >= 0 && part->number == permit->taken_at / HTTP_PART_US)
		part->tokens = Max(0, part->tokens + tokens - permit->tokens);
}

void
http_limit_report_init(HttpLimitReport *report)
{
	memset(report, 0, sizeof(*report));
	report->tokens = -1;
	report->requests = report->token_allowance = (HttpAllowance) {-1, -1, -1};
}

/* What its reader says of an answer that the status left open. */
static void
decide(HttpGate *gate, HttpPermit *permit, const HttpLimitReport *report, int64 now)
{
	if (report->is_refused || report->is_failure)
		http_breaker_note(gate, report->failure ? report->failure : "refused", now);
	if (report->is_refused && gate->breaker != HTTP_BREAKER_OPEN && setting_breaker_failures > 0)
		http_breaker_open(gate, now, true);
	else if (report->is_failure)
		http_breaker_count_failure(gate, permit, now);
	else if (permit->is_undecided && !report->is_refused)
		http_breaker_count_success(gate, permit);
	permit->is_probe = permit->is_undecided = false;
}

void
http_limit_settle(HttpPermit *permit, const HttpLimitReport *report)
{
	int64		now = base_clock_ticks();
	HttpGate   *gate;

	if (!permit->held)
		return;
	permit->held = false;
	gate = http_gate_lock_permitted(permit);
	if (gate == NULL)
		return;
	count_out(gate, permit);
	correct_tokens(gate, permit, report->tokens);
	learn(&gate->requests, &report->requests, gate->in_use, now);
	learn(&gate->tokens, &report->token_allowance, 0, now);
	decide(gate, permit, report, now);
	SpinLockRelease(&gate->mutex);
}

void
http_limit_abandon(HttpPermit *permit)
{
	int64		now = base_clock_ticks();
	HttpGate   *gate;

	if (!permit->held)
		return;
	permit->held = false;
	gate = http_gate_lock_permitted(permit);
	if (gate == NULL)
		return;
	count_out(gate, permit);
	if (permit->is_probe)
		http_breaker_lose_probe(gate, now);
	SpinLockRelease(&gate->mutex);
}

void
http_limit_release_owner(int slot)
{
	int64		now = base_clock_ticks();

	HttpGate   *gate;

	for (int i = 0; (gate = http_gate_at(i)) != NULL; i++)
	{
		if (pg_atomic_read_u64(&gate->hash) == 0)
			continue;
		SpinLockAcquire(&gate->mutex);
		gate->in_use -= gate->held[slot];
		gate->low_in_use -= gate->low_held[slot];
		gate->held[slot] = gate->low_held[slot] = 0;
		gate->wanted_at[slot] = gate->low_wanted_at[slot] = 0;
		if (gate->breaker == HTTP_BREAKER_HALF_OPEN && gate->probe_owner == slot)
			http_breaker_lose_probe(gate, now);
		http_gate_note_change(gate);
		SpinLockRelease(&gate->mutex);
	}
}

/* ---- for people ---- */

int
http_limit_reset(int account_id, const char *name)
{
	int			count = 0;
	HttpGate   *gate;

	for (int i = 0; (gate = http_gate_at(i)) != NULL; i++)
	{
		if (pg_atomic_read_u64(&gate->hash) == 0)
			continue;
		SpinLockAcquire(&gate->mutex);
		if (gate->database == MyDatabaseId && gate->limit.account_id == account_id &&
			strcmp(gate->limit.name, name) == 0)
		{
			http_breaker_close(gate);
			gate->blocked_until = gate->requests.reset_at = gate->tokens.reset_at = 0;
			count++;
		}
		SpinLockRelease(&gate->mutex);
	}
	return count;
}

static void
describe(const HttpGate *gate, int64 now, HttpGateView *view)
{
	static const char *const names[] = {"closed", "open", "half-open"};
	int64		falls_away;
	HttpWindowPart	used = http_gate_sum_window(gate, now, &falls_away);

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
	view->open_until = gate->breaker == HTTP_BREAKER_CLOSED ? 0 : gate->open_until;
	view->blocked_until = gate->blocked_until > now ? gate->blocked_until : 0;
	if (now < gate->requests.reset_at && gate->requests.remaining <= 0)
		view->blocked_until = Max(view->blocked_until, gate->requests.reset_at);
	strlcpy(view->last_failure, gate->last_failure, sizeof(view->last_failure));
	view->last_failure_at = gate->last_failure_at;
}

bool
http_limit_next(int *position, HttpGateView *view)
{
	int64		now = base_clock_ticks();

	HttpGate   *gate;

	while ((gate = http_gate_at((*position)++)) != NULL)
	{
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
