/*
 * inbox_subject.h
 *	  What a turn of a conversation needs to know, read for many turns at once.
 */
#ifndef INBOX_SUBJECT_H
#define INBOX_SUBJECT_H

#include "engine/engine_turn.h"
#include "inbox/inbox_site.h"

/* Messages of the history that a turn gets to see at least. */
#define INBOX_HISTORY_LENGTH 12

/* The same at most, whatever is asked for and however many came in one burst:
 * also the bound of agents.history_limit. */
#define INBOX_BURST_LENGTH 100

/* Bytes of a burst that are classified; of a message no fewer are kept. */
#define INBOX_BURST_BYTES 4000

typedef struct InboxUtterance
{
	int64		seq;
	bool		incoming;
	const char *author;			/* "customer", "bot", "human", "automation", "template" */
	const char *content;		/* of a long one the two ends; NULL: no words */
	const char *enclosed;		/* what came beside it, in words; NULL: nothing */
	const char *opaque;			/* what of that must be heard or seen; NULL: nothing */
	const char *quoted;			/* beginning of the message that it quotes; NULL: none */
	bool		quotes_us;
	int			left_out;		/* bytes between them; 0 none */
	int			end_bytes;		/* with left_out: that may be told of each */
	const char *external_id;	/* NULL when it has none */
	TimestampTz sent_at;
	TimestampTz heard_at;		/* when we were told, by our own clock */
	bool		is_aside;		/* it asks nothing */
} InboxUtterance;

typedef struct InboxSubject
{
	InboxOrigin	origin;
	const struct InboxTransport *transport;	/* of its site; NULL: nobody knows it */
	const char *transport_name;
	int64		display_id;
	const char *channel;
	const char *status;
	const char *subject_line;	/* of an e-mail conversation; NULL */
	const char *priority;		/* NULL when none */
	bool		by_human;
	bool		has_draft;		/* one waits, as of inbox_subject_is_silenced() */
	int64		assignee_id;	/* 0: nobody */
	Jsonb	   *labels;			/* array of strings */

	pg_uuid_t	lead_id;
	const char *contact_key;	/* the lead's name at the source, as the event told it */
	const char *lead_name;		/* NULL when unknown; so the next two */
	const char *lead_email;
	const char *lead_phone;
	bool		is_blocked;		/* nothing is said to the lead */

	bool		has_refused;	/* of late, the provider refused a reply: it is left out */
	int64		answered;		/* of the history: nobody has answered what has a
								 * greater number (messages.answers_up_to) */
	int			history_count;	/* oldest first, private notes left out */
	InboxUtterance *history;
	bool		has_payment;	/* what is asked holds the last piece of a card's
								 * number (agents_payment.c) */
} InboxSubject;

/*
 * For EngineThreadKind.load: sets turn->subject of every turn, in the subject's
 * context, in two statements for all.  `lengths` says per turn how many messages
 * of the history are wanted.  Sets turn->skip where a person has taken over, or
 * where the conversation is gone (then subject is NULL).
 */
extern void inbox_subject_load(EngineTurn **turns, int count, const int *lengths);

/*
 * What the clock of the source says now, as far as we know: what it said of the
 * newest message that the turn has read, and the time that has gone by since.  So
 * what we say stands behind what it answers, and before what comes next, whatever
 * the two clocks say.
 */
extern TimestampTz inbox_subject_source_time(EngineTurn *turn);

/* Whether all that the turn has read was settled or deleted meanwhile. */
extern bool inbox_subject_is_muted(EngineTurn *turn);

/*
 * Whether nothing may be said any more: a person has taken over, the contact was
 * blocked, or what the turn has read was settled or deleted meanwhile.  For
 * conclude, where the thread is locked and the answer therefore holds until the
 * turn's commit.
 */
extern bool inbox_subject_is_silenced(EngineTurn *turn);

/* What the customer wrote since the last turn. */
typedef struct InboxBurst
{
	char	   *text;			/* contents of the messages that this turn took in, one
								 * per line, at most INBOX_BURST_BYTES: of the newest
								 * most; "" when none has words */
	char	   *enclosed;		/* what came beside them; "" nothing */
	const char *opaque;			/* what of it weighs most; NULL nothing */
	int			count;			/* messages */
} InboxBurst;

/* Gathers it, in the subject's context. */
extern InboxBurst inbox_subject_burst(EngineTurn *turn);

#endif							/* INBOX_SUBJECT_H */
