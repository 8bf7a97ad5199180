/*
 * engine_step.c
 *	  One step of a turn: begun, finished, and what follows from how it ended.
 *
 * Runs in an engine worker, inside the tick's transaction, with the thread's
 * row locked.  A node either is done at once (function nodes, the local
 * provider), or asks for a request, which the worker starts after the commit,
 * or waits for room at its provider (engine_limit.c), or ends the turn with
 * something that is answered from outside (a question, a tool's run).
 * Its failures are data: they are retried after a while, then handed to the
 * error node, else the thread becomes a dead letter.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "engine/engine_board.h"
#include "engine/engine_gate.h"
#include "engine/engine_limit.h"
#include "engine/engine_rest.h"
#include "engine/engine_step.h"
#include "http/http_retry.h"

/* A longer wait than this is slept in the ready table, not in the worker. */
#define LONGEST_WAIT_MS 60000

#define STEP_CONTEXT "frontdesk step"

/* Adds a checkpoint for the node just run; next is where the turn goes. */
static void
add_checkpoint(EngineTurn *turn, const EngineNode *next, Jsonb *failure)
{
	EngineProgress *now = &turn->inner->now;
	EngineStep *step = now->step;
	EngineCheckpoint *checkpoint = palloc0(sizeof(EngineCheckpoint));

	checkpoint->seq = ++now->step_seq;
	checkpoint->turn = turn->inner->turn_number;
	checkpoint->node = now->node->name;
	checkpoint->next_node = next ? next->name : NULL;
	checkpoint->patch = now->unwritten ? now->unwritten : base_jsonb_parse("{}");
	if (now->step_seq % setting_checkpoint_snapshot_every == 0)
		checkpoint->snapshot = now->state;
	checkpoint->model = step->model;
	checkpoint->tokens_in = step->tokens_in;
	checkpoint->tokens_out = step->tokens_out;
	checkpoint->cost = step->cost;
	checkpoint->duration_ms = (base_clock_ticks() - now->started_at) / 1000.0;
	checkpoint->attempt = now->attempt;
	checkpoint->mail_seq = turn->last_mail;
	checkpoint->failure = failure;
	now->checkpoints = lappend(list_copy(now->checkpoints), checkpoint);
	now->unwritten = NULL;
}

static void
move_to(EngineTurn *turn, const EngineNode *next)
{
	EngineProgress *now = &turn->inner->now;

	now->node = turn->node = next;
	now->step = NULL;
	now->attempt = 1;
	now->awaiting = false;
	now->waiting = ENGINE_WAIT_NOTHING;
}

/* Comes to rest with the node still to be tried; for waits too long to hold. */
static void
rest_until(EngineTurn *turn, int64 delay_ms)
{
	EngineProgress *now = &turn->inner->now;

	add_checkpoint(turn, now->node, engine_turn_failure_jsonb(&now->step->failure));
	engine_rest_for(turn, delay_ms * 1000, psprintf("step %s is tried again", now->node->name));
}

/* Tries again, here or out of the ready table; else the error node goes on, and
 * without one the thread is a dead letter.  People shall see either. */
static void
step_failed(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	const EngineFailure *failure = &now->step->failure;
	const EngineNode *node = now->node;
	int64		delay_ms;

	if (failure->retryable && !engine_turn_is_last_attempt(turn))
	{
		now->awaiting = false;	/* it is begun anew */
		delay_ms = http_retry_delay_ms(now->attempt, failure->retry_after_ms);
		if (delay_ms > LONGEST_WAIT_MS)
		{
			rest_until(turn, delay_ms);
			return;
		}
		now->attempt++;
		now->waiting = ENGINE_WAIT_RETRY;
		now->wait_until = base_clock_ticks() + delay_ms * 1000;
		return;
	}

	engine_turn_merge(turn, base_jsonb_parse("{\"needs_human\": true}"));
	add_checkpoint(turn, node->error_node, engine_turn_failure_jsonb(failure));
	if (node->error_node != NULL)
	{
		move_to(turn, node->error_node);
		return;
	}
	engine_rest_as_dead_letter(turn, psprintf("step %s: %s", node->name,
											  failure->text ? failure->text : "failed"));
}

/* Takes the patch in and goes on; a state that would be too long for it makes the
 * step a failed one. */
static void
step_done(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	const EngineFailure *failure = &now->step->failure;
	const EngineNode *next;

	if (now->step->patch && !engine_turn_take_patch(turn, now->step, now->step->patch))
	{
		step_failed(turn);
		return;
	}
	next = now->step->next ? now->step->next : engine_graph_next(now->node, now->state);
	add_checkpoint(
		turn, next,
		failure->failure_class != HTTP_FAILURE_NONE ? engine_turn_failure_jsonb(failure) : NULL);
	move_to(turn, next);
}

/*
 * A turn that rests before its step was done: failed attempts and what they
 * have cost are written down, so that the next claim goes on counting.
 */
static void
keep_attempts(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineFailure failure = {.failure_class = HTTP_FAILURE_LIMIT, .text = now->rest_reason};

	if (now->attempt == 1 && now->step->cost == 0 && now->step->tokens_in == 0)
		return;
	now->attempt--;
	add_checkpoint(turn, now->node, engine_turn_failure_jsonb(&failure));
}

/*
 * Sends the request, which lives in turn->context, when it may.  Work may have
 * been paused while the turn waited for a permit, or for a former answer.
 */
void
engine_step_send(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (engine_gate_holds(turn->account_id, turn->inner->is_fresh))
	{
		engine_rest_held(turn);
		keep_attempts(turn);
		return;
	}
	if (!engine_limit_admit(turn, &now->step->request, ENGINE_WAIT_PERMIT))
	{
		if (now->resting)
			keep_attempts(turn);
		return;
	}
	if (now->step->request.timeout_ms == 0)
		now->step->request.timeout_ms = now->node->timeout_ms;
	now->outgoing = &now->step->request;
	now->waiting = ENGINE_WAIT_CALL;
}

/* The node wants to be begun later. */
static void
step_waits(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->step->wait_ms <= LONGEST_WAIT_MS)
	{
		now->waiting = ENGINE_WAIT_RETRY;
		now->wait_until = base_clock_ticks() + now->step->wait_ms * 1000;
		return;
	}
	engine_rest_for(turn, now->step->wait_ms * 1000, now->step->wait_reason);
	keep_attempts(turn);
}

/*
 * Comes to rest at the node.  The first time that is the end of a turn, with a
 * checkpoint that leads to the node itself; later on nothing has happened, and
 * neither state nor mail moves.
 */
static void
step_awaits(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (!now->awaiting)
		add_checkpoint(turn, now->node, NULL);
	engine_rest_awaiting(turn, &now->step->await);
}

/* Does what the node kind has said is to follow. */
static void
act_on(EngineTurn *turn, EngineStepState state)
{
	switch (state)
	{
		case ENGINE_STEP_DONE:
			step_done(turn);
			break;
		case ENGINE_STEP_CALL:
			engine_step_send(turn);
			break;
		case ENGINE_STEP_WAIT:
			step_waits(turn);
			break;
		case ENGINE_STEP_AWAIT:
			step_awaits(turn);
			break;
		case ENGINE_STEP_FAILED:
			step_failed(turn);
			break;
	}
}

/* A step of the node at hand; what its failed attempts have cost stays booked. */
static EngineStep *
create_step(EngineTurn *turn, const EngineStep *failed)
{
	MemoryContext context = AllocSetContextCreate(turn->context, STEP_CONTEXT,
												  ALLOCSET_START_SMALL_SIZES);
	EngineStep *step = MemoryContextAllocZero(context, sizeof(EngineStep));

	step->context = context;
	step->failure.retry_after_ms = -1;
	http_limit_report_init(&step->report);
	if (failed != NULL)
	{
		step->tokens_in = failed->tokens_in;
		step->tokens_out = failed->tokens_out;
		step->cost = failed->cost;
	}
	return step;
}

void
engine_step_begin(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	MemoryContext caller;
	EngineStepState state;

	now->step = create_step(turn, now->step);
	turn->node = now->node;
	if (now->attempt == 1 || now->awaiting)
		now->started_at = base_clock_ticks();
	caller = MemoryContextSwitchTo(now->step->context);
	state = now->awaiting ? now->node->kind->resume(turn, now->step)
		: now->node->kind->begin(turn, now->step);
	MemoryContextSwitchTo(caller);
	act_on(turn, state);
}

/*
 * The tick is written: only the step under way is needed on.  Thousands of
 * turns wait at the same time, so what a step leaves behind must not add up.
 */
void
engine_step_forget_done(EngineTurn *turn)
{
	const EngineStep *step = turn->inner->now.step;
	MemoryContext next;

	for (MemoryContext child = turn->context->firstchild; child != NULL; child = next)
	{
		next = child->nextchild;
		if (strcmp(child->name, STEP_CONTEXT) == 0 && (step == NULL || child != step->context))
			MemoryContextDelete(child);
	}
}

/*
 * The step object is shared with the saved progress, so finish works on a copy
 * of it: a tick that fails must be able to run finish again.
 */
void
engine_step_finish(EngineTurn *turn, const HttpResponse *response)
{
	EngineProgress *now = &turn->inner->now;
	MemoryContext caller = MemoryContextSwitchTo(now->step->context);
	EngineStep *step = palloc(sizeof(EngineStep));
	EngineStepState state;
	double		cost_before;

	memcpy(step, now->step, sizeof(EngineStep));
	http_limit_report_init(&step->report);
	cost_before = step->cost;
	now->step = step;
	now->waiting = ENGINE_WAIT_NOTHING;
	turn->node = now->node;
	state = now->node->kind->finish(turn, step, response);
	MemoryContextSwitchTo(caller);
	turn->inner->flight.report = step->report;
	if (step->report.is_refused)
		engine_board_count(ENGINE_BOARD_KEYS_REFUSED, 1);
	turn->inner->flight.cost = step->cost - cost_before;
	act_on(turn, state);
}

void
engine_step_start_over(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineFailure joined = {.failure_class = HTTP_FAILURE_JOINED,
	.text = "new mail has arrived: the turn starts over with it"};

	/* what failed attempts have cost is booked here, once */
	now->step = create_step(turn, now->step);
	if (now->started_at == 0)
		now->started_at = base_clock_ticks();
	add_checkpoint(turn, turn->graph->entry, engine_turn_failure_jsonb(&joined));
	move_to(turn, turn->graph->entry);
}

/*
 * Lets go of a turn that may begin nothing; it goes on from here when work is
 * resumed.  An attempt that waits for the next one is written down, so that
 * it counts and its cost stays booked.
 */
void
engine_step_hold_back(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineFailure held = {.failure_class = HTTP_FAILURE_LIMIT, .text = ENGINE_GATE_HELD};

	if (now->attempt > 1 && now->step != NULL)
	{
		bool		has_failed = now->step->failure.failure_class != HTTP_FAILURE_NONE;

		now->attempt--;
		add_checkpoint(turn, now->node,
					   engine_turn_failure_jsonb(has_failed ? &now->step->failure : &held));
	}
	engine_rest_held(turn);
}
