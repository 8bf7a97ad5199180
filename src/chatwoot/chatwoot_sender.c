/*
 * chatwoot_sender.c
 *	  Whether a message that Chatwoot tells of was written by a machine, and
 *	  whether its conversation is one with many.
 *
 * Pure.  Runs in the backend that takes the webhook in.  Chatwoot itself flags
 * some mails of machines (auto_reply), and tells headers only in some versions,
 * as an object, as a list of pairs, or not at all; so the sender's address, the
 * subject and the text are looked at, too.
 */
#include "postgres.h"

#include "chatwoot/chatwoot_sender.h"

/* Headers of a mail that are looked at, at most. */
#define MAX_HEADERS 200

/* One header as it was told; NULL when it is not text. */
typedef struct Header
{
	char	   *name;
	char	   *value;
} Header;

/* Reads a member {name: value} or an element {"name": …, "value": …}. */
static Header
read_header(const BaseSpan *key, const BaseSpan *value)
{
	static const char *const pair[] = {"name", "value"};
	BaseSpan	v[2];

	if (key->kind == 's')
		return (Header) {base_span_text(key), base_span_text(value)};
	base_span_find(value, pair, 2, v);
	return (Header) {base_span_text(&v[0]), base_span_text(&v[1])};
}

/* What the members of an object or list of headers betray; the members of the
 * mail itself are headers, too, as "auto_submitted". */
static InboxAutomaton
of_headers(const BaseSpan *headers)
{
	InboxAutomaton found = INBOX_AUTOMATON_NONE;
	bool		is_group = false;
	const char *cursor = NULL;
	BaseSpan	key = {0};
	BaseSpan	value;

	if (headers->kind != '{' && headers->kind != '[')
		return INBOX_AUTOMATON_NONE;
	for (int i = 0; i < MAX_HEADERS && base_span_next(headers, &cursor, headers->kind == '{' ? &key : NULL, &value); i++)
	{
		Header		header = read_header(&key, &value);
		InboxAutomaton automaton = inbox_automaton_of_header(header.name, header.value);

		is_group |= header.name != NULL && inbox_automaton_is_group(header.name);
		found = Max(found, automaton);
	}
	/* the address of a team is often a group that passes on what people write */
	return is_group && found == INBOX_AUTOMATON_NEWSLETTER ? INBOX_AUTOMATON_NONE : found;
}

/* The address that wrote: the contact's, which follows Reply-To; else From. */
static const char *
address_of(const BaseSpan *from, const InboxEvent *event)
{
	const char *cursor = NULL;
	BaseSpan	first;

	if (event->conversation.contact.email != NULL)
		return event->conversation.contact.email;
	if (from->kind == '[' && base_span_next(from, &cursor, NULL, &first))
		return base_span_text(&first);
	return from->kind == 's' ? base_span_text(from) : NULL;
}

/* The surest sign first; Chatwoot's own flag tells least of what it was. */
static InboxAutomaton
of_mail(const BaseSpan *email, const InboxEvent *event)
{
	enum
	{
		AUTO_REPLY, HEADERS, SUBJECT, FROM, IN_REPLY_TO, COUNT
	};
	static const char *const keys[COUNT] = {"auto_reply", "headers", "subject", "from", "in_reply_to"};
	static const char *const whole_path[] = {"text_content", "full", NULL};
	BaseSpan	whole;
	BaseSpan	v[COUNT];
	InboxAutomaton found;

	base_span_find(email, keys, COUNT, v);
	if ((found = of_headers(&v[HEADERS])) != INBOX_AUTOMATON_NONE ||
		(found = of_headers(email)) != INBOX_AUTOMATON_NONE ||
		(found = inbox_automaton_of_address(address_of(&v[FROM], event))) != INBOX_AUTOMATON_NONE ||
		(found = inbox_automaton_of_subject(base_span_text(&v[SUBJECT]))) != INBOX_AUTOMATON_NONE)
		return found;
	if (v[AUTO_REPLY].kind == 't')
		return INBOX_AUTOMATON_AUTO_REPLY;
	/* of an answer only what is new: what it quotes may be a newsletter of ours */
	whole = base_span_reach(email, whole_path);
	return inbox_automaton_of_text(v[IN_REPLY_TO].kind == 's' || whole.kind != 's' ? event->message.content :
								   base_span_text(&whole), true);
}

InboxAutomaton
chatwoot_sender_automaton(const BaseSpan *email, const InboxEvent *event)
{
	if (email->kind == '{')
		return of_mail(email, event);
	return inbox_automaton_of_text(event->message.content, false);
}

/* Telegram's groups have negative numbers. */
static bool
is_negative(const BaseSpan *number)
{
	int64		value;

	if (number->kind == 's')
		return number->bytes > 3 && number->start[1] == '-';
	return base_span_int64(number, &value) && value < 0;
}

bool
chatwoot_sender_is_crowd(const BaseSpan *contact_inbox, const BaseSpan *additional,
						 const char *channel)
{
	static const char *const source_path[] = {"source_id", NULL};
	static const char *const keys[] = {"chat_id", "is_group", "chat_type", "type"};
	static const char *const crowds[] = {"group", "supergroup", "channel", "broadcast"};
	BaseSpan	source = base_span_reach(contact_inbox, source_path);
	BaseSpan	v[lengthof(keys)];

	base_span_find(additional, keys, lengthof(keys), v);
	if (inbox_automaton_is_crowd(base_span_text(&source)) || v[1].kind == 't')
		return true;
	for (int i = 0; i < lengthof(crowds); i++)
		if (base_span_is(&v[2], crowds[i]) || base_span_is(&v[3], crowds[i]))
			return true;
	return channel != NULL && strcmp(channel, "telegram") == 0 &&
		(is_negative(&v[0]) || is_negative(&source));
}
