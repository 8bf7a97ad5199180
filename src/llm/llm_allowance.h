/*
 * llm_allowance.h
 *	  What vendors tell in headers of their rate limits.
 */
#ifndef LLM_ALLOWANCE_H
#define LLM_ALLOWANCE_H

#include "llm/llm_provider.h"

/*
 * Reads the lines of a response that tell of rate limits into the report; what
 * is absent or makes no sense stays as it is.
 */
extern void llm_allowance_read(const LlmProvider *provider, const char *rate_headers,
							   HttpLimitReport *report);

/* For adapters: milliseconds of a Go duration ("6m0s", "20ms"), and until an
 * RFC 3339 time in UTC; -1 when it is none. */
extern int64 llm_allowance_read_duration(const char *text);
extern int64 llm_allowance_read_time(const char *text);

#endif							/* LLM_ALLOWANCE_H */
