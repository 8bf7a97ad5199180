/*
 * inbox_draft.h
 *	  Replies that wait for a person's word, or are only suggested.
 */
#ifndef INBOX_DRAFT_H
#define INBOX_DRAFT_H

#include "engine/engine_turn.h"
#include "inbox/inbox_rules.h"

/* A reply that is not sent by itself. */
typedef struct InboxDraft
{
	InboxApproval mode;			/* approve or suggest */
	const char *agent;			/* who wrote it; NULL */
	const char *content;
} InboxDraft;

/*
 * Records the draft in the turn's commit, and the note that shows it to people.
 * For conclude: the thread is locked and no draft of it is open.
 */
extern void inbox_draft_record(EngineTurn *turn, const InboxDraft *draft);

/* Takes back the draft that is open, if there is one.  The thread is locked. */
extern void inbox_draft_withdraw(int account_id, const pg_uuid_t *conversation_id,
								 const char *reason);

#endif							/* INBOX_DRAFT_H */
