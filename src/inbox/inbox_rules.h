/*
 * inbox_rules.h
 *	  How the bot and people share the conversations of an account.
 */
#ifndef INBOX_RULES_H
#define INBOX_RULES_H

#include "utils/jsonb.h"

typedef enum InboxApproval
{
	INBOX_APPROVAL_AUTO,		/* replies are sent */
	INBOX_APPROVAL_APPROVE,		/* they wait as drafts */
	INBOX_APPROVAL_SUGGEST		/* they are shown to people */
} InboxApproval;

/* A row of frontdesk.people_rules; times in microseconds, 0: none. */
typedef struct InboxRules
{
	InboxApproval approval;
	Jsonb	   *approval_by_agent;	/* NULL when empty */
	int64		approval_deadline;
	bool		approval_note;
	const char *return_label;	/* NULL: none */
	int64		return_after;
	bool		answer_on_return;
	const char *command_prefix; /* NULL: no commands */
	int64		answers_within;
	bool		follow_up_keeps;	/* a customer's message cancels no follow-up */
	int64		answer_within;
	bool		team_takes_over;
	int			reply_limit;	/* 0: none */
	int64		reply_limit_window;
	int			repeat_limit;	/* 0: none */
	int64		split_within;
} InboxRules;

/*
 * The account's rules, else the house's.  Cached in the process until the
 * configuration changes; good as long as the current context.
 */
extern const InboxRules *inbox_rules_get(int account_id);

/* What becomes of a reply that an agent wrote; agent may be NULL. */
extern InboxApproval inbox_rules_approval(int account_id, const char *agent);

#endif							/* INBOX_RULES_H */
