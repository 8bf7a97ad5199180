/*
 * fake_anthropic.c
 *		POST /v1/messages as Anthropic answers it.
 *
 * Requests are held to the published contract: the key and version headers,
 * max_tokens, no unknown member, no empty text block, a schema within the
 * permitted keywords.
 */
#include "fake_model.h"

#include <stdio.h>
#include <string.h>

static const char *const known_members[] = {
	"cache_control", "container", "inference_geo", "max_tokens", "messages",
	"metadata", "model", "output_config", "service_tier", "stop_sequences",
	"stream", "system", "temperature", "thinking", "tool_choice", "tools",
	"top_k", "top_p", "user_profile_id", NULL
};

typedef struct StatusError
{
	int status;
	const char *type;
	const char *message;
} StatusError;

static const StatusError status_errors[] = {
	{ 400, "invalid_request_error", "Bad request" },
	{ 401, "authentication_error", "invalid x-api-key" },
	{ 402, "billing_error", "Your credit balance is too low" },
	{ 403, "permission_error", "Your key may not use this resource" },
	{ 404, "not_found_error", "model: not found" },
	{ 413, "request_too_large", "Request exceeds the maximum size" },
	{ 429, "rate_limit_error", "This request would exceed your rate limit" },
	{ 504, "timeout_error", "The request timed out" },
	{ 529, "overloaded_error", "Overloaded" },
	{ 0, "api_error", "Internal server error" },
};

static void
add_headers(FakeExchange *exchange)
{
	fake_text_printf(exchange->headers,
					 "request-id: req_%016llx\r\n"
					 "anthropic-organization-id: fake-organization\r\n"
					 "anthropic-ratelimit-requests-limit: 400000\r\n"
					 "anthropic-ratelimit-requests-remaining: 399999\r\n"
					 "anthropic-ratelimit-requests-reset: "
					 "2030-01-01T00:00:00Z\r\n"
					 "anthropic-ratelimit-tokens-limit: 100000000\r\n"
					 "anthropic-ratelimit-tokens-remaining: 99999000\r\n"
					 "anthropic-ratelimit-tokens-reset: "
					 "2030-01-01T00:00:00Z\r\n",
					 (unsigned long long) exchange->number);
}

static void
answer_error(FakeExchange *exchange, const StatusError *error)
{
	FakeText *body = exchange->body;

	exchange->status = error->status;
	fake_text_printf(body, "{\"type\":\"error\",\"error\":{\"type\":\"%s\","
					 "\"message\":", error->type);
	fake_text_json(body, fake_slice_of(error->message));
	if (exchange->action->error_code != NULL)
		fake_text_printf(body, ",\"details\":{\"error_code\":\"%s\"}",
						 exchange->action->error_code);
	fake_text_printf(body, "},\"request_id\":\"req_%016llx\"}",
					 (unsigned long long) exchange->number);
}

/* Answers with the body that belongs to a status. */
void
fake_anthropic_error(FakeExchange *exchange, int status)
{
	const StatusError *error = status_errors;
	StatusError chosen;

	add_headers(exchange);
	if (fake_model_literal_error(exchange, status))
		return;
	while (error->status != 0 && error->status != status)
		error++;
	chosen = *error;
	chosen.status = status;
	answer_error(exchange, &chosen);
}

/* Refuses with 400 in the given words; always false. */
static bool
refuse(FakeExchange *exchange, const char *message)
{
	answer_error(exchange, &(StatusError) { 400, "invalid_request_error",
				 message });
	return false;
}

static bool
check_headers(FakeExchange *exchange)
{
	const FakeRequest *request = exchange->request;
	FakeSlice key = fake_http_header(request, "x-api-key");

	if (key.len == 0)
	{
		answer_error(exchange, &(StatusError) { 401, "authentication_error",
					 "x-api-key header is required" });
		return false;
	}
	if (fake_slice_starts(key, "invalid") ||
		fake_http_header(request, "authorization").len > 0)
	{
		fake_anthropic_error(exchange, 401);
		return false;
	}
	if (fake_http_header(request, "anthropic-version").len == 0)
		return refuse(exchange, "anthropic-version: header is required");
	if (!fake_slice_is(fake_http_header(request, "anthropic-version"),
					   "2023-06-01"))
		return refuse(exchange, "anthropic-version: unknown version");
	return true;
}

/* Whether a message has a text block, or is one, without a visible byte. */
static bool
has_empty_text(FakeSlice messages)
{
	FakeJsonWalk walk = fake_json_walk(messages);
	FakeSlice message;

	while (fake_json_element(&walk, &message))
	{
		FakeSlice content = fake_json_find(message, "content");
		FakeJsonWalk blocks = fake_json_walk(content);
		FakeSlice block;

		if (fake_slice_is(content, "\"\""))
			return true;
		while (content.len > 0 && content.at[0] == '[' &&
			   fake_json_element(&blocks, &block))
			if (fake_slice_is(fake_json_find(block, "text"), "\"\""))
				return true;
	}
	return false;
}

/* What reading the members finds. */
typedef struct Members
{
	FakeSlice model;
	FakeSlice messages;
	FakeSlice output;
	FakeSlice max_tokens;
	FakeSlice stream;
	char unknown[128];
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
		else if (fake_slice_is(name, "output_config"))
			members->output = value;
		else if (fake_slice_is(name, "max_tokens"))
			members->max_tokens = value;
		else if (fake_slice_is(name, "stream"))
			members->stream = value;
		else if (!fake_model_is_listed(name, known_members) &&
				 members->unknown[0] == '\0')
			snprintf(members->unknown, sizeof(members->unknown),
					 "%.*s: Extra inputs are not permitted",
					 (int) (name.len < 60 ? name.len : 60), name.at);
	}
}

static bool
check_members(FakeExchange *exchange, const Members *members)
{
	if (members->unknown[0] != '\0')
		return refuse(exchange, members->unknown);
	if (members->model.len == 0)
		return refuse(exchange, "model: Field required");
	if (members->max_tokens.len == 0)
		return refuse(exchange, "max_tokens: Field required");
	if (members->max_tokens.at[0] < '0' || members->max_tokens.at[0] > '9')
		return refuse(exchange, "max_tokens: Input should be a valid integer");
	if (members->messages.len == 0)
		return refuse(exchange, "messages: Field required");
	if (members->messages.at[0] != '[' ||
		!fake_slice_has(members->messages, "{"))
		return refuse(exchange, "messages: at least one message is required");
	if (has_empty_text(members->messages))
		return refuse(exchange,
					  "messages: text content blocks must be non-empty");
	if (fake_slice_is(members->stream, "true"))
		return refuse(exchange, "stream: this stand-in does not stream");
	return true;
}

static bool
read_call(FakeExchange *exchange, FakeModelCall *call)
{
	FakeSlice body = exchange->request->body;
	Members members = { .unknown = "" };
	const char *error;
	char message[160];
	FakeSlice format;

	if (!check_headers(exchange))
		return false;
	if (!fake_json_check(body, &error))
	{
		snprintf(message, sizeof(message),
				 "The request body is not valid JSON: %s", error);
		return refuse(exchange, message);
	}
	read_members(body, &members);
	if (!check_members(exchange, &members))
		return false;
	call->model = members.model;
	call->last_user = fake_model_last_user(members.messages);
	format = fake_json_find(members.output, "format");
	if (format.len == 0 || fake_slice_is(format, "null"))
		return true;
	if (fake_json_find(format, "name").len > 0)
		return refuse(exchange, "output_config.format.name: Extra inputs are "
					  "not permitted");
	if (fake_json_find(format, "strict").len > 0)
		return refuse(exchange, "output_config.format.strict: Extra inputs "
					  "are not permitted");
	if (!fake_slice_is(fake_json_find(format, "type"), "\"json_schema\"") ||
		fake_json_find(format, "schema").len == 0)
		return refuse(exchange, "output_config.format.schema: Field required");
	call->schema = fake_schema_find(fake_json_find(format, "schema"),
									FAKE_SERVICE_ANTHROPIC);
	return true;
}

static void
append_tool_uses(FakeText *body, const FakeAction *action)
{
	FakeJsonWalk walk = fake_json_walk(fake_slice_of(action->tool_calls));
	FakeSlice call;

	while (fake_json_element(&walk, &call))
	{
		FakeSlice arguments = fake_json_find(call, "arguments");

		fake_text_puts(body, ",{\"type\":\"tool_use\",\"id\":");
		fake_text_add(body, fake_json_find(call, "id"));
		fake_text_puts(body, ",\"name\":");
		fake_text_add(body, fake_json_find(call, "name"));
		fake_text_puts(body, ",\"input\":");
		if (arguments.len > 0 && arguments.at[0] == '"')
			fake_json_decode(body, arguments);
		else
			fake_text_add(body, arguments);
		fake_text_puts(body, ",\"caller\":{\"type\":\"direct\"}}");
	}
}

static const char *
usual_reason(const FakeAction *action)
{
	if (fake_action_has(action, FAKE_FAULT_REFUSAL) ||
		fake_action_has(action, FAKE_FAULT_CONTENT_FILTER))
		return "refusal";
	if (fake_action_has(action, FAKE_FAULT_TRUNCATED))
		return "max_tokens";
	return action->tool_calls != NULL ? "tool_use" : "end_turn";
}

static void
append_content(FakeExchange *exchange, FakeSlice quoted)
{
	const FakeAction *action = exchange->action;
	FakeText *body = exchange->body;

	fake_text_puts(body, "\"content\":[");
	if (!fake_action_has(action, FAKE_FAULT_REFUSAL) &&
		!fake_action_has(action, FAKE_FAULT_CONTENT_FILTER) &&
		!fake_action_has(action, FAKE_FAULT_EMPTY_CONTENT) &&
		!fake_action_has(action, FAKE_FAULT_EMPTY_CHOICES))
	{
		if (fake_action_has(action, FAKE_FAULT_THINKING_FIRST))
			fake_text_puts(body, "{\"type\":\"thinking\",\"thinking\":\"\","
						   "\"signature\":\"EqQBCgFake\"},");
		fake_text_puts(body, "{\"type\":\"text\",\"text\":");
		fake_text_add(body, quoted);
		fake_text_puts(body, ",\"citations\":null}");
		if (action->tool_calls != NULL)
			append_tool_uses(body, action);
	}
	fake_text_puts(body, "]");
}

static void
append_usage(FakeExchange *exchange, size_t said)
{
	if (fake_action_has(exchange->action, FAKE_FAULT_MISSING_USAGE))
		return;
	fake_text_printf(exchange->body,
					 ",\"usage\":{\"input_tokens\":%zu,"
					 "\"cache_creation_input_tokens\":0,"
					 "\"cache_read_input_tokens\":0,\"cache_creation\":{"
					 "\"ephemeral_5m_input_tokens\":0,"
					 "\"ephemeral_1h_input_tokens\":0},\"output_tokens\":%zu,"
					 "\"output_tokens_details\":{\"thinking_tokens\":0},"
					 "\"server_tool_use\":null,\"service_tier\":\"standard\","
					 "\"inference_geo\":\"global\"}",
					 exchange->request->body.len / 4 + 1, said / 4 + 1);
}

/* POST /v1/messages. */
void
fake_anthropic_answer(FakeExchange *exchange)
{
	static FakeText quoted = { 0 };
	FakeText *body = exchange->body;
	FakeModelCall call = { 0 };
	const char *fault;
	char message[160];

	add_headers(exchange);
	if (!read_call(exchange, &call))
		return;
	fake_text_reset(&quoted);
	fault = fake_model_speak(exchange, &call, &quoted);
	if (fault != NULL)
	{
		snprintf(message, sizeof(message),
				 "output_config.format.schema: %s", fault);
		(void) refuse(exchange, message);
		return;
	}
	fake_text_printf(body, "{\"id\":\"msg_fake%llu\",\"type\":\"message\","
					 "\"role\":\"assistant\",\"model\":\"%.*s\",",
					 (unsigned long long) exchange->number,
					 (int) call.model.len, call.model.at);
	append_content(exchange, fake_text_slice(&quoted));
	fake_text_printf(body, ",\"stop_reason\":%s,\"stop_sequence\":null,"
					 "\"stop_details\":%s,\"container\":null",
					 fake_model_reason(exchange->action,
									   usual_reason(exchange->action)),
					 fake_action_has(exchange->action, FAKE_FAULT_REFUSAL) ?
					 "{\"type\":\"refusal\",\"category\":\"cyber\","
					 "\"explanation\":null}" : "null");
	append_usage(exchange, quoted.len);
	fake_text_puts(body, "}");
}
