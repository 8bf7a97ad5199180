/*
 * agents_fallback.h
 *	  Who answers when an agent's own provider cannot, or may not.
 */
#ifndef AGENTS_FALLBACK_H
#define AGENTS_FALLBACK_H

#include "engine/engine_turn.h"
#include "llm/llm_call.h"

typedef enum AgentsChoiceKind
{
	AGENTS_CHOICE_ASK,			/* this agent, with this request */
	AGENTS_CHOICE_LOCAL,		/* the local provider */
	AGENTS_CHOICE_PERSON,
	AGENTS_CHOICE_WAIT			/* wait_ms, then choose again */
} AgentsChoiceKind;

typedef struct AgentsChoice
{
	AgentsChoiceKind kind;
	int			position;		/* 0 the agent itself, then along its fallback */
	bool		is_last;		/* nobody comes after it */
	const LlmAgent *agent;		/* with ASK */
	HttpRequest request;		/* with ASK */
	int64		wait_ms;
	EngineFailure failure;		/* why those before it were passed over; class
								 * NULL when none was */
} AgentsChoice;

/*
 * The first of an agent and its fallback, from a position on, that can be
 * asked now, or soon enough.  choice->failure is kept when set.
 */
extern void agents_fallback_choose(EngineTurn *turn, const LlmAgent *agent, int from,
								   AgentsChoice *choice);

#endif							/* AGENTS_FALLBACK_H */
