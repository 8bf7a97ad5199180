/*
 * agents_trial.c
 *	  What a provider can do, found out by asking it: the node and thread kind
 *	  `provider_check`.
 *
 * Runs in engine workers.  A trial is one step that asks what the router would ask,
 * then for a text, then for one that a limit must cut.  What the server refuses is left
 * out and asked again; what it does not do although it takes it, is found in its
 * answers.  At the end the row's settings say so, and the state of the thread what came
 * of it.  A trial that dies begins anew.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "agents/agents_internal.h"
#include "agents/agents_provider.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "llm/llm_agent.h"
#include "llm/llm_member.h"
#include "security/security_audit.h"

#define QUESTION "{\"source\": \"check\", \"body\": \"When are you open on Mondays?\"}"
#define LONG_QUESTION "{\"source\": \"check\", \"body\": \"Count from one to two hundred in words.\"}"

/* A limit that an honest server keeps, and more bytes than so many tokens have. */
#define SMALL_LIMIT 16
#define LIMITED_BYTES 400

/* The stages of a trial, in order. */
typedef enum TrialStage
{
	TRIAL_OBJECT,
	TRIAL_TEXT,
	TRIAL_LIMIT,
	TRIAL_OVER
} TrialStage;

/* What begin and finish hand on; copied before it changes. */
typedef struct Trial
{
	TrialStage	stage;
	const char *asked;			/* "provider/model" */
	const LlmProvider *provider;	/* as its row has it */
	unsigned	left_out;		/* LlmMember */
	bool		ends_unsaid;
	bool		counts;			/* its answers tell of their usage */
	LlmCall		call;
	LlmMessage	message;
} Trial;

static BaseStatement learn = {
	"UPDATE frontdesk.providers SET settings = settings || $3 WHERE account_id = $1 AND name = $2",
	{INT4OID, TEXTOID, JSONBOID}
};

/* The agent of a stage, without what is known to be refused. */
static const LlmAgent *
build_agent(EngineTurn *turn, const Trial *trial)
{
	const LlmAgent *agent = llm_agent_get(
		turn->account_id, psprintf("%s@%s", trial->stage == TRIAL_OBJECT ? "router" : "conversation", trial->asked));
	LlmAgent   *copy = palloc(sizeof(LlmAgent));
	LlmProvider *provider;

	if (agent->fault.code != NULL || llm_call_is_local(agent))
		return agent;
	*copy = *agent;
	provider = llm_member_leave_out(agent->provider, trial->left_out);
	provider->ends_unsaid |= trial->ends_unsaid;
	copy->provider = provider;
	if (trial->stage != TRIAL_OBJECT)
	{
		copy->schema = NULL;
		copy->shape = NULL;
	}
	if (trial->stage == TRIAL_LIMIT)
		copy->max_tokens = SMALL_LIMIT;
	llm_call_prepare(copy);
	return copy;
}

static EngineStepState
ask(EngineTurn *turn, EngineStep *step, const Trial *changed)
{
	Trial	   *trial = palloc(sizeof(Trial));

	*trial = *changed;
	trial->message = (LlmMessage) {LLM_ROLE_USER, trial->stage == TRIAL_LIMIT ? LONG_QUESTION : QUESTION};
	trial->call = (LlmCall) {
		.agent = build_agent(turn, trial), .messages = &trial->message, .message_count = 1
	};
	trial->call.system = trial->call.agent->prompt;
	step->workspace = trial;
	step->model = pstrdup(trial->asked);
	llm_call_encode(&trial->call, &step->request);
	return ENGINE_STEP_CALL;
}

/* Ends the trial: what was learned, and what is wrong, NULL nothing. */
static EngineStepState
conclude(EngineStep *step, const char *learned, const char *problem)
{
	BaseObject	patch;

	base_object_begin(&patch);
	base_object_add_bool(&patch, "works", problem == NULL);
	base_object_add_json(&patch, "learned", learned);
	if (problem != NULL)
		base_object_add_text(&patch, "problem", problem);
	else
		base_object_add_null(&patch, "problem");
	step->patch = base_object_end_jsonb(&patch);
	return ENGINE_STEP_DONE;
}

/* Writes into the provider's row what its requests lack from now on. */
static EngineStepState
keep(EngineTurn *turn, EngineStep *step, const Trial *trial)
{
	const LlmProvider *provider = trial->provider;
	const char *settings = "{}";
	Datum		values[3] = {Int32GetDatum(provider->limit.account_id), CStringGetTextDatum(provider->name)};

	if (trial->left_out != 0)
		settings = llm_member_settings(provider, trial->left_out);
	if (trial->ends_unsaid)
		settings = psprintf("%.*s%s\"finish_reason\": \"optional\"}", (int) strlen(settings) - 1, settings,
							trial->left_out != 0 ? ", " : "");
	if (strcmp(settings, "{}") != 0)
	{
		values[2] = JsonbPGetDatum(base_jsonb_parse(settings));
		base_spi_execute(&learn, values, NULL);
		security_audit_write(turn->account_id, "provider.learned", provider->name,
							 base_jsonb_parse(settings));
	}
	return conclude(step, settings, trial->counts ? NULL :
					"It does not tell how many tokens an answer has: they are estimated.");
}

static EngineStepState
trial_begin(EngineTurn *turn, EngineStep *step)
{
	char	   *provider = base_jsonb_text(turn->state, "provider");
	char	   *model = base_jsonb_text(turn->state, "model");
	Trial		trial = {.counts = true};
	const LlmAgent *agent;

	trial.asked = psprintf("%s/%s", provider ? provider : "", model ? model : "");
	agent = build_agent(turn, &trial);
	if (agent->fault.code != NULL)
		return conclude(step, "{}", agent->fault.text);
	if (llm_call_is_local(agent))
		return conclude(step, "{}", NULL);
	trial.provider = agent->provider;
	return ask(turn, step, &trial);
}

/* What an answer shows that the server does not do; false when that is nothing new. */
static bool
notice(Trial *trial, const LlmResult *result)
{
	unsigned	members = result->refused_members & ~trial->left_out;
	bool		is_unsaid = result->code != NULL && !trial->ends_unsaid &&
		(strcmp(result->code, "finish_reason") == 0 || strcmp(result->code, "stop_reason") == 0);

	/* it takes a grammar and does not keep to it */
	if (trial->stage == TRIAL_OBJECT && result->verdict == LLM_INVALID &&
		trial->call.agent->schema != NULL && strcmp(trial->call.agent->provider->structured, "prompt") != 0)
		members |= LLM_MEMBER_FORMAT & ~trial->left_out;
	/* it takes a limit and does not keep to it: the other name may be the one it knows */
	if (trial->stage == TRIAL_LIMIT && result->verdict == LLM_ANSWERED &&
		strlen(result->text) > LIMITED_BYTES && trial->provider->limit_field[0] != '\0')
		members |= LLM_MEMBER_LIMIT & ~trial->left_out;
	trial->left_out |= members;
	trial->ends_unsaid |= is_unsaid;
	return members != 0 || is_unsaid;
}

/* Reads an answer and asks on, until it is known what the provider can do. */
static EngineStepState
trial_finish(EngineTurn *turn, EngineStep *step, const HttpResponse *response)
{
	Trial		trial = *(Trial *) step->workspace;
	LlmCall		call = trial.call;
	LlmResult	result;

	call.sent = &step->request;
	llm_call_decode(&call, response, &result);
	agents_provider_tell(turn, &call, &result);
	step->tokens_in += result.tokens_in;
	step->tokens_out += result.tokens_out;
	step->cost += result.cost;
	step->report.is_refused = result.breaks_provider;
	step->report.failure = result.problem;
	trial.counts &= !result.is_estimated;
	if (notice(&trial, &result))
		return ask(turn, step, &trial);
	/* the limit is tried last, and an answer to that need not be one */
	if (trial.stage != TRIAL_LIMIT && result.verdict != LLM_ANSWERED)
		return conclude(step, "{}", result.problem ? pstrdup(result.problem) : "no usable answer");
	if (++trial.stage < TRIAL_OVER)
		return ask(turn, step, &trial);
	if (result.verdict == LLM_ANSWERED && strlen(result.text) > LIMITED_BYTES)
		return conclude(step, "{}", "It keeps to no limit of an answer, by neither name.");
	return keep(turn, step, &trial);
}

const EngineThreadKind agents_trial_thread_kind = {
	.name = "provider_check",
};

const EngineNodeKind agents_trial_node_kind = {
	.name = "provider_check",
	.begin = trial_begin,
	.finish = trial_finish,
};
