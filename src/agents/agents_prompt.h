/*
 * agents_prompt.h
 *	  What an agent is told: policy and facts as system text, customers' words
 *	  as JSON objects in user turns.
 */
#ifndef AGENTS_PROMPT_H
#define AGENTS_PROMPT_H

#include "engine/engine_turn.h"
#include "llm/llm_call.h"

/*
 * Writes the request of a call, of which agent, correction and room are set, for
 * this turn; in the current context.
 */
extern void agents_prompt_write_request(EngineTurn *turn, const LlmCall *call,
										HttpRequest *request);

/*
 * How many messages of the history some agent of the turn's graph is shown; 0 when
 * none of them asks a model.  An agent that only stands in for another is shown no
 * more than those.
 */
extern int	agents_prompt_history(const EngineTurn *turn);

#endif							/* AGENTS_PROMPT_H */
