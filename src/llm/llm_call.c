/*
 * llm_call.c
 *	  Encodes calls and decodes answers: the parts all vendors share, and the
 *	  way to the adapter of the vendor at hand.
 *
 * A worker calls in here three times per workflow, inside its short
 * transaction; nothing waits and nothing raises on what the far side sent.
 * Memory is the caller's current context.
 */
#include "postgres.h"

#include "llm/llm_adapter.h"
#include "llm/llm_failure.h"
#include "llm/llm_member.h"
#include "llm/llm_wire.h"

/* Of a request's JSON: as it mostly is, and as it is in no language. */
#define BYTES_PER_TOKEN 4
#define LEAST_BYTES_PER_TOKEN 2.0

/* No honest answer is longer; the setting for responses may allow more. */
#define ANSWER_BYTES_MAX (16 * 1024 * 1024)

bool
llm_call_is_local(const LlmAgent *agent)
{
	return agent->provider->adapter->encode == NULL;
}

/* Escapes the schema for the system text of servers that must be told. */
static const char *
render_suffix(const LlmAgent *agent)
{
	StringInfoData out;

	initStringInfo(&out);
	if (llm_adapter_tells_schema(agent))
	{
		llm_wire_append_escaped_utf8(&out, "\n\nAnswer with one JSON object and nothing else: no prose, no code fence. It must fit this JSON Schema:\n");
		llm_wire_append_escaped_utf8(&out, agent->schema);
	}
	return out.data;
}

void
llm_call_prepare(LlmAgent *agent)
{
	LlmWire    *wire = &agent->wire;
	StringInfoData head;
	StringInfoData prompt;

	if (llm_call_is_local(agent))
		return;
	initStringInfo(&prompt);
	llm_wire_append_escaped(&prompt, agent->prompt);
	wire->prompt = prompt.data;
	wire->prompt_bytes = prompt.len;
	wire->prompt_length = strlen(agent->prompt);
	wire->suffix = render_suffix(agent);
	initStringInfo(&head);
	agent->provider->adapter->prepare(agent, &head);
	wire->head = head.data;
	wire->head_bytes = head.len;
}

const LlmAgent *
llm_call_without(const LlmAgent *agent, unsigned members)
{
	LlmAgent   *copy = palloc(sizeof(LlmAgent));

	*copy = *agent;
	copy->provider = llm_member_leave_out(agent->provider, members);
	llm_call_prepare(copy);
	return copy;
}

/* About how long the body will be, so that it rarely has to grow. */
static size_t
estimate_bytes(const LlmCall *call)
{
	const LlmWire *wire = &call->agent->wire;
	size_t		bytes = wire->head_bytes + wire->prompt_bytes + strlen(wire->suffix) + 1024;

	if (call->system)
		bytes += strlen(call->system);
	for (int i = 0; i < call->message_count; i++)
		bytes += strlen(call->messages[i].text) + 64;
	return bytes;
}

/* US dollars that a call costs at most: for the budget, so rather too many. */
static double
highest_cost(const LlmAgent *agent, int body_bytes)
{
	double		price = Max(agent->price_input, agent->price_cache_write);

	return (body_bytes / LEAST_BYTES_PER_TOKEN * price + agent->max_tokens * agent->price_output) /
		1e6;
}

void
llm_call_encode(const LlmCall *call, HttpRequest *request)
{
	const LlmWire *wire = &call->agent->wire;
	StringInfoData body;

	if (llm_call_is_local(call->agent))
		elog(ERROR, "agent \"%s\" is local and sends nothing", call->agent->name);
	initStringInfo(&body);
	enlargeStringInfo(&body, estimate_bytes(call));
	appendBinaryStringInfo(&body, wire->head, wire->head_bytes);
	call->agent->provider->adapter->encode(call, &body);

	memset(request, 0, sizeof(*request));
	request->method = "POST";
	request->url = wire->url;
	request->headers = unconstify(LlmWire *, wire)->headers;
	request->header_count = wire->header_count;
	request->body = body.data;
	request->body_bytes = body.len;
	request->timeout_ms = call->agent->timeout_ms;
	request->limit = &call->agent->provider->limit;
	request->tokens = body.len / BYTES_PER_TOKEN + call->agent->max_tokens;
	request->cost = highest_cost(call->agent, body.len);
}

/* Whether the body calls itself something that cannot be the answer. */
static bool
is_foreign(const char *content_type)
{
	return pg_strncasecmp(content_type, "text/html", 9) == 0 ||
		pg_strncasecmp(content_type, "text/event-stream", 17) == 0 ||
		pg_strncasecmp(content_type, "image/", 6) == 0;
}

/* Whether there is a text of an error and nothing that an answer has. */
static bool
is_bare_error(const LlmJson *answer)
{
	static const char *const texts[] = {"message", "detail", "msg", "error_msg", "errors"};

	if (llm_json_member(answer, "choices") != NULL || llm_json_member(answer, "content") != NULL)
		return false;
	for (int i = 0; i < lengthof(texts); i++)
		if (llm_json_is_present(llm_json_member(answer, texts[i])))
			return true;
	return false;
}

/* An error inside a 2xx, as some servers and both vendors' proxies send; a choice
 * may hold one, too. */
static bool
is_error(const LlmJson *answer)
{
	const LlmJson *choices = llm_json_member(answer, "choices");
	const char *type = llm_json_string(llm_json_member(answer, "type"));
	const char *object = llm_json_string(llm_json_member(answer, "object"));

	return llm_json_is_present(llm_json_member(answer, "error")) ||
		(type && strcmp(type, "error") == 0) ||
		(object && strcmp(object, "error") == 0) || is_bare_error(answer) ||
		(choices && llm_json_is_present(llm_json_member(choices->first, "error")));
}

/* Where the error of such an answer stands. */
static const LlmJson *
find_error(const LlmJson *answer)
{
	const LlmJson *choices = llm_json_member(answer, "choices");

	return llm_json_is_present(llm_json_member(answer, "error")) || choices == NULL ||
		!llm_json_is_present(llm_json_member(choices->first, "error")) ? answer : choices->first;
}

/* Judges a 2xx, which proxies on the way send as well: what is no JSON object
 * never reaches the adapter. */
static void
decode_success(const LlmCall *call, const HttpResponse *response, LlmResult *result)
{
	const LlmJson *answer;
	const char *problem;

	if (is_foreign(response->content_type))
	{
		llm_failure_of_answer(HTTP_FAILURE_INVALID, psprintf("%s came instead of JSON", response->content_type), result);
		return;
	}
	if (response->body_bytes > ANSWER_BYTES_MAX)
	{
		llm_failure_of_answer(HTTP_FAILURE_TOO_LARGE, psprintf("the answer is %zu bytes long", response->body_bytes), result);
		return;
	}
	answer = llm_json_parse(response->body, response->body_bytes, &problem);
	if (answer && answer->kind == LLM_JSON_ARRAY && answer->first && is_error(answer->first))
		answer = answer->first;
	if (answer == NULL || answer->kind != LLM_JSON_OBJECT)
		llm_failure_of_answer(HTTP_FAILURE_INVALID, psprintf("the response is no JSON object: %s",
															 problem ? problem : "another value"), result);
	else if (is_error(answer))
		llm_failure_of_status(call, response, find_error(answer), result);
	else
		call->agent->provider->adapter->decode(call, answer, result);
}

static void
decode_error(const LlmCall *call, const HttpResponse *response, LlmResult *result)
{
	const LlmJson *answer = NULL;
	const char *problem;

	if (response->body_bytes <= ANSWER_BYTES_MAX)
		answer = llm_json_parse(response->body, response->body_bytes, &problem);
	llm_failure_of_status(call, response, answer, result);
}

void
llm_call_decode(const LlmCall *call, const HttpResponse *response, LlmResult *result)
{
	memset(result, 0, sizeof(*result));
	result->verdict = LLM_FAILED;
	result->retry_after_ms = response->retry_after_ms;

	if (response->outcome != HTTP_ANSWERED)
		llm_failure_of_transfer(response, result);
	else if (response->status < 200 || response->status > 299)
		decode_error(call, response, result);
	else
		decode_success(call, response, result);
}
