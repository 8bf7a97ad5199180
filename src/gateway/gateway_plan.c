/*
 * gateway_plan.c
 *		From a call's name and arguments to the function that is meant.
 *
 * Runs in the gateway; pure.  As with PostgREST, a function fits when every
 * given name is one of its arguments and every argument without a default is
 * given; failing that, one with a single unnamed argument takes the body as
 * it is.  Two that fit are an error, not a guess.
 */
#include "gateway_plan.h"

#include <string.h>

static int
find_argument(const GatewayFunction *function, const GatewayJsonKey *name)
{
	for (int i = 0; i < function->argument_count; i++)
	{
		const char *argument = function->arguments[i].name;

		if (strlen(argument) == name->length &&
			memcmp(argument, name->start, name->length) == 0 &&
			name->length > 0)
			return i;
	}
	return -1;
}

/* Tells whether the names fit the function, and which arguments they give. */
static bool
fits_by_name(const GatewayFunction *function, const GatewayCall *call,
			 GatewayArgumentSet *given)
{
	memset(given, 0, sizeof(*given));
	if (!call->has_names ||
		function->argument_count > GATEWAY_SQL_MAX_ARGUMENTS)
		return false;
	for (int i = 0; i < call->name_count; i++)
	{
		int position = find_argument(function, &call->names[i]);

		if (position < 0)
			return false;
		gateway_sql_give(given, position);
	}
	for (int i = 0; i < function->argument_count; i++)
	{
		if (!function->arguments[i].has_default &&
			!gateway_sql_is_given(given, i))
			return false;
	}
	return true;
}

static bool
fits_raw(const GatewayFunction *function, const GatewayCall *call)
{
	if (call->must_not_write)
		return false;
	switch (function->raw)
	{
		case GATEWAY_RAW_JSON:
		case GATEWAY_RAW_JSONB:
			return call->content == GATEWAY_CONTENT_JSON;
		case GATEWAY_RAW_TEXT:
			return call->content == GATEWAY_CONTENT_TEXT;
		case GATEWAY_RAW_BYTEA:
			return call->content == GATEWAY_CONTENT_BYTES;
		case GATEWAY_RAW_NONE:
			break;
	}
	return false;
}

/* Says what was looked for, in the error of a call that fits no function. */
static void
describe_call(const GatewayCall *call, const char *schema, GatewayText *text)
{
	gateway_text_format(text, "Searched for the function %s.%s", schema,
						call->function);
	if (!call->has_names)
		gateway_text_add(text, " with one unnamed argument.");
	else if (call->name_count == 0)
		gateway_text_add(text, " without arguments.");
	else
	{
		gateway_text_add(text, " with the arguments ");
		for (int i = 0; i < call->name_count; i++)
		{
			gateway_text_add(text, i > 0 ? ", " : "");
			gateway_text_append(text, call->names[i].start,
								call->names[i].length);
		}
		gateway_text_add(text, ".");
	}
}

static void
describe_function(const GatewayFunction *function, const char *schema,
				  GatewayText *text)
{
	gateway_text_format(text, "%s.%s(", schema, function->name);
	for (int i = 0; i < function->argument_count; i++)
	{
		const GatewayArgument *argument = &function->arguments[i];

		gateway_text_format(text, "%s%s%s%s%s", i > 0 ? ", " : "",
							argument->name, argument->name[0] ? " " : "",
							argument->type,
							argument->has_default ? " (optional)" : "");
	}
	gateway_text_add(text, ")");
}

/* Names what exists under the function's name, as far as the caller may. */
static void
explain(const GatewaySchema *schema, const GatewayCall *call,
		const GatewayFunction *overloads, GatewayPlanTrouble *trouble)
{
	const GatewayFunction *end = schema->functions + schema->function_count;

	describe_call(call, schema->name, &trouble->details);
	for (const GatewayFunction *function = overloads;
		 function != NULL && call->role != NULL && function < end &&
		 strcmp(function->name, call->function) == 0;
		 function++)
	{
		if (!gateway_schema_may_execute(function, call->role))
			continue;
		gateway_text_add(&trouble->hint, trouble->hint.length > 0
											 ? " or "
											 : "Perhaps you meant to call ");
		describe_function(function, schema->name, &trouble->hint);
	}
}

static GatewayFailure
explain_failure(const GatewaySchema *schema, const GatewayCall *call,
				const GatewayFunction *overloads, GatewayPlanTrouble *trouble)
{
	explain(schema, call, overloads, trouble);
	if (overloads != NULL && !call->has_names)
	{
		if (call->content == GATEWAY_CONTENT_JSON)
			return GATEWAY_FAILURE_BODY_NOT_OBJECT;
		return GATEWAY_FAILURE_CONTENT_TYPE;
	}
	return GATEWAY_FAILURE_FUNCTION_UNKNOWN;
}

/*
 * Finds the function that a call means and the plan to call it with.  On
 * failure the trouble says what was looked for and what there is; the caller
 * frees its texts.
 */
GatewayFailure
gateway_plan_resolve(GatewaySchema *schema, const GatewayCall *call,
					 GatewayPlan **plan, GatewayPlanTrouble *trouble)
{
	int count;
	GatewayFunction *overloads =
		gateway_schema_find(schema, call->function, &count);
	GatewayFunction *chosen = NULL;
	GatewayArgumentSet chosen_set = {{0, 0}};
	int fitting = 0;

	for (int i = 0; i < count; i++)
	{
		GatewayArgumentSet given;

		if (!fits_by_name(&overloads[i], call, &given))
			continue;
		chosen = &overloads[i];
		chosen_set = given;
		fitting++;
	}
	for (int i = 0; i < count && fitting == 0; i++)
	{
		if (fits_raw(&overloads[i], call) && chosen == NULL)
			chosen = &overloads[i];
	}
	if (chosen == NULL)
		return explain_failure(schema, call, overloads, trouble);
	if (fitting > 1)
	{
		explain(schema, call, overloads, trouble);
		return GATEWAY_FAILURE_FUNCTION_AMBIGUOUS;
	}
	if (call->must_not_write && chosen->is_volatile)
		return GATEWAY_FAILURE_VOLATILE;
	*plan = gateway_sql_plan(schema, chosen, &chosen_set);
	return *plan ? GATEWAY_FAILURE_NONE : GATEWAY_FAILURE_QUEUE_FULL;
}

static bool
is_json_argument(const GatewayPlan *plan, const GatewayPair *pair)
{
	GatewayJsonKey name = {pair->name, pair->name_length};
	GatewayJsonScan scan;
	int position = find_argument(plan->function, &name);

	return position >= 0 && plan->function->arguments[position].is_json &&
		   gateway_json_scan(pair->value, pair->value_length, &scan) ==
			   GATEWAY_JSON_VALID;
}

/*
 * Adds the JSON object that carries arguments from a query string or a form.
 * Values are strings, which PostgreSQL reads as input of the argument's
 * type; an argument of type json takes its value as it is.
 */
void
gateway_plan_render_arguments(const GatewayPlan *plan,
							  const GatewayPairs *pairs, GatewayText *json)
{
	gateway_text_append(json, "{", 1);
	for (int i = 0; i < pairs->count; i++)
	{
		const GatewayPair *pair = &pairs->items[i];

		gateway_text_add(json, i > 0 ? "," : "");
		gateway_json_append_string(json, pair->name, pair->name_length);
		gateway_text_append(json, ":", 1);
		if (is_json_argument(plan, pair))
			gateway_text_append(json, pair->value, pair->value_length);
		else
			gateway_json_append_string(json, pair->value, pair->value_length);
	}
	gateway_text_append(json, "}", 1);
}
