/*
 * engine_daemon.c
 *	  What all processes that work by themselves have in common: launcher,
 *	  coordinators, workers.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"

#include "engine/engine_daemon.h"

/* ---- starting one ---- */

/* What the postmaster is to be told of a process. */
static BackgroundWorker
describe(const EngineDaemon *daemon)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
	};

	snprintf(worker.bgw_name, BGW_MAXLEN, "pg_frontdesk %s%s", daemon->kind, daemon->suffix ? daemon->suffix : "");
	snprintf(worker.bgw_type, BGW_MAXLEN, "pg_frontdesk %s", daemon->kind);
	snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name), "pg_frontdesk");
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "%s", daemon->function);
	Assert(daemon->args_size <= BGW_EXTRALEN);
	if (daemon->args)
		memcpy(worker.bgw_extra, daemon->args, daemon->args_size);
	return worker;
}

BackgroundWorkerHandle *
engine_daemon_start(const EngineDaemon *daemon)
{
	BackgroundWorker worker = describe(daemon);
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	BackgroundWorkerHandle *handle;

	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = MyProcPid;
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		handle = NULL;
	MemoryContextSwitchTo(caller);
	return handle;
}

void
engine_daemon_register(const EngineDaemon *daemon)
{
	BackgroundWorker worker = describe(daemon);

	worker.bgw_restart_time = 1;
	RegisterBackgroundWorker(&worker);
}

/* ---- being one ---- */

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

bool
engine_daemon_reload(void)
{
	if (!ConfigReloadPending)
		return false;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	return true;
}

/* ---- transactions ---- */

void
engine_daemon_begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
}

void
engine_daemon_commit(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
}

bool
engine_daemon_is_passing(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
			return true;
		default:
			return sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
				sqlerrcode == ERRCODE_READ_ONLY_SQL_TRANSACTION;
	}
}

void
engine_daemon_assert_idle(void)
{
	if (IsTransactionState() || ActiveSnapshotSet() || TransactionIdIsValid(MyProc->xmin))
		elog(PANIC, "pg_frontdesk worker would wait for the network with a transaction open");
}
