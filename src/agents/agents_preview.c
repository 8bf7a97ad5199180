/*
 * agents_preview.c
 *	  frontdesk.preview_call(conversation, agent): the very call by which an agent
 *	  would be asked about a conversation now.
 *
 * Runs in a session.  A turn is put together from rows as a worker would claim it,
 * and its request written by the same functions; nothing is sent and no key read.
 * Where the newest message was answered already, the call is the one that was
 * made for it, as far as the rows have not changed since.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "agents/agents_payment.h"
#include "agents/agents_prompt.h"
#include "base/base_domain.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "inbox/inbox_subject.h"
#include "llm/llm_preview.h"

SQL_FUNCTION(preview_turn);

/* The newest words of the customer, and where they begin: behind what was answered. */
static BaseStatement read_statement = {
	"SELECT t.state, n.newest, coalesce((SELECT pg_catalog.min(m.seq) FROM frontdesk.messages AS m "
	"  WHERE m.account_id = t.account_id AND m.conversation_id = t.id AND m.direction = 'incoming' AND NOT m.private "
	"  AND m.seq > (SELECT coalesce(pg_catalog.max(coalesce(o.answers_up_to, o.seq)), 0) FROM frontdesk.messages AS o "
	"   WHERE o.account_id = t.account_id AND o.conversation_id = t.id AND o.direction = 'outgoing' AND NOT o.private "
	"   AND o.author IN ('human', 'bot') AND o.status IS DISTINCT FROM 'failed' "
	"   AND coalesce(o.answers_up_to, o.seq) < n.newest)), 0) "
	"FROM frontdesk.threads AS t CROSS JOIN LATERAL (SELECT coalesce(pg_catalog.max(m.seq), 0) AS newest "
	"  FROM frontdesk.messages AS m WHERE m.account_id = t.account_id AND m.conversation_id = t.id "
	"  AND m.direction = 'incoming' AND NOT m.private AND NOT m.aside) AS n "
	"WHERE t.account_id = $1 AND t.id = $2",
	{INT4OID, UUIDOID}
};

/* The turn as a worker would have it at its beginning, all in the current context. */
static void
read_turn(EngineTurn *turn, int account_id, const pg_uuid_t *id)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(id)};
	bool		isnull;

	if (base_spi_execute(&read_statement, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("account %d has no such conversation", account_id)));
	turn->context = CurrentMemoryContext;
	turn->subject_context = CurrentMemoryContext;
	turn->account_id = account_id;
	turn->thread_id = *id;
	turn->original_id = *id;
	turn->is_rehearsal = true;
	turn->state = DatumGetJsonbPCopy(base_spi_value(0, 1, &isnull));
	turn->last_mail = turn->known_event = base_spi_int64(0, 2, 0);
	turn->first_mail = base_spi_int64(0, 3, 0);
}

/* What a turn does before it asks anybody. */
static void
begin_turn(EngineTurn *turn, int history_limit)
{
	InboxBurst	burst;

	inbox_subject_load(&turn, 1, &history_limit);
	if (turn->subject == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("thread %s is no conversation",
						DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&turn->thread_id))))));
	burst = inbox_subject_burst(turn);
	if (burst.text[0] != '\0')
		turn->state = base_jsonb_merge(turn->state, base_object_of_text("content", burst.text));
	agents_payment_mask_pieces(turn);
}

/* preview_turn(account_id, thread_id, agent) */
PGDLLEXPORT Datum
frontdesk_preview_turn(PG_FUNCTION_ARGS)
{
	int			account_id = PG_GETARG_INT32(0);
	MemoryContext caller = CurrentMemoryContext;
	EngineTurn	turn = {0};
	LlmCall		call = {0};
	HttpRequest request;

	call.agent = llm_preview_find_agent(text_to_cstring(PG_GETARG_TEXT_PP(2)), account_id);
	SPI_connect();
	MemoryContextSwitchTo(caller);
	read_turn(&turn, account_id, PG_GETARG_UUID_P(1));
	begin_turn(&turn, call.agent->history_limit);
	agents_prompt_write_request(&turn, &call, &request);
	SPI_finish();
	PG_RETURN_JSONB_P(llm_preview_tell(call.agent, account_id, &request));
}
