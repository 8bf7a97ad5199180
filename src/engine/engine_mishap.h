/*
 * engine_mishap.h
 *	  What becomes of a tick that raised.
 */
#ifndef ENGINE_MISHAP_H
#define ENGINE_MISHAP_H

/* After the jump out of a tick: undoes it and finds who it failed for.  Nothing
 * here waits for a lock: no interrupt would end that. */
extern pg_noinline void engine_mishap_handle(void);

/* What a failed tick has left to be done before any other work. */
extern void engine_mishap_recover(void);

/* A tick went well: they go one by one until every turn of the failed batch has
 * had its own. */
extern void engine_mishap_forget(void);

/* Ticks: when the next transaction may be tried. */
extern int64 engine_mishap_not_before(void);

#endif							/* ENGINE_MISHAP_H */
