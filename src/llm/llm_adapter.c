/*
 * llm_adapter.c
 *	  What the adapters share: addresses, headers, the system text, costs.
 *
 * Pure; memory is the current context (the cache's for everything that
 * llm_call_prepare() reaches).
 */
#include "postgres.h"

#include "llm/llm_adapter.h"
#include "llm/llm_wire.h"

/* Whether a path segment like v1 or v1beta follows the host. */
static bool
has_version(const char *base_url)
{
	const char *p = strstr(base_url, "://");

	for (p = strchr(p ? p + 3 : base_url, '/'); p; p = strchr(p + 1, '/'))
		if (p[1] == 'v' && p[2] >= '0' && p[2] <= '9')
			return true;
	return false;
}

const char *
llm_adapter_url(const char *base_url, const char *path)
{
	int			bytes = strlen(base_url);

	while (bytes > 0 && base_url[bytes - 1] == '/')
		bytes--;
	return psprintf("%.*s%s/%s", bytes, base_url,
					has_version(base_url) ? "" : "/v1", path);
}

void
llm_adapter_set_headers(LlmAgent *agent, const char *key_header, const char *version_header)
{
	const LlmProvider *provider = agent->provider;
	LlmWire    *wire = &agent->wire;

	wire->headers = palloc(sizeof(char *) * (provider->header_count + 4));
	wire->header_count = 0;
	wire->headers[wire->header_count++] = "Content-Type: application/json";
	wire->headers[wire->header_count++] = "Accept: application/json";
	if (version_header)
		wire->headers[wire->header_count++] = version_header;
	if (key_header)
		wire->headers[wire->header_count++] = key_header;
	for (int i = 0; i < provider->header_count; i++)
		wire->headers[wire->header_count++] = provider->headers[i];
}

bool
llm_adapter_sends_schema(const LlmAgent *agent)
{
	return agent->schema && strcmp(agent->provider->structured, "json_schema") == 0;
}

/* A server that does not promise to keep to a schema is told of it as well. */
bool
llm_adapter_tells_schema(const LlmAgent *agent)
{
	return agent->schema &&
		!(llm_adapter_sends_schema(agent) && agent->provider->strict);
}

const char *
llm_adapter_grounding(const LlmCall *call, bool *starts_with_prompt)
{
	const LlmAgent *agent = call->agent;
	int			length = agent->wire.prompt_length;

	*starts_with_prompt = call->system == NULL || call->system == agent->prompt ||
		strncmp(call->system, agent->prompt, length) == 0;
	if (call->system == NULL)
		return "";
	return *starts_with_prompt ? call->system + length : call->system;
}

void
llm_adapter_append_system(StringInfo body, const LlmCall *call)
{
	const LlmWire *wire = &call->agent->wire;
	bool		starts_with_prompt;
	const char *grounding = llm_adapter_grounding(call, &starts_with_prompt);

	if (starts_with_prompt)
		appendBinaryStringInfo(body, wire->prompt, wire->prompt_bytes);
	llm_wire_append_escaped(body, grounding);
	appendStringInfoString(body, wire->suffix);
}

void
llm_adapter_append_correction(StringInfo body, const LlmCall *call)
{
	llm_wire_append_escaped(body, "Your last answer could not be used. ");
	llm_wire_append_escaped(body, call->correction);
	llm_wire_append_escaped(body, call->agent->schema ?
							"\nAnswer the messages above again, with one JSON object that fits the schema and nothing else." :
							"\nAnswer the messages above again.");
}

void
llm_adapter_read_details(const LlmJson *error, HttpFailureSigns *signs)
{
	const LlmJson *details = llm_json_member(error, "details");
	const char *code = llm_json_scalar(llm_json_member(details, "error_code"));

	if (code != NULL)
		signs->code = code;
}

/* No call is longer: a server that claims more must not empty a budget. */
#define TOKENS_MAX 10000000

/* Fewer than a token has in most texts: an estimate is rather too high. */
#define BYTES_PER_TOKEN 3

/* Bytes of all strings of a part of an answer: thoughts are paid for, too. */
static int64
count_bytes(const LlmJson *said)
{
	int64		bytes = 0;

	if (said == NULL)
		return 0;
	if (said->kind == LLM_JSON_STRING)
		return said->text_bytes;
	for (const LlmJson *child = said->first; child; child = child->next)
		bytes += count_bytes(child);
	return bytes;
}

static void
estimate(const LlmCall *call, const LlmJson *said, LlmResult *result)
{
	int64		sent = call->sent ? call->sent->body_bytes :
		call->agent->wire.head_bytes + call->agent->wire.prompt_bytes;

	/* no prompt has none */
	result->is_estimated = result->tokens_in == 0;
	if (result->tokens_in == 0)
		result->tokens_in = (int) Min(sent / BYTES_PER_TOKEN + 1, TOKENS_MAX);
	if (result->tokens_out == 0)
		result->tokens_out = (int) Min(count_bytes(said) / BYTES_PER_TOKEN, TOKENS_MAX);
}

void
llm_adapter_book(const LlmCall *call, const LlmJson *said, LlmResult *result)
{
	const LlmAgent *agent = call->agent;
	double		plain;

	estimate(call, said, result);
	result->tokens_in = Min(result->tokens_in, TOKENS_MAX);
	result->tokens_cached = Min(result->tokens_cached, TOKENS_MAX);
	result->tokens_cache_write = Min(result->tokens_cache_write, TOKENS_MAX);
	result->tokens_out = Min(result->tokens_out, TOKENS_MAX);
	plain = (double) result->tokens_in - result->tokens_cached - result->tokens_cache_write;
	result->cost = (Max(plain, 0) * agent->price_input +
					result->tokens_cached * agent->price_cached +
					result->tokens_cache_write * agent->price_cache_write +
					result->tokens_out * agent->price_output) / 1e6;
}
