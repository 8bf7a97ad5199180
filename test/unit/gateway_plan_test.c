/*
 * gateway_plan_test.c
 *		From a call to a statement, over a schema made by hand.
 */
#include "gateway_plan.h"

#include <stdlib.h>

#include "gateway_tap.h"

#define COLUMNS 10

/* oid, name, volatile, set, returns, argument, type, default, variadic, roles */
static const char *const rows[][COLUMNS] = {
	{"1", "add", "f", "f", "scalar", "a", "integer", "f", "f", "anon\nclerk"},
	{"1", "add", "f", "f", "scalar", "b", "integer", "t", "f", "anon\nclerk"},
	{"2", "hook", "t", "f", "json", "", "json", "f", "f", ""},
	{"3", "list", "f", "t", "row", NULL, NULL, NULL, NULL, "anon"},
	{"4", "over", "t", "f", "void", "x", "text", "f", "f", "clerk"},
	{"5", "over", "t", "f", "void", "y", "text", "f", "f", "boss\nclerks"},
	{"6", "over", "t", "f", "void", "x", "json", "f", "f", "clerk"},
	{"6", "over", "t", "f", "void", "z", "json", "t", "f", "clerk"},
	{"7", "q\"t", "t", "t", "scalar", "sp\"ace", "text[]", "f", "t", "anon"},
	{"8", "text", "t", "f", "scalar", "", "text", "f", "f", "anon"},
};

static GatewaySchema *
make_schema(void)
{
	static PGresAttDesc columns[COLUMNS];
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	for (int i = 0; i < COLUMNS; i++)
		columns[i].name = (char *) "column";
	PQsetResultAttrs(result, COLUMNS, columns);
	for (int i = 0; i < (int) (sizeof(rows) / sizeof(rows[0])); i++)
	{
		for (int j = 0; j < COLUMNS; j++)
		{
			const char *value = rows[i][j];

			PQsetvalue(result, i, j, (char *) value,
					   value ? (int) strlen(value) : -1);
		}
	}
	return gateway_schema_create("api", result);
}

static GatewaySchema *schema;
static const char *role = "clerk";
static GatewayPlan *plan;
static GatewayPlanTrouble trouble;

/* Resolves a call; names are separated by spaces, NULL: body is no object. */
static GatewayFailure
resolve(const char *function, const char *names, GatewayContent content,
		bool must_not_write)
{
	GatewayJsonKey keys[8];
	GatewayCall call = {function, names != NULL, must_not_write,
						content,  0,			 keys,	  role};

	gateway_text_free(&trouble.details);
	gateway_text_free(&trouble.hint);
	while (names != NULL && *names != '\0')
	{
		size_t length = strcspn(names, " ");

		keys[call.name_count].start = names;
		keys[call.name_count++].length = length;
		names += length + (names[length] == ' ');
	}
	plan = NULL;
	return gateway_plan_resolve(schema, &call, &plan, &trouble);
}

static void
becomes(const char *function, const char *names, const char *sql)
{
	char expected[1024];
	GatewayFailure failure =
		resolve(function, names, GATEWAY_CONTENT_JSON, false);
	const char *settings =
		", pg_catalog.current_setting('response.status', true)"
		", pg_catalog.current_setting('response.headers', true)";
	const char *from = strstr(sql, " FROM");

	snprintf(expected, sizeof(expected), "%.*s%s%s", (int) (from - sql), sql,
			 settings, from);
	is_number(failure, GATEWAY_FAILURE_NONE, function);
	is_text(plan ? plan->sql : NULL, expected, "its statement");
}

static void
test_statements(void)
{
	becomes("add", "a b",
			"SELECT pg_catalog.to_json(r.v) FROM (SELECT \"api\".\"add\"("
			"\"a\" => a.\"a\", \"b\" => a.\"b\") AS v FROM "
			"pg_catalog.json_to_record($1) AS a (\"a\" integer, \"b\" integer)"
			" OFFSET 0) r");
	becomes("add", "a",
			"SELECT pg_catalog.to_json(r.v) FROM (SELECT \"api\".\"add\"("
			"\"a\" => a.\"a\") AS v FROM pg_catalog.json_to_record($1) AS a "
			"(\"a\" integer) OFFSET 0) r");
	becomes("hook", NULL,
			"SELECT r.v FROM (SELECT \"api\".\"hook\"("
			"$1::pg_catalog.json) AS v OFFSET 0) r");
	becomes("list", "",
			"SELECT coalesce(pg_catalog.json_agg(r), '[]') FROM (SELECT c.* "
			"FROM \"api\".\"list\"() AS c OFFSET 0) r");
	becomes("q\"t", "sp\"ace",
			"SELECT coalesce(pg_catalog.json_agg(r.v), '[]') FROM (SELECT "
			"\"api\".\"q\"\"t\"(VARIADIC \"sp\"\"ace\" => a.\"sp\"\"ace\") AS "
			"v FROM pg_catalog.json_to_record($1) AS a (\"sp\"\"ace\" text[])"
			" OFFSET 0) r");
}

static void
test_plans_are_kept(void)
{
	GatewayPlan *first;
	GatewayPlan *second;

	resolve("add", "a b", GATEWAY_CONTENT_JSON, false);
	first = plan;
	resolve("add", "b a", GATEWAY_CONTENT_JSON, false);
	ok(plan == first, "the order of names makes no other plan");
	resolve("add", "b a a", GATEWAY_CONTENT_JSON, false);
	ok(plan == first, "nor does a repeated name");
	resolve("add", "a", GATEWAY_CONTENT_JSON, false);
	second = plan;
	ok(second != first && second->id != first->id,
	   "another set of arguments does");
	is_number(first->parameter_count, 1, "the body is a parameter");
	resolve("list", "", GATEWAY_CONTENT_JSON, false);
	is_number(plan->parameter_count, 0, "without arguments there is none");
}

static void
test_failures(void)
{
	is_number(resolve("nope", "a", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_FUNCTION_UNKNOWN, "an unknown function");
	is_text(trouble.details.bytes,
			"Searched for the function api.nope with the arguments a.",
			"what was looked for");
	ok(trouble.hint.bytes == NULL, "there is nothing to hint at");
	is_number(resolve("add", "b", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_FUNCTION_UNKNOWN, "a missing argument");
	is_text(trouble.hint.bytes,
			"Perhaps you meant to call api.add(a integer, "
			"b integer (optional))",
			"the hint names the arguments");
	role = NULL;
	is_number(resolve("add", "b", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_FUNCTION_UNKNOWN, "the same without a token");
	ok(trouble.hint.bytes == NULL, "gets no hint");
	role = "cler";
	resolve("add", "b", GATEWAY_CONTENT_JSON, false);
	ok(trouble.hint.bytes == NULL, "nor does a role that may not execute it");
	role = "clerk";
	resolve("over", "q", GATEWAY_CONTENT_JSON, false);
	is_text(trouble.hint.bytes,
			"Perhaps you meant to call api.over(x text) or "
			"api.over(x json, z json (optional))",
			"of the overloads only those that the role may execute");
	is_number(resolve("add", "a c", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_FUNCTION_UNKNOWN, "an unknown argument");
	is_number(resolve("add", "A", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_FUNCTION_UNKNOWN, "names are case-sensitive");
	is_number(resolve("add", NULL, GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_BODY_NOT_OBJECT, "a body that is no object");
	is_number(resolve("add", NULL, GATEWAY_CONTENT_TEXT, false),
			  GATEWAY_FAILURE_CONTENT_TYPE, "a body that is text");
	is_number(resolve("over", "x", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_FUNCTION_AMBIGUOUS, "two overloads that fit");
	is_number(resolve("over", "y", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_NONE, "one overload that fits");
	is_number(resolve("over", "x z", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_NONE, "another that fits");
	is_number(resolve("hook", "", GATEWAY_CONTENT_JSON, true),
			  GATEWAY_FAILURE_FUNCTION_UNKNOWN, "GET has no body");
	is_number(resolve("over", "y", GATEWAY_CONTENT_JSON, true),
			  GATEWAY_FAILURE_VOLATILE, "GET of a function that may write");
	is_number(resolve("add", "a", GATEWAY_CONTENT_JSON, true),
			  GATEWAY_FAILURE_NONE, "GET of one that does not");
}

static void
test_raw(void)
{
	is_number(resolve("text", NULL, GATEWAY_CONTENT_TEXT, false),
			  GATEWAY_FAILURE_NONE, "text to a function of text");
	is_number(plan->parameter_type, 25, "as text");
	is_number(resolve("text", "a", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_FUNCTION_UNKNOWN, "JSON to a function of text");
	is_number(resolve("hook", "a b c", GATEWAY_CONTENT_JSON, false),
			  GATEWAY_FAILURE_NONE, "any object to a function of json");
	is_number(plan->parameter_type, 114, "as json");
}

static void
test_arguments(void)
{
	GatewayPairs pairs = {.count = 3,
						  .items = {{"x", "{\"k\":1}", 1, 7},
									{"z", "not json", 1, 8},
									{"y", "5\"", 1, 2}}};
	GatewayText json = {0};

	resolve("over", "x z", GATEWAY_CONTENT_FORM, false);
	gateway_plan_render_arguments(plan, &pairs, &json);
	is_text(json.bytes, "{\"x\":{\"k\":1},\"z\":\"not json\",\"y\":\"5\\\"\"}",
			"json arguments as they are, others as strings");
	gateway_text_free(&json);
}

int
main(void)
{
	schema = make_schema();
	test_statements();
	test_plans_are_kept();
	test_failures();
	test_raw();
	test_arguments();
	gateway_text_free(&trouble.details);
	gateway_text_free(&trouble.hint);
	gateway_schema_release(schema);
	return done();
}
