/*
 * chatwoot_reply.c
 *	  Deliveries that speak: replies to the customer, notes to colleagues.
 *
 * Runs in workers.  Both are messages to Chatwoot that carry our marker in
 * content_attributes.frontdesk; the marker is how an uncertain one is found
 * again at Chatwoot.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/memutils.h"

#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_span.h"
#include "base/base_spi.h"
#include "chatwoot/chatwoot_reply.h"
#include "chatwoot/chatwoot_request.h"
#include "inbox/inbox_delivery.h"

/* Messages that Chatwoot lists at most after an id. */
#define LISTED_AFTER 100

/* A message with our marker; of a template what the transcript shows, and its fields. */
static bool
encode(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	ChatwootTopic topic = chatwoot_request_topic(turn);
	ChatwootCall call = {"POST", "/messages", .token = CHATWOOT_TOKEN_SPEAK};
	char	   *content = inbox_delivery_content(turn, delivery);
	Jsonb	   *template = base_jsonb_member(delivery->payload, "template");
	BaseObject	body;

	base_object_begin(&body);
	base_object_add_text(&body, "content", content);
	base_object_add_text(&body, "message_type", "outgoing");
	base_object_add_bool(&body, "private", inbox_delivery_index(delivery) == INBOX_NOTE);
	base_object_open(&body, "content_attributes");
	base_object_add_text(&body, "frontdesk", inbox_delivery_marker(turn, delivery));
	base_object_close(&body);
	if (template != NULL)
		base_object_add_jsonb(&body, "template_params", template);
	call.body = base_object_end(&body);
	return chatwoot_request_make(&topic, &call, request, &delivery->failure);
}

/* The id of the message that Chatwoot made, in the turn's context, or NULL. */
static const char *
read_id(EngineTurn *turn, const BaseSpan *message)
{
	static const char *const path[] = {"id", NULL};
	BaseSpan	value = base_span_reach(message, path);
	int64		id;
	char	   *text;

	if (!base_span_int64(&value, &id))
		return NULL;
	text = MemoryContextAlloc(turn->context, 24);
	snprintf(text, 24, INT64_FORMAT, id);
	return text;
}

static bool
judge(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	ChatwootTopic topic = chatwoot_request_topic(turn);
	BaseSpan	message;

	if (!chatwoot_request_judge(&topic, response, false, &delivery->failure))
	{
		chatwoot_request_wait_for_token(delivery);
		return false;
	}
	/* an answer without an id still means that the message is out */
	if (base_span_parse(response->body, response->body_bytes, &message))
		delivery->remote_id = read_id(turn, &message);
	return true;
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

/* Lists what was said since, page by page; that needs a user's token. */
static bool
encode_lookup(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	ChatwootTopic topic = chatwoot_request_topic(turn);
	ChatwootCall call = {"GET", "/messages", .token = CHATWOOT_TOKEN_READ};

	if (!chatwoot_request_can_read(&topic))
	{
		delivery->failure = (EngineFailure) {
			.failure_class = HTTP_FAILURE_UNCERTAIN,
			.code = "",
			.text = "whether the message arrived cannot be looked up without a user token",
			.retry_after_ms = -1,
		};
		return false;
	}
	if (delivery->lookup_after == 0)
		delivery->lookup_after = id_before(turn);
	call.path = psprintf("/messages?after=" INT64_FORMAT, delivery->lookup_after);
	return chatwoot_request_make(&topic, &call, request, &delivery->failure);
}

/* Whether a listed message carries the marker. */
static bool
has_marker(const BaseSpan *message, const char *marker)
{
	static const char *const path[] = {"content_attributes", "frontdesk", NULL};
	BaseSpan	value = base_span_reach(message, path);

	return base_span_is(&value, marker);
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

/* Looks for our marker on the page that came. Absent is said of the last page
 * alone; what cannot be read tells nothing. */
static EngineLookup
judge_lookup(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	static const char *const payload_path[] = {"payload", NULL};
	static const char *const id_path[] = {"id", NULL};
	char	   *marker = inbox_delivery_marker(turn, delivery);
	const char *cursor = NULL;
	int			listed = 0;
	int64		last = 0;
	BaseSpan	body;
	BaseSpan	list;
	BaseSpan	message;

	if (response->outcome != HTTP_ANSWERED || response->status / 100 != 2 ||
		!base_span_parse(response->body, response->body_bytes, &body))
		return ENGINE_LOOKUP_UNKNOWN;
	list = base_span_reach(&body, payload_path);
	if (list.kind != '[')
		return ENGINE_LOOKUP_UNKNOWN;
	while (base_span_next(&list, &cursor, NULL, &message))
	{
		BaseSpan	value = base_span_reach(&message, id_path);
		int64		id;

		listed++;
		if (base_span_int64(&value, &id))
			last = Max(last, id);
		if (!has_marker(&message, marker))
			continue;
		delivery->remote_id = read_id(turn, &message);
		return delivery->remote_id ? ENGINE_LOOKUP_PRESENT : ENGINE_LOOKUP_UNKNOWN;
	}
	return end_of_page(delivery, listed, last);
}

const InboxOutlet chatwoot_reply_outlet = {
	.encode = encode,
	.judge = judge,
	.encode_lookup = encode_lookup,
	.judge_lookup = judge_lookup,
};
