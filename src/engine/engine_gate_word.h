/*
 * engine_gate_word.h
 *	  The word in shared memory that says whether a database's gate is to be
 *	  looked at again.
 */
#ifndef ENGINE_GATE_WORD_H
#define ENGINE_GATE_WORD_H

#include "port/atomics.h"

/* The word of a database in shared memory is a count of changes, shifted, and
 * one of these. */
typedef enum EngineGate
{
	ENGINE_GATE_UNKNOWN,		/* to be looked up in the rows */
	ENGINE_GATE_STALE,			/* the same, but it was fresh before */
	ENGINE_GATE_FRESH,			/* in its place, but nobody has posted mail yet */
	ENGINE_GATE_OPEN,
	ENGINE_GATE_PARTLY,			/* open, but not for some accounts */
	ENGINE_GATE_DRAINING,		/* no claims; turns go on to their end */
	ENGINE_GATE_PAUSED,			/* nothing begins */
	ENGINE_GATE_FROZEN			/* the same, for this is a copy */
} EngineGate;

#define ENGINE_GATE_BITS 3
#define ENGINE_GATE_STATE(word) ((EngineGate) ((word) & ((1 << ENGINE_GATE_BITS) - 1)))
#define ENGINE_GATE_WORD(word, state) (((word) >> ENGINE_GATE_BITS << ENGINE_GATE_BITS) | (uint32) (state))

/* Where this process' database keeps its word; NULL when it is not served. */
extern pg_atomic_uint32 *engine_gate_word(void);

/* Makes everybody look at the rows again, as soon as they are woken; false when
 * the database is not served. */
extern bool engine_gate_word_move(bool has_mail);

/* Called when this transaction's commit has made a thread due: whether the
 * workers have to look at the gate first. */
extern bool engine_gate_word_note_mail(void);

#endif							/* ENGINE_GATE_WORD_H */
