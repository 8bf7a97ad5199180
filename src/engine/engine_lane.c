/*
 * engine_lane.c
 *	  The deliveries of a turn, in order: what was read, what is added, and
 *	  which row writes the next commit makes of them.
 *
 * Runs in engine workers, inside the tick's transaction.  A saved progress may
 * point to the same deliveries and lists, so that both are copied before they
 * change.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_lane.h"

static BaseStatement read_lane = {
	"SELECT seq, kind, payload, status, attempts, remote_id, mail_seq FROM frontdesk.deliveries "
	"WHERE account_id = $1 AND thread_id = $2 AND seq >= $3 ORDER BY seq",
	{INT4OID, UUIDOID, INT8OID}
};

EngineDelivery *
engine_lane_head(EngineTurn *turn)
{
	return linitial(turn->inner->now.lane);
}

/*
 * The head is about to change: put a copy of it into the lane, so that the one
 * a saved progress points to stays as it was.
 */
EngineDelivery *
engine_lane_own_head(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineDelivery *copy = palloc(sizeof(EngineDelivery));
	EngineDelivery *old = engine_lane_head(turn);
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
EngineDeliveryWrite *
engine_lane_write_of(EngineTurn *turn, EngineDelivery *delivery)
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

void
engine_lane_leave(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	now->lane = list_delete_first(list_copy(now->lane));
	now->lane_head = now->lane != NIL ? engine_lane_head(turn)->seq : now->lane_seq + 1;
	now->waiting = ENGINE_WAIT_NOTHING;
}

void
engine_lane_doubt(EngineDelivery *delivery)
{
	delivery->uncertain = true;
	delivery->settled_by = base_clock_ticks() + (int64) setting_settle_time * 1000;
	delivery->lookups = 0;
	delivery->lookup_after = 0;
}

void
engine_lane_load(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(now->lane_head)};
	uint64		count = base_spi_execute(&read_lane, values, NULL);
	MemoryContext caller = MemoryContextSwitchTo(turn->context);

	for (uint64 i = 0; i < count; i++)
	{
		EngineDelivery *delivery;
		char	   *status = base_spi_text(i, 4);
		bool		isnull;

		now->lane_seq = base_spi_int64(i, 1, 0);
		if (strcmp(status, "sent") == 0 || strcmp(status, "dead") == 0 ||
			strcmp(status, "withdrawn") == 0 || strcmp(status, "held") == 0)
		{
			if (now->lane == NIL)
				now->lane_head = now->lane_seq + 1;
			continue;
		}
		delivery = palloc0(sizeof(EngineDelivery));
		delivery->seq = now->lane_seq;
		delivery->kind = engine_turn_find_delivery_kind(base_spi_text(i, 2));
		delivery->payload = DatumGetJsonbPCopy(base_spi_value(i, 3, &isnull));
		delivery->attempts = base_spi_int32(i, 5, 0);
		delivery->remote_id = base_spi_text(i, 6);
		delivery->mail_seq = base_spi_int64(i, 7, 0);
		delivery->arrived = strcmp(status, "arrived") == 0;
		if (!delivery->arrived && strcmp(status, "pending") != 0)
			engine_lane_doubt(delivery);
		now->lane = lappend(now->lane, delivery);
	}
	MemoryContextSwitchTo(caller);
}

static Jsonb *
without_member(Jsonb *patch, const char *key)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(patch),
											  CStringGetTextDatum(key)));
}

/* Records the deliveries of a list, which was decided when this mail was the newest
 * that was known. */
static void
add_list(EngineTurn *turn, Jsonb *list, int64 mail_seq)
{
	JsonbIterator *it = JsonbIteratorInit(&list->root);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		Jsonb	   *delivery;
		char	   *kind;

		if (token != WJB_ELEM || value.type != jbvBinary)
			continue;
		delivery = JsonbValueToJsonb(&value);
		kind = base_jsonb_text(delivery, "kind");
		if (kind != NULL)
			engine_turn_deliver(turn, kind, without_member(delivery, "kind"))->mail_seq = mail_seq;
	}
}

void
engine_lane_add_all(EngineTurn *turn, Jsonb *list)
{
	add_list(turn, list, turn->last_mail);
}

void
engine_lane_add_posted(EngineTurn *turn, const EnginePosted *posted)
{
	add_list(turn, posted->list, posted->mail_seq);
}

const char *
engine_lane_patch_problem(Jsonb *patch)
{
	Jsonb	   *list = base_jsonb_member(patch, "deliver");
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	value;

	if (list == NULL)
		return NULL;
	if (!JB_ROOT_IS_ARRAY(list))
		return "its patch has a \"deliver\" that is no array";
	it = JsonbIteratorInit(&list->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		char	   *kind;

		if (token != WJB_ELEM)
			continue;
		kind = value.type == jbvBinary ? base_jsonb_text(JsonbValueToJsonb(&value), "kind") : NULL;
		if (kind == NULL || engine_turn_find_delivery_kind(kind) == NULL)
			return psprintf("its patch asks for a delivery of kind \"%s\", which there is not",
							kind ? kind : "");
	}
	return NULL;
}

Jsonb *
engine_lane_take_patch(EngineTurn *turn, Jsonb *patch)
{
	Jsonb	   *list = base_jsonb_member(patch, "deliver");

	if (list == NULL)
		return patch;
	engine_lane_add_all(turn, list);
	return without_member(patch, "deliver");
}
