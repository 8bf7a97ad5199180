/*
 * agents_fallback.c
 *	  Who answers when an agent's own provider cannot, or may not.
 *
 * Runs in engine workers.  An agent's fallback is a list of words, tried in
 * order: the name of another agent, "provider/model" for the same agent asked
 * elsewhere, "local", "human", or "wait".  A provider is passed over while its
 * breaker is open, and when it has to be waited for longer than
 * frontdesk.fallback_after; so is one that has failed for good, and one that
 * cannot be asked as its rows and its key stand.  What a provider has declined to
 * answer is no matter for the local one, whose words know nothing of it: it is passed
 * over then, and a person answers when no other model does.  An account
 * without money for a call goes where its budget says, without asking on.
 */
#include "postgres.h"

#include "agents/agents_fallback.h"
#include "agents/agents_prompt.h"
#include "base/base_clock.h"
#include "base/base_settings.h"
#include "http/http_limit.h"
#include "http/http_trouble.h"
#include "llm/llm_agent.h"

/* So long a customer waits for a provider that nobody stands in for. */
#define LONGEST_ALONE_MS 60000

/* A new day is waited for in pieces, for the budget may be raised meanwhile. */
#define BUDGET_WAIT_MS (15 * 60 * 1000)

static const char *
word_at(const LlmAgent *agent, int position)
{
	return position <= agent->fallback_count ? agent->fallback[position - 1] : NULL;
}

static void
note(AgentsChoice *choice, HttpFailureClass failure_class, const char *code, char *text)
{
	if (choice->failure.failure_class != HTTP_FAILURE_NONE)
		return;					/* the first one tells most */
	choice->failure = (EngineFailure) {
		.failure_class = failure_class,
		.code = code,
		.text = text,
		.retry_after_ms = -1,
	};
}

/*
 * An agent that cannot be asked at all.  The operator hears of it; not of a
 * stand-in without a key, for there need not be one for all.
 */
static void
pass_over(EngineTurn *turn, const LlmAgent *agent, AgentsChoice *choice)
{
	const LlmFault *fault = &agent->fault;
	bool		lacks_key = strcmp(fault->code, LLM_FAULT_NO_KEY) == 0;

	note(choice, HTTP_FAILURE_UNUSABLE, fault->code, unconstify(char *, fault->text));
	if (lacks_key && choice->position > 0)
		return;
	http_trouble_tell(&(HttpTrouble) {
		.account_id = turn->account_id,
			.name = agent->provider->name,
			.kind = fault->code,
			.action = "provider.unusable",
			.elevel = lacks_key ? LOG : WARNING,
			.message = psprintf("provider \"%s\" cannot be used by account %d", agent->provider->name, turn->account_id),
			.text = fault->detail ? psprintf("%s: %s", fault->text, fault->detail) : fault->text,
			.hint = fault->hint,
	});
}

/* Prepares to ask an agent; false when it answers locally. */
static bool
encode(EngineTurn *turn, const LlmAgent *agent, AgentsChoice *choice)
{
	LlmCall		call = {.agent = agent};

	if (llm_call_is_local(agent))
		return false;
	choice->agent = agent;
	agents_prompt_write_request(turn, &call, &choice->request);
	return true;
}

/* Whether the far side is open, or will be before long. */
static bool
is_open(AgentsChoice *choice)
{
	const HttpLimit *limit = choice->request.limit;
	HttpDemand	demand = {.tokens = choice->request.tokens};
	HttpRefusal refusal;
	int64		wait_us;

	http_limit_look(limit, &demand, &refusal);
	wait_us = refusal.retry_at - base_clock_ticks();
	if (refusal.reason == HTTP_LIMIT_BREAKER)
		note(choice, HTTP_FAILURE_LIMIT, "breaker", psprintf("%s is left alone after failures", limit->name));
	else if (refusal.reason != HTTP_LIMIT_GRANTED && wait_us > (int64) setting_fallback_after * 1000)
		note(choice, HTTP_FAILURE_LIMIT, "wait", psprintf("%s has to be waited for", limit->name));
	else
		return true;
	return false;
}

/* Whether there is money for the call; else choice says what happens. */
static bool
is_affordable(EngineTurn *turn, AgentsChoice *choice)
{
	static const char *const names[] = {"", "the day", "the month", "this conversation"};
	EngineBudgetAction action;
	EngineBudgetKind kind = engine_turn_look_at_budget(turn, choice->request.cost, &action);

	if (kind == ENGINE_BUDGET_LEFT)
		return true;
	note(choice, HTTP_FAILURE_BUDGET, kind == ENGINE_BUDGET_DAY ? "day" : kind == ENGINE_BUDGET_MONTH ? "month" : "conversation",
		 psprintf("the account's budget for %s is used up", names[kind]));
	if (action == ENGINE_BUDGET_LOCAL)
		choice->kind = AGENTS_CHOICE_LOCAL;
	else if (action == ENGINE_BUDGET_HUMAN || kind == ENGINE_BUDGET_CONVERSATION)
		choice->kind = AGENTS_CHOICE_PERSON;
	else
	{
		choice->kind = AGENTS_CHOICE_WAIT;
		choice->wait_ms = BUDGET_WAIT_MS;
	}
	return false;
}

/* Whether the far side has asked for more time than a customer has; limits and
 * breakers open by themselves before long. */
static bool
is_put_off(const AgentsChoice *choice)
{
	HttpDemand	demand = {.tokens = choice->request.tokens};
	HttpRefusal refusal;

	http_limit_look(choice->request.limit, &demand, &refusal);
	return refusal.reason == HTTP_LIMIT_BLOCKED &&
		refusal.retry_at - base_clock_ticks() > (int64) LONGEST_ALONE_MS * 1000;
}

/* Asks the agent itself when nobody else is left: however long it takes to get a
 * permit if the list says so, or there is no way to a person. */
static void
wait_for_own(EngineTurn *turn, const LlmAgent *agent, bool is_wanted, AgentsChoice *choice)
{
	HttpFailureClass failure_class = choice->failure.failure_class;

	choice->position = 0;
	choice->is_last = true;
	choice->failure.failure_class = HTTP_FAILURE_NONE;
	if (!encode(turn, agent, choice))
		choice->kind = AGENTS_CHOICE_LOCAL;
	else if (!is_wanted && turn->node->error_node != NULL && is_put_off(choice))
	{
		choice->kind = AGENTS_CHOICE_PERSON;
		choice->failure.failure_class = failure_class;
	}
	else if (is_affordable(turn, choice))
		choice->kind = AGENTS_CHOICE_ASK;
}

static const LlmAgent *
agent_at(EngineTurn *turn, const LlmAgent *agent, const char *word)
{
	if (word == NULL)
		return agent;
	if (strchr(word, '/') == NULL)
		return llm_agent_get(turn->account_id, word);
	return llm_agent_get(turn->account_id, psprintf("%s@%s", agent->name, word));
}

bool
agents_fallback_has_patience(const LlmAgent *agent, int position, int64 wait_ms)
{
	const char *next = position < agent->fallback_count ? agent->fallback[position] : NULL;

	if (next == NULL)
		return wait_ms <= LONGEST_ALONE_MS;
	return wait_ms <= setting_fallback_after || strcmp(next, "wait") == 0;
}

/* Goes along the list; choice says who it is. */
static void
choose(EngineTurn *turn, const LlmAgent *agent, int from, AgentsChoice *choice)
{
	bool		has_failed = choice->failure.failure_class != HTTP_FAILURE_NONE;
	bool		waits = false;

	for (int position = from; position <= agent->fallback_count; position++)
	{
		const char *word = position > 0 ? word_at(agent, position) : NULL;
		const LlmAgent *candidate;

		choice->position = position;
		choice->is_last = position == agent->fallback_count;
		choice->kind = AGENTS_CHOICE_LOCAL;
		if (word != NULL && strcmp(word, "local") == 0)
		{
			if (choice->needs_person)
				continue;
			return;
		}
		choice->kind = AGENTS_CHOICE_PERSON;
		if (word != NULL && strcmp(word, "human") == 0)
			return;
		waits = word != NULL && strcmp(word, "wait") == 0;
		if (waits)
			break;
		candidate = agent_at(turn, agent, word);
		if (candidate->fault.code != NULL)
		{
			pass_over(turn, candidate, choice);
			continue;
		}
		choice->kind = AGENTS_CHOICE_LOCAL;
		if (llm_call_is_local(candidate) && choice->needs_person)
			continue;
		if (!encode(turn, candidate, choice))
			return;
		if (!is_affordable(turn, choice))
			return;
		choice->kind = AGENTS_CHOICE_ASK;
		if (is_open(choice))
			return;
	}
	/* nobody is left: one that is merely closed is waited for, failures end here */
	choice->kind = AGENTS_CHOICE_PERSON;
	if (agent->fault.code != NULL)
	{
		if (agent->fallback_count == 0 || turn->node->error_node == NULL)
			choice->kind = AGENTS_CHOICE_LOCAL;
	}
	else if (!has_failed)
		wait_for_own(turn, agent, waits, choice);
}

void
agents_fallback_choose(EngineTurn *turn, const LlmAgent *agent, int from, AgentsChoice *choice)
{
	choose(turn, agent, from, choice);
	if (choice->kind == AGENTS_CHOICE_LOCAL && choice->needs_person)
		choice->kind = AGENTS_CHOICE_PERSON;
}
