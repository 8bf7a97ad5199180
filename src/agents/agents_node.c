/*
 * agents_node.c
 *	  Node kind `llm`: runs the agent that the node names.
 *
 * Runs in engine workers.  The router first asks the local classifier, and
 * asks a model only when that is not sure.  An agent whose provider is `local`
 * answers at once.  A model's answer becomes a patch: the members of its
 * object, or its text under "agent_response".  An answer that does not fit is
 * asked for once more with what was wrong; when a model fails for good, the
 * local provider answers instead.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "agents/agents_internal.h"
#include "agents/agents_prompt.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "llm/llm_allowance.h"
#include "llm/llm_classifier.h"
#include "llm/llm_provider.h"

/* What begin leaves for finish. */
typedef struct NodeCall
{
	LlmCall		call;			/* agent and correction alone */
} NodeCall;

/* Merges the patch of an agent and runs the node's function on it. */
static EngineStepState
accept(EngineTurn *turn, EngineStep *step, Jsonb *patch)
{
	step->patch = patch;
	if (turn->node->function == NULL)
		return ENGINE_STEP_DONE;
	engine_turn_merge(turn, patch);
	step->patch = engine_turn_call_function(turn);
	return ENGINE_STEP_DONE;
}

static EngineStepState
answer_locally(EngineTurn *turn, EngineStep *step)
{
	if (step->model == NULL)
		step->model = "local";
	return accept(turn, step, agents_local_answer(turn, turn->node->agent));
}

static bool
is_router(const EngineNode *node)
{
	return strcmp(node->agent, "router") == 0;
}

/* The classifier's decision as a patch, when it is sure enough. */
static Jsonb *
sure_classification(EngineTurn *turn)
{
	char	   *content = base_jsonb_text(turn->state, "content");
	LlmClassification found;

	if (content == NULL || setting_router_confidence > 1)
		return NULL;
	if (!llm_classifier_classify(turn->account_id, content, strlen(content), &found) ||
		found.confidence < setting_router_confidence)
		return NULL;
	return agents_local_routing(turn, &found);
}

/*
 * Writes the request.  What it is written from is long, and thousands of turns
 * wait at the same time: only the request itself is kept.
 */
static void
ask(EngineTurn *turn, EngineStep *step, NodeCall *node_call)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "frontdesk prompt",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	LlmCall    *call = agents_prompt_build(turn, node_call->call.agent);

	call->correction = node_call->call.correction;
	MemoryContextSwitchTo(caller);
	memset(&step->request, 0, sizeof(HttpRequest));
	llm_call_encode(call, &step->request);
	step->request.timeout_ms = call->agent->timeout_ms;
	step->workspace = node_call;
	MemoryContextDelete(scratch);
}

static EngineStepState
llm_begin(EngineTurn *turn, EngineStep *step)
{
	const LlmAgent *agent;
	NodeCall   *node_call;
	Jsonb	   *routing;

	if (is_router(turn->node) && (routing = sure_classification(turn)) != NULL)
	{
		step->model = "local";
		return accept(turn, step, routing);
	}
	agent = llm_provider_agent(turn->account_id, turn->node->agent);
	if (agent->provider->kind == LLM_PROVIDER_LOCAL)
		return answer_locally(turn, step);

	node_call = palloc0(sizeof(NodeCall));
	node_call->call.agent = agent;
	step->model = psprintf("%s/%s", agent->provider->name, agent->model);
	ask(turn, step, node_call);
	return ENGINE_STEP_CALL;
}

/* Text answers are what the customer reads. */
static Jsonb *
text_patch(EngineTurn *turn, const char *text)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	base_json_append_key(&json, "agent_response");
	base_json_append_string(&json, text, strlen(text));
	base_json_append_key(&json, "assigned_agent");
	base_json_append_string(&json, turn->node->agent, strlen(turn->node->agent));
	appendStringInfoChar(&json, '}');
	return base_jsonb_parse(json.data);
}

static EngineStepState
ask_again(EngineTurn *turn, EngineStep *step, const char *problem)
{
	NodeCall   *second = palloc(sizeof(NodeCall));

	memcpy(second, step->workspace, sizeof(NodeCall));
	second->call.correction = pstrdup(problem);
	ask(turn, step, second);
	return ENGINE_STEP_CALL;
}

static EngineStepState
fail(EngineTurn *turn, EngineStep *step, const LlmResult *result)
{
	step->failure.failure_class = result->failure_class ? pstrdup(result->failure_class) : "invalid";
	step->failure.code = result->code ? pstrdup(result->code) : "";
	step->failure.text = result->problem ? pstrdup(result->problem) : "no usable answer";
	/* wrong even after it was told what was wrong: a third answer helps nobody */
	step->failure.retryable = result->retryable && result->verdict != LLM_INVALID;
	step->failure.retry_after_ms = result->retry_after_ms;
	if (step->failure.retryable && !engine_turn_is_last_attempt(turn))
		return ENGINE_STEP_FAILED;
	step->model = psprintf("local (%s: %s)", step->model, step->failure.text);
	return answer_locally(turn, step);
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
	llm_allowance_read(provider->kind, response->rate_headers, report);
}

static EngineStepState
llm_finish(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	NodeCall   *node_call = step->workspace;
	LlmResult	result;

	llm_call_decode(&node_call->call, response, &result);
	report_limits(node_call->call.agent->provider, response, &result, step);
	step->tokens_in += result.tokens_in;
	step->tokens_out += result.tokens_out;
	step->cost += result.cost;
	switch (result.verdict)
	{
		case LLM_ANSWERED:
			return accept(turn, step, result.object ? result.object : text_patch(turn, result.text));
		case LLM_INVALID:
			if (node_call->call.correction == NULL)
				return ask_again(turn, step, result.problem ? result.problem : "not as asked");
			break;
		default:
			break;
	}
	return fail(turn, step, &result);
}

static void
llm_book(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	NodeCall   *node_call = step->workspace;
	LlmResult	result;

	llm_call_decode(&node_call->call, response, &result);
	step->tokens_in += result.tokens_in;
	step->tokens_out += result.tokens_out;
	step->cost += result.cost;
}

const EngineNodeKind agents_node_kind = {
	.name = "llm",
	.begin = llm_begin,
	.finish = llm_finish,
	.book = llm_book,
};
