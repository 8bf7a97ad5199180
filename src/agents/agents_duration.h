/*
 * agents_duration.h
 *	  Lengths of time that a message tells: "2.5 years", "anderthalb Jahre",
 *	  "deux ans et demi".
 */
#ifndef AGENTS_DURATION_H
#define AGENTS_DURATION_H

#include "agents/agents_token.h"

typedef struct AgentsDuration
{
	int			end;			/* the token behind it */
	double		months;
} AgentsDuration;

/* Whether a length of time begins at a token. */
extern bool agents_duration_read(const AgentsTokens *tokens, int at, AgentsDuration *duration);

/* How many months somebody has done their work; -1 when it is not said.  Never an
 * age. */
extern int	agents_duration_experience(const AgentsTokens *tokens);

#endif							/* AGENTS_DURATION_H */
