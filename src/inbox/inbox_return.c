/*
 * inbox_return.c
 *	  How a conversation that a person has comes back to the bot.
 *
 *	comes back by                         the bot then answers
 *	-----------------------------------   --------------------------------------
 *	resolving it, setting it to pending   the customer's next message
 *	give_back()                           the customer's next message
 *	the label of people_rules             what nobody answered, as one turn
 *	no word of a person for return_after  what nobody answered, as one turn
 *	a command in a private note           what nobody answered, as one turn
 *
 * Runs in backends that take events in, and in the coordinator when the time
 * is over.  A conversation that was handed over but never had a word of a
 * person has no time after which it returns: it was handed over for a reason.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "inbox/inbox_return.h"
#include "inbox/inbox_rules.h"
#include "inbox/inbox_speaker.h"

SQL_FUNCTION(return_conversation);

void
inbox_return_conversation(int account_id, const pg_uuid_t *id, const char *cause)
{
	static BaseStatement answer_statement = {
		"SELECT frontdesk.answer_unanswered($1, $2)", {INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(id)};

	inbox_speaker_give_back(account_id, id, cause);
	if (inbox_rules_get(account_id)->answer_on_return)
		base_spi_execute(&answer_statement, values, NULL);
}

void
inbox_return_by_label(const InboxConversation *conversation, const InboxConversationView *view)
{
	static BaseStatement added_statement = {
		"SELECT FROM frontdesk.conversations AS c WHERE c.account_id = $1 AND c.id = $2 "
		"AND c.handled_by = 'human' AND $4 ? $3 AND NOT $3 = ANY (c.labels)",
		{INT4OID, UUIDOID, TEXTOID, JSONBOID}
	};
	int			account_id = conversation->origin.account_id;
	const char *label;
	Datum		values[4];

	if (!conversation->by_human || view->labels == NULL ||
		(view->version != 0 && view->version < conversation->version))
		return;
	label = inbox_rules_get(account_id)->return_label;
	if (label == NULL)
		return;
	values[0] = Int32GetDatum(account_id);
	values[1] = UUIDPGetDatum(&conversation->id);
	values[2] = CStringGetTextDatum(label);
	values[3] = JsonbPGetDatum(base_jsonb_parse(view->labels));
	if (base_spi_execute(&added_statement, values, NULL) > 0)
		inbox_return_conversation(account_id, &conversation->id, "label");
}

/* return_conversation(account_id, thread_id, payload): the alarm rings */
PGDLLEXPORT Datum
frontdesk_return_conversation(PG_FUNCTION_ARGS)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.conversations AS c "
		"WHERE c.account_id = $1 AND c.id = $2 AND c.handled_by = 'human'",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};

	SPI_connect();
	if (base_spi_execute(&statement, values, NULL) > 0)
		inbox_return_conversation(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1), "timeout");
	SPI_finish();
	PG_RETURN_VOID();
}
