/*
 * http_limit.c
 *	  How much may be asked of whom: permits for requests, in shared memory.
 *
 * Used by engine workers inside and outside of transactions, and by sessions
 * that look.  Nothing in here raises, waits or allocates; meters are used with
 * their lock held.
 *
 * A meter says no when too many requests are in flight, when those of the last
 * minute, or their tokens, are as many as is configured or as the far side has
 * told, when it was asked to wait, and when its breaker is open.
 *
 * Permits are counted by the worker slot that took them, so that what a dead
 * worker held can be given back.  A worker that has waited finds its share
 * free: others leave it as long as it wants one.  Campaigns and bulk work
 * leave a quarter of everything to conversations.
 *
 * A cold meter, one made after an unclean end of the server, starts with few
 * permits, one more for each success, and with half of the minute's allowance
 * used up.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "http/http_failure.h"
#include "http/http_meter.h"

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
fill_cold_window(HttpMeter *meter, int64 now)
{
	HttpWindowPart *part;

	if (!meter->is_cold)
		return;
	meter->is_cold = false;
	part = http_meter_part_at(meter, now);
	part->requests += meter->limit.requests_per_minute / 2;
	part->tokens += meter->limit.tokens_per_minute / 2;
}

/* ---- whether a meter lets through ---- */

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
check_breaker(const HttpMeter *meter, int64 now, HttpRefusal *refusal)
{
	if (meter->breaker == HTTP_BREAKER_OPEN && now < meter->open_until)
		return refuse(refusal, HTTP_LIMIT_BREAKER, meter->open_until);
	if (meter->breaker == HTTP_BREAKER_HALF_OPEN && meter->probe_owner >= 0)
		return refuse(refusal, HTTP_LIMIT_BREAKER, now + POLL_US);
	if (now < meter->blocked_until)
		return refuse(refusal, HTTP_LIMIT_BLOCKED, meter->blocked_until);
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
check_learned(const HttpMeter *meter, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	if (is_used_up(&meter->requests, 1, demand->is_low, now))
		return refuse(refusal, HTTP_LIMIT_REQUESTS, meter->requests.reset_at);
	if (is_used_up(&meter->tokens, demand->tokens, demand->is_low, now))
		return refuse(refusal, HTTP_LIMIT_TOKENS, meter->tokens.reset_at);
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
count_wanting(const HttpMeter *meter, bool is_low, int64 now)
{
	int			count = 0;

	if (now >= meter->wanting_until)
		return 0;
	for (int i = 0; i < HTTP_LIMIT_OWNERS; i++)
		if (i != my_slot && (is_recent(meter->wanted_at[i], now) ||
							 (is_low && is_recent(meter->low_wanted_at[i], now))))
			count++;
	return count;
}

/*
 * Refuses what is over the places of the meter, and over this worker's fair share
 * of them while other workers wait for one.
 */
static HttpLimitReason
check_concurrency(const HttpMeter *meter, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	int			permits = meter->limit.concurrency;
	int			wanting;
	int			held;

	if (meter->ramp > 0)
		permits = permits > 0 ? Min(permits, meter->ramp) : meter->ramp;
	if (permits == 0)
		return HTTP_LIMIT_GRANTED;
	if (meter->in_use >= permits ||
		(demand->is_low && meter->low_in_use >= room_of(permits, true)))
		return refuse(refusal, HTTP_LIMIT_CONCURRENCY, now + POLL_US);
	wanting = count_wanting(meter, demand->is_low, now);
	held = my_slot < 0 ? 0 : meter->held[my_slot] - (demand->is_low ? 0 : meter->low_held[my_slot]);
	if (wanting > 0 && held >= Max(1, permits / (wanting + 1)))
		return refuse(refusal, HTTP_LIMIT_CONCURRENCY, now + POLL_US);
	return HTTP_LIMIT_GRANTED;
}

static HttpLimitReason
check_window(const HttpMeter *meter, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	const HttpLimit *limit = &meter->limit;
	int64		falls_away;
	HttpWindowPart	used;

	if (limit->requests_per_minute == 0 && limit->tokens_per_minute == 0)
		return HTTP_LIMIT_GRANTED;
	used = http_meter_sum_window(meter, now, &falls_away);
	if (limit->requests_per_minute > 0 &&
		used.requests + 1 > room_of(limit->requests_per_minute, demand->is_low))
		return refuse(refusal, HTTP_LIMIT_REQUESTS, falls_away);
	if (limit->tokens_per_minute > 0 && used.tokens > 0 &&
		used.tokens + demand->tokens > room_of(limit->tokens_per_minute, demand->is_low))
		return refuse(refusal, HTTP_LIMIT_TOKENS, falls_away);
	return HTTP_LIMIT_GRANTED;
}

static HttpLimitReason
check_gate(HttpMeter *meter, const HttpDemand *demand, int64 now, HttpRefusal *refusal)
{
	refusal->reason = HTTP_LIMIT_GRANTED;
	refusal->retry_at = now;
	refusal->changes = pg_atomic_read_u32(&meter->changes);
	if (check_breaker(meter, now, refusal) == HTTP_LIMIT_GRANTED &&
		check_learned(meter, demand, now, refusal) == HTTP_LIMIT_GRANTED &&
		check_window(meter, demand, now, refusal) == HTTP_LIMIT_GRANTED)
		check_concurrency(meter, demand, now, refusal);
	return refusal->reason;
}

/* ---- permits ---- */

/*
 * Books the request, before it leaves: in the window, in the places in use, and
 * off what the far side said is left.  An open breaker lets it through as its probe.
 */
static void
count_in(HttpMeter *meter, const HttpDemand *demand, int64 now, HttpPermit *permit)
{
	HttpWindowPart *part = http_meter_part_at(meter, now);

	permit->held = permit->in_flight = true;
	permit->is_low = demand->is_low;
	permit->meter = http_meter_number(meter);
	permit->meter_hash = pg_atomic_read_u64(&meter->hash);
	permit->tokens = demand->tokens;
	permit->asker = demand->asker;
	permit->taken_at = now;
	part->requests++;
	part->tokens += demand->tokens;
	meter->in_use++;
	meter->low_in_use += demand->is_low;
	if (my_slot >= 0)
	{
		meter->held[my_slot]++;
		meter->low_held[my_slot] += demand->is_low;
		(demand->is_low ? meter->low_wanted_at : meter->wanted_at)[my_slot] = 0;
	}
	meter->requests.remaining--;
	meter->tokens.remaining -= demand->tokens;
	if (meter->breaker == HTTP_BREAKER_CLOSED)
		return;
	meter->breaker = HTTP_BREAKER_HALF_OPEN;
	meter->probe_owner = Max(my_slot, 0);
	permit->is_probe = true;
}

bool
http_limit_acquire(const HttpLimit *limit, const HttpDemand *demand,
				   HttpPermit *permit, HttpRefusal *refusal)
{
	int64		now = base_clock_ticks();
	HttpMeter   *meter = http_meter_lock(limit, now);
	bool		granted;

	memset(permit, 0, sizeof(*permit));
	memset(refusal, 0, sizeof(*refusal));
	if (meter == NULL)
		return true;			/* nowhere to count: as if there were no limit */
	meter->limit = *limit;
	meter->used_at = now;
	fill_cold_window(meter, now);
	granted = check_gate(meter, demand, now, refusal) == HTTP_LIMIT_GRANTED;
	if (granted)
		count_in(meter, demand, now, permit);
	else if (refusal->reason == HTTP_LIMIT_CONCURRENCY && my_slot >= 0)
	{
		(demand->is_low ? meter->low_wanted_at : meter->wanted_at)[my_slot] = now;
		meter->wanting_until = now + WANTED_US;
	}
	SpinLockRelease(&meter->mutex);
	return granted;
}

bool
http_limit_is_of(const HttpPermit *permit, const HttpLimit *limit)
{
	return permit->held && permit->meter_hash == http_meter_hash(limit);
}

void
http_limit_look(const HttpLimit *limit, const HttpDemand *demand, HttpRefusal *refusal)
{
	int64		now = base_clock_ticks();
	HttpMeter   *meter = http_meter_lock(limit, now);

	memset(refusal, 0, sizeof(*refusal));
	if (meter == NULL)
		return;
	check_gate(meter, demand, now, refusal);
	SpinLockRelease(&meter->mutex);
}

uint32
http_limit_changes(const HttpLimit *limit)
{
	HttpMeter   *meter = http_meter_find(http_meter_hash(limit));

	return meter ? pg_atomic_read_u32(&meter->changes) : 0;
}

/* The request is not in flight any more. */
static void
count_out(HttpMeter *meter, HttpPermit *permit)
{
	if (!permit->in_flight)
		return;
	permit->in_flight = false;
	meter->in_use--;
	meter->low_in_use -= permit->is_low;
	if (my_slot >= 0)
	{
		meter->held[my_slot]--;
		meter->low_held[my_slot] -= permit->is_low;
	}
	http_meter_note_change(meter);
}

/* ---- what came of requests ---- */

/* Until when to ask nothing: as told, else a second that doubles each time. */
static void
block(HttpMeter *meter, int64 retry_after_ms, int64 now)
{
	int64		block_ms = retry_after_ms >= 0 ? Min(retry_after_ms, LONGEST_BLOCK_MS)
		: Min(INT64CONST(1000) << Min(meter->throttles, 6), 60000);

	/* of those under way together, the first one tells */
	if (retry_after_ms < 0 && now < meter->blocked_until)
		return;
	meter->throttles++;
	meter->blocked_until = Max(meter->blocked_until, now + block_ms * 1000);
	http_meter_note_change(meter);
}

/* An answer that says: slow down.  The far side is alive. */
static bool
is_throttling(const HttpResponse *response, HttpFailureClass failure_class)
{
	return response->outcome == HTTP_ANSWERED &&
		(failure_class == HTTP_FAILURE_RATE_LIMIT ||
		 (failure_class == HTTP_FAILURE_OVERLOADED &&
		  (response->status == 529 || response->retry_after_ms >= 0)));
}

/* A fault of the far side; what is ours (an address we refuse, an answer too
 * large for us, less time than the setting gives) says nothing about it: the
 * rows of one account would close it to all others. */
static bool
is_failure(const HttpResponse *response, HttpFailureClass failure_class)
{
	return http_failure_fault(failure_class) == HTTP_FAULT_SERVICE && !response->was_hurried;
}

void
http_limit_end(HttpPermit *permit, const HttpResponse *response)
{
	int64		now = base_clock_ticks();
	char		text[sizeof(((HttpMeter *) NULL)->last_failure)];
	HttpFailureClass failure_class = http_failure_of_response(response);
	bool		failed = is_failure(response, failure_class);
	bool		throttled = is_throttling(response, failure_class);
	HttpMeter   *meter;

	if (!permit->held || !permit->in_flight)
		return;
	if (response->outcome == HTTP_ANSWERED)
		snprintf(text, sizeof(text), "status %d", response->status);
	else
		snprintf(text, sizeof(text), "%s", response->error_class);
	meter = http_meter_lock_permitted(permit);
	if (meter == NULL)
		return;
	count_out(meter, permit);
	if (failed || throttled)
		http_breaker_note(meter, text, now);
	if (throttled)
		block(meter, response->retry_after_ms, now);
	permit->is_undecided = http_failure_doubts_key(failure_class);
	if (failed && !http_breaker_is_repeated(meter, permit))
		http_breaker_count_failure(meter, permit, now);
	else if (failed)
		;						/* it tells nothing new */
	else if (response->was_hurried && permit->is_probe)
		http_breaker_lose_probe(meter, now);	/* the next one tries */
	else if (!response->was_hurried && !permit->is_undecided && (permit->is_probe || !throttled))
		http_breaker_count_success(meter, permit);
	permit->is_probe = permit->is_probe && permit->is_undecided;
	SpinLockRelease(&meter->mutex);
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
correct_tokens(HttpMeter *meter, const HttpPermit *permit, int tokens)
{
	HttpWindowPart *part = &meter->window[(permit->taken_at / HTTP_PART_US) % HTTP_WINDOW_PARTS];

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
decide(HttpMeter *meter, HttpPermit *permit, const HttpLimitReport *report, int64 now)
{
	if (report->is_refused || report->is_failure)
		http_breaker_note(meter, report->failure ? report->failure : "refused", now);
	if (report->is_refused && meter->breaker != HTTP_BREAKER_OPEN && setting_breaker_failures > 0)
		http_breaker_open(meter, now, true);
	else if (report->is_failure)
		http_breaker_count_failure(meter, permit, now);
	else if (permit->is_undecided && !report->is_refused)
		http_breaker_count_success(meter, permit);
	permit->is_probe = permit->is_undecided = false;
}

void
http_limit_return(HttpPermit *permit, const HttpLimitReport *report)
{
	int64		now = base_clock_ticks();
	HttpMeter   *meter;

	if (!permit->held)
		return;
	permit->held = false;
	meter = http_meter_lock_permitted(permit);
	if (meter == NULL)
		return;
	count_out(meter, permit);
	correct_tokens(meter, permit, report->tokens);
	learn(&meter->requests, &report->requests, meter->in_use, now);
	learn(&meter->tokens, &report->token_allowance, 0, now);
	decide(meter, permit, report, now);
	SpinLockRelease(&meter->mutex);
}

void
http_limit_abandon(HttpPermit *permit)
{
	int64		now = base_clock_ticks();
	HttpMeter   *meter;

	if (!permit->held)
		return;
	permit->held = false;
	meter = http_meter_lock_permitted(permit);
	if (meter == NULL)
		return;
	count_out(meter, permit);
	if (permit->is_probe)
		http_breaker_lose_probe(meter, now);
	SpinLockRelease(&meter->mutex);
}

void
http_limit_release_owner(int slot)
{
	int64		now = base_clock_ticks();

	HttpMeter   *meter;

	for (int i = 0; (meter = http_meter_at(i)) != NULL; i++)
	{
		if (pg_atomic_read_u64(&meter->hash) == 0)
			continue;
		SpinLockAcquire(&meter->mutex);
		meter->in_use -= meter->held[slot];
		meter->low_in_use -= meter->low_held[slot];
		meter->held[slot] = meter->low_held[slot] = 0;
		meter->wanted_at[slot] = meter->low_wanted_at[slot] = 0;
		if (meter->breaker == HTTP_BREAKER_HALF_OPEN && meter->probe_owner == slot)
			http_breaker_lose_probe(meter, now);
		http_meter_note_change(meter);
		SpinLockRelease(&meter->mutex);
	}
}

/* ---- for people ---- */

int
http_limit_reset(int account_id, const char *name)
{
	int			count = 0;
	HttpMeter   *meter;

	for (int i = 0; (meter = http_meter_at(i)) != NULL; i++)
	{
		if (pg_atomic_read_u64(&meter->hash) == 0)
			continue;
		SpinLockAcquire(&meter->mutex);
		if (meter->database == MyDatabaseId && meter->limit.account_id == account_id &&
			strcmp(meter->limit.name, name) == 0)
		{
			http_breaker_close(meter);
			meter->blocked_until = meter->requests.reset_at = meter->tokens.reset_at = 0;
			count++;
		}
		SpinLockRelease(&meter->mutex);
	}
	return count;
}

/* Copies what people may see of a meter, under its lock. */
static void
describe(const HttpMeter *meter, int64 now, HttpMeterView *view)
{
	static const char *const names[] = {"closed", "open", "half-open"};
	int64		falls_away;
	HttpWindowPart	used = http_meter_sum_window(meter, now, &falls_away);

	view->account_id = meter->limit.account_id;
	strlcpy(view->name, meter->limit.name, sizeof(view->name));
	view->fingerprint = meter->limit.fingerprint;
	view->in_use = meter->in_use;
	view->low_in_use = meter->low_in_use;
	view->concurrency = meter->limit.concurrency;
	view->requests_per_minute = meter->limit.requests_per_minute;
	view->tokens_per_minute = meter->limit.tokens_per_minute;
	view->requests_in_window = used.requests;
	view->tokens_in_window = used.tokens;
	view->breaker = names[meter->breaker];
	view->open_until = meter->breaker == HTTP_BREAKER_CLOSED ? 0 : meter->open_until;
	view->blocked_until = meter->blocked_until > now ? meter->blocked_until : 0;
	if (now < meter->requests.reset_at && meter->requests.remaining <= 0)
		view->blocked_until = Max(view->blocked_until, meter->requests.reset_at);
	strlcpy(view->last_failure, meter->last_failure, sizeof(view->last_failure));
	view->last_failure_at = meter->last_failure_at;
}

bool
http_limit_next(int *position, HttpMeterView *view)
{
	int64		now = base_clock_ticks();

	HttpMeter   *meter;

	while ((meter = http_meter_at((*position)++)) != NULL)
	{
		bool		is_ours;

		if (pg_atomic_read_u64(&meter->hash) == 0)
			continue;
		SpinLockAcquire(&meter->mutex);
		is_ours = meter->database == MyDatabaseId;
		if (is_ours)
			describe(meter, now, view);
		SpinLockRelease(&meter->mutex);
		if (is_ours)
			return true;
	}
	return false;
}
