/*
 * gateway_response_test.c
 *		From PostgreSQL's answer to the client's: statuses, bodies, headers.
 */
#include "gateway_response.h"

#include <stdlib.h>

#include "gateway_tap.h"

static GatewayReply reply;

static void
maps_to(const char *sqlstate, bool is_anonymous, int status)
{
	GatewayDatabaseError error = {sqlstate, "a message", NULL, NULL};
	char name[64];

	snprintf(name, sizeof(name), "%s%s", sqlstate,
			 is_anonymous ? " (anonymous)" : "");
	is_number(gateway_error_database_status(&error, is_anonymous), status,
			  name);
}

static void
test_states(void)
{
	maps_to("08006", false, 503);
	maps_to("09000", false, 500);
	maps_to("0L000", false, 403);
	maps_to("0P000", false, 403);
	maps_to("21000", false, 500);
	maps_to("22P02", false, 400);
	maps_to("22023", false, 400);
	maps_to("23502", false, 400);
	maps_to("23503", false, 409);
	maps_to("23505", false, 409);
	maps_to("25006", false, 405);
	maps_to("25001", false, 500);
	maps_to("28000", false, 403);
	maps_to("40001", false, 500);
	maps_to("42501", false, 403);
	maps_to("42501", true, 401);
	maps_to("42601", false, 400);
	maps_to("42883", false, 404);
	maps_to("42P01", false, 404);
	maps_to("42P17", false, 500);
	maps_to("53300", false, 503);
	maps_to("53400", false, 500);
	maps_to("54001", false, 500);
	maps_to("55P03", false, 500);
	maps_to("57014", false, 500);
	maps_to("57P01", false, 503);
	maps_to("58030", false, 500);
	maps_to("P0001", false, 400);
	maps_to("P0002", false, 500);
	maps_to("XX000", false, 500);
	maps_to("PT402", false, 402);
	maps_to("PT099", false, 500);
	maps_to("PTabc", false, 500);
	ok(gateway_error_is_retryable("40P01"), "a deadlock may be retried");
	ok(gateway_error_is_retryable("57P03"), "so may a server that starts");
	ok(!gateway_error_is_retryable("57014"), "a cancelled call may not");
	ok(!gateway_error_is_retryable("23505"), "nor may a violation");
	ok(gateway_error_is_stale_plan("42883"), "an undefined function is stale");
	ok(!gateway_error_is_stale_plan("42501"), "a missing privilege is not");
}

static void
test_special_states(void)
{
	GatewayDatabaseError role = {"22023", "role \"x\" does not exist", NULL,
								 NULL};
	GatewayDatabaseError where = {"21000", "UPDATE requires a WHERE clause",
								  NULL, NULL};

	is_number(gateway_error_database_status(&role, false), 401,
			  "an unknown role of a token");
	is_number(gateway_error_database_status(&where, false), 400,
			  "a missing WHERE clause");
}

static void
fill(const char *body, const char *status, const char *headers, bool is_void)
{
	GatewayOutcome outcome = {.kind = GATEWAY_OUTCOME_DONE,
							  .row_count = 1,
							  .body = body,
							  .body_length = body ? strlen(body) : 0,
							  .status = status,
							  .headers = headers};

	gateway_response_fill(&reply, &outcome, is_void, false);
}

/* Returns the value of a header of the reply, NULL when it has none. */
static const char *
header(const char *name)
{
	const char *at = reply.headers.bytes;
	const char *end = at + reply.headers.length;

	while (at < end)
	{
		const char *value = at + strlen(at) + 1;

		if (strcmp(at, name) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

static void
test_results(void)
{
	fill("{\"a\":1}", "", "", false);
	is_number(reply.status, 200, "a result is 200");
	is_text(reply.body, "{\"a\":1}", "and goes out as it is");
	fill(NULL, "", "", false);
	is_text(reply.body, "null", "NULL is null");
	fill("", "", "", true);
	is_number(reply.status, 204, "void is 204");
	is_number((long long) reply.body_length, 0, "without a body");
	fill("{}", "401", "", false);
	is_number(reply.status, 401, "response.status counts");
	fill("{}", "abc", "", false);
	is_number(reply.status, 500, "a response.status that is no number");
	fill("{}", "99", "", false);
	is_number(reply.status, 500, "a response.status that is no status");
	fill("{}", "204", "", false);
	is_number((long long) reply.body_length, 0, "204 never has a body");
}

static void
test_headers(void)
{
	fill("{}", "", "[{\"X-A\":\"1\"},{\"Set-Cookie\":\"b=c\"}]", false);
	is_number(reply.status, 200, "good headers");
	is_text(header("X-A"), "1", "the first");
	is_text(header("Set-Cookie"), "b=c", "the second");
	fill("{}", "", "[{\"Content-Length\":\"9\"},{\"Connection\":\"x\"}]",
		 false);
	ok(reply.status == 200 && header("Content-Length") == NULL &&
		   header("Connection") == NULL,
	   "framing is not for functions to write");
	fill("{}", "", "{\"X-A\":\"1\"}", false);
	is_number(reply.status, 500, "an object instead of an array");
	fill("{}", "", "[{\"X-A\":\"1\",\"X-B\":\"2\"}]", false);
	is_number(reply.status, 500, "two keys in one object");
	fill("{}", "", "[{\"X-A\":1}]", false);
	is_number(reply.status, 500, "a number");
	fill("{}", "", "[{\"X A\":\"1\"}]", false);
	is_number(reply.status, 500, "a name with a space");
	fill("{}", "", "[{\"X-A\":\"1\\r\\nX-B: 2\"}]", false);
	is_number(reply.status, 500, "a smuggled line break");
	fill("{}", "", "nonsense", false);
	is_number(reply.status, 500, "no JSON");
}

static void
fill_error(const char *sqlstate, const char *message, const char *detail)
{
	GatewayOutcome outcome = {
		.kind = GATEWAY_OUTCOME_ERROR,
		.error = {sqlstate, message, detail, "a hint"},
	};

	gateway_response_fill(&reply, &outcome, false, true);
}

static void
test_errors(void)
{
	fill_error("P0001", "say \"no\"", NULL);
	is_number(reply.status, 400, "a raised error");
	is_text(reply.body,
			"{\"code\":\"P0001\",\"details\":null,\"hint\":\"a hint\","
			"\"message\":\"say \\\"no\\\"\"}",
			"its body");
	fill_error("42501", "denied", NULL);
	is_text(header("WWW-Authenticate"), "Bearer", "401 says how to log in");
	fill_error("PGRST",
			   "{\"code\":\"X1\",\"message\":\"m\",\"details\":\"d\"}",
			   "{\"status\":418,\"headers\":{\"X-Tea\":\"pot\"}}");
	is_number(reply.status, 418, "a raised response");
	is_text(reply.body,
			"{\"code\":\"X1\",\"details\":\"d\",\"hint\":null,"
			"\"message\":\"m\"}",
			"its body");
	is_text(header("X-Tea"), "pot", "its header");
	fill_error("PGRST", "not json", "{}");
	is_number(reply.status, 400, "a malformed raised response");
	gateway_response_fail(&reply, GATEWAY_FAILURE_RATE_LIMIT, NULL, NULL);
	is_number(reply.status, 429, "a failure of our own");
	gateway_response_fail(&reply, GATEWAY_FAILURE_FUNCTION_UNKNOWN, "looked",
						  "try");
	is_text(reply.body,
			"{\"code\":\"PGRST202\",\"details\":\"looked\",\"hint\":\"try\","
			"\"message\":\"Could not find the function in the schema cache\"}",
			"with details and hint");
}

/* Every failure has its row in the table. */
static void
test_failures(void)
{
	int complete = 0;

	for (int i = 1; i < GATEWAY_FAILURE_COUNT; i++)
	{
		int status = gateway_error_status((GatewayFailure) i);

		complete += status >= 300 && status < 600 &&
					gateway_error_code((GatewayFailure) i) != NULL;
	}
	is_number(complete, GATEWAY_FAILURE_COUNT - 1,
			  "every failure has a status and a code");
}

static void
test_rows(void)
{
	GatewayOutcome outcome = {.kind = GATEWAY_OUTCOME_DONE, .row_count = 2};

	gateway_response_fill(&reply, &outcome, false, false);
	is_number(reply.status, 500, "two rows where one must be");
}

int
main(void)
{
	test_states();
	test_special_states();
	test_results();
	test_headers();
	test_errors();
	test_failures();
	test_rows();
	gateway_text_free(&reply.text);
	gateway_text_free(&reply.headers);
	return done();
}
