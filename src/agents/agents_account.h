/*
 * agents_account.h
 *	  What the agents of an account go by: its name, and how it wants
 *	  customers' words treated.  Cached per process.
 */
#ifndef AGENTS_ACCOUNT_H
#define AGENTS_ACCOUNT_H

typedef struct AgentsAccount
{
	const char *business_name;
	bool		redact;			/* before a model sees a message */
} AgentsAccount;

/* Good as long as the current context. */
extern const AgentsAccount *agents_account_get(int account_id);

#endif							/* AGENTS_ACCOUNT_H */
