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
#include "llm/llm_member.h"
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

/* The first of several errors in a list, or the one there is. */
static const LlmJson *
first_of(const LlmJson *json)
{
	return json && json->kind == LLM_JSON_ARRAY ? json->first : json;
}

/* The complaints of a validator, one after another: "body.store: not permitted". */
static const char *
list_complaints(const LlmJson *complaints)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const LlmJson *one = complaints->first; one; one = one->next)
	{
		const LlmJson *place = llm_json_member(one, "loc");
		const char *text = llm_json_scalar(llm_json_member(one, "msg"));
		const char *type = llm_json_scalar(llm_json_member(one, "type"));

		if (text == NULL)
			continue;
		appendStringInfoString(&out, out.len > 0 ? "; " : "");
		for (const LlmJson *step = place ? place->first : NULL; step; step = step->next)
			if (llm_json_scalar(step) != NULL)
				appendStringInfo(&out, "%s%s", step->text, step->next ? "." : ": ");
		appendStringInfo(&out, "%s%s%s%s", text, type ? " (" : "", type ? type : "", type ? ")" : "");
	}
	return out.len > 0 ? out.data : NULL;
}

/* The text of a member, which may be a list of complaints, or an object with one. */
static const char *
read_text(const LlmJson *member)
{
	if (member == NULL)
		return NULL;
	if (member->kind == LLM_JSON_ARRAY)
		return list_complaints(member);
	if (member->kind == LLM_JSON_OBJECT)
	{
		const char *text = read_text(llm_json_member(member, "detail"));

		return text != NULL ? text : read_text(llm_json_member(member, "message"));
	}
	return llm_json_scalar(member);
}

/* Where errors have their text. */
static const char *
find_text(const LlmJson *error)
{
	static const char *const members[] = {"message", "detail", "msg", "error_msg", "errors"};
	const char *text = NULL;

	for (int i = 0; i < lengthof(members) && text == NULL; i++)
		text = read_text(llm_json_member(error, members[i]));
	return text;
}

/* What an error says, in the shapes that servers give one: a text, an object, an
 * object in an object, a list of one.  Every part may be missing. */
static HttpFailureSigns
read_signs(const LlmAdapter *adapter, const HttpResponse *response, const LlmJson *answer)
{
	const LlmJson *whole = first_of(answer);
	const LlmJson *error = first_of(llm_json_member(whole, "error"));
	HttpFailureSigns signs = {.status = response->status > 299 ? response->status : 0};

	signs.text = llm_json_string(error);
	if (signs.text != NULL)
		return signs;
	if (error == NULL || error->kind != LLM_JSON_OBJECT)
		error = whole;
	signs.text = find_text(error);
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

/*
 * Whether the far side's words are the customer's: some repeat what they were sent,
 * and a customer who writes of a credit balance must not close a key to others.
 */
static bool
is_echo(const LlmCall *call, const HttpFailureRule *rule)
{
	return rule->text != NULL && rule->code == NULL && http_failure_breaks_key(rule->failure_class) &&
		call->sent != NULL && strcasestr(call->sent->body, rule->text) != NULL;
}

/* A page instead of an API's error: of something that stands before it and went by
 * what it read. */
static bool
is_firewall(const HttpResponse *response, const LlmJson *answer)
{
	static const int statuses[] = {400, 403, 406, 451};

	for (int i = 0; answer == NULL && i < lengthof(statuses); i++)
		if (response->status == statuses[i])
			return pg_strncasecmp(response->content_type, "text/html", 9) == 0 ||
				memchr(response->body, '<', Min(response->body_bytes, 16)) != NULL;
	return false;
}

static HttpFailureClass
judge(const LlmCall *call, const HttpFailureSigns *signs)
{
	const LlmAdapter *adapter = call->agent->provider->adapter;
	const HttpFailureRule *rule = http_failure_find_rule(signs, adapter->failure_rules,
														 adapter->failure_rule_count);

	if (rule != NULL && !is_echo(call, rule))
		return rule->failure_class;
	return http_failure_of_signs(signs, NULL, 0);
}

/* A key that is refused stays so, whatever the far side says of trying again. */
static void
advise(const LlmCall *call, const HttpResponse *response,
	   const HttpFailureSigns *signs, LlmResult *result)
{
	set_class(result, judge(call, signs));
	result->is_too_long = result->failure_class == HTTP_FAILURE_TOO_LARGE;
	if (response->should_retry >= 0 && !result->breaks_provider)
		result->retryable = response->should_retry == 1;
	/* the template of some servers fails by itself on a role that it does not know */
	if (result->failure_class == HTTP_FAILURE_BAD_REQUEST ||
		result->failure_class == HTTP_FAILURE_SERVER_ERROR)
		result->refused_members = llm_member_refused(
			call->agent, psprintf("%s %s %s", signs->text ? signs->text : "",
								  signs->code ? signs->code : "", signs->type ? signs->type : ""));
	if (result->failure_class == HTTP_FAILURE_SERVER_ERROR)
		result->refused_members &= LLM_MEMBER_ROLE;
}

/* Something on the way declined the text, and the service never saw it. */
static void
set_firewall(const HttpResponse *response, LlmResult *result)
{
	result->verdict = LLM_REFUSED;
	set_class(result, HTTP_FAILURE_REFUSED);
	result->code = "firewall";
	result->problem = line(psprintf("status %d: a page came, as of a firewall that went by the text: %s",
									response->status, show_raw(response)));
}

void
llm_failure_of_status(const LlmCall *call, const HttpResponse *response,
					  const LlmJson *answer, LlmResult *result)
{
	const LlmProvider *provider = call->agent->provider;
	HttpFailureSigns signs = read_signs(provider->adapter, response, answer);
	const char *message = signs.text;

	result->verdict = LLM_FAILED;
	if (is_firewall(response, answer))
	{
		set_firewall(response, result);
		return;
	}
	advise(call, response, &signs, result);
	if (result->failure_class == HTTP_FAILURE_REFUSED)
		result->verdict = LLM_REFUSED;
	if (signs.code)
		result->code = line(signs.code);
	else if (signs.type)
		result->code = line(signs.type);
	else
		result->code = psprintf("%d", response->status);
	if (message == NULL)
		message = show_raw(response);
	message = without_key(message, provider->key);
	result->problem = line(psprintf("status %d: %s", response->status,
									llm_wire_is_blank(message) ? "no explanation" : message));
}
