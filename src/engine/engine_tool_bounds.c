/*
 * engine_tool_bounds.c
 *	  What a function that an account has added may not do, beyond its rights.
 *
 * All accounts' tools share one role, and PostgreSQL grants to a role: what the
 * role makes or owns, another account's tool could read, change or end.  So in
 * tool workers some of what PUBLIC may do is refused, to the role itself; a
 * function that runs with its owner's rights is its owner's word.
 *
 * - Large objects: they belong to the role and stay.
 * - Signals to other sessions: those of the same role may be sent some.
 * - The role's own password and settings, with which the next process would
 *   begin, and DROP OWNED, which asks nobody whose the things are.
 * - Advisory locks, and more than a number of objects made in one run: locks are
 *   held in a table that all sessions share, and nobody connects when it is full.
 * - Messages in the write-ahead log, which nobody would read but the standbys.
 * - More than 1 GB written into temporary tables in one run, which no setting of
 *   PostgreSQL bounds, and more than 1 MB of lines for the server's log: a disk that
 *   is full stops everybody.
 * - Parallel workers: other processes, whose memory nobody bounds, and which do
 *   not know the account that is served.
 *
 * The memory limit holds for a run and for what it has deferred, and not for its
 * commit or abort: those allocate, too, and one that fails after the record of
 * the commit is written takes the whole server down.  Nor for the end of the
 * process, which aborts as well.  It counts what the process has for itself, not
 * shared memory; when it is reached, PostgreSQL raises out_of_memory as for any
 * lack of memory.
 *
 * Runs in tool workers alone, whose hooks these are.
 */
#include "postgres.h"

#include <sys/resource.h>

#include "access/xact.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_largeobject.h"
#include "commands/trigger.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"
#include "storage/ipc.h"
#include "tcop/utility.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"

#include "base/base_settings.h"
#include "engine/engine_tool_bounds.h"

#define MOST_OBJECTS 256
#define MOST_BLOCKS ((int64) 1024 * 1024 * 1024 / BLCKSZ)
#define MOST_LOG_BYTES (1024 * 1024)

static Oid	tool_role;
static int	objects_made;
static const char *run_under_way;	/* whose log lines are counted; NULL: none */
static int64 blocks_before;
static size_t log_bytes;
static emit_log_hook_type prev_log_hook;
static object_access_hook_type prev_object_access_hook;
static planner_hook_type prev_planner_hook;
static ProcessUtility_hook_type prev_utility_hook;
static struct rlimit memory_without_limit = {RLIM_INFINITY, RLIM_INFINITY};

/* What opens, makes or ends a large object, what signals a session, what fills the
 * table of locks or the write-ahead log. */
static const Oid refused_functions[] = {
	F_LO_CREAT, F_LO_CREATE, F_LO_FROM_BYTEA, F_LO_OPEN, F_LO_UNLINK, F_LO_PUT,
	F_LO_GET_OID, F_LO_GET_OID_INT8_INT4, F_LO_IMPORT_TEXT, F_LO_IMPORT_TEXT_OID, F_LO_EXPORT,
	F_PG_CANCEL_BACKEND, F_PG_TERMINATE_BACKEND,
	F_PG_ADVISORY_LOCK_INT8, F_PG_ADVISORY_LOCK_INT4_INT4,
	F_PG_ADVISORY_LOCK_SHARED_INT8, F_PG_ADVISORY_LOCK_SHARED_INT4_INT4,
	F_PG_ADVISORY_XACT_LOCK_INT8, F_PG_ADVISORY_XACT_LOCK_INT4_INT4,
	F_PG_ADVISORY_XACT_LOCK_SHARED_INT8, F_PG_ADVISORY_XACT_LOCK_SHARED_INT4_INT4,
	F_PG_TRY_ADVISORY_LOCK_INT8, F_PG_TRY_ADVISORY_LOCK_INT4_INT4,
	F_PG_TRY_ADVISORY_LOCK_SHARED_INT8, F_PG_TRY_ADVISORY_LOCK_SHARED_INT4_INT4,
	F_PG_TRY_ADVISORY_XACT_LOCK_INT8, F_PG_TRY_ADVISORY_XACT_LOCK_INT4_INT4,
	F_PG_TRY_ADVISORY_XACT_LOCK_SHARED_INT8, F_PG_TRY_ADVISORY_XACT_LOCK_SHARED_INT4_INT4,
#if PG_VERSION_NUM >= 170000
	F_PG_LOGICAL_EMIT_MESSAGE_BOOL_TEXT_TEXT_BOOL, F_PG_LOGICAL_EMIT_MESSAGE_BOOL_TEXT_BYTEA_BOOL
#else
	F_PG_LOGICAL_EMIT_MESSAGE_BOOL_TEXT_TEXT, F_PG_LOGICAL_EMIT_MESSAGE_BOOL_TEXT_BYTEA
#endif
};

static void
require_allowed(Oid function)
{
	for (int i = 0; i < lengthof(refused_functions); i++)
		if (refused_functions[i] == function)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("a function that an account has added may not call %s()", get_func_name(function)),
					 errdetail("The functions of all accounts share a role, and with it what this would make or reach."),
					 errhint("A SECURITY DEFINER function of another role may call it.")));
}

/* A table counts with its types, indexes and constraints: each may take a lock. */
static void
count_object(void)
{
	if (++objects_made > MOST_OBJECTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a function that an account has added may not make more than %d objects in one run", MOST_OBJECTS),
				 errdetail("Tables count with their types, indexes and constraints."),
				 errhint("Make a temporary table once, and empty it with DELETE.")));
}

static void
bound_access(ObjectAccessType access, Oid catalog, Oid object, int column, void *arg)
{
	if (prev_object_access_hook)
		prev_object_access_hook(access, catalog, object, column, arg);
	if (GetUserId() != tool_role)
		return;
	if (access == OAT_FUNCTION_EXECUTE)
		require_allowed(object);
	else if (catalog == LargeObjectRelationId && (access == OAT_POST_CREATE || access == OAT_DROP))
		ereport(ERROR,		/* a trigger calls without being asked */
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a function that an account has added may not make or drop large objects")));
	else if (access == OAT_POST_CREATE && column == 0)
		count_object();
}

static void
bound_statement(PlannedStmt *statement, const char *query_string, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
				DestReceiver *receiver, QueryCompletion *completion)
{
	NodeTag		tag = nodeTag(statement->utilityStmt);

	if (GetUserId() == tool_role &&
		(tag == T_AlterRoleStmt || tag == T_AlterRoleSetStmt || tag == T_DropOwnedStmt ||
		 tag == T_ReassignOwnedStmt))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a function that an account has added may not change its role, or drop what the role owns")));
	if (prev_utility_hook)
		prev_utility_hook(statement, query_string, read_only_tree, context, params, environment,
						  receiver, completion);
	else
		standard_ProcessUtility(statement, query_string, read_only_tree, context, params,
								environment, receiver, completion);
}

static PlannedStmt *
plan_for_one(Query *parse, const char *query_string, int options, ParamListInfo params)
{
	options &= ~CURSOR_OPT_PARALLEL_OK;
	return prev_planner_hook ? prev_planner_hook(parse, query_string, options, params)
		: standard_planner(parse, query_string, options, params);
}

/* ---- the server's log ---- */

static size_t
size_of(const char *part)
{
	return part ? strlen(part) : 0;
}

static void
drop(char **part)
{
	if (*part)
		pfree(*part);
	*part = NULL;
}

/* The first line that goes beyond the limit says so, further ones are left out. */
static void
bound_line(ErrorData *line)
{
	bool		was_within = log_bytes <= MOST_LOG_BYTES;

	if (run_under_way != NULL && line->output_to_server && line->elevel < FATAL)
	{
		log_bytes += size_of(line->message) + size_of(line->detail) + size_of(line->detail_log) +
			size_of(line->hint) + size_of(line->context) + size_of(line->internalquery);
		line->output_to_server = was_within;
		if (was_within && log_bytes > MOST_LOG_BYTES)
		{
			drop(&line->message);
			drop(&line->detail);
			drop(&line->detail_log);
			drop(&line->hint);
			drop(&line->context);
			drop(&line->internalquery);
			line->message = psprintf("pg_frontdesk: the log has no more of what this run writes, for it is more than 1 MB (%s)",
									 run_under_way);
		}
	}
	if (prev_log_hook)
		prev_log_hook(line);
}

static void
lift_at_exit(int code, Datum arg)
{
	engine_tool_bounds_lift();
}

void
engine_tool_bounds_enter(Oid role)
{
	tool_role = role;
	prev_object_access_hook = object_access_hook;
	object_access_hook = bound_access;
	prev_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = bound_statement;
	prev_planner_hook = planner_hook;
	planner_hook = plan_for_one;
	prev_log_hook = emit_log_hook;
	emit_log_hook = bound_line;
	getrlimit(RLIMIT_DATA, &memory_without_limit);
	before_shmem_exit(lift_at_exit, 0);
}

/* ---- memory ---- */

static void
set_limit(const struct rlimit *limit)
{
	if (setrlimit(RLIMIT_DATA, limit) != 0)
		ereport(LOG, (errmsg("pg_frontdesk: could not set the memory limit of a tool: %m")));
}

void
engine_tool_bounds_begin(const char *run)
{
	struct rlimit limit = memory_without_limit;

	objects_made = 0;
	blocks_before = pgBufferUsage.local_blks_written;
	log_bytes = 0;
	run_under_way = run;
	limit.rlim_cur = Min((rlim_t) setting_tool_memory * 1024, limit.rlim_cur);
	set_limit(&limit);
}

void
engine_tool_bounds_lift(void)
{
	run_under_way = NULL;
	set_limit(&memory_without_limit);
}

bool
engine_tool_bounds_has_spilled(int times)
{
	return pgBufferUsage.local_blks_written - blocks_before > times * MOST_BLOCKS;
}

/*
 * What CommitTransaction() would run of the tool's own: deferred triggers, and the
 * queries of cursors WITH HOLD.
 */
void
engine_tool_bounds_run_deferred(void)
{
	if (IsSubTransaction())
		ereport(ERROR,			/* the end of one failed, and the tool caught that */
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("the function left a subtransaction open")));
	do
		AfterTriggerFireDeferred();
	while (PreCommit_Portals(false));
}
