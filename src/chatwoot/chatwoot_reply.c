/*
 * chatwoot_reply.c
 *	  Deliveries that speak: "reply" to the customer, "note" to colleagues.
 *
 * Runs in workers.  Both are messages to Chatwoot that carry our marker in
 * content_attributes.frontdesk; the marker is how an uncertain one is found
 * again, in our own rows first (its echo may have come by webhook) and then at
 * Chatwoot.  For transport local there is no request: the row is the effect.
 *
 * Chatwoot runs Liquid over outgoing text, so the openings of its tags are
 * broken up in whatever a model wrote.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "base/base_json.h"
#include "base/base_spi.h"
#include "chatwoot/chatwoot_reply.h"
#include "chatwoot/chatwoot_request.h"
#include "inbox/inbox_event.h"
#include "inbox/inbox_json.h"
#include "inbox/inbox_message.h"
#include "inbox/inbox_subject.h"

/* Messages that Chatwoot lists at most after an id. */
#define LISTED_AFTER 100

static inline bool
is_note(const EngineDelivery *delivery)
{
	return delivery->kind == &chatwoot_note_kind;
}

static inline bool
is_local(EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;

	return subject && subject->is_local;
}

/* The text to send: at most what Chatwoot takes, without Liquid's tags. */
static char *
make_content(const EngineDelivery *delivery)
{
	char	   *content = base_jsonb_text(delivery->payload, "content");
	StringInfoData out;
	int			bytes;

	if (content == NULL)
		content = "";
	initStringInfo(&out);
	for (const char *p = content; *p; p++)
	{
		appendStringInfoChar(&out, *p);
		if (*p == '{' && (p[1] == '{' || p[1] == '%'))
			appendStringInfoChar(&out, ' ');
	}
	bytes = pg_mbcharcliplen(out.data, out.len, INBOX_CONTENT_MAX_CHARS);
	out.data[bytes] = '\0';
	return out.data;
}

static bool
encode(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	StringInfoData body;
	char	   *content;
	char	   *marker;
	ChatwootCall	call = {"POST", "/messages", .token = CHATWOOT_TOKEN_SPEAK};

	if (is_local(turn))
		return false;
	/* conclude saw to the first attempt; a person may have come since */
	if (delivery->attempts > 0 && !is_note(delivery) && inbox_subject_is_silenced(turn))
	{
		delivery->failure.failure_class = ENGINE_WITHDRAWN;
		delivery->failure.text = "a person has taken over";
		return false;
	}
	content = make_content(delivery);
	marker = chatwoot_request_marker(turn, delivery);
	initStringInfo(&body);
	appendStringInfoString(&body, "{\"content\": ");
	base_json_append_string(&body, content, strlen(content));
	appendStringInfo(&body, ", \"message_type\": \"outgoing\", \"private\": %s, "
					 "\"content_attributes\": {\"frontdesk\": \"%s\"}}",
					 is_note(delivery) ? "true" : "false", marker);
	call.body = body.data;
	return chatwoot_request_make(turn, delivery, &call, request);
}

/* The id of the message that Chatwoot made, in the turn's context, or NULL. */
static const char *
read_id(EngineTurn *turn, const InboxJson *message)
{
	static const char *const path[] = {"id", NULL};
	InboxJson	value = inbox_json_reach(message, path);
	int64		id;
	char	   *text;

	if (!inbox_json_int64(&value, &id))
		return NULL;
	text = MemoryContextAlloc(turn->context, 24);
	snprintf(text, 24, INT64_FORMAT, id);
	return text;
}

static bool
judge(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	InboxJson	message;

	if (!chatwoot_request_judge(turn, delivery, response, false))
	{
		chatwoot_request_wait_for_token(delivery);
		return false;
	}
	if (response == NULL)
		return true;
	/* an answer without an id still means that the message is out */
	if (inbox_json_parse(response->body, response->body_bytes, &message))
		delivery->remote_id = read_id(turn, &message);
	return true;
}

static void
settle(EngineTurn *turn, EngineDelivery *delivery)
{
	const InboxSubject *subject = turn->subject;
	char	   *marker = chatwoot_request_marker(turn, delivery);
	InboxSpoken spoken = {
		.account_id = turn->account_id,
		.conversation_id = &turn->thread_id,
		.seq = engine_turn_next_event(turn),
		.channel = subject ? subject->channel : "other",
		.content = make_content(delivery),
		.external_id = delivery->remote_id,
		.marker = marker,
		.private = is_note(delivery),
	};

	/* an answer that told no id: the echo may have told it */
	if (spoken.external_id == NULL && !is_local(turn))
		spoken.external_id = inbox_message_find_marker(turn->account_id, &turn->thread_id, marker);
	inbox_message_record(&spoken);
}

/*
 * An id at the source that is smaller than the delivery's: the largest one told
 * to us before the turn took its first mail in, which was before it decided
 * the delivery.  However much was written since is listed behind it.
 */
static int64
id_before(EngineTurn *turn)
{
	static BaseStatement statement = {
		"SELECT pg_catalog.max(k.chatwoot_message_id::bigint) FROM ("
		" SELECT m.chatwoot_message_id FROM frontdesk.messages AS m "
		" WHERE m.account_id = $1 AND m.conversation_id = $2 AND m.seq <= $3 "
		" AND m.chatwoot_message_id ~ '^[0-9]{1,18}$' "
		" ORDER BY m.seq DESC LIMIT 20) AS k",
		{INT4OID, UUIDOID, INT8OID}
	};
	Datum		values[] = {
		Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		Int64GetDatum(turn->first_mail),
	};

	base_spi_execute(&statement, values, NULL);
	return base_spi_int64(0, 1, 1);
}

/*
 * False when no request is needed (the echo is in our rows already) or none is
 * possible; judge_lookup, asked without an answer, tells the two apart.
 */
static bool
encode_lookup(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	ChatwootCall	call = {"GET", "/messages", .token = CHATWOOT_TOKEN_READ};
	char	   *seen;

	seen = inbox_message_find_marker(turn->account_id, &turn->thread_id,
									 chatwoot_request_marker(turn, delivery));
	if (seen)
	{
		delivery->remote_id = MemoryContextStrdup(turn->context, seen);
		return false;
	}
	if (!chatwoot_request_can_read(turn))
	{
		delivery->failure = (EngineFailure) {
			.failure_class = "uncertain",
			.code = "",
			.text = "whether the message arrived cannot be looked up without a user token",
			.retry_after_ms = -1,
		};
		return false;
	}
	if (delivery->lookup_after == 0)
		delivery->lookup_after = id_before(turn);
	call.path = psprintf("/messages?after=" INT64_FORMAT, delivery->lookup_after);
	return chatwoot_request_make(turn, delivery, &call, request);
}

/* Whether a listed message carries the marker. */
static bool
has_marker(const InboxJson *message, const char *marker)
{
	static const char *const path[] = {"content_attributes", "frontdesk", NULL};
	InboxJson	value = inbox_json_reach(message, path);

	return inbox_json_is(&value, marker);
}

/* A full page is followed by another one. */
static EngineLookup
end_of_page(EngineDelivery *delivery, int listed, int64 last)
{
	if (listed < LISTED_AFTER)
		return ENGINE_LOOKUP_ABSENT;
	if (last <= delivery->lookup_after)
		return ENGINE_LOOKUP_UNKNOWN;
	delivery->lookup_after = last;
	return ENGINE_LOOKUP_NEXT_PAGE;
}

static EngineLookup
judge_lookup(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	static const char *const payload_path[] = {"payload", NULL};
	static const char *const id_path[] = {"id", NULL};
	char	   *marker = chatwoot_request_marker(turn, delivery);
	const char *cursor = NULL;
	int			listed = 0;
	int64		last = 0;
	InboxJson	body;
	InboxJson	list;
	InboxJson	message;

	if (response == NULL)
		return delivery->remote_id ? ENGINE_LOOKUP_PRESENT : ENGINE_LOOKUP_UNKNOWN;
	if (response->outcome != HTTP_ANSWERED || response->status / 100 != 2 ||
		!inbox_json_parse(response->body, response->body_bytes, &body))
		return ENGINE_LOOKUP_UNKNOWN;
	list = inbox_json_reach(&body, payload_path);
	if (list.kind != '[')
		return ENGINE_LOOKUP_UNKNOWN;
	while (inbox_json_next(&list, &cursor, NULL, &message))
	{
		InboxJson	value = inbox_json_reach(&message, id_path);
		int64		id;

		listed++;
		if (inbox_json_int64(&value, &id))
			last = Max(last, id);
		if (!has_marker(&message, marker))
			continue;
		delivery->remote_id = read_id(turn, &message);
		return delivery->remote_id ? ENGINE_LOOKUP_PRESENT : ENGINE_LOOKUP_UNKNOWN;
	}
	return end_of_page(delivery, listed, last);
}

const EngineDeliveryKind chatwoot_reply_kind = {
	.name = "reply",
	.encode = encode,
	.judge = judge,
	.settle = settle,
	.encode_lookup = encode_lookup,
	.judge_lookup = judge_lookup,
};

const EngineDeliveryKind chatwoot_note_kind = {
	.name = "note",
	.encode = encode,
	.judge = judge,
	.settle = settle,
	.encode_lookup = encode_lookup,
	.judge_lookup = judge_lookup,
};
