/*
 * chatwoot_event.c
 *	  Decodes a Chatwoot webhook into an InboxEvent.
 *
 * Pure: reads the body and nothing else, so it can be tested and fuzzed by
 * itself.  Runs in the backend that takes the webhook in.
 *
 * Message events carry the message's fields at the top and the conversation
 * inside; conversation events carry the conversation's fields at the top; both
 * are branched on "event" alone.  Fields that decide what happens (ids,
 * message_type, private, content, account) must have their type, or the body
 * makes no sense; any other field of a wrong type counts as absent.  The
 * contact's socket token in contact_inbox is never copied out of the body.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/base_version.h"
#include "chatwoot/chatwoot_channel.h"
#include "chatwoot/chatwoot_enclosure.h"
#include "chatwoot/chatwoot_event.h"
#include "chatwoot/chatwoot_sender.h"
#include "inbox/inbox_hidden.h"
#include "inbox/inbox_letter.h"

/* Seconds since 1970 that can be meant; more would be milliseconds or worse. */
#define MAX_SECONDS 1e11

/* Bytes of a time in ISO form, with its quotes, any fraction and offset. */
#define MAX_TIME_BYTES 64

/* Bytes of a provider's message id that an index surely holds. */
#define MAX_SOURCE_BYTES 1000

/* Values of the top level, in the order of top_keys. */
enum
{
	TOP_EVENT, TOP_ID, TOP_ACCOUNT, TOP_CONTENT, TOP_CONTENT_TYPE,
	TOP_CONTENT_ATTRIBUTES, TOP_ADDITIONAL_ATTRIBUTES, TOP_CONVERSATION,
	TOP_CREATED_AT, TOP_INBOX, TOP_MESSAGE_TYPE, TOP_PRIVATE, TOP_SENDER,
	TOP_SOURCE_ID, TOP_ATTACHMENTS, TOP_STATUS, TOP_CHANGED_ATTRIBUTES,
	TOP_COUNT
};

static const char *const top_keys[TOP_COUNT] = {
	"event", "id", "account", "content", "content_type",
	"content_attributes", "additional_attributes", "conversation",
	"created_at", "inbox", "message_type", "private", "sender",
	"source_id", "attachments", "status", "changed_attributes",
};

typedef struct Decoder
{
	InboxEvent *event;
	BaseSpan	body;
	BaseSpan	top[TOP_COUNT];
} Decoder;

static const struct
{
	const char *name;
	InboxEventKind kind;
}			event_kinds[] = {
	{"message_created", INBOX_EVENT_MESSAGE_CREATED},
	{"message_updated", INBOX_EVENT_MESSAGE_UPDATED},
	{"conversation_updated", INBOX_EVENT_CONVERSATION},
	{"conversation_status_changed", INBOX_EVENT_CONVERSATION},
	{"conversation_created", INBOX_EVENT_CONVERSATION},
	{"conversation_opened", INBOX_EVENT_CONVERSATION},
	{"conversation_resolved", INBOX_EVENT_CONVERSATION},
	{"contact_created", INBOX_EVENT_CONTACT},
	{"contact_updated", INBOX_EVENT_CONTACT},
};

static bool
refuse(Decoder *d, const char *problem)
{
	strlcpy(d->event->problem, problem, sizeof(d->event->problem));
	return false;
}

static inline bool
is_told(const BaseSpan *value)
{
	return value->kind != 0 && value->kind != 'n';
}

/* Text of a string field; NULL when absent, empty or of another kind. */
static const char *
text_of(const BaseSpan *value)
{
	if (value->kind != 's' || value->bytes == 2)
		return NULL;
	return base_span_text(value);
}

/* A provider's id of a message; one too long for an index is known by its digest. */
static const char *
source_of(const BaseSpan *value)
{
	const char *id = text_of(value);
	bytea	   *digest;
	char		hex[2 * PG_SHA256_DIGEST_LENGTH + 1];

	if (id == NULL || strlen(id) <= MAX_SOURCE_BYTES)
		return id;
	digest = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea,
												 CStringGetTextDatum(id)));
	hex[hex_encode(VARDATA_ANY(digest), PG_SHA256_DIGEST_LENGTH, hex)] = '\0';
	return psprintf("sha256:%s", hex);
}

/* A container as text for jsonb; NULL when absent, empty or of another kind. */
static const char *
container_of(const BaseSpan *value, char kind)
{
	const char *cursor = NULL;
	BaseSpan	first;

	if (value->kind != kind || !base_span_next(value, &cursor, NULL, &first))
		return NULL;
	return base_span_clean(value);
}

/* Reads 2026-06-17T10:15:30.482Z, with any fraction and offset; 0 if it is not. */
static TimestampTz
time_of_text(const char *text)
{
	int			year,
				month,
				day,
				hour,
				minute,
				second;
	int			used = 0;
	int64		micros = 0;
	int64		offset = 0;
	int64		days;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n",
			   &year, &month, &day, &hour, &minute, &second, &used) != 6 ||
		month < 1 || month > 12 || day < 1 || day > 31 ||
		hour > 23 || minute > 59 || second > 60 || year < 1970)
		return 0;
	text += used;
	if (*text == '.')
	{
		int64		unit = 100000;

		for (text++; isdigit((unsigned char) *text); text++, unit /= 10)
			micros += unit * (*text - '0');
	}
	if (*text == '+' || *text == '-')
	{
		int			hours,
					minutes;

		if (sscanf(text + 1, "%2d:%2d", &hours, &minutes) == 2)
			offset = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
	}
	days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return (((days * 24 + hour) * 60 + minute) * 60 + second - offset) *
		USECS_PER_SEC + micros;
}

/* A time as ISO text or as seconds since 1970; 0 when neither. */
static TimestampTz
time_of(const BaseSpan *value)
{
	double		seconds;

	if (value->kind == 's')
		return value->bytes <= MAX_TIME_BYTES ? time_of_text(base_span_text(value)) : 0;
	if (base_span_double(value, &seconds) && seconds > 0 && seconds < MAX_SECONDS)
		return (TimestampTz) ((seconds - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
							   (double) SECS_PER_DAY) * USECS_PER_SEC);
	return 0;
}

static const char *
number_text(int64 number)
{
	return psprintf(INT64_FORMAT, number);
}

/* Reads a person: top-level contact events, sender, meta.sender. */
static void
read_contact(const BaseSpan *object, InboxContact *contact)
{
	enum
	{
		ID, NAME, EMAIL, PHONE, BLOCKED, ATTRIBUTES, IDENTIFIER, COUNT
	};
	static const char *const keys[COUNT] = {
		"id", "name", "email", "phone_number", "blocked", "custom_attributes", "identifier",
	};
	BaseSpan	v[COUNT];
	int64		id;

	base_span_find(object, keys, COUNT, v);
	if (!base_span_int64(&v[ID], &id))
		return;
	contact->key = number_text(id);
	contact->name = inbox_event_line(text_of(&v[NAME]));
	contact->email = inbox_event_line(text_of(&v[EMAIL]));
	contact->phone = inbox_event_line(text_of(&v[PHONE]));
	contact->blocked_told = v[BLOCKED].kind == 't' || v[BLOCKED].kind == 'f';
	contact->blocked = v[BLOCKED].kind == 't';
	contact->is_crowd |= inbox_automaton_is_crowd(text_of(&v[IDENTIFIER]));
	contact->attributes = container_of(&v[ATTRIBUTES], '{');
}

static const char *
known_word(const BaseSpan *value, const char *const *words)
{
	for (; *words; words++)
	{
		if (base_span_is(value, *words))
			return *words;
	}
	return NULL;
}

/* meta: who writes and who is assigned. */
static void
read_meta(const BaseSpan *meta, InboxConversationView *view)
{
	enum
	{
		SENDER, ASSIGNEE, ASSIGNEE_TYPE, TEAM, COUNT
	};
	static const char *const keys[COUNT] = {"sender", "assignee", "assignee_type", "team"};
	static const char *const id_path[] = {"id", NULL};
	BaseSpan	v[COUNT];
	BaseSpan	id;
	BaseSpan	team;

	base_span_find(meta, keys, COUNT, v);
	read_contact(&v[SENDER], &view->contact);
	view->team_told = v[TEAM].kind != 0;
	team = base_span_reach(&v[TEAM], id_path);
	if (!base_span_int64(&team, &view->team_id))
		view->team_id = 0;
	view->assignee_told = v[ASSIGNEE].kind != 0;
	id = base_span_reach(&v[ASSIGNEE], id_path);
	if (!base_span_is(&v[ASSIGNEE_TYPE], "User") ||
		!base_span_int64(&id, &view->assignee_id))
		view->assignee_id = 0;
}

static void
read_channel(const BaseSpan *channel, const BaseSpan *additional,
			 const BaseSpan *contact_inbox, InboxConversationView *view)
{
	static const char *const source_path[] = {"source_id", NULL};
	static const char *const type_path[] = {"type", NULL};
	BaseSpan	source = base_span_reach(contact_inbox, source_path);
	BaseSpan	type = base_span_reach(additional, type_path);
	const char *name = text_of(channel);

	if (name)
		view->channel = chatwoot_channel_name(name, text_of(&source), text_of(&type));
}

/* Who writes, when only the address book's entry tells. */
static void
read_contact_id(const BaseSpan *contact_inbox, InboxConversationView *view)
{
	static const char *const path[] = {"contact_id", NULL};
	BaseSpan	value = base_span_reach(contact_inbox, path);
	int64		id;

	if (base_span_int64(&value, &id))
		view->contact.key = number_text(id);
}

/* The language of the device: the browser's, or Telegram's. */
static const char *
read_language(const BaseSpan *additional, const BaseSpan *meta)
{
	static const char *const browser_path[] = {"browser_language", NULL};
	static const char *const telegram_path[] = {
		"sender", "additional_attributes", "language_code", NULL,
	};
	BaseSpan	browser = base_span_reach(additional, browser_path);
	BaseSpan	telegram = base_span_reach(meta, telegram_path);
	const char *code = text_of(&browser) ? text_of(&browser) : text_of(&telegram);

	if (code == NULL || strspn(code, "abcdefghijklmnopqrstuvwxyz") != 2)
		return NULL;
	return pnstrdup(code, 2);	/* of pt_BR, pt-PT */
}

/* What conversation events change, and a conversation first met begins with. */
static void
read_details(const BaseSpan *priority, const BaseSpan *labels,
			 const BaseSpan *attributes, InboxConversationView *view)
{
	view->priority = priority->kind == 'n' ? "" : text_of(priority);
	if (labels->kind == '[')
		view->labels = base_span_clean(labels);
	if (attributes->kind == '{')
		view->attributes = base_span_clean(attributes);
}

/* The conversation, nested in a message event or being the body itself. */
static bool
read_conversation(Decoder *d, const BaseSpan *object)
{
	enum
	{
		ID, CHANNEL, CONTACT_INBOX, ADDITIONAL, INBOX_ID, LABELS, META, STATUS,
		ATTRIBUTES, UPDATED_AT, PRIORITY, CAN_REPLY, COUNT
	};
	static const char *const keys[COUNT] = {
		"id", "channel", "contact_inbox", "additional_attributes", "inbox_id",
		"labels", "meta", "status", "custom_attributes", "updated_at", "priority",
		"can_reply",
	};
	static const char *const statuses[] = {
		"open", "pending", "resolved", "snoozed", NULL,
	};
	static const char *const subject_path[] = {"mail_subject", NULL};
	InboxConversationView *view = &d->event->conversation;
	BaseSpan	v[COUNT];
	BaseSpan	subject;

	if (object->kind != '{')
		return refuse(d, "conversation is missing or no object");
	base_span_find(object, keys, COUNT, v);
	if (!base_span_int64(&v[ID], &view->display_id) || view->display_id <= 0)
		return refuse(d, "conversation.id is missing or no positive number");
	if (!base_span_int64(&v[INBOX_ID], &view->inbox_id))
		view->inbox_id = 0;
	if (!base_span_double(&v[UPDATED_AT], &view->version) ||
		view->version < 0 || view->version > MAX_SECONDS)
		view->version = 0;
	subject = base_span_reach(&v[ADDITIONAL], subject_path);
	view->subject_line = inbox_event_line(text_of(&subject));
	view->status = known_word(&v[STATUS], statuses);
	view->can_reply_told = v[CAN_REPLY].kind == 't' || v[CAN_REPLY].kind == 'f';
	view->can_reply = v[CAN_REPLY].kind == 't';
	view->language = read_language(&v[ADDITIONAL], &v[META]);
	read_details(&v[PRIORITY], &v[LABELS], &v[ATTRIBUTES], view);
	read_channel(&v[CHANNEL], &v[ADDITIONAL], &v[CONTACT_INBOX], view);
	view->contact.is_crowd = chatwoot_sender_is_crowd(&v[CONTACT_INBOX], &v[ADDITIONAL], view->channel);
	read_meta(&v[META], view);
	if (view->contact.key == NULL)
		read_contact_id(&v[CONTACT_INBOX], view);
	return true;
}

/*
 * The newest reply of an e-mail.  Chatwoot keeps it under "quoted", while
 * "reply" and "full" hold the history as well; where it did not know the history
 * for one, all of them do.  Text that was made of HTML holds what nobody sees.
 */
static void
read_email(Decoder *d, const BaseSpan *email, InboxMessage *message)
{
	static const char *const text_path[] = {"text_content", "quoted", NULL};
	static const char *const html_path[] = {"html_content", "quoted", NULL};
	static const char *const shown_path[] = {"html_content", "full", NULL};
	BaseSpan	text = base_span_reach(email, text_path);
	BaseSpan	html = base_span_reach(email, html_path);
	BaseSpan	shown = base_span_reach(email, shown_path);
	const char *newest = text_of(&text);
	const char *read;

	if (newest == NULL && (newest = text_of(&html)) != NULL && text_of(&shown) != NULL &&
		(read = inbox_hidden_remove(newest, text_of(&shown))) != NULL)
	{
		newest = read;
		message->hides_words = true;
	}
	if (newest == NULL)
		newest = message->content;
	if (newest)
		inbox_event_set_content(message, inbox_letter_newest(newest));
	/* a mail may say all in its subject */
	if (message->content == NULL && d->event->conversation.subject_line)
		inbox_event_set_content(message, pstrdup(d->event->conversation.subject_line));
}

enum
{
	CONTENT_EMAIL, CONTENT_RULE, CONTENT_ECHO, CONTENT_DELETED, CONTENT_ERROR,
	CONTENT_MARKER, CONTENT_WRITTEN_AT, CONTENT_COUNT
};

static const char *const content_keys[CONTENT_COUNT] = {
	"email", "automation_rule_id", "external_echo", "deleted",
	"external_error", "frontdesk", "external_created_at",
};

/*
 * Tells a person from a machine.  Only what a person typed silences the bot:
 * in Chatwoot, or in the phone's own app or another one (an echo; some come
 * without their flag, but with the provider's id, for Chatwoot did not send
 * them).  Whether an echo is one of our own replies is seen where those are.
 */
static InboxAuthorKind
judge_author(const Decoder *d, const BaseSpan *content)
{
	static const char *const type_path[] = {"type", NULL};
	static const char *const campaign_path[] = {"campaign_id", NULL};
	const char *channel = d->event->conversation.channel;
	BaseSpan	type = base_span_reach(&d->top[TOP_SENDER], type_path);
	BaseSpan	campaign = base_span_reach(&d->top[TOP_ADDITIONAL_ATTRIBUTES],
											campaign_path);

	if (d->event->message.incoming)
		return base_span_is(&type, "agent_bot") || base_span_is(&type, "captain_assistant") ?
			INBOX_AUTHOR_BOT : INBOX_AUTHOR_CUSTOMER;
	if (base_span_is(&d->top[TOP_MESSAGE_TYPE], "template"))
		return INBOX_AUTHOR_TEMPLATE;
	if (d->event->message.marker)
		return INBOX_AUTHOR_BOT;
	if (is_told(&content[CONTENT_RULE]) || is_told(&campaign))
		return INBOX_AUTHOR_AUTOMATION;
	if (base_span_is(&type, "user"))
		return INBOX_AUTHOR_HUMAN;
	if (is_told(&d->top[TOP_SENDER]))
		return INBOX_AUTHOR_BOT;
	if (content[CONTENT_ECHO].kind == 't' || d->event->message.source_id ||
		(channel && strcmp(channel, "telegram") == 0))
		return INBOX_AUTHOR_HUMAN;
	return INBOX_AUTHOR_AUTOMATION;
}

/*
 * A delivery status.  Message events have none at the top (a later Chatwoot
 * may); the embedded last message has one, and counts when it is this message.
 */
static const char *
read_status(const Decoder *d, int64 id)
{
	static const char *const statuses[] = {
		"sent", "delivered", "read", "failed", NULL,
	};
	static const char *const messages_path[] = {"messages", NULL};
	static const char *const keys[] = {"id", "status"};
	BaseSpan	last;
	BaseSpan	messages = base_span_reach(&d->top[TOP_CONVERSATION], messages_path);
	BaseSpan	v[2];
	const char *cursor = NULL;
	int64		last_id;

	if (d->top[TOP_STATUS].kind == 's')
		return known_word(&d->top[TOP_STATUS], statuses);
	if (messages.kind != '[' || !base_span_next(&messages, &cursor, NULL, &last))
		return NULL;
	base_span_find(&last, keys, 2, v);
	if (!base_span_int64(&v[0], &last_id) || last_id != id)
		return NULL;
	return known_word(&v[1], statuses);
}

/* When a message was written: what was brought over from elsewhere says so. */
static TimestampTz
written_at(const BaseSpan *created, const BaseSpan *written)
{
	TimestampTz created_at = time_of(created);
	TimestampTz written_at = time_of(written);

	return written_at != 0 && written_at < created_at - USECS_PER_HOUR ? written_at : created_at;
}

/* message_type, private and content: the fields that decide. */
static bool
read_decisive(Decoder *d, InboxMessage *message)
{
	const BaseSpan *type = &d->top[TOP_MESSAGE_TYPE];
	const BaseSpan *private = &d->top[TOP_PRIVATE];
	const BaseSpan *content = &d->top[TOP_CONTENT];

	if (type->kind != 's')
		return refuse(d, "message_type is missing or no string");
	message->incoming = base_span_is(type, "incoming");
	if (!message->incoming && !base_span_is(type, "outgoing") &&
		!base_span_is(type, "template"))
	{
		/* activity, and whatever may be invented */
		d->event->kind = INBOX_EVENT_IGNORED;
		return true;
	}
	if (is_told(private) && private->kind != 't' && private->kind != 'f')
		return refuse(d, "private is no boolean");
	message->private = private->kind == 't';
	if (is_told(content) && content->kind != 's')
		return refuse(d, "content is no string");
	if (content->kind == 's')
		inbox_event_set_content(message, base_span_text(content));
	return true;
}

/* Who wrote a note, as the trail names him beside what it causes. */
static const char *
name_author(const BaseSpan *person)
{
	static const char *const path[] = {"name", NULL};
	BaseSpan	value = base_span_reach(person, path);
	const char *name = inbox_event_line(text_of(&value));

	return psprintf("chatwoot: %s", name ? name : "somebody");
}

/* What comes beside the text, and what a customer has done with a message of ours. */
static void
read_enclosed(Decoder *d, InboxMessage *message)
{
	ChatwootEnclosed enclosed = {
		.content_type = &d->top[TOP_CONTENT_TYPE],
		.attributes = &d->top[TOP_CONTENT_ATTRIBUTES],
		.attachments = &d->top[TOP_ATTACHMENTS],
		.channel = d->event->conversation.channel,
	};

	chatwoot_enclosure_read(&enclosed, message);
	if (d->event->kind == INBOX_EVENT_MESSAGE_UPDATED && !message->incoming)
		chatwoot_enclosure_read_answer(&enclosed, message);
}

/* Reads a message; first what decides whether it means anything to us, so that
 * the rest of noise is never looked at. */
static bool
read_message(Decoder *d)
{
	InboxMessage *message = &d->event->message;
	BaseSpan	content[CONTENT_COUNT];
	int64		id;

	if (!base_span_int64(&d->top[TOP_ID], &id) || id <= 0)
		return refuse(d, "id is missing or no positive number");
	if (!read_decisive(d, message))
		return false;
	if (d->event->kind == INBOX_EVENT_IGNORED)
		return true;
	if (!read_conversation(d, &d->top[TOP_CONVERSATION]))
		return false;

	base_span_find(&d->top[TOP_CONTENT_ATTRIBUTES], content_keys,
					CONTENT_COUNT, content);
	message->external_id = number_text(id);
	message->sent_at = written_at(&d->top[TOP_CREATED_AT], &content[CONTENT_WRITTEN_AT]);
	message->source_id = source_of(&d->top[TOP_SOURCE_ID]);
	message->content_type = text_of(&d->top[TOP_CONTENT_TYPE]);
	message->attributes = container_of(&d->top[TOP_CONTENT_ATTRIBUTES], '{');
	message->attachments = container_of(&d->top[TOP_ATTACHMENTS], '[');
	message->marker = text_of(&content[CONTENT_MARKER]);
	message->failure = text_of(&content[CONTENT_ERROR]);
	message->deleted = content[CONTENT_DELETED].kind == 't';
	message->author = judge_author(d, content);
	if (message->author == INBOX_AUTHOR_HUMAN && message->private)
		message->author_name = name_author(&d->top[TOP_SENDER]);
	if (!message->incoming)
		message->status = message->failure ? "failed" : read_status(d, id);
	if (content[CONTENT_EMAIL].kind == '{')
		read_email(d, &content[CONTENT_EMAIL], message);
	if (!message->deleted)
		read_enclosed(d, message);
	if (message->incoming && d->top[TOP_SENDER].kind == '{')
		read_contact(&d->top[TOP_SENDER], &d->event->conversation.contact);
	if (message->author == INBOX_AUTHOR_CUSTOMER)
		message->automaton = chatwoot_sender_automaton(&content[CONTENT_EMAIL], d->event);
	return true;
}

/* Whether an update touched nothing but what every message touches. */
static bool
is_bookkeeping(const BaseSpan *changes)
{
	static const char *const columns[] = {
		"last_activity_at", "updated_at", NULL,
	};
	const char *outer = NULL;
	BaseSpan	change;
	BaseSpan	key;
	BaseSpan	value;

	if (changes->kind != '[')
		return false;
	while (base_span_next(changes, &outer, NULL, &change))
	{
		const char *inner = NULL;

		if (change.kind != '{')
			return false;
		while (base_span_next(&change, &inner, &key, &value))
		{
			if (known_word(&key, columns) == NULL)
				return false;
		}
	}
	return true;
}

static bool
read_account(Decoder *d)
{
	static const char *const id_path[] = {"id", NULL};
	BaseSpan	id = base_span_reach(&d->top[TOP_ACCOUNT], id_path);

	if (!is_told(&d->top[TOP_ACCOUNT]) || d->top[TOP_ACCOUNT].kind == '[')
		return true;			/* conversations before Chatwoot 4.14.2 */
	if (!base_span_int64(&id, &d->event->account_id))
		return refuse(d, "account.id is missing or no number");
	d->event->account_told = true;
	return true;
}

static void
judge_kind(Decoder *d)
{
	d->event->name = base_span_text(&d->top[TOP_EVENT]);
	d->event->kind = INBOX_EVENT_IGNORED;
	for (int i = 0; i < lengthof(event_kinds); i++)
	{
		if (strcmp(d->event->name, event_kinds[i].name) == 0)
			d->event->kind = event_kinds[i].kind;
	}
}

bool
chatwoot_event_decode(const char *body, int body_bytes, InboxEvent *event)
{
	Decoder		d;

	memset(event, 0, sizeof(*event));
	d.event = event;
	if (!base_span_parse(body, body_bytes, &d.body))
		return refuse(&d, "the body is malformed or nested too deeply");
	if (d.body.kind != '{')
		return refuse(&d, "the body is no object");
	base_span_find(&d.body, top_keys, TOP_COUNT, d.top);
	if (d.top[TOP_EVENT].kind != 's')
		return refuse(&d, "event is missing or no string");
	judge_kind(&d);
	if (event->kind == INBOX_EVENT_IGNORED)
		return true;
	if (!read_account(&d))
		return false;

	switch (event->kind)
	{
		case INBOX_EVENT_MESSAGE_CREATED:
		case INBOX_EVENT_MESSAGE_UPDATED:
			return read_message(&d);
		case INBOX_EVENT_CONVERSATION:
			return read_conversation(&d, &d.body);
		default:
			event->is_noise = is_bookkeeping(&d.top[TOP_CHANGED_ATTRIBUTES]);
			read_contact(&d.body, &event->contact);
			if (event->contact.key == NULL)
				return refuse(&d, "id is missing or no number");
			return true;
	}
}
