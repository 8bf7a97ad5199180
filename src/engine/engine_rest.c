/*
 * engine_rest.c
 *	  How a thread comes to rest: what it is then, why, and when it is due.
 *
 * Runs in an engine worker, inside the tick's transaction, with the thread's
 * row locked; a dead letter for an error, and what is put aside, are written in
 * a transaction of their own.  Nobody else writes that a turn rests, as what,
 * for which reason and until when; SQL that people call does in
 * engine_replay.sql, engine_delivery.sql, engine_thread.sql and
 * engine_rehearsal.sql, with the thread locked and owned by nobody.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_gate.h"
#include "engine/engine_rest.h"
#include "engine/engine_table.h"
#include "engine/engine_wake.h"

static BaseStatement put_aside = {
	"WITH free AS MATERIALIZED (SELECT t.account_id, t.id FROM frontdesk.threads t"
	" WHERE t.account_id = $1 AND t.id = $2 AND t.slot IS NULL FOR NO KEY UPDATE SKIP LOCKED) "
	"UPDATE frontdesk.ready r SET due_at = greatest(r.due_at, $3) FROM free f"
	" WHERE r.account_id = f.account_id AND r.thread_id = f.id AND r.slot IS NULL",
	{INT4OID, UUIDOID, TIMESTAMPTZOID}
};

static BaseStatement fail_thread = {
	"WITH failed AS (UPDATE frontdesk.threads SET " ENGINE_REST_UNOWNED ","
	" epoch = epoch + 1, queued_seq = 0, status = '" ENGINE_REST_FAILED "', status_reason = $3, updated_at = $4"
	" WHERE account_id = $1 AND id = $2) "
	"DELETE FROM frontdesk.ready WHERE account_id = $1 AND thread_id = $2",
	{INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};

#define BIT(state) (1 << (state))
#define ANY_STATE (BIT(ENGINE_THREAD_IDLE) | BIT(ENGINE_THREAD_ASKING) | \
				   BIT(ENGINE_THREAD_WAITING) | BIT(ENGINE_THREAD_FAILED))

/*
 * The states of a thread at rest.  A turn that walks its graph may come to rest
 * as anything.  One that was claimed for its lane alone, or for a question or a
 * run that is still open, may only lead to the states in `next`: it asks nothing
 * new and fails at nothing, and a dead letter stays one until it walks again.
 */
static const struct
{
	const char *word;			/* threads.status */
	int			next;
}			states[] = {
	[ENGINE_THREAD_IDLE] = {ENGINE_REST_IDLE, BIT(ENGINE_THREAD_IDLE) | BIT(ENGINE_THREAD_WAITING)},
	[ENGINE_THREAD_ASKING] = {ENGINE_REST_ASKING, ANY_STATE & ~BIT(ENGINE_THREAD_FAILED)},
	[ENGINE_THREAD_WAITING] = {ENGINE_REST_WAITING, ANY_STATE & ~BIT(ENGINE_THREAD_FAILED)},
	[ENGINE_THREAD_FAILED] = {ENGINE_REST_FAILED, BIT(ENGINE_THREAD_FAILED)},
};

/* ---- deciding ---- */

EngineThreadState
engine_rest_state_of(const char *word)
{
	for (int i = 0; i < lengthof(states); i++)
		if (strcmp(states[i].word, word) == 0)
			return (EngineThreadState) i;
	elog(ERROR, "a thread has the unknown status \"%s\"", word);
}

/* Whether there was mail, an answer, or a former claim's steps to walk with. */
static bool
walks(const EngineTurnInner *inner)
{
	return inner->has_message || inner->is_answer || inner->former != NIL;
}

/* Brings the turn to rest; a dead letter stays one until it walks again, for as
 * long as its lane may take. */
static void
rest_as(EngineTurn *turn, EngineThreadState state, const char *reason)
{
	EngineTurnInner *inner = turn->inner;
	bool		stays = inner->rested_as == ENGINE_THREAD_FAILED && !walks(inner);

	inner->now.resting = true;
	inner->now.rests_as = stays ? ENGINE_THREAD_FAILED : state;
	inner->now.rest_reason = stays ? inner->rested_for : reason;
}

void
engine_rest_at_end(EngineTurn *turn)
{
	rest_as(turn, ENGINE_THREAD_IDLE, NULL);
}

void
engine_rest_as_dead_letter(EngineTurn *turn, const char *reason)
{
	rest_as(turn, ENGINE_THREAD_FAILED, reason);
}

void
engine_rest_for(EngineTurn *turn, int64 delay_us, const char *reason)
{
	rest_as(turn, ENGINE_THREAD_WAITING, reason);
	turn->inner->now.resume_at = base_clock_now() + delay_us;
}

void
engine_rest_held(EngineTurn *turn)
{
	engine_rest_for(turn, engine_gate_hold_ms() * 1000, ENGINE_GATE_HELD);
}

void
engine_rest_awaiting(EngineTurn *turn, const EngineAwait *await)
{
	EngineProgress *now = &turn->inner->now;
	TimestampTz due_at = await->due_at ? await->due_at : DT_NOEND;

	rest_as(turn, await->rests_as, await->reason);
	if (now->awaiting)
		now->resume_at = due_at;
	else
		now->due_at = due_at;
}

bool
engine_rest_ends_turn(const EngineProgress *now)
{
	return now->resting && now->resume_at == 0;
}

/* ---- writing ---- */

/* Refuses a rest that nothing here can have meant: it would strand the thread,
 * or take a dead letter out of sight. */
static void
check_rest(EngineTurn *turn)
{
	const EngineTurnInner *inner = turn->inner;
	const EngineProgress *now = &inner->now;
	bool		is_due = now->resume_at != 0 || now->due_at != 0;
	bool		comes_back = now->rests_as == ENGINE_THREAD_ASKING ||
		now->rests_as == ENGINE_THREAD_WAITING;
	bool		follows = walks(inner) || (states[inner->rested_as].next & BIT(now->rests_as)) != 0;

	if (!follows || (comes_back && !is_due) || (now->rests_as == ENGINE_THREAD_IDLE && is_due))
		elog(ERROR, "a thread that was %s cannot come to rest as %s, %s", states[inner->rested_as].word,
			 states[now->rests_as].word, is_due ? "due at a time" : "due at no time");
}

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
	base_row_set_text(row, THREAD_STATUS, states[now->rests_as].word);
	base_row_set_text(row, THREAD_STATUS_REASON, now->rest_reason);
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

void
engine_rest_write(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->resting)
		check_rest(turn);
	if (engine_rest_ends_turn(now))
		write_finished(turn);
	else if (now->resting)
		write_pause(turn);
	else if (now->event_seq != turn->inner->locked_event_seq)
		write_number(turn);
}

/* ---- outside of a turn ---- */

void
engine_rest_put_aside(int account_id, const pg_uuid_t *thread_id, int64 ms)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
	TimestampTzGetDatum(TimestampTzPlusMilliseconds(base_clock_now(), ms))};

	base_spi_execute(&put_aside, values, NULL);
}

void
engine_rest_fail_thread(int account_id, const pg_uuid_t *thread_id, const char *reason)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
	CStringGetTextDatum(reason), TimestampTzGetDatum(base_clock_now())};

	base_spi_execute(&fail_thread, values, NULL);
}
