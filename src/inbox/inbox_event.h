/*
 * inbox_event.h
 *	  One event of an inbox in our own words: what a webhook of Chatwoot, or
 *	  frontdesk.receive_message(), tells.
 */
#ifndef INBOX_EVENT_H
#define INBOX_EVENT_H

#include "datatype/timestamp.h"

#include "base/base_span.h"
#include "inbox/inbox_automaton.h"

/* The most characters of a message that are stored; Chatwoot's own limit. */
#define INBOX_CONTENT_MAX_CHARS 150000

/* The same of a name, an address, a number or a subject. */
#define INBOX_LINE_MAX_CHARS 255

typedef enum InboxEventKind
{
	INBOX_EVENT_IGNORED,		/* nothing in it for us: typing, widget, inbox */
	INBOX_EVENT_MESSAGE_CREATED,
	INBOX_EVENT_MESSAGE_UPDATED,
	INBOX_EVENT_CONVERSATION,	/* created, updated, opened, resolved, status */
	INBOX_EVENT_CONTACT
} InboxEventKind;

/* Who speaks, and with it what the message means to the bot. */
typedef enum InboxAuthorKind
{
	INBOX_AUTHOR_CUSTOMER,
	INBOX_AUTHOR_BOT,
	INBOX_AUTHOR_HUMAN,
	INBOX_AUTHOR_AUTOMATION,
	INBOX_AUTHOR_TEMPLATE
} InboxAuthorKind;

typedef struct InboxContact
{
	const char *key;			/* Chatwoot's contact id, or the local sender */
	const char *name;			/* NULL when unknown; so the others */
	const char *email;
	const char *phone;
	const char *attributes;		/* JSON object text; NULL when there are none */
	bool		blocked_told;
	bool		blocked;
	bool		is_crowd;		/* a group or a list, no person */
} InboxContact;

/* The conversation as the sender saw it when it built the event. */
typedef struct InboxConversationView
{
	int64		display_id;		/* 0 when the source knows no conversations */
	const char *channel;		/* ours, as "whatsapp"; NULL when not told */
	int64		inbox_id;		/* 0 when not told */
	const char *status;			/* NULL when not told, or a word we do not know */
	const char *subject_line;
	const char *priority;		/* "" when it has none, NULL when not told */
	const char *labels;			/* JSON array text; NULL when not told */
	const char *attributes;		/* JSON object text; NULL when not told */
	bool		assignee_told;
	int64		assignee_id;	/* a person; 0 when nobody or a bot */
	bool		team_told;
	int64		team_id;		/* 0 when none */
	const char *language;		/* of the device, as "pt"; NULL when not told */
	bool		can_reply_told;
	bool		can_reply;		/* whether anything may be written there now */
	double		version;		/* source's updated_at; 0 when not told */
	InboxContact contact;		/* key NULL when not told */
} InboxConversationView;

typedef struct InboxMessage
{
	const char *external_id;	/* the message's id at the source; NULL: none */
	const char *content;		/* NULL when there is none; of an e-mail what is new */
	int64		content_cut_bytes;	/* size of the whole when content was cut */
	const char *content_type;
	const char *attributes;		/* JSON object text; NULL when empty */
	const char *attachments;	/* JSON array text; NULL when none */
	const char *source_id;		/* provider's id; NULL */
	const char *marker;			/* our own, when a delivery of ours made it */
	const char *failure;		/* why the provider refused it; NULL */
	const char *status;			/* sent, delivered, read, failed; NULL */
	const char *enclosed;		/* words for what came beside the content, by
								 * inbox_enclosure.h; NULL when nothing did */
	const char *opaque;			/* what of it must be heard or seen to be
								 * understood, as "audio"; NULL: nothing */
	const char *reply_to;		/* id at the source of the message it quotes; NULL */
	const char *answer;			/* choice of a customer on a message of ours */
	const char *answer_enclosed;	/* what else came with it, as enclosed */
	const char *answer_type;	/* content type of what was answered */
	const char *author_name;	/* of a person's private note, with the far side's
								 * name before it: "chatwoot: Ana"; NULL */
	TimestampTz sent_at;		/* 0 when the source did not say */
	InboxAuthorKind author;
	bool		incoming;
	bool		private;
	bool		deleted;
	bool		hides_words;	/* from who reads it; the content is without them */
	InboxAutomaton automaton;	/* what a machine wrote is never answered */
	bool		is_aside;		/* nothing is asked: a mention, a reaction */
	bool		is_gesture;		/* an emoji or a sticker alone: said to a question
								 * of ours, else like an aside */
	bool		answer_is_aside;
	double		version;		/* source's, of what is told; 0 when not told */
} InboxMessage;

typedef struct InboxEvent
{
	InboxEventKind kind;
	char	   *name;			/* of the event, as told */
	bool		account_told;
	int64		account_id;		/* Chatwoot's */
	bool		is_noise;		/* only bookkeeping columns changed */
	bool		is_proven;		/* its sender has signed it: commands are obeyed */
	bool		is_history;		/* too old to be answered */
	bool		is_listed;		/* found by asking the source, which has judged that */
	InboxMessage message;		/* message events */
	InboxConversationView conversation; /* message and conversation events */
	InboxContact contact;		/* contact events */
	char		problem[128];	/* why the body makes no sense; "" when it does */
} InboxEvent;

/* Sets a message's content, made plain (base_text.h); it may be cut off in place
 * at the limit.  Blanks are none. */
extern void inbox_event_set_content(InboxMessage *message, char *content);

/* A name, an address, a number or a subject as it is stored: one plain line, cut
 * off at its limit; NULL stays NULL. */
extern const char *inbox_event_line(const char *text);

/* The word stored for an author. */
extern const char *inbox_event_author_name(InboxAuthorKind author);

#endif							/* INBOX_EVENT_H */
