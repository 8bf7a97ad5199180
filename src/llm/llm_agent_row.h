/*
 * llm_agent_row.h
 *	  An agent as its rows say, and the LlmAgent made of them.
 */
#ifndef LLM_AGENT_ROW_H
#define LLM_AGENT_ROW_H

#include "llm/llm_call.h"

typedef struct LlmAgentName
{
	int			account_id;
	const char *name;
	bool		is_preview;		/* *** stands for the key */
} LlmAgentName;

/* Everything read, as text. */
typedef struct LlmAgentRow
{
	LlmAgentName of;
	char	  **columns;		/* see llm_agent_row.c; NULL: no such agent */
	const char *schema;			/* as stored or derived; NULL: text wanted */
	const char *key;
	bool		has_house_key;	/* key is account 0's */
	const struct LlmAdapter *adapter;	/* of the provider; NULL: there is none */
	LlmFault	fault;			/* why it cannot ask; code NULL nothing */
} LlmAgentRow;

/* Reads the rows into the current context; SPI is connected.  What is wrong
 * with them, or missing, is noted in row->fault. */
extern void llm_agent_row_read(LlmAgentRow *row, const LlmAgentName *name);

/* Makes the agent, which is all zero, of it, with all it points at in the current
 * context.  A setting that makes no sense becomes its fault. */
extern void llm_agent_row_build(LlmAgentRow *row, LlmAgent *agent);

#endif							/* LLM_AGENT_ROW_H */
