/*
 * fake_faults.c
 *		The rules by which the stand-ins misbehave.
 *
 * A rule is {"match": {…}, "action": {…}}.  The first rule that matches a
 * request and whose turn it is decides.  Names a rule does not know are
 * refused, since a typing error in a test must not look like good behaviour.
 * Actions live until the rules are replaced; an exchange uses its action only
 * while it is being answered.
 */
#include "fake_faults.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct Rule
{
	int service;				/* -1 matches all */
	char *method;
	char *path;					/* prefix */
	char *path_contains;
	char *contains;				/* within the body */
	int64_t every;				/* every nth match */
	int64_t skip;				/* so many matches first pass unharmed */
	int64_t times;				/* at most so often; 0 is without limit */
	double probability;
	uint64_t random;
	int64_t seen;
	int64_t fired;
	FakeAction action;
} Rule;

static const char *const fault_names[FAKE_FAULT_COUNT] = {
	[FAKE_FAULT_ANSWER_TWICE] = "answer_twice",
	[FAKE_FAULT_APPLY_THEN_CLOSE] = "apply_then_close",
	[FAKE_FAULT_BAD_ENUM] = "bad_enum",
	[FAKE_FAULT_CHUNKED] = "chunked",
	[FAKE_FAULT_CONTENT_FILTER] = "content_filter",
	[FAKE_FAULT_DUPLICATE] = "duplicate",
	[FAKE_FAULT_DUPLICATE_KEYS] = "duplicate_keys",
	[FAKE_FAULT_EMPTY_CHOICES] = "empty_choices",
	[FAKE_FAULT_EMPTY_CONTENT] = "empty_content",
	[FAKE_FAULT_ERROR_CODE_INTEGER] = "error_code_integer",
	[FAKE_FAULT_ERROR_STRING] = "error_string",
	[FAKE_FAULT_FENCED_JSON] = "fenced_json",
	[FAKE_FAULT_GARBAGE] = "garbage",
	[FAKE_FAULT_HTML] = "html",
	[FAKE_FAULT_LONE_SURROGATE] = "lone_surrogate",
	[FAKE_FAULT_MISSING_USAGE] = "missing_usage",
	[FAKE_FAULT_NUL_IN_CONTENT] = "nul_in_content",
	[FAKE_FAULT_NULL_FINISH_REASON] = "null_finish_reason",
	[FAKE_FAULT_NUMBER_AS_STRING] = "number_as_string",
	[FAKE_FAULT_PROSE_AROUND] = "prose_around",
	[FAKE_FAULT_REFUSAL] = "refusal",
	[FAKE_FAULT_THINKING_FIRST] = "thinking_first",
	[FAKE_FAULT_TRUNCATED] = "truncated",
	[FAKE_FAULT_UNKNOWN_KEYS] = "unknown_keys",
};

static Rule *rules = NULL;
static size_t rule_count = 0;

static char *
text_of(json_object *value)
{
	return strdup(json_object_is_type(value, json_type_string) ?
				  json_object_get_string(value) :
				  json_object_to_json_string_ext(value,
												 JSON_C_TO_STRING_PLAIN));
}

static void
add_header(FakeAction *action, const char *name, const char *value)
{
	FakeText lines = { 0 };

	if (action->headers != NULL)
		fake_text_puts(&lines, action->headers);
	fake_text_printf(&lines, "%s: %s\r\n", name, value);
	free(action->headers);
	action->headers = lines.at;
}

/* Endings: true for the plain one, "half" to end in the body's middle. */
static FakeEnding
ending_of(json_object *value, FakeEnding plain, FakeEnding half)
{
	if (json_object_is_type(value, json_type_string))
		return strcmp(json_object_get_string(value), "half") == 0 ? half :
			plain;
	return json_object_get_boolean(value) ? plain : FAKE_ENDING_KEEP;
}

static bool
load_fault(FakeAction *action, const char *name, json_object *value)
{
	for (int i = 0; i < FAKE_FAULT_COUNT; i++)
		if (strcmp(fault_names[i], name) == 0)
		{
			if (json_object_get_boolean(value))
				action->faults |= (uint64_t) 1 << i;
			return true;
		}
	return false;
}

static bool
load_text_member(FakeAction *action, const char *name, json_object *value)
{
	char **place = NULL;

	if (strcmp(name, "body") == 0)
		place = &action->body;
	else if (strcmp(name, "content") == 0)
		place = &action->content;
	else if (strcmp(name, "error_code") == 0)
		place = &action->error_code;
	else if (strcmp(name, "finish_reason") == 0)
		place = &action->finish_reason;
	else if (strcmp(name, "tool_calls") == 0)
		place = &action->tool_calls;
	if (place == NULL)
		return false;
	free(*place);
	*place = text_of(value);
	return true;
}

static bool
load_ending(FakeAction *action, const char *name, json_object *value)
{
	json_object *member;

	if (strcmp(name, "half_body") == 0)
		action->ending = ending_of(value, FAKE_ENDING_HALF, FAKE_ENDING_HALF);
	else if (strcmp(name, "reset") == 0)
		action->ending = ending_of(value, FAKE_ENDING_RESET,
								   FAKE_ENDING_HALF_RESET);
	else if (strcmp(name, "stall") == 0)
		action->ending = ending_of(value, FAKE_ENDING_STALL,
								   FAKE_ENDING_HALF_STALL);
	else if (strcmp(name, "close") == 0)
		action->ending = ending_of(value, FAKE_ENDING_NOTHING,
								   FAKE_ENDING_HALF);
	else if (strcmp(name, "slow_drip") == 0)
	{
		action->drip_bytes = 1;
		action->drip_ms = 10;
		if (json_object_object_get_ex(value, "bytes", &member))
			action->drip_bytes = json_object_get_int(member);
		if (json_object_object_get_ex(value, "ms", &member))
			action->drip_ms = json_object_get_int(member);
	}
	else
		return false;
	return true;
}

static bool
load_action_member(FakeAction *action, const char *name, json_object *value)
{
	json_object *member;

	if (strcmp(name, "delay_ms") == 0)
		action->delay_ms = json_object_get_int64(value);
	else if (strcmp(name, "status") == 0)
		action->status = json_object_get_int(value);
	else if (strcmp(name, "apply_late_ms") == 0)
		action->apply_late_ms = json_object_get_int64(value);
	else if (strcmp(name, "retry_after") == 0)
		add_header(action, "Retry-After", json_object_get_string(value));
	else if (strcmp(name, "huge") == 0)
	{
		if (json_object_object_get_ex(value, "bytes", &member))
			action->huge_bytes = json_object_get_int64(member);
	}
	else if (strcmp(name, "headers") == 0)
	{
		json_object_object_foreach(value, header, text)
			add_header(action, header, json_object_get_string(text));
	}
	else
		return load_text_member(action, name, value) ||
			load_ending(action, name, value) ||
			load_fault(action, name, value);
	return true;
}

static bool
load_match_member(Rule *rule, const char *name, json_object *value)
{
	if (strcmp(name, "service") == 0)
	{
		rule->service = FAKE_SERVICE_COUNT;
		for (int i = 0; i < FAKE_SERVICE_COUNT; i++)
			if (strcmp(fake_service_names[i],
					   json_object_get_string(value)) == 0)
				rule->service = i;
		return rule->service < FAKE_SERVICE_COUNT;
	}
	if (strcmp(name, "method") == 0)
		rule->method = text_of(value);
	else if (strcmp(name, "path") == 0)
		rule->path = text_of(value);
	else if (strcmp(name, "path_contains") == 0)
		rule->path_contains = text_of(value);
	else if (strcmp(name, "contains") == 0)
		rule->contains = text_of(value);
	else if (strcmp(name, "every") == 0)
		rule->every = json_object_get_int64(value);
	else if (strcmp(name, "skip") == 0)
		rule->skip = json_object_get_int64(value);
	else if (strcmp(name, "times") == 0)
		rule->times = json_object_get_int64(value);
	else if (strcmp(name, "probability") == 0)
		rule->probability = json_object_get_double(value);
	else if (strcmp(name, "seed") == 0)
		rule->random = (uint64_t) json_object_get_int64(value) *
			UINT64_C(0x9e3779b97f4a7c15) + 1;
	else
		return false;
	return true;
}

static bool
load_rule(Rule *rule, json_object *json, FakeText *error)
{
	json_object *part;

	*rule = (Rule) { .service = -1, .probability = 1, .random = 88172645463325252 };
	if (!json_object_is_type(json, json_type_object))
	{
		fake_text_puts(error, "a rule is an object with match and action");
		return false;
	}
	if (json_object_object_get_ex(json, "match", &part))
	{
		json_object_object_foreach(part, name, value)
			if (!load_match_member(rule, name, value))
			{
				fake_text_printf(error, "unknown in match: %s", name);
				return false;
			}
	}
	if (json_object_object_get_ex(json, "action", &part))
	{
		json_object_object_foreach(part, name, value)
			if (!load_action_member(&rule->action, name, value))
			{
				fake_text_printf(error, "unknown in action: %s", name);
				return false;
			}
	}
	return true;
}

/* Replaces or extends the rules by a JSON array of them, or by a single one. */
bool
fake_faults_load(FakeSlice json, bool is_adding, FakeText *error)
{
	json_tokener *tokener = json_tokener_new();
	json_object *root = json_tokener_parse_ex(tokener, json.at, (int) json.len);
	json_object *list = root;
	bool good = json_tokener_get_error(tokener) == json_tokener_success;
	size_t count;

	json_tokener_free(tokener);
	if (!good)
		fake_text_puts(error, "the rules are not JSON");
	if (!is_adding)
		fake_faults_clear();
	if (json_object_is_type(root, json_type_object) &&
		json_object_object_get_ex(root, "rules", &list) == 0)
		list = root;
	count = json_object_is_type(list, json_type_array) ?
		json_object_array_length(list) : 1;
	for (size_t i = 0; good && i < count; i++)
	{
		rules = realloc(rules, (rule_count + 1) * sizeof(Rule));
		if (rules == NULL)
			abort();
		good = load_rule(&rules[rule_count],
						 json_object_is_type(list, json_type_array) ?
						 json_object_array_get_idx(list, i) : list, error);
		rule_count++;
	}
	if (!good)
		fake_faults_clear();
	json_object_put(root);
	return good;
}

void
fake_faults_clear(void)
{
	for (size_t i = 0; i < rule_count; i++)
	{
		Rule *rule = &rules[i];

		free(rule->method);
		free(rule->path);
		free(rule->path_contains);
		free(rule->contains);
		free(rule->action.headers);
		free(rule->action.body);
		free(rule->action.content);
		free(rule->action.error_code);
		free(rule->action.finish_reason);
		free(rule->action.tool_calls);
	}
	free(rules);
	rules = NULL;
	rule_count = 0;
}

static double
next_random(Rule *rule)
{
	rule->random ^= rule->random << 13;
	rule->random ^= rule->random >> 7;
	rule->random ^= rule->random << 17;
	return (double) (rule->random >> 11) / 9007199254740992.0;
}

static bool
is_match(const Rule *rule, FakeServiceKind service, const FakeRequest *request)
{
	return (rule->service < 0 || rule->service == (int) service) &&
		(rule->method == NULL || fake_slice_is(request->method, rule->method)) &&
		(rule->path == NULL || fake_slice_starts(request->path, rule->path)) &&
		(rule->path_contains == NULL ||
		 fake_slice_has(request->path, rule->path_contains)) &&
		(rule->contains == NULL ||
		 fake_slice_has(request->body, rule->contains));
}

/* Whether it is this rule's turn, now that it matches once more. */
static bool
is_due(Rule *rule)
{
	int64_t turn = ++rule->seen - rule->skip;

	if (turn <= 0 || (rule->times > 0 && rule->fired >= rule->times))
		return false;
	if (rule->every > 1 && turn % rule->every != 0)
		return false;
	if (rule->probability < 1 && next_random(rule) >= rule->probability)
		return false;
	rule->fired++;
	return true;
}

/* What shall go wrong with this request; an empty action when nothing. */
const FakeAction *
fake_faults_match(FakeServiceKind service, const FakeRequest *request)
{
	static const FakeAction nothing = { 0 };

	for (size_t i = 0; i < rule_count; i++)
		if (is_match(&rules[i], service, request) && is_due(&rules[i]))
			return &rules[i].action;
	return &nothing;
}

/* How often each rule matched and fired, in their order. */
void
fake_faults_render(FakeText *out)
{
	fake_text_puts(out, "{\"rules\":[");
	for (size_t i = 0; i < rule_count; i++)
		fake_text_printf(out, "%s{\"seen\":%lld,\"fired\":%lld}", i ? "," : "",
						 (long long) rules[i].seen, (long long) rules[i].fired);
	fake_text_puts(out, "]}");
}
