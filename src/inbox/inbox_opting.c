/*
 * inbox_opting.c
 *	  A customer who wants no more messages, or wants them again.
 *
 * Runs in the backend that takes the event in, inside its transaction, with the
 * thread locked, so that the row is there when the webhook is acknowledged.  No
 * classifier and no model has a say: the rows of frontdesk.phrases decide.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/base_spi.h"
#include "inbox/inbox_opting.h"
#include "inbox/inbox_phrase.h"

/* Of a mail with a signature behind its words. */
#define LONGEST_SIGNATURE 300

/* What is judged: of an e-mail the first paragraph, when what follows asks
 * nothing and is no longer than a signature. */
static const char *
opting_words(const InboxConversation *conversation, const InboxMessage *message)
{
	const char *words = message->content;
	const char *blank;

	if (words == NULL || strcmp(conversation->channel, "email") != 0)
		return words;
	words += strspn(words, " \t\r\n");
	blank = strstr(words, "\n\n");
	if (blank == NULL)
		blank = strstr(words, "\r\n\r\n");
	if (blank == NULL || strlen(blank) > LONGEST_SIGNATURE || strchr(blank, '?') != NULL)
		return words;
	return pnstrdup(words, blank - words);
}

static bool
is_opted_out(const InboxConversation *conversation)
{
	static BaseStatement statement = {
		"SELECT frontdesk.is_opted_out($1, c.lead_id, c.channel) FROM frontdesk.conversations AS c "
		"WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&conversation->id)};

	return base_spi_execute(&statement, values, NULL) > 0 && base_spi_bool(0, 1, false);
}

bool
inbox_opting_hear(InboxConversation *conversation, const InboxEvent *event,
				  const pg_uuid_t *id, bool is_history)
{
	static BaseStatement statement = {
		"SELECT frontdesk.hear_opting($1, $2, $3, $4, $5, $6)",
		{INT4OID, UUIDOID, UUIDOID, BOOLOID, TEXTOID, BOOLOID}
	};
	const InboxMessage *message = &event->message;
	const char *language;
	InboxPhraseKind kind;
	const char *words;
	Datum		values[6];

	if (message->author != INBOX_AUTHOR_CUSTOMER || message->private ||
		message->automaton != INBOX_AUTOMATON_NONE || message->deleted || (words = opting_words(conversation, message)) == NULL)
		return false;
	kind = inbox_phrase_judge(conversation->origin.account_id, conversation->channel, words, &language);
	/* who never opted out and says "start" wants something else */
	if (kind == INBOX_PHRASE_NONE || (kind == INBOX_PHRASE_OPT_IN && !is_opted_out(conversation)))
		return false;
	conversation->event_seq = engine_mail_draw_event(conversation->thread);
	values[0] = Int32GetDatum(conversation->origin.account_id);
	values[1] = UUIDPGetDatum(&conversation->id);
	values[2] = UUIDPGetDatum(id);
	values[3] = BoolGetDatum(kind == INBOX_PHRASE_OPT_OUT);
	values[4] = CStringGetTextDatum(language);
	values[5] = BoolGetDatum(is_history || event->conversation.contact.blocked);
	base_spi_execute(&statement, values, NULL);
	return true;
}
