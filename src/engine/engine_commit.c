/*
 * engine_commit.c
 *	  Writes what the turns of a tick decided.
 *
 * Runs in an engine worker, inside the tick's transaction, with the threads'
 * rows locked, so plain updates by key are safe.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "engine/engine_commit.h"
#include "engine/engine_mailbox.h"
#include "engine/engine_rest.h"
#include "engine/engine_table.h"

/* ---- checkpoints ---- */

static void
set_jsonb(BaseRow *row, int column, Jsonb *value)
{
	if (value != NULL)
		base_row_set(row, column, JsonbPGetDatum(value));
}

/* The model, and what it cost. */
static void
set_expense(BaseRow *row, const EngineCheckpoint *checkpoint)
{
	base_row_set_text(row, CHECKPOINT_MODEL, checkpoint->model);
	base_row_set(row, CHECKPOINT_TOKENS_IN, Int32GetDatum(checkpoint->tokens_in));
	base_row_set(row, CHECKPOINT_TOKENS_OUT, Int32GetDatum(checkpoint->tokens_out));
	base_row_set(row, CHECKPOINT_COST,
				 DirectFunctionCall1(float8_numeric, Float8GetDatum(checkpoint->cost)));
}

/* Makes the row of a checkpoint, which is only ever inserted. */
static BaseRow *
checkpoint_row(EngineTurn *turn, const EngineCheckpoint *checkpoint)
{
	BaseRow    *row = palloc(sizeof(BaseRow));

	base_row_init(row, &engine_checkpoints);
	base_row_set(row, CHECKPOINT_ACCOUNT_ID, Int32GetDatum(turn->account_id));
	base_row_set(row, CHECKPOINT_THREAD_ID, UUIDPGetDatum(&turn->thread_id));
	base_row_set(row, CHECKPOINT_SEQ, Int64GetDatum(checkpoint->seq));
	base_row_set(row, CHECKPOINT_TURN, Int32GetDatum(checkpoint->turn));
	base_row_set_text(row, CHECKPOINT_NODE, checkpoint->node);
	base_row_set_text(row, CHECKPOINT_NEXT_NODE, checkpoint->next_node);
	set_jsonb(row, CHECKPOINT_PATCH, checkpoint->patch);
	set_jsonb(row, CHECKPOINT_SNAPSHOT, checkpoint->snapshot);
	if (checkpoint->model != NULL)
		set_expense(row, checkpoint);
	base_row_set(row, CHECKPOINT_DURATION_MS, Float8GetDatum(checkpoint->duration_ms));
	base_row_set(row, CHECKPOINT_ATTEMPT, Int16GetDatum(checkpoint->attempt));
	base_row_set(row, CHECKPOINT_MAIL_SEQ, Int64GetDatum(checkpoint->mail_seq));
	set_jsonb(row, CHECKPOINT_FAILURE, checkpoint->failure);
	base_row_set(row, CHECKPOINT_CREATED_AT, TimestampTzGetDatum(base_clock_now()));
	return row;
}

static void
write_checkpoints(List *turns)
{
	List	   *rows = NIL;
	ListCell   *cell;
	ListCell   *inner_cell;

	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		foreach(inner_cell, turn->inner->now.checkpoints)
			rows = lappend(rows, checkpoint_row(turn, lfirst(inner_cell)));
	}
	base_row_insert_all(rows);
}

/* What an overtaken turn paid for: the answer it holds, and attempts before. */
static List *
add_overtaken_row(List *rows, EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;
	EngineStep	spent = *inner->now.step;
	EngineFailure failure = {.failure_class = HTTP_FAILURE_OVERTAKEN,
	.text = "another claim of the thread had begun; the result was dropped"};
	EngineCheckpoint checkpoint = {.seq = -turn->epoch, .turn = inner->turn_number,
		.node = inner->now.node->name, .patch = base_jsonb_parse("{}"),
	.attempt = inner->now.attempt, .mail_seq = turn->last_mail};

	if (inner->flight.has_landed && inner->now.waiting == ENGINE_WAIT_CALL &&
		inner->now.node->kind->book)
		inner->now.node->kind->book(turn, &spent, engine_flight_response(turn));
	if (spent.tokens_in == 0 && spent.tokens_out == 0)
		return rows;
	checkpoint.model = spent.model;
	checkpoint.tokens_in = spent.tokens_in;
	checkpoint.tokens_out = spent.tokens_out;
	checkpoint.cost = spent.cost;
	checkpoint.duration_ms = (base_clock_ticks() - inner->now.started_at) / 1000.0;
	checkpoint.failure = engine_turn_failure_jsonb(&failure);
	return lappend(rows, checkpoint_row(turn, &checkpoint));
}

void
engine_commit_overtaken(List *turns)
{
	List	   *rows = NIL;
	ListCell   *cell;

	foreach(cell, turns)
	{
		EngineProgress *now = &((EngineTurn *) lfirst(cell))->inner->now;

		if (now->step != NULL && now->node != NULL)
			rows = add_overtaken_row(rows, lfirst(cell));
	}
	base_row_insert_all(rows);
}

/* ---- deliveries ---- */

/* Sets what changes about a delivery: every column, so that nothing of a former
 * attempt stays. */
static void
set_delivery(BaseRow *row, const EngineDeliveryWrite *write)
{
	const EngineDelivery *delivery = write->delivery;
	TimestampTz now = base_clock_now();

	base_row_set_text(row, DELIVERY_STATUS, write->status);
	base_row_set(row, DELIVERY_ATTEMPTS, Int32GetDatum(delivery->attempts));
	if (write->sent_now)
		base_row_set(row, DELIVERY_SENT_AT, TimestampTzGetDatum(now));
	base_row_set_null(row, DELIVERY_SETTLED_AT);
	if (write->settled_now)
		base_row_set(row, DELIVERY_SETTLED_AT, TimestampTzGetDatum(now));
	base_row_set_text(row, DELIVERY_REMOTE_ID, delivery->remote_id);
	base_row_set_null(row, DELIVERY_FAILURE);
	set_jsonb(row, DELIVERY_FAILURE, write->failure);
	base_row_set_null(row, DELIVERY_DUE_AT);
	if (write->delay_ms > 0 && !write->is_insert)
		base_row_set(row, DELIVERY_DUE_AT,
					 TimestampTzGetDatum(TimestampTzPlusMilliseconds(now, write->delay_ms)));
}

static BaseRow *
delivery_row(EngineTurn *turn, const EngineDeliveryWrite *write)
{
	BaseRow    *row = palloc(sizeof(BaseRow));

	base_row_init(row, &engine_deliveries);
	base_row_set(row, DELIVERY_ACCOUNT_ID, Int32GetDatum(turn->account_id));
	base_row_set(row, DELIVERY_THREAD_ID, UUIDPGetDatum(&turn->thread_id));
	base_row_set(row, DELIVERY_SEQ, Int64GetDatum(write->delivery->seq));
	base_row_set_text(row, DELIVERY_KIND, write->delivery->kind->name);
	set_jsonb(row, DELIVERY_PAYLOAD, write->delivery->payload);
	base_row_set(row, DELIVERY_MAIL_SEQ, Int64GetDatum(write->delivery->mail_seq));
	base_row_set(row, DELIVERY_CREATED_AT, TimestampTzGetDatum(base_clock_now()));
	set_delivery(row, write);
	return row;
}

/* A person may be editing it at the same time. */
static void
update_delivery(EngineTurn *turn, const EngineDeliveryWrite *write)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(write->delivery->seq)};
	BaseRow		row;

	do
	{
		if (!base_row_find(&engine_deliveries, 0, key, &row))
			return;
		set_delivery(&row, write);
	} while (!base_row_try_update(&row));
}

/* Inserts those decided in this tick in one go, and updates the others. */
static void
write_deliveries(List *turns)
{
	List	   *rows = NIL;
	ListCell   *cell;
	ListCell   *inner_cell;

	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		foreach(inner_cell, turn->inner->now.delivery_writes)
		{
			EngineDeliveryWrite *write = lfirst(inner_cell);

			if (write->is_insert)
				rows = lappend(rows, delivery_row(turn, write));
			else
				update_delivery(turn, write);
		}
	}
	base_row_insert_all(rows);
}

/* What leaves now, or has taken effect in this commit, must be on disk. */
static void
require_durable_commit(List *turns)
{
	ListCell   *cell;
	ListCell   *inner_cell;

	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		foreach(inner_cell, turn->inner->now.delivery_writes)
		{
			EngineDeliveryWrite *write = lfirst(inner_cell);

			if (!write->sent_now && !(write->is_insert && write->settled_now))
				continue;
			SetConfigOption("synchronous_commit", "on", PGC_USERSET, PGC_S_SESSION);
			return;
		}
	}
	SetConfigOption("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION);
}

void
engine_commit_write(List *turns)
{
	ListCell   *cell;

	require_durable_commit(turns);
	write_checkpoints(turns);
	write_deliveries(turns);
	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		engine_rest_write(turn);
		if (engine_rest_ends_turn(&turn->inner->now) && turn->first_mail != 0)
			engine_mailbox_delete_read(turn);
	}
}
