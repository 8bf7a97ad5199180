/*
 * llm_openai.c
 *	  Adapter for Chat Completions: OpenAI and every server that speaks it.
 *
 * The order of judgement follows what may be trusted: usage is booked before
 * anything is judged, the end before the content, a refusal before tools, and
 * tools by their presence, for finish_reason lies about both.
 *
 * Pure; memory is the current context.
 */
#include "postgres.h"

#include "llm/llm_adapter.h"
#include "llm/llm_allowance.h"
#include "llm/llm_answer.h"
#include "llm/llm_failure.h"
#include "llm/llm_finish.h"
#include "llm/llm_member.h"
#include "llm/llm_wire.h"

#define SCHEMA_NAME_MAX 64

/* The name a schema must have: letters, digits, _ and -. */
static void
append_schema_name(StringInfo head, const char *name)
{
	for (int i = 0; name[i] && i < SCHEMA_NAME_MAX; i++)
	{
		char		c = name[i];
		bool		fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '_' || c == '-';

		appendStringInfoChar(head, fits ? c : '_');
	}
	if (name[0] == '\0')
		appendStringInfoString(head, "answer");
}

static void
append_response_format(StringInfo head, const LlmAgent *agent)
{
	if (agent->schema == NULL)
		return;
	if (llm_adapter_sends_schema(agent))
	{
		appendStringInfoString(head, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"");
		append_schema_name(head, agent->name);
		appendStringInfo(head, "\",\"strict\":%s,\"schema\":%s}}",
						 agent->provider->strict ? "true" : "false", agent->schema);
	}
	else if (strcmp(agent->provider->structured, "json_object") == 0)
		appendStringInfoString(head, ",\"response_format\":{\"type\":\"json_object\"}");
}

/* The header with the key; NULL without one. */
static const char *
key_header(const LlmProvider *provider)
{
	if (provider->key == NULL)
		return NULL;
	return psprintf(strcmp(provider->key_header, "api-key") == 0 ? "api-key: %s" :
					"Authorization: Bearer %s", provider->key);
}

/* Writes what is the same in every call: servers differ in the names of the limit
 * and of the system's role, so both are the provider's. */
static void
prepare(LlmAgent *agent, StringInfo head)
{
	const LlmProvider *provider = agent->provider;

	agent->wire.url = llm_adapter_url(provider->base_url, "chat/completions");
	llm_adapter_set_headers(agent, key_header(provider), NULL);

	appendStringInfoString(head, "{\"model\":");
	llm_wire_append_string(head, agent->model);
	if (agent->effort && !(provider->omitted & LLM_MEMBER_EFFORT))
	{
		appendStringInfoString(head, ",\"reasoning_effort\":");
		llm_wire_append_string(head, agent->effort);
	}
	appendStringInfoChar(head, ',');
	llm_wire_append_string(head, provider->limit_field);
	appendStringInfo(head, ":%d", agent->max_tokens);
	if (!(provider->omitted & LLM_MEMBER_STORE))
		appendStringInfoString(head, ",\"store\":false");
	append_response_format(head, agent);
	appendStringInfoString(head, ",\"messages\":[{\"role\":");
	llm_wire_append_string(head, provider->system_role);
	appendStringInfoString(head, ",\"content\":\"");
}

static void
append_turn(StringInfo body, LlmRole role)
{
	appendStringInfoString(body, role == LLM_ROLE_USER ?
						   ",{\"role\":\"user\",\"content\":\"" :
						   ",{\"role\":\"assistant\",\"content\":\"");
}

/* Writes the messages that say something; without any there is still a question,
 * if an empty one. */
static void
encode(const LlmCall *call, StringInfo body)
{
	bool		asked = false;

	llm_adapter_append_system(body, call);
	appendStringInfoString(body, "\"}");
	for (int i = 0; i < call->message_count; i++)
	{
		const LlmMessage *message = &call->messages[i];

		if (llm_wire_is_blank(message->text))
			continue;
		append_turn(body, message->role);
		llm_wire_append_escaped(body, message->text);
		appendStringInfoString(body, "\"}");
		asked = true;
	}
	if (call->correction || !asked)
	{
		append_turn(body, LLM_ROLE_USER);
		if (call->correction)
			llm_adapter_append_correction(body, call);
		else
			appendStringInfoString(body, "{\\\"body\\\":\\\"\\\"}");
		appendStringInfoString(body, "\"}");
	}
	appendStringInfoString(body, "]}");
}

static void
book_usage(const LlmCall *call, const LlmJson *answer, LlmResult *result)
{
	const LlmJson *usage = llm_json_member(answer, "usage");
	const LlmJson *details = llm_json_member(usage, "prompt_tokens_details");

	result->tokens_in = llm_json_count(llm_json_member(usage, "prompt_tokens"));
	result->tokens_out = llm_json_count(llm_json_member(usage, "completion_tokens"));
	result->tokens_cached = llm_json_count(llm_json_member(details, "cached_tokens"));
	result->tokens_cache_write = llm_json_count(llm_json_member(details, "cache_write_tokens"));
	/* both are parts of the prompt; a server that says otherwise is cut down */
	result->tokens_cached = Min(result->tokens_cached, result->tokens_in);
	result->tokens_cache_write = Min(result->tokens_cache_write,
									 result->tokens_in - result->tokens_cached);
	llm_adapter_book(call, llm_json_member(answer, "choices"), result);
}

/* Whether a part of a content is meant for the reader: thoughts come as parts of
 * their own kind, or of the same with a mark. */
static bool
is_spoken(const LlmJson *part)
{
	const char *type = llm_json_string(llm_json_member(part, "type"));
	const LlmJson *thought = llm_json_member(part, "thought");

	return (type == NULL || strcmp(type, "text") == 0 || strcmp(type, "output_text") == 0) &&
		(thought == NULL || thought->kind != LLM_JSON_BOOLEAN || !thought->truth);
}

/* Text of a content: a string, or the text parts of an array. */
static const char *
read_content(const LlmJson *content)
{
	StringInfoData text;

	if (content == NULL || content->kind != LLM_JSON_ARRAY)
		return llm_json_string(content);
	initStringInfo(&text);
	for (const LlmJson *part = content->first; part; part = part->next)
	{
		const char *piece = part->kind == LLM_JSON_STRING ? part->text :
			llm_json_string(llm_json_member(part, "text"));

		if (piece != NULL && is_spoken(part))
			appendStringInfoString(&text, piece);
	}
	return text.data;
}

/* Whether an answer that does not say that it is whole may be cut: an object
 * shows it, and some servers never say. */
static bool
may_be_cut(const LlmAgent *agent, LlmFinish finish)
{
	return finish != LLM_FINISH_WHOLE && agent->shape == NULL &&
		!(finish == LLM_FINISH_UNSAID && agent->provider->ends_unsaid);
}

static void
judge_message(const LlmCall *call, const LlmJson *message, LlmFinish finish, LlmResult *result)
{
	const char *refusal = llm_json_string(llm_json_member(message, "refusal"));
	const char *content = read_content(llm_json_member(message, "content"));

	if (refusal && !llm_wire_is_blank(refusal))
		llm_failure_set(result, LLM_REFUSED, "refusal", psprintf("the model declined to answer: %s", refusal));
	else if (llm_json_is_present(llm_json_member(message, "tool_calls")) ||
			 llm_json_is_present(llm_json_member(message, "function_call")))
		llm_failure_set(result, LLM_INVALID, "tool_calls", "the model asked for tools that were not offered");
	else if (content == NULL || llm_wire_is_blank(content))
		llm_failure_set(result, LLM_INVALID, "empty", "the answer is empty");
	else if (may_be_cut(call->agent, finish))
		llm_failure_set(result, LLM_INVALID, "finish_reason", "the answer does not say that it is complete");
	else
		llm_answer_judge(call->agent, content, result);
}

/* The first choice; NULL when there is none. */
static const LlmJson *
first_choice(const LlmJson *answer)
{
	const LlmJson *choices = llm_json_member(answer, "choices");

	return choices && choices->kind == LLM_JSON_ARRAY ? choices->first : NULL;
}

/* Judges in the order of what may be trusted, as the head of this file says. */
static void
decode(const LlmCall *call, const LlmJson *answer, LlmResult *result)
{
	const LlmJson *choice = first_choice(answer);
	const LlmJson *message = llm_json_member(choice, "message");
	const char *reason = llm_json_string(llm_json_member(choice, "finish_reason"));
	LlmFinish	finish = llm_finish_read(reason);

	book_usage(call, answer, result);
	if (choice == NULL)
		llm_failure_set(result, LLM_INVALID, "choices", "the answer holds no choice");
	else if (finish == LLM_FINISH_CUT)
		llm_failure_set(result, LLM_TRUNCATED, reason, "the output limit cut the answer");
	else if (finish == LLM_FINISH_WITHHELD)
		llm_failure_set(result, LLM_REFUSED, reason, "the content filter withheld the answer");
	else if (finish == LLM_FINISH_BROKEN)
		llm_failure_of_answer(HTTP_FAILURE_SERVER_ERROR, psprintf("the server gave the answer up (%s)", reason), result);
	else if (message == NULL || message->kind != LLM_JSON_OBJECT)
		llm_failure_set(result, LLM_INVALID, "message", "the answer holds no message");
	else
		judge_message(call, message, finish, result);
}

/*
 * What codes and types say beyond the status: out of money, which looks like
 * too fast; not this model, whoever asks, so that the agent's row is wrong and
 * the key as good as before; not this text.  Everybody's words are here, for
 * everybody's models stand behind servers that speak this.
 */
static const HttpFailureRule failure_rules[] = {
	LLM_FAILURE_OF_CODE("model_not_found", HTTP_FAILURE_NOT_FOUND),
	LLM_FAILURE_OF_CODE("model_not_available", HTTP_FAILURE_NOT_FOUND),
	LLM_FAILURE_OF_CODE("unsupported_model", HTTP_FAILURE_NOT_FOUND),
	LLM_FAILURE_OF_CODE("invalid_model", HTTP_FAILURE_NOT_FOUND),
	LLM_FAILURE_OF_CODE("insufficient_quota", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("credit_balance_exhausted", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("organization_spend_limit_exceeded", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("project_spend_limit_exceeded", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("organization_usage_limit_exceeded", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("billing_hard_limit_reached", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("enforced_spend_limit_reached", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("budget_exceeded", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("billing_error", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("exceeded_current_quota_error", HTTP_FAILURE_QUOTA),
	LLM_FAILURES_OF_MONEY,
	LLM_FAILURE_OF_CODE("content_filter", HTTP_FAILURE_REFUSED),
	LLM_FAILURE_OF_CODE("content_policy_violation", HTTP_FAILURE_REFUSED),
	LLM_FAILURE_OF_CODE("content_policy", HTTP_FAILURE_REFUSED),
	LLM_FAILURE_OF_CODE("ResponsibleAIPolicyViolation", HTTP_FAILURE_REFUSED),
	LLM_FAILURE_OF_CODE("invalid_prompt", HTTP_FAILURE_REFUSED),
	LLM_FAILURE_OF_CODE("moderation_blocked", HTTP_FAILURE_REFUSED),
	LLM_FAILURE_OF_CODE("data_inspection_failed", HTTP_FAILURE_REFUSED),
	LLM_FAILURE_OF_CODE("DataInspectionFailed", HTTP_FAILURE_REFUSED),
	LLM_FAILURES_OF_CONTENT,
	LLM_FAILURES_IN_200,
};

static const LlmAllowanceHeader allowances[] = {
	{"x-ratelimit-limit-requests", false, LLM_ALLOWANCE_LIMIT},
	{"x-ratelimit-remaining-requests", false, LLM_ALLOWANCE_REMAINING},
	{"x-ratelimit-reset-requests", false, LLM_ALLOWANCE_RESET},
	{"x-ratelimit-limit-tokens", true, LLM_ALLOWANCE_LIMIT},
	{"x-ratelimit-remaining-tokens", true, LLM_ALLOWANCE_REMAINING},
	{"x-ratelimit-reset-tokens", true, LLM_ALLOWANCE_RESET},
	{NULL}
};

const LlmAdapter llm_openai_adapter = {
	.name = "openai",
	.prepare = prepare,
	.encode = encode,
	.decode = decode,
	.allowances = allowances,
	.read_reset = llm_allowance_read_duration,
	.read_error = llm_adapter_read_details,
	.failure_rules = failure_rules,
	.failure_rule_count = lengthof(failure_rules),
};
