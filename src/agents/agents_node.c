/*
 * agents_node.c
 *	  Node kind `llm`: runs the agent that the node names.
 *
 * Runs in engine workers.  The router first asks the local classifier, and
 * asks a model only when that is not sure.  An agent whose provider is `local`
 * answers at once.  A model's answer becomes a patch: the members of its
 * object, or its text under "agent_response".  An answer that does not fit is
 * asked for once more with what was wrong; when a model fails for good, or
 * cannot be asked, the agent's fallback answers instead.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "agents/agents_context.h"
#include "agents/agents_enclosure.h"
#include "agents/agents_fallback.h"
#include "agents/agents_internal.h"
#include "agents/agents_payment.h"
#include "agents/agents_prompt.h"
#include "agents/agents_provider.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_settings.h"
#include "engine/engine_function.h"
#include "llm/llm_agent.h"
#include "llm/llm_allowance.h"
#include "llm/llm_classifier.h"

/* So often a request is made shorter for a model that cannot read it. */
#define SHORTENED_MAX 2

/* What begin leaves for finish. */
typedef struct NodeCall
{
	const LlmAgent *agent;		/* the node's own */
	int			position;		/* in its fallback; 0 itself */
	bool		needs_person;	/* one before it declined what was asked */
	EngineFailure failure;		/* why not the one before it; class NULL none */
	const LlmAgent *refused;	/* the agent asked now, before anything was left out */
	unsigned	left_out;		/* of its requests: LlmMember that the server refused */
	int			shortened;		/* how often */
	LlmCall		call;			/* agent, correction and room alone */
} NodeCall;

static bool
is_router(const EngineNode *node)
{
	return strcmp(node->agent, "router") == 0;
}

/* Merges the patch of an agent and runs the node's function on it. */
static EngineStepState
accept(EngineTurn *turn, EngineStep *step, Jsonb *patch)
{
	if (is_router(turn->node))
		patch = agents_context_complete(turn, patch);
	step->patch = agents_promise_bind(turn, patch);
	if (turn->node->function == NULL)
		return ENGINE_STEP_DONE;
	if (!engine_turn_take_patch(turn, step, step->patch))
		return ENGINE_STEP_FAILED;
	step->patch = engine_function_call(turn);
	return ENGINE_STEP_DONE;
}

static EngineStepState
answer_locally(EngineTurn *turn, EngineStep *step)
{
	if (step->model == NULL)
		step->model = "local";
	return accept(turn, step, agents_local_answer(turn, turn->node->agent));
}

/* The classifier's decision as a patch, when it is sure enough. */
static Jsonb *
sure_classification(EngineTurn *turn)
{
	char	   *content = base_jsonb_text(turn->state, "content");
	LlmClassification found;

	if (content == NULL || setting_router_confidence > 1 ||
		base_jsonb_bool(turn->state, "wordless", false))
		return NULL;
	if (!agents_courtesy_classify(turn->account_id, content, &found) ||
		found.confidence < setting_router_confidence)
		return NULL;
	/* that it is nothing known says nothing to go by, however sure */
	if (strcmp(found.intent, "other") == 0)
		return NULL;
	/* a model is told of the picture that the words may be about */
	if (agents_enclosure_is_opaque(turn) && strcmp(found.route, "high_priority") != 0)
		return NULL;
	if (agents_context_doubts(turn, &found))
		return NULL;
	return agents_local_routing(turn, &found);
}

/* Says in the state why a person is needed, and hands the turn over. */
static EngineStepState
hand_over(EngineTurn *turn, EngineStep *step)
{
	const char *reason = step->failure.text ? step->failure.text : "no provider can be asked";

	engine_turn_merge(turn, base_object_of_text("escalation_reason", reason));
	step->failure.retryable = false;
	return ENGINE_STEP_FAILED;
}

static EngineStepState
ask(EngineStep *step, const LlmAgent *agent, const AgentsChoice *choice)
{
	NodeCall   *node_call = palloc0(sizeof(NodeCall));

	node_call->agent = agent;
	node_call->position = choice->position;
	node_call->needs_person = choice->needs_person;
	node_call->failure = choice->failure;
	node_call->call.agent = node_call->refused = choice->agent;
	step->workspace = node_call;
	step->model = psprintf("%s/%s", choice->agent->provider->name, choice->agent->model);
	step->has_fallback = !choice->is_last;
	step->request = choice->request;
	return ENGINE_STEP_CALL;
}

/* Has the agent, or whoever stands in for it from a position on, answer; before is
 * the call that failed, and step->failure why, at the beginning neither. */
static EngineStepState
answer_from(EngineTurn *turn, EngineStep *step, const LlmAgent *agent, const NodeCall *before)
{
	AgentsChoice choice = {.failure = step->failure};
	int			from = 0;

	if (before != NULL)
	{
		from = before->position + 1;
		choice.needs_person = before->needs_person;
	}

	/* what failed attempts have cost is booked under a name, whatever follows */
	if (step->model == NULL && step->tokens_in + step->tokens_out > 0)
		step->model = psprintf("%s/%s", agent->provider->name, agent->model);
	agents_fallback_choose(turn, agent, from, &choice);
	step->failure = choice.failure;
	switch (choice.kind)
	{
		case AGENTS_CHOICE_ASK:
			return ask(step, agent, &choice);
		case AGENTS_CHOICE_PERSON:
			return hand_over(turn, step);
		case AGENTS_CHOICE_WAIT:
			step->wait_ms = choice.wait_ms;
			step->wait_reason = step->failure.text;
			return ENGINE_STEP_WAIT;
		case AGENTS_CHOICE_LOCAL:
			break;
	}
	if (step->failure.failure_class != HTTP_FAILURE_NONE)
		step->model = psprintf("local (%s/%s: %s)", agent->provider->name, agent->model, step->failure.text);
	else
		step->model = NULL;
	return answer_locally(turn, step);
}

/* What may decide a turn before any model is asked, in this order: the first
 * that has something to say does. */
static Jsonb *(*const first_looks[]) (EngineTurn *turn) = {
	agents_payment_route,
	agents_enclosure_route,
	agents_context_route,
	sure_classification,
};

static Jsonb *
route_at_once(EngineTurn *turn)
{
	Jsonb	   *routing = NULL;

	for (int i = 0; i < lengthof(first_looks) && routing == NULL; i++)
		routing = first_looks[i] (turn);
	return routing;
}

static EngineStepState
llm_begin(EngineTurn *turn, EngineStep *step)
{
	Jsonb	   *routing;

	if (is_router(turn->node) && agents_follow_up_is_due(turn))
		return accept(turn, step, agents_follow_up_route());
	if (is_router(turn->node) && (routing = route_at_once(turn)) != NULL)
	{
		step->model = "local";
		return accept(turn, step, routing);
	}
	if (agents_context_is_settled(turn))
	{
		step->patch = base_jsonb_parse("{}");
		return ENGINE_STEP_DONE;
	}
	return answer_from(turn, step, llm_agent_get(turn->account_id, turn->node->agent), NULL);
}

/* Text answers are what the customer reads. */
static Jsonb *
text_patch(EngineTurn *turn, const char *text)
{
	BaseObject	patch;

	base_object_begin(&patch);
	base_object_add_text(&patch, "agent_response", text);
	base_object_add_text(&patch, "assigned_agent", turn->node->agent);
	return base_object_end_jsonb(&patch);
}

/* Objects that say something are their agent's words, as text is. */
static Jsonb *
object_patch(EngineTurn *turn, Jsonb *object)
{
	if (base_jsonb_text(object, "agent_response") == NULL)
		return object;
	return base_jsonb_merge(base_object_of_text("assigned_agent", turn->node->agent), object);
}

/* Sends a changed call to the same far side. */
static EngineStepState
ask_changed(EngineTurn *turn, EngineStep *step, const NodeCall *changed)
{
	NodeCall   *second = palloc(sizeof(NodeCall));

	*second = *changed;
	step->workspace = second;
	agents_prompt_write_request(turn, &second->call, &step->request);
	return ENGINE_STEP_CALL;
}

static EngineStepState
ask_again(EngineTurn *turn, EngineStep *step, const char *problem)
{
	NodeCall	again = *(NodeCall *) step->workspace;

	again.call.correction = pstrdup(problem);
	return ask_changed(turn, step, &again);
}

/* The server does not know these members: the same without them. */
static EngineStepState
ask_without(EngineTurn *turn, EngineStep *step, unsigned members)
{
	NodeCall	again = *(NodeCall *) step->workspace;

	again.left_out |= members;
	again.call.agent = llm_call_without(again.call.agent, members);
	return ask_changed(turn, step, &again);
}

/* The model cannot read so much: half of it, then what is asked alone. */
static EngineStepState
ask_shorter(EngineTurn *turn, EngineStep *step)
{
	NodeCall	again = *(NodeCall *) step->workspace;

	again.shortened++;
	again.call.room = again.shortened < SHORTENED_MAX ? Max(step->request.body_bytes / 2, 1) : 1;
	return ask_changed(turn, step, &again);
}

/* Whether those before this one, if any, could not have been asked. */
static bool
is_first_asked(const NodeCall *node_call)
{
	HttpFailureClass failure_class = node_call->failure.failure_class;

	return failure_class == HTTP_FAILURE_NONE || failure_class == HTTP_FAILURE_UNUSABLE;
}

/* What the first one failed with tells most; one that could not be asked is
 * named beside it. */
static EngineFailure
first_failure(const NodeCall *node_call, EngineFailure failure)
{
	if (!is_first_asked(node_call))
		return node_call->failure;
	if (node_call->failure.failure_class != HTTP_FAILURE_NONE)
		failure.text = psprintf("%s; %s: %s", node_call->failure.text,
								node_call->call.agent->provider->name, failure.text);
	return failure;
}

/* Whether the same agent is asked again in another attempt of the step. */
static bool
is_tried_again(EngineTurn *turn, const NodeCall *node_call, const EngineFailure *failure)
{
	return is_first_asked(node_call) && failure->retryable && !engine_turn_is_last_attempt(turn) &&
		agents_fallback_has_patience(node_call->agent, node_call->position, failure->retry_after_ms);
}

/* Ends the call for good, or has it tried again. */
static EngineStepState
fail(EngineTurn *turn, EngineStep *step, const LlmResult *result)
{
	NodeCall	node_call = *(NodeCall *) step->workspace;

	step->failure.failure_class = result->failure_class;
	step->failure.code = result->code ? pstrdup(result->code) : "";
	step->failure.text = result->problem ? pstrdup(result->problem) : "no usable answer";
	/* wrong even after it was told what was wrong: a third answer helps nobody */
	step->failure.retryable = result->retryable && result->verdict != LLM_INVALID;
	step->failure.retry_after_ms = result->retry_after_ms;
	if (is_tried_again(turn, &node_call, &step->failure))
		return ENGINE_STEP_FAILED;
	step->failure = first_failure(&node_call, step->failure);
	node_call.needs_person |= result->failure_class == HTTP_FAILURE_REFUSED || result->is_too_long;
	return answer_from(turn, step, node_call.agent, &node_call);
}

/* What the answer told of the provider's limits. */
static void
report_limits(const LlmProvider *provider, const HttpResponse *response,
			  const LlmResult *result, EngineStep *step)
{
	HttpLimitReport *report = &step->report;

	report->is_refused = result->breaks_provider;
	report->failure = result->problem;
	if (result->tokens_in + result->tokens_out > 0)
		report->tokens = result->tokens_in + result->tokens_out;
	llm_allowance_read(provider, response->rate_headers, report);
}

/* What can be asked in another way than it was: without what the server does not
 * know, or in fewer words.  False when there is no other way. */
static bool
can_change(EngineTurn *turn, EngineStep *step, const LlmResult *result)
{
	const NodeCall *node_call = step->workspace;
	unsigned	members = result->refused_members & ~node_call->left_out;

	if (members != 0)
		ask_without(turn, step, members);
	else if (result->is_too_long && node_call->shortened < SHORTENED_MAX)
		ask_shorter(turn, step);
	else
		return false;
	return true;
}

/* Takes an answer that is as it should be. */
static EngineStepState
take(EngineTurn *turn, EngineStep *step, const LlmResult *result)
{
	const NodeCall *node_call = step->workspace;

	if (node_call->left_out != 0)
		agents_provider_learn(turn, node_call->refused, node_call->left_out);
	return accept(turn, step, result->object ? object_patch(turn, result->object) : text_patch(turn, result->text));
}

/* The answer to the step's request, judged and booked: whatever came, its tokens
 * have to be paid. */
static void
read_answer(EngineStep *step, const HttpResponse *response, LlmCall *call, LlmResult *result)
{
	*call = ((NodeCall *) step->workspace)->call;
	call->sent = &step->request;
	llm_call_decode(call, response, result);
	step->tokens_in += result->tokens_in;
	step->tokens_out += result->tokens_out;
	step->cost += result->cost;
}

/* Reads the answer. One that is not as asked is asked for once more, with what
 * was wrong. */
static EngineStepState
llm_finish(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	NodeCall   *node_call = step->workspace;
	LlmResult	result;
	LlmCall		call;

	read_answer(step, response, &call, &result);
	report_limits(call.agent->provider, response, &result, step);
	if (can_change(turn, step, &result))
		return ENGINE_STEP_CALL;
	agents_provider_tell(turn, &call, &result);
	if (result.verdict == LLM_ANSWERED)
		return take(turn, step, &result);
	if (result.verdict == LLM_INVALID && node_call->call.correction == NULL)
		return ask_again(turn, step, result.problem ? result.problem : "not as asked");
	return fail(turn, step, &result);
}

static void
llm_book(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	LlmResult	result;
	LlmCall		call;

	read_answer(step, response, &call, &result);
}

const EngineNodeKind agents_node_kind = {
	.name = "llm",
	.begin = llm_begin,
	.finish = llm_finish,
	.book = llm_book,
};
