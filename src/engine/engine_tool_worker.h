/*
 * engine_tool_worker.h
 *	  The processes that run functions which accounts add.
 */
#ifndef ENGINE_TOOL_WORKER_H
#define ENGINE_TOOL_WORKER_H

/* What a coordinator hands to a tool worker in bgw_extra. */
typedef struct EngineToolWorkerArgs
{
	Oid			database;
	Oid			role;
	int			number;			/* from 0 */
} EngineToolWorkerArgs;

extern PGDLLEXPORT void frontdesk_tool_worker_main(Datum arg);

#endif							/* ENGINE_TOOL_WORKER_H */
