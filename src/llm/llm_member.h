/*
 * llm_member.h
 *	  The members of a request that a server may not know.
 */
#ifndef LLM_MEMBER_H
#define LLM_MEMBER_H

#include "llm/llm_call.h"

/* Bits of LlmProvider.omitted and LlmResult.refused_members. */
typedef enum LlmMember
{
	LLM_MEMBER_STORE = 1,
	LLM_MEMBER_EFFORT = 2,
	LLM_MEMBER_CACHE = 4,		/* cache_control */
	LLM_MEMBER_FORMAT = 8,		/* the schema as a grammar: it is told instead */
	LLM_MEMBER_STRICT = 16,		/* the promise to keep to it */
	LLM_MEMBER_LIMIT = 32,		/* the name of the output limit: the other one is taken */
	LLM_MEMBER_ROLE = 64		/* "developer": "system" is taken */
} LlmMember;

/* The bit of a word that stands in settings' "omit"; 0 when there is none. */
extern unsigned llm_member_find(const char *word);

/*
 * The members that a refusal names of those that the agent's requests have; 0
 * when it names none, or says something else about them.  `told` is all that the
 * error says, its status aside.
 */
extern unsigned llm_member_refused(const LlmAgent *agent, const char *told);

/* The same provider, asked without these members; in the current context. */
extern LlmProvider *llm_member_leave_out(const LlmProvider *provider, unsigned members);

/* What to write into the provider's settings so that its requests lack these members
 * from the beginning: a JSON object, with "omit" as all that is left out. */
extern const char *llm_member_settings(const LlmProvider *provider, unsigned members);

#endif							/* LLM_MEMBER_H */
