/*
 * gateway_exchange.c
 *		One request and its answer, from the headers to the log line.
 *
 * Runs in the gateway.  The HTTP side drives an exchange in this order:
 * open, accept (headers are there), prepare (all is there; the body came in
 * between, see gateway_body.c), finish (the reply is complete), close.
 * Between prepare and finish a call may wait for PostgreSQL; see
 * gateway_call.c.
 *
 * A refusal is decided as early as possible and only answered after the body
 * was read and dropped, so that a client that is still sending hears it; but
 * at once when the connection is to be closed.
 *
 * An exchange owns all its texts and is used again for later requests, so in
 * the steady state a request allocates nothing here.
 */
#include "gateway_exchange.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway_body.h"
#include "gateway_call.h"
#include "gateway_log.h"
#include "gateway_reply.h"

#define KEPT_BYTES GATEWAY_EXCHANGE_KEPT_BYTES
#define SITE_ADDRESSES 4 /* a /48 has the budget of so many addresses */

static void accept_probe(GatewayExchange *exchange);
static void accept_options(GatewayExchange *exchange);
static void accept_call(GatewayExchange *exchange);
static void accept_file(GatewayExchange *exchange);

/* Takes a spare exchange or makes one. */
GatewayExchange *
gateway_exchange_open(GatewayService *service)
{
	GatewayExchange *exchange = service->spare;

	if (exchange != NULL)
		service->spare = exchange->next;
	else
		exchange = gateway_text_allocate(sizeof(*exchange));
	exchange->service = service;
	exchange->started_us = gateway_loop_clock_us();
	exchange->is_admin = false;
	exchange->has_nul = false;
	exchange->has_hidden = false;
	exchange->is_accepted = false;
	exchange->is_prepared = false;
	exchange->plan = NULL;
	exchange->is_webhook = false;
	exchange->has_token = false;
	exchange->is_charged = false;
	exchange->is_refreshed = false;
	exchange->is_healed = false;
	exchange->attempt_count = 0;
	exchange->has_reply = false;
	exchange->has_file = false;
	exchange->sender_key = 0;
	exchange->person_key = 0;
	exchange->job_key = 0;
	exchange->request.method_name = "";
	exchange->request.path = "";
	gateway_response_reset(&exchange->reply);
	service->metrics.in_flight++;
	return exchange;
}

static void
fail(GatewayExchange *exchange, GatewayFailure failure)
{
	gateway_reply_fail(exchange, failure, NULL, NULL);
}

/*
 * Tells whether the engine's figures may be shown on this port.  On the main
 * one they are for the machine itself: neither for the world that it listens
 * to, nor for the one behind a proxy.
 */
static bool
may_see_metrics(const GatewayExchange *exchange)
{
	const GatewayConfig *config = &exchange->service->config;

	return config->admin_port != 0 ||
		   (gateway_config_is_local(config) &&
			gateway_address_is_loopback(&exchange->address));
}

static bool
is_read(const GatewayRequest *request)
{
	return request->method == GATEWAY_METHOD_GET ||
		   request->method == GATEWAY_METHOD_HEAD;
}

/*
 * Works out by which keys the request is counted: address, site of the
 * address, credentials at that address, and credentials wherever they come
 * from.
 */
static void
find_sender(GatewayExchange *exchange)
{
	const GatewayService *service = exchange->service;
	const GatewayRequest *request = &exchange->request;
	const char *credentials = request->authorization;

	gateway_address_follow(&exchange->address, request->forwarded_for,
						   service->config.trusted_proxies);
	exchange->address_key =
		gateway_limit_key(service->limit, exchange->address.bytes,
						  gateway_address_budget_bytes(&exchange->address), 0);
	exchange->site_key = 0;
	if (gateway_address_site_bytes(&exchange->address) > 0)
		exchange->site_key = gateway_limit_key(
			service->limit, exchange->address.bytes,
			gateway_address_site_bytes(&exchange->address), 0);
	exchange->sender_key = exchange->address_key;
	exchange->job_key = exchange->address_key;
	if (credentials == NULL)
		return;
	exchange->sender_key =
		gateway_limit_key(service->limit, credentials, strlen(credentials),
						  exchange->address_key);
}

/* Tells how much of a webhook's credentials names its account: its login is
 * that, a dot and what was drawn at random. */
static size_t
account_length(const GatewayText *credentials)
{
	size_t length = strcspn(credentials->bytes, ".:");

	return credentials->bytes[length] == '.' ? length : credentials->length;
}

/*
 * Says who is one sender to the pool: the account that a webhook is for,
 * whichever of its registrations it comes through; that of a person, who is
 * one whatever token says so and however it is written; else the address.  By
 * the header's bytes anybody would be as many as he likes, and by its people
 * an account.
 */
static void
find_job_key(GatewayExchange *exchange)
{
	const GatewayLimit *limit = exchange->service->limit;
	GatewayIdentity *identity = &exchange->identity;
	GatewayText *who = &identity->subject;

	exchange->person_key = 0;
	exchange->job_key = exchange->address_key;
	if (!exchange->has_token && !exchange->is_webhook)
		return;
	if (exchange->is_webhook &&
		!gateway_auth_basic_credentials(exchange->request.authorization, who))
		/* nobody's: all of these together are one sender */
		gateway_text_reset(who, KEPT_BYTES);
	if (who->bytes == NULL)
		gateway_text_add(who, "");
	if (exchange->is_webhook)
	{
		exchange->job_key =
			gateway_limit_key(limit, who->bytes, account_length(who), 0);
		return;
	}
	exchange->role_key =
		gateway_limit_key(limit, identity->role, strlen(identity->role), 0);
	exchange->person_key =
		gateway_limit_key(limit, who->bytes, who->length, exchange->role_key);
	exchange->job_key =
		gateway_shares_find(exchange->service->shares, exchange->person_key);
}

static bool
is_probe(GatewayRoute route)
{
	return route == GATEWAY_ROUTE_LIVE || route == GATEWAY_ROUTE_READY ||
		   route == GATEWAY_ROUTE_METRICS;
}

/*
 * Takes the request's headers.  The caller has filled request and address.
 * Afterwards the exchange has a reply already, or waits for its body.
 */
void
gateway_exchange_accept(GatewayExchange *exchange)
{
	const GatewayConfig *config = &exchange->service->config;
	GatewayRequest *request = &exchange->request;
	GatewayFailure failure = gateway_request_read_headers(request);
	bool has_admin_port = config->admin_port != 0;

	if ((exchange->has_nul || exchange->has_hidden) &&
		failure == GATEWAY_FAILURE_NONE)
		failure = GATEWAY_FAILURE_BAD_REQUEST;
	find_sender(exchange);
	if (failure != GATEWAY_FAILURE_NONE)
	{
		fail(exchange, failure);
		exchange->reply.must_close = true;
	}
	else if (has_admin_port && is_probe(request->route) != exchange->is_admin)
		fail(exchange, GATEWAY_FAILURE_NOT_FOUND);
	else if (request->route == GATEWAY_ROUTE_METRICS &&
			 !may_see_metrics(exchange))
		fail(exchange, GATEWAY_FAILURE_NOT_FOUND);
	else if (is_probe(request->route))
		accept_probe(exchange);
	else if (request->method == GATEWAY_METHOD_OPTIONS)
		accept_options(exchange);
	else if (request->route == GATEWAY_ROUTE_FUNCTION)
		accept_call(exchange);
	else
		accept_file(exchange);
	if (!exchange->has_reply)
		gateway_body_announce(exchange);
}

/* Answers what watches the gateway, from memory but for counters that have
 * grown old. */
static void
accept_probe(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;

	if (!is_read(&exchange->request))
	{
		fail(exchange, GATEWAY_FAILURE_METHOD);
		return;
	}
	switch (exchange->request.route)
	{
		case GATEWAY_ROUTE_LIVE:
			gateway_text_add(&exchange->reply.text, "live\n");
			gateway_reply_text(exchange, 200, "text/plain; charset=utf-8");
			break;
		case GATEWAY_ROUTE_READY:
			gateway_reply_ready(exchange);
			break;
		default:
			if (gateway_scrape_is_fresh(service->scrape))
				gateway_reply_metrics(exchange);
			break;
	}
}

static bool
origin_is_allowed(const GatewayExchange *exchange)
{
	const char *list = exchange->service->config.cors_origins;
	const char *origin = exchange->request.origin;

	return origin != NULL && list[0] != '\0' &&
		   (strcmp(list, "*") == 0 || gateway_config_list_has(list, origin));
}

/* Answers OPTIONS, the question of browsers before they call. */
static void
accept_options(GatewayExchange *exchange)
{
	GatewayReply *reply = &exchange->reply;
	bool is_call = exchange->request.route == GATEWAY_ROUTE_FUNCTION;
	const char *methods =
		is_call ? "GET,HEAD,POST,OPTIONS" : "GET,HEAD,OPTIONS";

	gateway_response_add_header(reply, "Allow", methods);
	if (origin_is_allowed(exchange))
	{
		gateway_response_add_header(reply, "Access-Control-Allow-Methods",
									methods);
		gateway_response_add_header(
			reply, "Access-Control-Allow-Headers",
			"Authorization, Content-Type, Accept, Prefer");
		gateway_response_add_header(reply, "Access-Control-Max-Age", "3600");
	}
	gateway_reply_text(exchange, 204, gateway_response_json_type);
}

/* Finds out who calls; false when the reply is a refusal. */
static bool
identify(GatewayExchange *exchange)
{
	const GatewayConfig *config = &exchange->service->config;
	GatewayIdentity *identity = &exchange->identity;
	const char *role = config->anonymous_role;
	const char *token = NULL;

	gateway_text_reset(&identity->claims, KEPT_BYTES);
	gateway_text_reset(&identity->subject, KEPT_BYTES);
	if (exchange->is_webhook)
		role = config->webhook_role;
	else
		token = gateway_auth_bearer_token(exchange->request.authorization);
	if (token != NULL)
	{
		GatewayAuthRules rules = {config->jwt_secret, config->jwt_audience,
								  config->anonymous_role, time(NULL),
								  config->jwt_require_exp != 0};
		GatewayFailure failure = gateway_auth_verify(&rules, token, identity);

		if (failure != GATEWAY_FAILURE_NONE)
			gateway_reply_fail(exchange, failure, identity->detail, NULL);
		exchange->has_token = failure == GATEWAY_FAILURE_NONE;
		return exchange->has_token;
	}
	if (role[0] == '\0' || strlen(role) >= sizeof(identity->role))
	{
		fail(exchange, GATEWAY_FAILURE_TOKEN_REQUIRED);
		return false;
	}
	strcpy(identity->role, role);
	gateway_text_add(&identity->claims, "{\"role\":");
	gateway_json_append_string(&identity->claims, role, strlen(role));
	gateway_text_add(&identity->claims, "}");
	return true;
}

static void
charge(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	int64_t rate = service->config.rate_limit;
	int64_t now = gateway_loop_now_ms(&service->loop);

	if (exchange->is_charged)
		return;
	exchange->is_charged = true;
	gateway_limit_charge(service->limit, exchange->address_key, rate, now);
	if (exchange->site_key != 0)
		gateway_limit_charge(service->limit, exchange->site_key,
							 rate * SITE_ADDRESSES, now);
}

/* Returns how long the address, or the /48 that it is of, has to wait. */
static int
budget_wait_seconds(const GatewayExchange *exchange)
{
	const GatewayService *service = exchange->service;
	int64_t rate = service->config.rate_limit;
	int64_t now = gateway_loop_now_ms(&service->loop);
	int wait_s = gateway_limit_wait_seconds(service->limit,
											exchange->address_key, rate, now);
	int site_s = 0;

	if (exchange->site_key != 0)
		site_s = gateway_limit_wait_seconds(service->limit, exchange->site_key,
											rate * SITE_ADDRESSES, now);
	return wait_s > site_s ? wait_s : site_s;
}

/*
 * Refuses a stranger whose address has spent its budget, before the database
 * hears of it.  Whoever has a valid token, or was accepted lately with the
 * same credentials, passes.
 */
static bool
is_throttled(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	int wait_s = budget_wait_seconds(exchange);

	if (wait_s == 0 || exchange->has_token ||
		(exchange->is_webhook &&
		 gateway_limit_is_accepted(service->limit, exchange->sender_key,
								   gateway_loop_now_ms(&service->loop))))
		return false;
	service->metrics.throttled++;
	fail(exchange, GATEWAY_FAILURE_RATE_LIMIT);
	exchange->reply.retry_after_s = wait_s;
	exchange->is_charged = true; /* being refused costs nothing further */
	return true;
}

/*
 * Judges a call by its head, so that a request which is refused costs no body.
 */
static void
accept_call(GatewayExchange *exchange)
{
	GatewayRequest *request = &exchange->request;
	const char *list = exchange->service->config.webhook_functions;
	bool is_identified;

	if (!is_read(request) && request->method != GATEWAY_METHOD_POST)
	{
		fail(exchange, GATEWAY_FAILURE_METHOD);
		return;
	}
	exchange->is_webhook = request->method == GATEWAY_METHOD_POST &&
						   gateway_config_list_has(list, request->target);
	is_identified = identify(exchange);
	find_job_key(exchange);
	if (is_throttled(exchange))
		return;
	if (is_identified && !exchange->is_webhook && !exchange->has_token)
		charge(exchange);
	if (!is_identified)
		return;
	gateway_text_reset(&exchange->headers_json, KEPT_BYTES);
	gateway_request_render_headers(request, &exchange->headers_json);
	gateway_text_reset(&exchange->body, KEPT_BYTES);
	if (request->content_length > 0 &&
		request->content_length <= exchange->service->config.body_limit)
		gateway_text_reserve(&exchange->body,
							 request->content_length > KEPT_BYTES
								 ? KEPT_BYTES
								 : (size_t) request->content_length);
}

/* Opens the file that a path names, or says that there is none; clients ask
 * again with the tag. */
static void
accept_file(GatewayExchange *exchange)
{
	const GatewayConfig *config = &exchange->service->config;
	const GatewayRequest *request = &exchange->request;
	GatewayFile *file = &exchange->file;

	if (is_throttled(exchange))
		return;
	if (config->static_directory[0] != '\0' && !is_read(request))
		fail(exchange, GATEWAY_FAILURE_METHOD);
	else if (!gateway_static_open(config->static_directory, request->path,
								  file))
		fail(exchange, request->route == GATEWAY_ROUTE_RELATION
						   ? GATEWAY_FAILURE_RELATION_UNKNOWN
						   : GATEWAY_FAILURE_NOT_FOUND);
	else
	{
		GatewayReply *reply = &exchange->reply;

		exchange->has_file = true;
		gateway_response_add_header(reply, "ETag", file->tag);
		gateway_response_add_header(reply, "Cache-Control", "no-cache");
		gateway_response_add_header(reply, "X-Content-Type-Options", "nosniff");
		gateway_reply_text(exchange, 200, file->content_type);
		if (request->if_none_match != NULL &&
			strcmp(request->if_none_match, file->tag) == 0)
			reply->status = 304;
	}
}

/* Called when the whole request is there; says what comes next. */
GatewayStep
gateway_exchange_prepare(GatewayExchange *exchange)
{
	if (exchange->has_reply)
		return GATEWAY_STEP_REPLY;
	if (exchange->request.route == GATEWAY_ROUTE_METRICS)
		return GATEWAY_STEP_SCRAPE;
	return gateway_call_prepare(exchange);
}

/*
 * Completes the reply just before it is sent.  The body is not needed any
 * more, however long the client takes to read.
 */
void
gateway_exchange_finish(GatewayExchange *exchange)
{
	GatewayReply *reply = &exchange->reply;
	char seconds[16];
	size_t length = 0;

	gateway_body_drop(exchange);
	/* Chatwoot gives up on 502, 503 and 504 at once, but tries 500 again. */
	if (exchange->is_webhook && reply->status > 500)
		reply->status = 500;
	if (origin_is_allowed(exchange))
	{
		gateway_response_add_header(reply, "Access-Control-Allow-Origin",
									exchange->request.origin);
		gateway_response_add_header(reply, "Vary", "Origin");
	}
	if (reply->retry_after_s > 0)
	{
		int rest = reply->retry_after_s;

		for (; rest > 0; rest /= 10)
			length++;
		seconds[length] = '\0';
		for (rest = reply->retry_after_s; rest > 0; rest /= 10)
			seconds[--length] = (char) ('0' + rest % 10);
		gateway_response_add_header(reply, "Retry-After", seconds);
	}
}

/* Charges the sender for a failure of its own, or lets it off after a good
 * call. */
static void
book_outcome(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	int status = exchange->reply.status;

	if (is_probe(exchange->request.route))
		return;
	if (status >= 400 && status < 500 && !exchange->has_token)
		charge(exchange);
	else if (exchange->is_webhook && status < 300)
		gateway_limit_accept(service->limit, exchange->sender_key,
							 gateway_loop_now_ms(&service->loop));
}

static void
log_answer(const GatewayExchange *exchange, int64_t duration_us)
{
	char address[GATEWAY_ADDRESS_TEXT_BYTES];
	int status = exchange->reply.status;

	if (status < 500 && !exchange->service->config.log_requests)
		return;
	if (is_probe(exchange->request.route) && status >= 500)
		return;
	gateway_log(status >= 500 ? GATEWAY_LOG_ERROR : GATEWAY_LOG_NOTICE,
				"%s %s from %s: %d after %.1f ms",
				exchange->request.method_name, exchange->request.path,
				gateway_address_render(&exchange->address, address), status,
				(double) duration_us / 1000);
}

/*
 * Ends an exchange: budgets, metrics, log.  was_sent is false when the client
 * left before it had its answer.
 */
void
gateway_exchange_close(GatewayExchange *exchange, bool was_sent)
{
	GatewayService *service = exchange->service;
	int64_t duration_us = gateway_loop_clock_us() - exchange->started_us;

	service->metrics.in_flight--;
	if (exchange->has_reply)
	{
		book_outcome(exchange);
		log_answer(exchange, duration_us);
	}
	gateway_metrics_count(&service->metrics,
						  was_sent ? exchange->reply.status : 0, duration_us);
	PQclear(exchange->rows);
	exchange->rows = NULL;
	gateway_schema_release(exchange->schema);
	exchange->schema = NULL;
	gateway_body_drop(exchange);
	gateway_response_reset(&exchange->reply);
	if (exchange->has_file && exchange->file.fd >= 0)
		close(exchange->file.fd);
	exchange->next = service->spare;
	service->spare = exchange;
}

/* Frees the exchanges that are kept for later requests. */
void
gateway_exchange_free_spares(GatewayService *service)
{
	while (service->spare != NULL)
	{
		GatewayExchange *exchange = service->spare;

		service->spare = exchange->next;
		gateway_text_free(&exchange->body);
		gateway_text_free(&exchange->headers_json);
		gateway_text_free(&exchange->arguments);
		gateway_text_free(&exchange->names);
		gateway_text_free(&exchange->identity.claims);
		gateway_text_free(&exchange->identity.subject);
		gateway_text_free(&exchange->reply.text);
		gateway_text_free(&exchange->reply.headers);
		free(exchange);
	}
}
