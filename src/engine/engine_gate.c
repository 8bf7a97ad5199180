/*
 * engine_gate.c
 *	  Whether the engine may begin anything in this database.
 *
 * The truth is in rows: frontdesk.pauses, and frontdesk.place with the place
 * that was accepted.  A trigger on both moves the database's word in shared
 * memory at commit and wakes the workers, who look at the rows again before
 * their next tick.  Between changes the gate costs a worker one comparison of
 * that word, and a session nothing.
 *
 * A database in which nobody has posted mail since its workers have come stays
 * FRESH as long as it was empty when it was looked at: rows that arrive while a
 * dump is restored are not acted upon, and the first mail makes the workers
 * look at the place, which by then holds the dump's row next to our own.
 *
 * Runs in workers and the coordinator; the trigger and the notice of mail in
 * any session.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_spi.h"
#include "engine/engine_daemon.h"
#include "engine/engine_gate.h"
#include "engine/engine_gate_word.h"
#include "engine/engine_wake.h"

SQL_FUNCTION(gate_changed);
SQL_FUNCTION(wake_held);

/* Held turns of a paused account come back by themselves only to be held again. */
#define HOLD_ACCOUNT_MS (24 * 3600 * INT64CONST(1000))

/* What this process knows: the word it was read under, 0 when it knows nothing. */
static uint32 known_word = 0;
static EngineGate gate = ENGINE_GATE_UNKNOWN;

/* With PARTLY: the accounts, in TopMemoryContext. */
static List *paused_accounts = NIL;
static List *draining_accounts = NIL;

/* ---- sessions ---- */

static bool gate_touched = false;

static void
gate_cb(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && gate_touched && engine_gate_word_move(false))
		engine_wake_all_workers();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		gate_touched = false;
}

/* Statement trigger on frontdesk.pauses and frontdesk.place. */
PGDLLEXPORT Datum
frontdesk_gate_changed(PG_FUNCTION_ARGS)
{
	static bool registered = false;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("gate_changed() is a trigger function")));
	if (!registered)
	{
		RegisterXactCallback(gate_cb, NULL);
		registered = true;
	}
	gate_touched = true;
	engine_wake_tools_at_commit();	/* held runs may be let go */
	PG_RETURN_POINTER(NULL);
}

/* ---- what was held ---- */

static BaseStatement wake_held = {
	"WITH held AS MATERIALIZED ("
	" SELECT r.account_id, r.thread_id FROM frontdesk.ready r"
	" JOIN frontdesk.threads t ON t.account_id = r.account_id AND t.id = r.thread_id"
	" WHERE r.account_id = $1 AND r.slot IS NULL AND r.due_at > $2"
	" AND t.slot IS NULL AND (t.status_reason = '" ENGINE_GATE_HELD "' OR t.status = 'failed')"
	" FOR NO KEY UPDATE OF t SKIP LOCKED) "
	"UPDATE frontdesk.ready r SET due_at = $2 FROM held h"
	" WHERE r.account_id = h.account_id AND r.thread_id = h.thread_id AND r.slot IS NULL",
	{INT4OID, TIMESTAMPTZOID}
};

static void
wake_held_of(int account_id)
{
	TimestampTz now = base_clock_now();
	Datum		values[] = {Int32GetDatum(account_id), TimestampTzGetDatum(now)};

	/* what the whole database has held is due already */
	if (account_id != 0)
		base_spi_execute(&wake_held, values, NULL);
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		engine_wake_at_commit(c, now);
}

/* wake_held(account_id) */
PGDLLEXPORT Datum
frontdesk_wake_held(PG_FUNCTION_ARGS)
{
	SPI_connect();
	wake_held_of(PG_GETARG_INT32(0));
	SPI_finish();
	PG_RETURN_VOID();
}

/* ---- looking ---- */

static BaseStatement read_place = {
	"SELECT frontdesk.place_problem(), EXISTS (SELECT FROM frontdesk.threads)", {InvalidOid}
};

static BaseStatement read_pauses = {
	"SELECT account_id, mode = 'drain' FROM frontdesk.pauses", {InvalidOid}
};

/*
 * What the rows of frontdesk.pauses ask for.  A worker may have held a turn of
 * an account back after resume_work() had looked for such; so each wakes what
 * it may have held when it learns that the account works again.
 */
static EngineGate
look_at_pauses(void)
{
	uint64		count = base_spi_execute(&read_pauses, NULL, NULL);
	EngineGate	found = count > 0 ? ENGINE_GATE_PARTLY : ENGINE_GATE_OPEN;
	List	   *held_before = list_concat_copy(paused_accounts, draining_accounts);
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	ListCell   *cell;

	list_free(paused_accounts);
	list_free(draining_accounts);
	paused_accounts = draining_accounts = NIL;
	for (uint64 i = 0; i < count; i++)
	{
		int			account_id = base_spi_int32(i, 1, 0);
		bool		drains = base_spi_bool(i, 2, false);

		if (account_id == 0)
			found = drains ? ENGINE_GATE_DRAINING : ENGINE_GATE_PAUSED;
		if (drains)
			draining_accounts = lappend_int(draining_accounts, account_id);
		else
			paused_accounts = lappend_int(paused_accounts, account_id);
	}
	MemoryContextSwitchTo(caller);
	foreach(cell, held_before)
		if (!list_member_int(paused_accounts, lfirst_int(cell)) &&
			!list_member_int(draining_accounts, lfirst_int(cell)))
			wake_held_of(lfirst_int(cell));
	return found;
}

/* Reads the rows; the reason for which the database is frozen lives in the
 * transaction's context. */
static EngineGate
look_at_rows(EngineGate shared_state, char **problem)
{
	EngineGate	found;
	bool		has_threads;

	base_spi_execute(&read_place, NULL, NULL);
	*problem = base_spi_text(0, 1);
	has_threads = base_spi_bool(0, 2, true);
	found = look_at_pauses();
	if (*problem != NULL)
		return ENGINE_GATE_FROZEN;
	if (shared_state == ENGINE_GATE_FRESH || shared_state == ENGINE_GATE_STALE || !has_threads)
		return ENGINE_GATE_FRESH;
	return found;
}

static void
complain(const char *problem)
{
	ereport(LOG,
			(errmsg("pg_frontdesk: database \"%s\" is frozen: nothing is claimed, called or delivered", get_database_name(MyDatabaseId)),
			 errdetail("%s", problem)));
}

/* Looks at the rows and agrees with the others on what they say, unless the word
 * was moved meanwhile. */
static void
look(pg_atomic_uint32 *word, uint32 seen)
{
	MemoryContext caller = CurrentMemoryContext;
	EngineGate	found;
	char	   *problem;
	uint32		agreed;

	engine_daemon_begin();
	found = look_at_rows(ENGINE_GATE_STATE(seen), &problem);
	agreed = ENGINE_GATE_WORD(seen, found);
	if (!pg_atomic_compare_exchange_u32(word, &seen, agreed))
		agreed = 0;				/* changed under our eyes: look once more */
	else if (found == ENGINE_GATE_FROZEN && ENGINE_GATE_STATE(seen) != ENGINE_GATE_FROZEN)
		complain(problem);
	engine_daemon_commit();
	MemoryContextSwitchTo(caller);
	gate = found;
	known_word = agreed;
}

bool
engine_gate_refresh(void)
{
	pg_atomic_uint32 *word = engine_gate_word();
	uint32		seen;
	bool		changed = false;

	if (word == NULL)
		return false;
	while ((seen = pg_atomic_read_u32(word)) != known_word ||
		   ENGINE_GATE_STATE(seen) <= ENGINE_GATE_STALE)
	{
		look(word, seen);
		changed = true;
	}
	return changed;
}

void
engine_gate_read(void)
{
	char	   *problem;

	gate = look_at_rows(ENGINE_GATE_OPEN, &problem);
	known_word = 0;
}

void
engine_gate_forget(void)
{
	known_word = 0;
}

/* ---- asking ---- */

bool
engine_gate_admits(void)
{
	return gate == ENGINE_GATE_OPEN || gate == ENGINE_GATE_PARTLY;
}

bool
engine_gate_is_home(void)
{
	return gate >= ENGINE_GATE_OPEN && gate != ENGINE_GATE_FROZEN;
}

bool
engine_gate_holds(int account_id, bool is_fresh)
{
	switch (gate)
	{
		case ENGINE_GATE_OPEN:
		case ENGINE_GATE_DRAINING:
			return false;
		case ENGINE_GATE_PARTLY:
			return list_member_int(paused_accounts, account_id) ||
				(is_fresh && list_member_int(draining_accounts, account_id));
		default:
			return true;
	}
}

int64
engine_gate_hold_ms(void)
{
	return gate == ENGINE_GATE_PARTLY ? HOLD_ACCOUNT_MS : 0;
}

const char *
engine_gate_activity(void)
{
	switch (gate)
	{
		case ENGINE_GATE_PAUSED:
			return "paused, ";
		case ENGINE_GATE_DRAINING:
			return "draining, ";
		case ENGINE_GATE_FROZEN:
			return "frozen, ";
		default:
			return "";
	}
}
