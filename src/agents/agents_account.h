/*
 * agents_account.h
 *	  What the agents of an account go by: its name, its knowledge, how it
 *	  wants customers' words treated.  Cached per process.
 */
#ifndef AGENTS_ACCOUNT_H
#define AGENTS_ACCOUNT_H

#include "lib/stringinfo.h"

#include "llm/llm_classifier.h"

typedef struct AgentsKnowledge
{
	const char *question;
	const char *answer;
	LlmFeatures *features;		/* of the question; NULL when all rows are shown */
} AgentsKnowledge;

typedef struct AgentsAccount
{
	const char *business_name;
	bool		redact;			/* before a model sees a message */
	int			knowledge_count;
	AgentsKnowledge *knowledge;
} AgentsAccount;

/* Good as long as the current context. */
extern const AgentsAccount *agents_account_get(int account_id);

/* Appends the knowledge rows that fit a question best, best first, as lines. */
extern void agents_account_append_knowledge(const AgentsAccount *account, StringInfo text,
											const char *question);

#endif							/* AGENTS_ACCOUNT_H */
