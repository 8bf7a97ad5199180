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
 * the provider resolved.  A provider without its key gives way to `local`.
 * Raises when there is no such agent.  SPI is connected.  The result is valid
 * until llm_provider_forget() or the next call after a configuration change;
 * a turn that keeps one across commits copies nothing, for changed rows are
 * kept until no turn is in flight (old generations are freed one change late).
 */
extern const LlmAgent *llm_provider_agent(int account_id, const char *name);

/* The same agent, forced onto the local provider. */
extern const LlmAgent *llm_provider_local_agent(int account_id, const char *name);

#endif							/* LLM_PROVIDER_H */
