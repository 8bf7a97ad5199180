/*
 * inbox_window.c
 *	  Until when a customer may be written to, and what may be written later.
 *
 * The source says whether there is a way at all (Chatwoot's can_reply, which is a
 * snapshot); how long after the customer's last word is a row of
 * frontdesk.channel_limits.  Runs in backends that take events in, and in workers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "inbox/inbox_subject.h"
#include "inbox/inbox_table.h"
#include "inbox/inbox_window.h"

void
inbox_window_observe(InboxConversation *conversation, const InboxConversationView *view)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET can_reply = $3 WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, BOOLOID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&conversation->id),
		BoolGetDatum(view->can_reply),
	};

	if (!view->can_reply_told || view->can_reply == conversation->can_reply ||
		(view->version != 0 && view->version < conversation->version))
		return;
	base_spi_execute(&statement, values, NULL);
	conversation->can_reply = view->can_reply;
}

/* Whether the source lets us write there; the row is found by its key. */
static bool
is_let(EngineTurn *turn)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	BaseRow		row;

	return !base_row_find(&inbox_conversations, CONVERSATION_BY_ID, key, &row) ||
		DatumGetBool(row.values[CONVERSATION_CAN_REPLY]);
}

/* Whether what the turn has read was heard lately. */
static bool
has_lately_heard(EngineTurn *turn, TimestampTz since)
{
	const InboxSubject *subject = turn->subject;

	for (int i = 0; subject && i < subject->history_count; i++)
		if (subject->history[i].incoming && subject->history[i].heard_at > since)
			return true;
	return false;
}

bool
inbox_window_is_open(EngineTurn *turn, int64 window)
{
	static BaseStatement statement = {
		"SELECT frontdesk.writable_until($1, $2) > frontdesk.clock()", {INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};

	if (is_let(turn) && (window == 0 || has_lately_heard(turn, base_clock_now() - window)))
		return true;
	base_spi_execute(&statement, values, NULL);
	return base_spi_bool(0, 1, false);
}

Jsonb *
inbox_window_template(EngineTurn *turn, Jsonb *payload)
{
	static BaseStatement statement = {
		"SELECT frontdesk.fill_channel_template($1, $2, $3, $4)", {INT4OID, UUIDOID, JSONBOID, JSONBOID}
	};
	Datum		values[] = {
		Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		JsonbPGetDatum(payload), JsonbPGetDatum(turn->state),
	};
	MemoryContext caller;
	bool		isnull;
	Datum		filled;
	Jsonb	   *copy;

	base_spi_execute(&statement, values, NULL);
	filled = base_spi_value(0, 1, &isnull);
	if (isnull)
		return NULL;
	caller = MemoryContextSwitchTo(turn->context);
	copy = DatumGetJsonbPCopy(filled);
	MemoryContextSwitchTo(caller);
	return copy;
}
