/*
 * llm_json.c
 *	  JSON that strangers wrote, as a tree.
 *
 * For what walks a text more than once and in any order: schemas, and answers
 * that are held against them.  base_span.h reads; strings are decoded and cleaned
 * once, for everything behind relies on that.  Trees are in the current memory
 * context, and what is wrong comes back as a value.
 *
 * Runs in workers and in sessions (previews).  Touches no database.
 */
#include "postgres.h"

#include <limits.h>

#include "base/base_span.h"
#include "llm/llm_json.h"

#define MAX_VALUES	200000

typedef struct Builder
{
	int			values;			/* made so far */
	bool		is_full;		/* there would be too many */
} Builder;

static LlmJson *build(Builder *b, const BaseSpan *span, const char **after);

/* Hangs what is in an object or array below it; finds the place behind it. */
static void
build_children(Builder *b, LlmJson *parent, const BaseSpan *span, const char **after)
{
	LlmJson   **tail = &parent->first;
	const char *cursor = NULL;
	BaseSpan	key;
	BaseSpan	inner;

	while (!b->is_full && base_span_step(span, &cursor, &key, &inner))
	{
		LlmJson    *child = build(b, &inner, &cursor);

		if (parent->kind == LLM_JSON_OBJECT)
		{
			child->key = base_span_text(&key);
			child->key_bytes = strlen(child->key);
		}
		*tail = child;
		tail = &child->next;
		parent->count++;
	}
	*after = cursor;
}

/* *after moves behind an object or array, whose end the span does not tell. */
static LlmJson *
build(Builder *b, const BaseSpan *span, const char **after)
{
	LlmJson    *value = palloc0(sizeof(LlmJson));

	b->is_full = ++b->values > MAX_VALUES;
	switch (span->kind)
	{
		case '{':
		case '[':
			value->kind = span->kind == '{' ? LLM_JSON_OBJECT : LLM_JSON_ARRAY;
			build_children(b, value, span, after);
			return value;
		case 's':
			value->kind = LLM_JSON_STRING;
			value->text = base_span_text(span);
			break;
		case 'd':
			value->kind = LLM_JSON_NUMBER;
			value->text = pnstrdup(span->start, span->bytes);
			break;
		case 'n':
			value->kind = LLM_JSON_NULL;
			return value;
		default:
			value->kind = LLM_JSON_BOOLEAN;
			value->truth = span->kind == 't';
			return value;
	}
	value->text_bytes = strlen(value->text);
	return value;
}

const LlmJson *
llm_json_parse(const char *text, size_t bytes, const char **problem)
{
	Builder		b = {0};
	LlmJson    *value;
	BaseSpan	span;
	const char *after;

	*problem = bytes > INT_MAX ? "text is too long" :
		base_span_parse_bytes(text, (int) bytes, BASE_SPAN_PLAIN, &span);
	if (*problem)
		return NULL;
	value = build(&b, &span, &after);
	if (!b.is_full)
		return value;
	*problem = "too many values";
	return NULL;
}

const LlmJson *
llm_json_member(const LlmJson *json, const char *key)
{
	size_t		bytes = strlen(key);
	const LlmJson *found = NULL;

	if (json == NULL || json->kind != LLM_JSON_OBJECT)
		return NULL;
	for (const LlmJson *child = json->first; child; child = child->next)
		if (child->key_bytes == bytes && memcmp(child->key, key, bytes) == 0)
			found = child;
	return found;
}

const char *
llm_json_string(const LlmJson *json)
{
	return json && json->kind == LLM_JSON_STRING ? json->text : NULL;
}

const char *
llm_json_scalar(const LlmJson *json)
{
	if (json && (json->kind == LLM_JSON_STRING || json->kind == LLM_JSON_NUMBER) &&
		json->text_bytes > 0)
		return json->text;
	return NULL;
}

int
llm_json_count(const LlmJson *json)
{
	double		value;

	if (json == NULL || json->kind != LLM_JSON_NUMBER)
		return 0;
	value = strtod(json->text, NULL);
	if (!(value > 0))
		return 0;
	return value > INT_MAX ? INT_MAX : (int) value;
}

bool
llm_json_is_present(const LlmJson *json)
{
	if (json == NULL || json->kind == LLM_JSON_NULL)
		return false;
	if (json->kind == LLM_JSON_STRING)
		return json->text_bytes > 0;
	if (json->kind == LLM_JSON_ARRAY || json->kind == LLM_JSON_OBJECT)
		return json->count > 0;
	return true;
}
