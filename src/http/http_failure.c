/*
 * http_failure.c
 *	  The one vocabulary of failures: what went wrong, whose fault it is, and
 *	  whether trying again can help.
 *
 * Three tables decide for everybody: the classes, the statuses, and the ways a
 * transfer fails.  The same cause has the same class at every far side; what a
 * vendor means otherwise than its statuses say stands in its own rules.
 *
 * What one customer's text can cause neither breaks a key nor counts against a
 * service.  So a 403, which filters of content answer too, breaks no key.
 *
 * Pure; usable in any process.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "http/http_failure.h"

SQL_FUNCTION(is_failure_class);

typedef struct ClassRow
{
	const char *word;
	HttpFault	fault;
	bool		is_retryable;
	bool		breaks_key;
} ClassRow;

static const ClassRow classes[] = {
	[HTTP_FAILURE_NONE] = {NULL, HTTP_FAULT_NOBODY, false, false},
	[HTTP_FAILURE_CONNECTION] = {"connection", HTTP_FAULT_SERVICE, true, false},
	[HTTP_FAILURE_TIMEOUT] = {"timeout", HTTP_FAULT_SERVICE, true, false},
	[HTTP_FAILURE_OVERLOADED] = {"overloaded", HTTP_FAULT_SERVICE, true, false},
	[HTTP_FAILURE_SERVER_ERROR] = {"server_error", HTTP_FAULT_SERVICE, true, false},
	[HTTP_FAILURE_INVALID] = {"invalid", HTTP_FAULT_REQUEST, true, false},
	[HTTP_FAILURE_UNCERTAIN] = {"uncertain", HTTP_FAULT_SERVICE, false, false},
	[HTTP_FAILURE_RATE_LIMIT] = {"rate_limit", HTTP_FAULT_KEY, true, false},
	[HTTP_FAILURE_AUTH] = {"auth", HTTP_FAULT_KEY, false, true},
	[HTTP_FAILURE_QUOTA] = {"quota", HTTP_FAULT_KEY, false, true},
	[HTTP_FAILURE_FORBIDDEN] = {"forbidden", HTTP_FAULT_KEY, false, false},
	[HTTP_FAILURE_NOT_FOUND] = {"not_found", HTTP_FAULT_REQUEST, false, false},
	[HTTP_FAILURE_BAD_REQUEST] = {"bad_request", HTTP_FAULT_REQUEST, false, false},
	[HTTP_FAILURE_CONFLICT] = {"conflict", HTTP_FAULT_REQUEST, true, false},
	[HTTP_FAILURE_TOO_LARGE] = {"too_large", HTTP_FAULT_REQUEST, false, false},
	[HTTP_FAILURE_REFUSED] = {"refused", HTTP_FAULT_REQUEST, false, false},
	[HTTP_FAILURE_TRUNCATED] = {"truncated", HTTP_FAULT_REQUEST, false, false},
	[HTTP_FAILURE_EGRESS] = {"egress", HTTP_FAULT_HOUSE, false, false},
	[HTTP_FAILURE_UNUSABLE] = {"unusable", HTTP_FAULT_HOUSE, false, false},
	[HTTP_FAILURE_LIMIT] = {"limit", HTTP_FAULT_HOUSE, true, false},
	[HTTP_FAILURE_BUDGET] = {"budget", HTTP_FAULT_HOUSE, true, false},
	[HTTP_FAILURE_TOOL] = {"tool", HTTP_FAULT_HOUSE, true, false},
	[HTTP_FAILURE_LOST] = {"lost", HTTP_FAULT_NOBODY, false, false},
	[HTTP_FAILURE_DEADLINE] = {"deadline", HTTP_FAULT_NOBODY, false, false},
	[HTTP_FAILURE_WITHDRAWN] = {"withdrawn", HTTP_FAULT_NOBODY, false, false},
	[HTTP_FAILURE_JOINED] = {"joined", HTTP_FAULT_NOBODY, false, false},
	[HTTP_FAILURE_OVERTAKEN] = {"overtaken", HTTP_FAULT_NOBODY, false, false},
};

/* First status that a class is for; up to the next row. */
static const struct
{
	int			status;
	HttpFailureClass failure_class;
}			statuses[] = {
	{0, HTTP_FAILURE_SERVER_ERROR},	/* an error inside a success */
	{200, HTTP_FAILURE_NONE},
	{300, HTTP_FAILURE_NOT_FOUND},	/* redirects are not followed */
	{400, HTTP_FAILURE_BAD_REQUEST},
	{401, HTTP_FAILURE_AUTH},
	{402, HTTP_FAILURE_QUOTA},
	{403, HTTP_FAILURE_FORBIDDEN},
	{404, HTTP_FAILURE_NOT_FOUND},
	{405, HTTP_FAILURE_BAD_REQUEST},
	{408, HTTP_FAILURE_TIMEOUT},
	{409, HTTP_FAILURE_CONFLICT},
	{410, HTTP_FAILURE_NOT_FOUND},
	{411, HTTP_FAILURE_BAD_REQUEST},
	{413, HTTP_FAILURE_TOO_LARGE},
	{414, HTTP_FAILURE_BAD_REQUEST},
	{423, HTTP_FAILURE_CONFLICT},
	{424, HTTP_FAILURE_BAD_REQUEST},
	{429, HTTP_FAILURE_RATE_LIMIT},
	{430, HTTP_FAILURE_BAD_REQUEST},
	{500, HTTP_FAILURE_SERVER_ERROR},
	{503, HTTP_FAILURE_OVERLOADED},
	{504, HTTP_FAILURE_TIMEOUT},
	{505, HTTP_FAILURE_SERVER_ERROR},
	{529, HTTP_FAILURE_OVERLOADED},
	{530, HTTP_FAILURE_SERVER_ERROR},
};

/* Errors of a transfer; all others are the connection's. */
static const struct
{
	const char *error;
	HttpFailureClass failure_class;
}			transfers[] = {
	{"timeout", HTTP_FAILURE_TIMEOUT},
	{"egress", HTTP_FAILURE_EGRESS},
	{"too_large", HTTP_FAILURE_TOO_LARGE},
};

const char *
http_failure_word(HttpFailureClass failure_class)
{
	return classes[failure_class].word;
}

HttpFailureClass
http_failure_find(const char *word)
{
	for (int i = HTTP_FAILURE_NONE + 1; i < lengthof(classes); i++)
		if (strcmp(classes[i].word, word) == 0)
			return i;
	return HTTP_FAILURE_NONE;
}

HttpFault
http_failure_fault(HttpFailureClass failure_class)
{
	return classes[failure_class].fault;
}

bool
http_failure_is_retryable(HttpFailureClass failure_class)
{
	return classes[failure_class].is_retryable;
}

/* To be too fast is the key's fault as well, but nothing against it. */
bool
http_failure_doubts_key(HttpFailureClass failure_class)
{
	return classes[failure_class].fault == HTTP_FAULT_KEY && !classes[failure_class].is_retryable;
}

bool
http_failure_breaks_key(HttpFailureClass failure_class)
{
	return classes[failure_class].breaks_key;
}

static HttpFailureClass
find_status(int status)
{
	int			i = lengthof(statuses) - 1;

	while (i > 0 && statuses[i].status > status)
		i--;
	return statuses[i].failure_class;
}

HttpFailureClass
http_failure_of_response(const HttpResponse *response)
{
	if (response->outcome == HTTP_ANSWERED)
		return find_status(response->status);
	for (int i = 0; i < lengthof(transfers); i++)
		if (strcmp(response->error_class, transfers[i].error) == 0)
			return transfers[i].failure_class;
	return HTTP_FAILURE_CONNECTION;
}

static bool
is_same(const char *sign, const char *wanted)
{
	return sign != NULL && strcmp(sign, wanted) == 0;
}

static bool
matches(const HttpFailureRule *rule, const HttpFailureSigns *signs)
{
	if (rule->status != HTTP_FAILURE_ANY_STATUS && rule->status != signs->status)
		return false;
	if (rule->code != NULL && !is_same(signs->code, rule->code) &&
		!is_same(signs->type, rule->code))
		return false;
	return rule->text == NULL || (signs->text != NULL && strcasestr(signs->text, rule->text) != NULL);
}

const HttpFailureRule *
http_failure_find_rule(const HttpFailureSigns *signs, const HttpFailureRule *rules, int count)
{
	for (int i = 0; i < count; i++)
		if (matches(&rules[i], signs))
			return &rules[i];
	return NULL;
}

HttpFailureClass
http_failure_of_signs(const HttpFailureSigns *signs, const HttpFailureRule *rules, int count)
{
	const HttpFailureRule *rule = http_failure_find_rule(signs, rules, count);

	return rule != NULL ? rule->failure_class : find_status(signs->status);
}

bool
http_failure_leaves_open(const HttpResponse *response)
{
	return response->outcome == HTTP_UNCERTAIN ||
		(response->outcome == HTTP_ANSWERED && response->status >= 500);
}

/* is_failure_class(word) */
PGDLLEXPORT Datum
frontdesk_is_failure_class(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(http_failure_find(text_to_cstring(PG_GETARG_TEXT_PP(0))) != HTTP_FAILURE_NONE);
}
