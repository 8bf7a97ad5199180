/*
 * llm_provider.h
 *	  Providers and agents as they stand, cached per process until the
 *	  configuration changes.
 */
#ifndef LLM_PROVIDER_H
#define LLM_PROVIDER_H

#include "llm/llm_call.h"

/*
 * The agent of that name for an account: its own row, else the house's, with
 * the provider resolved.  What keeps it from asking is its fault.  SPI is
 * connected.  The result outlives every call made with it: what a change of
 * configuration replaces is freed two hours later.
 */
extern const LlmAgent *llm_provider_agent(int account_id, const char *name);

/* The same agent, forced onto the local provider. */
extern const LlmAgent *llm_provider_local_agent(int account_id, const char *name);

/* The agent as configured, its key neither read nor asked for: headers show
 * *** in its place.  For previews only. */
extern const LlmAgent *llm_provider_configured_agent(int account_id, const char *name);

#endif							/* LLM_PROVIDER_H */
