/*
 * engine_tool_run.h
 *	  Taking a tool run, and handing in what came of it.
 */
#ifndef ENGINE_TOOL_RUN_H
#define ENGINE_TOOL_RUN_H

#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "http/http_failure.h"

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
	HttpFailureClass failure_class;
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

/* Fails the runs of workers that are lost.  Inside a transaction, SPI connected. */
extern void engine_tool_run_fail_lost(void);

/* Whether anything waits to be run.  Inside a transaction, SPI connected. */
extern bool engine_tool_run_is_due(void);

#endif							/* ENGINE_TOOL_RUN_H */
