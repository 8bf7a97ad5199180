/*
 * chatwoot_change.c
 *	  Deliveries that change a conversation at Chatwoot: labels, attributes,
 *	  priority, status, assign, typing.
 *
 * Runs in workers.  All of them may be repeated without harm, so none is ever
 * looked up: an uncertain one is sent again, but for typing, which is over by
 * then.  Each is one request.
 *
 * Labels and attributes are replaced as a whole by Chatwoot's API.  Labels are
 * added with a bulk action where the site has a user token; with a bot token
 * alone the set that Chatwoot last told us, and ours, are sent.  Attributes
 * are always sent as what Chatwoot last told us with ours on top.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "chatwoot/chatwoot_change.h"
#include "chatwoot/chatwoot_request.h"
#include "inbox/inbox_detail.h"
#include "inbox/inbox_subject.h"

static bool
judge(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	ChatwootTopic topic = chatwoot_request_topic(turn);

	return chatwoot_request_judge(&topic, response, true, &delivery->failure);
}

static char *
print_jsonb(Jsonb *document)
{
	return JsonbToCString(NULL, &document->root, VARSIZE(document));
}

/* Adds a scalar; what is none is null. */
static void
add_scalar(BaseObject *object, const char *key, const JsonbValue *value)
{
	if (value->type == jbvString)
		base_object_add_bytes(object, key, value->val.string.val, value->val.string.len);
	else if (value->type == jbvNumeric)
		base_object_add_json(object, key,
							 DatumGetCString(DirectFunctionCall1(numeric_out,
																 NumericGetDatum(value->val.numeric))));
	else
		base_object_add_null(object, key);
}

/* An object of those members of the payload that Chatwoot knows. */
static char *
pick_members(Jsonb *payload, const char *const *keys)
{
	BaseObject	members;

	base_object_begin(&members);
	for (; *keys; keys++)
	{
		JsonbValue	value;

		if (getKeyJsonValueFromContainer(&payload->root, *keys, strlen(*keys), &value))
			add_scalar(&members, *keys, &value);
	}
	return base_object_end(&members);
}

static bool
post(EngineTurn *turn, EngineDelivery *delivery, ChatwootCall call, HttpRequest *request)
{
	ChatwootTopic topic = chatwoot_request_topic(turn);

	call.method = "POST";
	return chatwoot_request_make(&topic, &call, request, &delivery->failure);
}

/* Refuses to set as a whole what is not known as a whole. */
static bool
refuse(EngineDelivery *delivery, const char *text)
{
	delivery->failure = (EngineFailure) {
		.failure_class = HTTP_FAILURE_BAD_REQUEST, .code = "incomplete", .text = text,
			.retry_after_ms = -1
	};
	return false;
}

/* ----- labels ----- */

/* Both sets as one JSON array. */
static char *
join_labels(Jsonb *known, Jsonb *added)
{
	static BaseStatement statement = {
		"SELECT coalesce(pg_catalog.jsonb_agg(DISTINCT e.value), '[]') "
		"FROM pg_catalog.jsonb_array_elements(coalesce($1, '[]') || $2) AS e",
		{JSONBOID, JSONBOID}
	};
	Datum		values[] = {
		known ? JsonbPGetDatum(known) : (Datum) 0, JsonbPGetDatum(added),
	};
	bool		isnull;

	base_spi_execute(&statement, values, known ? NULL : "n ");
	return print_jsonb(DatumGetJsonbP(base_spi_value(0, 1, &isnull)));
}

/* Adds labels by bulk action where a token may: a person's labels that came
 * meanwhile stay. The other way sets the whole list as we know it. */
static bool
encode_labels(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	const InboxSubject *subject = turn->subject;
	ChatwootTopic topic = chatwoot_request_topic(turn);
	Jsonb	   *added = base_jsonb_member(delivery->payload, "add");
	ChatwootCall	call = {.path = "/labels"};
	BaseObject	body;

	base_object_begin(&body);
	if (!chatwoot_request_can_read(&topic))
	{
		if (!inbox_detail_has_all_labels(subject->labels))
			return refuse(delivery, "the conversation has more labels than are kept: with a bot token they are set as a whole, and the others would be gone");
		base_object_add_json(&body, "labels", join_labels(subject->labels, added));
		call.body = base_object_end(&body);
		return post(turn, delivery, call, request);
	}
	call.path = "/bulk_actions";
	call.account_path = true;
	call.token = CHATWOOT_TOKEN_READ;
	base_object_add_text(&body, "type", "Conversation");
	base_object_add_json(&body, "ids", psprintf("[" INT64_FORMAT "]", subject->display_id));
	base_object_open(&body, "labels");
	base_object_add_jsonb(&body, "add", added);
	base_object_close(&body);
	call.body = base_object_end(&body);
	return post(turn, delivery, call, request);
}

const InboxOutlet chatwoot_labels_outlet = {
	.encode = encode_labels,
	.judge = judge,
};

/* ----- attributes ----- */

static BaseStatement read_attributes = {
	"SELECT c.attributes FROM frontdesk.conversations AS c WHERE c.account_id = $1 AND c.id = $2",
	{INT4OID, UUIDOID}
};

/* Reads them here, not with the turn: strangers set them, and they may be long. */
static bool
encode_attributes(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->original_id)};
	bool		isnull;
	Jsonb	   *known = base_spi_execute(&read_attributes, key, NULL) == 0 ? NULL :
		DatumGetJsonbP(base_spi_value(0, 1, &isnull));
	ChatwootCall	call = {.path = "/custom_attributes"};
	BaseObject	body;

	if (!inbox_detail_has_all_attributes(known))
		return refuse(delivery, "the conversation has longer attributes than are kept: they are set as a whole, and the others would be gone");
	base_object_begin(&body);
	base_object_add_jsonb(&body, "custom_attributes", base_jsonb_merge(known, delivery->payload));
	call.body = base_object_end(&body);
	return post(turn, delivery, call, request);
}

const InboxOutlet chatwoot_attributes_outlet = {
	.encode = encode_attributes,
	.judge = judge,
};

/* ----- priority ----- */

static bool
encode_priority(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	static const char *const keys[] = {"priority", NULL};
	ChatwootCall	call = {.path = "/toggle_priority"};

	call.body = pick_members(delivery->payload, keys);
	return post(turn, delivery, call, request);
}

const InboxOutlet chatwoot_priority_outlet = {
	.encode = encode_priority,
	.judge = judge,
};

/* ----- status ----- */

static bool
encode_status(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	static const char *const keys[] = {"status", "snoozed_until", NULL};
	ChatwootCall	call = {.path = "/toggle_status"};

	/* it is there: without one Chatwoot would toggle */
	call.body = pick_members(delivery->payload, keys);
	return post(turn, delivery, call, request);
}

const InboxOutlet chatwoot_status_outlet = {
	.encode = encode_status,
	.judge = judge,
};

/* ----- assign ----- */

static bool
encode_assign(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	static const char *const person[] = {"assignee_id", NULL};
	static const char *const team[] = {"team_id", NULL};
	ChatwootCall	call = {.path = "/assignments"};
	bool		to_person = base_jsonb_number(delivery->payload, "assignee_id", 0) > 0;

	/* one of them is there: an assignee_id of null would unassign whoever it is */
	call.body = pick_members(delivery->payload, to_person ? person : team);
	return post(turn, delivery, call, request);
}

const InboxOutlet chatwoot_assign_outlet = {
	.encode = encode_assign,
	.judge = judge,
};

/* ----- typing ----- */

static bool
encode_typing(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	ChatwootCall	call = {.path = "/toggle_typing_status"};

	call.body = base_jsonb_bool(delivery->payload, "on", true) ?
		"{\"typing_status\": \"on\"}" : "{\"typing_status\": \"off\"}";
	return post(turn, delivery, call, request);
}

const InboxOutlet chatwoot_typing_outlet = {
	.encode = encode_typing,
	.judge = judge,
};
