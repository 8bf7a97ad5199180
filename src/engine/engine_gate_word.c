/*
 * engine_gate_word.c
 *	  The word in shared memory that says whether a database's gate is to be
 *	  looked at again.
 *
 * Moved by sessions when they commit; read by workers and the coordinator, who
 * write down there what they have found (engine_gate.c).
 */
#include "postgres.h"

#include "engine/engine_gate_word.h"
#include "engine/engine_roster.h"

pg_atomic_uint32 *
engine_gate_word(void)
{
	EngineRosterDatabase *database = engine_roster_database();

	return database ? &database->gate : NULL;
}

/* Without mail a database stays fresh: a dump that is being restored writes to our
 * tables, too. */
bool
engine_gate_word_move(bool has_mail)
{
	pg_atomic_uint32 *word = engine_gate_word();
	uint32		seen;
	EngineGate	state;

	if (word == NULL)
		return false;
	seen = pg_atomic_read_u32(word);
	do
	{
		bool		is_fresh = ENGINE_GATE_STATE(seen) == ENGINE_GATE_FRESH ||
			ENGINE_GATE_STATE(seen) == ENGINE_GATE_STALE;

		state = is_fresh && !has_mail ? ENGINE_GATE_STALE : ENGINE_GATE_UNKNOWN;
	} while (!pg_atomic_compare_exchange_u32(
		word, &seen, ENGINE_GATE_WORD(seen + (1 << ENGINE_GATE_BITS), state)));
	return true;
}

/* Also while somebody looks, under a snapshot that may not see the mail. */
bool
engine_gate_word_note_mail(void)
{
	pg_atomic_uint32 *word = engine_gate_word();

	if (word == NULL || ENGINE_GATE_STATE(pg_atomic_read_u32(word)) > ENGINE_GATE_FRESH)
		return false;
	return engine_gate_word_move(true);
}
