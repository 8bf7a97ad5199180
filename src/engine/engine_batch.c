/*
 * engine_batch.c
 *	  The turns of the tick under way.
 *
 * In one short transaction the results of every request that came back are
 * written, those threads advance, ready threads are claimed into free slots, and
 * what leaves is recorded; after the commit it is started.  A batch whose
 * transaction raised is undone in memory as in the database.
 *
 * Runs in engine workers.  Everything but the turns lives in the tick's context.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "base/base_shmem.h"
#include "engine/engine_batch.h"
#include "engine/engine_board.h"
#include "engine/engine_claim.h"
#include "engine/engine_commit.h"
#include "engine/engine_daemon.h"
#include "engine/engine_flight.h"
#include "engine/engine_gate.h"
#include "engine/engine_holding.h"
#include "engine/engine_limit.h"
#include "engine/engine_share.h"
#include "engine/engine_step.h"
#include "engine/engine_stint.h"
#include "engine/engine_wake.h"
#include "engine/engine_walk.h"

#define CLAIM_AT_MOST 256
#define LOOK_AGAIN_MS 100

EngineBatch engine_batch;

/* ---- gathering ---- */

/* Whether a turn without a call has something to do. */
static bool
is_due(EngineTurnInner *inner, int64 ticks)
{
	return inner->now.awaited ? engine_limit_is_due(inner, ticks) : ticks >= inner->now.wait_until;
}

/* Adds to the list those of these turns that can go on, and keeps what they would be
 * put back to. */
static List *
gather(List *due, dlist_head *turns, int64 ticks)
{
	dlist_iter	iter;

	dlist_foreach(iter, turns)
	{
		EngineTurnInner *inner = dlist_container(EngineTurnInner, link, iter.cur);

		if (engine_batch.one_by_one && due != NIL)
			break;
		if (inner->aside_until != 0 && base_clock_ticks() < inner->aside_until)
			continue;
		inner->aside_until = engine_share_rests_until(inner->turn->account_id);
		if (inner->aside_until != 0 || (!inner->flight.has_landed && !is_due(inner, ticks)))
			continue;
		inner->saved = inner->now;
		inner->saved_first_mail = inner->turn->first_mail;
		inner->saved_last_mail = inner->turn->last_mail;
		inner->saved_subject = inner->turn->subject;
		inner->saved_subject_context = inner->turn->subject_context;
		inner->saved_skip = inner->turn->skip;
		due = lappend(due, inner->turn);
	}
	return due;
}

List *
engine_batch_gather(void)
{
	List	   *due;

	engine_share_begin_tick();
	due = gather(NIL, &engine_holding.finished, 0);
	engine_limit_recount();
	if (!dlist_is_empty(&engine_holding.waiting))
		due = gather(due, &engine_holding.waiting, base_clock_ticks());
	return due;
}

/* ---- claiming ---- */

/* Turns that this worker has room for. */
static int
free_of_all(void)
{
	return setting_max_in_flight - engine_holding.count;
}

/* Those of a class. */
static int
free_of_class(int quota_class)
{
	int			most = quota_class == 0 ? setting_max_in_flight : Max(1, setting_max_in_flight / 4);

	return Min(free_of_all(), most - engine_holding.class_counts[quota_class]);
}

int
engine_batch_room(int quota_class)
{
	int			room = free_of_class(quota_class);

	if (!engine_gate_admits())
		return 0;
	if (engine_batch.one_by_one)
		room = Min(room, engine_batch.turns == NIL ? 1 : 0);
	return Max(0, Min(room, CLAIM_AT_MOST));
}

/* Claims up to the room, of those who come behind what the others leave of it. */
static List *
claim_in_turn(int quota_class, EngineShare share)
{
	List	   *claimed = NIL;
	int			room = share.room;

	engine_claim_threads(quota_class, &share, &claimed);
	if (share.behind_count > 0 && list_length(claimed) < room)
	{
		share.passed_count -= share.behind_count;
		share.room -= list_length(claimed);
		engine_claim_threads(quota_class, &share, &claimed);
	}
	engine_share_note(quota_class, claimed, list_length(claimed) == room);
	return claimed;
}

/*
 * Claims what is due of a class; puts its next due time back.  What is due and
 * was not claimed though there was room is locked by somebody, who wakes us if
 * it is a session that posts mail, or an account's that has its share here, and
 * perhaps not at other workers; what there was no room for is another worker's.
 */
static void
claim_class(int quota_class)
{
	List	   *claimed;
	ListCell   *cell;
	TimestampTz begun_at = base_clock_now();
	TimestampTz due;
	EngineShare share = {.free = free_of_all(), .class_free = free_of_class(quota_class),
	.room = engine_batch_room(quota_class)};

	if (share.room == 0 || engine_wake_next_due(quota_class) > begun_at)
		return;
	engine_share_apply(quota_class, &share);
	engine_wake_take_due(quota_class);
	claimed = claim_in_turn(quota_class, share);
	foreach(cell, claimed)
		engine_holding_add(lfirst(cell), quota_class);
	engine_batch.turns = list_concat(engine_batch.turns, claimed);
	due = engine_claim_earliest_due(quota_class);
	if (list_length(claimed) < share.room && due <= begun_at)
		due = TimestampTzPlusMilliseconds(begun_at, LOOK_AGAIN_MS);
	engine_wake_lower_due(quota_class, due);
	if ((list_length(claimed) == share.room || share.passed_count > 0) && due != PG_INT64_MAX)
		engine_wake_other_workers(quota_class);
}

bool
engine_batch_can_claim(void)
{
	TimestampTz now = base_clock_now();

	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		if (engine_wake_next_due(c) <= now && engine_batch_room(c) > 0)
			return true;
	return false;
}

/* ---- the transaction ---- */

/* Takes out of the batch what somebody else has locked, for a while.  All who
 * ask the same far side would wait for a probe that is not sent. */
static void
set_locked_aside(void)
{
	ListCell   *cell;

	foreach(cell, engine_batch.turns)
	{
		EngineTurn *turn = lfirst(cell);

		if (!turn->inner->locked_out)
			continue;
		engine_holding_put_aside(turn->inner);
		if (turn->inner->clearance.permit.is_probe)
			engine_flight_cancel(turn);
		engine_batch.turns = foreach_delete_current(engine_batch.turns, cell);
	}
}

/* Takes the overtaken turns out of the batch; only their cost is still booked. */
static void
set_overtaken_aside(void)
{
	ListCell   *cell;

	foreach(cell, engine_batch.turns)
	{
		EngineTurn *turn = lfirst(cell);

		if (!turn->inner->stale)
			continue;
		ereport(LOG,
				(errmsg("pg_frontdesk: a turn of account %d was overtaken, its result is dropped",
						turn->account_id)));
		engine_board_count(ENGINE_BOARD_TURNS_STALE, 1);
		engine_batch.turns = foreach_delete_current(engine_batch.turns, cell);
		engine_batch.overtaken = lappend(engine_batch.overtaken, turn);
	}
}

/* Another turn of the account has just computed long, or several together have: this
 * one comes later, whether it was claimed in this tick or is held. */
static bool
lets_others_first(EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;
	int64		until = engine_share_rests_until(turn->account_id);

	if (until == 0)
		return false;
	if (inner->is_fresh)
	{
		inner->now.waiting = ENGINE_WAIT_RETRY;
		inner->now.wait_until = until;
		return true;
	}
	inner->aside_until = until;
	if (inner->clearance.permit.is_probe)
		engine_flight_cancel(turn);
	return true;
}

/* Moves each turn as far as it gets; computing is timed by turn. */
static void
advance_batch(void)
{
	ListCell   *cell;

	foreach(cell, engine_batch.turns)
	{
		EngineTurn *turn = lfirst(cell);

		if (lets_others_first(turn))
		{
			if (!turn->inner->is_fresh)
				engine_batch.turns = foreach_delete_current(engine_batch.turns, cell);
			continue;
		}
		engine_batch.current = turn;
		engine_stint_begin(engine_batch.current->account_id);
		engine_walk_advance(engine_batch.current);
		engine_share_spend(turn->account_id, engine_stint_end());
	}
	engine_batch.current = NULL;
}

void
engine_batch_run(void)
{
	base_configuration_look();
	engine_daemon_begin();
	MemoryContextSwitchTo(engine_batch.context);
	engine_claim_lock(engine_batch.turns);
	set_locked_aside();
	set_overtaken_aside();
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		claim_class(c);
	advance_batch();
	engine_commit_write(engine_batch.turns);
	engine_commit_overtaken(engine_batch.overtaken);
	engine_daemon_commit();
}

/* ---- afterwards ---- */

/* A request that could not even be started counts as one that waits a little;
 * a delivery has not left, whatever its row says. */
static void
start_outgoing(EngineTurn *turn, HttpRequest *outgoing)
{
	EngineProgress *now = &turn->inner->now;

	if (engine_flight_start(turn, outgoing))
		return;
	now->waiting = now->waiting == ENGINE_WAIT_CALL ? ENGINE_WAIT_RETRY : ENGINE_WAIT_LANE;
	now->wait_until = base_clock_ticks() + 1000000;
}

/* Lets go of what the commit has written, and of the answer it used. */
static void
clear_written(EngineTurnInner *inner)
{
	inner->is_fresh = false;
	inner->aside_until = 0;
	inner->aside_ms = 0;
	inner->now.checkpoints = inner->now.delivery_writes = NIL;
	inner->now.outgoing = NULL;
	engine_flight_finish(inner->turn);
	engine_step_forget_done(inner->turn);
	engine_turn_forget_subjects(inner->turn);
}

void
engine_batch_conclude(void)
{
	ListCell   *cell;

	engine_daemon_assert_idle();
	foreach(cell, engine_batch.overtaken)
		engine_holding_drop(lfirst(cell));
	foreach(cell, engine_batch.turns)
	{
		EngineTurn *turn = lfirst(cell);
		HttpRequest *outgoing = turn->inner->now.outgoing;

		engine_board_count_turn(turn);
		clear_written(turn->inner);
		if (turn->inner->now.resting)
		{
			engine_holding_drop(turn);
			continue;
		}
		if (outgoing)
			start_outgoing(turn, outgoing);
		else
			engine_flight_cancel(turn);
		engine_holding_sort(turn);
	}
	/* what raises from here on is not to undo them */
	engine_batch.turns = engine_batch.overtaken = NIL;
}

/*
 * Puts the turns of the batch back to where the last commit left them, behind
 * all others, so that none of them is in the way; what was claimed in the
 * failed transaction was never ours.
 */
void
engine_batch_undo(void)
{
	ListCell   *cell;

	engine_batch.turns = list_concat(engine_batch.turns, engine_batch.overtaken);
	engine_batch.overtaken = NIL;
	foreach(cell, engine_batch.turns)
	{
		EngineTurn *turn = lfirst(cell);
		EngineTurnInner *inner = turn->inner;

		if (inner->is_fresh)
		{
			engine_holding_drop(turn);
			continue;
		}
		engine_flight_cancel(turn);
		inner->now = inner->saved;
		inner->posted = NIL;
		turn->state = inner->now.state;
		turn->first_mail = inner->saved_first_mail;
		turn->last_mail = inner->saved_last_mail;
		turn->subject = inner->saved_subject;
		turn->subject_context = inner->saved_subject_context;
		turn->skip = inner->saved_skip;
		engine_turn_forget_subjects(turn);
		engine_holding_sort(turn);
	}
	engine_batch.turns = NIL;
}
