/*
 * llm_failure.c
 *	  What went wrong with a call: class, code, a line for a person, and
 *	  whether asking again can help.
 *
 * The statuses mean what they mean everywhere (http_failure.c); what a vendor
 * means otherwise, and where he says it, is his adapter's.  breaks_provider means
 * that no other call with this key will fare better.
 *
 * Pure; memory is the current context.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "llm/llm_adapter.h"
#include "llm/llm_failure.h"
#include "llm/llm_wire.h"

#define PROBLEM_BYTES 500

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

/* The status that an error sent as 200 tells in its code; 0 none, or one of no error. */
static int
read_status(const char *code)
{
	int			status = 0;

	if (code && strspn(code, "0123456789") == 3 && code[3] == '\0')
		status = atoi(code);
	return status > 299 ? status : 0;
}

/* What an error says, in the shapes that servers give one: a text, an object, an
 * object in an object.  Every part may be missing. */
static HttpFailureSigns
read_signs(const LlmAdapter *adapter, const HttpResponse *response, const LlmJson *answer)
{
	const LlmJson *error = llm_json_member(answer, "error");
	HttpFailureSigns signs = {.status = response->status > 299 ? response->status : 0};

	signs.text = llm_json_string(error);
	if (signs.text != NULL)
		return signs;
	if (error == NULL || error->kind != LLM_JSON_OBJECT)
		error = answer;
	signs.text = llm_json_scalar(llm_json_member(error, "message"));
	if (signs.text == NULL)
		signs.text = llm_json_scalar(llm_json_member(error, "detail"));
	signs.code = llm_json_scalar(llm_json_member(error, "code"));
	signs.type = llm_json_scalar(llm_json_member(error, "type"));
	if (signs.status == 0)
		signs.status = read_status(signs.code);
	if (error != NULL && adapter->read_error != NULL)
		adapter->read_error(error, &signs);
	return signs;
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

/* A key that is refused stays so, whatever the far side says of trying again. */
static void
advise(const LlmAdapter *adapter, const HttpResponse *response,
	   const HttpFailureSigns *signs, LlmResult *result)
{
	set_class(result, http_failure_of_signs(signs, adapter->failure_rules,
											adapter->failure_rule_count));
	if (response->should_retry >= 0 && !result->breaks_provider)
		result->retryable = response->should_retry == 1;
}

void
llm_failure_of_status(const LlmAgent *agent, const HttpResponse *response,
					  const LlmJson *answer, LlmResult *result)
{
	const LlmAdapter *adapter = agent->provider->adapter;
	HttpFailureSigns signs = read_signs(adapter, response, answer);
	const char *message = signs.text;

	result->verdict = LLM_FAILED;
	advise(adapter, response, &signs, result);
	if (signs.code)
		result->code = line(signs.code);
	else if (signs.type)
		result->code = line(signs.type);
	else
		result->code = psprintf("%d", response->status);
	if (message == NULL)
		message = show_raw(response);
	message = without_key(message, agent->provider->key);
	result->problem = line(psprintf("status %d: %s", response->status,
									llm_wire_is_blank(message) ? "no explanation" : message));
}
