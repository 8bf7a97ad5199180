/*
 * engine_daemon.h
 *	  What all processes that work by themselves have in common.
 */
#ifndef ENGINE_DAEMON_H
#define ENGINE_DAEMON_H

#include "postmaster/bgworker.h"

/* A tick that waits for a lock drives no transfer meanwhile, so it gives up soon. */
#define ENGINE_LOCK_PATIENCE "200ms"

/* ---- starting one ---- */

/* A process to be started. */
typedef struct EngineDaemon
{
	const char *kind;			/* "worker": pg_stat_activity says pg_frontdesk worker */
	const char *suffix;			/* of its name, to tell several apart; NULL none */
	const char *function;		/* its main function */
	const void *args;			/* what it finds in bgw_extra; NULL nothing */
	Size		args_size;
} EngineDaemon;

/* Has the postmaster start the process and tell the caller when it ends; NULL when
 * there is no free slot for background workers. */
extern BackgroundWorkerHandle *engine_daemon_start(const EngineDaemon *daemon);

/* Has the postmaster start the process now, and again whenever it ends: while the
 * library is preloaded. */
extern void engine_daemon_register(const EngineDaemon *daemon);

/* ---- being one ---- */

/* Signals of a process that works by itself. */
extern void engine_daemon_set_signals(pqsigfunc on_terminate);

/* Settings of a process that works by itself, whatever sessions are given. */
extern void engine_daemon_set_session_options(void);

/* Reads the settings again when that was asked for; returns whether it was. */
extern bool engine_daemon_reload(void);

/* ---- transactions ---- */

/* Begins a transaction with a snapshot and SPI connected, and commits it. */
extern void engine_daemon_begin(void);
extern void engine_daemon_commit(void);

/* Whether an error tells of the server's state, not of what was being done. */
extern bool engine_daemon_is_passing(int sqlerrcode);

/* Raises PANIC when a transaction or a snapshot is open: called before every
 * wait for the network. */
extern void engine_daemon_assert_idle(void);

#endif							/* ENGINE_DAEMON_H */
