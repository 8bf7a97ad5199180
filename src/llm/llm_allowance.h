/*
 * llm_allowance.h
 *	  What vendors tell in headers of their rate limits.
 */
#ifndef LLM_ALLOWANCE_H
#define LLM_ALLOWANCE_H

#include "llm/llm_call.h"

/*
 * Reads the lines of a response that tell of rate limits into the report; what
 * is absent or makes no sense stays as it is.
 */
extern void llm_allowance_read(LlmProviderKind kind, const char *rate_headers, HttpLimitReport *report);

#endif							/* LLM_ALLOWANCE_H */
