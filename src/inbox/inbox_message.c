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
 * engine_mail_draw_event) in the same transaction.  Of two equal events at once
 * the second waits at the lock and then finds the row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "engine/engine_table.h"
#include "inbox/inbox_message.h"
#include "inbox/inbox_table.h"

/* Places a text argument, and the mark of one that is not there. */
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
	BaseObject	object;
	Jsonb	   *flag;

	base_object_begin(&object);
	base_object_add_int(&object, "truncated", bytes);
	flag = base_object_end_jsonb(&object);
	if (*null == ' ')
		flag = base_jsonb_merge(DatumGetJsonbP(*attributes), flag);
	*attributes = JsonbPGetDatum(flag);
	*null = ' ';
}

/* Finds a message by one of its names; the thread's lock keeps others from
 * storing it behind our back. */
static bool
find_by_name(const InboxConversation *conversation, int index, const char *name, BaseRow *row)
{
	Datum		key[3];

	if (name == NULL)
		return false;
	key[0] = CStringGetTextDatum(name);
	key[1] = UUIDPGetDatum(&conversation->id);
	key[2] = Int32GetDatum(conversation->origin.account_id);
	return base_row_find(&inbox_messages, index, key, row);
}

/* Whether a row that has the provider's id of a message is that message: of
 * another conversation only with the same words at about the same time, for some
 * who import count the messages of each chat. */
static bool
is_same(const InboxConversation *conversation, const InboxMessage *message, const BaseRow *row)
{
	const char *told = message->content;
	const char *known = base_row_text(row, MESSAGE_CONTENT);
	TimestampTz sent_at = message->sent_at ? message->sent_at : base_clock_now();

	if (memcmp(DatumGetUUIDP(row->values[MESSAGE_CONVERSATION_ID]), &conversation->id, UUID_LEN) == 0)
		return true;
	if (Abs(sent_at - DatumGetTimestampTz(row->values[MESSAGE_SENT_AT])) > USECS_PER_DAY)
		return false;
	/* null: it was deleted */
	return known == NULL || strcmp(known, told ? told : "") == 0;
}

/*
 * Whether the provider's id is stored, whatever conversation of the account has it:
 * a bridge that knows a person under two names tells of a message twice, at the same
 * time.  Telegram counts the messages of each chat.  Of an id that very many
 * conversations have only some are looked at, and always this one.
 */
static bool
is_known_to_provider(const InboxConversation *conversation, const InboxMessage *message)
{
	uint64		queue[] = {conversation->origin.account_id, 0};
	Datum		key[3];
	List	   *rows;
	ListCell   *cell;
	BaseRow		row;

	if (!message->incoming || message->source_id == NULL)
		return false;
	key[0] = CStringGetTextDatum(message->source_id);
	key[1] = Int32GetDatum(conversation->origin.account_id);
	key[2] = UUIDPGetDatum(&conversation->id);
	queue[1] = hash_bytes_extended((const unsigned char *) message->source_id,
								   strlen(message->source_id), 0);
	base_row_lock_key(&inbox_messages, lengthof(queue), queue);
	if (strcmp(conversation->channel, "telegram") == 0)
		return base_row_find(&inbox_messages, MESSAGE_BY_SOURCE_ID, key, &row);
	rows = base_row_list(&inbox_messages, MESSAGE_BY_SOURCE_ID, 2, key);
	foreach(cell, rows)
		if (is_same(conversation, message, lfirst(cell)))
			return true;
	return list_length(rows) == MESSAGES_PER_SOURCE_ID &&
		base_row_find(&inbox_messages, MESSAGE_BY_SOURCE_ID, key, &row);
}

/* Whether the message is stored, under either of its names. */
static bool
is_stored(const InboxConversation *conversation, const InboxMessage *message)
{
	bool		is_first = conversation->is_fresh && conversation->event_seq == 0;
	BaseRow		row;

	return (!is_first && find_by_name(conversation, MESSAGE_BY_CHATWOOT_ID, message->external_id, &row)) ||
		is_known_to_provider(conversation, message);
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
		Int32GetDatum(conversation->origin.account_id),
		UUIDPGetDatum(&conversation->id),
		CStringGetTextDatum(message->external_id),
		CStringGetTextDatum(message->marker),
	};

	return base_spi_execute(&statement, values, NULL) > 0;
}

static void
set_row_json(BaseRow *row, int column, const char *text)
{
	if (text)
		base_row_set(row, column, JsonbPGetDatum(base_jsonb_parse(text)));
}

/* Says in the attributes what kind of machine wrote the message. */
static void
flag_automaton(BaseRow *row, const InboxMessage *message)
{
	Jsonb	   *flag = base_object_of_text("automaton", inbox_automaton_name(message->automaton));

	if (message->attributes)
		flag = base_jsonb_merge(DatumGetJsonbP(row->values[MESSAGE_CONTENT_ATTRIBUTES]), flag);
	base_row_set(row, MESSAGE_CONTENT_ATTRIBUTES, JsonbPGetDatum(flag));
}

/* Attributes of the source, what machine wrote it, and how much was cut off the
 * content. */
static void
set_attributes(BaseRow *row, const InboxMessage *message)
{
	char		null;

	set_row_json(row, MESSAGE_CONTENT_ATTRIBUTES, message->attributes);
	if (message->automaton != INBOX_AUTOMATON_NONE)
		flag_automaton(row, message);
	if (message->content_cut_bytes == 0)
		return;
	null = row->nulls[MESSAGE_CONTENT_ATTRIBUTES] ? 'n' : ' ';
	flag_cut(&row->values[MESSAGE_CONTENT_ATTRIBUTES], &null, message->content_cut_bytes);
	base_row_set(row, MESSAGE_CONTENT_ATTRIBUTES, row->values[MESSAGE_CONTENT_ATTRIBUTES]);
}

/* Fills in the row of a message; the number is the next one of its thread. */
static void
set_message(BaseRow *row, const InboxConversation *conversation, const InboxMessage *message)
{
	const char *content = message->content;

	base_row_set(row, MESSAGE_ACCOUNT_ID, Int32GetDatum(conversation->origin.account_id));
	base_row_set(row, MESSAGE_CONVERSATION_ID, UUIDPGetDatum(&conversation->id));
	base_row_set(row, MESSAGE_SEQ, Int64GetDatum(conversation->event_seq + 1));
	base_row_set_text(row, MESSAGE_DIRECTION, message->incoming ? "incoming" : "outgoing");
	base_row_set_text(row, MESSAGE_AUTHOR,
					  inbox_event_author_name(message->automaton == INBOX_AUTOMATON_NONE ?
											  message->author : INBOX_AUTHOR_AUTOMATION));
	base_row_set(row, MESSAGE_PRIVATE, BoolGetDatum(message->private));
	base_row_set_text(row, MESSAGE_CHANNEL, conversation->channel);
	base_row_set_text(row, MESSAGE_CONTENT, message->deleted ? NULL : content);
	base_row_set_text(row, MESSAGE_ENCLOSED, message->enclosed);
	base_row_set_text(row, MESSAGE_OPAQUE, message->opaque);
	base_row_set_text(row, MESSAGE_REPLY_TO, message->reply_to);
	base_row_set(row, MESSAGE_ASIDE, BoolGetDatum(message->is_aside));
	if (message->content_type)
		base_row_set_text(row, MESSAGE_CONTENT_TYPE, message->content_type);
	set_attributes(row, message);
	set_row_json(row, MESSAGE_ATTACHMENTS, message->attachments);
	base_row_set_text(row, MESSAGE_CHATWOOT_MESSAGE_ID, message->external_id);
	base_row_set_text(row, MESSAGE_SOURCE_ID, message->source_id);
	base_row_set_text(row, MESSAGE_STATUS, message->status);
	base_row_set_text(row, MESSAGE_FAILURE, message->failure);
	base_row_set(row, MESSAGE_SENT_AT,
				 TimestampTzGetDatum(message->sent_at ? message->sent_at : base_clock_now()));
	base_row_set(row, MESSAGE_CREATED_AT, TimestampTzGetDatum(base_clock_now()));
}

int64
inbox_message_answers(Jsonb *payload, int64 mail_seq)
{
	if (base_jsonb_bool(payload, "handover", false))
		return 0;
	return (int64) base_jsonb_number(payload, "answers_up_to", (double) mail_seq);
}

/* What a reply of ours answers whose echo comes before it has settled; its delivery
 * was committed before its first byte left. */
static void
set_answers(BaseRow *row, const InboxConversation *conversation, const InboxMessage *message)
{
	const char *number = message->marker ? strrchr(message->marker, '/') : NULL;
	Datum		key[] = {
		Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&conversation->id),
		Int64GetDatum(number ? strtoll(number + 1, NULL, 10) : 0),
	};
	BaseRow		d;

	if (number && !message->incoming && !message->private && base_row_find(&engine_deliveries, 0, key, &d))
		base_row_set(row, MESSAGE_ANSWERS_UP_TO, Int64GetDatum(inbox_message_answers(
			DatumGetJsonbP(d.values[DELIVERY_PAYLOAD]), base_row_int64(&d, DELIVERY_MAIL_SEQ, 0))));
}

bool
inbox_message_store(const InboxConversation *conversation,
					const InboxMessage *message, pg_uuid_t *id)
{
	BaseRow		row;

	if (message->marker && !message->incoming && message->external_id &&
		adopt_echo(conversation, message))
		return false;
	if (is_stored(conversation, message))
		return false;
	base_uuid_draw(id);
	base_row_init(&row, &inbox_messages);
	base_row_set(&row, MESSAGE_ID, UUIDPGetDatum(id));
	set_message(&row, conversation, message);
	set_answers(&row, conversation, message);
	base_row_insert(&row);
	return true;
}

/* sent < failed < delivered < read: a retry may work after a failure, which then
 * says that it was sent, and is newer. */
static BaseStatement update_statement = {
	"UPDATE frontdesk.messages AS m SET "
	" content = CASE WHEN $4 THEN NULL ELSE coalesce($5, m.content) END, "
	" content_attributes = nullif(coalesce(m.content_attributes, '{}') || coalesce($6, '{}') "
	"  || CASE $9 WHEN 'failed' THEN pg_catalog.jsonb_build_object('refused_at', $13) ELSE '{}' END, '{}'), "
	" attachments = coalesce($7, m.attachments), "
	" enclosed = CASE WHEN NOT $4 THEN coalesce($11, m.enclosed) END, "
	" opaque = CASE WHEN NOT $4 AND $11 IS NULL THEN m.opaque ELSE $12 END, "
	" source_id = CASE WHEN m.direction = 'outgoing' THEN coalesce($8, m.source_id) ELSE m.source_id END, "
	" status = s.status, "
	" failure = CASE WHEN s.status = 'failed' THEN coalesce($10, m.failure) END "
	"FROM frontdesk.messages AS o, LATERAL (SELECT CASE "
	"  WHEN $9 = 'sent' AND o.status = 'failed' AND $13 > (o.content_attributes ->> 'refused_at')::float8 THEN $9 "
	"  WHEN coalesce(pg_catalog.array_position(ARRAY['sent', 'failed', 'delivered', 'read'], $9), 0) "
	"     > coalesce(pg_catalog.array_position(ARRAY['sent', 'failed', 'delivered', 'read'], o.status), 0) "
	"  THEN $9 ELSE o.status END AS status) AS s "
	"WHERE o.account_id = $1 AND o.conversation_id = $2 AND o.chatwoot_message_id = $3 "
	"AND m.account_id = o.account_id AND m.id = o.id "
	"RETURNING m.seq, m.direction = 'incoming' AND (m.content IS DISTINCT FROM o.content "
	" OR m.attachments IS DISTINCT FROM o.attachments), "
	" m.direction = 'incoming' AND NOT $4 AND (m.enclosed IS DISTINCT FROM o.enclosed "
	" OR o.opaque IS NOT NULL AND m.opaque IS NULL), m.id, "
	" (o.status = 'failed') IS DISTINCT FROM (m.status = 'failed') AND NOT m.private "
	" AND m.content_attributes ? 'frontdesk'",
	{INT4OID, UUIDOID, TEXTOID, BOOLOID, TEXTOID, JSONBOID, JSONBOID, TEXTOID,
	TEXTOID, TEXTOID, TEXTOID, TEXTOID, FLOAT8OID}
};

InboxMessageChange
inbox_message_update(const InboxConversation *conversation,
					 const InboxMessage *message)
{
	const char *content = message->content;
	InboxMessageChange change = {0};
	bool		isnull;
	Datum		v[13];
	char		n[13];

	memset(n, ' ', sizeof(n));
	v[0] = Int32GetDatum(conversation->origin.account_id);
	v[1] = UUIDPGetDatum(&conversation->id);
	set_text(&v[2], &n[2], message->external_id);
	v[3] = BoolGetDatum(message->deleted);
	set_text(&v[4], &n[4], content);
	set_json(&v[5], &n[5], message->attributes);
	set_json(&v[6], &n[6], message->attachments);
	set_text(&v[7], &n[7], message->source_id);
	set_text(&v[8], &n[8], message->status);
	set_text(&v[9], &n[9], message->failure);
	set_text(&v[10], &n[10], message->enclosed);
	set_text(&v[11], &n[11], message->opaque);
	v[12] = Float8GetDatum(message->version);
	if (message->content_cut_bytes)
		flag_cut(&v[5], &n[5], message->content_cut_bytes);
	if (base_spi_execute(&update_statement, v, n) == 0)
		return change;
	change.seq = base_spi_int64(0, 1, 0);
	change.is_edit = base_spi_bool(0, 2, false);
	change.is_more = base_spi_bool(0, 3, false);
	change.id = *DatumGetUUIDP(base_spi_value(0, 4, &isnull));
	change.is_refusal = base_spi_bool(0, 5, false);
	return change;
}

void
inbox_message_hear_again(const InboxConversation *conversation, const InboxMessageChange *change)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.messages AS m SET seq = $3 WHERE m.account_id = $1 AND m.id = $2",
		{INT4OID, UUIDOID, INT8OID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&change->id),
		Int64GetDatum(conversation->event_seq + 1),
	};

	base_spi_execute(&statement, values, NULL);
}

/* The echo came first: the row is there, but did not say who spoke. */
static bool
claim_echo(const InboxSpoken *spoken, bool *is_refused)
{
	BaseRow		row;
	Datum		key[3];

	if (spoken->external_id == NULL)
		return false;
	key[0] = CStringGetTextDatum(spoken->external_id);
	key[1] = UUIDPGetDatum(spoken->conversation_id);
	key[2] = Int32GetDatum(spoken->account_id);
	if (!base_row_find(&inbox_messages, MESSAGE_BY_CHATWOOT_ID, key, &row))
		return false;
	if (strcmp(base_row_text(&row, MESSAGE_AUTHOR), "bot") != 0)
		base_row_set_text(&row, MESSAGE_AUTHOR, "bot");
	/* a status report alone does not say what was said */
	if (row.nulls[MESSAGE_CONTENT])
		base_row_set_text(&row, MESSAGE_CONTENT, spoken->content);
	base_row_set(&row, MESSAGE_ANSWERS_UP_TO, Int64GetDatum(spoken->answers_up_to));
	*is_refused = !row.nulls[MESSAGE_STATUS] && strcmp(base_row_text(&row, MESSAGE_STATUS), "failed") == 0;
	base_row_update(&row);
	return true;
}

static Datum
marker_attributes(const char *marker)
{
	return JsonbPGetDatum(base_object_of_text("frontdesk", marker));
}

/* Writes down what we have said, unless its echo was faster and stands there
 * with our marker. */
bool
inbox_message_record(const InboxSpoken *spoken)
{
	bool		is_refused = false;
	BaseRow		row;

	if (claim_echo(spoken, &is_refused))
		return is_refused;
	base_row_init(&row, &inbox_messages);
	base_row_set(&row, MESSAGE_ACCOUNT_ID, Int32GetDatum(spoken->account_id));
	base_row_set(&row, MESSAGE_CONVERSATION_ID, UUIDPGetDatum(spoken->conversation_id));
	base_row_set(&row, MESSAGE_SEQ, Int64GetDatum(spoken->seq));
	base_row_set_text(&row, MESSAGE_DIRECTION, "outgoing");
	base_row_set_text(&row, MESSAGE_AUTHOR, "bot");
	base_row_set(&row, MESSAGE_PRIVATE, BoolGetDatum(spoken->private));
	base_row_set_text(&row, MESSAGE_CHANNEL, spoken->channel);
	base_row_set_text(&row, MESSAGE_CONTENT, spoken->content);
	base_row_set(&row, MESSAGE_CONTENT_ATTRIBUTES, marker_attributes(spoken->marker));
	base_row_set_text(&row, MESSAGE_CHATWOOT_MESSAGE_ID, spoken->external_id);
	base_row_set_text(&row, MESSAGE_STATUS, "sent");
	base_row_set(&row, MESSAGE_SENT_AT, TimestampTzGetDatum(spoken->sent_at));
	base_row_set(&row, MESSAGE_ANSWERS_UP_TO, Int64GetDatum(spoken->answers_up_to));
	base_row_insert(&row);
	return false;
}

bool
inbox_message_is_asked(const InboxConversation *conversation)
{
	static BaseStatement statement = {
		"SELECT m.content ~ '[?？؟;][^[:alnum:]]*$' FROM frontdesk.messages AS m "
		"WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.direction = 'outgoing' "
		"AND NOT m.private AND m.content IS NOT NULL ORDER BY m.seq DESC LIMIT 1",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&conversation->id),
	};

	return base_spi_execute(&statement, values, NULL) > 0 && base_spi_bool(0, 1, false);
}

bool
inbox_message_is_left_unheard(const InboxConversation *conversation)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.threads AS t WHERE t.account_id = $1 AND t.id = $2 "
		"AND t.state ->> 'opaque' IS NOT NULL AND t.state ->> 'assigned_agent' = 'human' "
		"AND NOT EXISTS (SELECT FROM frontdesk.messages AS m WHERE m.account_id = t.account_id "
		" AND m.conversation_id = t.id AND m.author = 'human' AND m.seq > t.read_seq)",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&conversation->id),
	};

	return conversation->assignee_id == 0 && base_spi_execute(&statement, values, NULL) > 0;
}

int64
inbox_message_find_conversation(InboxOrigin origin, const char *external_id)
{
	static BaseStatement statement = {
		"SELECT c.display_id FROM frontdesk.messages AS m "
		"JOIN frontdesk.conversations AS c ON c.account_id = m.account_id AND c.id = m.conversation_id "
		"WHERE m.account_id = $1 AND m.chatwoot_message_id = $2 AND c.site_id = $3 LIMIT 1",
		{INT4OID, TEXTOID, INT4OID}
	};
	Datum		values[] = {
		Int32GetDatum(origin.account_id), CStringGetTextDatum(external_id),
		Int32GetDatum(origin.site_id),
	};

	return base_spi_execute(&statement, values, NULL) == 0 ? 0 : base_spi_int64(0, 1, 0);
}

int64
inbox_message_find_conversation_of(InboxOrigin origin, const char *marker)
{
	static BaseStatement statement = {
		"SELECT c.display_id FROM frontdesk.conversations AS c "
		"WHERE c.account_id = $1 AND c.site_id = $3 AND c.id = (SELECT CASE WHEN $2 ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/' "
		" THEN pg_catalog.left($2, 36)::uuid END)",
		{INT4OID, TEXTOID, INT4OID}
	};
	Datum		values[] = {
		Int32GetDatum(origin.account_id), CStringGetTextDatum(marker), Int32GetDatum(origin.site_id),
	};

	return base_spi_execute(&statement, values, NULL) == 0 ? 0 : base_spi_int64(0, 1, 0);
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
