/*
 * engine_play.c
 *	  A worker played by a session, for tests: claims threads and ends turns with
 *	  the code that workers run, in two halves, so that others can come between.
 *
 * Runs in any session of a superuser, inside the caller's transaction.  It talks
 * to no network: a turn that wants to send a request ends the statement with an
 * error.  The turns it holds live below TopMemoryContext, from one call to the
 * next; what was claimed in a transaction that is rolled back is let go.  (What
 * was advanced in one is lost to this session, and its thread stays owned.)  The
 * coordinator of a database that is served takes the threads away from it:
 * sessions are no owners it knows of.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_shmem.h"
#include "engine/engine_claim.h"
#include "engine/engine_commit.h"
#include "engine/engine_flight.h"
#include "engine/engine_gate.h"
#include "engine/engine_lease.h"
#include "engine/engine_step.h"
#include "engine/engine_walk.h"

SQL_FUNCTION(play_claim);
SQL_FUNCTION(play_turns);
SQL_FUNCTION(play_delivery_kind);

#define PLAYED_AT_ONCE 64
#define PLAYED_SLOT (-1)		/* nobody's: nobody wakes it */

/* The turns of this session, in the order of their claim. */
static List *held = NIL;

/* Those of them that the transaction under way has claimed. */
static List *just_claimed = NIL;

/* Makes this session an owner that has looked at the gate; SPI is connected. */
static void
begin(void)
{
	base_shmem_require();
	engine_lease_set_owner(PLAYED_SLOT, MyProcPid);
	engine_gate_read();
}

static void
hold(EngineTurn *turn)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

	held = lappend(held, turn);
	MemoryContextSwitchTo(caller);
}

/* What was claimed in a transaction that is undone was never ours. */
static void
claimed_cb(XactEvent event, void *arg)
{
	ListCell   *cell;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT)
		return;
	foreach(cell, just_claimed)
	{
		if (event != XACT_EVENT_ABORT || !list_member_ptr(held, lfirst(cell)))
			continue;
		held = list_delete_ptr(held, lfirst(cell));
		engine_claim_free_turn(lfirst(cell));
	}
	list_free(just_claimed);
	just_claimed = NIL;
}

/* Holds a turn that was just claimed. */
static void
take_over(EngineTurn *turn, int quota_class)
{
	static bool registered = false;
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

	if (!registered)
		RegisterXactCallback(claimed_cb, NULL);
	registered = true;
	just_claimed = lappend(just_claimed, turn);
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(turn->context, TopMemoryContext);
	turn->inner->turn = turn;
	turn->inner->quota_class = quota_class;
	turn->inner->is_fresh = true;
	turn->inner->claimed_at = base_clock_ticks();
	hold(turn);
}

/* play_claim(class) */
PGDLLEXPORT Datum
frontdesk_play_claim(PG_FUNCTION_ARGS)
{
	int			quota_class = PG_GETARG_INT16(0);
	EngineShare share = {.room = PLAYED_AT_ONCE};
	List	   *claimed = NIL;
	ListCell   *cell;

	SPI_connect();
	begin();
	engine_claim_threads(quota_class, &share, &claimed);
	foreach(cell, claimed)
		take_over(lfirst(cell), quota_class);
	SPI_finish();
	PG_RETURN_INT32(list_length(claimed));
}

/* Takes the turns that have something to do out of what is held: when an error
 * leaves them half advanced, nobody writes them. */
static List *
take_due(void)
{
	List	   *due = NIL;
	ListCell   *cell;

	foreach(cell, held)
	{
		EngineProgress *now = &((EngineTurn *) lfirst(cell))->inner->now;

		if (now->waiting != ENGINE_WAIT_NOTHING && now->wait_until > base_clock_ticks())
			continue;
		due = lappend(due, lfirst(cell));
		held = foreach_delete_current(held, cell);
	}
	return due;
}

static void
advance(EngineTurn *turn)
{
	engine_walk_advance(turn);
	if (turn->inner->now.outgoing == NULL)
		return;
	engine_flight_cancel(turn);
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("a turn that a session plays has a request to send"),
			 errhint("Play threads of graphs without models and requests.")));
}

/* Lets go of what was written, and of turns that are over. */
static void
conclude(EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;

	if (inner->now.resting || inner->stale)
	{
		engine_claim_free_turn(turn);
		return;
	}
	inner->is_fresh = false;
	inner->now.checkpoints = inner->now.delivery_writes = NIL;
	engine_step_forget_done(turn);
	engine_turn_forget_subjects(turn);
	hold(turn);
}

/* What became of a turn, for the caller. */
static const char *
outcome_of(const EngineTurnInner *inner)
{
	if (inner->stale)
		return "overtaken";
	if (inner->locked_out)
		return "locked";
	return inner->now.resting ? "rests" : "waits";
}

/* Locks, advances and writes these turns; returns what became of each. */
static ArrayType *
run(List *turns)
{
	Datum	   *outcomes = palloc0(Max(list_length(turns), 1) * sizeof(Datum));
	List	   *batch = NIL;
	List	   *overtaken = NIL;
	ListCell   *cell;

	engine_claim_lock(turns);
	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		if (turn->inner->stale)
			overtaken = lappend(overtaken, turn);
		else if (!turn->inner->locked_out)
			batch = lappend(batch, turn);
	}
	foreach(cell, batch)
		advance(lfirst(cell));
	engine_commit_write(batch);
	engine_commit_overtaken(overtaken);
	foreach(cell, turns)
		outcomes[foreach_current_index(cell)] =
			CStringGetTextDatum(outcome_of(((EngineTurn *) lfirst(cell))->inner));
	foreach(cell, turns)
		conclude(lfirst(cell));
	return construct_array(outcomes, list_length(turns), TEXTOID, -1, false, TYPALIGN_INT);
}

/* play_turns() */
PGDLLEXPORT Datum
frontdesk_play_turns(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	ArrayType  *outcomes;

	SPI_connect();
	begin();
	outcomes = run(take_due());
	MemoryContextSwitchTo(caller);
	outcomes = (ArrayType *) PG_DETOAST_DATUM_COPY(PointerGetDatum(outcomes));
	SPI_finish();
	PG_RETURN_ARRAYTYPE_P(outcomes);
}

/* ---- a delivery kind ---- */

static bool
encode_nothing(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	return false;				/* it settles by itself */
}

static EngineLookup
find_nothing(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	return ENGINE_LOOKUP_UNKNOWN;
}

static EngineWhenUnknown
when_unknown_named(const char *word)
{
	static const char *const words[] = {"", "repeat", "look_up", "ask", "forget"};

	for (int i = 0; i < lengthof(words); i++)
		if (strcmp(words[i], word) == 0)
			return (EngineWhenUnknown) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" does not say what follows when nobody knows the fate of a delivery", word),
			 errhint("It is repeat, look_up, ask, forget, or nothing.")));
}

/* play_delivery_kind(name, when_unknown, lookup, judge) */
PGDLLEXPORT Datum
frontdesk_play_delivery_kind(PG_FUNCTION_ARGS)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	EngineDeliveryKind *kind = palloc0(sizeof(EngineDeliveryKind));

	kind->name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	kind->when_unknown = when_unknown_named(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	kind->encode = encode_nothing;
	kind->encode_lookup = PG_GETARG_BOOL(2) ? encode_nothing : NULL;
	kind->judge_lookup = PG_GETARG_BOOL(3) ? find_nothing : NULL;
	engine_turn_register_delivery_kind(kind);
	MemoryContextSwitchTo(caller);
	PG_RETURN_VOID();
}
