/*
 * engine_step.c
 *	  Walks a turn through its graph.
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

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_errors.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "engine/engine_gate.h"
#include "engine/engine_internal.h"
#include "engine/engine_tool.h"
#include "engine/engine_limit.h"
#include "http/http_retry.h"

/* A longer wait than this is slept in the ready table, not in the worker. */
#define LONGEST_WAIT_MS 60000

#define STEP_CONTEXT "frontdesk step"

static int
attempts_of(const EngineNode *node)
{
	return node->attempts > 0 ? node->attempts : setting_node_attempts;
}

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

static void
step_done(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	const EngineFailure *failure = &now->step->failure;
	const EngineNode *next;

	if (now->step->patch)
		engine_turn_merge(turn, now->step->patch);
	next = now->step->next ? now->step->next : engine_graph_next(now->node, now->state);
	add_checkpoint(turn, next, failure->failure_class ? engine_turn_failure_jsonb(failure) : NULL);
	move_to(turn, next);
}

/* Comes to rest with the node still to be tried; for waits too long to hold. */
static void
rest_until(EngineTurn *turn, int64 delay_ms)
{
	EngineProgress *now = &turn->inner->now;

	add_checkpoint(turn, now->node, engine_turn_failure_jsonb(&now->step->failure));
	now->resting = true;
	now->status = "waiting";
	now->status_reason = psprintf("step %s is tried again", now->node->name);
	now->resume_at = TimestampTzPlusMilliseconds(base_clock_now(), delay_ms);
}

bool
engine_turn_is_last_attempt(EngineTurn *turn)
{
	return turn->inner->now.attempt >= attempts_of(turn->node);
}

static void
step_failed(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	const EngineFailure *failure = &now->step->failure;
	const EngineNode *node = now->node;
	int64		delay_ms;

	if (failure->retryable && now->attempt < attempts_of(node))
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
	now->resting = true;
	now->status = "failed";
	now->status_reason = psprintf("step %s: %s", node->name,
								  failure->text ? failure->text : "failed");
}

/*
 * A turn that rests before its step was done: failed attempts and what they
 * have cost are written down, so that the next claim goes on counting.
 */
static void
keep_attempts(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineFailure failure = {.failure_class = "limit", .text = now->status_reason};

	if (now->attempt == 1 && now->step->cost == 0 && now->step->tokens_in == 0)
		return;
	now->attempt--;
	add_checkpoint(turn, now->node, engine_turn_failure_jsonb(&failure));
}

/* Lets go of a turn that may begin nothing; it is claimed when work is resumed. */
static void
rest_held(EngineProgress *now)
{
	now->resting = true;
	now->status = "waiting";
	now->status_reason = ENGINE_GATE_HELD;
	now->resume_at = TimestampTzPlusMilliseconds(base_clock_now(), engine_gate_hold_ms());
}

/*
 * Sends the request, which lives in turn->context, when it may.  Work may have
 * been paused while the turn waited for a permit, or for a former answer.
 */
static void
step_calls(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (engine_gate_holds(turn->account_id, turn->inner->is_fresh))
	{
		rest_held(now);
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
	now->resting = true;
	now->status = "waiting";
	now->status_reason = now->step->wait_reason;
	now->resume_at = TimestampTzPlusMilliseconds(base_clock_now(), now->step->wait_ms);
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
	const EngineAwait *await = &now->step->await;
	TimestampTz due_at = await->due_at ? await->due_at : DT_NOEND;

	if (now->awaiting)
		now->resume_at = due_at;
	else
	{
		add_checkpoint(turn, now->node, NULL);
		now->due_at = due_at;
	}
	now->resting = true;
	now->status = await->status;
	now->status_reason = await->status_reason;
}

static void
act_on(EngineTurn *turn, EngineStepState state)
{
	switch (state)
	{
		case ENGINE_STEP_DONE:
			step_done(turn);
			break;
		case ENGINE_STEP_CALL:
			step_calls(turn);
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

static void
begin_step(EngineTurn *turn)
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
static void
finish_step(EngineTurn *turn, const HttpResponse *response)
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
	turn->inner->report = step->report;
	turn->inner->call_cost = step->cost - cost_before;
	act_on(turn, state);
}

void
engine_step_start_over(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	EngineFailure joined = {.failure_class = "joined",
	.text = "new mail has arrived: the turn starts over with it"};

	/* what failed attempts have cost is booked here, once */
	now->step = create_step(turn, now->step);
	if (now->started_at == 0)
		now->started_at = base_clock_ticks();
	add_checkpoint(turn, turn->graph->entry, engine_turn_failure_jsonb(&joined));
	move_to(turn, turn->graph->entry);
}

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

/*
 * Lets go of a turn that may begin nothing; it goes on from here when work is
 * resumed.  An attempt that waits for the next one is written down, so that
 * it counts and its cost stays booked.
 */
static void
hold_back(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->attempt > 1 && now->step != NULL)
	{
		now->attempt--;
		add_checkpoint(turn, now->node, engine_turn_failure_jsonb(&now->step->failure));
	}
	rest_held(now);
}

/* A dead letter whose lane alone was asked for has not walked its graph. */
static bool
stays_dead_letter(EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;

	return inner->failed_for != NULL && !inner->has_message && !inner->is_answer &&
		inner->former == NIL;
}

static void
rest(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;

	if (now->awaiting)
	{
		turn->node = now->node;
		now->node->kind->abandon(turn);
	}
	now->resting = true;
	now->status = "idle";
	if (!stays_dead_letter(turn))
		return;
	now->status = "failed";
	now->status_reason = turn->inner->failed_for;
}

static void
take_answer(EngineTurn *turn, const HttpResponse *response)
{
	engine_limit_judge(turn, response);
	if (turn->inner->now.waiting == ENGINE_WAIT_CALL)
		finish_step(turn, response);
	else
		engine_delivery_finish(turn, response);
}

void
engine_step_advance(EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;
	EngineProgress *now = &inner->now;
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	const HttpResponse *response = inner->call_done ? http_transfer_response(inner->call) : NULL;
	bool		was_quiet = now->waiting == ENGINE_WAIT_QUIET;

	now->awaited = NULL;
	/* what finished */
	if (response)
		take_answer(turn, response);
	else if (now->waiting == ENGINE_WAIT_PERMIT && inner->next_permit.held)
		step_calls(turn);
	else if (now->waiting == ENGINE_WAIT_RETRY || now->waiting == ENGINE_WAIT_PERMIT || was_quiet)
		now->waiting = ENGINE_WAIT_NOTHING;

	/* what comes next; a former turn's lane goes first */
	while (!now->resting)
	{
		if (now->waiting != ENGINE_WAIT_NOTHING && now->waiting != ENGINE_WAIT_LANE)
			break;
		if (begins_something(turn) && engine_gate_holds(turn->account_id, inner->is_fresh))
			hold_back(turn);
		else if (now->lane != NIL)
		{
			engine_delivery_advance(turn);
			if (now->waiting != ENGINE_WAIT_NOTHING)
				break;
		}
		else if (turn->skip || now->concluded)
			rest(turn);
		else if (engine_join_advance(turn, was_quiet))
			was_quiet = false;
		else if (now->node != NULL)
			begin_step(turn);
		else
			conclude(turn);
	}
	MemoryContextSwitchTo(caller);
}

/* ---- node kind `function` ---- */

typedef struct CachedFunction
{
	bool		is_shipped;
	FmgrInfo	flinfo;
} CachedFunction;

/*
 * The function that a node names: <function>(account_id, thread_id, state),
 * which returns a patch; without a schema it is one of frontdesk's.  The member
 * "deliver" of the patch, an array of objects with a "kind", names deliveries
 * and does not become part of the state.
 */
static CachedFunction *
function_of(const EngineNode *node)
{
	static List *cached = NIL;
	ListCell   *cell;
	CachedFunction *found;
	MemoryContext caller;
	Oid			oid;
	bool		is_qualified = strchr(node->function, '.') != NULL;
	char	   *signature = psprintf("%s%s(integer,uuid,jsonb)", is_qualified ? "" : "frontdesk.",
									 is_qualified ? node->function : quote_identifier(node->function));

	oid = DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(signature)));
	foreach(cell, cached)
	{
		found = lfirst(cell);
		if (found->flinfo.fn_oid == oid)
			return found;
	}
	caller = MemoryContextSwitchTo(TopMemoryContext);
	found = palloc0(sizeof(CachedFunction));
	fmgr_info_cxt(oid, &found->flinfo, TopMemoryContext);
	found->is_shipped = engine_tool_is_shipped(oid);
	cached = lappend(cached, found);
	MemoryContextSwitchTo(caller);
	return found;
}

static Jsonb *
without_member(Jsonb *patch, const char *key)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(patch),
											  CStringGetTextDatum(key)));
}

void
engine_step_deliver_all(EngineTurn *turn, Jsonb *list)
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
			engine_turn_deliver(turn, kind, without_member(delivery, "kind"));
	}
}

Datum
engine_step_call(FmgrInfo *function, EngineTurn *turn, const pg_uuid_t *id)
{
	LOCAL_FCINFO(fcinfo, 3);
	Datum		patch;

	InitFunctionCallInfoData(*fcinfo, function, 3, InvalidOid, NULL, NULL);
	fcinfo->args[0] = (NullableDatum) {.value = Int32GetDatum(turn->account_id)};
	fcinfo->args[1] = (NullableDatum) {.value = UUIDPGetDatum(id)};
	fcinfo->args[2] = (NullableDatum) {.value = JsonbPGetDatum(turn->state)};
	patch = FunctionCallInvoke(fcinfo);
	return fcinfo->isnull ? JsonbPGetDatum(base_jsonb_parse("{}")) : patch;
}

static Jsonb *
call_for_real(EngineTurn *turn, FmgrInfo *function)
{
	return (Jsonb *) PG_DETOAST_DATUM_COPY(engine_step_call(function, turn, &turn->thread_id));
}

const char *
engine_step_patch_problem(Jsonb *patch)
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
engine_step_take_patch(EngineTurn *turn, Jsonb *patch)
{
	Jsonb	   *list = base_jsonb_member(patch, "deliver");

	if (list == NULL)
		return patch;
	engine_step_deliver_all(turn, list);
	return without_member(patch, "deliver");
}

static Jsonb *
call_shipped(EngineTurn *turn, CachedFunction *function)
{
	Jsonb	   *patch = turn->is_rehearsal ? engine_rehearsal_call(turn, &function->flinfo) :
		call_for_real(turn, &function->flinfo);

	return engine_step_take_patch(turn, patch);
}

Jsonb *
engine_turn_call_function(EngineTurn *turn)
{
	CachedFunction *function = function_of(turn->node);

	if (!function->is_shipped)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("function \"%s\" of node \"%s\" is not one of the product's",
						turn->node->function, turn->node->name),
				 errhint("Give it a node of kind function of its own: it runs in the tool worker.")));
	return call_shipped(turn, function);
}

static EngineStepState
function_begin(EngineTurn *turn, EngineStep *step)
{
	CachedFunction *function = function_of(turn->node);

	if (!function->is_shipped)
		return engine_tool_begin(turn, step, function->flinfo.fn_oid);
	step->patch = call_shipped(turn, function);
	return ENGINE_STEP_DONE;
}

const EngineNodeKind engine_step_function_kind = {
	.name = "function",
	.begin = function_begin,
	.holds = engine_tool_holds,
	.resume = engine_tool_resume,
	.abandon = engine_tool_abandon,
};

/* ---- node kind `http` ---- */

/* Settings: {"method", "url", "result"}: the answer goes into the state under
 * the name in "result" (the node's name by default). */
static EngineStepState
http_begin(EngineTurn *turn, EngineStep *step)
{
	char	   *method = base_jsonb_text(turn->node->settings, "method");
	Jsonb	   *body = base_jsonb_member(turn->node->settings, "body");

	step->request.method = method ? method : "GET";
	step->request.url = base_jsonb_text(turn->node->settings, "url");
	if (step->request.url == NULL)
	{
		step->failure.failure_class = "invalid";
		step->failure.text = "the node's settings have no \"url\"";
		return ENGINE_STEP_FAILED;
	}
	if (body != NULL)
	{
		step->request.body = JsonbToCString(NULL, &body->root, VARSIZE(body));
		step->request.body_bytes = strlen(step->request.body);
	}
	return ENGINE_STEP_CALL;
}

static EngineStepState
http_finish(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	char	   *name = base_jsonb_text(turn->node->settings, "result");
	StringInfoData json;

	if (response->outcome != HTTP_ANSWERED || response->status >= 500 || response->status == 429)
	{
		step->failure.failure_class = response->outcome == HTTP_ANSWERED ? "http" : response->error_class;
		step->failure.code = psprintf("%d", response->status);
		step->failure.text = pstrdup(response->error_text);
		step->failure.retryable = true;
		step->failure.retry_after_ms = response->retry_after_ms;
		return ENGINE_STEP_FAILED;
	}
	if (name == NULL)
		name = pstrdup(turn->node->name);
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	base_json_append_key(&json, name);
	appendStringInfo(&json, "{\"status\": %d, \"body\": ", response->status);
	base_json_append_string(&json, response->body, Min(response->body_bytes, 4096));
	appendStringInfoString(&json, "}}");
	step->patch = base_jsonb_parse(json.data);
	return ENGINE_STEP_DONE;
}

const EngineNodeKind engine_step_http_kind = {
	.name = "http",
	.begin = http_begin,
	.finish = http_finish,
};
