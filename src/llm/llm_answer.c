/*
 * llm_answer.c
 *	  From the text a model wrote to what the agent was asked for.
 *
 * What a model thought aloud (llm_thought.c) is no part of any answer.  Salvage
 * of fences and prose is for servers that give no promise about the form; where
 * a grammar was agreed on, anything but the bare object is wrong.  A truncated answer never gets here.  What leaves here
 * was rebuilt from the parsed tree: no duplicate keys, no unknown members.
 *
 * Pure; memory is the current context.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "llm/llm_adapter.h"
#include "llm/llm_answer.h"
#include "llm/llm_failure.h"
#include "llm/llm_schema.h"
#include "llm/llm_thought.h"
#include "llm/llm_wire.h"

static char *
trim(const char *text)
{
	size_t		bytes;

	text += strspn(text, " \t\r\n");
	bytes = strlen(text);
	while (bytes > 0 && strchr(" \t\r\n", text[bytes - 1]))
		bytes--;
	return pnstrdup(text, bytes);
}

/* From the first brace to the one that closes it; NULL when there is none. */
static const char *
find_object(const char *text)
{
	const char *start = strchr(text, '{');
	bool		in_string = false;
	int			depth = 0;

	for (const char *p = start; p && *p; p++)
	{
		if (in_string && *p == '\\' && p[1])
			p++;
		else if (*p == '"')
			in_string = !in_string;
		else if (!in_string && *p == '{')
			depth++;
		else if (!in_string && *p == '}' && --depth == 0)
			return pnstrdup(start, p - start + 1);
	}
	return NULL;
}

/* The tree of a text; thoughts around it are no part of it, prose and fences are
 * none where no grammar was agreed on. */
static const LlmJson *
parse_object(const LlmAgent *agent, const char *text, const char **problem)
{
	const LlmJson *json = llm_json_parse(text, strlen(text), problem);
	const char *found;
	const char *no_problem;

	if (json != NULL || !llm_thought_remove(text, &found))
		return json;
	json = llm_json_parse(found, strlen(found), &no_problem);
	if (json != NULL || !llm_adapter_tells_schema(agent))
		return json;
	found = find_object(found);
	return found ? llm_json_parse(found, strlen(found), &no_problem) : NULL;
}

/* Takes thoughts out of every string of a tree, for a grammar leaves a model no
 * other place to think in; false when one cannot be told from what is said. */
static bool
remove_thoughts(LlmJson *json)
{
	const char *spoken;

	for (LlmJson *child = json->first; child; child = child->next)
		if (!remove_thoughts(child))
			return false;
	if (json->kind != LLM_JSON_STRING)
		return true;
	if (!llm_thought_remove(json->text, &spoken))
		return false;
	if (spoken != json->text)
	{
		json->text = spoken;
		json->text_bytes = strlen(spoken);
	}
	return true;
}

/* Numbers here passed the check but for those in open places of a schema. */
static void
set_number(JsonbValue *jsonb, const char *text)
{
	int			bytes = strlen(text);

	if (bytes <= 17 && strspn(text, "-0123456789") == bytes)
	{
		jsonb->type = jbvNumeric;
		jsonb->val.numeric = int64_to_numeric(strtoll(text, NULL, 10));
	}
	else if (bytes <= 60 && fabs(strtod(text, NULL)) < 1e100)
	{
		jsonb->type = jbvNumeric;
		jsonb->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in,
																 CStringGetDatum(text),
																 ObjectIdGetDatum(InvalidOid),
																 Int32GetDatum(-1)));
	}
	else
	{
		jsonb->type = jbvString;
		jsonb->val.string.val = pstrdup(text);
		jsonb->val.string.len = bytes;
	}
}

static void
set_string(JsonbValue *jsonb, const char *utf8, int bytes)
{
	const char *text = llm_wire_to_server(utf8, bytes);

	jsonb->type = jbvString;
	jsonb->val.string.val = unconstify(char *, text);
	jsonb->val.string.len = text == utf8 ? bytes : strlen(text);
}

static JsonbValue *push_value(JsonbParseState **state, const LlmJson *json,
							  JsonbIteratorToken place);

static JsonbValue *
push_children(JsonbParseState **state, const LlmJson *json)
{
	bool		object = json->kind == LLM_JSON_OBJECT;

	pushJsonbValue(state, object ? WJB_BEGIN_OBJECT : WJB_BEGIN_ARRAY, NULL);
	for (const LlmJson *child = json->first; child; child = child->next)
	{
		if (object)
		{
			JsonbValue	key;

			set_string(&key, child->key, child->key_bytes);
			pushJsonbValue(state, WJB_KEY, &key);
		}
		push_value(state, child, object ? WJB_VALUE : WJB_ELEM);
	}
	return pushJsonbValue(state, object ? WJB_END_OBJECT : WJB_END_ARRAY, NULL);
}

static JsonbValue *
push_value(JsonbParseState **state, const LlmJson *json, JsonbIteratorToken place)
{
	JsonbValue	value;

	if (json->kind >= LLM_JSON_ARRAY)
		return push_children(state, json);
	value.type = jbvNull;
	if (json->kind == LLM_JSON_BOOLEAN)
	{
		value.type = jbvBool;
		value.val.boolean = json->truth;
	}
	else if (json->kind == LLM_JSON_NUMBER)
		set_number(&value, json->text);
	else if (json->kind == LLM_JSON_STRING)
		set_string(&value, json->text, json->text_bytes);
	return pushJsonbValue(state, place, &value);
}

Jsonb *
llm_answer_jsonb(const LlmJson *json)
{
	JsonbParseState *state = NULL;

	return JsonbValueToJsonb(push_value(&state, json, WJB_VALUE));
}

static void
set_unclear(LlmResult *result)
{
	llm_failure_set(result, LLM_INVALID, "thoughts",
					"the answer holds marks of thoughts, so that it cannot be told what is said and what is thought");
}

/* Judges an answer that has to be an object: JSON first, then the schema,
 * which also puts its values in order. */
static void
judge_object(const LlmAgent *agent, const char *text, LlmResult *result)
{
	const char *problem = NULL;
	const LlmJson *json = parse_object(agent, text, &problem);

	if (json == NULL)
	{
		llm_failure_set(result, LLM_INVALID, "json",
						psprintf("the answer is not JSON: %s", problem ? problem : "no object found"));
		return;
	}
	if (!remove_thoughts(unconstify(LlmJson *, json)))
	{
		set_unclear(result);
		return;
	}
	json = llm_schema_check(agent->shape, json, &problem);
	if (json == NULL)
	{
		llm_failure_set(result, LLM_INVALID, "schema", problem);
		return;
	}
	result->object = llm_answer_jsonb(json);
	result->verdict = LLM_ANSWERED;
}

void
llm_answer_judge(const LlmAgent *agent, const char *text, LlmResult *result)
{
	const char *answer;
	bool		is_clear = llm_thought_remove(text, &answer);

	answer = is_clear ? trim(answer) : "";
	if (agent->shape)
		judge_object(agent, text, result);
	else if (!is_clear)
		set_unclear(result);
	else if (answer[0] == '\0')
		llm_failure_set(result, LLM_INVALID, "empty", "the answer is empty");
	else
		result->verdict = LLM_ANSWERED;
	result->text = llm_wire_to_server(answer, strlen(answer));
}
