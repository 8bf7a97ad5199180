/*
 * inbox_conversation.h
 *	  Conversations: found, made, kept in step with their source.
 */
#ifndef INBOX_CONVERSATION_H
#define INBOX_CONVERSATION_H

#include "utils/uuid.h"

#include "engine/engine_mail.h"
#include "inbox/inbox_event.h"
#include "inbox/inbox_site.h"

/* The kind, and the name of the graph, of every conversation's thread. */
#define INBOX_THREAD_KIND "conversation"

typedef struct InboxConversation
{
	InboxOrigin	origin;
	pg_uuid_t	id;				/* of the conversation and of its thread */
	int64		display_id;
	const char *channel;		/* our name */
	const char *status;
	bool		by_human;		/* the bot is silent */
	bool		can_reply;		/* as the source last told it */
	int64		assignee_id;	/* 0: nobody */
	int64		team_id;		/* 0: none */
	int64		mute_below;
	pg_uuid_t	lead_id;
	double		version;		/* source's, of what we know */
	int64		event_seq;		/* last number the thread handed out */
	bool		is_fresh;		/* made by this transaction: it has no messages yet */
	bool		lead_is_fresh;	/* so is the lead, which has no other conversation */
	EngineThread *thread;		/* locked; of a fresh one not inserted yet */
} InboxConversation;

/*
 * For a source that knows people but no conversations (SMS): sets the view's
 * number to that of the conversation that its contact has going on on the
 * channel, else to a fresh one.
 */
extern void inbox_conversation_choose(InboxOrigin origin, InboxConversationView *view);

/*
 * Finds or makes it, with its lead and its thread.  False when it would have
 * to be made and the view does not tell who writes.
 */
extern bool inbox_conversation_open(InboxOrigin origin, const InboxConversationView *view,
									InboxConversation *conversation);

/*
 * Takes in how the source described the conversation: status, assignee, and
 * for `whole` descriptions (conversation events) labels, priority and
 * attributes.  An assignment to a person, or by the account's rules to a team,
 * silences the bot; a conversation that becomes pending or resolved is the bot's
 * again, and of a resolved one what was said so far is not answered any more.  Older descriptions than the
 * one known change nothing.
 */
extern void inbox_conversation_observe(InboxConversation *conversation,
									   const InboxConversationView *view, bool whole);

/*
 * When the source says that the conversation is another contact's, it is from then
 * on: contacts were merged.  What was known of the former one goes along where the
 * other's lead does not know better.  Takes in, too, whether the contact is blocked.
 */
extern void inbox_conversation_follow_contact(InboxConversation *conversation,
											  const InboxConversationView *view);

#endif							/* INBOX_CONVERSATION_H */
