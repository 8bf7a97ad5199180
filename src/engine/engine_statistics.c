/*
 * engine_statistics.c
 *	  Statistics that keep up with tables which grow from nothing.
 *
 * Runs in the coordinator.  Plans are made while the tables are empty, when
 * every index looks as good as the right one, and autovacuum may look at them
 * only after a minute, when thousands of rows have come.  A table that has
 * become four times as large as its statistics say is analyzed at once, which
 * also makes every session plan its statements again.  That happens a dozen
 * times in the life of a table; the rest is autovacuum's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/snapmgr.h"

#include "base/base_spi.h"
#include "engine/engine_internal.h"

static BaseStatement find_outgrown = {
	"SELECT pg_catalog.format('ANALYZE %I.%I', n.nspname, c.relname) "
	"FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid "
	"WHERE n.nspname = 'frontdesk' AND c.relkind = 'r' "
	"AND pg_catalog.pg_relation_size(c.oid) >= 32768 "
	"AND pg_catalog.pg_relation_size(c.oid) >= "
	" 4 * pg_catalog.current_setting('block_size')::bigint * c.relpages",
	{InvalidOid}
};

void
engine_statistics_refresh(void)
{
	char	  **commands;
	uint64		count;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	count = base_spi_read(&find_outgrown, NULL, NULL);
	commands = palloc(sizeof(char *) * Max(count, 1));
	for (uint64 i = 0; i < count; i++)
		commands[i] = base_spi_text(i, 1);
	for (uint64 i = 0; i < count; i++)
		SPI_execute(commands[i], false, 0);
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
}
