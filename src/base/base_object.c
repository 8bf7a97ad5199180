/*
 * base_object.c
 *	  A JSON object that is being written.
 *
 * Runs in any session and in workers.  Whether a comma is due is seen in the
 * text itself, so that an object costs no more than its text.
 */
#include "postgres.h"

#include "base/base_object.h"

void
base_object_begin(BaseObject *object)
{
	initStringInfo(&object->json);
	appendStringInfoChar(&object->json, '{');
}

/* A comma unless a member would be the first of its object. */
static void
separate(StringInfo json)
{
	if (json->data[json->len - 1] != '{')
		appendBinaryStringInfo(json, ", ", 2);
}

static StringInfo
append_key(BaseObject *object, const char *key)
{
	StringInfo	json = &object->json;

	separate(json);
	base_json_append_string(json, key, strlen(key));
	appendBinaryStringInfo(json, ": ", 2);
	return json;
}

void
base_object_add_text(BaseObject *object, const char *key, const char *text)
{
	if (text)
		base_object_add_bytes(object, key, text, strlen(text));
}

void
base_object_add_bytes(BaseObject *object, const char *key, const char *text, int bytes)
{
	base_json_append_string(append_key(object, key), text, bytes);
}

void
base_object_add_int(BaseObject *object, const char *key, int64 number)
{
	appendStringInfo(append_key(object, key), INT64_FORMAT, number);
}

void
base_object_add_real(BaseObject *object, const char *key, double number, int digits)
{
	appendStringInfo(append_key(object, key), "%.*f", digits, number);
}

void
base_object_add_bool(BaseObject *object, const char *key, bool truth)
{
	appendStringInfoString(append_key(object, key), truth ? "true" : "false");
}

void
base_object_add_null(BaseObject *object, const char *key)
{
	appendStringInfoString(append_key(object, key), "null");
}

void
base_object_add_json(BaseObject *object, const char *key, const char *json)
{
	appendStringInfoString(append_key(object, key), json);
}

void
base_object_add_span(BaseObject *object, const char *key, const char *json, int bytes)
{
	appendBinaryStringInfo(append_key(object, key), json, bytes);
}

void
base_object_add_jsonb(BaseObject *object, const char *key, Jsonb *document)
{
	if (document == NULL)
		base_object_add_null(object, key);
	else
		base_object_add_json(object, key, JsonbToCString(NULL, &document->root, VARSIZE(document)));
}

void
base_object_add_members(BaseObject *object, const char *json, int bytes)
{
	if (bytes <= 2)
		return;
	separate(&object->json);
	appendBinaryStringInfo(&object->json, json + 1, bytes - 2);
}

void
base_object_open(BaseObject *object, const char *key)
{
	appendStringInfoChar(append_key(object, key), '{');
}

void
base_object_close(BaseObject *object)
{
	appendStringInfoChar(&object->json, '}');
}

bool
base_object_is_empty(const BaseObject *object)
{
	return object->json.len == 1;
}

char *
base_object_end(BaseObject *object)
{
	base_object_close(object);
	return object->json.data;
}

Jsonb *
base_object_end_jsonb(BaseObject *object)
{
	return base_jsonb_parse(base_object_end(object));
}

Jsonb *
base_object_of_text(const char *key, const char *text)
{
	BaseObject	object;

	base_object_begin(&object);
	base_object_add_text(&object, key, text);
	return base_object_end_jsonb(&object);
}
