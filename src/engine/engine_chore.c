/*
 * engine_chore.c
 *	  Functions in SQL that the coordinator calls now and then.
 *
 * Runs in the coordinator, between its looks at the workers.  The time of the
 * next call, by the server's own clock, is set before a call, so that one that
 * raises is over when it is reported and neither is repeated at once nor keeps
 * the others from their turn.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "engine/engine_chore.h"

#define MAX_CHORES 8
#define PAUSE_MS 10000

static struct
{
	const char *function;
	TimestampTz due_at;
}			chores[MAX_CHORES];
static int	chore_count;

void
engine_chore_register(const char *function)
{
	if (chore_count >= MAX_CHORES)
		elog(ERROR, "too many chores registered with the engine");
	chores[chore_count++].function = function;
}

static void
call(const char *function)
{
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query, "SELECT FROM frontdesk.%s()", quote_identifier(function));
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (SPI_execute(query.data, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not call frontdesk.%s()", function);
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
}

void
engine_chore_run_due(void)
{
	for (int i = 0; i < chore_count; i++)
	{
		if (GetCurrentTimestamp() < chores[i].due_at)
			continue;
		chores[i].due_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), PAUSE_MS);
		call(chores[i].function);
	}
}
