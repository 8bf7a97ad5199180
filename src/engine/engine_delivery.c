/*
 * engine_delivery.c
 *	  The lane of a turn: requests with an effect, in order, each once.
 *
 * Runs in an engine worker, inside the tick's transaction, with the thread's
 * row locked.  The head of the lane is committed as `sending` before its first
 * byte leaves.  What failed before that byte may be sent again; what failed
 * after it is `uncertain` and is looked up at the far side by our marker, no
 * earlier than the settle time, for the far side may still be working on it.
 * It leaves within half that time of its mark or not at all: an owner that
 * stood still must not speak after its successor has looked.
 * What cannot be told then is dead-lettered for a person, never guessed.  That
 * is what its kind has said to do (EngineWhenUnknown): others are sent again, or
 * are a person's at once, but no sooner.  A delivery that settles without a
 * request settles in this commit.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "engine/engine_delivery.h"
#include "engine/engine_lane.h"
#include "engine/engine_limit.h"
#include "engine/engine_rest.h"
#include "http/http_retry.h"

#define MAX_ATTEMPTS 6
#define LEAST_LEAVE_MS 1000
#define MAX_LOOKUPS 5
#define MEND_MS 60000

static void
settle(EngineTurn *turn, EngineDelivery *delivery)
{
	EngineDeliveryWrite *write = engine_lane_write_of(turn, delivery);

	write->status = "sent";
	write->settled_now = true;
	if (delivery->kind->settle)
		delivery->kind->settle(turn, delivery);
	engine_lane_leave(turn);
}

static void
give_up(EngineTurn *turn, EngineDelivery *delivery)
{
	EngineDeliveryWrite *write = engine_lane_write_of(turn, delivery);

	if (delivery->failure.text == NULL)
	{
		delivery->failure.failure_class = HTTP_FAILURE_UNCERTAIN;
		delivery->failure.text = "nobody can tell whether it took effect";
	}
	write->status = delivery->failure.failure_class == HTTP_FAILURE_WITHDRAWN ? "withdrawn" : "dead";
	write->settled_now = true;
	write->failure = engine_turn_failure_jsonb(&delivery->failure);
	if (delivery->kind->mourn && delivery->failure.failure_class != HTTP_FAILURE_WITHDRAWN)
		delivery->kind->mourn(turn, delivery);
	engine_lane_leave(turn);
}

static bool
is_fleeting(const EngineDelivery *delivery)
{
	return delivery->kind->when_unknown == ENGINE_UNKNOWN_FORGET;
}

/* Leaves it to a person whether it took effect: dead, of a class that
 * resolve_delivery() takes. */
static void
ask_person(EngineTurn *turn, EngineDelivery *delivery)
{
	delivery->failure.failure_class = HTTP_FAILURE_UNCERTAIN;
	if (delivery->failure.text != NULL)
		delivery->failure.text = psprintf("nobody can tell whether it took effect: %s",
										  delivery->failure.text);
	give_up(turn, delivery);
}

/* What is worth nothing later holds nobody up: its failure is its end. */
static void
let_go(EngineTurn *turn, EngineDelivery *delivery)
{
	delivery->failure.failure_class = HTTP_FAILURE_WITHDRAWN;
	delivery->failure.text = "it is not worth a second attempt";
	give_up(turn, delivery);
}

/* Leaves the head in the lane until its time; the row says until when. */
static void
wait_for(EngineTurn *turn, EngineDelivery *delivery, int64 delay_ms)
{
	EngineProgress *now = &turn->inner->now;
	EngineDeliveryWrite *write = engine_lane_write_of(turn, delivery);

	write->status = delivery->uncertain ? "uncertain" : "pending";
	write->failure = delivery->failure.text ? engine_turn_failure_jsonb(&delivery->failure) : NULL;
	write->delay_ms = delay_ms;
	now->waiting = ENGINE_WAIT_LANE;
	now->awaited = NULL;
	now->wait_until = base_clock_ticks() + delay_ms * 1000;
}

/*
 * What is missing is ours and will be mended (a key file): that is no attempt,
 * and the thread rests with what it has to say.
 */
static void
rest_until_mended(EngineTurn *turn, EngineDelivery *delivery)
{
	wait_for(turn, delivery, MEND_MS);
	engine_rest_for(turn, MEND_MS * INT64CONST(1000), delivery->failure.text);
}

/* Sends the head, or settles or gives up one that needs no request.  It is marked
 * as sending in this commit; the request is started behind it. */
static void
send_head(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *delivery = engine_lane_own_head(turn);
	HttpRequest *request = palloc0(sizeof(HttpRequest));
	EngineDeliveryWrite *write;

	delivery->uncertain = false;
	delivery->failure.text = NULL;
	delivery->failure.retryable = false;
	if (!delivery->kind->encode(turn, delivery, request))
	{
		if (delivery->failure.text != NULL && delivery->failure.retryable && !is_fleeting(delivery))
			rest_until_mended(turn, delivery);
		else if (delivery->failure.text != NULL)
			give_up(turn, delivery);
		else if (delivery->kind->judge == NULL || delivery->kind->judge(turn, delivery, NULL))
			settle(turn, delivery);
		else
			give_up(turn, delivery);
		return;
	}
	if (!engine_limit_admit(turn, request, ENGINE_WAIT_LANE))
		return;
	delivery->attempts++;
	write = engine_lane_write_of(turn, delivery);
	write->status = "sending";
	write->sent_now = true;
	request->has_effect = true;
	request->leave_by = base_clock_ticks() +
		Max(setting_settle_time / 2, LEAST_LEAVE_MS) * INT64CONST(1000);
	now->outgoing = request;
	now->waiting = ENGINE_WAIT_DELIVERY;
}

/* Asks the far side for the head, where anybody can be asked. */
static void
look_head_up(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *delivery = engine_lane_own_head(turn);
	HttpRequest *request = palloc0(sizeof(HttpRequest));

	delivery->failure.retryable = false;
	if (!delivery->kind->encode_lookup(turn, delivery, request))
	{
		if (delivery->failure.retryable)
		{
			rest_until_mended(turn, delivery);
			return;
		}
		/* our own rows may know what cannot be asked */
		if (delivery->kind->judge_lookup(turn, delivery, NULL) == ENGINE_LOOKUP_PRESENT)
			settle(turn, delivery);
		else
			give_up(turn, delivery);
		return;
	}
	if (!engine_limit_admit(turn, request, ENGINE_WAIT_LANE))
		return;
	now->outgoing = request;
	now->waiting = ENGINE_WAIT_LOOKUP;
}

/* Does what the kind of an uncertain head has said, now that the far side is done
 * with it. */
static void
resolve_head(EngineTurn *turn)
{
	switch (engine_lane_head(turn)->kind->when_unknown)
	{
		case ENGINE_UNKNOWN_UNSAID:
			break;
		case ENGINE_UNKNOWN_REPEAT:
			send_head(turn);
			break;
		case ENGINE_UNKNOWN_LOOK_UP:
			look_head_up(turn);
			break;
		case ENGINE_UNKNOWN_ASK:
			ask_person(turn, engine_lane_own_head(turn));
			break;
		case ENGINE_UNKNOWN_FORGET:
			let_go(turn, engine_lane_own_head(turn));
			break;
	}
}

/*
 * Sends or looks up the head when its time has come.  An uncertain one, even
 * one that may be repeated, holds the lane until the far side is done with it:
 * a request that is still being worked on must not take effect behind a later
 * one.
 */
void
engine_delivery_advance(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *head = engine_lane_head(turn);
	int64		ticks = base_clock_ticks();

	if (now->waiting == ENGINE_WAIT_LANE && ticks < now->wait_until)
		return;
	now->waiting = ENGINE_WAIT_NOTHING;
	if (head->arrived)
		settle(turn, engine_lane_own_head(turn));
	else if (head->uncertain && is_fleeting(head))
		let_go(turn, engine_lane_own_head(turn));
	else if (head->uncertain && ticks < head->settled_by)
		wait_for(turn, engine_lane_own_head(turn), (head->settled_by - ticks + 999) / 1000);
	else if (head->uncertain)
		resolve_head(turn);
	else
		send_head(turn);
}

/* The far side does not know of it: it may be sent again, while it may. */
static void
found_absent(EngineTurn *turn, EngineDelivery *delivery)
{
	delivery->uncertain = false;
	if (delivery->attempts < MAX_ATTEMPTS)
		return;
	delivery->failure.failure_class = HTTP_FAILURE_LOST;
	delivery->failure.text = psprintf("it has not arrived in %d attempts", delivery->attempts);
	give_up(turn, delivery);
}

/* Whether asking again would be answered alike. */
static bool
is_refused(const HttpResponse *response)
{
	HttpFailureClass failure_class = http_failure_of_response(response);

	return response->outcome == HTTP_ANSWERED && failure_class != HTTP_FAILURE_NONE &&
		!http_failure_is_retryable(failure_class);
}

/* Acts on what was found; a far side that cannot tell is asked again for a while,
 * then a person is. */
static void
finish_lookup(EngineTurn *turn, const HttpResponse *response)
{
	EngineDelivery *delivery = engine_lane_own_head(turn);

	switch (delivery->kind->judge_lookup(turn, delivery, response))
	{
		case ENGINE_LOOKUP_PRESENT:
			settle(turn, delivery);
			break;
		case ENGINE_LOOKUP_ABSENT:
			found_absent(turn, delivery);
			break;
		case ENGINE_LOOKUP_NEXT_PAGE:
			break;
		case ENGINE_LOOKUP_UNKNOWN:
			if (++delivery->lookups < MAX_LOOKUPS && !is_refused(response))
				wait_for(turn, delivery,
						 http_retry_delay_ms(delivery->lookups, response->retry_after_ms));
			else
				give_up(turn, delivery);
			break;
	}
}

/*
 * What may have taken effect is looked up, or a person asked, even after the
 * last attempt; what may be repeated is, but not before the far side is done.
 */
static void
finish_sending(EngineTurn *turn, const HttpResponse *response)
{
	EngineDelivery *delivery = engine_lane_own_head(turn);
	bool		unknown = http_failure_leaves_open(response);
	bool		is_last = delivery->attempts >= MAX_ATTEMPTS;
	int64		delay_ms;

	memset(&delivery->failure, 0, sizeof(EngineFailure));
	delivery->failure.retry_after_ms = -1;
	delivery->is_refused = false;
	if (delivery->kind->judge(turn, delivery, response))
	{
		settle(turn, delivery);
		return;
	}
	turn->inner->flight.report.is_failure = delivery->is_refused;
	turn->inner->flight.report.failure = delivery->failure.text;
	if (is_fleeting(delivery))
	{
		let_go(turn, delivery);
		return;
	}
	if (unknown && delivery->kind->when_unknown != ENGINE_UNKNOWN_REPEAT)
	{
		engine_lane_doubt(delivery);
		wait_for(turn, delivery, setting_settle_time);
		return;
	}
	if ((is_last && !delivery->is_refused) || (!unknown && !delivery->failure.retryable))
	{
		give_up(turn, delivery);
		return;
	}
	delay_ms = http_retry_delay_ms(delivery->attempts, delivery->failure.retry_after_ms);
	if (unknown)
	{
		engine_lane_doubt(delivery);
		delay_ms = Max(delay_ms, setting_settle_time);
	}
	wait_for(turn, delivery, delay_ms);
}

void
engine_delivery_finish(EngineTurn *turn, const HttpResponse *response)
{
	EngineWaiting waited = turn->inner->now.waiting;

	turn->inner->now.waiting = ENGINE_WAIT_NOTHING;
	if (waited == ENGINE_WAIT_LOOKUP)
		finish_lookup(turn, response);
	else
		finish_sending(turn, response);
}
