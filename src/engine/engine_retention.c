/*
 * engine_retention.c
 *	  The schedule of pruning: batches by frontdesk.prune_next().
 *
 * Runs in the coordinator, between its looks at the workers: one batch per
 * tick, each a short transaction of its own that waits for nobody
 * longer than LOCK_WAIT.  A batch that raises is reported and pruning pauses;
 * the workers are supervised whatever becomes of it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_internal.h"

#define BATCH_ROWS 1000
#define IDLE_PAUSE_MS 30000
#define FAILURE_PAUSE_MS 300000
#define LOCK_WAIT "500ms"

static bool
prune_batch(void)
{
	static BaseStatement prune_next = {
		"SELECT frontdesk.prune_next(pg_catalog.make_interval(secs => $1), $2)",
		{FLOAT8OID, INT4OID}
	};
	Datum		values[] = {Float8GetDatum(setting_prune_interval), Int32GetDatum(BATCH_ROWS)};
	bool		more;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	(void) set_config_option("lock_timeout", LOCK_WAIT, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	(void) set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	SPI_connect();
	base_spi_execute(&prune_next, values, NULL);
	more = base_spi_bool(0, 1, false);
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	return more;
}

static void
report_failure(MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	ereport(LOG,
			(errmsg("pg_frontdesk: pruning pauses for %d s: %s", FAILURE_PAUSE_MS / 1000, error->message),
			 errhint("SELECT * FROM frontdesk.prune() shows whether it can go on.")));
	FreeErrorData(error);
}

bool
engine_retention_prune(void)
{
	static TimestampTz pause_until = 0;
	MemoryContext context = CurrentMemoryContext;
	volatile int pause_ms = IDLE_PAUSE_MS;
	volatile bool more = false;

	if (setting_prune_interval == 0 || base_clock_now() < pause_until)
		return false;
	PG_TRY();
	{
		more = prune_batch();
	}
	PG_CATCH();
	{
		/* the coordinator itself is to end */
		if (ProcDiePending)
			PG_RE_THROW();
		report_failure(context);
		pause_ms = FAILURE_PAUSE_MS;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	if (!more)
		pause_until = TimestampTzPlusMilliseconds(base_clock_now(), pause_ms);
	return more;
}
