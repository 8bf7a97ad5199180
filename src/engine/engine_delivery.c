/*
 * engine_delivery.c
 *	  The lane of a turn: requests with an effect, in order, each once.
 *
 * Runs in an engine worker, inside the tick's transaction, with the thread's
 * row locked.  The head of the lane is committed as `sending` before its first
 * byte leaves.  What failed before that byte may be sent again; what failed
 * after it is `uncertain` and is looked up at the far side by our marker, no
 * earlier than the settle time, for the far side may still be working on it.
 * What cannot be told then is dead-lettered for a person, never guessed.  A
 * delivery that settles without a request settles in this commit.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "engine/engine_internal.h"
#include "http/http_retry.h"

#define MAX_ATTEMPTS 6
#define MAX_LOOKUPS 5

static EngineDelivery *
head_of(EngineTurn *turn)
{
	return linitial(turn->inner->now.lane);
}

/*
 * The head is about to change: put a copy of it into the lane, so that the one
 * a saved progress points to stays as it was.
 */
static EngineDelivery *
own_head(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *copy = palloc(sizeof(EngineDelivery));
	EngineDelivery *old = head_of(turn);
	List	   *writes = NIL;
	ListCell   *cell;

	memcpy(copy, old, sizeof(EngineDelivery));
	now->lane = list_copy(now->lane);
	linitial(now->lane) = copy;
	foreach(cell, now->delivery_writes)
	{
		EngineDeliveryWrite *write = lfirst(cell);

		if (write->delivery == old)
		{
			EngineDeliveryWrite *fresh = palloc(sizeof(EngineDeliveryWrite));

			memcpy(fresh, write, sizeof(EngineDeliveryWrite));
			fresh->delivery = copy;
			write = fresh;
		}
		writes = lappend(writes, write);
	}
	now->delivery_writes = writes;
	return copy;
}

/* The row write of the head in this tick: the one there is, or an update. */
static EngineDeliveryWrite *
write_of(EngineTurn *turn, EngineDelivery *delivery)
{
	EngineProgress *now = &turn->inner->now;
	EngineDeliveryWrite *write;
	ListCell   *cell;

	foreach(cell, now->delivery_writes)
	{
		write = lfirst(cell);
		if (write->delivery == delivery)
			return write;
	}
	write = palloc0(sizeof(EngineDeliveryWrite));
	write->delivery = delivery;
	now->delivery_writes = lappend(now->delivery_writes, write);
	return write;
}

static void
leave_lane(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	now->lane = list_delete_first(list_copy(now->lane));
	now->lane_head = now->lane != NIL ? head_of(turn)->seq : now->lane_seq + 1;
	now->head_uncertain = false;
	now->waiting = ENGINE_WAIT_NOTHING;
}

static void
settle(EngineTurn *turn, EngineDelivery *delivery)
{
	EngineDeliveryWrite *write = write_of(turn, delivery);

	write->status = "sent";
	write->settled_now = true;
	if (delivery->kind->settle)
		delivery->kind->settle(turn, delivery);
	leave_lane(turn);
}

static void
give_up(EngineTurn *turn, EngineDelivery *delivery)
{
	EngineDeliveryWrite *write = write_of(turn, delivery);

	if (delivery->failure.text == NULL)
	{
		delivery->failure.failure_class = "uncertain";
		delivery->failure.text = "nobody can tell whether it took effect";
	}
	write->status = delivery->failure.failure_class &&
		strcmp(delivery->failure.failure_class, ENGINE_WITHDRAWN) == 0
		? "withdrawn" : "dead";
	write->settled_now = true;
	write->failure = engine_turn_failure_jsonb(&delivery->failure);
	leave_lane(turn);
}

static void
wait_for(EngineTurn *turn, int64 delay_ms)
{
	EngineProgress *now = &turn->inner->now;

	now->waiting = ENGINE_WAIT_LANE;
	now->wait_until = base_clock_ticks() + delay_ms * 1000;
}

static void
send_head(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *delivery = own_head(turn);
	HttpRequest *request = palloc0(sizeof(HttpRequest));
	EngineDeliveryWrite *write;

	delivery->failure.text = NULL;
	if (!delivery->kind->encode(turn, delivery, request))
	{
		if (delivery->failure.text != NULL)
			give_up(turn, delivery);
		else if (delivery->kind->judge == NULL || delivery->kind->judge(turn, delivery, NULL))
			settle(turn, delivery);
		else
			give_up(turn, delivery);
		return;
	}
	delivery->attempts++;
	write = write_of(turn, delivery);
	write->status = "sending";
	write->sent_now = true;
	request->has_effect = true;
	now->outgoing = request;
	now->waiting = ENGINE_WAIT_DELIVERY;
}

static void
look_head_up(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *delivery = own_head(turn);
	HttpRequest *request = palloc0(sizeof(HttpRequest));

	if (delivery->kind->encode_lookup == NULL)
	{
		now->head_uncertain = false;	/* may simply be repeated */
		send_head(turn);
		return;
	}
	if (!delivery->kind->encode_lookup(turn, delivery, request))
	{
		/* our own rows may know what cannot be asked */
		if (delivery->kind->judge_lookup(turn, delivery, NULL) == 1)
			settle(turn, delivery);
		else
			give_up(turn, delivery);
		return;
	}
	delivery->attempts++;
	now->outgoing = request;
	now->waiting = ENGINE_WAIT_LOOKUP;
}

/* Sends or looks up the head when its time has come. */
void
engine_delivery_advance(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->waiting == ENGINE_WAIT_LANE && base_clock_ticks() < now->wait_until)
		return;
	now->waiting = ENGINE_WAIT_NOTHING;
	if (now->head_uncertain)
		look_head_up(turn);
	else
		send_head(turn);
}

/* A claimed turn whose lane was left over: `sending` means nobody knows. */
void
engine_delivery_resume(EngineTurn *turn)
{
	if (turn->inner->now.head_uncertain && head_of(turn)->kind->encode_lookup != NULL)
		wait_for(turn, setting_settle_time);
}

static void
finish_lookup(EngineTurn *turn, const HttpResponse *response)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *delivery = own_head(turn);
	int			verdict = delivery->kind->judge_lookup(turn, delivery, response);

	if (verdict == 1)
		settle(turn, delivery);
	else if (verdict == 0)
	{
		now->head_uncertain = false;
		now->waiting = ENGINE_WAIT_NOTHING;
	}
	else if (delivery->attempts < MAX_ATTEMPTS + MAX_LOOKUPS &&
			 (response->outcome != HTTP_ANSWERED || response->status >= 429))
		wait_for(turn, http_retry_delay_ms(delivery->attempts, response->retry_after_ms));
	else
		give_up(turn, delivery);
}

static void
finish_sending(EngineTurn *turn, const HttpResponse *response)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *delivery = own_head(turn);
	EngineDeliveryWrite *write;
	bool		unknown = response->outcome == HTTP_UNCERTAIN ||
	(response->outcome == HTTP_ANSWERED && response->status >= 500);

	memset(&delivery->failure, 0, sizeof(EngineFailure));
	delivery->failure.retry_after_ms = -1;
	if (delivery->kind->judge(turn, delivery, response))
	{
		settle(turn, delivery);
		return;
	}
	if ((!unknown && !delivery->failure.retryable) || delivery->attempts >= MAX_ATTEMPTS)
	{
		give_up(turn, delivery);
		return;
	}
	write = write_of(turn, delivery);
	write->failure = engine_turn_failure_jsonb(&delivery->failure);
	now->head_uncertain = unknown && delivery->kind->encode_lookup != NULL;
	write->status = now->head_uncertain ? "uncertain" : "pending";
	if (now->head_uncertain)
		wait_for(turn, setting_settle_time);
	else
		wait_for(turn, http_retry_delay_ms(delivery->attempts, delivery->failure.retry_after_ms));
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
