/*
 * engine_rehearsal.c
 *	  Turns that leave no trace: a thread forked from a checkpoint of another.
 *
 * Runs in engine workers.  A rehearsal is a thread of its own, with its own
 * checkpoints; models are asked for real, and cost what they cost.  Everything
 * else is as if it had never been: deliveries are written as `held` and never
 * enter a lane (engine_turn_deliver), functions are called in a subtransaction
 * that is rolled back once it has returned its patch (engine_function.c), and
 * the history ends where the rehearsed turn knew of nothing newer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_errors.h"
#include "base/base_spi.h"
#include "engine/engine_rehearsal.h"

static BaseStatement read_rehearsal = {
	"SELECT kind, source_id, known_event FROM frontdesk.rehearsals WHERE account_id = $1 AND thread_id = $2",
	{INT4OID, UUIDOID}
};

static void
load_one(EngineTurn *turn)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};
	bool		isnull;

	if (base_spi_execute(&read_rehearsal, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("what the thread rehearses is not in frontdesk.rehearsals")));
	turn->kind = engine_turn_find_thread_kind(base_spi_text(0, 1));
	turn->original_id = *DatumGetUUIDP(base_spi_value(0, 2, &isnull));
	turn->known_event = base_spi_int64(0, 3, 0);
}

void
engine_rehearsal_load(List *turns)
{
	ListCell   *cell;

	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		if (turn->is_rehearsal)
			load_one(turn);
	}
}
