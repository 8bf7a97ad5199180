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
 *
 * What settles is written to our row, so that the echo by webhook tells
 * nothing that is not known and does not look like a person's act.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/base_json.h"
#include "base/base_spi.h"
#include "chatwoot/chatwoot_change.h"
#include "chatwoot/chatwoot_request.h"
#include "inbox/inbox_subject.h"

static bool
judge(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	return chatwoot_request_judge(turn, delivery, response, true);
}

static char *
print_jsonb(Jsonb *document)
{
	return JsonbToCString(NULL, &document->root, VARSIZE(document));
}

/* Appends a scalar as JSON. */
static void
append_scalar(StringInfo json, const JsonbValue *value)
{
	if (value->type == jbvString)
		base_json_append_string(json, value->val.string.val, value->val.string.len);
	else if (value->type == jbvNumeric)
		appendStringInfoString(json, DatumGetCString(DirectFunctionCall1(numeric_out,
																		 NumericGetDatum(value->val.numeric))));
	else
		appendStringInfoString(json, "null");
}

/* An object of those members of the payload that Chatwoot knows. */
static char *
pick_members(Jsonb *payload, const char *const *keys)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (; *keys; keys++)
	{
		JsonbValue	value;

		if (!getKeyJsonValueFromContainer(&payload->root, *keys, strlen(*keys), &value))
			continue;
		base_json_append_key(&json, *keys);
		append_scalar(&json, &value);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* Makes the request, unless transport is local. */
static bool
post(EngineTurn *turn, EngineDelivery *delivery, ChatwootCall call, HttpRequest *request)
{
	const InboxSubject *subject = turn->subject;

	if (subject && subject->is_local)
		return false;
	call.method = "POST";
	return chatwoot_request_make(turn, delivery, &call, request);
}

static bool
give_up(EngineDelivery *delivery, const char *text)
{
	delivery->failure = (EngineFailure) {
		.failure_class = "invalid",
		.code = "",
		.text = text,
		.retry_after_ms = -1,
	};
	return false;
}

/* Runs an UPDATE of the conversation that takes the payload as $3. */
static void
record(EngineTurn *turn, EngineDelivery *delivery, BaseStatement *statement)
{
	Datum		values[] = {
		Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		JsonbPGetDatum(delivery->payload),
	};

	base_spi_execute(statement, values, NULL);
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

static bool
encode_labels(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	const InboxSubject *subject = turn->subject;
	Jsonb	   *added = base_jsonb_member(delivery->payload, "add");
	ChatwootCall	call = {.path = "/labels"};

	if (added == NULL || !JB_ROOT_IS_ARRAY(added))
		return give_up(delivery, "labels: \"add\" is no array");
	if (subject == NULL || !chatwoot_request_can_read(turn))
	{
		call.body = psprintf("{\"labels\": %s}",
							 join_labels(subject ? subject->labels : NULL, added));
		return post(turn, delivery, call, request);
	}
	call.path = "/bulk_actions";
	call.account_path = true;
	call.token = CHATWOOT_TOKEN_READ;
	call.body = psprintf("{\"type\": \"Conversation\", \"ids\": [" INT64_FORMAT "], "
						 "\"labels\": {\"add\": %s}}",
						 subject->display_id, print_jsonb(added));
	return post(turn, delivery, call, request);
}

static void
settle_labels(EngineTurn *turn, EngineDelivery *delivery)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET labels = ARRAY("
		" SELECT DISTINCT l.label FROM (SELECT pg_catalog.unnest(c.labels) AS label "
		" UNION ALL SELECT pg_catalog.jsonb_array_elements_text($3 -> 'add')) AS l "
		" ORDER BY l.label) WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, JSONBOID}
	};

	record(turn, delivery, &statement);
}

const EngineDeliveryKind chatwoot_labels_kind = {
	.name = "labels",
	.encode = encode_labels,
	.judge = judge,
	.settle = settle_labels,
};

/* ----- attributes ----- */

static bool
encode_attributes(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	const InboxSubject *subject = turn->subject;
	Jsonb	   *all = base_jsonb_merge(subject ? subject->attributes : NULL,
									   delivery->payload);
	ChatwootCall	call = {.path = "/custom_attributes"};

	call.body = psprintf("{\"custom_attributes\": %s}", print_jsonb(all));
	return post(turn, delivery, call, request);
}

static void
settle_attributes(EngineTurn *turn, EngineDelivery *delivery)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET attributes = c.attributes || $3 "
		"WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, JSONBOID}
	};

	record(turn, delivery, &statement);
}

const EngineDeliveryKind chatwoot_attributes_kind = {
	.name = "attributes",
	.encode = encode_attributes,
	.judge = judge,
	.settle = settle_attributes,
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

static void
settle_priority(EngineTurn *turn, EngineDelivery *delivery)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET priority = $3 ->> 'priority' "
		"WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, JSONBOID}
	};

	record(turn, delivery, &statement);
}

const EngineDeliveryKind chatwoot_priority_kind = {
	.name = "priority",
	.encode = encode_priority,
	.judge = judge,
	.settle = settle_priority,
};

/* ----- status ----- */

static bool
encode_status(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	static const char *const keys[] = {"status", "snoozed_until", NULL};
	ChatwootCall	call = {.path = "/toggle_status"};

	/* without a status Chatwoot would toggle */
	if (base_jsonb_text(delivery->payload, "status") == NULL)
		return give_up(delivery, "status: \"status\" is missing");
	call.body = pick_members(delivery->payload, keys);
	return post(turn, delivery, call, request);
}

static void
settle_status(EngineTurn *turn, EngineDelivery *delivery)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET status = $3 ->> 'status' "
		"WHERE c.account_id = $1 AND c.id = $2 "
		"AND $3 ->> 'status' IN ('open', 'pending', 'resolved', 'snoozed')",
		{INT4OID, UUIDOID, JSONBOID}
	};

	record(turn, delivery, &statement);
}

const EngineDeliveryKind chatwoot_status_kind = {
	.name = "status",
	.encode = encode_status,
	.judge = judge,
	.settle = settle_status,
};

/* ----- assign ----- */

static bool
encode_assign(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	static const char *const person[] = {"assignee_id", NULL};
	static const char *const team[] = {"team_id", NULL};
	ChatwootCall	call = {.path = "/assignments"};
	bool		to_person = base_jsonb_number(delivery->payload, "assignee_id", 0) > 0;

	/* an assignee_id of null would unassign whoever it is */
	if (!to_person && base_jsonb_number(delivery->payload, "team_id", 0) <= 0)
		return give_up(delivery, "assign: neither \"assignee_id\" nor \"team_id\" is given");
	call.body = pick_members(delivery->payload, to_person ? person : team);
	return post(turn, delivery, call, request);
}

static void
settle_assign(EngineTurn *turn, EngineDelivery *delivery)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c "
		"SET assignee_id = ($3 ->> 'assignee_id')::bigint "
		"WHERE c.account_id = $1 AND c.id = $2 "
		"AND pg_catalog.jsonb_typeof($3 -> 'assignee_id') = 'number'",
		{INT4OID, UUIDOID, JSONBOID}
	};

	record(turn, delivery, &statement);
}

const EngineDeliveryKind chatwoot_assign_kind = {
	.name = "assign",
	.encode = encode_assign,
	.judge = judge,
	.settle = settle_assign,
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

const EngineDeliveryKind chatwoot_typing_kind = {
	.name = "typing",
	.is_fleeting = true,
	.encode = encode_typing,
	.judge = judge,
};
