/*
 * inbox_subject.c
 *	  What a turn of a conversation needs to know, read for many turns at once.
 *
 * Runs in workers, inside the short transaction that claims threads.  Two
 * statements serve all turns of a batch; each looks rows up by key, turn by
 * turn, whatever the planner thinks of the tables (hence LATERAL with LIMIT).
 * Everything lives in the context of the turn's subject.
 *
 * The history is the last messages by arrival, ordered by the time at the
 * source, then by the source's id, then by arrival.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "inbox/inbox_subject.h"
#include "inbox/inbox_table.h"
#include "inbox/inbox_transport.h"
#include "security/security_ends.h"

static BaseStatement conversation_statement = {
	"SELECT t.n::integer, c.site_id, c.transport, c.display_id, c.channel::text, "
	" c.status, c.subject, c.priority, c.handled_by = 'human', c.assignee_id, "
	" pg_catalog.to_jsonb(c.labels), c.lead_id, c.name, c.email, c.phone, "
	" c.chatwoot_contact_id::text, c.blocked "
	"FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY "
	" AS t (account_id, id, n) CROSS JOIN LATERAL ("
	" SELECT k.*, l.name, l.email, l.phone, l.chatwoot_contact_id, l.blocked, s.adapter AS transport "
	" FROM (SELECT * FROM frontdesk.conversations AS o "
	"  WHERE o.account_id = t.account_id AND o.id = t.id LIMIT 1) AS k "
	" CROSS JOIN LATERAL (SELECT * FROM frontdesk.leads AS o "
	"  WHERE o.account_id = k.account_id AND o.id = k.lead_id LIMIT 1) AS l "
	" CROSS JOIN LATERAL (SELECT * FROM frontdesk.services AS o "
	"  WHERE o.account_id = k.account_id AND o.id = k.site_id LIMIT 1) AS s) AS c",
	{INT4ARRAYOID, UUIDARRAYOID}
};

/* What a message quotes, by its id at the source; looked for only where it does. */
#define QUOTED \
	" LEFT JOIN LATERAL (SELECT pg_catalog.left(coalesce(o.content, o.enclosed), 2000) AS content, o.direction " \
	"  FROM frontdesk.messages AS o " \
	"  WHERE k.reply_to IS NOT NULL AND o.account_id = k.account_id " \
	"  AND o.conversation_id = k.conversation_id AND o.chatwoot_message_id = k.reply_to " \
	"  AND NOT o.private LIMIT 1) AS q ON true "

/* What a message of ours or of a person answers; greetings and campaigns answer nothing. */
#define ANSWERED \
	" CASE WHEN k.direction = 'outgoing' AND k.author IN ('human', 'bot') THEN coalesce(k.answers_up_to, k.seq) " \
	" ELSE 0 END AS answered, "

static BaseStatement history_statement = {
	"SELECT t.n::integer, m.seq, m.direction = 'incoming', m.author, m.content, "
	" m.chatwoot_message_id::text, m.sent_at, m.enclosed, m.opaque, m.quoted, m.quotes_us, m.created_at, m.refused, m.answered, m.aside "
	"FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)) WITH ORDINALITY "
	" AS t (account_id, id, length, n) CROSS JOIN LATERAL ("
	" SELECT k.*, q.content AS quoted, q.direction = 'outgoing' AS quotes_us, "
	ANSWERED
	" k.direction = 'outgoing' AND coalesce(k.status = 'failed', false) AS refused "
	" FROM frontdesk.messages AS k "
	QUOTED
	" WHERE k.account_id = t.account_id AND k.conversation_id = t.id "
	" AND NOT k.private AND (k.content IS NOT NULL OR k.enclosed IS NOT NULL) "
	" AND (k.author = 'customer' OR k.direction = 'outgoing') "
	" ORDER BY k.seq DESC LIMIT t.length) AS m "
	"ORDER BY t.n, m.sent_at, pg_catalog.length(m.chatwoot_message_id), "
	" m.chatwoot_message_id COLLATE \"C\", m.seq",
	{INT4ARRAYOID, UUIDARRAYOID, INT8ARRAYOID}
};

/* The same where a turn may not know of everything that was said since, but for what a
 * turn before it had decided. */
static BaseStatement known_history_statement = {
	"SELECT t.n::integer, m.seq, m.direction = 'incoming', m.author, m.content, "
	" m.chatwoot_message_id::text, m.sent_at, m.enclosed, m.opaque, m.quoted, m.quotes_us, m.created_at, m.refused, m.answered, m.aside "
	"FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) WITH ORDINALITY "
	" AS t (account_id, id, length, until, n) CROSS JOIN LATERAL ("
	" SELECT k.*, q.content AS quoted, q.direction = 'outgoing' AS quotes_us, "
	ANSWERED
	" k.direction = 'outgoing' AND coalesce(k.status = 'failed', false) AS refused "
	" FROM frontdesk.messages AS k "
	QUOTED
	" WHERE k.account_id = t.account_id AND k.conversation_id = t.id "
	" AND k.seq <= t.until + 100 AND (k.seq <= t.until OR k.answers_up_to BETWEEN 1 AND t.until - 1) "
	" AND NOT k.private AND (k.content IS NOT NULL OR k.enclosed IS NOT NULL) "
	" AND (k.author = 'customer' OR k.direction = 'outgoing') "
	" ORDER BY k.seq DESC LIMIT t.length) AS m "
	"ORDER BY t.n, m.sent_at, pg_catalog.length(m.chatwoot_message_id), "
	" m.chatwoot_message_id COLLATE \"C\", m.seq",
	{INT4ARRAYOID, UUIDARRAYOID, INT8ARRAYOID, INT8ARRAYOID}
};

/* The keys of all turns as two arrays. */
static void
make_keys(EngineTurn **turns, int count, Datum *values)
{
	Datum	   *accounts = palloc(sizeof(Datum) * count);
	Datum	   *threads = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
	{
		accounts[i] = Int32GetDatum(turns[i]->account_id);
		threads[i] = UUIDPGetDatum(&turns[i]->original_id);
	}
	values[0] = PointerGetDatum(construct_array(accounts, count, INT4OID,
												sizeof(int32), true, TYPALIGN_INT));
	values[1] = PointerGetDatum(construct_array(threads, count, UUIDOID,
												UUID_LEN, false, TYPALIGN_CHAR));
}

static Jsonb *
copy_jsonb(uint64 row, int column)
{
	bool		isnull;
	Datum		value = base_spi_value(row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

/*
 * A burst that waited long is read as a whole, however much else there is: a
 * reply of the turn before may have arrived behind it.
 */
static int64
history_length(EngineTurn *turn, int wanted)
{
	int64		newest = turn->is_rehearsal ? turn->known_event :
		Max(turn->last_mail, engine_turn_last_event(turn));
	int64		burst = turn->first_mail > 0 ? newest - turn->first_mail + 1 : 0;

	return Min(INBOX_BURST_LENGTH, Max(Max(INBOX_HISTORY_LENGTH, wanted), burst));
}

/* Reads one row; the current context is the subject's. */
static void
read_conversation(EngineTurn *turn, uint64 row)
{
	InboxSubject *subject = palloc0(sizeof(InboxSubject));
	bool		isnull;

	subject->origin.account_id = turn->account_id;
	subject->origin.site_id = base_spi_int32(row, 2, 0);
	subject->transport_name = base_spi_text(row, 3);
	subject->transport = inbox_transport_find(subject->transport_name);
	subject->display_id = base_spi_int64(row, 4, 0);
	subject->channel = base_spi_text(row, 5);
	subject->status = base_spi_text(row, 6);
	subject->subject_line = base_spi_text(row, 7);
	subject->priority = base_spi_text(row, 8);
	subject->by_human = base_spi_bool(row, 9, false);
	subject->assignee_id = base_spi_int64(row, 10, 0);
	subject->labels = copy_jsonb(row, 11);
	subject->lead_id = *DatumGetUUIDP(base_spi_value(row, 12, &isnull));
	subject->lead_name = base_spi_text(row, 13);
	subject->lead_email = base_spi_text(row, 14);
	subject->lead_phone = base_spi_text(row, 15);
	subject->contact_key = base_spi_text(row, 16);
	subject->is_blocked = base_spi_bool(row, 17, false);
	turn->subject = subject;
	turn->skip = (subject->by_human || subject->is_blocked) && !turn->is_rehearsal;
}

/* One statement for all turns; a turn whose conversation is gone has no subject. */
static void
load_conversations(EngineTurn **turns, int count, Datum *keys, const int *lengths)
{
	uint64		rows = base_spi_execute(&conversation_statement, keys, NULL);

	for (int i = 0; i < count; i++)
	{
		turns[i]->subject = NULL;
		turns[i]->skip = true;
	}
	for (uint64 row = 0; row < rows; row++)
	{
		int			n = base_spi_int32(row, 1, 1) - 1;
		EngineTurn *turn = turns[n];
		MemoryContext caller = MemoryContextSwitchTo(turn->subject_context);

		read_conversation(turn, row);
		((InboxSubject *) turn->subject)->history =
			palloc(sizeof(InboxUtterance) * history_length(turn, lengths[n]));
		MemoryContextSwitchTo(caller);
	}
}

/* Adds one row to a history; the current context is the subject's. */
static void
read_utterance(InboxSubject *subject, uint64 row)
{
	InboxUtterance *utterance = &subject->history[subject->history_count];
	bool		isnull;

	if (base_spi_bool(row, 13, false))
	{
		/* its provider refused it: it was never said */
		subject->has_refused = true;
		return;
	}
	subject->history_count++;

	utterance->seq = base_spi_int64(row, 2, 0);
	utterance->incoming = base_spi_bool(row, 3, false);
	utterance->author = base_spi_text(row, 4);
	/* no more than a prompt or a burst can use: thousands of turns wait */
	utterance->end_bytes = Max(setting_prompt_message_limit * 1024 / 2, INBOX_BURST_BYTES);
	utterance->content = base_spi_text(row, 5);
	if (utterance->content)
		utterance->content = security_ends_keep(unconstify(char *, utterance->content),
												utterance->end_bytes, &utterance->left_out);
	utterance->external_id = base_spi_text(row, 6);
	utterance->sent_at = DatumGetTimestampTz(base_spi_value(row, 7, &isnull));
	utterance->enclosed = base_spi_text(row, 8);
	utterance->opaque = base_spi_text(row, 9);
	utterance->quoted = base_spi_text(row, 10);
	utterance->quotes_us = base_spi_bool(row, 11, false);
	utterance->heard_at = DatumGetTimestampTz(base_spi_value(row, 12, &isnull));
	utterance->is_aside = base_spi_bool(row, 15, false);
	subject->answered = Max(subject->answered, base_spi_int64(row, 14, 0));
}

/* Reads the last messages of all turns; of rehearsals those they know of. */
static uint64
execute_history(EngineTurn **turns, int count, Datum *keys, const int *wanted)
{
	Datum	   *known = palloc(sizeof(Datum) * count);
	Datum	   *lengths = palloc(sizeof(Datum) * count);
	bool		rehearsed = false;

	for (int i = 0; i < count; i++)
	{
		rehearsed |= turns[i]->is_rehearsal;
		lengths[i] = Int64GetDatum(history_length(turns[i], wanted[i]));
		known[i] = Int64GetDatum(turns[i]->is_rehearsal ? turns[i]->known_event : PG_INT64_MAX / 2);
	}
	keys[2] = PointerGetDatum(construct_array(lengths, count, INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE));
	if (!rehearsed)
		return base_spi_execute(&history_statement, keys, NULL);
	keys[3] = PointerGetDatum(construct_array(known, count, INT8OID, sizeof(int64), true, TYPALIGN_DOUBLE));
	return base_spi_execute(&known_history_statement, keys, NULL);
}

void
inbox_subject_load(EngineTurn **turns, int count, const int *lengths)
{
	Datum		keys[4];
	uint64		rows;

	make_keys(turns, count, keys);
	load_conversations(turns, count, keys, lengths);
	rows = execute_history(turns, count, keys, lengths);
	for (uint64 row = 0; row < rows; row++)
	{
		EngineTurn *turn = turns[base_spi_int32(row, 1, 1) - 1];
		MemoryContext caller = MemoryContextSwitchTo(turn->subject_context);

		if (turn->subject)
			read_utterance(turn->subject, row);
		MemoryContextSwitchTo(caller);
	}
}

TimestampTz
inbox_subject_source_time(EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;
	const InboxUtterance *newest = NULL;
	TimestampTz now = base_clock_now();

	for (int i = 0; subject && i < subject->history_count; i++)
	{
		const InboxUtterance *u = &subject->history[i];

		if (u->incoming && u->seq <= turn->last_mail && (newest == NULL || u->sent_at >= newest->sent_at))
			newest = u;
	}
	return newest ? newest->sent_at + Max(now - newest->heard_at, 1) : now;
}

/* Whether the contact of a conversation is blocked by now. */
static bool
is_blocked(int account_id, const BaseRow *conversation)
{
	Datum		key[] = {Int32GetDatum(account_id), conversation->values[CONVERSATION_LEAD_ID]};
	BaseRow		lead;

	return base_row_find(&inbox_leads, LEAD_BY_ID, key, &lead) && DatumGetBool(lead.values[LEAD_BLOCKED]);
}

static bool
is_muted(const EngineTurn *turn, const BaseRow *conversation)
{
	return base_row_int64(conversation, CONVERSATION_MUTE_BELOW, 0) > turn->last_mail &&
		base_row_int64(conversation, CONVERSATION_MUTE_FROM, 0) <= turn->last_mail;
}

bool
inbox_subject_is_muted(EngineTurn *turn)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	BaseRow		row;

	return !turn->is_rehearsal && base_row_find(&inbox_conversations, CONVERSATION_BY_ID, key, &row) &&
		is_muted(turn, &row);
}

bool
inbox_subject_is_silenced(EngineTurn *turn)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	BaseRow		row;

	if (!base_row_find(&inbox_conversations, CONVERSATION_BY_ID, key, &row))
		return true;
	if (turn->subject)
		((InboxSubject *) turn->subject)->has_draft = !row.nulls[CONVERSATION_DRAFT_ID];
	return strcmp(base_row_text(&row, CONVERSATION_HANDLED_BY), "human") == 0 ||
		is_muted(turn, &row) ||
		is_blocked(turn->account_id, &row);
}

/* Whether the customer's own message began the turn. */
static bool
began_with_message(const EngineTurn *turn, const InboxSubject *subject)
{
	for (int i = 0; i < subject->history_count; i++)
		if (subject->history[i].incoming && subject->history[i].seq == turn->first_mail)
			return true;
	return false;
}

/* Where a burst begins: with the mail that the turn took in, or with what nobody has
 * answered, where an answer never arrived or a message has joined a turn that other
 * mail began, as that of a conversation which a person gives back. */
static int64
burst_begin(const EngineTurn *turn, const InboxSubject *subject)
{
	if (subject->has_refused ||
		(turn->first_mail != turn->last_mail && !began_with_message(turn, subject)))
		return Min(turn->first_mail, subject->answered + 1);
	return turn->first_mail;
}

static bool
is_of_burst(const EngineTurn *turn, const InboxUtterance *utterance)
{
	return utterance->incoming && utterance->seq >= burst_begin(turn, turn->subject) &&
		utterance->seq <= turn->last_mail &&
		(utterance->seq >= turn->first_mail || !utterance->is_aside);
}

/* Where the text of a burst begins: in which message, which gets how many bytes.
 * The newest come first, so that a short question behind a long mail is read. */
static int
find_beginning(const EngineTurn *turn, const InboxSubject *subject, int *bytes)
{
	int			room = INBOX_BURST_BYTES;
	int			first = subject->history_count;

	*bytes = 0;
	for (int i = subject->history_count - 1; i >= 0 && room > 0; i--)
	{
		const char *content = subject->history[i].content;

		if (content == NULL || !is_of_burst(turn, &subject->history[i]))
			continue;
		first = i;
		*bytes = security_ends_boundary(content, strlen(content), Min((int) strlen(content), room));
		room -= *bytes + 1;
	}
	return first;
}

/* What weighs most when several things are opaque: what nobody may overlook. */
static const char *
weigh_opaque(const char *known, const char *added)
{
	static const char *const words[] = {
		"audio", "video", "image", "post", "file", "unsupported",
	};

	for (int i = 0; i < lengthof(words); i++)
	{
		if (known && strcmp(known, words[i]) == 0)
			return known;
		if (added && strcmp(added, words[i]) == 0)
			return words[i];
	}
	return known;
}

static void
append_line(StringInfo out, const char *text, int bytes)
{
	if (out->len > 0)
		appendStringInfoChar(out, '\n');
	appendBinaryStringInfo(out, text, bytes);
}

InboxBurst
inbox_subject_burst(EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;
	MemoryContext caller = MemoryContextSwitchTo(turn->subject_context);
	InboxBurst	burst = {0};
	StringInfoData text;
	StringInfoData enclosed;
	int			bytes;
	int			first = subject ? find_beginning(turn, subject, &bytes) : 0;

	initStringInfo(&text);
	initStringInfo(&enclosed);
	for (int i = 0; subject && i < subject->history_count; i++)
	{
		const InboxUtterance *utterance = &subject->history[i];

		if (!is_of_burst(turn, utterance))
			continue;
		burst.count++;
		if (utterance->content && i >= first)
			append_line(&text, utterance->content, i == first ? bytes : (int) strlen(utterance->content));
		if (utterance->enclosed)
			append_line(&enclosed, utterance->enclosed, strlen(utterance->enclosed));
		burst.opaque = weigh_opaque(burst.opaque, utterance->opaque);
	}
	MemoryContextSwitchTo(caller);
	burst.text = text.data;
	burst.enclosed = enclosed.data;
	return burst;
}
