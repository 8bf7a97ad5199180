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
	bool		needs_person;	/* set by the caller: what was asked is for a model or a
								 * person, never for the local provider */
	EngineFailure failure;		/* why those before it were passed over; class
								 * NULL when none was */
} AgentsChoice;

/*
 * The first of an agent and its fallback, from a position on, that can be
 * asked now, or soon enough.  choice->failure and needs_person are kept.
 */
extern void agents_fallback_choose(EngineTurn *turn, const LlmAgent *agent, int from,
								   AgentsChoice *choice);

/*
 * Whether the agent at a position may be tried again after this time, rather than
 * whoever comes after it: no customer is held for long where others can answer.
 */
extern bool agents_fallback_has_patience(const LlmAgent *agent, int position, int64 wait_ms);

#endif							/* AGENTS_FALLBACK_H */
