/*
 * llm_anthropic.c
 *	  Adapter for the Messages API.
 *
 * The API is closed: an unknown field is a 400, and so are sampling
 * parameters, empty texts and a last message by the assistant.  Structured
 * answers come by output_config.format, never by a forced tool; thinking is
 * left to the model's own setting.
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

/* Bytes from which a prompt is worth a place in the cache: it takes at least
 * 512 tokens, and what is shorter is ignored without harm. */
#define CACHE_PROMPT_BYTES 2000

/* Efforts the API knows; the others ask for less than its least. */
static const char *
known_effort(const char *effort)
{
	if (effort == NULL || strcmp(effort, "none") == 0)
		return NULL;
	return strcmp(effort, "minimal") == 0 ? "low" : effort;
}

/* Writes what the answer shall be like, if anything is said of it. */
static void
append_output_config(StringInfo head, const LlmAgent *agent)
{
	const char *effort = agent->provider->omitted & LLM_MEMBER_EFFORT ? NULL :
		known_effort(agent->effort);
	bool		schema = llm_adapter_sends_schema(agent);

	if (effort == NULL && !schema)
		return;
	appendStringInfoString(head, ",\"output_config\":{");
	if (effort)
	{
		appendStringInfoString(head, "\"effort\":");
		llm_wire_append_string(head, effort);
	}
	if (schema)
		appendStringInfo(head, "%s\"format\":{\"type\":\"json_schema\",\"schema\":%s}",
						 effort ? "," : "", agent->schema);
	appendStringInfoChar(head, '}');
}

static void
prepare(LlmAgent *agent, StringInfo head)
{
	const LlmProvider *provider = agent->provider;

	agent->wire.url = llm_adapter_url(provider->base_url, "messages");
	llm_adapter_set_headers(agent, provider->key ?
							psprintf("x-api-key: %s", provider->key) : NULL,
							"anthropic-version: 2023-06-01");

	appendStringInfoString(head, "{\"model\":");
	llm_wire_append_string(head, agent->model);
	appendStringInfo(head, ",\"max_tokens\":%d", agent->max_tokens);
	append_output_config(head, agent);
}

/* Writes a long prompt as a block that is cached, and the rest behind it. */
static void
append_system_blocks(StringInfo body, const LlmCall *call, const char *grounding)
{
	const LlmWire *wire = &call->agent->wire;

	appendStringInfoString(body, "[{\"type\":\"text\",\"text\":\"");
	appendBinaryStringInfo(body, wire->prompt, wire->prompt_bytes);
	appendStringInfoString(body, wire->suffix);
	appendStringInfoString(body, "\",\"cache_control\":{\"type\":\"ephemeral\"}}");
	if (!llm_wire_is_blank(grounding))
	{
		appendStringInfoString(body, ",{\"type\":\"text\",\"text\":");
		llm_wire_append_string(body, grounding);
		appendStringInfoChar(body, '}');
	}
	appendStringInfoChar(body, ']');
}

/* Writes the system text, or nothing when it is blank: an empty one is refused. */
static void
append_system(StringInfo body, const LlmCall *call)
{
	const LlmWire *wire = &call->agent->wire;
	bool		starts_with_prompt;
	const char *grounding = llm_adapter_grounding(call, &starts_with_prompt);

	if (starts_with_prompt && llm_wire_is_blank(call->agent->prompt) &&
		llm_wire_is_blank(grounding) && wire->suffix[0] == '\0')
		return;
	appendStringInfoString(body, ",\"system\":");
	if (starts_with_prompt && wire->prompt_bytes >= CACHE_PROMPT_BYTES &&
		!(call->agent->provider->omitted & LLM_MEMBER_CACHE))
	{
		append_system_blocks(body, call, grounding);
		return;
	}
	appendStringInfoChar(body, '"');
	llm_adapter_append_system(body, call);
	appendStringInfoChar(body, '"');
}

/* Where the messages stand while they are written. */
typedef struct Turns
{
	StringInfo	body;
	int			count;
	LlmRole		role;			/* of the last one, when there is one */
} Turns;

/* Begins a text block: in the last message when the role is the same, for
 * neighbours of one role are one message. */
static void
begin_block(Turns *turns, LlmRole role)
{
	if (turns->count > 0 && turns->role == role)
		appendStringInfoString(turns->body, ",{\"type\":\"text\",\"text\":\"");
	else
	{
		if (turns->count > 0)
			appendStringInfoString(turns->body, "]},");
		appendStringInfo(turns->body, "{\"role\":\"%s\",\"content\":[{\"type\":\"text\",\"text\":\"",
						 role == LLM_ROLE_USER ? "user" : "assistant");
		turns->count++;
	}
	turns->role = role;
}

static void
append_block(Turns *turns, LlmRole role, const char *text)
{
	begin_block(turns, role);
	llm_wire_append_escaped(turns->body, text);
	appendStringInfoString(turns->body, "\"}");
}

/* Writes the messages so that the first and the last are the user's, which the
 * API demands. */
static void
encode(const LlmCall *call, StringInfo body)
{
	Turns		turns = {.body = body};

	append_system(body, call);
	appendStringInfoString(body, ",\"messages\":[");
	for (int i = 0; i < call->message_count; i++)
	{
		const LlmMessage *message = &call->messages[i];

		if (llm_wire_is_blank(message->text))
			continue;
		if (turns.count == 0 && message->role == LLM_ROLE_ASSISTANT)
			append_block(&turns, LLM_ROLE_USER, "{\"note\":\"The business wrote first.\"}");
		append_block(&turns, message->role, message->text);
	}
	if (call->correction)
	{
		begin_block(&turns, LLM_ROLE_USER);
		llm_adapter_append_correction(body, call);
		appendStringInfoString(body, "\"}");
	}
	else if (turns.count == 0)
		append_block(&turns, LLM_ROLE_USER, "{\"body\":\"\"}");
	else if (turns.role == LLM_ROLE_ASSISTANT)
		append_block(&turns, LLM_ROLE_USER, "{\"note\":\"No further message came.\"}");
	appendStringInfoString(body, "]}]}");
}

static void
book_usage(const LlmCall *call, const LlmJson *answer, LlmResult *result)
{
	const LlmJson *usage = llm_json_member(answer, "usage");
	int64		fresh = llm_json_count(llm_json_member(usage, "input_tokens"));

	result->tokens_cached = llm_json_count(llm_json_member(usage, "cache_read_input_tokens"));
	result->tokens_cache_write = llm_json_count(llm_json_member(usage, "cache_creation_input_tokens"));
	result->tokens_in = (int) Min(fresh + result->tokens_cached + result->tokens_cache_write,
								  PG_INT32_MAX);
	result->tokens_out = llm_json_count(llm_json_member(usage, "output_tokens"));
	llm_adapter_book(call, llm_json_member(answer, "content"), result);
}

/* The text blocks one after another, whatever stands between them. */
static const char *
read_text(const LlmJson *content)
{
	StringInfoData text;

	initStringInfo(&text);
	if (content == NULL || content->kind != LLM_JSON_ARRAY)
		return text.data;
	for (const LlmJson *block = content->first; block; block = block->next)
	{
		const char *type = llm_json_string(llm_json_member(block, "type"));
		const char *piece = llm_json_string(llm_json_member(block, "text"));

		if (type && strcmp(type, "text") == 0 && piece)
			appendStringInfoString(&text, piece);
	}
	return text.data;
}

static void
judge_refusal(const LlmJson *answer, LlmResult *result)
{
	const LlmJson *details = llm_json_member(answer, "stop_details");
	const char *category = llm_json_string(llm_json_member(details, "category"));

	/* a refusal before the first word is not billed, whatever usage says */
	if (!llm_json_is_present(llm_json_member(answer, "content")))
		result->cost = 0;
	llm_failure_set(result, LLM_REFUSED, "refusal",
					category ? psprintf("the model declined to answer (%s)", category) :
					"the model declined to answer");
}

/* Judges by the reason to stop, for a text may be there in every case. */
static void
decode(const LlmCall *call, const LlmJson *answer, LlmResult *result)
{
	const char *reason = llm_json_string(llm_json_member(answer, "stop_reason"));
	LlmFinish	finish = llm_finish_read(reason);
	const char *text;

	book_usage(call, answer, result);
	if (finish == LLM_FINISH_WITHHELD)
		judge_refusal(answer, result);
	else if (finish == LLM_FINISH_CUT)
		llm_failure_set(result, LLM_TRUNCATED, reason, "the output limit cut the answer");
	else if (finish == LLM_FINISH_TOOLS)
		llm_failure_set(result, LLM_INVALID, reason, "the model asked for tools that were not offered");
	else if (finish == LLM_FINISH_BROKEN)
		llm_failure_of_answer(HTTP_FAILURE_SERVER_ERROR, psprintf("the server gave the answer up (%s)", reason), result);
	else if (finish != LLM_FINISH_WHOLE && !(finish == LLM_FINISH_UNSAID && call->agent->provider->ends_unsaid))
		llm_failure_set(result, LLM_INVALID, "stop_reason", "the answer does not say that it is complete");
	else if (text = read_text(llm_json_member(answer, "content")), llm_wire_is_blank(text))
		llm_failure_set(result, LLM_INVALID, "empty", "the answer is empty");
	else
		llm_answer_judge(call->agent, text, result);
}

/* What codes and types say beyond the status: out of money, which looks like too
 * fast, also in the words of proxies; what an error sent as 200 should have had. */
static const HttpFailureRule failure_rules[] = {
	LLM_FAILURE_OF_CODE("model_not_found", HTTP_FAILURE_NOT_FOUND),
	LLM_FAILURE_OF_CODE("insufficient_quota", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("billing_error", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("enforced_spend_limit_reached", HTTP_FAILURE_QUOTA),
	LLM_FAILURE_OF_CODE("budget_exceeded", HTTP_FAILURE_QUOTA),
	LLM_FAILURES_OF_MONEY,
	LLM_FAILURE_OF_CODE("content_filter", HTTP_FAILURE_REFUSED),
	LLM_FAILURES_OF_CONTENT,
	LLM_FAILURES_IN_200,
};

static const LlmAllowanceHeader allowances[] = {
	{"anthropic-ratelimit-requests-limit", false, LLM_ALLOWANCE_LIMIT},
	{"anthropic-ratelimit-requests-remaining", false, LLM_ALLOWANCE_REMAINING},
	{"anthropic-ratelimit-requests-reset", false, LLM_ALLOWANCE_RESET},
	{"anthropic-ratelimit-tokens-limit", true, LLM_ALLOWANCE_LIMIT},
	{"anthropic-ratelimit-tokens-remaining", true, LLM_ALLOWANCE_REMAINING},
	{"anthropic-ratelimit-tokens-reset", true, LLM_ALLOWANCE_RESET},
	{NULL}
};

const LlmAdapter llm_anthropic_adapter = {
	.name = "anthropic",
	.prepare = prepare,
	.encode = encode,
	.decode = decode,
	.allowances = allowances,
	.read_reset = llm_allowance_read_time,
	.read_error = llm_adapter_read_details,
	.failure_rules = failure_rules,
	.failure_rule_count = lengthof(failure_rules),
};
