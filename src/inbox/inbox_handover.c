/*
 * inbox_handover.c
 *	  frontdesk.take_over() and frontdesk.give_back(): a person silences the
 *	  bot in a conversation, or lets it speak again.
 *
 * The commands "bot on" and "bot off" of private notes do the same.
 *
 * Runs in any backend.  Both lock the conversation's thread, so a turn that is
 * about to end sees the change or ends before it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_spi.h"
#include "engine/engine_function.h"
#include "inbox/inbox_conversation.h"
#include "inbox/inbox_return.h"
#include "inbox/inbox_speaker.h"
#include "security/security_policy.h"

SQL_FUNCTION(take_over);
SQL_FUNCTION(give_back);
SQL_FUNCTION(silence_bot);
SQL_FUNCTION(command_bot_on);
SQL_FUNCTION(command_bot_off);

static void
require_conversation(int account_id, const pg_uuid_t *id)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.conversations AS c "
		"WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(id)};

	security_policy_require_account(account_id);
	if (base_spi_execute(&statement, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("account %d has no such conversation", account_id)));
}

PGDLLEXPORT Datum
frontdesk_take_over(PG_FUNCTION_ARGS)
{
	SPI_connect();
	require_conversation(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1));
	inbox_speaker_take_over(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1), "request");
	SPI_finish();
	PG_RETURN_VOID();
}

PGDLLEXPORT Datum
frontdesk_give_back(PG_FUNCTION_ARGS)
{
	SPI_connect();
	require_conversation(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1));
	inbox_speaker_give_back(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1), "request");
	SPI_finish();
	PG_RETURN_VOID();
}

/* silence_bot(account_id, conversation_id, cause): for begin_handover() alone */
PGDLLEXPORT Datum
frontdesk_silence_bot(PG_FUNCTION_ARGS)
{
	bool		had_bot;

	SPI_connect();
	had_bot = inbox_speaker_take_over(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1),
									  text_to_cstring(PG_GETARG_TEXT_PP(2)));
	SPI_finish();
	PG_RETURN_BOOL(had_bot || engine_function_is_rehearsed());
}

static char *
command_cause(FunctionCallInfo fcinfo)
{
	return psprintf("command of %s", text_to_cstring(PG_GETARG_TEXT_PP(2)));
}

/* command_bot_on(account_id, conversation_id, actor) */
PGDLLEXPORT Datum
frontdesk_command_bot_on(PG_FUNCTION_ARGS)
{
	SPI_connect();
	inbox_return_conversation(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1), command_cause(fcinfo));
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text("The bot answers again."));
}

/* command_bot_off(account_id, conversation_id, actor) */
PGDLLEXPORT Datum
frontdesk_command_bot_off(PG_FUNCTION_ARGS)
{
	SPI_connect();
	inbox_speaker_take_over(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1), command_cause(fcinfo));
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text("The bot is silent here."));
}
