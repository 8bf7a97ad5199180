/*
 * agents_follow_up.c
 *	  Coming back to a customer on a day that an agent noted.
 *
 * Runs in engine workers.  A turn that ends with follow_up_needed and a
 * follow_up_date in its state sets one alarm of its thread; the alarm
 * (agents_follow_up.sql) posts mail that says so in the state, and the turn it
 * starts walks the graph like any, but that the router has nothing to sort and
 * the agent that writes is told what to write.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "agents/agents_internal.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "engine/engine_alarm.h"
#include "inbox/inbox_rules.h"

#define FOLLOW_UP_ALARM "write_follow_up"

bool
agents_follow_up_is_due(EngineTurn *turn)
{
	return base_jsonb_bool(turn->state, "follow_up", false);
}

/* A customer's message carries its own id; the alarm's mail this word. */
static bool
is_alarm(EngineTurn *turn)
{
	char	   *message_id = base_jsonb_text(turn->state, "message_id");

	return message_id != NULL && strcmp(message_id, "follow_up") == 0;
}

void
agents_follow_up_begin(EngineTurn *turn, BaseObject *patch)
{
	if (is_alarm(turn))
		return;
	if (agents_follow_up_is_due(turn))
		base_object_add_null(patch, "follow_up");
	if (!base_jsonb_bool(turn->state, "follow_up_needed", false) || turn->is_rehearsal ||
		inbox_rules_get(turn->account_id)->follow_up_keeps)
		return;
	engine_alarm_cancel(turn->account_id, &turn->thread_id, FOLLOW_UP_ALARM);
	base_object_add_bool(patch, "follow_up_needed", false);
	base_object_add_null(patch, "follow_up_date");
}

void
agents_follow_up_plan(EngineTurn *turn)
{
	static BaseStatement statement = {
		"SELECT frontdesk.plan_follow_up($1, $2, $3) > frontdesk.writable_until($1, $2)"
		" AND (SELECT l.templates = '{}' FROM frontdesk.conversations AS c, frontdesk.limits_of(c.account_id, c.channel) AS l"
		"  WHERE c.account_id = $1 AND c.id = $2)", {INT4OID, UUIDOID, TEXTOID}
	};
	char	   *date;
	Datum		values[3];

	if (turn->is_rehearsal || !base_jsonb_bool(turn->state, "follow_up_needed", false))
		return;
	date = base_jsonb_text(turn->state, "follow_up_date");
	if (date == NULL)
		return;
	values[0] = Int32GetDatum(turn->account_id);
	values[1] = UUIDPGetDatum(&turn->thread_id);
	values[2] = CStringGetTextDatum(date);
	base_spi_execute(&statement, values, NULL);
	if (base_spi_bool(0, 1, false))
		engine_turn_deliver(turn, "note", base_object_of_text("content", psprintf(
			"The customer is to hear from us on %s. The channel takes nothing so late after the last message: "
			"unless the customer writes before, people get the conversation on that day.", date)));
}

Jsonb *
agents_follow_up_route(void)
{
	return base_jsonb_parse("{\"intent\": \"follow_up\", \"route\": \"automated\", \"priority\": \"low\","
							" \"sentiment\": 0, \"confidence_score\": 1, \"needs_human\": false}");
}
