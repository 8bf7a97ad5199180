/*
 * inbox_retraction.c
 *	  What a customer takes back: the words go, and the turn that was about them.
 *
 * Runs in backends that take events in, with the conversation's thread locked; and
 * in workers when a turn takes the news in.
 *
 * A turn under way holds the words in memory and may be told no sooner than its
 * next tick, so its word counts no more from this commit on (mute_below), whatever
 * it still may take in; what it writes until then is cleared when the turn that
 * follows begins.  That one has what is left, gathered here, as its content.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_mail.h"
#include "inbox/inbox_draft.h"
#include "inbox/inbox_likeness.h"
#include "inbox/inbox_retraction.h"

SQL_FUNCTION(cut_text);
SQL_FUNCTION(text_trace);

/* Member of the state that tells a turn of it: the number of the message. */
#define RETRACTED "retracted"

/* The same: another conversation has what this one's turn is about. */
#define ELSEWHERE "answered_elsewhere"

/* A reply of ours that somebody deleted: it may be refused later, and is not quoted then. */
static void
forget_reply(const InboxConversation *conversation, const char *marker)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.deliveries AS d SET payload = pg_catalog.jsonb_build_object("
		" 'forgotten', frontdesk.text_trace(d.payload ->> 'content')) || d.payload || '{\"content\": \"\"}' "
		"WHERE d.account_id = $1 AND d.thread_id = $2 AND d.kind = 'reply' "
		"AND $3 = pg_catalog.concat(d.thread_id, '/', d.seq)",
		{INT4OID, UUIDOID, TEXTOID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id),
	UUIDPGetDatum(&conversation->id), CStringGetTextDatum(marker)};

	base_spi_execute(&statement, values, NULL);
}

/* Clears the row; of a customer's message its number and its words of before. */
static bool
clear_row(const InboxConversation *conversation, const InboxMessage *message, int64 *seq, char **words)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.messages AS m SET content = NULL, enclosed = NULL, opaque = NULL, "
		" attachments = NULL, content_attributes = NULL "
		"FROM frontdesk.messages AS o "
		"WHERE o.account_id = $1 AND o.conversation_id = $2 AND o.chatwoot_message_id = $3 "
		"AND (o.content IS NOT NULL OR o.enclosed IS NOT NULL OR o.attachments IS NOT NULL) "
		"AND m.account_id = o.account_id AND m.id = o.id "
		"RETURNING m.seq, coalesce(o.content, o.enclosed), m.direction = 'incoming' AND m.author = 'customer', "
		"CASE m.author WHEN 'bot' THEN o.content_attributes ->> 'frontdesk' END",
		{INT4OID, UUIDOID, TEXTOID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id),
	UUIDPGetDatum(&conversation->id), CStringGetTextDatum(message->external_id)};

	char	   *marker;

	if (base_spi_execute(&statement, values, NULL) == 0)
		return false;
	if (!base_spi_bool(0, 3, false))
	{
		if ((marker = base_spi_text(0, 4)) != NULL)
			forget_reply(conversation, marker);
		return false;
	}
	*seq = base_spi_int64(0, 1, 0);
	*words = base_spi_text(0, 2);
	return true;
}

static void
forget_words(const InboxConversation *conversation, int64 seq, const char *words)
{
	static BaseStatement statement = {
		"SELECT frontdesk.forget_words($1, $2, $3, $4)", {INT4OID, UUIDOID, INT8OID, TEXTOID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id),
	UUIDPGetDatum(&conversation->id), Int64GetDatum(seq), words ? CStringGetTextDatum(words) : (Datum) 0};

	base_spi_execute(&statement, values, words ? NULL : "   n");
}

static void
forget_steps(int account_id, const pg_uuid_t *thread_id, int64 seq)
{
	static BaseStatement statement = {
		"SELECT frontdesk.forget_steps($1, $2, $3)", {INT4OID, UUIDOID, INT8OID}
	};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id), Int64GetDatum(seq)};

	base_spi_execute(&statement, values, NULL);
}

/* What a turn is told: the number, and what is left to answer. */
static Jsonb *
describe_rest(const InboxConversation *conversation, int64 seq)
{
	static BaseStatement statement = {
		"SELECT frontdesk.retraction_payload($1, $2, $3)", {INT4OID, UUIDOID, INT8OID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id),
	UUIDPGetDatum(&conversation->id), Int64GetDatum(seq)};
	bool		isnull;

	base_spi_execute(&statement, values, NULL);
	return DatumGetJsonbPCopy(base_spi_value(0, 1, &isnull));
}

/*
 * Silences the turns that have read the message, by its number.  What is meant by an
 * earlier muting stays meant as long as something of it may be on its way.
 */
static void
mute(const InboxConversation *conversation, int64 from, int64 below)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET mute_below = greatest(c.mute_below, $3), "
		" mute_from = CASE WHEN c.mute_below = 0 OR EXISTS (SELECT FROM frontdesk.threads AS t "
		"  WHERE t.account_id = c.account_id AND t.id = c.id AND t.slot IS NULL AND t.lane_head > t.lane_seq "
		"  AND t.read_seq >= c.mute_below) THEN $4 ELSE least(c.mute_from, $4) END "
		"WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, INT8OID, INT8OID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id),
	UUIDPGetDatum(&conversation->id), Int64GetDatum(below), Int64GetDatum(from)};

	base_spi_execute(&statement, values, NULL);
}

/* Takes what was made of a cleared message back, and has a turn answer the rest. */
static void
take_back(InboxConversation *conversation, int64 seq, const char *words)
{
	int			account_id = conversation->origin.account_id;

	forget_words(conversation, seq, words);
	inbox_draft_withdraw(account_id, &conversation->id, "the customer has deleted the message");
	if (!engine_mail_is_unread(account_id, &conversation->id, seq))
		return;
	forget_steps(account_id, &conversation->id, seq);
	conversation->event_seq = engine_mail_post_to(conversation->thread, "retraction",
												  describe_rest(conversation, seq), setting_quiet_time);
	mute(conversation, seq, conversation->event_seq);
}

/*
 * The same where the message was answered together with another conversation's
 * (inbox_split.h), which has a copy.
 */
static void
take_back_copies(const InboxConversation *conversation, const char *external_id, const char *words)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.messages AS m SET content = NULL, enclosed = NULL, opaque = NULL, attachments = NULL, "
		" content_attributes = NULL "
		"FROM frontdesk.conversations AS c JOIN frontdesk.conversations AS o ON o.account_id = c.account_id "
		" AND o.lead_id = c.lead_id AND o.id <> c.id "
		" AND o.created_at BETWEEN c.created_at - '1 day'::interval AND c.created_at + '1 day'::interval "
		"WHERE c.account_id = $1 AND c.id = $2 AND m.account_id = o.account_id AND m.conversation_id = o.id "
		"AND m.content_attributes ->> 'told_as' = $3 RETURNING m.conversation_id, m.seq",
		{INT4OID, UUIDOID, TEXTOID}
	};
	int			account_id = conversation->origin.account_id;
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(&conversation->id),
	CStringGetTextDatum(external_id)};
	uint64		count = base_spi_execute(&statement, values, NULL);
	InboxConversation *copies = palloc0(Max(count, 1) * sizeof(InboxConversation));
	int64	   *numbers = palloc(Max(count, 1) * sizeof(int64));
	bool		isnull;

	for (uint64 i = 0; i < count; i++)
	{
		copies[i].origin = conversation->origin;
		copies[i].id = *DatumGetUUIDP(base_spi_value(i, 1, &isnull));
		numbers[i] = base_spi_int64(i, 2, 0);
	}
	for (uint64 i = 0; i < count; i++)
	{
		copies[i].thread = engine_mail_lock(account_id, &copies[i].id);
		if (copies[i].thread == NULL)
			continue;
		take_back(&copies[i], numbers[i], words);
		engine_mail_save(copies[i].thread);
	}
}

void
inbox_retraction_apply(InboxConversation *conversation, const InboxMessage *message)
{
	int64		seq;
	char	   *words;

	if (message->external_id == NULL || !clear_row(conversation, message, &seq, &words))
		return;
	take_back(conversation, seq, words);
	take_back_copies(conversation, message->external_id, words);
}

void
inbox_retraction_begin(EngineTurn *turn)
{
	int64		seq = base_jsonb_number(turn->state, RETRACTED, 0);
	char	   *content;

	if (base_jsonb_bool(turn->state, ELSEWHERE, false))
	{
		turn->skip = true;
		engine_turn_merge(turn, base_jsonb_parse("{\"" ELSEWHERE "\": null}"));
	}
	if (seq == 0)
		return;
	forget_steps(turn->account_id, &turn->thread_id, seq);
	content = base_jsonb_text(turn->state, "content");
	turn->skip |= content == NULL || content[0] == '\0';
	engine_turn_merge(turn, base_jsonb_parse("{\"" RETRACTED "\": null}"));
}

/* cut_text(content, piece): memmem() has no texts that it is slow with. */
PGDLLEXPORT Datum
frontdesk_cut_text(PG_FUNCTION_ARGS)
{
	text	   *content = PG_GETARG_TEXT_PP(0);
	text	   *piece = PG_GETARG_TEXT_PP(1);
	const char *at = VARDATA_ANY(content);
	const char *end = at + VARSIZE_ANY_EXHDR(content);
	int			bytes = VARSIZE_ANY_EXHDR(piece);
	const char *found = bytes > 0 ? memmem(at, end - at, VARDATA_ANY(piece), bytes) : NULL;
	StringInfoData rest;

	if (found == NULL)
		PG_RETURN_NULL();
	initStringInfo(&rest);
	for (; found != NULL; found = memmem(at, end - at, VARDATA_ANY(piece), bytes))
	{
		appendBinaryStringInfo(&rest, at, found - at);
		at = found + bytes;
	}
	appendBinaryStringInfo(&rest, at, end - at);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(rest.data, rest.len));
}

/* text_trace(content) */
PGDLLEXPORT Datum
frontdesk_text_trace(PG_FUNCTION_ARGS)
{
	InboxLikeness likeness;

	inbox_likeness_read(text_to_cstring(PG_GETARG_TEXT_PP(0)), &likeness);
	PG_RETURN_INT64(inbox_likeness_trace(&likeness));
}
