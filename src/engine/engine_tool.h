/*
 * engine_tool.h
 *	  Functions that accounts add run in a worker of their own, not in a batch.
 */
#ifndef ENGINE_TOOL_H
#define ENGINE_TOOL_H

#include "postmaster/bgworker.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "engine/engine_turn.h"

/* ---- engine_tool.c: the step that has one run ---- */

/* Whether a function belongs to the product. */
extern bool engine_tool_is_shipped(Oid function);

/* Callbacks of a step (engine_turn.h) whose function is not shipped. */
extern EngineStepState engine_tool_begin(EngineTurn *turn, EngineStep *step, Oid function);
extern bool engine_tool_holds(EngineTurn *turn, const EngineNode *node);
extern EngineStepState engine_tool_resume(EngineTurn *turn, EngineStep *step);
extern void engine_tool_abandon(EngineTurn *turn);

/* ---- engine_tool_run.c: taking a run, and handing in what came of it ---- */

typedef struct EngineToolRun
{
	int			account_id;
	pg_uuid_t	id;
	pg_uuid_t	thread_id;
	char	   *function;		/* qualified and quoted */
	Jsonb	   *state;
	int			timeout_ms;
	pg_uuid_t	original_id;		/* what the function is told */
	bool		is_rehearsal;	/* its effects are rolled back */
	/* what came of it */
	Jsonb	   *patch;			/* NULL: it failed */
	const char *failure_class;
	const char *failure_code;
	const char *failure_text;
	bool		retryable;
} EngineToolRun;

typedef enum EngineToolTaken
{
	ENGINE_TOOL_NONE,			/* nothing to run */
	ENGINE_TOOL_TAKEN,			/* the run is filled in, in TopMemoryContext */
	ENGINE_TOOL_ANOTHER			/* the next one is another account's */
} EngineToolTaken;

/*
 * Both run a function of the product with its owner's rights, which refuses
 * everybody but this process at this moment.  Inside a transaction.
 */
extern EngineToolTaken engine_tool_run_take(EngineToolRun *run);
extern void engine_tool_run_finish(EngineToolRun *run);

/* The role tools run as; InvalidOid when it is missing or not as
 * setup_roles() makes it.  Inside a transaction, with the owner's rights. */
extern Oid	engine_tool_run_role(void);

/* Whether anything waits to be run.  Inside a transaction, SPI connected. */
extern bool engine_tool_run_is_due(void);

/* ---- engine_tool_worker.c: the process ---- */

/* Called in each turn of the coordinator's loop; starts the tool worker while
 * there is something to run.  No transaction is open. */
extern void engine_tool_worker_supervise(bool serve);
extern void engine_tool_worker_dismiss(void);

extern PGDLLEXPORT void frontdesk_tool_worker_main(Datum arg);

#endif							/* ENGINE_TOOL_H */
