/*
 * inbox_refusal.c
 *	  Replies that the far side accepted and the channel's provider refused later.
 *
 * Runs in backends that take events in, and in workers when the report was faster
 * than the answer to the reply.  Nothing is decided here: of a report, a new
 * message of the customer and a turn under way the one that rests last decides.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_clock.h"
#include "base/base_spi.h"
#include "engine/engine_alarm.h"
#include "engine/engine_mail.h"
#include "inbox/inbox_refusal.h"

#define MEND_ALARM "mend_refused"

void
inbox_refusal_notice(int account_id, const pg_uuid_t *conversation_id)
{
	engine_alarm_set(account_id, conversation_id, MEND_ALARM, base_clock_now());
}

/* Whether a turn is to come, or under way, that has not decided on its answer: it
 * has mail of the customer, and nothing in its lane. */
static bool
is_being_answered(int account_id, const pg_uuid_t *conversation_id)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.threads AS t WHERE t.account_id = $1 AND t.id = $2 "
		"AND EXISTS (SELECT FROM frontdesk.mailbox AS m WHERE m.account_id = t.account_id "
		" AND m.thread_id = t.id AND m.kind = 'message' AND m.seq > t.read_seq) "
		"AND NOT EXISTS (SELECT FROM frontdesk.deliveries AS d WHERE d.account_id = t.account_id "
		" AND d.thread_id = t.id AND d.seq >= t.lane_head AND d.status IN ('pending', 'sending', 'uncertain', 'arrived'))",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(conversation_id)};

	return base_spi_execute(&statement, values, NULL) > 0;
}

void
inbox_refusal_take(InboxConversation *conversation)
{
	int			account_id = conversation->origin.account_id;

	if (is_being_answered(account_id, &conversation->id))
		conversation->event_seq = engine_mail_post_to(conversation->thread, "edit", NULL, 0);
	inbox_refusal_notice(account_id, &conversation->id);
}
