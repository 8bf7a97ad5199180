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
#include "base/base_settings.h"
#include "engine/engine_commit.h"
#include "engine/engine_table.h"
#include "engine/engine_wake.h"

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
	EngineFailure failure = {.failure_class = "overtaken",
	.text = "another claim of the thread had begun; the result was dropped"};
	EngineCheckpoint checkpoint = {.seq = -turn->epoch, .turn = inner->turn_number,
		.node = inner->now.node->name, .patch = base_jsonb_parse("{}"),
	.attempt = inner->now.attempt, .mail_seq = turn->last_mail};

	if (inner->call_done && inner->now.waiting == ENGINE_WAIT_CALL && inner->now.node->kind->book)
		inner->now.node->kind->book(turn, &spent, http_transfer_response(inner->call));
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

/* ---- threads at rest ---- */

/*
 * When a finished turn's thread has to be looked at again: when what it awaits
 * is overdue; mail that arrived during the turn waits for its own quiet time.
 * 0: nothing to do.
 */
static TimestampTz
next_due(EngineTurn *turn)
{
	TimestampTz due = turn->inner->now.due_at;
	TimestampTz quiet;

	if (turn->inner->wake_seq <= turn->last_mail)
		return due;
	quiet = TimestampTzPlusMilliseconds(base_clock_now(), setting_quiet_time);
	return due == 0 ? quiet : Min(due, quiet);
}

/* The row of a locked thread, to be changed. */
static void
find_thread(EngineTurn *turn, BaseRow *row)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};

	if (!base_row_find(&engine_threads, 0, key, row))
		elog(ERROR, "a thread that was locked is gone");
}

/* What every rest says: nobody owns the thread, and why it rests. */
static void
set_rest(BaseRow *row, EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	base_row_set_null(row, THREAD_INCARNATION);
	base_row_set_null(row, THREAD_SLOT);
	base_row_set_null(row, THREAD_GENERATION);
	base_row_set(row, THREAD_EVENT_SEQ, Int64GetDatum(now->event_seq));
	base_row_set_text(row, THREAD_STATUS, now->status);
	base_row_set_text(row, THREAD_STATUS_REASON, now->status_reason);
	base_row_set(row, THREAD_UPDATED_AT, TimestampTzGetDatum(base_clock_now()));
}

static void
set_finished(BaseRow *row, EngineTurn *turn, TimestampTz due)
{
	EngineProgress *now = &turn->inner->now;
	int64		queued = base_row_int64(row, THREAD_QUEUED_SEQ, 0);

	base_row_set(row, THREAD_QUEUED_SEQ, Int64GetDatum(due == 0 ? 0 : Max(queued, 1)));
	base_row_set(row, THREAD_READ_SEQ, Int64GetDatum(turn->last_mail));
	base_row_set(row, THREAD_STEP_SEQ, Int64GetDatum(now->step_seq));
	base_row_set(row, THREAD_LANE_SEQ, Int64GetDatum(now->lane_seq));
	base_row_set(row, THREAD_LANE_HEAD, Int64GetDatum(now->lane_head));
	base_row_set(row, THREAD_TURNS, Int32GetDatum(turn->inner->turn_number));
	base_row_set(row, THREAD_STATE, JsonbPGetDatum(now->state));
}

/* Takes the thread out of ready, or makes it due at a time ahead. */
static void
leave_ready(EngineTurn *turn, TimestampTz due)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	BaseRow		row;

	if (due != 0)
		engine_wake_at_commit(turn->inner->quota_class, due);
	if (!base_row_find(&engine_ready, 0, key, &row))
		return;
	if (due == 0)
	{
		base_row_delete(&row);
		return;
	}
	base_row_set_null(&row, READY_INCARNATION);
	base_row_set_null(&row, READY_SLOT);
	base_row_set_null(&row, READY_GENERATION);
	base_row_set(&row, READY_DUE_AT, TimestampTzGetDatum(due));
	base_row_set(&row, READY_FIRST_AT, TimestampTzGetDatum(base_clock_now()));
	base_row_update(&row);
}

static void
delete_mail(EngineTurn *turn)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	ListCell   *cell;

	foreach(cell, base_row_list(&engine_mailbox, 0, 2, key))
	{
		BaseRow    *row = lfirst(cell);

		if (base_row_int64(row, MAIL_SEQ, 0) <= turn->last_mail)
			base_row_delete(row);
	}
}

/* A turn to be resumed: its mail and patches stay, so state does not move. */
static void
write_pause(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	BaseRow		row;

	if (now->awaiting && turn->inner->wake_seq > turn->last_mail)
		now->resume_at = Min(now->resume_at, next_due(turn));
	find_thread(turn, &row);
	set_rest(&row, turn);
	base_row_update(&row);
	leave_ready(turn, now->resume_at);
}

static void
write_finished(EngineTurn *turn)
{
	TimestampTz due = next_due(turn);
	BaseRow		row;

	find_thread(turn, &row);
	set_rest(&row, turn);
	set_finished(&row, turn, due);
	base_row_update(&row);
	leave_ready(turn, due);
	if (turn->first_mail != 0)
		delete_mail(turn);
}

/* Numbers that were drawn for messages. */
static void
write_number(EngineTurn *turn)
{
	BaseRow		row;

	find_thread(turn, &row);
	base_row_set(&row, THREAD_EVENT_SEQ, Int64GetDatum(turn->inner->now.event_seq));
	base_row_update(&row);
}

static void
write_rest(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->resting && now->resume_at != 0)
		write_pause(turn);
	else if (now->resting)
		write_finished(turn);
	else if (now->event_seq != turn->inner->locked_event_seq)
		write_number(turn);
}

void
engine_commit_write(List *turns)
{
	ListCell   *cell;

	require_durable_commit(turns);
	write_checkpoints(turns);
	write_deliveries(turns);
	foreach(cell, turns)
		write_rest(lfirst(cell));
}
