/*
 * fake_schema.c
 *		Compiles JSON Schemas once and refuses what the vendor would refuse.
 *
 * Programs send the same few schemas thousands of times, so a compiled one is
 * found again by the bytes it was sent as.  The list is never shortened; a
 * test that sends many thousands of different schemas would slow it down.
 */
#include "fake_schema_internal.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 12			/* recursive schemas end here, with null */

/* What goes along while one schema is compiled. */
typedef struct Compile
{
	json_object *root;
	FakeSchema *schema;
	bool is_strict;
	int depth;
} Compile;

static FakeSchema *schemas = NULL;

static FakeNode *compile_node(Compile *compile, json_object *json,
							  const char *name);

static void
refuse(Compile *compile, const char *reason)
{
	if (compile->schema->fault == NULL)
		compile->schema->fault = strdup(reason);
}

/* Follows a local reference such as #/$defs/address. */
static json_object *
resolve(Compile *compile, json_object *json)
{
	json_object *ref;
	const char *path;

	if (!json_object_object_get_ex(json, "$ref", &ref))
		return json;
	path = json_object_get_string(ref);
	json = compile->root;
	if (path[0] != '#')
		refuse(compile, "references must be local");
	while (*path != '\0' && (path = strchr(path, '/')) != NULL)
	{
		size_t len = strcspn(++path, "/");
		char *key = strndup(path, len);

		if (!json_object_object_get_ex(json, key, &json))
			refuse(compile, "reference cannot be resolved");
		free(key);
		if (json == NULL)
			return NULL;
		path += len;
	}
	return json;
}

static void
set_kind(FakeNode *node, const char *type)
{
	static const char *const names[] = { "string", "integer", "number",
		"boolean", "null", "array", "object" };

	if (strcmp(type, "null") == 0)
	{
		node->is_nullable = true;
		return;
	}
	for (int i = 0; i <= FAKE_NODE_OBJECT; i++)
		if (strcmp(type, names[i]) == 0)
			node->kind = (FakeNodeKind) i;
}

static void
compile_type(FakeNode *node, json_object *json)
{
	json_object *type;

	if (!json_object_object_get_ex(json, "type", &type))
	{
		if (json_object_object_get_ex(json, "properties", NULL))
			node->kind = FAKE_NODE_OBJECT;
		return;
	}
	if (json_object_is_type(type, json_type_string))
	{
		if (strcmp(json_object_get_string(type), "null") == 0)
			node->kind = FAKE_NODE_NULL;
		set_kind(node, json_object_get_string(type));
		return;
	}
	for (size_t i = 0; i < json_object_array_length(type); i++)
		set_kind(node,
				 json_object_get_string(json_object_array_get_idx(type, i)));
}

static void
compile_enum(FakeNode *node, json_object *json)
{
	json_object *list;
	size_t count = 1;
	bool is_list = json_object_object_get_ex(json, "enum", &list);

	if (!is_list && !json_object_object_get_ex(json, "const", &list))
		return;
	if (is_list)
		count = json_object_array_length(list);
	node->enum_values = calloc(count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
	{
		json_object *value = is_list ? json_object_array_get_idx(list, i) :
			list;

		if (value != NULL)
			node->enum_values[node->enum_count++] =
				strdup(json_object_to_json_string_ext(value,
							JSON_C_TO_STRING_PLAIN |
							JSON_C_TO_STRING_NOSLASHESCAPE));
	}
}

static void
add_child(FakeNode *node, FakeNode *child)
{
	node->children = realloc(node->children,
							 (node->child_count + 1) * sizeof(FakeNode *));
	if (node->children == NULL)
		abort();
	node->children[node->child_count++] = child;
}

static bool
is_in(json_object *list, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)),
				   name) == 0)
			return true;
	return false;
}

static void
compile_object(Compile *compile, FakeNode *node, json_object *json)
{
	json_object *properties;
	json_object *required = NULL;
	json_object *additional = NULL;

	json_object_object_get_ex(json, "required", &required);
	json_object_object_get_ex(json, "additionalProperties", &additional);
	if (compile->is_strict &&
		(!json_object_is_type(additional, json_type_boolean) ||
		 json_object_get_boolean(additional)))
		refuse(compile, "'additionalProperties' is required to be supplied "
			   "and to be false");
	if (!json_object_object_get_ex(json, "properties", &properties))
		return;
	json_object_object_foreach(properties, name, property)
	{
		if (compile->is_strict &&
			compile->schema->dialect == FAKE_SERVICE_OPENAI &&
			(!json_object_is_type(required, json_type_array) ||
			 !is_in(required, name)))
			refuse(compile, "'required' is required to be supplied and to be "
				   "an array including every key in properties");
		add_child(node, compile_node(compile, property, name));
	}
}

/* Keywords the vendors answer 400 to. */
static void
check_keywords(Compile *compile, json_object *json)
{
	static const char *const openai[] = { "allOf", "not", "oneOf", "if",
		"dependentRequired", "dependentSchemas", "uniqueItems", NULL };
	static const char *const anthropic[] = { "minimum", "maximum",
		"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
		"maxLength", "maxItems", "oneOf", "not", "uniqueItems", NULL };
	const char *const *names =
		compile->schema->dialect == FAKE_SERVICE_OPENAI ? openai : anthropic;
	char reason[96];

	for (; compile->is_strict && *names != NULL; names++)
		if (json_object_object_get_ex(json, *names, NULL))
		{
			snprintf(reason, sizeof(reason), "'%s' is not permitted", *names);
			refuse(compile, reason);
		}
}

static void
compile_bounds(FakeNode *node, json_object *json)
{
	json_object *bound;

	node->minimum = -1e300;
	node->maximum = 1e300;
	if (json_object_object_get_ex(json, "minimum", &bound))
		node->minimum = json_object_get_double(bound);
	if (json_object_object_get_ex(json, "maximum", &bound))
		node->maximum = json_object_get_double(bound);
	if (json_object_object_get_ex(json, "minItems", &bound))
		node->min_items = json_object_get_int(bound);
	if (json_object_object_get_ex(json, "format", &bound))
		node->format = strdup(json_object_get_string(bound));
}

/* The first branch that is not null; a null branch makes it nullable. */
static json_object *
choose_branch(Compile *compile, json_object *json, bool *is_nullable)
{
	json_object *branches;
	json_object *chosen = NULL;

	if (!json_object_object_get_ex(json, "anyOf", &branches))
		return json;
	for (size_t i = 0; i < json_object_array_length(branches); i++)
	{
		json_object *branch = json_object_array_get_idx(branches, i);
		json_object *type;

		if (json_object_object_get_ex(branch, "type", &type) &&
			json_object_is_type(type, json_type_string) &&
			strcmp(json_object_get_string(type), "null") == 0)
			*is_nullable = true;
		else if (chosen == NULL)
			chosen = resolve(compile, branch);
	}
	return chosen;
}

static FakeNode *
compile_node(Compile *compile, json_object *json, const char *name)
{
	FakeNode *node = calloc(1, sizeof(FakeNode));
	json_object *items;

	node->name = strdup(name);
	node->kind = FAKE_NODE_STRING;
	json = resolve(compile, json);
	json = choose_branch(compile, json, &node->is_nullable);
	if (!json_object_is_type(json, json_type_object) ||
		++compile->depth > MAX_DEPTH)
	{
		node->kind = FAKE_NODE_NULL;
		return node;
	}
	check_keywords(compile, json);
	compile_type(node, json);
	compile_enum(node, json);
	compile_bounds(node, json);
	if (node->kind == FAKE_NODE_OBJECT)
		compile_object(compile, node, json);
	if (node->kind == FAKE_NODE_ARRAY &&
		json_object_object_get_ex(json, "items", &items))
		add_child(node, compile_node(compile, items, name));
	compile->depth--;
	return node;
}

/*
 * The compiled form of a schema as it stands in a request.  OpenAI is given
 * {name, strict, schema} and checks only strict ones; Anthropic is given the
 * schema alone and always checks it.
 */
const FakeSchema *
fake_schema_find(FakeSlice json, FakeServiceKind dialect)
{
	Compile compile = { NULL, NULL, true, 0 };
	json_object *outer;
	json_object *strict;
	FakeSchema *schema;
	char *source;

	for (schema = schemas; schema != NULL; schema = schema->next)
		if (schema->dialect == dialect && schema->source.len == json.len &&
			memcmp(schema->source.at, json.at, json.len) == 0)
			return schema;
	schema = calloc(1, sizeof(FakeSchema));
	schema->source = fake_slice_copy(json);
	schema->dialect = dialect;
	schema->next = schemas;
	schemas = schema;
	source = (char *) schema->source.at;
	outer = json_tokener_parse(source);
	compile.root = outer;
	compile.schema = schema;
	if (dialect == FAKE_SERVICE_OPENAI)
	{
		compile.is_strict = json_object_object_get_ex(outer, "strict",
													  &strict) &&
			json_object_get_boolean(strict);
		if (!json_object_object_get_ex(outer, "schema", &compile.root))
			compile.root = NULL;
		if (!json_object_object_get_ex(outer, "name", NULL))
			refuse(&compile, "Missing required parameter: 'name'");
	}
	schema->root = compile_node(&compile, compile.root, "");
	if (schema->root->kind != FAKE_NODE_OBJECT)
		refuse(&compile, "schema must be a JSON Schema of 'type: \"object\"'");
	json_object_put(outer);
	return schema;
}

/* Why the vendor would refuse the schema; NULL when it would not. */
const char *
fake_schema_fault(const FakeSchema *schema)
{
	return schema->fault;
}
