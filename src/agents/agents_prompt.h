/*
 * agents_prompt.h
 *	  What an agent is told: policy and facts as system text, customers' words
 *	  as JSON objects in user turns.
 */
#ifndef AGENTS_PROMPT_H
#define AGENTS_PROMPT_H

#include "engine/engine_turn.h"
#include "llm/llm_call.h"

/* Builds the call of an agent for this turn, in the current context. */
extern LlmCall *agents_prompt_build(EngineTurn *turn, const LlmAgent *agent);

#endif							/* AGENTS_PROMPT_H */
