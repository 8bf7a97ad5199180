/*
 * engine_worker.h
 *	  The background processes: launcher, coordinator per database, workers.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "postmaster/bgworker.h"

/* What a coordinator hands to a worker in bgw_extra. */
typedef struct EngineWorkerArgs
{
	Oid			database;
	int			slot;
	int64		generation;
} EngineWorkerArgs;

extern PGDLLEXPORT void frontdesk_launcher_main(Datum arg);
extern PGDLLEXPORT void frontdesk_coordinator_main(Datum arg);
extern PGDLLEXPORT void frontdesk_worker_main(Datum arg);

/* Whether the extension is installed in this database with the version this
 * library was built for.  Inside a transaction. */
extern bool engine_worker_extension_ready(char **installed_version);

/* Signals of a process that works by itself. */
extern void engine_worker_set_signals(pqsigfunc on_terminate);

/* Settings of a process that works by itself, whatever sessions are given. */
extern void engine_worker_set_session_options(void);

#endif							/* ENGINE_WORKER_H */
