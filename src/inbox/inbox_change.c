/*
 * inbox_change.c
 *	  Deliveries that change a conversation: labels, attributes, priority,
 *	  status, assign.
 *
 * Runs in workers, in the tick that decides or settles the delivery.  What
 * settles is written to our row, so that the echo of the far side tells nothing
 * that is not known and does not look like a person's act.  All of them may be
 * repeated without harm.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_json.h"
#include "base/base_spi.h"
#include "inbox/inbox_change.h"
#include "inbox/inbox_detail.h"

/* What each does to the row: ($1 account, $2 conversation, $3 payload). */
static BaseStatement statements[INBOX_DELIVERY_COUNT] = {
	[INBOX_LABELS] = {
		"UPDATE frontdesk.conversations AS c SET labels = ARRAY("
		" SELECT DISTINCT l.label FROM (SELECT pg_catalog.unnest(c.labels) AS label "
		" UNION ALL SELECT pg_catalog.jsonb_array_elements_text($3 -> 'add')) AS l "
		" ORDER BY l.label LIMIT " CppAsString2(INBOX_DETAIL_LABELS) ") WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, JSONBOID}
	},
	[INBOX_ATTRIBUTES] = {
		"UPDATE frontdesk.conversations AS c SET attributes = c.attributes || $3 "
		"WHERE c.account_id = $1 AND c.id = $2 "
		"AND pg_catalog.pg_column_size(c.attributes || $3) <= " CppAsString2(INBOX_DETAIL_BYTES),
		{INT4OID, UUIDOID, JSONBOID}
	},
	[INBOX_PRIORITY] = {
		"UPDATE frontdesk.conversations AS c SET priority = $3 ->> 'priority' "
		"WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, JSONBOID}
	},
	[INBOX_STATUS] = {
		"UPDATE frontdesk.conversations AS c SET status = $3 ->> 'status' "
		"WHERE c.account_id = $1 AND c.id = $2 "
		"AND $3 ->> 'status' IN ('open', 'pending', 'resolved', 'snoozed')",
		{INT4OID, UUIDOID, JSONBOID}
	},
	[INBOX_ASSIGN] = {
		"UPDATE frontdesk.conversations AS c "
		"SET assignee_id = ($3 ->> 'assignee_id')::bigint "
		"WHERE c.account_id = $1 AND c.id = $2 "
		"AND pg_catalog.jsonb_typeof($3 -> 'assignee_id') = 'number'",
		{INT4OID, UUIDOID, JSONBOID}
	},
};

/* Holds a payload against its kind, before any transport sees it. */
const char *
inbox_change_fault(InboxDeliveryIndex index, Jsonb *payload)
{
	Jsonb	   *added;

	switch (index)
	{
		case INBOX_LABELS:
			added = base_jsonb_member(payload, "add");
			return added && JB_ROOT_IS_ARRAY(added) ? NULL : "labels: \"add\" is no array";
		case INBOX_STATUS:
			return base_jsonb_text(payload, "status") ? NULL : "status: \"status\" is missing";
		case INBOX_ASSIGN:
			return base_jsonb_number(payload, "assignee_id", 0) > 0 || base_jsonb_number(payload, "team_id", 0) > 0 ?
				NULL : "assign: neither \"assignee_id\" nor \"team_id\" is given";
		default:
			return NULL;
	}
}

void
inbox_change_write(EngineTurn *turn, InboxDeliveryIndex index, Jsonb *payload)
{
	Datum		values[] = {
		Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		JsonbPGetDatum(payload),
	};

	base_spi_execute(&statements[index], values, NULL);
}
