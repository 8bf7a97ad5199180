/*
 * llm_schema.c
 *	  JSON Schemas as agents carry them, and as they go out.
 *
 * A schema is kept as the tree it was read into.  What is stored may say more
 * than the vendors accept (bounds, optional properties): the wire form leaves
 * that out, and llm_schema_check.c holds the answers against all of it.
 * Trees and texts in here are UTF-8 whatever the server's encoding.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/base_domain.h"
#include "llm/llm_answer.h"
#include "llm/llm_schema.h"
#include "llm/llm_wire.h"

SQL_FUNCTION(json_schema);

/* Keywords that one of the vendors answers with a 400. */
static const char *const kept_back[] = {
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"multipleOf", "minLength", "maxLength", "minItems", "maxItems",
	"uniqueItems", "default", "$schema", "title",
};

static void append_schema(StringInfo out, const LlmJson *schema);

/* What keeps it from being the schema of an object; NULL nothing. */
static const char *
find_problem(const LlmJson *schema)
{
	const char *type = llm_json_string(llm_json_member(schema, "type"));

	if (type == NULL || strcmp(type, "object") != 0 ||
		!llm_json_is_present(llm_json_member(schema, "properties")))
		return "It does not describe an object.";
	return NULL;
}

static const LlmJson *
parse_schema(const char *text, const char **problem)
{
	const char *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);

	return llm_json_parse(utf8, strlen(utf8), problem);
}

const char *
llm_schema_problem(const char *text)
{
	const char *problem;
	const LlmJson *schema = parse_schema(text, &problem);

	if (schema == NULL)
		return psprintf("The schema is not usable: %s.", problem);
	return find_problem(schema);
}

const LlmJson *
llm_schema_read(const char *text)
{
	const char *problem;
	const LlmJson *schema = parse_schema(text, &problem);

	if (schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("could not read the JSON Schema of an answer"),
				 errdetail("The schema is not usable: %s.", problem)));
	if (find_problem(schema) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the JSON Schema of an answer must describe an object"),
				 errhint("Put \"type\": \"object\" and \"properties\" at its top.")));
	return schema;
}

static void
append_key(StringInfo out, const char *key)
{
	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	appendStringInfoChar(out, '"');
	llm_wire_append_escaped_utf8(out, key);
	appendStringInfoString(out, "\":");
}

static bool
is_kept_back(const char *keyword)
{
	for (int i = 0; i < lengthof(kept_back); i++)
		if (strcmp(keyword, kept_back[i]) == 0)
			return true;
	return false;
}

/* Writes a value in which no schema is nested. */
static void
append_plain(StringInfo out, const LlmJson *value)
{
	switch (value->kind)
	{
		case LLM_JSON_NULL:
			appendStringInfoString(out, "null");
			break;
		case LLM_JSON_BOOLEAN:
			appendStringInfoString(out, value->truth ? "true" : "false");
			break;
		case LLM_JSON_NUMBER:
			appendStringInfoString(out, value->text);
			break;
		case LLM_JSON_STRING:
			appendStringInfoChar(out, '"');
			llm_wire_append_escaped_utf8(out, value->text);
			appendStringInfoChar(out, '"');
			break;
		case LLM_JSON_ARRAY:
			appendStringInfoChar(out, '[');
			for (const LlmJson *child = value->first; child; child = child->next)
			{
				append_plain(out, child);
				if (child->next)
					appendStringInfoChar(out, ',');
			}
			appendStringInfoChar(out, ']');
			break;
		case LLM_JSON_OBJECT:
			appendStringInfoChar(out, '{');
			for (const LlmJson *child = value->first; child; child = child->next)
			{
				append_key(out, child->key);
				append_plain(out, child);
			}
			appendStringInfoChar(out, '}');
			break;
	}
}

static bool
is_required(const LlmJson *schema, const char *name)
{
	const LlmJson *required = llm_json_member(schema, "required");

	if (required == NULL || required->kind != LLM_JSON_ARRAY)
		return false;
	for (const LlmJson *item = required->first; item; item = item->next)
		if (item->kind == LLM_JSON_STRING && strcmp(item->text, name) == 0)
			return true;
	return false;
}

static void
append_property(StringInfo out, const LlmJson *property, bool required)
{
	append_key(out, property->key);
	if (!required)
		appendStringInfoString(out, "{\"anyOf\":[");
	append_schema(out, property);
	if (!required)
		appendStringInfoString(out, ",{\"type\":\"null\"}]}");
}

/*
 * Writes the properties of an object: the required ones in the order of that
 * list, for jsonb has forgotten the order of keys, and models write what they
 * decide in the order of the schema.
 */
static void
append_properties(StringInfo out, const LlmJson *schema, const LlmJson *properties)
{
	const LlmJson *required = llm_json_member(schema, "required");

	append_key(out, "properties");
	appendStringInfoChar(out, '{');
	if (required && required->kind == LLM_JSON_ARRAY)
		for (const LlmJson *name = required->first; name; name = name->next)
			if (llm_json_string(name) && llm_json_member(properties, name->text))
				append_property(out, llm_json_member(properties, name->text), true);
	for (const LlmJson *child = properties->first; child; child = child->next)
		if (!is_required(schema, child->key))
			append_property(out, child, false);
	appendStringInfoChar(out, '}');
}

/* Lists every property, those that the schema requires first: in strict mode
 * providers want all of them named. */
static void
append_required(StringInfo out, const LlmJson *schema, const LlmJson *properties)
{
	const LlmJson *required = llm_json_member(schema, "required");
	bool		first = true;

	append_key(out, "required");
	appendStringInfoChar(out, '[');
	for (int pass = 0; pass < 2; pass++)
	{
		const LlmJson *list = pass == 0 ? required : properties;

		if (list == NULL || list->kind < LLM_JSON_ARRAY)
			continue;
		for (const LlmJson *item = list->first; item; item = item->next)
		{
			const char *name = pass == 0 ? llm_json_string(item) : item->key;

			if (name == NULL || llm_json_member(properties, name) == NULL ||
				(pass == 1 && is_required(schema, name)))
				continue;
			appendStringInfoString(out, first ? "\"" : ",\"");
			llm_wire_append_escaped_utf8(out, name);
			appendStringInfoChar(out, '"');
			first = false;
		}
	}
	appendStringInfoChar(out, ']');
}

/* Writes the value of a keyword whose members or elements are schemas. */
static void
append_schemas(StringInfo out, const LlmJson *list)
{
	bool		array = list->kind == LLM_JSON_ARRAY;

	appendStringInfoChar(out, array ? '[' : '{');
	for (const LlmJson *child = list->first; child; child = child->next)
	{
		if (!array)
			append_key(out, child->key);
		append_schema(out, child);
		if (array && child->next)
			appendStringInfoChar(out, ',');
	}
	appendStringInfoChar(out, array ? ']' : '}');
}

static void
append_keyword(StringInfo out, const LlmJson *keyword)
{
	const char *name = keyword->key;

	append_key(out, name);
	if (strcmp(name, "items") == 0)
		append_schema(out, keyword);
	else if (keyword->kind >= LLM_JSON_ARRAY &&
			 (strcmp(name, "anyOf") == 0 || strcmp(name, "allOf") == 0 ||
			  strcmp(name, "$defs") == 0 || strcmp(name, "definitions") == 0))
		append_schemas(out, keyword);
	else
		append_plain(out, keyword);
}

/* Writes a schema as providers take it in strict mode: keywords they do not
 * know are left out, objects are closed. */
static void
append_schema(StringInfo out, const LlmJson *schema)
{
	const LlmJson *properties = llm_json_member(schema, "properties");

	if (schema->kind != LLM_JSON_OBJECT)
	{
		append_plain(out, schema);
		return;
	}
	appendStringInfoChar(out, '{');
	for (const LlmJson *child = schema->first; child; child = child->next)
	{
		bool		of_object = strcmp(child->key, "properties") == 0 ||
		strcmp(child->key, "required") == 0 ||
		strcmp(child->key, "additionalProperties") == 0;

		if (!of_object && !is_kept_back(child->key))
			append_keyword(out, child);
	}
	if (properties && properties->kind == LLM_JSON_OBJECT)
	{
		append_properties(out, schema, properties);
		append_required(out, schema, properties);
		append_key(out, "additionalProperties");
		appendStringInfoString(out, "false");
	}
	appendStringInfoChar(out, '}');
}

void
llm_schema_append_wire(StringInfo out, const LlmJson *schema)
{
	append_schema(out, schema);
}

/* json_schema(type regtype) */
PGDLLEXPORT Datum
frontdesk_json_schema(PG_FUNCTION_ARGS)
{
	Oid			type = PG_GETARG_OID(0);
	StringInfoData wire;

	initStringInfo(&wire);
	llm_schema_append_wire(&wire, llm_schema_read(llm_schema_of_type(type)));
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in,
										CStringGetDatum(llm_wire_to_server(wire.data, wire.len))));
}

Jsonb *
llm_schema_fit(Jsonb *schema, Jsonb *answer, const char **problem)
{
	char	   *text = JsonbToCString(NULL, &answer->root, VARSIZE(answer));
	const char *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);
	const LlmJson *shape = llm_schema_read(JsonbToCString(NULL, &schema->root, VARSIZE(schema)));
	const LlmJson *json = llm_json_parse(utf8, strlen(utf8), problem);

	if (json != NULL)
		json = llm_schema_check(shape, json, problem);
	if (json != NULL)
		return llm_answer_jsonb(json);
	*problem = llm_wire_to_server(*problem, strlen(*problem));
	return NULL;
}
