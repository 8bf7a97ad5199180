/*
 * gateway_schema.c
 *		What the database exposes: the functions of one schema.
 *
 * Runs in the gateway.  A schema is an immutable picture made from the rows
 * of one query (only its plans are added as they are needed) and shared by
 * counting references: requests in flight keep the old picture while the
 * next ones use the fresh one.  Names and types point into the query's rows,
 * which the schema owns.
 *
 * The query is run as the login role, without any privilege on the
 * functions: whether a caller may execute one is for the server to say.  The
 * roles that may are known here only for hints, which tell nobody of a
 * function that is not for him.
 */
#include "gateway_schema.h"

#include <stdlib.h>
#include <string.h>

#include "gateway_sql.h"
#include "gateway_text.h"

/* Columns of the query, one row per input argument or per empty list. */
enum
{
	COLUMN_OID,
	COLUMN_NAME,
	COLUMN_IS_VOLATILE,
	COLUMN_RETURNS_SET,
	COLUMN_RETURNS,
	COLUMN_ARGUMENT,
	COLUMN_TYPE,
	COLUMN_HAS_DEFAULT,
	COLUMN_IS_VARIADIC,
	COLUMN_ROLES,
	COLUMN_COUNT
};

/* $1 is the name of the schema. */
const char gateway_schema_query[] =
	"WITH roles AS MATERIALIZED (SELECT oid, rolname"
	" FROM pg_catalog.pg_roles WHERE pg_catalog.pg_has_role(oid, 'MEMBER'))"
	" SELECT p.oid, p.proname, p.provolatile = 'v', p.proretset,"
	" CASE WHEN t.oid = 'pg_catalog.void'::pg_catalog.regtype THEN 'void'"
	" WHEN t.typtype = 'c' OR b.typtype = 'c'"
	" OR t.oid = 'pg_catalog.record'::pg_catalog.regtype"
	" OR coalesce(p.proargmodes && '{o,b,t}', false) THEN 'row'"
	" WHEN t.typname IN ('json', 'jsonb')"
	" AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN 'json'"
	" ELSE 'scalar' END,"
	" a.name, pg_catalog.format_type(a.type, NULL),"
	" a.rank > p.pronargs - p.pronargdefaults, a.mode = 'v',"
	" (SELECT coalesce(pg_catalog.string_agg(r.rolname, E'\n'"
	" ORDER BY r.rolname), '') FROM roles r"
	" WHERE pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE'))"
	" FROM pg_catalog.pg_proc p"
	" JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
	" JOIN pg_catalog.pg_type t ON t.oid = p.prorettype"
	" LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype"
	" LEFT JOIN LATERAL"
	" (SELECT u.type, coalesce(p.proargnames[u.position], '') AS name,"
	" coalesce(p.proargmodes[u.position], 'i') AS mode,"
	" pg_catalog.row_number() OVER (ORDER BY u.position) AS rank"
	" FROM pg_catalog.unnest(coalesce(p.proallargtypes,"
	" p.proargtypes::pg_catalog.oid[])) WITH ORDINALITY"
	" AS u (type, position)"
	" WHERE coalesce(p.proargmodes[u.position], 'i') IN ('i', 'b', 'v')"
	" ) a ON true"
	" WHERE n.nspname = $1 AND p.prokind = 'f'"
	" AND t.oid <> ALL (ARRAY['trigger', 'event_trigger']"
	"::pg_catalog.regtype[])"
	" ORDER BY p.proname COLLATE \"C\", p.oid, a.rank";

static void add_rows(GatewaySchema *schema);

static bool
is_true(const PGresult *rows, int row, int column)
{
	return PQgetvalue(rows, row, column)[0] == 't';
}

static GatewayReturns
find_returns(const char *word)
{
	switch (word[0])
	{
		case 'v':
			return GATEWAY_RETURNS_VOID;
		case 'j':
			return GATEWAY_RETURNS_JSON;
		case 'r':
			return GATEWAY_RETURNS_ROW;
		default:
			return GATEWAY_RETURNS_SCALAR;
	}
}

/* Hashes all that was read (FNV-1a), to tell whether the schema has changed at
 * all. */
static uint64_t
fingerprint_of(const PGresult *rows)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	for (int row = 0; row < PQntuples(rows); row++)
	{
		for (int column = 0; column < COLUMN_COUNT; column++)
		{
			const char *value = PQgetvalue(rows, row, column);

			do
			{
				hash ^= (unsigned char) *value;
				hash *= UINT64_C(0x100000001B3);
			} while (*value++ != '\0');
		}
	}
	return hash;
}

/*
 * Makes a schema from the rows of gateway_schema_query and takes them over.
 * Returns NULL, and leaves the rows alone, when they do not have its form.
 */
GatewaySchema *
gateway_schema_create(const char *name, PGresult *rows)
{
	GatewaySchema *schema;
	size_t row_count = (size_t) PQntuples(rows);

	if (PQnfields(rows) != COLUMN_COUNT)
		return NULL;
	schema = gateway_text_allocate(sizeof(*schema));
	schema->name = gateway_text_duplicate(name, strlen(name));
	schema->reference_count = 1;
	schema->rows = rows;
	schema->fingerprint = fingerprint_of(rows);
	schema->functions =
		gateway_text_allocate(row_count * sizeof(GatewayFunction));
	schema->arguments =
		gateway_text_allocate(row_count * sizeof(GatewayArgument));
	add_rows(schema);
	return schema;
}

/* Tells whether a function takes the body as it is: by one argument without a
 * name. */
static GatewayRaw
find_raw(const GatewayFunction *function)
{
	static const struct
	{
		const char *type;
		GatewayRaw raw;
	} raws[] = {
		{"json", GATEWAY_RAW_JSON},
		{"jsonb", GATEWAY_RAW_JSONB},
		{"text", GATEWAY_RAW_TEXT},
		{"bytea", GATEWAY_RAW_BYTEA},
	};

	if (function->argument_count != 1 || function->arguments[0].name[0] != '\0')
		return GATEWAY_RAW_NONE;
	for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++)
	{
		if (strcmp(raws[i].type, function->arguments[0].type) == 0)
			return raws[i].raw;
	}
	return GATEWAY_RAW_NONE;
}

static void
add_argument(const PGresult *rows, int row, GatewayArgument *argument)
{
	const char *type = PQgetvalue(rows, row, COLUMN_TYPE);

	argument->name = PQgetvalue(rows, row, COLUMN_ARGUMENT);
	argument->type = type;
	argument->is_variadic = is_true(rows, row, COLUMN_IS_VARIADIC);
	/* A call by names cannot leave a variadic argument out. */
	argument->has_default =
		is_true(rows, row, COLUMN_HAS_DEFAULT) && !argument->is_variadic;
	argument->is_json = strcmp(type, "json") == 0 || strcmp(type, "jsonb") == 0;
}

/* Makes functions of the rows, which come with one row per argument, those of
 * a function together. */
static void
add_rows(GatewaySchema *schema)
{
	const PGresult *rows = schema->rows;
	GatewayArgument *argument = schema->arguments;
	GatewayFunction *function = NULL;
	const char *last_oid = "";

	for (int row = 0; row < PQntuples(rows); row++)
	{
		const char *oid = PQgetvalue(rows, row, COLUMN_OID);

		if (strcmp(oid, last_oid) != 0)
		{
			function = &schema->functions[schema->function_count++];
			function->name = PQgetvalue(rows, row, COLUMN_NAME);
			function->is_volatile = is_true(rows, row, COLUMN_IS_VOLATILE);
			function->returns_set = is_true(rows, row, COLUMN_RETURNS_SET);
			function->returns =
				find_returns(PQgetvalue(rows, row, COLUMN_RETURNS));
			function->roles = PQgetvalue(rows, row, COLUMN_ROLES);
			function->arguments = argument;
			last_oid = oid;
		}
		if (!PQgetisnull(rows, row, COLUMN_TYPE))
		{
			add_argument(rows, row, argument++);
			function->argument_count++;
		}
		function->raw = find_raw(function);
	}
}

static int
compare_names(const void *name, const void *function)
{
	return strcmp(name, ((const GatewayFunction *) function)->name);
}

/* Finds the first overload of a function and how many there are. */
GatewayFunction *
gateway_schema_find(const GatewaySchema *schema, const char *function,
					int *count)
{
	GatewayFunction *found =
		bsearch(function, schema->functions, (size_t) schema->function_count,
				sizeof(GatewayFunction), compare_names);
	GatewayFunction *end = schema->functions + schema->function_count;
	int overloads = 0;

	*count = 0;
	if (found == NULL)
		return NULL;
	while (found > schema->functions && strcmp(found[-1].name, function) == 0)
		found--;
	while (found + overloads < end &&
		   strcmp(found[overloads].name, function) == 0)
		overloads++;
	*count = overloads;
	return found;
}

/* Tells whether a role that the login may take may execute a function. */
bool
gateway_schema_may_execute(const GatewayFunction *function, const char *role)
{
	size_t length = strlen(role);

	for (const char *at = function->roles; *at != '\0';)
	{
		size_t item = strcspn(at, "\n");

		if (item == length && memcmp(at, role, length) == 0)
			return true;
		at += item + (at[item] == '\n');
	}
	return false;
}

/* Adds a user. */
void
gateway_schema_hold(GatewaySchema *schema)
{
	schema->reference_count++;
}

/* Takes a user away and frees what nobody uses; NULL is allowed. */
void
gateway_schema_release(GatewaySchema *schema)
{
	if (schema == NULL || --schema->reference_count > 0)
		return;
	for (int i = 0; i < schema->function_count; i++)
		gateway_sql_free_plans(schema->functions[i].plans);
	PQclear(schema->rows);
	free(schema->functions);
	free(schema->arguments);
	free(schema->name);
	free(schema);
}
