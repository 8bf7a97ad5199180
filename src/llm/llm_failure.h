/*
 * llm_failure.h
 *	  What went wrong with a call, as a value.
 */
#ifndef LLM_FAILURE_H
#define LLM_FAILURE_H

#include "llm/llm_call.h"
#include "llm/llm_json.h"

/*
 * Sets a verdict on an answer that came whole, with the class and the advice
 * that go with it.  `problem` is UTF-8 and may be the far side's own words.
 */
extern void llm_failure_set(LlmResult *result, LlmVerdict verdict, const char *code,
							const char *problem);

/* The answer is none that an API gives. */
extern void llm_failure_of_answer(HttpFailureClass failure_class, const char *problem,
								  LlmResult *result);

/* No answer came. */
extern void llm_failure_of_transfer(const HttpResponse *response, LlmResult *result);

/* An error came; `answer` is its body, NULL when that is no JSON. */
extern void llm_failure_of_status(const LlmCall *call, const HttpResponse *response,
								  const LlmJson *answer, LlmResult *result);

#endif							/* LLM_FAILURE_H */
