/*
 * engine_duty.h
 *	  What the coordinator of a database sees to: one table of rows.
 *
 * The engine's own rows stand in engine_coordinator.c.  Scheduled work of a domain
 * to the right is a row of its own, registered from its init function.
 */
#ifndef ENGINE_DUTY_H
#define ENGINE_DUTY_H

/* What run returns to be called again after the pause of its row. */
#define ENGINE_DUTY_AS_USUAL (-1)

/* What must be so for a duty to be seen to; each includes those before it. */
typedef enum EngineDutyWhen
{
	ENGINE_DUTY_ALWAYS,
	ENGINE_DUTY_SERVED,			/* the extension is there, and this process is its coordinator */
	ENGINE_DUTY_HOME,			/* the database stands in its accepted place */
	ENGINE_DUTY_OPEN			/* and it is not paused, nor drained */
} EngineDutyWhen;

typedef struct EngineDuty
{
	const char *name;			/* a label in /metrics */

	/* Sees to it; returns the milliseconds until it wants to be called again, or
	 * ENGINE_DUTY_AS_USUAL.  Waits for nothing but locks. */
	int			(*run) (void);
	int			pause_ms;		/* 0: at every look, about once a second */
	int			failure_pause_ms;
	EngineDutyWhen when;
	bool		brackets_itself;	/* run begins and commits its transactions;
									 * else it is called in one, SPI connected */
	const char *hint;			/* for the log when it fails; may be NULL */
} EngineDuty;

/* Adds a row; duties are seen to in the order in which they were registered. */
extern void engine_duty_register(const EngineDuty *duty);

/* Name of a duty by its number, from 0; NULL behind the last. */
extern const char *engine_duty_name(int number);

/* ---- coordinator ---- */

/* Sees to all that is due; returns the milliseconds until the next one is, at most
 * the longest.  No transaction is open. */
extern long engine_duty_run_due(long longest_ms);

/* Makes a duty due at once; all of them with NULL. */
extern void engine_duty_hasten(const char *name);

/* Whether the database is served from now on. */
extern void engine_duty_set_served(bool served);
extern bool engine_duty_is_served(void);

#endif							/* ENGINE_DUTY_H */
