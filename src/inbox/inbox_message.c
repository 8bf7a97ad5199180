/*
 * inbox_message.c
 *	  Messages as rows: each exactly once.
 *
 * Runs in the backend that takes an event in, and in workers when a delivery
 * of ours has arrived.
 *
 * Whoever stores a message has the thread's row locked (it came with the
 * conversation), so the number that follows the last one handed out is free;
 * whoever it was stored for hands that number out next (engine_mail_post,
 * engine_mail_next_event) in the same transaction.  Of two equal events at once
 * the second waits at the lock and then finds the row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "inbox/inbox_message.h"

static BaseStatement store_statement = {
	"INSERT INTO frontdesk.messages (account_id, id, conversation_id, seq, "
	" direction, author, private, channel, content, content_type, "
	" content_attributes, attachments, chatwoot_message_id, source_id, status, "
	" failure, sent_at) "
	"VALUES ($1, $2, $3, $17, CASE WHEN $4 THEN 'incoming' ELSE 'outgoing' END, "
	" $5, $6, $7, $8, coalesce($9, 'text'), $10, $11, $12, $13, $14, $15, $16) "
	"ON CONFLICT DO NOTHING",
	{INT4OID, UUIDOID, UUIDOID, BOOLOID, TEXTOID, BOOLOID, TEXTOID, TEXTOID,
		TEXTOID, JSONBOID, JSONBOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
	TIMESTAMPTZOID, INT8OID}
};

#define STORE_ARGS 17

/* Places a text argument; false of `*nulls` marks. */
static void
set_text(Datum *value, char *null, const char *text)
{
	*null = text ? ' ' : 'n';
	*value = text ? CStringGetTextDatum(text) : (Datum) 0;
}

static void
set_json(Datum *value, char *null, const char *text)
{
	*null = text ? ' ' : 'n';
	*value = text ? JsonbPGetDatum(base_jsonb_parse(text)) : (Datum) 0;
}

/* Says in the attributes how much was cut off the content. */
static void
flag_cut(Datum *attributes, char *null, int64 bytes)
{
	Jsonb	   *flag = base_jsonb_parse(psprintf("{\"truncated\": " INT64_FORMAT "}", bytes));

	if (*null == ' ')
		flag = base_jsonb_merge(DatumGetJsonbP(*attributes), flag);
	*attributes = JsonbPGetDatum(flag);
	*null = ' ';
}

/* Whether the message is stored, under either of its names. */
static bool
is_stored(const InboxConversation *conversation, const InboxMessage *message)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.messages AS m WHERE m.account_id = $1 "
		"AND m.conversation_id = $2 AND m.chatwoot_message_id = $3 "
		"UNION ALL SELECT FROM frontdesk.messages AS m WHERE m.account_id = $1 "
		"AND m.conversation_id = $2 AND m.direction = 'incoming' AND m.source_id = $4 "
		"LIMIT 1",
		{INT4OID, UUIDOID, TEXTOID, TEXTOID}
	};
	char		nulls[] = "    ";
	Datum		values[4];

	values[0] = Int32GetDatum(conversation->place.account_id);
	values[1] = UUIDPGetDatum(&conversation->id);
	set_text(&values[2], &nulls[2], message->external_id);
	set_text(&values[3], &nulls[3], message->source_id);
	return base_spi_execute(&statement, values, nulls) > 0;
}

/*
 * Gives the id at the source to the row of a message of ours, when the answer
 * to its delivery did not tell it.
 */
static bool
adopt_echo(const InboxConversation *conversation, const InboxMessage *message)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.messages AS m SET chatwoot_message_id = $3 "
		"WHERE m.account_id = $1 AND m.conversation_id = $2 "
		"AND m.chatwoot_message_id IS NULL AND m.direction = 'outgoing' "
		"AND m.content_attributes ->> 'frontdesk' = $4",
		{INT4OID, UUIDOID, TEXTOID, TEXTOID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->place.account_id),
		UUIDPGetDatum(&conversation->id),
		CStringGetTextDatum(message->external_id),
		CStringGetTextDatum(message->marker),
	};

	return base_spi_execute(&statement, values, NULL) > 0;
}

bool
inbox_message_store(const InboxConversation *conversation,
					const InboxMessage *message, pg_uuid_t *id)
{
	const char *content = message->trimmed ? message->trimmed : message->content;
	Datum		v[STORE_ARGS];
	char		n[STORE_ARGS];

	if (message->marker && !message->incoming && message->external_id &&
		adopt_echo(conversation, message))
		return false;
	base_uuid_draw(id);
	memset(n, ' ', sizeof(n));
	v[0] = Int32GetDatum(conversation->place.account_id);
	v[1] = UUIDPGetDatum(id);
	v[2] = UUIDPGetDatum(&conversation->id);
	v[3] = BoolGetDatum(message->incoming);
	set_text(&v[4], &n[4], inbox_event_author_name(message->author));
	v[5] = BoolGetDatum(message->private);
	set_text(&v[6], &n[6], conversation->channel);
	set_text(&v[7], &n[7], message->deleted ? NULL : content);
	set_text(&v[8], &n[8], message->content_type);
	set_json(&v[9], &n[9], message->attributes);
	set_json(&v[10], &n[10], message->attachments);
	set_text(&v[11], &n[11], message->external_id);
	set_text(&v[12], &n[12], message->source_id);
	set_text(&v[13], &n[13], message->status);
	set_text(&v[14], &n[14], message->failure);
	v[15] = TimestampTzGetDatum(message->sent_at ? message->sent_at : base_clock_now());
	v[16] = Int64GetDatum(conversation->event_seq + 1);
	if (message->content_cut_bytes)
		flag_cut(&v[9], &n[9], message->content_cut_bytes);

	if (base_spi_execute(&store_statement, v, n) == 1)
		return true;
	if (!is_stored(conversation, message))
		elog(ERROR, "message %s of conversation " INT64_FORMAT " could not be stored",
			 message->external_id ? message->external_id : "",
			 conversation->display_id);
	return false;
}

/* sent < failed < delivered < read: a retry may work after a failure. */
static BaseStatement update_statement = {
	"UPDATE frontdesk.messages AS m SET "
	" content = CASE WHEN $4 THEN NULL ELSE coalesce($5, m.content) END, "
	" content_attributes = nullif(coalesce(m.content_attributes, '{}') || coalesce($6, '{}'), '{}'), "
	" attachments = coalesce($7, m.attachments), "
	" source_id = CASE WHEN m.direction = 'outgoing' THEN coalesce($8, m.source_id) ELSE m.source_id END, "
	" status = s.status, "
	" failure = CASE WHEN s.status = 'failed' THEN coalesce($10, m.failure) END "
	"FROM frontdesk.messages AS o, LATERAL (SELECT CASE "
	"  WHEN coalesce(pg_catalog.array_position(ARRAY['sent', 'failed', 'delivered', 'read'], $9), 0) "
	"     > coalesce(pg_catalog.array_position(ARRAY['sent', 'failed', 'delivered', 'read'], o.status), 0) "
	"  THEN $9 ELSE o.status END AS status) AS s "
	"WHERE o.account_id = $1 AND o.conversation_id = $2 AND o.chatwoot_message_id = $3 "
	"AND m.account_id = o.account_id AND m.id = o.id "
	"RETURNING m.seq, m.direction = 'incoming' AND (m.content IS DISTINCT FROM o.content "
	" OR m.attachments IS DISTINCT FROM o.attachments)",
	{INT4OID, UUIDOID, TEXTOID, BOOLOID, TEXTOID, JSONBOID, JSONBOID, TEXTOID,
	TEXTOID, TEXTOID}
};

int64
inbox_message_update(const InboxConversation *conversation,
					 const InboxMessage *message)
{
	const char *content = message->trimmed ? message->trimmed : message->content;
	Datum		v[10];
	char		n[10];

	memset(n, ' ', sizeof(n));
	v[0] = Int32GetDatum(conversation->place.account_id);
	v[1] = UUIDPGetDatum(&conversation->id);
	set_text(&v[2], &n[2], message->external_id);
	v[3] = BoolGetDatum(message->deleted);
	set_text(&v[4], &n[4], content);
	set_json(&v[5], &n[5], message->attributes);
	set_json(&v[6], &n[6], message->attachments);
	set_text(&v[7], &n[7], message->source_id);
	set_text(&v[8], &n[8], message->status);
	set_text(&v[9], &n[9], message->failure);
	if (message->content_cut_bytes)
		flag_cut(&v[5], &n[5], message->content_cut_bytes);
	if (base_spi_execute(&update_statement, v, n) == 0 || !base_spi_bool(0, 2, false))
		return 0;
	return base_spi_int64(0, 1, 0);
}

void
inbox_message_record(const InboxSpoken *spoken)
{
	static BaseStatement statement = {
		"INSERT INTO frontdesk.messages (account_id, conversation_id, seq, "
		" direction, author, private, channel, content, content_attributes, "
		" chatwoot_message_id, status, sent_at) "
		"VALUES ($1, $2, $3, 'outgoing', 'bot', $4, $5, $6, "
		" pg_catalog.jsonb_build_object('frontdesk', $7), $8, 'sent', $9) "
		"ON CONFLICT ON CONSTRAINT messages_chatwoot_key DO UPDATE SET author = 'bot'",
		{INT4OID, UUIDOID, INT8OID, BOOLOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		TIMESTAMPTZOID}
	};
	char		nulls[] = "         ";
	Datum		values[9];

	values[0] = Int32GetDatum(spoken->account_id);
	values[1] = UUIDPGetDatum(spoken->conversation_id);
	values[2] = Int64GetDatum(spoken->seq);
	values[3] = BoolGetDatum(spoken->private);
	set_text(&values[4], &nulls[4], spoken->channel);
	set_text(&values[5], &nulls[5], spoken->content);
	set_text(&values[6], &nulls[6], spoken->marker);
	set_text(&values[7], &nulls[7], spoken->external_id);
	values[8] = TimestampTzGetDatum(base_clock_now());
	base_spi_execute(&statement, values, nulls);
}

char *
inbox_message_find_marker(int account_id, const pg_uuid_t *conversation_id,
						  const char *marker)
{
	static BaseStatement statement = {
		"SELECT m.chatwoot_message_id::text FROM frontdesk.messages AS m "
		"WHERE m.account_id = $1 AND m.conversation_id = $2 "
		"AND m.direction = 'outgoing' AND m.chatwoot_message_id IS NOT NULL "
		"AND m.content_attributes ->> 'frontdesk' = $3 LIMIT 1",
		{INT4OID, UUIDOID, TEXTOID}
	};
	Datum		values[] = {
		Int32GetDatum(account_id), UUIDPGetDatum(conversation_id),
		CStringGetTextDatum(marker),
	};

	if (base_spi_execute(&statement, values, NULL) == 0)
		return NULL;
	return base_spi_text(0, 1);
}
