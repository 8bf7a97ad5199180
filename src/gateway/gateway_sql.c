/*
 * gateway_sql.c
 *		The statements that the gateway sends.
 *
 * Runs in the gateway; pure.  A request is two statements up to one Sync,
 * which PostgreSQL runs as one transaction: the first is
 * frontdesk.open_request(), which takes the role and the request.* settings
 * for that transaction only, fixes who asks, and cleans the session at its
 * commit; the second calls the function and returns its result with
 * response.status and response.headers.
 *
 * The subquery with OFFSET 0 is a fence: its columns, the call among them,
 * are computed before the outer ones, so the response settings are read
 * after the function has run.
 *
 * Names are quoted here, values are never part of a statement's text.  Named
 * arguments travel as one JSON object that json_to_record() takes apart, so
 * PostgreSQL itself converts them.
 */
#include "gateway_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway_text.h"

#define JSON_OID 114
#define TEXT_OID 25
#define BYTEA_OID 17

/* Opens a request: its role, what came in, and whether it may write. */
const char gateway_sql_opening[] =
	"SELECT frontdesk.open_request($1, $2, $3, $4, $5, $6::pg_catalog.bool)";

static void
append_name(GatewayText *sql, const char *name)
{
	gateway_text_append(sql, "\"", 1);
	for (; *name != '\0'; name++)
	{
		if (*name == '"')
			gateway_text_append(sql, "\"", 1);
		gateway_text_append(sql, name, 1);
	}
	gateway_text_append(sql, "\"", 1);
}

/* How long a call may wait for a lock: short of the patience of a sender. */
#define LOCK_TIMEOUT_MS 2000

/* Adds what the connection string, or else the environment, gives as options.
 */
static void
append_given_options(GatewayText *options, const char *database)
{
	PQconninfoOption *known = PQconninfoParse(database, NULL);
	const char *given = NULL;

	for (PQconninfoOption *o = known; o != NULL && o->keyword != NULL; o++)
	{
		if (strcmp(o->keyword, "options") == 0)
			given = o->val;
	}
	if (given == NULL || given[0] == '\0')
		given = getenv("PGOPTIONS");
	if (given != NULL)
	{
		gateway_text_add(options, " ");
		gateway_text_add(options, given);
	}
	PQconninfoFree(known);
}

/* Adds a word in which blanks and backslashes are escaped. */
static void
append_option_word(GatewayText *options, const char *word)
{
	for (; *word != '\0'; word++)
	{
		if (*word == ' ' || *word == '\\')
			gateway_text_append(options, "\\", 1);
		gateway_text_append(options, word, 1);
	}
}

/*
 * Returns the start options of a session: ours, and behind them what the
 * operator gives, who may know better.  No request can change them for the
 * next one, because a request ends with RESET ALL.
 */
char *
gateway_sql_session_options(const char *database, const char *schema,
							int64_t statement_timeout_ms)
{
	GatewayText options = {0};
	GatewayText path = {0};
	long long timeout = (long long) statement_timeout_ms;

	append_name(&path, schema);
	gateway_text_add(&path, ",pg_temp");
	gateway_text_add(&options, "-c search_path=");
	append_option_word(&options, path.bytes);
	gateway_text_format(&options,
						" -c statement_timeout=%lld"
						" -c idle_in_transaction_session_timeout=%lld"
						" -c lock_timeout=%lld",
						timeout, timeout,
						timeout < LOCK_TIMEOUT_MS ? timeout : LOCK_TIMEOUT_MS);
	append_given_options(&options, database);
	gateway_text_free(&path);
	return options.bytes;
}

/* The engine's metrics, in the columns of a call's result. */
const char gateway_sql_metrics[] = "SELECT frontdesk.metrics(), '', ''";

/* Tells whether the argument at a position is in the set. */
bool
gateway_sql_is_given(const GatewayArgumentSet *set, int position)
{
	return set->bits[position / 64] >> (position % 64) & 1;
}

/* Puts the argument at a position into the set. */
void
gateway_sql_give(GatewayArgumentSet *set, int position)
{
	set->bits[position / 64] |= UINT64_C(1) << (position % 64);
}

static bool
is_empty(const GatewayArgumentSet *set)
{
	return (set->bits[0] | set->bits[1]) == 0;
}

/* Adds schema.function(arguments). */
static void
append_call(GatewayText *sql, const char *schema, const GatewayPlan *plan)
{
	static const char *const raw_values[] = {
		[GATEWAY_RAW_NONE] = "",
		[GATEWAY_RAW_JSON] = "$1::pg_catalog.json",
		[GATEWAY_RAW_JSONB] = "$1::pg_catalog.json::pg_catalog.jsonb",
		[GATEWAY_RAW_TEXT] = "$1::pg_catalog.text",
		[GATEWAY_RAW_BYTEA] = "$1::pg_catalog.bytea",
	};
	const GatewayFunction *function = plan->function;
	bool is_first = true;

	append_name(sql, schema);
	gateway_text_add(sql, ".");
	append_name(sql, function->name);
	gateway_text_add(sql, "(");
	gateway_text_add(sql, raw_values[function->raw]);
	for (int i = 0; i < function->argument_count; i++)
	{
		if (function->raw != GATEWAY_RAW_NONE ||
			!gateway_sql_is_given(&plan->given, i))
			continue;
		gateway_text_add(sql, is_first ? "" : ", ");
		gateway_text_add(sql,
						 function->arguments[i].is_variadic ? "VARIADIC " : "");
		append_name(sql, function->arguments[i].name);
		gateway_text_add(sql, " => a.");
		append_name(sql, function->arguments[i].name);
		is_first = false;
	}
	gateway_text_add(sql, ")");
}

/* Adds the row of named arguments, taken from the body. */
static void
append_arguments(GatewayText *sql, const GatewayPlan *plan)
{
	const GatewayFunction *function = plan->function;
	bool is_first = true;

	gateway_text_add(sql, "pg_catalog.json_to_record($1) AS a (");
	for (int i = 0; i < function->argument_count; i++)
	{
		if (!gateway_sql_is_given(&plan->given, i))
			continue;
		gateway_text_add(sql, is_first ? "" : ", ");
		append_name(sql, function->arguments[i].name);
		gateway_text_add(sql, " ");
		gateway_text_add(sql, function->arguments[i].type);
		is_first = false;
	}
	gateway_text_add(sql, ")");
}

/* Adds the fenced subquery r; its column v, or its row, is the result. */
static void
append_source(GatewayText *sql, const char *schema, const GatewayPlan *plan)
{
	bool is_named =
		plan->function->raw == GATEWAY_RAW_NONE && !is_empty(&plan->given);

	gateway_text_add(sql, " FROM (SELECT ");
	if (plan->function->returns == GATEWAY_RETURNS_ROW)
	{
		gateway_text_add(sql, "c.* FROM ");
		if (is_named)
		{
			append_arguments(sql, plan);
			gateway_text_add(sql, " CROSS JOIN LATERAL ");
		}
		append_call(sql, schema, plan);
		gateway_text_add(sql, " AS c");
	}
	else
	{
		append_call(sql, schema, plan);
		gateway_text_add(sql, " AS v");
		if (is_named)
		{
			gateway_text_add(sql, " FROM ");
			append_arguments(sql, plan);
		}
	}
	gateway_text_add(sql, " OFFSET 0) r");
}

static const char *
result_expression(const GatewayFunction *function)
{
	bool is_row = function->returns == GATEWAY_RETURNS_ROW;

	if (function->returns == GATEWAY_RETURNS_VOID && !function->returns_set)
		return "r.v";
	if (function->returns_set)
		return is_row ? "coalesce(pg_catalog.json_agg(r), '[]')"
					  : "coalesce(pg_catalog.json_agg(r.v), '[]')";
	if (is_row)
		return "pg_catalog.row_to_json(r)";
	return function->returns == GATEWAY_RETURNS_JSON
			   ? "r.v"
			   : "pg_catalog.to_json(r.v)";
}

static char *
render_plan(const char *schema, const GatewayPlan *plan)
{
	GatewayText sql = {0};

	gateway_text_add(&sql, "SELECT ");
	gateway_text_add(&sql, result_expression(plan->function));
	gateway_text_add(&sql,
					 ", pg_catalog.current_setting('response.status', true)"
					 ", pg_catalog.current_setting('response.headers', true)");
	append_source(&sql, schema, plan);
	return sql.bytes;
}

/* Chooses the type of the one parameter: arguments travel as one JSON text, a
 * raw body as what the function takes. */
static void
set_parameter(GatewayPlan *plan)
{
	plan->parameter_count = 1;
	plan->parameter_type = JSON_OID;
	plan->parameter_format = 1;
	switch (plan->function->raw)
	{
		case GATEWAY_RAW_TEXT:
			plan->parameter_type = TEXT_OID;
			break;
		case GATEWAY_RAW_BYTEA:
			plan->parameter_type = BYTEA_OID;
			break;
		case GATEWAY_RAW_NONE:
			plan->parameter_count = is_empty(&plan->given) ? 0 : 1;
			break;
		default:
			break;
	}
}

/*
 * Returns the plan that calls a function with a set of arguments, made on
 * first use.  It belongs to the schema.  NULL when there are too many.
 */
GatewayPlan *
gateway_sql_plan(GatewaySchema *schema, GatewayFunction *function,
				 const GatewayArgumentSet *given)
{
	GatewayPlan *plan;

	for (plan = function->plans; plan != NULL; plan = plan->next)
	{
		if (memcmp(&plan->given, given, sizeof(*given)) == 0)
			return plan;
	}
	if (schema->plan_count == GATEWAY_SQL_MAX_PLANS)
		return NULL;
	plan = gateway_text_allocate(sizeof(*plan));
	plan->function = function;
	plan->given = *given;
	plan->is_void =
		function->returns == GATEWAY_RETURNS_VOID && !function->returns_set;
	plan->id = schema->plan_count++;
	snprintf(plan->statement, sizeof(plan->statement), "call_%d", plan->id);
	set_parameter(plan);
	plan->sql = render_plan(schema->name, plan);
	plan->next = function->plans;
	function->plans = plan;
	return plan;
}

/* Frees a list of plans. */
void
gateway_sql_free_plans(GatewayPlan *plans)
{
	while (plans != NULL)
	{
		GatewayPlan *next = plans->next;

		free(plans->sql);
		free(plans);
		plans = next;
	}
}
