/*
 * llm_answer.h
 *	  From the text a model wrote to what the agent was asked for.
 */
#ifndef LLM_ANSWER_H
#define LLM_ANSWER_H

#include "utils/jsonb.h"

#include "llm/llm_call.h"
#include "llm/llm_json.h"

/*
 * Judges a whole text (clean UTF-8) and sets the verdict: LLM_ANSWERED with
 * text, and object when the agent has a schema, or LLM_INVALID with a problem
 * that can be told to the model.
 */
extern void llm_answer_judge(const LlmAgent *agent, const char *text, LlmResult *result);

/* A tree that was read as jsonb of the server's encoding. */
extern Jsonb *llm_answer_jsonb(const LlmJson *json);

#endif							/* LLM_ANSWER_H */
