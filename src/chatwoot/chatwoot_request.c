/*
 * chatwoot_request.c
 *	  Requests to Chatwoot's API, and what its answers mean.
 *
 * Runs in workers.  Requests are made inside a short transaction (a token may
 * have to be read) and sent outside of it; everything handed out lives in the
 * topic's context.
 *
 * The token travels as Api-Access-Token: the form with underscores is dropped
 * by nginx's defaults.  Chatwoot answers 401 for a missing right as well as
 * for a bad token, never says how long to wait after 429, and has no way to
 * tell a repeated request, so that an answer of 500 to a message may hide a
 * message that was made.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "base/base_span.h"
#include "chatwoot/chatwoot_request.h"
#include "inbox/inbox_subject.h"

/* Characters of Chatwoot's explanation that are kept. */
#define MAX_REASON_BYTES 300

/* As transport chatwoot names its secrets. */
#define BOT_TOKEN "bot_token"
#define USER_TOKEN "user_token"

/* The guard against floods: 200 messages per conversation and minute. */
#define FLOOD_MS 60000

/* Code of the failure that a token is not stored, in rows and for people. */
#define NO_TOKEN "no_token"

/* What Chatwoot means otherwise than its statuses say: 401 is also its answer
 * where a good token may not do just this. */
static const HttpFailureRule rules[] = {
	{401, NULL, "to do this action", HTTP_FAILURE_FORBIDDEN},
	{401, NULL, "for bots", HTTP_FAILURE_FORBIDDEN},
	{422, NULL, "Too many messages", HTTP_FAILURE_RATE_LIMIT},
};

static bool
fail(EngineFailure *failure, HttpFailureClass failure_class, const char *code,
	 const char *text)
{
	*failure = (EngineFailure) {
		.failure_class = failure_class,
		.code = code,
		.text = text,
		.retry_after_ms = -1,
	};
	return false;
}

ChatwootTopic
chatwoot_request_topic(const EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;

	return (ChatwootTopic) {
		.origin = subject->origin,
		.display_id = subject->display_id,
		.context = turn->context,
	};
}

bool
chatwoot_request_can_read(const ChatwootTopic *topic)
{
	const HttpService *site = http_service_open(inbox_site_key(topic->origin));

	return site && (http_service_secret(site, USER_TOKEN) != NULL || site->fault != NULL);
}

/* Where the API has what the call is about. */
static char *
make_path(const HttpService *site, const ChatwootTopic *topic, const ChatwootCall *call)
{
	if (call->account_path)
		return psprintf("/api/v1/accounts/" INT64_FORMAT "%s", site->remote_account, call->path);
	return psprintf("/api/v1/accounts/" INT64_FORMAT "/conversations/" INT64_FORMAT "%s",
					site->remote_account, topic->display_id, call->path);
}

bool
chatwoot_request_make(const ChatwootTopic *topic, const ChatwootCall *call,
					  HttpRequest *request, EngineFailure *failure)
{
	static const char *const speakers[] = {BOT_TOKEN, USER_TOKEN, NULL};
	static const char *const readers[] = {USER_TOKEN, NULL};
	const HttpService *site = http_service_open(inbox_site_key(topic->origin));
	HttpServiceCall asked = {.method = call->method, .body = call->body, .is_bulk = call->is_bulk};
	MemoryContext caller = MemoryContextSwitchTo(topic->context);
	HttpServiceLack lack;
	const char *token = NULL;

	if (site == NULL)
		fail(failure, HTTP_FAILURE_NOT_FOUND, "", "the conversation or its site does not exist any more");
	else
		token = http_service_require(site, call->token == CHATWOOT_TOKEN_SPEAK ? speakers : readers, &lack);
	if (token)
	{
		asked.path = make_path(site, topic, call);
		asked.authorization = psprintf("Api-Access-Token: %s", token);
		http_service_request(site, &asked, request);
	}
	else if (site)
	{
		/* a reason that goes away by itself lets the delivery wait */
		fail(failure, HTTP_FAILURE_UNUSABLE, lack.code, lack.text);
		failure->retryable = lack.is_passing;
	}
	MemoryContextSwitchTo(caller);
	return token != NULL;
}

/* What Chatwoot says was wrong, from one of the three shapes it says it in. */
static char *
read_reason(const HttpResponse *response)
{
	static const char *const keys[] = {"error", "message", "errors"};
	BaseSpan	body;
	BaseSpan	v[3];
	char	   *reason = NULL;
	const char *cursor = NULL;
	BaseSpan	first;

	if (base_span_parse_bytes(response->body, response->body_bytes, BASE_SPAN_BYTES, &body) == NULL)
	{
		base_span_find(&body, keys, 3, v);
		for (int i = 0; i < 3 && reason == NULL; i++)
			reason = base_span_text(&v[i]);
		if (reason == NULL && base_span_next(&v[2], &cursor, NULL, &first))
			reason = base_span_text(&first);
	}
	if (reason == NULL)
		return psprintf("Chatwoot answered %d", response->status);
	if (strlen(reason) > MAX_REASON_BYTES)
		reason[pg_mbcliplen(reason, strlen(reason), MAX_REASON_BYTES)] = '\0';
	return reason;
}

/* An answer that is no success. */
static void
judge_status(EngineFailure *failure, const HttpResponse *response, bool repeatable)
{
	HttpFailureSigns signs = {.status = response->status, .text = failure->text};

	failure->failure_class = http_failure_of_signs(&signs, rules, lengthof(rules));
	failure->retryable = http_failure_is_retryable(failure->failure_class);
	failure->retry_after_ms = response->retry_after_ms;
	if (response->status == 422 && failure->failure_class == HTTP_FAILURE_RATE_LIMIT)
		failure->retry_after_ms = FLOOD_MS;
	if (!repeatable && http_failure_leaves_open(response))
		failure->failure_class = HTTP_FAILURE_UNCERTAIN;
}

/* People are told of a site that refuses our token. */
static void
tell_people(const ChatwootTopic *topic, const char *text)
{
	const HttpService *site = http_service_get(inbox_site_key(topic->origin));

	if (site)
		http_service_tell_refused(site, text);
}

bool
chatwoot_request_judge(const ChatwootTopic *topic, const HttpResponse *response,
					   bool repeatable, EngineFailure *failure)
{
	MemoryContext caller;

	if (response->outcome == HTTP_ANSWERED && response->status / 100 == 2)
		return true;
	caller = MemoryContextSwitchTo(topic->context);
	memset(failure, 0, sizeof(*failure));
	failure->retry_after_ms = -1;
	if (response->outcome == HTTP_ANSWERED)
	{
		failure->code = psprintf("%d", response->status);
		failure->text = read_reason(response);
		judge_status(failure, response, repeatable);
		if (failure->failure_class == HTTP_FAILURE_AUTH)
			tell_people(topic, failure->text);
	}
	else
	{
		failure->code = pstrdup(response->error_class);
		failure->text = pstrdup(response->error_text);
		failure->failure_class = http_failure_of_response(response);
		failure->retryable = http_failure_is_retryable(failure->failure_class);
		if (!repeatable && http_failure_leaves_open(response))
			failure->failure_class = HTTP_FAILURE_UNCERTAIN;
	}
	MemoryContextSwitchTo(caller);
	return false;
}

void
chatwoot_request_wait_for_token(EngineDelivery *delivery)
{
	if (delivery->failure.failure_class != HTTP_FAILURE_AUTH)
		return;
	delivery->is_refused = true;
	delivery->failure.retryable = true;
}
