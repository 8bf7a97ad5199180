/*
 * fake_service.c
 *		From a request to its answer: which service, which fault, what effect.
 *
 * An exchange is decided and rendered at once, in the turn its request came
 * in; only its bytes may leave later.  An effect that is to come late works on
 * a copy of its request.
 */
#include "fake_service.h"
#include "fake_faults.h"
#include "fake_record.h"

#include <stdlib.h>
#include <string.h>

/* What one service has seen. */
typedef struct ServiceStats
{
	uint64_t requests;
	uint64_t answered;
	int64_t in_flight;
	int64_t max_in_flight;
	uint64_t statuses[600];
} ServiceStats;

/* An effect that comes after its connection has gone. */
typedef struct LateEffect
{
	FakeTimer timer;
	FakeRequest request;
	char *held;
	FakeServiceKind service;
	uint64_t number;
} LateEffect;

typedef struct ServiceEntry
{
	void (*answer_cb) (FakeExchange *exchange);
	void (*error_cb) (FakeExchange *exchange, int status);
} ServiceEntry;

const char *const fake_service_names[FAKE_SERVICE_COUNT] = {
	[FAKE_SERVICE_OPENAI] = "openai",
	[FAKE_SERVICE_ANTHROPIC] = "anthropic",
	[FAKE_SERVICE_CHATWOOT] = "chatwoot",
};

static const ServiceEntry entries[FAKE_SERVICE_COUNT] = {
	[FAKE_SERVICE_OPENAI] = { fake_openai_answer, fake_openai_error },
	[FAKE_SERVICE_ANTHROPIC] = { fake_anthropic_answer, fake_anthropic_error },
	[FAKE_SERVICE_CHATWOOT] = { fake_chatwoot_answer, fake_chatwoot_error },
};

int64_t fake_service_latency_ms[FAKE_SERVICE_COUNT];

static ServiceStats stats[FAKE_SERVICE_COUNT];
static uint64_t last_number = 0;

static bool
ends_with(FakeSlice path, const char *end)
{
	size_t len = strlen(end);

	return path.len >= len &&
		memcmp(path.at + path.len - len, end, len) == 0;
}

/* Which service a path belongs to, or -1. */
static int
service_of(FakeSlice path)
{
	if (ends_with(path, "/chat/completions"))
		return FAKE_SERVICE_OPENAI;
	if (ends_with(path, "/v1/messages"))
		return FAKE_SERVICE_ANTHROPIC;
	return fake_slice_has(path, "/api/v1/") ? FAKE_SERVICE_CHATWOOT : -1;
}

static void
apply_late(void *owner)
{
	static const FakeAction nothing = { 0 };
	LateEffect *late = owner;
	FakeText headers = { 0 };
	FakeText body = { 0 };
	FakeExchange exchange = { .service = late->service,
		.number = late->number, .request = &late->request,
		.action = &nothing, .status = 200, .headers = &headers,
		.body = &body };

	entries[late->service].answer_cb(&exchange);
	fake_text_free(&headers);
	fake_text_free(&body);
	free(late->held);
	free(late);
}

static void
plan_late_effect(const FakeExchange *exchange)
{
	LateEffect *late = calloc(1, sizeof(LateEffect));

	if (late == NULL)
		abort();
	late->held = fake_http_clone(exchange->request, &late->request);
	late->service = exchange->service;
	late->number = exchange->number;
	late->timer = (FakeTimer) { 0, apply_late, late, 0 };
	fake_loop_set_timer(&late->timer, fake_loop_now_us() +
						exchange->action->apply_late_ms * 1000);
}

/* Puts something else in the place of a good body. */
static void
replace_body(FakeExchange *exchange)
{
	const FakeAction *action = exchange->action;

	if (fake_action_has(action, FAKE_FAULT_GARBAGE))
	{
		fake_text_reset(exchange->body);
		fake_text_append(exchange->body, "\x80\xff{\"choices\": [nonsense}}", 24);
	}
	else if (fake_action_has(action, FAKE_FAULT_HTML) &&
			 exchange->content_type == NULL)
	{
		exchange->content_type = "text/html";
		fake_text_reset(exchange->body);
		fake_text_puts(exchange->body, "<html><body>Welcome</body></html>");
	}
	if (action->body != NULL)
	{
		fake_text_reset(exchange->body);
		fake_text_puts(exchange->body, action->body);
	}
}

/* Lets the service act, or the rule in its place. */
static void
run_exchange(FakeExchange *exchange)
{
	const FakeAction *action = exchange->action;
	const ServiceEntry *entry = &entries[exchange->service];

	if (action->apply_late_ms > 0)
	{
		plan_late_effect(exchange);
		return;
	}
	if (action->status != 0 && (action->status < 200 || action->status > 299))
		entry->error_cb(exchange, action->status);
	else if (action->ending == FAKE_ENDING_RESET ||
			 action->ending == FAKE_ENDING_STALL ||
			 action->ending == FAKE_ENDING_NOTHING)
		return;
	else
	{
		if (fake_action_has(action, FAKE_FAULT_DUPLICATE))
		{
			entry->answer_cb(exchange);
			fake_text_reset(exchange->body);
			fake_text_reset(exchange->headers);
		}
		entry->answer_cb(exchange);
		if (action->status != 0)
			exchange->status = action->status;
	}
	replace_body(exchange);
}

static FakeAnswer
make_answer(const FakeExchange *exchange)
{
	const FakeAction *action = exchange->action;
	FakeAnswer answer = { 0 };

	if (action->headers != NULL)
		fake_text_puts(exchange->headers, action->headers);
	answer.status = exchange->status;
	answer.content_type = exchange->content_type;
	answer.headers = fake_text_slice(exchange->headers);
	answer.body = fake_text_slice(exchange->body);
	answer.delay_ms = fake_service_latency_ms[exchange->service] +
		action->delay_ms;
	answer.ending = action->ending;
	if (action->apply_late_ms > 0 ||
		fake_action_has(action, FAKE_FAULT_APPLY_THEN_CLOSE))
		answer.ending = FAKE_ENDING_NOTHING;
	answer.drip_bytes = action->drip_bytes;
	answer.drip_ms = action->drip_ms;
	answer.is_twice = fake_action_has(action, FAKE_FAULT_ANSWER_TWICE);
	answer.is_chunked = fake_action_has(action, FAKE_FAULT_CHUNKED);
	return answer;
}

static void
count_request(FakeConn *conn, const FakeExchange *exchange)
{
	ServiceStats *service = &stats[exchange->service];

	conn->tag = (int) exchange->service;
	conn->ticket = exchange->number;
	service->requests++;
	if (++service->in_flight > service->max_in_flight)
		service->max_in_flight = service->in_flight;
	fake_record_add(exchange, conn);
}

/* Answers a path that belongs to nobody. */
static void
answer_nowhere(FakeConn *conn)
{
	FakeAnswer answer = { .status = 404 };

	answer.body = FAKE_SLICE("{\"error\":{\"message\":\"Unknown path\","
							 "\"type\":\"invalid_request_error\","
							 "\"param\":null,\"code\":\"unknown_url\"}}");
	fake_http_answer(conn, &answer);
}

/* Takes one request; called by the HTTP server. */
void
fake_service_request(FakeConn *conn, FakeRequest *request)
{
	static FakeText headers = { 0 };
	static FakeText body = { 0 };
	FakeExchange exchange = { .request = request, .status = 200,
		.headers = &headers, .body = &body };
	int service = service_of(request->path);
	FakeAnswer answer;

	conn->tag = -1;
	if (fake_slice_starts(request->path, "/_fake/"))
	{
		fake_control_request(conn, request);
		return;
	}
	if (service < 0)
	{
		answer_nowhere(conn);
		return;
	}
	fake_text_reset(&headers);
	fake_text_reset(&body);
	exchange.service = (FakeServiceKind) service;
	exchange.number = ++last_number;
	exchange.action = fake_faults_match(exchange.service, request);
	count_request(conn, &exchange);
	run_exchange(&exchange);
	answer = make_answer(&exchange);
	if (answer.status >= 0 && answer.status < 600)
		stats[service].statuses[answer.status]++;
	fake_record_answer(exchange.number, &answer);
	fake_http_answer(conn, &answer);
}

/* Notes how an answer ended; called by the HTTP server. */
void
fake_service_finish(FakeConn *conn, const char *outcome)
{
	if (conn->tag < 0)
		return;
	stats[conn->tag].in_flight--;
	stats[conn->tag].answered++;
	fake_record_finish(conn->ticket, outcome);
}

void
fake_service_render_stats(FakeText *out)
{
	for (int i = 0; i < FAKE_SERVICE_COUNT; i++)
	{
		const char *separator = "";

		fake_text_printf(out, "%s\"%s\":{\"requests\":%llu,\"answered\":%llu,"
						 "\"in_flight\":%lld,\"max_in_flight\":%lld,"
						 "\"statuses\":{", i > 0 ? "," : "{",
						 fake_service_names[i],
						 (unsigned long long) stats[i].requests,
						 (unsigned long long) stats[i].answered,
						 (long long) stats[i].in_flight,
						 (long long) stats[i].max_in_flight);
		for (int s = 0; s < 600; s++)
			if (stats[i].statuses[s] > 0)
			{
				fake_text_printf(out, "%s\"%d\":%llu", separator, s,
								 (unsigned long long) stats[i].statuses[s]);
				separator = ",";
			}
		fake_text_puts(out, "}}");
	}
	fake_text_puts(out, "}");
}

/* Starts counting anew; what is in flight stays so. */
void
fake_service_clear_stats(void)
{
	for (int i = 0; i < FAKE_SERVICE_COUNT; i++)
	{
		int64_t in_flight = stats[i].in_flight;

		stats[i] = (ServiceStats) { .in_flight = in_flight,
			.max_in_flight = in_flight };
	}
}
