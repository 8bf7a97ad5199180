/*
 * engine_daemon.h
 *	  What all processes that work by themselves have in common.
 */
#ifndef ENGINE_DAEMON_H
#define ENGINE_DAEMON_H

/* A tick that waits for a lock drives no transfer meanwhile, so it gives up soon. */
#define ENGINE_LOCK_PATIENCE "200ms"

/* Signals of a process that works by itself. */
extern void engine_daemon_set_signals(pqsigfunc on_terminate);

/* Settings of a process that works by itself, whatever sessions are given. */
extern void engine_daemon_set_session_options(void);

/* Raises PANIC when a transaction or a snapshot is open: called before every
 * wait for the network. */
extern void engine_daemon_assert_idle(void);

#endif							/* ENGINE_DAEMON_H */
