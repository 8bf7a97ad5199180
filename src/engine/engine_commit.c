/*
 * engine_commit.c
 *	  Writes what the turns of a tick decided: one statement per table, however
 *	  many turns there are.
 *
 * Runs in an engine worker, inside the tick's transaction, with the threads'
 * rows locked, so plain updates by key are safe.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_arrays.h"
#include "engine/engine_internal.h"
#include "engine/engine_wake.h"

static BaseStatement insert_checkpoints = {
	"INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, snapshot,"
	" model, tokens_in, tokens_out, cost, duration_ms, attempt, mail_seq, failure, created_at) "
	"SELECT u.*, $17 FROM unnest($1::int4[], $2::uuid[], $3::int8[], $4::int4[], $5::text[], $6::text[],"
	" $7::jsonb[], $8::jsonb[], $9::text[], $10::int4[], $11::int4[], $12::float8[], $13::float8[],"
	" $14::int2[], $15::int8[], $16::jsonb[]) u",
	{INT4ARRAYOID, UUIDARRAYOID, INT8ARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
		JSONBARRAYOID, JSONBARRAYOID, TEXTARRAYOID, INT4ARRAYOID, INT4ARRAYOID, FLOAT8ARRAYOID,
	FLOAT8ARRAYOID, INT2ARRAYOID, INT8ARRAYOID, JSONBARRAYOID, TIMESTAMPTZOID}
};

static BaseStatement insert_deliveries = {
	"INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, status, attempts,"
	" sent_at, settled_at, remote_id, failure, created_at) "
	"SELECT u.*, $12 FROM unnest($1::int4[], $2::uuid[], $3::int8[], $4::text[], $5::jsonb[], $6::text[],"
	" $7::int4[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::jsonb[]) u",
	{INT4ARRAYOID, UUIDARRAYOID, INT8ARRAYOID, TEXTARRAYOID, JSONBARRAYOID, TEXTARRAYOID,
		INT4ARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, JSONBARRAYOID,
	TIMESTAMPTZOID}
};

static BaseStatement update_deliveries = {
	"UPDATE frontdesk.deliveries d SET status = u.status, attempts = u.attempts,"
	" sent_at = coalesce(u.sent_at, d.sent_at), settled_at = u.settled_at,"
	" remote_id = u.remote_id, failure = u.failure, due_at = u.due_at "
	"FROM unnest($1::int4[], $2::uuid[], $3::int8[], $4::text[], $5::jsonb[], $6::text[],"
	" $7::int4[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::jsonb[], $12::timestamptz[]) "
	"u(account_id, thread_id, seq, kind, payload, status, attempts, sent_at, settled_at, remote_id, failure, due_at) "
	"WHERE d.account_id = u.account_id AND d.thread_id = u.thread_id AND d.seq = u.seq",
	{INT4ARRAYOID, UUIDARRAYOID, INT8ARRAYOID, TEXTARRAYOID, JSONBARRAYOID, TEXTARRAYOID,
		INT4ARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, JSONBARRAYOID,
	TIMESTAMPTZARRAYOID}
};

static BaseStatement rest_threads = {
	"UPDATE frontdesk.threads t SET incarnation = NULL, slot = NULL, generation = NULL,"
	" queued_seq = CASE WHEN u.due_at IS NULL THEN 0 ELSE greatest(t.queued_seq, 1) END,"
	" event_seq = u.event_seq, read_seq = u.read_seq, step_seq = u.step_seq, lane_seq = u.lane_seq,"
	" lane_head = u.lane_head, turns = u.turns, status = u.status, status_reason = u.status_reason,"
	" updated_at = $13, state = u.state "
	"FROM unnest($1::int4[], $2::uuid[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int8[], $7::int8[],"
	" $8::int8[], $9::int4[], $10::text[], $11::text[], $12::jsonb[]) "
	"u(account_id, id, due_at, event_seq, read_seq, step_seq, lane_seq, lane_head, turns, status, status_reason, state) "
	"WHERE t.account_id = u.account_id AND t.id = u.id",
	{INT4ARRAYOID, UUIDARRAYOID, TIMESTAMPTZARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
		INT8ARRAYOID, INT8ARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, JSONBARRAYOID,
	TIMESTAMPTZOID}
};

/* A turn to be resumed: its mail and patches stay, so state does not move. */
static BaseStatement pause_threads = {
	"UPDATE frontdesk.threads t SET incarnation = NULL, slot = NULL, generation = NULL,"
	" event_seq = u.event_seq, status = u.status, status_reason = u.status_reason, updated_at = $7 "
	"FROM unnest($1::int4[], $2::uuid[], $3::timestamptz[], $4::int8[], $5::text[], $6::text[]) "
	"u(account_id, id, due_at, event_seq, status, status_reason) "
	"WHERE t.account_id = u.account_id AND t.id = u.id",
	{INT4ARRAYOID, UUIDARRAYOID, TIMESTAMPTZARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
	TIMESTAMPTZOID}
};

static BaseStatement number_threads = {
	"UPDATE frontdesk.threads t SET event_seq = u.event_seq "
	"FROM unnest($1::int4[], $2::uuid[], $3::int8[]) u(account_id, id, event_seq) "
	"WHERE t.account_id = u.account_id AND t.id = u.id",
	{INT4ARRAYOID, UUIDARRAYOID, INT8ARRAYOID}
};

static BaseStatement leave_ready = {
	"DELETE FROM frontdesk.ready r USING unnest($1::int4[], $2::uuid[]) u(account_id, id) "
	"WHERE r.account_id = u.account_id AND r.thread_id = u.id",
	{INT4ARRAYOID, UUIDARRAYOID}
};

static BaseStatement stay_ready = {
	"UPDATE frontdesk.ready r SET incarnation = NULL, slot = NULL, generation = NULL, due_at = u.due_at, first_at = $4 "
	"FROM unnest($1::int4[], $2::uuid[], $3::timestamptz[]) u(account_id, id, due_at) "
	"WHERE r.account_id = u.account_id AND r.thread_id = u.id",
	{INT4ARRAYOID, UUIDARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID}
};

static BaseStatement delete_mail = {
	"DELETE FROM frontdesk.mailbox m USING unnest($1::int4[], $2::uuid[], $3::int8[]) u(account_id, id, seq) "
	"WHERE m.account_id = u.account_id AND m.thread_id = u.id AND m.seq <= u.seq",
	{INT4ARRAYOID, UUIDARRAYOID, INT8ARRAYOID}
};

static void
begin_row(EngineArrays *arrays, EngineTurn *turn)
{
	engine_arrays_add_row(arrays);
	engine_arrays_set(arrays, 0, Int32GetDatum(turn->account_id));
	engine_arrays_set(arrays, 1, UUIDPGetDatum(&turn->thread_id));
}

static void
run_with_time(EngineArrays *arrays, BaseStatement *statement)
{
	Datum		values[ENGINE_MAX_COLUMNS + 1];

	if (arrays->row_count == 0)
		return;
	engine_arrays_build(arrays, values);
	values[arrays->column_count] = TimestampTzGetDatum(base_clock_now());
	base_spi_execute(statement, values, NULL);
}

/* ---- checkpoints ---- */

static void
set_jsonb(EngineArrays *arrays, int column, Jsonb *value)
{
	if (value != NULL)
		engine_arrays_set(arrays, column, JsonbPGetDatum(value));
}

static void
add_checkpoint_row(EngineArrays *arrays, EngineTurn *turn, EngineCheckpoint *checkpoint)
{
	begin_row(arrays, turn);
	engine_arrays_set(arrays, 2, Int64GetDatum(checkpoint->seq));
	engine_arrays_set(arrays, 3, Int32GetDatum(checkpoint->turn));
	engine_arrays_set_text(arrays, 4, checkpoint->node);
	engine_arrays_set_text(arrays, 5, checkpoint->next_node);
	set_jsonb(arrays, 6, checkpoint->patch);
	set_jsonb(arrays, 7, checkpoint->snapshot);
	if (checkpoint->model != NULL)
	{
		engine_arrays_set_text(arrays, 8, checkpoint->model);
		engine_arrays_set(arrays, 9, Int32GetDatum(checkpoint->tokens_in));
		engine_arrays_set(arrays, 10, Int32GetDatum(checkpoint->tokens_out));
		engine_arrays_set(arrays, 11, Float8GetDatum(checkpoint->cost));
	}
	engine_arrays_set(arrays, 12, Float8GetDatum(checkpoint->duration_ms));
	engine_arrays_set(arrays, 13, Int16GetDatum(checkpoint->attempt));
	engine_arrays_set(arrays, 14, Int64GetDatum(checkpoint->mail_seq));
	set_jsonb(arrays, 15, checkpoint->failure);
}

static void
init_checkpoint_rows(EngineArrays *arrays, int room)
{
	static const Oid types[] = {INT4OID, UUIDOID, INT8OID, INT4OID, TEXTOID, TEXTOID, JSONBOID,
		JSONBOID, TEXTOID, INT4OID, INT4OID, FLOAT8OID, FLOAT8OID, INT2OID, INT8OID, JSONBOID,
	InvalidOid};

	engine_arrays_init(arrays, types, room);
}

static void
write_checkpoints(List *turns)
{
	EngineArrays arrays;
	ListCell   *cell;
	ListCell   *inner_cell;

	init_checkpoint_rows(&arrays, list_length(turns));
	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		foreach(inner_cell, turn->inner->now.checkpoints)
			add_checkpoint_row(&arrays, turn, lfirst(inner_cell));
	}
	run_with_time(&arrays, &insert_checkpoints);
}

/* What an overtaken turn paid for: the answer it holds, and attempts before. */
static void
add_overtaken_row(EngineArrays *arrays, EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;
	EngineStep	spent = *inner->now.step;
	EngineFailure failure = {.failure_class = "overtaken",
	.text = "another claim of the thread had begun; the result was dropped"};
	EngineCheckpoint checkpoint = {.seq = -turn->epoch, .turn = inner->turn_number,
		.node = inner->now.node->name, .patch = base_jsonb_parse("{}"),
	.attempt = inner->now.attempt, .mail_seq = turn->last_mail};

	if (inner->call_done && inner->now.waiting == ENGINE_WAIT_CALL && inner->now.node->kind->book)
		inner->now.node->kind->book(turn, &spent, http_call_response(inner->call));
	if (spent.tokens_in == 0 && spent.tokens_out == 0)
		return;
	checkpoint.model = spent.model;
	checkpoint.tokens_in = spent.tokens_in;
	checkpoint.tokens_out = spent.tokens_out;
	checkpoint.cost = spent.cost;
	checkpoint.duration_ms = (base_clock_ticks() - inner->now.started_at) / 1000.0;
	checkpoint.failure = engine_turn_failure_jsonb(&failure);
	add_checkpoint_row(arrays, turn, &checkpoint);
}

void
engine_commit_overtaken(List *turns)
{
	EngineArrays arrays;
	ListCell   *cell;

	if (turns == NIL)
		return;
	init_checkpoint_rows(&arrays, list_length(turns));
	foreach(cell, turns)
	{
		EngineProgress *now = &((EngineTurn *) lfirst(cell))->inner->now;

		if (now->step != NULL && now->node != NULL)
			add_overtaken_row(&arrays, lfirst(cell));
	}
	run_with_time(&arrays, &insert_checkpoints);
}

/* ---- deliveries ---- */

static void
add_delivery_row(EngineArrays *arrays, EngineTurn *turn, EngineDeliveryWrite *write, Datum now)
{
	EngineDelivery *delivery = write->delivery;

	begin_row(arrays, turn);
	engine_arrays_set(arrays, 2, Int64GetDatum(delivery->seq));
	engine_arrays_set_text(arrays, 3, delivery->kind->name);
	set_jsonb(arrays, 4, delivery->payload);
	engine_arrays_set_text(arrays, 5, write->status);
	engine_arrays_set(arrays, 6, Int32GetDatum(delivery->attempts));
	if (write->sent_now)
		engine_arrays_set(arrays, 7, now);
	if (write->settled_now)
		engine_arrays_set(arrays, 8, now);
	engine_arrays_set_text(arrays, 9, delivery->remote_id);
	set_jsonb(arrays, 10, write->failure);
	if (write->delay_ms > 0 && !write->is_insert)
		engine_arrays_set(arrays, 11, TimestampTzGetDatum(TimestampTzPlusMilliseconds(DatumGetTimestampTz(now),
																					  write->delay_ms)));
}

static void
write_deliveries(List *turns, bool inserts)
{
	static const Oid insert_types[] = {INT4OID, UUIDOID, INT8OID, TEXTOID, JSONBOID, TEXTOID, INT4OID,
	TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, JSONBOID, InvalidOid};
	static const Oid update_types[] = {INT4OID, UUIDOID, INT8OID, TEXTOID, JSONBOID, TEXTOID, INT4OID,
	TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, JSONBOID, TIMESTAMPTZOID, InvalidOid};
	EngineArrays arrays;
	ListCell   *cell;
	ListCell   *inner_cell;
	Datum		now = TimestampTzGetDatum(base_clock_now());

	engine_arrays_init(&arrays, inserts ? insert_types : update_types, list_length(turns));
	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		foreach(inner_cell, turn->inner->now.delivery_writes)
		{
			EngineDeliveryWrite *write = lfirst(inner_cell);

			if (write->is_insert == inserts)
				add_delivery_row(&arrays, turn, write, now);
		}
	}
	run_with_time(&arrays, inserts ? &insert_deliveries : &update_deliveries);
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

static void
add_rest_row(EngineArrays *arrays, EngineTurn *turn, TimestampTz due)
{
	EngineProgress *now = &turn->inner->now;

	begin_row(arrays, turn);
	if (due != 0)
		engine_arrays_set(arrays, 2, TimestampTzGetDatum(due));
	engine_arrays_set(arrays, 3, Int64GetDatum(now->event_seq));
	engine_arrays_set(arrays, 4, Int64GetDatum(turn->last_mail));
	engine_arrays_set(arrays, 5, Int64GetDatum(now->step_seq));
	engine_arrays_set(arrays, 6, Int64GetDatum(now->lane_seq));
	engine_arrays_set(arrays, 7, Int64GetDatum(now->lane_head));
	engine_arrays_set(arrays, 8, Int32GetDatum(turn->inner->turn_number));
	engine_arrays_set_text(arrays, 9, now->status);
	engine_arrays_set_text(arrays, 10, now->status_reason);
	set_jsonb(arrays, 11, now->state);
}

/* What a tick does to ready rows and mailboxes, gathered over its turns. */
typedef struct Rests
{
	EngineArrays rest;
	EngineArrays pause;
	EngineArrays number;
	EngineArrays leave;
	EngineArrays stay;
	EngineArrays mail;
} Rests;

static void
init_rests(Rests *rests, int room)
{
	static const Oid rest_types[] = {INT4OID, UUIDOID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID,
	INT8OID, INT8OID, INT4OID, TEXTOID, TEXTOID, JSONBOID, InvalidOid};
	static const Oid pause_types[] = {INT4OID, UUIDOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, InvalidOid};
	static const Oid seq_types[] = {INT4OID, UUIDOID, INT8OID, InvalidOid};
	static const Oid key_types[] = {INT4OID, UUIDOID, InvalidOid};
	static const Oid due_types[] = {INT4OID, UUIDOID, TIMESTAMPTZOID, InvalidOid};

	engine_arrays_init(&rests->rest, rest_types, room);
	engine_arrays_init(&rests->pause, pause_types, 1);
	engine_arrays_init(&rests->number, seq_types, 1);
	engine_arrays_init(&rests->leave, key_types, room);
	engine_arrays_init(&rests->stay, due_types, 1);
	engine_arrays_init(&rests->mail, seq_types, room);
}

static void
add_stay(Rests *rests, EngineTurn *turn, TimestampTz due)
{
	begin_row(&rests->stay, turn);
	engine_arrays_set(&rests->stay, 2, TimestampTzGetDatum(due));
	engine_wake_at_commit(turn->inner->quota_class, due);
}

static void
add_pause(Rests *rests, EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->awaiting && turn->inner->wake_seq > turn->last_mail)
		now->resume_at = Min(now->resume_at, next_due(turn));
	begin_row(&rests->pause, turn);
	engine_arrays_set(&rests->pause, 2, TimestampTzGetDatum(now->resume_at));
	engine_arrays_set(&rests->pause, 3, Int64GetDatum(now->event_seq));
	engine_arrays_set_text(&rests->pause, 4, now->status);
	engine_arrays_set_text(&rests->pause, 5, now->status_reason);
	add_stay(rests, turn, now->resume_at);
}

static void
add_finished(Rests *rests, EngineTurn *turn)
{
	TimestampTz due = next_due(turn);

	add_rest_row(&rests->rest, turn, due);
	if (due != 0)
		add_stay(rests, turn, due);
	else
		begin_row(&rests->leave, turn);
	if (turn->first_mail != 0)
	{
		begin_row(&rests->mail, turn);
		engine_arrays_set(&rests->mail, 2, Int64GetDatum(turn->last_mail));
	}
}

static void
add_turn(Rests *rests, EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->resting && now->resume_at != 0)
		add_pause(rests, turn);
	else if (now->resting)
		add_finished(rests, turn);
	else if (now->event_seq != turn->inner->locked_event_seq)
	{
		begin_row(&rests->number, turn);
		engine_arrays_set(&rests->number, 2, Int64GetDatum(now->event_seq));
	}
}

static void
write_rests(List *turns)
{
	Rests		rests;
	ListCell   *cell;

	init_rests(&rests, list_length(turns));
	foreach(cell, turns)
		add_turn(&rests, lfirst(cell));
	run_with_time(&rests.rest, &rest_threads);
	run_with_time(&rests.pause, &pause_threads);
	run_with_time(&rests.number, &number_threads);
	run_with_time(&rests.leave, &leave_ready);
	run_with_time(&rests.stay, &stay_ready);
	run_with_time(&rests.mail, &delete_mail);
}

void
engine_commit_write(List *turns)
{
	require_durable_commit(turns);
	if (turns == NIL)
		return;
	write_checkpoints(turns);
	write_deliveries(turns, true);
	write_deliveries(turns, false);
	write_rests(turns);
}
