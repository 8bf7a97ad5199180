/*
 * llm_preview.h
 *	  A request as people are shown it, without sending it.
 */
#ifndef LLM_PREVIEW_H
#define LLM_PREVIEW_H

#include "llm/llm_call.h"

/* The agent with *** for its key; raises what is wrong with it, and where it
 * works locally. */
extern const LlmAgent *llm_preview_find_agent(const char *name, int account_id);

/* The object that frontdesk.preview_call() returns.  Not connected to SPI. */
extern Jsonb *llm_preview_tell(const LlmAgent *agent, int account_id, const HttpRequest *request);

#endif							/* LLM_PREVIEW_H */
