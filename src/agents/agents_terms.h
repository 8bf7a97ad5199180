/*
 * agents_terms.h
 *	  On which terms a candidate would come: when, after which notice, for how
 *	  much, as patterns read it.
 */
#ifndef AGENTS_TERMS_H
#define AGENTS_TERMS_H

#include "agents/agents_token.h"

/* Each NULL when the text does not surely say it. */
extern char *agents_terms_notice(const AgentsTokens *tokens);
extern char *agents_terms_pay(const AgentsTokens *tokens);
/* As YYYY-MM-DD; `today` is the day in the same form. */
extern char *agents_terms_start(const AgentsTokens *tokens, const char *today);

#endif							/* AGENTS_TERMS_H */
