/*
 * llm_schema_check.c
 *	  Holds an answer against its schema and puts it in order.
 *
 * A grammar on the far side should make this idle; local servers, capitals of
 * enum members and everything a schema on the wire cannot say (bounds, real
 * dates) make it necessary.  What has one meaning is put right; what has not
 * comes back as a line the model can be told.
 *
 * Whoever writes a schema or an answer decides how much work it is: references
 * that branch double it with each, lists multiply.  So each check has a budget of
 * small steps, in which what is looked through, written and kept is counted; what
 * exceeds it is told like any other problem.
 *
 * Works on trees, pure, in UTF-8; memory is the current context.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "llm/llm_format.h"
#include "llm/llm_schema.h"

/* $ref may lead in a circle without consuming any of the value. */
#define MAX_DEPTH 100

/* Steps of one check: a tenth of a second or so, and some megabytes. */
#define MAX_STEPS INT64CONST(10000000)
#define STEPS_OF_VALUE 16
#define STEPS_OF_PROBLEM 1000

typedef struct Check
{
	int64		steps_left;
	const LlmJson *root;
	const char *path;			/* where in the value we are; "" at its top */
	int			depth;
	const char *problem;
} Check;

static const LlmJson *check_value(Check *c, const LlmJson *schema, const LlmJson *value);

/* Pays for work that is to be done; false when the budget does not hold it. */
static bool
spend(Check *c, int64 steps)
{
	c->steps_left -= Min(steps, MAX_STEPS);
	if (c->steps_left >= 0)
		return true;
	c->problem = "the answer: takes too much work to be held against its schema";
	return false;
}

static const LlmJson *
fail(Check *c, const char *format, const char *what)
{
	StringInfoData out;

	if (!spend(c, STEPS_OF_PROBLEM + strlen(c->path) + strlen(what)))
		return NULL;
	initStringInfo(&out);
	appendStringInfo(&out, "%s: ", c->path[0] ? c->path : "the answer");
	appendStringInfo(&out, format, what);
	c->problem = out.data;
	return NULL;
}

static bool
allows(const LlmJson *schema, const char *type)
{
	const LlmJson *types = llm_json_member(schema, "type");

	if (types == NULL)
		return true;
	if (types->kind == LLM_JSON_STRING)
		return strcmp(types->text, type) == 0;
	for (const LlmJson *item = types->first; item; item = item->next)
		if (item->kind == LLM_JSON_STRING && strcmp(item->text, type) == 0)
			return true;
	return false;
}

static LlmJson *
make_value(LlmJsonKind kind, const char *text)
{
	LlmJson    *value = palloc0(sizeof(LlmJson));

	value->kind = kind;
	value->text = text;
	value->text_bytes = text ? strlen(text) : 0;
	return value;
}

static const LlmJson *
fail_type(Check *c, const LlmJson *schema, const LlmJson *value)
{
	static const char *const kinds[] = {
		"null", "a boolean", "a number", "a string", "an array", "an object"
	};
	const LlmJson *types = llm_json_member(schema, "type");
	StringInfoData wanted;

	initStringInfo(&wanted);
	if (types && types->kind == LLM_JSON_STRING)
		appendStringInfoString(&wanted, types->text);
	else if (types)
		for (const LlmJson *item = types->first; item; item = item->next)
			appendStringInfo(&wanted, "%s%s", item->text ? item->text : "",
							 item->next ? " or " : "");
	appendStringInfo(&wanted, " expected, %s found", kinds[value->kind]);
	return fail(c, "%s", wanted.data);
}

/* Number of a keyword; false when the schema does not have it. */
static bool
bound(const LlmJson *schema, const char *keyword, double *limit)
{
	const LlmJson *json = llm_json_member(schema, keyword);

	if (json == NULL || json->kind != LLM_JSON_NUMBER)
		return false;
	*limit = strtod(json->text, NULL);
	return true;
}

static const char *
bound_text(const LlmJson *schema, const char *keyword)
{
	return llm_json_member(schema, keyword)->text;
}

/* A text without the blanks around it. */
static const char *
trimmed(const char *text)
{
	const char *end;

	text += strspn(text, " \t\r\n");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]))
		end--;
	return pnstrdup(text, end - text);
}

/* "text" is that of a string, without the blanks around it. */
static bool
is_member(const LlmJson *member, const LlmJson *value, const char *text)
{
	if (member->kind == LLM_JSON_STRING && value->kind == LLM_JSON_STRING)
		return pg_strcasecmp(member->text, text) == 0;
	if (member->kind == LLM_JSON_NUMBER &&
		(value->kind == LLM_JSON_NUMBER || value->kind == LLM_JSON_STRING))
	{
		char	   *rest;
		double		number = strtod(value->text, &rest);

		return rest != value->text && *rest == '\0' &&
			number == strtod(member->text, NULL);
	}
	return member->kind == value->kind &&
		(value->kind == LLM_JSON_NULL ||
		 (value->kind == LLM_JSON_BOOLEAN && member->truth == value->truth));
}

/* Whether a string is how a model writes that there is nothing. */
static bool
says_nothing(const LlmJson *value)
{
	const char *text;

	if (value->kind != LLM_JSON_STRING)
		return false;
	text = trimmed(value->text);
	return text[0] == '\0' || pg_strcasecmp(text, "null") == 0;
}

/* Finds the member that is meant; what says nothing is null where null is
 * allowed. */
static const LlmJson *
check_enum(Check *c, const LlmJson *members, const LlmJson *value)
{
	const char *text = value->kind == LLM_JSON_STRING ? trimmed(value->text) : NULL;
	StringInfoData list;

	if (!spend(c, (int64) members->count * STEPS_OF_VALUE))
		return NULL;
	for (const LlmJson *member = members->first; member; member = member->next)
		if (is_member(member, value, text))
			return member;
	for (const LlmJson *member = members->first; member; member = member->next)
		if (member->kind == LLM_JSON_NULL && says_nothing(value))
			return member;

	initStringInfo(&list);
	for (const LlmJson *member = members->first; member; member = member->next)
	{
		if (!spend(c, member->text_bytes))
			return NULL;
		appendStringInfo(&list, "%s%s", member->text ? member->text : "null",
						 member->next ? ", " : "");
	}
	return fail(c, "must be one of: %s", list.data);
}

static const LlmJson *
check_const(Check *c, const LlmJson *wanted, const LlmJson *value)
{
	if (is_member(wanted, value, value->kind == LLM_JSON_STRING ? trimmed(value->text) : NULL))
		return wanted;
	return fail(c, "must be: %s", wanted->text ? wanted->text : "null");
}

static int
character_count(const char *text)
{
	int			count = 0;

	for (; *text; text++)
		if (((unsigned char) *text & 0xC0) != 0x80)
			count++;
	return count;
}

static const LlmJson *
check_string(Check *c, const LlmJson *schema, const LlmJson *value)
{
	const char *format = llm_json_string(llm_json_member(schema, "format"));
	int			length = character_count(value->text);
	double		limit;

	if (format && !llm_format_matches(value->text, format))
		return fail(c, "must have the format %s", format);
	if (bound(schema, "minLength", &limit) && length < limit)
		return fail(c, "must have at least %s characters", bound_text(schema, "minLength"));
	if (bound(schema, "maxLength", &limit) && length > limit)
		return fail(c, "must have at most %s characters", bound_text(schema, "maxLength"));
	return value;
}

/* A number that both double and numeric can hold without pain. */
static bool
is_sane_number(const LlmJson *value, double *number)
{
	char	   *rest;

	if (value->text_bytes == 0 || value->text_bytes > 60 ||
		strspn(value->text, "0123456789+-.eE") != value->text_bytes)
		return false;
	*number = strtod(value->text, &rest);
	return *rest == '\0' && isfinite(*number) && fabs(*number) < 1e100 &&
		(*number == 0 || fabs(*number) > 1e-100);
}

/* Checks a number, or a text that is one, and writes integers without a
 * fraction. */
static const LlmJson *
check_number(Check *c, const LlmJson *schema, const LlmJson *value)
{
	bool		whole = !allows(schema, "number");
	double		number;
	double		limit;

	if (!is_sane_number(value, &number))
		return fail(c, "%s", "must be a number of ordinary size");
	if (bound(schema, "minimum", &limit) && number < limit)
		return fail(c, "must not be less than %s", bound_text(schema, "minimum"));
	if (bound(schema, "maximum", &limit) && number > limit)
		return fail(c, "must not be more than %s", bound_text(schema, "maximum"));
	if (bound(schema, "exclusiveMinimum", &limit) && number <= limit)
		return fail(c, "must be more than %s", bound_text(schema, "exclusiveMinimum"));
	if (bound(schema, "exclusiveMaximum", &limit) && number >= limit)
		return fail(c, "must be less than %s", bound_text(schema, "exclusiveMaximum"));
	if (whole && (floor(number) != number || fabs(number) > 9e15))
		return fail(c, "%s", "must be an integer");
	if (whole)
		return make_value(LLM_JSON_NUMBER, psprintf(INT64_FORMAT, (int64) number));
	return make_value(LLM_JSON_NUMBER, value->text);
}

/* A string where none is wanted may still have one meaning. */
static const LlmJson *
check_quoted(Check *c, const LlmJson *schema, const LlmJson *value)
{
	LlmJson    *meant;
	double		number;
	const char *text = trimmed(value->text);

	if (allows(schema, "null") && says_nothing(value))
		return make_value(LLM_JSON_NULL, NULL);
	meant = make_value(LLM_JSON_NUMBER, text);
	if ((allows(schema, "number") || allows(schema, "integer")) &&
		is_sane_number(meant, &number))
		return check_number(c, schema, meant);
	meant->kind = LLM_JSON_BOOLEAN;
	meant->truth = pg_strcasecmp(text, "true") == 0;
	if (allows(schema, "boolean") &&
		(meant->truth || pg_strcasecmp(text, "false") == 0))
		return meant;
	return fail_type(c, schema, value);
}

static const LlmJson *
check_text(Check *c, const LlmJson *schema, const LlmJson *value)
{
	const LlmJson *checked;

	if (!allows(schema, "string"))
		return check_quoted(c, schema, value);
	if (llm_json_member(schema, "type") && allows(schema, "null") &&
		pg_strcasecmp(trimmed(value->text), "null") == 0)
		return make_value(LLM_JSON_NULL, NULL);
	checked = check_string(c, schema, value);
	if (checked == NULL && allows(schema, "null") && says_nothing(value))
		return make_value(LLM_JSON_NULL, NULL);
	return checked;
}

static const LlmJson *
check_at(Check *c, const char *path, const LlmJson *schema, const LlmJson *value)
{
	const char *outer = c->path;
	const LlmJson *checked;

	if (!spend(c, strlen(path)))
		return NULL;
	c->path = path;
	checked = check_value(c, schema, value);
	c->path = outer;
	return checked;
}

/* Appends a copy of a checked value to a list of children. */
static LlmJson *
append_child(LlmJson *parent, LlmJson *last, const LlmJson *checked)
{
	LlmJson    *child = palloc(sizeof(LlmJson));

	*child = *checked;
	child->key = NULL;
	child->next = NULL;
	if (last)
		last->next = child;
	else
		parent->first = child;
	parent->count++;
	return child;
}

/* Checks every element; the path names the one that is wrong. */
static const LlmJson *
check_array(Check *c, const LlmJson *schema, const LlmJson *value)
{
	const LlmJson *items = llm_json_member(schema, "items");
	LlmJson    *result = make_value(LLM_JSON_ARRAY, NULL);
	LlmJson    *last = NULL;
	double		limit;

	if (bound(schema, "minItems", &limit) && value->count < limit)
		return fail(c, "must have at least %s elements", bound_text(schema, "minItems"));
	if (bound(schema, "maxItems", &limit) && value->count > limit)
		return fail(c, "must have at most %s elements", bound_text(schema, "maxItems"));
	for (const LlmJson *item = value->first; item; item = item->next)
	{
		const LlmJson *checked = item;

		if (items)
			checked = check_at(c, psprintf("%s[%d]", c->path, result->count), items, item);
		if (checked == NULL)
			return NULL;
		last = append_child(result, last, checked);
	}
	return result;
}

static bool
is_required(const LlmJson *schema, const char *name)
{
	const LlmJson *required = llm_json_member(schema, "required");

	for (const LlmJson *item = required ? required->first : NULL; item; item = item->next)
		if (item->kind == LLM_JSON_STRING && strcmp(item->text, name) == 0)
			return true;
	return false;
}

/* Stands for a property that is rightly absent. */
static const LlmJson left_out;

static const LlmJson *
check_property(Check *c, const LlmJson *schema, const LlmJson *property,
			   const LlmJson *value)
{
	LlmJson		nothing = {.kind = LLM_JSON_NULL};
	const char *path = c->path[0] ? psprintf("%s.%s", c->path, property->key) : property->key;
	bool		required = is_required(schema, property->key);
	const LlmJson *checked;

	if (!required && (value == NULL || value->kind == LLM_JSON_NULL))
		return &left_out;
	if (value)
		return check_at(c, path, property, value);
	checked = check_at(c, path, property, &nothing);
	if (checked)
		return make_value(LLM_JSON_NULL, NULL);
	if (spend(c, STEPS_OF_PROBLEM + strlen(path)))
		c->problem = psprintf("%s: is missing", path);
	return NULL;
}

static int
count_of(const LlmJson *list)
{
	return list ? list->count : 0;
}

/* Checks the properties of the schema in its order and drops members it does
 * not name. */
static const LlmJson *
check_object(Check *c, const LlmJson *schema, const LlmJson *value)
{
	const LlmJson *properties = llm_json_member(schema, "properties");
	LlmJson    *result = make_value(LLM_JSON_OBJECT, NULL);
	LlmJson    *last = NULL;

	if (properties == NULL || properties->kind != LLM_JSON_OBJECT)
		return value;
	/* each is looked for among the members, and among those that are required */
	if (!spend(c,
			   (int64) properties->count *
				   (value->count + count_of(llm_json_member(schema, "required")))))
		return NULL;
	for (const LlmJson *property = properties->first; property; property = property->next)
	{
		const LlmJson *checked = check_property(c, schema, property,
												llm_json_member(value, property->key));

		if (checked == &left_out)
			continue;
		if (checked == NULL)
			return NULL;
		last = append_child(result, last, checked);
		last->key = property->key;
		last->key_bytes = property->key_bytes;
	}
	return result;
}

/* The first alternative that fits; else the trouble with the likeliest one,
 * that is the first that is not the null beside it. */
static const LlmJson *
check_alternatives(Check *c, const LlmJson *options, const LlmJson *value)
{
	const char *problem = NULL;

	for (const LlmJson *option = options->first; option; option = option->next)
	{
		const LlmJson *checked = check_value(c, option, value);

		if (checked)
			return checked;
		if (problem == NULL)
			problem = c->problem;
	}
	c->problem = problem;
	return NULL;
}

/* Follows "$ref" to a definition of the root. */
static const LlmJson *
resolve(const Check *c, const LlmJson *schema)
{
	const char *ref = llm_json_string(llm_json_member(schema, "$ref"));
	const LlmJson *found = NULL;

	if (ref == NULL)
		return schema;
	if (strcmp(ref, "#") == 0)
		return c->root;
	if (strncmp(ref, "#/$defs/", 8) == 0)
		found = llm_json_member(llm_json_member(c->root, "$defs"), ref + 8);
	else if (strncmp(ref, "#/definitions/", 14) == 0)
		found = llm_json_member(llm_json_member(c->root, "definitions"), ref + 14);
	return found;
}

/* Checks a value by what it is; models write numbers and lists in more ways
 * than the schema says. */
static const LlmJson *
check_kind(Check *c, const LlmJson *schema, const LlmJson *value)
{
	switch (value->kind)
	{
		case LLM_JSON_NULL:
			return allows(schema, "null") ? value : fail_type(c, schema, value);
		case LLM_JSON_BOOLEAN:
			return allows(schema, "boolean") ? value : fail_type(c, schema, value);
		case LLM_JSON_NUMBER:
			if (allows(schema, "number") || allows(schema, "integer"))
				return check_number(c, schema, value);
			return fail_type(c, schema, value);
		case LLM_JSON_STRING:
			return check_text(c, schema, value);
		case LLM_JSON_ARRAY:
			if (allows(schema, "array"))
				return check_array(c, schema, value);
			/* one object was asked for, a list of one came */
			if (value->count == 1 && allows(schema, "object"))
				return check_value(c, schema, value->first);
			return fail_type(c, schema, value);
		case LLM_JSON_OBJECT:
			if (allows(schema, "object"))
				return check_object(c, schema, value);
			return fail_type(c, schema, value);
	}
	return NULL;
}

/* What it takes to look at one value: its text, the keywords of its schema, and
 * the definitions that a reference was looked for among. */
static int64
steps_of(const Check *c, const LlmJson *schema, const LlmJson *found, const LlmJson *value)
{
	int64		keywords = 1 + (int64) count_of(schema) + count_of(found) +
		count_of(llm_json_member(found, "type"));
	int64		definitions = found == schema ? 0 :
		(int64) count_of(llm_json_member(c->root, "$defs")) +
		count_of(llm_json_member(c->root, "definitions"));

	return STEPS_OF_VALUE * keywords + definitions + value->text_bytes;
}

/* Checks a value at any depth. Every step is paid for, because schema and
 * answer may both be strangers'. */
static const LlmJson *
check_value(Check *c, const LlmJson *schema, const LlmJson *value)
{
	const LlmJson *found;
	const LlmJson *checked;
	const LlmJson *options;

	if (c->depth >= MAX_DEPTH)
		return fail(c, "%s", "nests too deeply");
	found = resolve(c, schema);
	if (!spend(c, steps_of(c, schema, found, value)))
		return NULL;
	schema = found;
	c->depth++;
	options = llm_json_member(schema, "anyOf");
	if (schema == NULL || schema->kind != LLM_JSON_OBJECT)
		checked = value;
	else if (options)
		checked = check_alternatives(c, options, value);
	else if (llm_json_member(schema, "const"))
		checked = check_const(c, llm_json_member(schema, "const"), value);
	else if (llm_json_member(schema, "enum"))
		checked = check_enum(c, llm_json_member(schema, "enum"), value);
	else
		checked = check_kind(c, schema, value);
	c->depth--;
	return checked;
}

const LlmJson *
llm_schema_check(const LlmJson *schema, const LlmJson *value, const char **problem)
{
	Check		c = {.root = schema, .path = "", .steps_left = MAX_STEPS};
	const LlmJson *checked = check_value(&c, schema, value);

	*problem = c.problem;
	return checked;
}
