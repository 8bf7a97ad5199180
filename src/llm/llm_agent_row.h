/*
 * llm_agent_row.h
 *	  An agent as its rows say, and the LlmAgent made of them.
 */
#ifndef LLM_AGENT_ROW_H
#define LLM_AGENT_ROW_H

#include "llm/llm_call.h"

typedef enum LlmVariant
{
	LLM_VARIANT_USUAL,			/* local when the provider's key is missing */
	LLM_VARIANT_LOCAL,			/* on the local provider whatever the rows say */
	LLM_VARIANT_CONFIGURED		/* as configured, with *** for a key */
} LlmVariant;

typedef struct LlmAgentName
{
	int			account_id;
	const char *name;
	LlmVariant	variant;
} LlmAgentName;

/* Everything read, as text; equal fingerprints mean equal agents. */
typedef struct LlmAgentRow
{
	LlmAgentName of;
	char	  **columns;		/* see llm_agent_row.c */
	const char *schema;			/* as stored or derived; NULL: text wanted */
	const char *key;
	bool		is_local;
	const char *fingerprint;
} LlmAgentRow;

/* Reads the rows into the current context; SPI is connected.  Raises when the
 * agent, its provider or its output type does not exist. */
extern void llm_agent_row_read(LlmAgentRow *row, const LlmAgentName *name);

/* Makes the agent, with all it points at, in the current context.  Raises when
 * a setting or the schema makes no sense. */
extern LlmAgent *llm_agent_row_build(const LlmAgentRow *row);

#endif							/* LLM_AGENT_ROW_H */
