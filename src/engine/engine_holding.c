/*
 * engine_holding.c
 *	  The turns that a worker holds.
 *
 * Each is in one of three lists, by what it waits for.  Turns live in contexts of
 * their own below TopMemoryContext.
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/base_clock.h"
#include "engine/engine_claim.h"
#include "engine/engine_flight.h"
#include "engine/engine_holding.h"
#include "engine/engine_share.h"

#define ASIDE_MS 5

/* Entry of by_thread. */
typedef struct HeldTurn
{
	pg_uuid_t	thread_id;
	EngineTurn *turn;
} HeldTurn;

EngineHolding engine_holding;

void
engine_holding_open(void)
{
	HASHCTL		held = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(HeldTurn)};

	engine_holding.by_thread = hash_create("frontdesk turns held", 1024, &held, HASH_ELEM | HASH_BLOBS);
	engine_share_open();
	dlist_init(&engine_holding.calling);
	dlist_init(&engine_holding.finished);
	dlist_init(&engine_holding.waiting);
}

void
engine_holding_add(EngineTurn *turn, int quota_class)
{
	MemoryContextSetParent(turn->context, TopMemoryContext);
	turn->inner->turn = turn;
	turn->inner->quota_class = quota_class;
	turn->inner->is_fresh = true;
	turn->inner->claimed_at = base_clock_ticks();
	dlist_push_tail(&engine_holding.waiting, &turn->inner->link);
	((HeldTurn *) hash_search(engine_holding.by_thread, &turn->thread_id, HASH_ENTER, NULL))->turn =
		turn;
	engine_holding.count++;
	engine_holding.class_counts[quota_class]++;
	engine_share_add(turn->account_id, quota_class);
}

EngineTurn *
engine_holding_find(const pg_uuid_t *thread_id)
{
	HeldTurn   *held = hash_search(engine_holding.by_thread, thread_id, HASH_FIND, NULL);

	return held ? held->turn : NULL;
}

void
engine_holding_drop(EngineTurn *turn)
{
	engine_flight_abandon(turn);
	if (engine_holding_find(&turn->thread_id) == turn)
		hash_search(engine_holding.by_thread, &turn->thread_id, HASH_REMOVE, NULL);
	dlist_delete(&turn->inner->link);
	engine_holding.count--;
	engine_holding.class_counts[turn->inner->quota_class]--;
	engine_share_remove(turn->account_id, turn->inner->quota_class);
	engine_claim_free_turn(turn);
}

void
engine_holding_sort(EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;

	dlist_delete(&inner->link);
	if (inner->flight.transfer == NULL)
		dlist_push_tail(&engine_holding.waiting, &inner->link);
	else
		dlist_push_tail(inner->flight.has_landed ?
						&engine_holding.finished : &engine_holding.calling, &inner->link);
}

/* Lets a turn be for a while, twice as long each time. */
void
engine_holding_put_aside(EngineTurnInner *inner)
{
	inner->aside_ms = inner->aside_ms == 0 ?
		ASIDE_MS : Min(2 * inner->aside_ms, ENGINE_LONGEST_ASIDE_MS);
	inner->aside_until = base_clock_ticks() + (int64) inner->aside_ms * 1000;
}
