/*
 * llm_failure.c
 *	  What went wrong with a call: class, code, a line for a person, and
 *	  whether asking again can help.
 *
 * Two tables decide.  A 429 is not one thing: out of money looks like too
 * fast, and only the code tells them apart.  breaks_provider means that no
 * other call with this key will fare better.
 *
 * Pure; memory is the current context.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "llm/llm_failure.h"
#include "llm/llm_wire.h"

#define PROBLEM_BYTES 500

typedef struct StatusRule
{
	int			status;			/* first one it is for; up to the next rule */
	const char *failure_class;
	bool		retryable;
	bool		breaks_provider;
} StatusRule;

static const StatusRule status_rules[] = {
	{0, "http", true, false},
	{300, "http", false, false},
	{400, "request", false, false},
	{401, "auth", false, true},
	{402, "quota", false, true},
	{403, "auth", false, true},
	{404, "not_found", false, false},
	{405, "request", false, false},
	{408, "timeout", true, false},
	{409, "http", true, false},
	{410, "request", false, false},
	{413, "too_large", false, false},
	{414, "request", false, false},
	{429, "rate_limit", true, false},
	{430, "request", false, false},
	{500, "http", true, false},
	{503, "overloaded", true, false},
	{504, "timeout", true, false},
	{505, "http", true, false},
	{529, "overloaded", true, false},
	{530, "http", true, false},
};

/* Codes and types that mean: out of money, not too fast. */
static const char *const stop_codes[] = {
	"insufficient_quota", "credit_balance_exhausted",
	"organization_spend_limit_exceeded", "project_spend_limit_exceeded",
	"organization_usage_limit_exceeded", "billing_hard_limit_reached",
	"enforced_spend_limit_reached", "budget_exceeded", "billing_error",
};

/* Codes that mean: not this model, whoever asks.  An agent's row names the model,
 * so it is the agent that is wrong, and the key is as good as before. */
static const char *const model_codes[] = {
	"model_not_found", "model_not_available", "unsupported_model", "invalid_model",
};

/* The status that goes with a type, for errors that come as 200. */
static const struct
{
	const char *type;
	int			status;
}			type_rules[] = {
	{"invalid_request_error", 400},
	{"authentication_error", 401},
	{"permission_error", 403},
	{"not_found_error", 404},
	{"request_too_large", 413},
	{"rate_limit_error", 429},
	{"timeout_error", 504},
	{"overloaded_error", 529},
};

static bool
is_among(const char *code, const char *const *codes, int count)
{
	for (int i = 0; code && i < count; i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

static bool
is_stop_code(const char *code)
{
	return is_among(code, stop_codes, lengthof(stop_codes));
}

static const char *
line(const char *utf8)
{
	return llm_wire_one_line(llm_wire_to_server(utf8, strlen(utf8)), PROBLEM_BYTES);
}

void
llm_failure_set(LlmResult *result, LlmVerdict verdict, const char *code, const char *problem)
{
	result->verdict = verdict;
	result->failure_class = verdict == LLM_REFUSED ? "refused" :
		verdict == LLM_TRUNCATED ? "truncated" : "invalid";
	result->code = line(code);
	result->problem = line(problem);
	result->retryable = verdict == LLM_INVALID;
}

void
llm_failure_of_transfer(const HttpResponse *response, LlmResult *result)
{
	const char *error = response->error_class;

	result->verdict = LLM_FAILED;
	result->code = error;
	result->problem = line(response->error_text);
	result->retryable = true;
	if (strcmp(error, "timeout") == 0)
		result->failure_class = "timeout";
	else if (strcmp(error, "egress") == 0 || strcmp(error, "too_large") == 0)
	{
		result->failure_class = error[0] == 'e' ? "egress" : "too_large";
		result->retryable = false;
	}
	else
		result->failure_class = "connection";
}

/* The text of a value that may be a string or a number; NULL when neither. */
static const char *
scalar_text(const LlmJson *json)
{
	if (json && (json->kind == LLM_JSON_STRING || json->kind == LLM_JSON_NUMBER) &&
		json->text_bytes > 0)
		return json->text;
	return NULL;
}

/* What an error body says; every part may be missing. */
typedef struct ErrorBody
{
	const char *message;
	const char *type;
	const char *code;
} ErrorBody;

static ErrorBody
read_error(const LlmJson *answer)
{
	const LlmJson *error = llm_json_member(answer, "error");
	const LlmJson *details;
	ErrorBody	body = {0};

	if (llm_json_string(error))
	{
		body.message = error->text;
		return body;
	}
	if (error == NULL || error->kind != LLM_JSON_OBJECT)
		error = answer;
	details = llm_json_member(error, "details");
	body.message = scalar_text(llm_json_member(error, "message"));
	if (body.message == NULL)
		body.message = scalar_text(llm_json_member(error, "detail"));
	body.type = scalar_text(llm_json_member(error, "type"));
	body.code = scalar_text(llm_json_member(details, "error_code"));
	if (body.code == NULL)
		body.code = scalar_text(llm_json_member(error, "code"));
	return body;
}

/* A body that is no JSON, cleaned so that it can be shown. */
static const char *
show_raw(const HttpResponse *response)
{
	const char *text = response->body;
	int			bytes = Min(response->body_bytes, PROBLEM_BYTES);
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < bytes;)
	{
		const unsigned char *p = (const unsigned char *) text + i;
		int			width = pg_utf_mblen(p);

		if (i + width > bytes || !pg_utf8_islegal(p, width))
			width = 1;
		else if (*p != '\0')
			appendBinaryStringInfo(&out, (const char *) p, width);
		i += width;
	}
	return out.data;
}

/* Takes the key out of a text that came from outside: some servers repeat it. */
static const char *
without_key(const char *text, const char *key)
{
	StringInfoData out;
	const char *found;
	size_t		bytes = key ? strlen(key) : 0;

	if (bytes == 0 || strstr(text, key) == NULL)
		return text;
	initStringInfo(&out);
	while ((found = strstr(text, key)) != NULL)
	{
		appendBinaryStringInfo(&out, text, found - text);
		appendStringInfoString(&out, "***");
		text = found + bytes;
	}
	appendStringInfoString(&out, text);
	return out.data;
}

static const StatusRule *
find_rule(int status)
{
	int			i = lengthof(status_rules) - 1;

	while (i > 0 && status_rules[i].status > status)
		i--;
	return &status_rules[i];
}

/* Some servers send their errors as 200: then code or type tell the status. */
static int
find_status(const HttpResponse *response, const ErrorBody *error)
{
	if (response->status > 299)
		return response->status;
	if (error->code && strspn(error->code, "0123456789") == 3 && error->code[3] == '\0')
		return atoi(error->code);
	for (int i = 0; error->type && i < lengthof(type_rules); i++)
		if (strcmp(error->type, type_rules[i].type) == 0)
			return type_rules[i].status;
	return response->status;
}

static void
advise(const HttpResponse *response, const ErrorBody *error, LlmResult *result)
{
	const StatusRule *rule = find_rule(find_status(response, error));

	result->failure_class = rule->failure_class;
	result->retryable = rule->retryable;
	result->breaks_provider = rule->breaks_provider;
	if (response->should_retry >= 0 && !rule->breaks_provider)
		result->retryable = response->should_retry == 1;
	if (is_stop_code(error->code) || is_stop_code(error->type))
	{
		result->failure_class = "quota";
		result->retryable = false;
		result->breaks_provider = true;
	}
	if (is_among(error->code, model_codes, lengthof(model_codes)))
	{
		result->failure_class = "not_found";
		result->retryable = false;
		result->breaks_provider = false;
	}
}

void
llm_failure_of_status(const LlmAgent *agent, const HttpResponse *response,
					  const LlmJson *answer, LlmResult *result)
{
	ErrorBody	error = read_error(answer);
	const char *message = error.message;

	result->verdict = LLM_FAILED;
	advise(response, &error, result);
	if (error.code)
		result->code = line(error.code);
	else if (error.type)
		result->code = line(error.type);
	else
		result->code = psprintf("%d", response->status);
	if (message == NULL)
		message = show_raw(response);
	message = without_key(message, agent->provider->key);
	result->problem = line(psprintf("status %d: %s", response->status,
									llm_wire_is_blank(message) ? "no explanation" : message));
}
