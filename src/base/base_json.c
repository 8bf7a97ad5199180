/*
 * base_json.c
 *	  Writing JSON text, and reading and merging jsonb, without noise.
 *
 * The server's own jsonb functions do the work; what is here gives them a C
 * face.  Results are palloc'd in the current context.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "base/base_json.h"

/* Appends the short escape of a character, or its number. */
static void
append_escaped(StringInfo json, unsigned char c)
{
	switch (c)
	{
		case '"':
			appendBinaryStringInfo(json, "\\\"", 2);
			break;
		case '\\':
			appendBinaryStringInfo(json, "\\\\", 2);
			break;
		case '\n':
			appendBinaryStringInfo(json, "\\n", 2);
			break;
		case '\r':
			appendBinaryStringInfo(json, "\\r", 2);
			break;
		case '\t':
			appendBinaryStringInfo(json, "\\t", 2);
			break;
		default:
			appendStringInfo(json, "\\u%04x", c);
			break;
	}
}

void
base_json_append_string(StringInfo json, const char *text, int bytes)
{
	const char *end = text + bytes;
	const char *run = text;

	appendStringInfoCharMacro(json, '"');
	for (const char *p = text; p < end; p++)
	{
		unsigned char c = (unsigned char) *p;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		appendBinaryStringInfo(json, run, p - run);
		append_escaped(json, c);
		run = p + 1;
	}
	appendBinaryStringInfo(json, run, end - run);
	appendStringInfoCharMacro(json, '"');
}

Jsonb *
base_jsonb_parse(const char *text)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(text)));
}

Jsonb *
base_jsonb_merge(Jsonb *a, Jsonb *b)
{
	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat,
											  JsonbPGetDatum(a),
											  JsonbPGetDatum(b)));
}

bool
base_jsonb_contains(Jsonb *document, Jsonb *part)
{
	return DatumGetBool(DirectFunctionCall2(jsonb_contains,
											JsonbPGetDatum(document),
											JsonbPGetDatum(part)));
}

/* The member's value, or NULL when there is none or the whole is no object. */
static JsonbValue *
find_member(Jsonb *document, const char *key, JsonbValue *value)
{
	if (document == NULL || !JB_ROOT_IS_OBJECT(document))
		return NULL;
	return getKeyJsonValueFromContainer(&document->root, key, strlen(key),
										value);
}

char *
base_jsonb_text(Jsonb *document, const char *key)
{
	JsonbValue	space;
	JsonbValue *v = find_member(document, key, &space);

	if (v == NULL)
		return NULL;
	switch (v->type)
	{
		case jbvString:
			return pnstrdup(v->val.string.val, v->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(v->val.numeric)));
		case jbvBool:
			return pstrdup(v->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

double
base_jsonb_number(Jsonb *document, const char *key, double if_absent)
{
	JsonbValue	space;
	JsonbValue *v = find_member(document, key, &space);

	if (v == NULL || v->type != jbvNumeric)
		return if_absent;
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											  NumericGetDatum(v->val.numeric)));
}

bool
base_jsonb_bool(Jsonb *document, const char *key, bool if_absent)
{
	JsonbValue	space;
	JsonbValue *v = find_member(document, key, &space);

	return (v != NULL && v->type == jbvBool) ? v->val.boolean : if_absent;
}

Jsonb *
base_jsonb_member(Jsonb *document, const char *key)
{
	JsonbValue	space;
	JsonbValue *v = find_member(document, key, &space);

	return (v != NULL && v->type == jbvBinary) ? JsonbValueToJsonb(v) : NULL;
}
