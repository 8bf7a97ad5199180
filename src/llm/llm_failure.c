/*
 * llm_failure.c
 *	  What went wrong with a call: class, code, a line for a person, and
 *	  whether asking again can help.
 *
 * The statuses mean what they mean everywhere (http_failure.c); the table of
 * this file has what the vendors of models say otherwise.  breaks_provider
 * means that no other call with this key will fare better.
 *
 * Pure; memory is the current context.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "llm/llm_failure.h"
#include "llm/llm_wire.h"

#define PROBLEM_BYTES 500

#define FOR_CODE(code, failure_class) {HTTP_FAILURE_ANY_STATUS, code, NULL, failure_class}
#define FOR_TYPE_OF_200(type, failure_class) {0, type, NULL, failure_class}

/*
 * What codes and types say beyond the status: out of money, which looks like
 * too fast; not this model, whoever asks, so that the agent's row is wrong and
 * the key as good as before; not this text.  Some servers send errors as 200:
 * then the type tells what the status should have.
 */
static const HttpFailureRule rules[] = {
	FOR_CODE("model_not_found", HTTP_FAILURE_NOT_FOUND),
	FOR_CODE("model_not_available", HTTP_FAILURE_NOT_FOUND),
	FOR_CODE("unsupported_model", HTTP_FAILURE_NOT_FOUND),
	FOR_CODE("invalid_model", HTTP_FAILURE_NOT_FOUND),
	FOR_CODE("insufficient_quota", HTTP_FAILURE_QUOTA),
	FOR_CODE("credit_balance_exhausted", HTTP_FAILURE_QUOTA),
	FOR_CODE("organization_spend_limit_exceeded", HTTP_FAILURE_QUOTA),
	FOR_CODE("project_spend_limit_exceeded", HTTP_FAILURE_QUOTA),
	FOR_CODE("organization_usage_limit_exceeded", HTTP_FAILURE_QUOTA),
	FOR_CODE("billing_hard_limit_reached", HTTP_FAILURE_QUOTA),
	FOR_CODE("enforced_spend_limit_reached", HTTP_FAILURE_QUOTA),
	FOR_CODE("budget_exceeded", HTTP_FAILURE_QUOTA),
	FOR_CODE("billing_error", HTTP_FAILURE_QUOTA),
	FOR_CODE("content_filter", HTTP_FAILURE_REFUSED),
	FOR_CODE("content_policy_violation", HTTP_FAILURE_REFUSED),
	FOR_CODE("context_length_exceeded", HTTP_FAILURE_TOO_LARGE),
	FOR_TYPE_OF_200("invalid_request_error", HTTP_FAILURE_BAD_REQUEST),
	FOR_TYPE_OF_200("authentication_error", HTTP_FAILURE_AUTH),
	FOR_TYPE_OF_200("permission_error", HTTP_FAILURE_FORBIDDEN),
	FOR_TYPE_OF_200("not_found_error", HTTP_FAILURE_NOT_FOUND),
	FOR_TYPE_OF_200("request_too_large", HTTP_FAILURE_TOO_LARGE),
	FOR_TYPE_OF_200("rate_limit_error", HTTP_FAILURE_RATE_LIMIT),
	FOR_TYPE_OF_200("timeout_error", HTTP_FAILURE_TIMEOUT),
	FOR_TYPE_OF_200("overloaded_error", HTTP_FAILURE_OVERLOADED),
};

static const char *
line(const char *utf8)
{
	return llm_wire_one_line(llm_wire_to_server(utf8, strlen(utf8)), PROBLEM_BYTES);
}

static void
set_class(LlmResult *result, HttpFailureClass failure_class)
{
	result->failure_class = failure_class;
	result->retryable = http_failure_is_retryable(failure_class);
	result->breaks_provider = http_failure_breaks_key(failure_class);
}

void
llm_failure_set(LlmResult *result, LlmVerdict verdict, const char *code, const char *problem)
{
	result->verdict = verdict;
	set_class(result, verdict == LLM_REFUSED ? HTTP_FAILURE_REFUSED :
			  verdict == LLM_TRUNCATED ? HTTP_FAILURE_TRUNCATED : HTTP_FAILURE_INVALID);
	result->code = line(code);
	result->problem = line(problem);
}

void
llm_failure_of_answer(HttpFailureClass failure_class, const char *problem, LlmResult *result)
{
	result->verdict = LLM_FAILED;
	set_class(result, failure_class);
	result->code = line(http_failure_word(failure_class));
	result->problem = line(problem);
}

void
llm_failure_of_transfer(const HttpResponse *response, LlmResult *result)
{
	result->verdict = LLM_FAILED;
	set_class(result, http_failure_of_response(response));
	result->code = response->error_class;
	result->problem = line(response->error_text);
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

/* Finds them in the shapes that servers give an error: a text, an object, an
 * object in an object. */
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

/* The status that counts: one of an error sent as 200 may stand in its code. */
static int
find_status(const HttpResponse *response, const ErrorBody *error)
{
	if (response->status > 299)
		return response->status;
	if (error->code && strspn(error->code, "0123456789") == 3 && error->code[3] == '\0')
		return atoi(error->code);
	return 0;
}

/* A key that is refused stays so, whatever the far side says of trying again. */
static void
advise(const HttpResponse *response, const ErrorBody *error, LlmResult *result)
{
	HttpFailureSigns signs = {
		.status = find_status(response, error),
		.code = error->code,
		.type = error->type,
	};

	set_class(result, http_failure_of_signs(&signs, rules, lengthof(rules)));
	if (response->should_retry >= 0 && !result->breaks_provider)
		result->retryable = response->should_retry == 1;
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
