/*
 * fake_openai.c
 *		POST /v1/chat/completions as OpenAI answers it.
 *
 * Requests are held to the published contract: unknown members, a missing
 * Bearer key, a bad strict schema and max_tokens on a reasoning model are
 * answered with the service's own errors.
 */
#include "fake_model.h"

#include <stdio.h>
#include <string.h>

/* One error in the service's form. */
typedef struct OpenaiError
{
	int status;
	const char *type;
	const char *param;			/* NULL for null */
	const char *code;			/* NULL for null */
	const char *message;
} OpenaiError;

static const char *const known_members[] = {
	"audio", "frequency_penalty", "function_call", "functions", "logit_bias",
	"logprobs", "max_completion_tokens", "max_tokens", "messages", "metadata",
	"modalities", "model", "moderation", "n", "parallel_tool_calls",
	"prediction", "presence_penalty", "prompt_cache_key",
	"prompt_cache_options", "prompt_cache_retention", "reasoning_effort",
	"response_format", "safety_identifier", "seed", "service_tier", "stop",
	"store", "stream", "stream_options", "temperature", "tool_choice", "tools",
	"top_logprobs", "top_p", "user", "verbosity", "web_search_options", NULL
};

static const OpenaiError status_errors[] = {
	{ 400, "invalid_request_error", NULL, NULL, "Bad request." },
	{ 401, "invalid_request_error", NULL, "invalid_api_key",
	  "Incorrect API key provided." },
	{ 403, "invalid_request_error", NULL, "model_not_found",
	  "Project does not have access to the model." },
	{ 404, "invalid_request_error", NULL, "model_not_found",
	  "The model does not exist or you do not have access to it." },
	{ 429, "requests", NULL, "rate_limit_exceeded",
	  "Rate limit reached on requests per min (RPM): Limit 500, Used 500, "
	  "Requested 1." },
	{ 503, "server_error", NULL, NULL,
	  "The engine is currently overloaded, please try again later." },
	{ 0, "server_error", NULL, NULL,
	  "The server had an error while processing your request." },
};

static void
add_headers(FakeExchange *exchange)
{
	fake_text_printf(exchange->headers,
					 "x-request-id: req_%016llx\r\n"
					 "openai-processing-ms: 3\r\n"
					 "openai-version: 2020-10-01\r\n"
					 "x-ratelimit-limit-requests: 500000\r\n"
					 "x-ratelimit-remaining-requests: 499999\r\n"
					 "x-ratelimit-reset-requests: 20ms\r\n"
					 "x-ratelimit-limit-tokens: 200000000\r\n"
					 "x-ratelimit-remaining-tokens: 199999000\r\n"
					 "x-ratelimit-reset-tokens: 6m0s\r\n",
					 (unsigned long long) exchange->number);
}

static void
answer_error(FakeExchange *exchange, const OpenaiError *error)
{
	const char *code = exchange->action->error_code ?
		exchange->action->error_code : error->code;
	FakeText *body = exchange->body;

	exchange->status = error->status;
	fake_text_puts(body, "{\"error\":{\"message\":");
	fake_text_json(body, fake_slice_of(error->message));
	fake_text_puts(body, ",\"type\":");
	fake_text_json(body, fake_slice_of(error->type));
	fake_text_puts(body, ",\"param\":");
	if (error->param != NULL)
		fake_text_json(body, fake_slice_of(error->param));
	else
		fake_text_puts(body, "null");
	fake_text_puts(body, ",\"code\":");
	if (code != NULL)
		fake_text_json(body, fake_slice_of(code));
	else
		fake_text_puts(body, "null");
	fake_text_puts(body, "}}");
}

/* Answers with the body that belongs to a status. */
void
fake_openai_error(FakeExchange *exchange, int status)
{
	const OpenaiError *error = status_errors;
	OpenaiError chosen;

	add_headers(exchange);
	if (fake_model_literal_error(exchange, status))
		return;
	while (error->status != 0 && error->status != status)
		error++;
	chosen = *error;
	chosen.status = status;
	answer_error(exchange, &chosen);
}

static bool
is_reasoning_model(FakeSlice model)
{
	return fake_slice_starts(model, "gpt-5") ||
		fake_slice_starts(model, "gpt-6") || fake_slice_starts(model, "o");
}

/* Refuses in the given words; always false, for its callers to return. */
static bool
refuse(FakeExchange *exchange, const OpenaiError *error)
{
	answer_error(exchange, error);
	return false;
}

static bool
check_key(FakeExchange *exchange)
{
	FakeSlice key = fake_http_header(exchange->request, "authorization");

	if (!fake_slice_starts(key, "Bearer ") || key.len < 8)
		return refuse(exchange, &(OpenaiError) { 401, "invalid_request_error",
					  NULL, NULL, "You didn't provide an API key." });
	if (fake_slice_starts(key, "Bearer invalid"))
	{
		fake_openai_error(exchange, 401);
		return false;
	}
	return true;
}

/* What reading the members finds. */
typedef struct Members
{
	FakeSlice model;
	FakeSlice messages;
	FakeSlice format;
	FakeSlice max_tokens;
	FakeSlice stream;
	char unknown[64];
} Members;

static void
read_members(FakeSlice body, Members *members)
{
	FakeJsonWalk walk = fake_json_walk(body);
	FakeSlice name;
	FakeSlice value;

	while (fake_json_member(&walk, &name, &value))
	{
		if (fake_slice_is(name, "model"))
			members->model = fake_json_inside(value);
		else if (fake_slice_is(name, "messages"))
			members->messages = value;
		else if (fake_slice_is(name, "response_format"))
			members->format = value;
		else if (fake_slice_is(name, "max_tokens"))
			members->max_tokens = value;
		else if (fake_slice_is(name, "stream"))
			members->stream = value;
		else if (!fake_model_is_listed(name, known_members) &&
				 members->unknown[0] == '\0')
			snprintf(members->unknown, sizeof(members->unknown), "%.*s",
					 (int) (name.len < 60 ? name.len : 60), name.at);
	}
}

static bool
check_members(FakeExchange *exchange, const Members *members)
{
	char message[160];

	if (members->unknown[0] != '\0')
	{
		snprintf(message, sizeof(message),
				 "Unrecognized request argument supplied: %s",
				 members->unknown);
		return refuse(exchange, &(OpenaiError) { 400, "invalid_request_error",
					  NULL, NULL, message });
	}
	if (members->model.len == 0)
		return refuse(exchange, &(OpenaiError) { 400, "invalid_request_error",
					  NULL, NULL, "you must provide a model parameter" });
	if (members->messages.len < 3 || members->messages.at[0] != '[')
		return refuse(exchange, &(OpenaiError) { 400, "invalid_request_error",
					  "messages", NULL,
					  "Missing required parameter: 'messages'." });
	if (members->max_tokens.len > 0 && is_reasoning_model(members->model))
		return refuse(exchange, &(OpenaiError) { 400, "invalid_request_error",
					  "max_tokens", "unsupported_parameter",
					  "Unsupported parameter: 'max_tokens' is not supported "
					  "with this model. Use 'max_completion_tokens' "
					  "instead." });
	if (fake_slice_is(members->stream, "true"))
		return refuse(exchange, &(OpenaiError) { 400, "invalid_request_error",
					  "stream", NULL, "This stand-in does not stream." });
	return true;
}

static bool
read_call(FakeExchange *exchange, FakeModelCall *call)
{
	FakeSlice body = exchange->request->body;
	Members members = { .unknown = "" };
	const char *error;

	if (!check_key(exchange))
		return false;
	if (!fake_json_check(body, &error) || fake_json_walk(body).at == NULL)
		return refuse(exchange, &(OpenaiError) { 400, "invalid_request_error",
					  NULL, NULL, "We could not parse the JSON body of your "
					  "request." });
	read_members(body, &members);
	if (!check_members(exchange, &members))
		return false;
	call->model = members.model;
	call->last_user = fake_model_last_user(members.messages);
	if (fake_slice_is(fake_json_find(members.format, "type"),
					  "\"json_schema\""))
		call->schema = fake_schema_find(fake_json_find(members.format,
													   "json_schema"),
										FAKE_SERVICE_OPENAI);
	if (fake_slice_is(fake_json_find(members.format, "type"),
					  "\"json_object\"") &&
		!fake_slice_has(members.messages, "JSON") &&
		!fake_slice_has(members.messages, "json"))
		return refuse(exchange, &(OpenaiError) { 400, "invalid_request_error",
					  "messages", NULL, "'messages' must contain the word "
					  "'json' in some form, to use 'response_format' of type "
					  "'json_object'." });
	return true;
}

static void
append_tool_calls(FakeText *body, const FakeAction *action)
{
	FakeJsonWalk walk = fake_json_walk(fake_slice_of(action->tool_calls));
	FakeSlice call;
	const char *separator = "";

	fake_text_puts(body, ",\"tool_calls\":[");
	while (fake_json_element(&walk, &call))
	{
		FakeSlice arguments = fake_json_find(call, "arguments");

		fake_text_printf(body, "%s{\"id\":", separator);
		fake_text_add(body, fake_json_find(call, "id"));
		fake_text_puts(body, ",\"type\":\"function\",\"function\":{\"name\":");
		fake_text_add(body, fake_json_find(call, "name"));
		fake_text_puts(body, ",\"arguments\":");
		if (arguments.len > 0 && arguments.at[0] == '"')
			fake_text_add(body, arguments);
		else
			fake_text_json(body, arguments);
		fake_text_puts(body, "}}");
		separator = ",";
	}
	fake_text_puts(body, "]");
}

static const char *
usual_reason(const FakeAction *action)
{
	if (fake_action_has(action, FAKE_FAULT_TRUNCATED))
		return "length";
	if (fake_action_has(action, FAKE_FAULT_CONTENT_FILTER))
		return "content_filter";
	return action->tool_calls != NULL ? "tool_calls" : "stop";
}

static void
append_message(FakeExchange *exchange, FakeSlice quoted)
{
	const FakeAction *action = exchange->action;
	FakeText *body = exchange->body;

	fake_text_puts(body, "{\"role\":\"assistant\",\"content\":");
	if (fake_action_has(action, FAKE_FAULT_REFUSAL) ||
		fake_action_has(action, FAKE_FAULT_CONTENT_FILTER) ||
		action->tool_calls != NULL)
		fake_text_puts(body, "null");
	else if (fake_action_has(action, FAKE_FAULT_EMPTY_CONTENT))
		fake_text_puts(body, "\"\"");
	else
		fake_text_add(body, quoted);
	if (fake_action_has(action, FAKE_FAULT_THINKING_FIRST))
		fake_text_puts(body, ",\"reasoning\":\"Let me think about this.\"");
	fake_text_printf(body, ",\"refusal\":%s,\"annotations\":[]",
					 fake_action_has(action, FAKE_FAULT_REFUSAL) ?
					 "\"I'm sorry, I can't help with that.\"" : "null");
	if (action->tool_calls != NULL)
		append_tool_calls(body, action);
	fake_text_puts(body, "}");
}

static void
append_usage(FakeExchange *exchange, size_t said)
{
	size_t in = exchange->request->body.len / 4 + 1;
	size_t out = said / 4 + 1;

	if (fake_action_has(exchange->action, FAKE_FAULT_MISSING_USAGE))
		return;
	fake_text_printf(exchange->body,
					 ",\"usage\":{\"prompt_tokens\":%zu,"
					 "\"completion_tokens\":%zu,\"total_tokens\":%zu,"
					 "\"prompt_tokens_details\":{\"cached_tokens\":0,"
					 "\"audio_tokens\":0},\"completion_tokens_details\":{"
					 "\"reasoning_tokens\":0,\"audio_tokens\":0,"
					 "\"accepted_prediction_tokens\":0,"
					 "\"rejected_prediction_tokens\":0}}", in, out, in + out);
}

/* POST /v1/chat/completions. */
void
fake_openai_answer(FakeExchange *exchange)
{
	static FakeText quoted = { 0 };
	FakeText *body = exchange->body;
	FakeModelCall call = { 0 };
	const char *fault;
	char message[200];

	add_headers(exchange);
	if (!read_call(exchange, &call))
		return;
	fake_text_reset(&quoted);
	fault = fake_model_speak(exchange, &call, &quoted);
	if (fault != NULL)
	{
		snprintf(message, sizeof(message), "Invalid schema for "
				 "response_format: In context=(), %s.", fault);
		answer_error(exchange, &(OpenaiError) { 400, "invalid_request_error",
					 "response_format", "invalid_json_schema", message });
		return;
	}
	fake_text_printf(body, "{\"id\":\"chatcmpl-fake%llu\",\"object\":"
					 "\"chat.completion\",\"created\":1795300000,\"model\":"
					 "\"%.*s\",\"choices\":[",
					 (unsigned long long) exchange->number,
					 (int) call.model.len, call.model.at);
	if (!fake_action_has(exchange->action, FAKE_FAULT_EMPTY_CHOICES))
	{
		fake_text_puts(body, "{\"index\":0,\"message\":");
		append_message(exchange, fake_text_slice(&quoted));
		fake_text_printf(body, ",\"logprobs\":null,\"finish_reason\":%s}",
						 fake_model_reason(exchange->action,
										   usual_reason(exchange->action)));
	}
	fake_text_puts(body, "]");
	append_usage(exchange, quoted.len);
	fake_text_puts(body, ",\"service_tier\":\"default\"}");
}
