/*
 * agents_excerpt.h
 *	  What of a text goes to a model: the one way into a request.
 */
#ifndef AGENTS_EXCERPT_H
#define AGENTS_EXCERPT_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "agents/agents_account.h"
#include "inbox/inbox_subject.h"

/* Of what people, agents or tools said: addresses and phone numbers are masked
 * when the account wants it. */
extern char *agents_excerpt_said(const AgentsAccount *account, const char *text);

/* The same of a message of the history. */
extern char *agents_excerpt_utterance(const AgentsAccount *account,
									  const InboxUtterance *utterance);

/* The same of a name or a subject, which are short. */
extern char *agents_excerpt_title(const AgentsAccount *account, const char *text);

/* The same of the beginning of a message that another one quotes. */
extern char *agents_excerpt_quoted(const AgentsAccount *account, const char *text);

/* Of what the business states itself: its knowledge, its campaigns.  Its own
 * addresses are there to be told. */
extern char *agents_excerpt_stated(const char *text);

/* Of a member of the state, as JSON text: every string in it as what was said;
 * one that is too large becomes a string. */
extern char *agents_excerpt_member(const AgentsAccount *account, const JsonbValue *value);

#endif							/* AGENTS_EXCERPT_H */
