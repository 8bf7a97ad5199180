/*
 * engine_join.c
 *	  Mail that arrives during a turn joins it.
 *
 * Runs in engine workers.  A customer who writes on while a model thinks about
 * the first words gets one answer to all of them: the call in flight is given
 * up at once, outside any transaction; when it has been quiet for the quiet
 * time, the turn takes the new mail in and walks its graph from the beginning.
 * A result that came back in the same moment is kept as a step, but the turn
 * starts over before the next one.  What is in the lane by then still leaves.
 *
 * Bounded by frontdesk.join_limit, counted from the claim: after it the turn
 * goes on to its answer, and what arrives later gets a turn of its own.  So
 * does what arrives after a person was asked: that is not asked again.
 */
#include "postgres.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "engine/engine_join.h"
#include "engine/engine_mailbox.h"
#include "engine/engine_step.h"

static bool
may_join(EngineTurn *turn)
{
	return !turn->inner->now.concluded && !turn->inner->is_answer &&
		base_clock_ticks() < turn->inner->join_until;
}

void
engine_join_begin(EngineTurn *turn)
{
	turn->inner->join_until = base_clock_ticks() + (int64) setting_join_limit * 1000;
}

static void
wait_for_quiet(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	now->waiting = ENGINE_WAIT_QUIET;
	now->awaited = NULL;
	now->wait_until = Min(base_clock_ticks() + (int64) setting_quiet_time * 1000,
						  turn->inner->join_until);
}

bool
engine_join_hear(EngineTurn *turn)
{
	EngineWaiting waiting = turn->inner->now.waiting;

	if (!may_join(turn) || turn->inner->flight.has_landed)
		return false;
	if (waiting != ENGINE_WAIT_CALL && waiting != ENGINE_WAIT_RETRY &&
		waiting != ENGINE_WAIT_PERMIT && waiting != ENGINE_WAIT_QUIET)
		return false;
	wait_for_quiet(turn);
	return true;
}

/* The node that was being run, for the checkpoint that tells of the new start. */
static void
start_over(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	const EngineNode *left = now->node ? now->node : turn->graph->entry;

	now->node = turn->node = turn->graph->entry;
	turn->inner->is_resumed = false;
	engine_turn_load(&turn, 1);
	now->node = left;
	engine_step_start_over(turn);
}

bool
engine_join_advance(EngineTurn *turn, bool was_quiet)
{
	if (turn->inner->wake_seq <= turn->last_mail)
		return false;
	if (!was_quiet && !may_join(turn))
		return false;
	if (!was_quiet && setting_quiet_time > 0)
	{
		wait_for_quiet(turn);
		return true;
	}
	if (!engine_mailbox_take_later(turn))
		return turn->inner->now.lane != NIL;	/* it goes first */
	start_over(turn);
	return true;
}
