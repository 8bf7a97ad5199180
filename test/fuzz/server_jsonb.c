/*
 * server_jsonb.c
 *	  jsonb as far as parsers need it: what json-c makes of a text.
 *
 * A file of its own, for the server has a function of json-c's name.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "utils/jsonb.h"

#include "gateway_json.h"
#include "server_stubs.h"

#undef fprintf

/* Values of json-c that a jsonb stands for. */
static json_object *held[16];
static int	held_count = 0;

void
server_jsonb_forget(void)
{
	while (held_count > 0)
		json_object_put(held[--held_count]);
}

/* A jsonb that json-c keeps; raises as jsonb_in() does. */
Datum
server_jsonb_read(const char *text)
{
	GatewayJsonScan scan;
	json_object *value;
	Jsonb	   *jsonb;

	if (gateway_json_scan(text, strlen(text), &scan) != GATEWAY_JSON_VALID || held_count == lengthof(held))
		ereport(ERROR, (errmsg("no JSON")));
	value = held[held_count++] = json_tokener_parse(text);
	jsonb = palloc0(sizeof(Jsonb) + sizeof(value));
	jsonb->root.header = scan.kind == GATEWAY_JSON_OBJECT ? JB_FOBJECT : JB_FARRAY;
	memcpy(jsonb + 1, &value, sizeof(value));
	return PointerGetDatum(jsonb);
}

JsonbValue *
findJsonbValueFromContainer(JsonbContainer *container, uint32 flags, JsonbValue *key)
{
	Jsonb	   *jsonb = (Jsonb *) ((char *) container - offsetof(Jsonb, root));
	JsonbValue *found = palloc0(sizeof(JsonbValue));
	json_object *object;
	json_object *value;
	double	   *number = palloc(sizeof(double));

	memcpy(&object, jsonb + 1, sizeof(object));
	if (!json_object_object_get_ex(object, pnstrdup(key->val.string.val, key->val.string.len), &value))
		return NULL;
	found->type = jbvNull;
	if (json_object_is_type(value, json_type_string))
	{
		found->type = jbvString;
		found->val.string.val = unconstify(char *, json_object_get_string(value));
		found->val.string.len = json_object_get_string_len(value);
	}
	else if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
	{
		found->type = jbvNumeric;
		*number = json_object_get_double(value);
		found->val.numeric = (Numeric) number;
	}
	return found;
}

/* A jsonb is not built; what would go into it is looked at. */
JsonbValue *
pushJsonbValue(JsonbParseState **state, JsonbIteratorToken token, JsonbValue *value)
{
	if (value && value->type == jbvString &&
		!server_stubs_is_text(value->val.string.val, value->val.string.len))
	{
		fprintf(stderr, "a string that is no text\n");
		abort();
	}
	return palloc0(sizeof(JsonbValue));
}

Jsonb *
JsonbValueToJsonb(JsonbValue *value)
{
	return palloc0(sizeof(Jsonb));
}
