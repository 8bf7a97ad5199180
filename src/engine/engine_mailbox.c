/*
 * engine_mailbox.c
 *	  Mail into a turn: what a claim finds, and what comes while it runs.
 *
 * Runs in engine workers, inside the tick's transaction, with the threads'
 * rows locked.  Mail is merged into the state; mail of kind deliver is kept
 * until it can be put at the end of the lane.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_json.h"
#include "base/base_spi.h"
#include "engine/engine_lane.h"
#include "engine/engine_mailbox.h"
#include "engine/engine_resume.h"
#include "engine/engine_table.h"

/* Number of the turn, of the mail, payload, whether it asks for a walk of the
 * graph, whether for deliveries. */
#define MAIL_OF(turn) \
	"SELECT " turn ", m.seq, m.payload, m.kind NOT IN ('lane', 'deliver', '" ENGINE_ANSWER_MAIL "'), m.kind = 'deliver' "

static BaseStatement read_mail = {
	MAIL_OF("u.n") "FROM unnest($1::int4[], $2::uuid[]) WITH ORDINALITY u(account_id, id, n) "
	"JOIN frontdesk.mailbox m ON m.account_id = u.account_id AND m.thread_id = u.id "
	"ORDER BY u.n, m.seq",
	{INT4ARRAYOID, UUIDARRAYOID}
};

static BaseStatement read_later_mail = {
	MAIL_OF("1") "FROM frontdesk.mailbox m "
	"WHERE m.account_id = $1 AND m.thread_id = $2 AND m.seq > $3 ORDER BY m.seq",
	{INT4OID, UUIDOID, INT8OID}
};

/* What the mail asked for is in the lane by the same commit. */
static BaseStatement mark_posted = {
	"UPDATE frontdesk.mailbox SET kind = 'lane', payload = NULL "
	"WHERE account_id = $1 AND thread_id = $2 AND seq <= $3 AND kind = 'deliver'",
	{INT4OID, UUIDOID, INT8OID}
};

/* Keeps what mail of kind deliver asks for until the lane is loaded. */
static void
keep_posted(EngineTurn *turn, Jsonb *payload)
{
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	EnginePosted *posted = palloc(sizeof(EnginePosted));

	posted->mail_seq = turn->last_mail;
	posted->list = base_jsonb_member((Jsonb *) PG_DETOAST_DATUM_COPY(JsonbPGetDatum(payload)),
									 "deliver");
	if (posted->list != NULL)
		turn->inner->posted = lappend(turn->inner->posted, posted);
	MemoryContextSwitchTo(caller);
}

/* Adds what mail asked for behind what the lane holds already. */
void
engine_mailbox_post_deliveries(EngineTurn *turn)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(turn->last_mail)};
	ListCell   *cell;

	if (turn->inner->posted == NIL)
		return;
	foreach(cell, turn->inner->posted)
		engine_lane_add_posted(turn, lfirst(cell));
	turn->inner->posted = NIL;
	base_spi_execute(&mark_posted, values, NULL);
}

/* Takes in the mail of a row that was read; whether it asks for a walk. */
static bool
take_in(EngineTurn *turn, uint64 row)
{
	bool		isnull;
	Datum		payload = base_spi_value(row, 3, &isnull);

	turn->last_mail = base_spi_int64(row, 2, 0);
	if (turn->first_mail == 0)
		turn->first_mail = turn->last_mail;
	if (!isnull && base_spi_bool(row, 5, false))
		keep_posted(turn, DatumGetJsonbP(payload));
	else if (!isnull)
		engine_turn_merge(turn, DatumGetJsonbP(payload));
	return base_spi_bool(row, 4, true);
}

/*
 * Takes the mail in, but for what came after an unfinished claim had read the
 * mailbox: its steps knew nothing of that.  A turn without any, or with mail
 * that only asks for its lane to be emptied or for deliveries (kinds lane and
 * deliver), does not walk the graph.
 */
void
engine_mailbox_load(List *turns)
{
	Datum		values[2];
	uint64		count;

	engine_turn_keys(turns, values);
	count = base_spi_execute(&read_mail, values, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		EngineTurn *turn = list_nth(turns, (int) base_spi_int64(i, 1, 0) - 1);

		if (base_spi_int64(i, 2, 0) > engine_resume_mail(turn) || !take_in(turn, i))
			continue;
		turn->inner->now.concluded = false;
		turn->inner->has_message = true;
	}
}

bool
engine_mailbox_take_later(EngineTurn *turn)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(turn->last_mail)};
	uint64		count = base_spi_execute(&read_later_mail, values, NULL);
	bool		walks = false;

	for (uint64 i = 0; i < count; i++)
		walks |= take_in(turn, i);
	engine_mailbox_post_deliveries(turn);
	return walks;
}

void
engine_mailbox_delete_read(EngineTurn *turn)
{
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	ListCell   *cell;

	foreach(cell, base_row_list(&engine_mailbox, 0, 2, key))
	{
		BaseRow    *row = lfirst(cell);

		if (base_row_int64(row, MAIL_SEQ, 0) <= turn->last_mail)
			base_row_delete(row);
	}
}
