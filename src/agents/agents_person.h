/*
 * agents_person.h
 *	  Who a candidate is: name, telephone, e-mail address, job, as patterns read it.
 */
#ifndef AGENTS_PERSON_H
#define AGENTS_PERSON_H

#include "agents/agents_token.h"

/* Each NULL when the text does not surely say it. */
extern char *agents_person_name(const AgentsTokens *tokens);
extern char *agents_person_phone(const AgentsTokens *tokens);
extern char *agents_person_email(const AgentsTokens *tokens);
extern char *agents_person_title(const AgentsTokens *tokens);

#endif							/* AGENTS_PERSON_H */
