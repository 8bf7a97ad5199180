/*
 * agents_promise.c
 *	  No promise without the row that keeps it.
 *
 * Runs in engine workers.  What an agent says, a model as well as a template or
 * a knowledge row, is held against the phrases by which somebody promises to
 * come back (inbox_phrase.c).  A day that was noted keeps "we write to you on
 * Monday"; all else is kept by a hand-over, which needs_human asks for: the
 * graph makes it, and where a graph does not, the end of the turn does
 * (agents_conversation.c).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "agents/agents_internal.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "inbox/inbox_phrase.h"

#define UNKEPT "the reply promises that somebody comes back to the customer"

/* Whether a day was noted on which the customer hears from us. */
static bool
has_follow_up(EngineTurn *turn, Jsonb *said)
{
	static BaseStatement statement = {
		"SELECT frontdesk.follow_up_due($1, $2, $3) IS NOT NULL", {INT4OID, UUIDOID, TEXTOID}
	};
	char	   *day = base_jsonb_text(said, "follow_up_date");
	Datum		values[3];

	if (day == NULL || !base_jsonb_bool(said, "follow_up_needed", false))
		return false;
	values[0] = Int32GetDatum(turn->account_id);
	values[1] = UUIDPGetDatum(&turn->original_id);
	values[2] = CStringGetTextDatum(day);
	return base_spi_execute(&statement, values, NULL) > 0 && base_spi_bool(0, 1, false);
}

static bool
is_unkept(EngineTurn *turn, Jsonb *said)
{
	char	   *text = base_jsonb_text(said, "agent_response");

	if (text == NULL || text[0] == '\0')
		return false;
	switch (inbox_phrase_find_promise(turn->account_id, text))
	{
		case INBOX_PHRASE_PERSON:
			return true;
		case INBOX_PHRASE_PROMISE:
			return !has_follow_up(turn, said);
		default:
			return false;
	}
}

Jsonb *
agents_promise_bind(EngineTurn *turn, Jsonb *said)
{
	BaseObject	bound;

	if (base_jsonb_bool(said, "needs_human", false) || !is_unkept(turn, said))
		return said;
	base_object_begin(&bound);
	base_object_add_bool(&bound, "needs_human", true);
	base_object_add_text(&bound, "escalation_reason", UNKEPT);
	return base_jsonb_merge(said, base_object_end_jsonb(&bound));
}
