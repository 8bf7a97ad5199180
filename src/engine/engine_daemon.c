/*
 * engine_daemon.c
 *	  What all processes that work by themselves have in common: launcher,
 *	  coordinators, workers.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"

#include "engine/engine_daemon.h"

void
engine_daemon_assert_idle(void)
{
	if (IsTransactionState() || ActiveSnapshotSet() || TransactionIdIsValid(MyProc->xmin))
		elog(PANIC, "pg_frontdesk worker would wait for the network with a transaction open");
}

/* A pg_cancel_backend finds nothing to cancel here, for a tick is short; but a
 * lock timeout, too, arrives as SIGINT. */
static void
handle_cancel(SIGNAL_ARGS)
{
	if (get_timeout_indicator(LOCK_TIMEOUT, false))
		StatementCancelHandler(postgres_signal_arg);
}

void
engine_daemon_set_signals(pqsigfunc on_terminate)
{
	pqsignal(SIGTERM, on_terminate);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGINT, handle_cancel);
	BackgroundWorkerUnblockSignals();
}

/* What a DBA has set for the database or the role is meant for sessions. */
void
engine_daemon_set_session_options(void)
{
	SetConfigOption("statement_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("idle_in_transaction_session_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("lock_timeout", ENGINE_LOCK_PATIENCE, PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("session_replication_role", "origin", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("application_name", MyBgworkerEntry->bgw_name, PGC_USERSET, PGC_S_SESSION);
	SetConfigOption("standard_conforming_strings", "on", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("jit", "off", PGC_SUSET, PGC_S_OVERRIDE);
#if PG_VERSION_NUM >= 170000
	SetConfigOption("transaction_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
#endif
}
