/*
 * llm_provider.h
 *	  Who answers questions to models, and the adapters they are spoken to by.
 */
#ifndef LLM_PROVIDER_H
#define LLM_PROVIDER_H

#include "http/http_limit.h"

/* A row of providers with its key; part of an agent, see llm_agent.h. */
typedef struct LlmProvider
{
	const char *name;
	const struct LlmAdapter *adapter;
	const char *base_url;
	const char *key;			/* NULL: send none */
	const char *limit_field;	/* openai: field of the output limit */
	const char *system_role;	/* openai: "developer" or "system" */
	const char *structured;		/* "json_schema", "json_object", "prompt" */
	bool		strict;
	bool		ends_unsaid;	/* its answers do not say that they are whole */
	unsigned	omitted;		/* bits of LlmMember that it is not sent */
	const char *key_header;		/* openai: "authorization" or "api-key" */
	int			header_count;	/* extra "Name: value" */
	const char **headers;
	HttpLimit	limit;			/* how much may be asked of it with this key */
} LlmProvider;

/* What answers in this database. */
extern const LlmProvider llm_provider_local;

/* The adapter of a kind of provider; NULL when there is none of that name. */
extern const struct LlmAdapter *llm_provider_find_adapter(const char *kind);

/* The kinds there are, for a person: "anthropic, local, openai". */
extern const char *llm_provider_list_kinds(void);

#endif							/* LLM_PROVIDER_H */
