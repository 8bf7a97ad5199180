/*
 * llm_finish.c
 *	  Why an answer ends, in the words of many servers.
 *
 * Servers that speak a vendor's language pass through the word of the engine
 * below them.  The case of letters means nothing.
 *
 * Pure.
 */
#include "postgres.h"

#include "llm/llm_finish.h"

static const struct
{
	const char *word;
	LlmFinish	finish;
}			words[] = {
	{"stop", LLM_FINISH_WHOLE},
	{"end_turn", LLM_FINISH_WHOLE},
	{"stop_sequence", LLM_FINISH_WHOLE},
	{"stop_token", LLM_FINISH_WHOLE},
	{"eos", LLM_FINISH_WHOLE},
	{"eos_token", LLM_FINISH_WHOLE},
	{"eos_token_id", LLM_FINISH_WHOLE},
	{"end_of_text", LLM_FINISH_WHOLE},
	{"end", LLM_FINISH_WHOLE},
	{"complete", LLM_FINISH_WHOLE},
	{"completed", LLM_FINISH_WHOLE},
	{"finished", LLM_FINISH_WHOLE},
	{"finish_reason_stop", LLM_FINISH_WHOLE},

	{"length", LLM_FINISH_CUT},
	{"max_tokens", LLM_FINISH_CUT},
	{"max_output_tokens", LLM_FINISH_CUT},
	{"max_length", LLM_FINISH_CUT},
	{"model_length", LLM_FINISH_CUT},
	{"token_limit", LLM_FINISH_CUT},
	{"incomplete", LLM_FINISH_CUT},
	{"model_context_window_exceeded", LLM_FINISH_CUT},
	{"context_length_exceeded", LLM_FINISH_CUT},

	{"content_filter", LLM_FINISH_WITHHELD},
	{"content_filtered", LLM_FINISH_WITHHELD},
	{"refusal", LLM_FINISH_WITHHELD},
	{"safety", LLM_FINISH_WITHHELD},
	{"sensitive", LLM_FINISH_WITHHELD},
	{"recitation", LLM_FINISH_WITHHELD},
	{"blocklist", LLM_FINISH_WITHHELD},
	{"prohibited_content", LLM_FINISH_WITHHELD},
	{"spii", LLM_FINISH_WITHHELD},
	{"guardrail_intervened", LLM_FINISH_WITHHELD},

	{"tool_calls", LLM_FINISH_TOOLS},
	{"tool_use", LLM_FINISH_TOOLS},
	{"function_call", LLM_FINISH_TOOLS},

	{"error", LLM_FINISH_BROKEN},
	{"abort", LLM_FINISH_BROKEN},
	{"aborted", LLM_FINISH_BROKEN},
	{"cancelled", LLM_FINISH_BROKEN},
	{"canceled", LLM_FINISH_BROKEN},
	{"timeout", LLM_FINISH_BROKEN},
	{"network_error", LLM_FINISH_BROKEN},
	{"insufficient_system_resource", LLM_FINISH_BROKEN},
};

/* Behind a filter's word some servers put what was found: "content_filter: SAFETY". */
LlmFinish
llm_finish_read(const char *word)
{
	if (word == NULL || word[0] == '\0')
		return LLM_FINISH_UNSAID;
	for (int i = 0; i < lengthof(words); i++)
		if (pg_strcasecmp(words[i].word, word) == 0)
			return words[i].finish;
	return pg_strncasecmp(word, "content_filter", strlen("content_filter")) == 0 ?
		LLM_FINISH_WITHHELD : LLM_FINISH_UNKNOWN;
}
