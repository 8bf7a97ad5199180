/*
 * llm_agent.h
 *	  Agents as they stand, with their providers: cached per process until the
 *	  configuration changes.
 */
#ifndef LLM_AGENT_H
#define LLM_AGENT_H

#include "llm/llm_call.h"

/*
 * The agent of that name for an account: its own row, else the house's, with
 * the provider resolved; "agent@provider/model" is the agent asked elsewhere.
 * What keeps it from asking is its fault.  Good as long as the current context:
 * a call is made and judged in that of its step.
 */
extern const LlmAgent *llm_agent_get(int account_id, const char *name);

/* The agent as configured, in the current context; its key neither read nor
 * asked for: headers show *** in its place.  For previews only. */
extern const LlmAgent *llm_agent_preview(int account_id, const char *name);

#endif							/* LLM_AGENT_H */
