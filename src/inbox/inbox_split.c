/*
 * inbox_split.c
 *	  One burst of a customer that its source made two conversations of.
 *
 * Runs in the backend that takes the second one in.  The lead is locked since its
 * conversation was made, so of two at once one finds the other.  A worker locks the
 * thread before the lead, so the other conversation's thread is not waited for: one
 * that is at work at this very moment is left alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_spi.h"
#include "engine/engine_mail.h"
#include "inbox/inbox_rules.h"
#include "inbox/inbox_split.h"

/* Channels where one person has several conversations on purpose. */
static bool
has_subjects(const char *channel)
{
	return strcmp(channel, "email") == 0 || strcmp(channel, "other") == 0;
}

/*
 * The contact's other young conversation, its thread locked; its number, 0: none.
 * Written so that there is one way to read it: by the lead, then by keys.  With
 * plain joins a planner without statistics reads all rows of the account.
 */
static int64
lock_other(const InboxConversation *conversation, const InboxEvent *event, pg_uuid_t *id)
{
	static BaseStatement statement = {
		"SELECT c.id, c.display_id FROM ("
		" SELECT o.account_id, o.id, o.display_id FROM frontdesk.conversations AS o "
		" WHERE o.lead_id = $2 AND o.account_id IS NOT DISTINCT FROM $1 AND o.id <> $3 AND o.site_id = $4 AND o.channel = $5 "
		" AND coalesce(o.inbox_id, 0) = $6 AND o.handled_by = 'bot' AND o.status <> 'resolved' "
		" AND o.created_at > pg_catalog.clock_timestamp() - $7 * '1 us'::interval "
		" AND EXISTS (SELECT FROM frontdesk.messages AS m WHERE m.conversation_id = o.id AND m.account_id IS NOT DISTINCT FROM $1 "
		"  AND m.sent_at BETWEEN $8 - $7 * '1 us'::interval AND $8 + $7 * '1 us'::interval OFFSET 0) "
		" ORDER BY o.display_id DESC) AS c "
		"CROSS JOIN LATERAL ("
		" SELECT FROM frontdesk.threads AS t WHERE t.account_id = c.account_id AND t.id = c.id "
		" AND t.read_seq = 0 AND t.queued_seq > 0 FOR NO KEY UPDATE SKIP LOCKED) AS t "
		"LIMIT 1",
		{INT4OID, UUIDOID, UUIDOID, INT4OID, TEXTOID, INT8OID, INT8OID, TIMESTAMPTZOID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&conversation->lead_id),
		UUIDPGetDatum(&conversation->id), Int32GetDatum(conversation->origin.site_id),
		CStringGetTextDatum(conversation->channel), Int64GetDatum(event->conversation.inbox_id),
		Int64GetDatum(inbox_rules_get(conversation->origin.account_id)->split_within),
		TimestampTzGetDatum(event->message.sent_at ? event->message.sent_at : base_clock_now()),
	};
	bool		isnull;

	if (base_spi_execute(&statement, values, NULL) == 0)
		return 0;
	*id = *DatumGetUUIDP(base_spi_value(0, 1, &isnull));
	return base_spi_int64(0, 2, 0);
}

void
inbox_split_join(InboxConversation *conversation, const InboxEvent *event)
{
	static BaseStatement statement = {
		"SELECT frontdesk.join_split($1, $2, $3)", {INT4OID, UUIDOID, UUIDOID}
	};
	pg_uuid_t	other;
	int64		number;
	bool		is_younger;
	Datum		values[3];

	if (!conversation->is_fresh || conversation->lead_is_fresh || event->is_listed || has_subjects(conversation->channel) ||
		inbox_rules_get(conversation->origin.account_id)->split_within == 0)
		return;
	number = lock_other(conversation, event, &other);
	if (number == 0)
		return;
	is_younger = conversation->display_id > number;
	values[0] = Int32GetDatum(conversation->origin.account_id);
	values[1] = UUIDPGetDatum(is_younger ? &other : &conversation->id);
	values[2] = UUIDPGetDatum(is_younger ? &conversation->id : &other);
	base_spi_execute(&statement, values, NULL);
}
