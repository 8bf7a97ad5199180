/*
 * engine_worker.h
 *	  The processes that work on threads.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

/* What a coordinator hands to a worker in bgw_extra. */
typedef struct EngineWorkerArgs
{
	Oid			database;
	int			slot;
	int64		generation;
} EngineWorkerArgs;

extern PGDLLEXPORT void frontdesk_worker_main(Datum arg);

#endif							/* ENGINE_WORKER_H */
