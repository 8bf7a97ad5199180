/*
 * engine_walk.c
 *	  Walks a turn through its graph, lane first, until it waits or rests.
 *
 * Runs in an engine worker, inside the tick's transaction, with the thread's
 * row locked.
 */
#include "postgres.h"

#include "base/base_clock.h"
#include "engine/engine_delivery.h"
#include "engine/engine_gate.h"
#include "engine/engine_join.h"
#include "engine/engine_limit.h"
#include "engine/engine_rest.h"
#include "engine/engine_step.h"
#include "engine/engine_walk.h"

/* The graph has ended: the thread kind says what follows from it. */
static void
conclude(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	turn->node = NULL;
	now->concluded = true;
	if (turn->kind && turn->kind->conclude)
		turn->kind->conclude(turn);
}

/* The end of a graph and its deliveries belong into one commit: concluding is
 * never held back. */
static bool
begins_something(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	return now->lane != NIL || (now->node != NULL && !turn->skip && !now->concluded);
}

/* Ends the turn; what its thread awaited is given up when the turn is skipped. */
static void
end(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->awaiting)
	{
		turn->node = now->node;
		now->node->kind->abandon(turn);
	}
	engine_rest_at_end(turn);
}

static void
take_answer(EngineTurn *turn, const HttpResponse *response)
{
	engine_limit_judge(turn, response);
	if (turn->inner->now.waiting == ENGINE_WAIT_CALL)
		engine_step_finish(turn, response);
	else
		engine_delivery_finish(turn, response);
}

void
engine_walk_advance(EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;
	EngineProgress *now = &inner->now;
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	const HttpResponse *response = engine_flight_response(turn);
	bool		was_quiet = now->waiting == ENGINE_WAIT_QUIET;

	now->awaited = NULL;
	/* what finished */
	if (response)
		take_answer(turn, response);
	else if (now->waiting == ENGINE_WAIT_PERMIT && inner->clearance.permit.held)
		engine_step_send(turn);
	else if (now->waiting == ENGINE_WAIT_RETRY || now->waiting == ENGINE_WAIT_PERMIT || was_quiet)
		now->waiting = ENGINE_WAIT_NOTHING;

	/* what comes next; a former turn's lane goes first */
	while (!now->resting)
	{
		if (now->waiting != ENGINE_WAIT_NOTHING && now->waiting != ENGINE_WAIT_LANE)
			break;
		if (begins_something(turn) && engine_gate_holds(turn->account_id, inner->is_fresh))
			engine_step_hold_back(turn);
		else if (now->lane != NIL)
		{
			engine_delivery_advance(turn);
			if (now->waiting != ENGINE_WAIT_NOTHING)
				break;
		}
		else if (turn->skip || now->concluded)
			end(turn);
		else if (engine_join_advance(turn, was_quiet))
			was_quiet = false;
		else if (now->node != NULL)
			engine_step_begin(turn);
		else
			conclude(turn);
	}
	MemoryContextSwitchTo(caller);
}
