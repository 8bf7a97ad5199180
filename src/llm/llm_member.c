/*
 * llm_member.c
 *	  The members of a request that a server may not know.
 *
 * Compatible servers refuse what their vendor has added since.  What they refuse
 * is left out, or said otherwise: never the limit of an answer, and never the
 * schema, which is told in the system text where it cannot be a grammar.
 *
 * Pure; memory is the current context.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "llm/llm_adapter.h"
#include "llm/llm_member.h"

static const struct
{
	const char *word;			/* as errors and settings name it */
	unsigned	member;
	bool		is_setting;		/* may stand in settings' "omit" */
}			words[] = {
	{"store", LLM_MEMBER_STORE, true},
	{"reasoning_effort", LLM_MEMBER_EFFORT, true},
	{"effort", LLM_MEMBER_EFFORT, true},
	{"cache_control", LLM_MEMBER_CACHE, true},
	{"response_format", LLM_MEMBER_FORMAT, true},
	{"json_schema", LLM_MEMBER_FORMAT, false},
	{"output_config", LLM_MEMBER_FORMAT | LLM_MEMBER_EFFORT, true},
	{"strict", LLM_MEMBER_STRICT, true},
	{"developer", LLM_MEMBER_ROLE, false},
	{"message role", LLM_MEMBER_ROLE, false},
	{"messages.0.role", LLM_MEMBER_ROLE, false},
	{"messages[0].role", LLM_MEMBER_ROLE, false},
};

/* What an error says of a member that the server does not know, in small letters. */
static const char *const refusals[] = {
	"unsupported", "not support", "n't support", "unknown", "unrecognized", "unrecognised",
	"unexpected", "not permitted", "not allowed", "n't allowed", "extra_forbidden", "extra input",
	"extra field", "cannot find field", "not recognized", "not accepted", "not available",
	"unavailable", "input should be", "additional properties", "invalid field", "invalid parameter", "must be one of",
	"unmarshal",
};

unsigned
llm_member_find(const char *word)
{
	for (int i = 0; i < lengthof(words); i++)
		if (words[i].is_setting && strcmp(words[i].word, word) == 0)
			return words[i].member;
	return 0;
}

static bool
is_part_of_word(char c)
{
	return isalnum((unsigned char) c) || c == '_';
}

/* Where a text names a member, as a word of its own; NULL when it does not. */
static const char *
find_word(const char *text, const char *word)
{
	size_t		bytes = strlen(word);

	for (const char *p = strstr(text, word); p != NULL; p = strstr(p + 1, word))
		if ((p == text || !is_part_of_word(p[-1])) && !is_part_of_word(p[bytes]))
			return p;
	return NULL;
}

/* Whether the limit's name is refused: who refuses one mostly names the other, too,
 * as what is to be said instead. */
static bool
refuses_limit(const LlmProvider *provider, const char *told)
{
	bool		is_short = strcmp(provider->limit_field, "max_tokens") == 0;
	const char *ours = find_word(told, provider->limit_field);
	const char *other = find_word(told, is_short ? "max_completion_tokens" : "max_tokens");

	return ours != NULL && (other == NULL || ours < other);
}

/* The members that the agent's requests have. */
static unsigned
members_of(const LlmAgent *agent)
{
	const LlmProvider *provider = agent->provider;
	unsigned	members = LLM_MEMBER_STORE | LLM_MEMBER_CACHE;

	if (agent->effort)
		members |= LLM_MEMBER_EFFORT;
	if (agent->schema && strcmp(provider->structured, "prompt") != 0)
		members |= LLM_MEMBER_FORMAT;
	if (llm_adapter_sends_schema(agent) && provider->strict)
		members |= LLM_MEMBER_STRICT;
	if (strcmp(provider->system_role, "developer") == 0)
		members |= LLM_MEMBER_ROLE;
	return members & ~provider->omitted;
}

unsigned
llm_member_refused(const LlmAgent *agent, const char *told)
{
	char	   *text = pstrdup(told);
	bool		is_refusal = false;
	unsigned	members = 0;

	for (char *p = text; *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	for (int i = 0; i < lengthof(refusals) && !is_refusal; i++)
		is_refusal = strstr(text, refusals[i]) != NULL;
	if (!is_refusal)
		return 0;
	for (int i = 0; i < lengthof(words); i++)
		if (find_word(text, words[i].word) != NULL)
			members |= words[i].member;
	members &= members_of(agent);
	/* without a grammar there is nothing to be strict about */
	if (members & LLM_MEMBER_FORMAT)
		members &= ~LLM_MEMBER_STRICT;
	if (agent->provider->limit_field[0] != '\0' && refuses_limit(agent->provider, text))
		members |= LLM_MEMBER_LIMIT;
	return members;
}

LlmProvider *
llm_member_leave_out(const LlmProvider *provider, unsigned members)
{
	LlmProvider *copy = palloc(sizeof(LlmProvider));

	*copy = *provider;
	copy->omitted |= members & (LLM_MEMBER_STORE | LLM_MEMBER_EFFORT | LLM_MEMBER_CACHE);
	if (members & LLM_MEMBER_FORMAT)
		copy->structured = "prompt";
	if (members & LLM_MEMBER_STRICT)
		copy->strict = false;
	if (members & LLM_MEMBER_ROLE)
		copy->system_role = "system";
	if (members & LLM_MEMBER_LIMIT)
		copy->limit_field = strcmp(provider->limit_field, "max_tokens") == 0 ?
			"max_completion_tokens" : "max_tokens";
	return copy;
}

const char *
llm_member_settings(const LlmProvider *provider, unsigned members)
{
	const LlmProvider *changed = llm_member_leave_out(provider, members);
	StringInfoData json;
	bool		is_first = true;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"omit\": [");
	for (int i = 0; i < lengthof(words); i++)
	{
		/* the first word of each is the one that is written */
		if (!words[i].is_setting || (words[i].member & changed->omitted) == 0 ||
			strcmp(words[i].word, "effort") == 0 || strcmp(words[i].word, "output_config") == 0)
			continue;
		appendStringInfo(&json, "%s\"%s\"", is_first ? "" : ", ", words[i].word);
		is_first = false;
	}
	appendStringInfoChar(&json, ']');
	if (members & LLM_MEMBER_FORMAT)
		appendStringInfoString(&json, ", \"structured\": \"prompt\"");
	if (members & LLM_MEMBER_STRICT)
		appendStringInfoString(&json, ", \"strict\": false");
	if (members & LLM_MEMBER_ROLE)
		appendStringInfoString(&json, ", \"system_role\": \"system\"");
	if (members & LLM_MEMBER_LIMIT)
		appendStringInfo(&json, ", \"limit_field\": \"%s\"", changed->limit_field);
	appendStringInfoChar(&json, '}');
	return json.data;
}
