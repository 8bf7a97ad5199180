/*
 * gateway_call.c
 *		The way of a function call through PostgreSQL.
 *
 * Runs in the gateway.  A body is checked here and never reaches SQL unless
 * it is what it claims to be.  Then the call is resolved, run as one
 * transaction, and answered once that transaction is committed.
 *
 * Whose share of the pool a person's calls take the database knows alone: who
 * is not known here has the request opened first, and nothing called.
 *
 * Two things are tried again.  A call that failed because the gateway's
 * picture of the schema was out of date is resolved anew, once; its
 * transaction was rolled back.  A webhook that PostgreSQL could not take (no
 * connection, a lost one, a serialization failure) is repeated until its time
 * is over: its sender would not come back, and the functions that take
 * webhooks recognise a repetition.  Nothing else is repeated, since the
 * caller alone knows whether twice is harmless.
 */
#include "gateway_call.h"

#include <string.h>

#include "gateway_body.h"
#include "gateway_hint.h"
#include "gateway_log.h"
#include "gateway_plan.h"
#include "gateway_reply.h"

#define FIRST_RETRY_MS 25
#define MAX_RETRY_MS 400
#define KEPT_BYTES GATEWAY_EXCHANGE_KEPT_BYTES
#define QUIET_LOG_MS 60000

static bool check_body(GatewayExchange *exchange);
static GatewayStep resolve(GatewayExchange *exchange);
static void submit(GatewayExchange *exchange);
static void catalog_ready(GatewayCatalogWait *wait);
static void scrape_ready(GatewayScrapeWait *wait);
static void job_done(GatewayJob *job, const GatewayOutcome *outcome,
					 PGresult *rows);

static int64_t
now_ms(const GatewayExchange *exchange)
{
	return gateway_loop_now_ms(&exchange->service->loop);
}

static bool
must_not_write(const GatewayExchange *exchange)
{
	return exchange->request.method != GATEWAY_METHOD_POST;
}

static bool
fail(GatewayExchange *exchange, GatewayFailure failure)
{
	gateway_reply_fail(exchange, failure, NULL, NULL);
	return false;
}

/* Checks a complete request and says what it needs. */
GatewayStep
gateway_call_prepare(GatewayExchange *exchange)
{
	const GatewayConfig *config = &exchange->service->config;

	exchange->give_up_at_ms = gateway_loop_clock_us() / 1000 +
							  (exchange->is_webhook ? config->webhook_retry_time
													: config->queue_timeout);
	exchange->scan.key_count = 0;
	exchange->scan.kind = GATEWAY_JSON_OBJECT;
	if (!must_not_write(exchange) && !check_body(exchange))
		return GATEWAY_STEP_REPLY;
	return resolve(exchange);
}

static void
log_refused_body(const GatewayExchange *exchange, const char *what)
{
	char address[GATEWAY_ADDRESS_TEXT_BYTES];

	gateway_log(GATEWAY_LOG_WARNING,
				"refused a body of %zu bytes from %s for %s: %s",
				exchange->body.length,
				gateway_address_render(&exchange->address, address),
				exchange->request.path, what);
}

/* Refuses a body that is no JSON, saying where it ceased to be. */
static bool
refuse_json(GatewayExchange *exchange)
{
	static const struct
	{
		GatewayFailure failure;
		const char *what;
	} verdicts[] = {
		[GATEWAY_JSON_VALID] = {GATEWAY_FAILURE_NONE, ""},
		[GATEWAY_JSON_EMPTY] = {GATEWAY_FAILURE_BODY_EMPTY, "empty"},
		[GATEWAY_JSON_SYNTAX] = {GATEWAY_FAILURE_BODY_NOT_JSON, "not JSON"},
		[GATEWAY_JSON_TOO_DEEP] = {GATEWAY_FAILURE_BODY_TOO_DEEP,
								   "nested too deeply"},
		[GATEWAY_JSON_NOT_UTF8] = {GATEWAY_FAILURE_BODY_NOT_UTF8, "not UTF-8"},
	};
	GatewayMetrics *metrics = &exchange->service->metrics;
	GatewayJsonVerdict verdict = exchange->scan.verdict;
	GatewayText details = {0};

	if (verdict == GATEWAY_JSON_NOT_UTF8)
		metrics->rejected_utf8++;
	else
		metrics->rejected_json++;
	log_refused_body(exchange, verdicts[verdict].what);
	gateway_text_format(&details, "The body is %s at byte %zu of %zu.",
						verdicts[verdict].what, exchange->scan.offset,
						exchange->body.length);
	gateway_reply_fail(exchange, verdicts[verdict].failure, details.bytes,
					   NULL);
	gateway_text_free(&details);
	return false;
}

static bool
check_json(GatewayExchange *exchange)
{
	GatewayText *body = &exchange->body;

	if (body->length == 0 && !exchange->is_webhook)
		gateway_text_add(body, "{}"); /* a call without arguments */
	gateway_json_scan(body->bytes, body->length, &exchange->scan);
	return exchange->scan.verdict == GATEWAY_JSON_VALID ||
		   refuse_json(exchange);
}

/* Checks that the body is what its content type says. */
static bool
check_body(GatewayExchange *exchange)
{
	GatewayText *body = &exchange->body;

	switch (exchange->request.content)
	{
		case GATEWAY_CONTENT_JSON:
			return check_json(exchange);
		case GATEWAY_CONTENT_TEXT:
		case GATEWAY_CONTENT_FORM:
			if (body->length > 0 &&
				!gateway_json_is_utf8(body->bytes, body->length))
			{
				exchange->service->metrics.rejected_utf8++;
				log_refused_body(exchange, "not UTF-8");
				return fail(exchange, GATEWAY_FAILURE_BODY_NOT_UTF8);
			}
			exchange->request.query.count = 0;
			if (exchange->request.content == GATEWAY_CONTENT_FORM &&
				body->length > 0 &&
				!gateway_request_parse_form(body->bytes,
											&exchange->request.query))
				return fail(exchange, GATEWAY_FAILURE_FILTER);
			return true;
		case GATEWAY_CONTENT_BYTES:
			return true;
		case GATEWAY_CONTENT_OTHER:
			break;
	}
	return fail(exchange, GATEWAY_FAILURE_CONTENT_TYPE);
}

/* Tells whether the arguments are the parameters of the query or a form. */
static bool
has_pairs(const GatewayExchange *exchange)
{
	return must_not_write(exchange) ||
		   exchange->request.content == GATEWAY_CONTENT_FORM;
}

/* Turns the pairs' names into keys, as if they had come in a body. */
static void
collect_pair_names(GatewayExchange *exchange)
{
	const GatewayPairs *pairs = &exchange->request.query;

	exchange->scan.key_count = pairs->count;
	for (int i = 0; i < pairs->count; i++)
	{
		exchange->scan.keys[i].start = pairs->items[i].name;
		exchange->scan.keys[i].length = pairs->items[i].name_length;
	}
}

/* Takes the escapes out of the body's keys; most have none. */
static void
unescape_names(GatewayExchange *exchange)
{
	GatewayJsonScan *scan = &exchange->scan;

	gateway_text_reset(&exchange->names, KEPT_BYTES);
	gateway_text_reserve(&exchange->names, exchange->body.length);
	for (int i = 0; i < scan->key_count; i++)
	{
		GatewayJsonKey *key = &scan->keys[i];
		size_t start = exchange->names.length;

		if (memchr(key->start, '\\', key->length) == NULL)
			continue;
		gateway_json_append_unescaped(&exchange->names, *key);
		key->start = exchange->names.bytes + start;
		key->length = exchange->names.length - start;
	}
}

static bool
has_escaped_name(const GatewayJsonScan *scan)
{
	for (int i = 0; i < scan->key_count; i++)
	{
		if (memchr(scan->keys[i].start, '\\', scan->keys[i].length) != NULL)
			return true;
	}
	return false;
}

/* Says what is asked for in the words of gateway_plan.h, which knows nothing
 * of HTTP. */
static void
describe_call(GatewayExchange *exchange, GatewayCall *call)
{
	GatewayContent content = exchange->request.content;

	if (has_pairs(exchange))
		collect_pair_names(exchange);
	else if (has_escaped_name(&exchange->scan))
		unescape_names(exchange);
	call->function = exchange->request.target;
	call->content = content;
	call->must_not_write = must_not_write(exchange);
	call->has_names =
		has_pairs(exchange) ||
		(content == GATEWAY_CONTENT_JSON && !exchange->scan.has_more_keys &&
		 exchange->scan.kind == GATEWAY_JSON_OBJECT);
	call->name_count = exchange->scan.key_count;
	call->names = exchange->scan.keys;
	call->role = exchange->has_token ? exchange->identity.role : NULL;
}

static void
use_schema(GatewayExchange *exchange, GatewaySchema *schema)
{
	gateway_schema_release(exchange->schema);
	gateway_schema_hold(schema);
	exchange->schema = schema;
}

/*
 * Makes the failure of a webhook whose function is missing one that its
 * sender repeats: it has done nothing wrong, and 404 would silence it for
 * good.  Strangers can ask as often as they like, so the log is not told
 * each time.
 */
static void
refuse_webhook(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	int64_t now = now_ms(exchange);

	fail(exchange, GATEWAY_FAILURE_WEBHOOK_UNKNOWN);
	if (service->webhook_logged_at_ms != 0 &&
		now - service->webhook_logged_at_ms < QUIET_LOG_MS)
		return;
	service->webhook_logged_at_ms = now;
	gateway_log(GATEWAY_LOG_ERROR,
				"a webhook came for function \"%s\", which schema \"%s\" of "
				"database \"%s\" does not have in this form; hint: CREATE "
				"EXTENSION pg_frontdesk there, or set database",
				exchange->request.target, service->config.schema,
				gateway_pool_database(service->pool));
}

/* Finds the plan of the call in the current picture of the schema. */
static GatewayStep
resolve(GatewayExchange *exchange)
{
	GatewaySchema *schema = gateway_catalog_schema(exchange->service->catalog);
	GatewayPlanTrouble trouble = {{0}, {0}};
	GatewayFailure failure;
	GatewayCall call;

	if (!gateway_json_is_utf8(exchange->request.target,
							  strlen(exchange->request.target)))
	{
		fail(exchange, GATEWAY_FAILURE_BAD_REQUEST);
		return GATEWAY_STEP_REPLY;
	}
	if (schema == NULL)
		return GATEWAY_STEP_CATALOG;
	describe_call(exchange, &call);
	failure = gateway_plan_resolve(schema, &call, &exchange->plan, &trouble);
	if (failure == GATEWAY_FAILURE_NONE)
	{
		use_schema(exchange, schema);
		if (has_pairs(exchange))
		{
			gateway_text_reset(&exchange->arguments, KEPT_BYTES);
			gateway_plan_render_arguments(
				exchange->plan, &exchange->request.query, &exchange->arguments);
		}
		return gateway_body_expand(exchange) ? GATEWAY_STEP_CALL
											 : GATEWAY_STEP_REPLY;
	}
	gateway_reply_fail(exchange, failure, trouble.details.bytes,
					   trouble.hint.bytes);
	gateway_text_free(&trouble.details);
	gateway_text_free(&trouble.hint);
	if (!exchange->is_refreshed && failure != GATEWAY_FAILURE_VOLATILE)
		return GATEWAY_STEP_CATALOG;
	if (exchange->is_webhook && failure == GATEWAY_FAILURE_FUNCTION_UNKNOWN)
		refuse_webhook(exchange);
	return GATEWAY_STEP_REPLY;
}

static void
become_ready(GatewayExchange *exchange)
{
	exchange->has_reply = true;
	exchange->ready_cb(exchange);
}

/* Puts a webhook on the list of those to try again. */
static void
retry_later(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	int64_t delay_ms = MAX_RETRY_MS;

	if (exchange->attempt_count < 4)
		delay_ms = FIRST_RETRY_MS << exchange->attempt_count;
	exchange->attempt_count++;
	service->metrics.webhook_retries++;
	exchange->retry_at_ms = now_ms(exchange) + delay_ms;
	exchange->next = service->retrying;
	service->retrying = exchange;
}

static bool
may_retry(const GatewayExchange *exchange)
{
	return exchange->is_webhook && now_ms(exchange) < exchange->give_up_at_ms;
}

/*
 * Starts the step that prepare asked for.  The exchange becomes ready later,
 * or before this returns.
 */
void
gateway_call_start(GatewayExchange *exchange, GatewayStep step)
{
	GatewayCatalog *catalog = exchange->service->catalog;

	if (step == GATEWAY_STEP_CALL)
	{
		submit(exchange);
		return;
	}
	if (step == GATEWAY_STEP_SCRAPE)
	{
		exchange->scrape_wait.owner = exchange;
		exchange->scrape_wait.ready_cb = scrape_ready;
		gateway_scrape_wait(exchange->service->scrape, &exchange->scrape_wait);
		return;
	}
	exchange->is_refreshed = true;
	exchange->wait.owner = exchange;
	exchange->wait.ready_cb = catalog_ready;
	if (!gateway_catalog_wait(catalog, &exchange->wait))
		catalog_ready(&exchange->wait);
}

static void
scrape_ready(GatewayScrapeWait *wait)
{
	GatewayExchange *exchange = wait->owner;

	gateway_reply_metrics(exchange);
	become_ready(exchange);
}

/* Resolves once more with the picture that there is now. */
static void
catalog_ready(GatewayCatalogWait *wait)
{
	GatewayExchange *exchange = wait->owner;

	if (gateway_catalog_schema(exchange->service->catalog) == NULL)
	{
		if (may_retry(exchange))
			retry_later(exchange);
		else
		{
			fail(exchange, GATEWAY_FAILURE_DATABASE_DOWN);
			become_ready(exchange);
		}
		return;
	}
	exchange->has_reply = false;
	gateway_response_reset(&exchange->reply);
	if (resolve(exchange) == GATEWAY_STEP_CALL)
		submit(exchange);
	else
		become_ready(exchange);
}

/* Fills in what goes to PostgreSQL. Nothing is copied: all of it stays in the
 * exchange until the job is done. */
static void
fill_job(GatewayExchange *exchange)
{
	GatewayJob *job = &exchange->job;

	job->plan = exchange->plan;
	job->schema_version = exchange->schema->version;
	job->only_opens = exchange->job_key == 0;
	job->waits_for_database = exchange->is_webhook;
	job->sender = exchange->job_key;
	job->session[GATEWAY_SESSION_ROLE] = exchange->identity.role;
	job->session[GATEWAY_SESSION_METHOD] = exchange->request.method_name;
	job->session[GATEWAY_SESSION_PATH] = exchange->request.path;
	job->session[GATEWAY_SESSION_HEADERS] = exchange->headers_json.bytes;
	job->session[GATEWAY_SESSION_CLAIMS] = exchange->identity.claims.bytes;
	job->session[GATEWAY_SESSION_READ_ONLY] =
		must_not_write(exchange) ? "true" : "false";
	job->parameter = exchange->body.bytes;
	job->parameter_length = exchange->body.length;
	if (has_pairs(exchange))
	{
		job->parameter = exchange->arguments.bytes;
		job->parameter_length = exchange->arguments.length;
	}
	if (job->parameter == NULL)
		job->parameter = "";
	job->deadline_ms = exchange->give_up_at_ms;
	job->done_cb = job_done;
	job->owner = exchange;
}

static void
submit(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;

	fill_job(exchange);
	if (!gateway_pool_submit(service->pool, &exchange->job,
							 service->config.queue_size))
	{
		fail(exchange, GATEWAY_FAILURE_QUEUE_FULL);
		become_ready(exchange);
	}
}

static bool
is_retryable(const GatewayOutcome *outcome)
{
	switch (outcome->kind)
	{
		case GATEWAY_OUTCOME_DONE:
			return false;
		case GATEWAY_OUTCOME_ERROR:
			return gateway_error_is_retryable(outcome->error.sqlstate);
		case GATEWAY_OUTCOME_FAILURE:
			break;
	}
	return outcome->failure == GATEWAY_FAILURE_DATABASE_DOWN ||
		   outcome->failure == GATEWAY_FAILURE_DATABASE_LOST;
}

/* Tells whether the gateway's own picture may be the reason. */
static bool
is_stale(const GatewayExchange *exchange, const GatewayOutcome *outcome)
{
	if (exchange->is_healed)
		return false;
	if (outcome->kind == GATEWAY_OUTCOME_ERROR)
		return gateway_error_is_stale_plan(outcome->error.sqlstate);
	return false;
}

/* Says that the settings, not the caller, name a role of no use. */
static void
refuse_role(GatewayExchange *exchange, const GatewayOutcome *outcome)
{
	const char *hint = gateway_hint_find(outcome->error.message);

	gateway_log(GATEWAY_LOG_ERROR, "role \"%s\" cannot be used: %s%s%s",
				exchange->identity.role, outcome->error.message,
				hint ? "; hint: " : "", hint ? hint : "");
	fail(exchange, GATEWAY_FAILURE_ROLE);
}

static void
log_error(const GatewayExchange *exchange, const GatewayOutcome *outcome)
{
	if (outcome->kind == GATEWAY_OUTCOME_ERROR && exchange->reply.status >= 500)
		gateway_log(GATEWAY_LOG_ERROR, "PostgreSQL answered %s to %s",
					outcome->error.sqlstate, exchange->request.path);
}

/*
 * Remembers whose share a person's calls take: that of all people who see the
 * same accounts.  Who sees none shares with his role, since nobody tells such
 * people apart; a schema that does not say it leaves each person his own.
 */
static void
learn_share(GatewayExchange *exchange, const GatewayOutcome *outcome)
{
	const GatewayService *service = exchange->service;
	uint64_t share = exchange->person_key;

	if (exchange->person_key == 0 || !outcome->is_opened)
		return;
	if (outcome->share == NULL)
		share = exchange->role_key;
	else if (outcome->share[0] != '\0')
		share = gateway_limit_key(service->limit, outcome->share,
								  strlen(outcome->share), 1);
	exchange->job_key = share;
	gateway_shares_learn(service->shares, exchange->person_key, share,
						 now_ms(exchange));
}

/* Takes the outcome. A call that failed because our picture of the schema is
 * old is planned anew, once; one that may be repeated is tried later. */
static void
job_done(GatewayJob *job, const GatewayOutcome *outcome, PGresult *rows)
{
	GatewayExchange *exchange = job->owner;

	learn_share(exchange, outcome);
	if (job->only_opens && outcome->kind == GATEWAY_OUTCOME_DONE)
	{
		submit(exchange);
		return;
	}
	if (is_stale(exchange, outcome))
	{
		PQclear(rows);
		exchange->is_healed = true;
		gateway_call_start(exchange, GATEWAY_STEP_CATALOG);
		return;
	}
	if (is_retryable(outcome) && may_retry(exchange))
	{
		PQclear(rows);
		retry_later(exchange);
		return;
	}
	exchange->rows = rows;
	gateway_response_fill(&exchange->reply, outcome, exchange->plan->is_void,
						  !exchange->has_token && !exchange->is_webhook);
	/* not the sender's fault, and a status of 4xx would make it give up */
	if (exchange->is_webhook && outcome->kind == GATEWAY_OUTCOME_ERROR)
		exchange->reply.status = 500;
	if (outcome->kind == GATEWAY_OUTCOME_ERROR && outcome->is_before_call &&
		!exchange->has_token && !is_retryable(outcome))
		refuse_role(exchange, outcome);
	else
		log_error(exchange, outcome);
	become_ready(exchange);
}

/* Resolves with the picture at hand, which may be another one by now. */
static void
try_again(GatewayExchange *exchange)
{
	GatewayStep step;

	exchange->is_refreshed = false;
	step = resolve(exchange);
	if (step == GATEWAY_STEP_REPLY)
		become_ready(exchange);
	else
		gateway_call_start(exchange, step);
}

/* Tries again what is due. */
void
gateway_call_tick(GatewayService *service)
{
	GatewayExchange *exchange = service->retrying;
	int64_t now = gateway_loop_now_ms(&service->loop);

	service->retrying = NULL;
	while (exchange != NULL)
	{
		GatewayExchange *next = exchange->next;

		if (exchange->retry_at_ms > now)
		{
			exchange->next = service->retrying;
			service->retrying = exchange;
		}
		else
			try_again(exchange);
		exchange = next;
	}
}

/* Tells whether the tick has something to hurry for. */
bool
gateway_call_has_retries(const GatewayService *service)
{
	return service->retrying != NULL;
}
