/*
 * engine_gate.h
 *	  Whether the engine may begin anything in this database: a database or an
 *	  account may be paused or drained, and a copy of a database is frozen until
 *	  somebody accepts its place.
 */
#ifndef ENGINE_GATE_H
#define ENGINE_GATE_H

/* threads.status_reason of a turn that was held back */
#define ENGINE_GATE_HELD "paused"

/* ---- coordinator and workers: what this process knows ---- */

/* Brings this process up to date, in a transaction of its own when something
 * has changed; returns whether it had.  No transaction is open. */
extern bool engine_gate_refresh(void);

/* For a session, in its transaction with SPI connected: what the rows say, for
 * this process alone. */
extern void engine_gate_read(void);

/* Makes the next refresh look whatever is known: settings were reloaded, and
 * the site token may be another one. */
extern void engine_gate_forget(void);

/* Whether threads may be claimed. */
extern bool engine_gate_admits(void);

/* Whether this database stands in its accepted place, so that the rows of lost
 * workers are ours to mend. */
extern bool engine_gate_is_home(void);

/* Whether a turn of this account must not begin a step, a call or a delivery;
 * is_fresh: it was claimed in the tick under way. */
extern bool engine_gate_holds(int account_id, bool is_fresh);

/* When a turn that is held back shall be claimed again, had nobody resumed
 * work before. */
extern int64 engine_gate_hold_ms(void);

/* For activity strings: "", "paused, " ... */
extern const char *engine_gate_activity(void);

#endif							/* ENGINE_GATE_H */
