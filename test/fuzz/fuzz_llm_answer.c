/*
 * fuzz_llm_answer.c
 *	  What a model's server answers: errors, both vendors' messages, and the
 *	  object that was asked for.
 *
 * The first byte chooses the vendor, whether the server keeps to schemas, whether
 * an object is wanted and what the server calls things, the second the status; a
 * line is the content type, the rest the body.  Nothing raises; the verdict comes
 * with what belongs to it, and whatever is told can be stored.
 */
#include "postgres.h"

#include <math.h>

#include "fuzz_target.h"
#include "http/http_header.h"
#include "llm/llm_adapter.h"
#include "server_stubs.h"

extern const LlmAdapter llm_anthropic_adapter;
extern const LlmAdapter llm_openai_adapter;

#define SCHEMA \
	"{\"type\":\"object\",\"properties\":{" \
	"\"kind\":{\"type\":\"string\",\"enum\":[\"Order\",\"other\"]}," \
	"\"score\":{\"type\":\"number\",\"minimum\":-1,\"maximum\":1}," \
	"\"count\":{\"type\":\"integer\"},\"urgent\":{\"type\":\"boolean\"}," \
	"\"day\":{\"type\":[\"string\",\"null\"],\"format\":\"date\"}," \
	"\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":3}," \
	"\"open\":{\"type\":\"object\"}," \
	"\"who\":{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}," \
	"\"note\":{\"type\":\"string\",\"maxLength\":10}},\"required\":[\"kind\"]}"

static void
check_text(const char *text)
{
	fuzz_require(text != NULL && server_stubs_is_text(text, strlen(text)));
}

static void
check_result(const LlmAgent *agent, const LlmResult *result)
{
	fuzz_require(result->tokens_in >= 0 && result->tokens_out >= 0);
	fuzz_require(result->tokens_cached >= 0 && result->tokens_cache_write >= 0);
	fuzz_require(isfinite(result->cost) && result->cost >= 0 && result->cost < 1e6);
	if (result->text)
		check_text(result->text);
	if (result->verdict == LLM_ANSWERED)
	{
		check_text(result->text);
		fuzz_require((agent->shape != NULL) == (result->object != NULL));
		return;
	}
	check_text(http_failure_word(result->failure_class));
	check_text(result->code);
	check_text(result->problem);
	fuzz_require(strlen(result->problem) <= 500 && strpbrk(result->problem, "\r\n") == NULL);
}

static void
check_answer(LlmAgent *agent, int status, char *text, size_t length)
{
	static const int statuses[] = {200, 200, 200, 201, 400, 401, 404, 429, 500, 529};
	char	   *body = memchr(text, '\n', length);
	char		content_type[HTTP_HEADER_VALUE_BYTES] = "";
	const char *problem;
	LlmCall		call = {.agent = agent};
	LlmResult	result;
	HttpResponse response = {
		.outcome = HTTP_ANSWERED,
		.status = statuses[status % lengthof(statuses)],
		.content_type = content_type,
		.request_id = "", .rate_headers = "", .error_class = "", .error_text = "",
		.retry_after_ms = -1, .should_retry = -1,
	};

	if (body)
		http_header_read(text, body++ - text, "content-type", content_type);
	response.body = body ? body : text;
	response.body_bytes = text + length - response.body;
	agent->shape = agent->schema ? llm_json_parse(agent->schema, strlen(agent->schema), &problem) : NULL;
	llm_call_decode(&call, &response, &result);
	check_result(agent, &result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t		way = fuzz_take(&bytes, &length);
	uint8_t		status = fuzz_take(&bytes, &length);
	char	   *text = fuzz_string(bytes, length);
	LlmProvider provider = {
		.name = "models", .base_url = "https://models.example.com", .key = "key-of-ours",
		.adapter = way & 1 ? &llm_anthropic_adapter : &llm_openai_adapter,
		.structured = way & 2 ? "json_schema" : "prompt", .strict = way & 4,
		.limit_field = way & 16 ? "max_tokens" : "max_completion_tokens",
		.system_role = way & 32 ? "system" : "developer",
	};
	LlmAgent	agent = {
		.name = "agent", .provider = &provider, .model = "m", .prompt = "Sort.",
		.schema = way & 8 ? SCHEMA : NULL,
		.price_input = 1, .price_cached = 0.1, .price_cache_write = 2, .price_output = 10,
	};

	check_answer(&agent, status, text, length);
	server_stubs_forget();
	free(text);
	return 0;
}
