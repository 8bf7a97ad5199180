/*
 * agents_knowledge.h
 *	  What of an account's knowledge an agent is told.
 */
#ifndef AGENTS_KNOWLEDGE_H
#define AGENTS_KNOWLEDGE_H

#include "lib/stringinfo.h"

/* Whom the rows are for. */
typedef struct AgentsAsked
{
	int			account_id;
	const char *text;			/* what the customer asks */
	const char *language;		/* in which language; NULL unknown */
} AgentsAsked;

/*
 * Appends what the agent may state as fact, under a heading; nothing when the
 * account has written down nothing.  Rows that are few enough are all told, in
 * an order that stays, so that a provider keeps the beginning of the prompt:
 * those of the account, else those of the language and what fits best of others.
 * Of more, those are told that fit best.
 */
extern void agents_knowledge_append(const AgentsAsked *asked, StringInfo text);

#endif							/* AGENTS_KNOWLEDGE_H */
