/*
 * engine_limit.c
 *	  When a turn may send: permits before a request is decided, and waiting
 *	  for one.
 *
 * Runs in engine workers.  A permit is taken in the tick that decides the
 * request, so that a delivery becomes `sending` only when it may leave; it
 * belongs to the turn (inner->clearance.permit) until the tick commits, then to the
 * call (inner->permit).  A turn without a permit stays in the worker and asks
 * again, without a transaction, whenever something has changed at the gate;
 * long waits, and those of more turns than a quarter of the worker's slots,
 * are spent in the ready table instead.  Of that quarter an account has its part,
 * whoever came first.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "engine/engine_limit.h"
#include "engine/engine_rest.h"
#include "http/http_trouble.h"

/* A longer wait than this is slept in the ready table, not in the worker. */
#define LONGEST_HELD_US (INT64CONST(60) * 1000000)
#define LONGEST_REST_US (INT64CONST(300) * 1000000)
#define LOOK_AGAIN_US INT64CONST(1000000)
#define NO_MONEY_US INT64CONST(100000)
#define CROWDED_REST_US INT64CONST(5000000)

/* Accounts are told apart by this many places: two in one place share a part. */
#define PLACES 256

/* Turns of this worker that wait for a permit. */
static struct
{
	int			count;
	int			places;			/* that have one */
	int			of_place[PLACES];
}			waiting;

void
engine_limit_recount(void)
{
	memset(&waiting, 0, sizeof(waiting));
}

static int *
place_of(int account_id)
{
	return &waiting.of_place[(uint32) account_id % PLACES];
}

static void
count_waiting(int account_id)
{
	int		   *of_account = place_of(account_id);

	waiting.count++;
	if ((*of_account)++ == 0)
		waiting.places++;
}

static HttpDemand
demand_of(const EngineTurnInner *inner, const HttpRequest *request)
{
	return (HttpDemand) {
		.is_low = inner->quota_class > 0 || request->is_bulk,
		.tokens = request->tokens,
		.asker = hash_bytes_extended(inner->turn->thread_id.data, UUID_LEN, 0),
	};
}

/* Why a turn rests, for a person. */
static char *
explain(const HttpLimit *limit, const HttpRefusal *refusal)
{
	switch (refusal->reason)
	{
		case HTTP_LIMIT_CONCURRENCY:
			return psprintf("waits for %s: as many requests as are allowed are in flight", limit->name);
		case HTTP_LIMIT_REQUESTS:
			return psprintf("waits for %s: the requests per minute are used up", limit->name);
		case HTTP_LIMIT_TOKENS:
			return psprintf("waits for %s: the tokens per minute are used up", limit->name);
		case HTTP_LIMIT_BLOCKED:
			return psprintf("waits for %s, which asked to wait", limit->name);
		case HTTP_LIMIT_BREAKER:
			return psprintf("waits for %s, which is left alone after failures", limit->name);
		case HTTP_LIMIT_GRANTED:
			break;
	}
	return psprintf("waits for %s", limit->name);
}

/* Whether the quarter is taken, and the account has its part of it. */
static bool
is_crowded(int account_id)
{
	int			room = Max(1, setting_max_in_flight / 4);
	int			held = *place_of(account_id);

	return waiting.count >= room && held >= Max(1, room / (waiting.places + (held == 0)));
}

/* Bulk work comes back later than a conversation. */
static int64
crowded_rest(const EngineTurnInner *inner)
{
	int64		least = CROWDED_REST_US * (inner->quota_class > 0 ? 4 : 1);

	return least + (int64) (pg_prng_double(&pg_global_prng_state) * least);
}

static void
rest_for(EngineTurn *turn, const HttpRequest *request, const HttpRefusal *refusal, int64 delay_us)
{
	engine_rest_for(turn, Min(delay_us, LONGEST_REST_US), explain(request->limit, refusal));
}

/* Has a turn without a permit wait: here for a while, else in the ready table. */
static void
wait_for(EngineTurn *turn, const HttpRequest *request, const HttpRefusal *refusal)
{
	EngineProgress *now = &turn->inner->now;
	int64		ticks = base_clock_ticks();
	int64		delay_us = refusal->retry_at - ticks;

	now->awaited = NULL;
	if (delay_us > LONGEST_HELD_US)
		rest_for(turn, request, refusal, delay_us);
	else if (is_crowded(turn->account_id))
		rest_for(turn, request, refusal, crowded_rest(turn->inner));
	else
	{
		count_waiting(turn->account_id);
		now->awaited = request;
		now->refusal = *refusal;
		now->wait_until = Min(refusal->retry_at, ticks + LOOK_AGAIN_US);
	}
}

/* A permit for the request, the one taken while the turn waited if it fits. */
static bool
obtain_permit(EngineTurnInner *inner, const HttpRequest *request, HttpRefusal *refusal)
{
	HttpDemand	demand = demand_of(inner, request);

	if (inner->clearance.permit.held)
	{
		if (request->limit != NULL && http_limit_is_of(&inner->clearance.permit, request->limit))
			return true;
		http_limit_abandon(&inner->clearance.permit);	/* it now asks somebody else */
	}
	return request->limit == NULL ||
		http_limit_acquire(request->limit, &demand, &inner->clearance.permit, refusal);
}

/*
 * Money is set aside before a permit is taken, and given back while the turn
 * waits for one.  Without money the node is begun again: it knows what the
 * account wants done then.
 */
bool
engine_limit_admit(EngineTurn *turn, const HttpRequest *request, EngineWaiting wait_as)
{
	EngineTurnInner *inner = turn->inner;
	HttpRefusal refusal;

	inner->now.awaited = NULL;
	if (!engine_budget_reserve(turn, request->cost, &inner->clearance.reserved))
	{
		engine_flight_cancel(turn);
		inner->now.waiting = ENGINE_WAIT_RETRY;
		inner->now.wait_until = base_clock_ticks() + NO_MONEY_US;
		return false;
	}
	if (obtain_permit(inner, request, &refusal))
		return true;
	engine_flight_cancel(turn);
	inner->now.waiting = wait_as;
	wait_for(turn, request, &refusal);
	return false;
}

/* Whether the turn's node is to be asked what else it can do. */
static bool
has_way_out(const EngineProgress *now, int64 ticks)
{
	int64		wait_us = now->refusal.retry_at - ticks;

	if (wait_us > LONGEST_HELD_US)
		return true;			/* it is to rest */
	return now->waiting == ENGINE_WAIT_PERMIT && now->step->has_fallback &&
		(now->refusal.reason == HTTP_LIMIT_BREAKER ||
		 wait_us > (int64) setting_fallback_after * 1000);
}

bool
engine_limit_is_due(EngineTurnInner *inner, int64 ticks)
{
	EngineProgress *now = &inner->now;
	const HttpRequest *request = now->awaited;
	HttpDemand	demand = demand_of(inner, request);

	count_waiting(inner->turn->account_id);
	if (ticks < now->wait_until &&
		http_limit_changes(request->limit) == now->refusal.changes)
		return false;
	if (inner->clearance.permit.held ||
		http_limit_acquire(request->limit, &demand, &inner->clearance.permit, &now->refusal))
	{
		now->wait_until = ticks;
		return true;
	}
	now->wait_until = Min(now->refusal.retry_at, ticks + LOOK_AGAIN_US);
	if (!has_way_out(now, ticks))
		return false;
	now->wait_until = ticks;
	return true;
}

/* Counts what came of a request as trouble of its far side, or as its end.  An
 * answer ends it that says neither that the far side is broken nor that it
 * takes us for somebody else; one that is too large tells nothing of the
 * connection. */
void
engine_limit_judge(EngineTurn *turn, const HttpResponse *response)
{
	const HttpLimit *asked = turn->inner->flight.asked;
	HttpFailureClass failure_class = http_failure_of_response(response);
	HttpFault	fault = http_failure_fault(failure_class);

	if (asked == NULL)
		return;
	if (response->outcome == HTTP_ANSWERED)
	{
		if (fault != HTTP_FAULT_SERVICE && !http_failure_doubts_key(failure_class))
			http_trouble_end(turn->account_id, asked->name);
	}
	else if (fault != HTTP_FAULT_REQUEST)
		http_trouble_tell(&(HttpTrouble) {
			.account_id = turn->account_id,
				.name = asked->name,
				.kind = response->error_class,
				.action = "service.unreachable",
				.elevel = WARNING,
				.message = psprintf("%s cannot be reached for account %d", asked->name, turn->account_id),
				.text = psprintf("%s: %s", response->error_class, response->error_text),
				.hint = failure_class == HTTP_FAILURE_EGRESS ?
				"In a network of your own set frontdesk.egress_allow_private; else correct the address." : NULL,
		});
}
