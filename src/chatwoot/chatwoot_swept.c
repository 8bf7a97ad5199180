/*
 * chatwoot_swept.c
 *	  What a sweep found: Chatwoot's lists, taken in as its webhooks are.
 *
 * Runs in workers, inside the tick's transaction, where other threads are
 * locked already.  So nobody is waited for: a conversation whose thread is at
 * work or locked is left for the next sweep.  (A turn of this very tick must
 * not find mail behind its back either.)
 *
 * A message of a list is made into the webhook that should have told of it and
 * goes the one way in; what is known is a duplicate there, and so is the
 * webhook when it comes late.  What is answered already, or older than the
 * rules allow, is stored without a turn.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "chatwoot/chatwoot_event.h"
#include "chatwoot/chatwoot_swept.h"
#include "inbox/inbox_ingest.h"
#include "inbox/inbox_rules.h"

/* Seconds since 1970 that can be meant. */
#define MAX_SECONDS 1e11

enum
{
	ROW_ID, ROW_TYPE, ROW_PRIVATE, ROW_CREATED_AT, ROW_SENDER, ROW_CONTENT, ROW_COUNT
};

static const char *const row_keys[ROW_COUNT] = {
	"id", "message_type", "private", "created_at", "sender", "content",
};

/* Message types of the REST API. */
enum
{
	TYPE_INCOMING, TYPE_OUTGOING, TYPE_ACTIVITY, TYPE_TEMPLATE
};

/* What the list as a whole says of the conversation. */
typedef struct Findings
{
	int64		last_spoken;	/* id of the last words of a person or a bot */
	int64		last_heard;		/* id of the customer's last words */
	TimestampTz heard_at;
	bool		was_pending;	/* as far as we knew */
	bool		is_known;
	pg_uuid_t	conversation_id;
} Findings;

int64
chatwoot_swept_id(const BaseSpan *object)
{
	static const char *const path[] = {"id", NULL};
	BaseSpan	value = base_span_reach(object, path);
	int64		id;

	return base_span_int64(&value, &id) ? id : 0;
}

TimestampTz
chatwoot_swept_time(const BaseSpan *seconds)
{
	double		value;

	if (!base_span_double(seconds, &value) || value <= 0 || value >= MAX_SECONDS)
		return 0;
	return (TimestampTz) ((value - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
						   (double) SECS_PER_DAY) * USECS_PER_SEC);
}

int64
chatwoot_swept_known(InboxOrigin origin, int64 display_id, TimestampTz before)
{
	static BaseStatement statement = {
		"SELECT max(m.chatwoot_message_id::bigint) FROM frontdesk.messages AS m "
		"WHERE m.account_id = $1 AND m.conversation_id = ("
		" SELECT c.id FROM frontdesk.conversations AS c "
		" WHERE c.account_id = $1 AND c.site_id = $2 AND c.display_id = $3) "
		"AND m.chatwoot_message_id ~ '^[0-9]{1,18}$' AND m.sent_at < $4",
		{INT4OID, INT4OID, INT8OID, TIMESTAMPTZOID}
	};
	Datum		values[] = {Int32GetDatum(origin.account_id), Int32GetDatum(origin.site_id),
	Int64GetDatum(display_id), TimestampTzGetDatum(before)};

	if (base_spi_execute(&statement, values, NULL) == 0)
		return 0;
	return base_spi_int64(0, 1, 0);
}

static int64
type_of(const BaseSpan *row)
{
	int64		type;

	return base_span_int64(row, &type) ? type : -1;
}

/* Locks the thread of the conversation unless somebody is at work on it. */
static bool
lock_idle(const ChatwootSwept *swept, Findings *findings)
{
	static BaseStatement find_statement = {
		"SELECT c.id, c.status = 'pending' FROM frontdesk.conversations AS c "
		"WHERE c.account_id = $1 AND c.site_id = $2 AND c.display_id = $3",
		{INT4OID, INT4OID, INT8OID}
	};
	static BaseStatement lock_statement = {
		"SELECT FROM frontdesk.threads AS t WHERE t.account_id = $1 AND t.id = $2 "
		"AND t.slot IS NULL FOR NO KEY UPDATE SKIP LOCKED",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(swept->origin.account_id), Int32GetDatum(swept->origin.site_id),
	Int64GetDatum(chatwoot_swept_id(&swept->conversation))};
	bool		isnull;

	if (base_spi_execute(&find_statement, values, NULL) == 0)
		return true;
	findings->is_known = true;
	findings->conversation_id = *DatumGetUUIDP(base_spi_value(0, 1, &isnull));
	findings->was_pending = base_spi_bool(0, 2, false);
	values[1] = UUIDPGetDatum(&findings->conversation_id);
	return base_spi_execute(&lock_statement, values, NULL) > 0;
}

/* Who spoke last. */
static void
look_through(const ChatwootSwept *swept, Findings *findings)
{
	const char *cursor = NULL;
	BaseSpan	message;
	BaseSpan	v[ROW_COUNT];

	while (base_span_next(&swept->messages, &cursor, NULL, &message))
	{
		int64		id = chatwoot_swept_id(&message);

		base_span_find(&message, row_keys, ROW_COUNT, v);
		if (v[ROW_PRIVATE].kind == 't')
			continue;
		if (type_of(&v[ROW_TYPE]) == TYPE_INCOMING && id > findings->last_heard)
		{
			findings->last_heard = id;
			findings->heard_at = chatwoot_swept_time(&v[ROW_CREATED_AT]);
		}
		else if (type_of(&v[ROW_TYPE]) == TYPE_OUTGOING && v[ROW_SENDER].kind == '{')
			findings->last_spoken = Max(findings->last_spoken, id);
	}
}

static void
add_member(BaseObject *object, const char *key, const BaseSpan *value)
{
	if (value->kind != 0)
		base_object_add_span(object, key, value->start, value->bytes);
}

/* The webhook that should have told of the message. */
static char *
make_webhook(const ChatwootSwept *swept, const BaseSpan *message, const char *type)
{
	static const char *const copied[] = {
		"id", "content", "content_type", "content_attributes", "additional_attributes",
		"created_at", "private", "sender", "source_id", "attachments", "status",
	};
	static const char *const channel_path[] = {"meta", "channel", NULL};
	BaseSpan	channel = base_span_reach(&swept->conversation, channel_path);
	BaseSpan	values[lengthof(copied)];
	BaseObject	webhook;

	base_object_begin(&webhook);
	base_object_add_text(&webhook, "event", "message_created");
	base_object_add_text(&webhook, "message_type", type);
	base_object_open(&webhook, "account");
	base_object_add_int(&webhook, "id", swept->chatwoot_account_id);
	base_object_close(&webhook);
	base_span_find(message, copied, lengthof(copied), values);
	for (int i = 0; i < lengthof(copied); i++)
		add_member(&webhook, copied[i], &values[i]);
	base_object_open(&webhook, "conversation");
	if (channel.kind == 's')
		add_member(&webhook, "channel", &channel);
	else
		base_object_add_null(&webhook, "channel");
	base_object_add_members(&webhook, swept->conversation.start, swept->conversation.bytes);
	base_object_close(&webhook);
	return base_object_end(&webhook);
}

/* A person's words silence the bot however old they are. */
static bool
is_history(const InboxEvent *event, int64 id, const Findings *findings, int64 answers_within)
{
	bool		is_old = event->message.sent_at != 0 &&
	event->message.sent_at < base_clock_now() - answers_within;

	if (event->message.author == INBOX_AUTHOR_HUMAN && !event->message.private)
		return event->conversation.status && strcmp(event->conversation.status, "resolved") == 0;
	return is_old || id < findings->last_spoken;
}

/* Takes a message in as its webhook would have been, so that there is one way
 * in; what lies too far back starts no turn. */
static void
take_in_message(ChatwootSwept *swept, const BaseSpan *message, Findings *findings)
{
	static const char *const types[] = {"incoming", "outgoing", NULL, "template"};
	const InboxRules *rules = inbox_rules_get(swept->origin.account_id);
	BaseSpan	v[ROW_COUNT];
	InboxEvent	event;
	InboxOutcome outcome;
	int64		type;
	char	   *body;

	base_span_find(message, row_keys, ROW_COUNT, v);
	type = type_of(&v[ROW_TYPE]);
	if (type < 0 || type >= lengthof(types) || types[type] == NULL)
		return;
	body = make_webhook(swept, message, types[type]);
	if (!chatwoot_event_decode(body, strlen(body), &event))
		return;
	event.is_proven = event.is_listed = true;
	event.is_history = is_history(&event, chatwoot_swept_id(message), findings, rules->answers_within);
	inbox_ingest(swept->origin, &event, &outcome);
	if (outcome.kind == INBOX_STORED)
	{
		swept->found++;
		findings->conversation_id = outcome.conversation_id;
	}
}

/*
 * Whether Chatwoot has opened the conversation by itself: we knew it pending,
 * nobody has it, and the customer spoke last.
 */
static bool
is_bot_silenced(const ChatwootSwept *swept, const Findings *findings)
{
	static const char *const status_path[] = {"status", NULL};
	static const char *const assignee_path[] = {"meta", "assignee", NULL};
	BaseSpan	status = base_span_reach(&swept->conversation, status_path);
	BaseSpan	assignee = base_span_reach(&swept->conversation, assignee_path);

	return findings->was_pending && base_span_is(&status, "open") &&
		assignee.kind != '{' && findings->last_heard > findings->last_spoken;
}

static void
revive_bot(const ChatwootSwept *swept, const Findings *findings)
{
	static BaseStatement statement = {
		"SELECT frontdesk.revive_bot($1, $2, $3) FROM frontdesk.conversations AS c "
		"WHERE c.account_id = $1 AND c.id = $2 AND c.handled_by = 'bot'",
		{INT4OID, UUIDOID, BOOLOID}
	};
	int64		answers_within = inbox_rules_get(swept->origin.account_id)->answers_within;
	Datum		values[] = {Int32GetDatum(swept->origin.account_id),
		UUIDPGetDatum(&findings->conversation_id),
	BoolGetDatum(findings->heard_at >= base_clock_now() - answers_within)};

	base_spi_execute(&statement, values, NULL);
}

ChatwootSweptVerdict
chatwoot_swept_take_in(ChatwootSwept *swept)
{
	Findings	findings = {0};
	const char *cursor = NULL;
	BaseSpan	message;

	if (!lock_idle(swept, &findings))
		return CHATWOOT_SWEPT_BUSY;
	look_through(swept, &findings);
	while (base_span_next(&swept->messages, &cursor, NULL, &message))
	{
		CHECK_FOR_INTERRUPTS();
		take_in_message(swept, &message, &findings);
	}
	if (findings.is_known && is_bot_silenced(swept, &findings))
		revive_bot(swept, &findings);
	return CHATWOOT_SWEPT_TAKEN;
}
