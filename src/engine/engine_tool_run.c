/*
 * engine_tool_run.c
 *	  Taking a tool run, and handing in what came of it.
 *
 * Runs in the tool worker, whose session user may read none of this: two
 * functions with the owner's rights do it.  They act only while this process
 * itself is calling them, which a flag in its memory says, so that a tool that
 * finds them gets an error; and what they take and hand in never passes through
 * SQL, so that a tool cannot see or forge it.
 *
 * Every account has a queue of its own.  The account served longest ago is next,
 * with its oldest run, so nobody waits for more than one run of each other
 * account; and where there are several workers, one account occupies all but
 * one of them at most.  Workers take runs one after another, under a lock of the
 * queue, so that both can be told from what was committed before.
 *
 * A run belongs to (incarnation, generation) of the worker that took it.  When
 * that worker is gone the run is taken again, a few times: a tool may run more
 * than once, and frontdesk.current_tool_run() tells it which run it is.  One whose
 * worker is lost, but not gone (engine_tool_crew.c), has failed for good, and no
 * other run of its account is taken before that process has ended.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "engine/engine_internal.h"
#include "engine/engine_mail.h"
#include "engine/engine_tool_crew.h"
#include "engine/engine_tool_run.h"
#include "security/security_policy.h"

SQL_FUNCTION(take_tool_run);
SQL_FUNCTION(finish_tool_run);
SQL_FUNCTION(current_tool_run);

#define TOOL_ROLE "frontdesk_tool"
#define MOST_TAKES 3
#define MOST_CANDIDATES 16

/* Fourth field of the lock tag: apart from those of pg_advisory_lock() and of
 * base_row.c. */
#define QUEUE_LOCK 0xFC

typedef struct Candidate
{
	int			account_id;
	pg_uuid_t	id;
} Candidate;

/* What the two SQL functions and their caller pass each other. */
static struct
{
	bool		is_open;		/* our own call is under way */
	EngineToolRun *run;
	EngineToolTaken taken;
}			counter;

static int	former_account = 0;
static const EngineToolRun *current = NULL;

/*
 * A run whose worker is gone or lost, for the last time or after its time was up.
 * One whose thread somebody has locked is left for the next look.
 */
static BaseStatement find_lost = {
	"SELECT r.account_id, r.id, r.thread_id, r.started_at + r.timeout_ms * interval '1 millisecond' <= $3,"
	" r.function, CASE WHEN r.incarnation = $1 THEN r.generation ELSE 0 END"
	" FROM frontdesk.tool_runs r JOIN frontdesk.threads t ON t.account_id = r.account_id AND t.id = r.thread_id "
	"WHERE r.status = 'running' AND NOT (r.incarnation = $1 AND r.generation = ANY ($2))"
	" AND (r.takes >= $4 OR r.started_at + r.timeout_ms * interval '1 millisecond' <= $3) "
	"ORDER BY r.created_at FOR NO KEY UPDATE OF t SKIP LOCKED LIMIT 1",
	{INT8OID, INT8ARRAYOID, TIMESTAMPTZOID, INT4OID}
};

/* The oldest run of each account that may have one taken, the account served
 * longest ago first.  Reads one row of the index per account, not per run. */
static BaseStatement find_next = {
	"WITH RECURSIVE waiting (account_id) AS ("
	" (SELECT r.account_id FROM frontdesk.tool_runs r WHERE r.status IN ('queued', 'running')"
	"  ORDER BY r.account_id LIMIT 1) "
	"UNION ALL"
	" SELECT (SELECT r.account_id FROM frontdesk.tool_runs r WHERE r.status IN ('queued', 'running')"
	"  AND r.account_id > w.account_id ORDER BY r.account_id LIMIT 1)"
	" FROM waiting w WHERE w.account_id IS NOT NULL) "
	"SELECT w.account_id, n.id FROM waiting w CROSS JOIN LATERAL ("
	" SELECT r.id FROM frontdesk.tool_runs r"
	" WHERE r.account_id = w.account_id AND r.status IN ('queued', 'running')"
	" AND (r.status = 'queued' OR NOT (r.incarnation = $1 AND r.generation = ANY ($2)))"
	" ORDER BY r.created_at, r.id LIMIT 1) n "
	"WHERE w.account_id <> ALL ($3)"
	" AND NOT EXISTS (SELECT FROM frontdesk.pauses p WHERE p.account_id IN (0, w.account_id))"
	" AND frontdesk.place_problem() IS NULL "
	"ORDER BY (SELECT max(s.started_at) FROM frontdesk.tool_runs s WHERE s.account_id = w.account_id) NULLS FIRST,"
	" w.account_id LIMIT $4",
	{INT8OID, INT8ARRAYOID, INT4ARRAYOID, INT4OID}
};

/* What somebody has locked or withdrawn stays where it is. */
static BaseStatement lock_run = {
	"SELECT FROM frontdesk.tool_runs r WHERE r.account_id = $1 AND r.id = $2"
	" AND (r.status = 'queued' OR r.status = 'running' AND r.takes < $3) FOR UPDATE SKIP LOCKED",
	{INT4OID, UUIDOID, INT4OID}
};

static BaseStatement take = {
	"UPDATE frontdesk.tool_runs r SET status = 'running', takes = r.takes + 1, started_at = $5,"
	" incarnation = $3, generation = $4 "
	"FROM frontdesk.threads t "
	"WHERE r.account_id = $1 AND r.id = $2 AND t.account_id = r.account_id AND t.id = r.thread_id "
	"RETURNING r.account_id, r.id, r.thread_id, r.function, t.state, r.timeout_ms,"
	" r.original_id, r.rehearsal",
	{INT4OID, UUIDOID, INT8OID, INT8OID, TIMESTAMPTZOID}
};

static BaseStatement finish = {
	"UPDATE frontdesk.tool_runs SET status = $3, patch = $4, failure = $5, finished_at = $6 "
	"WHERE account_id = $1 AND id = $2 AND status = 'running'"
	" AND ($7 IS NULL OR (incarnation, generation) = ($7, $8))",
	{INT4OID, UUIDOID, TEXTOID, JSONBOID, JSONBOID, TIMESTAMPTZOID, INT8OID, INT8OID}
};

static BaseStatement is_altered = {
	"SELECT FROM pg_catalog.pg_authid a WHERE a.rolname = '" TOOL_ROLE "' AND (a.rolpassword IS NOT NULL"
	" OR EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s WHERE s.setrole = a.oid))",
	{InvalidOid}
};

Oid
engine_tool_run_role(void)
{
	HeapTuple	tuple = SearchSysCache1(AUTHNAME, CStringGetDatum(TOOL_ROLE));
	Oid			role = InvalidOid;
	Form_pg_authid form;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	form = (Form_pg_authid) GETSTRUCT(tuple);
	if (form->rolcanlogin && form->rolconnlimit == 0 && !form->rolsuper && !form->rolcreaterole &&
		!form->rolcreatedb && !form->rolreplication && !form->rolbypassrls)
		role = form->oid;
	ReleaseSysCache(tuple);
	return role;
}

/* ---- the queues ---- */

/* Lets one worker of this database take a run at a time.  No advisory lock of
 * SQL has this tag. */
static void
lock_queue(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, QUEUE_LOCK);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

static Datum
generations_of(const EngineToolCrew *crew)
{
	Datum		items[ENGINE_TOOL_MOST_WORKERS];

	for (int i = 0; i < crew->count; i++)
		items[i] = Int64GetDatum(crew->generations[i]);
	return PointerGetDatum(construct_array(items, crew->count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Accounts that are at as many workers as one may be at, or at a lost one. */
static Datum
accounts_at_limit(const EngineToolCrew *crew)
{
	int			limit = Max(1, setting_tool_workers - 1);
	Datum		items[2 * ENGINE_TOOL_MOST_WORKERS];
	int			count = 0;

	for (int i = 0; i < crew->lost_count; i++)
		items[count++] = Int32GetDatum(crew->lost[i].account_id);
	for (int i = 0; i < crew->count; i++)
	{
		int			same = 0;

		for (int j = 0; j < crew->count; j++)
			same += crew->accounts[j] == crew->accounts[i];
		if (crew->accounts[i] != 0 && same >= limit)
			items[count++] = Int32GetDatum(crew->accounts[i]);
	}
	return PointerGetDatum(construct_array(items, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Runs that may be taken now, one per account, in order; how many there are. */
static int
find_candidates(Candidate candidates[MOST_CANDIDATES], int most)
{
	EngineToolCrew crew;
	Datum		values[4];
	bool		isnull;
	int			count;

	engine_tool_crew_look(&crew);
	values[0] = Int64GetDatum((int64) base_shared->incarnation);
	values[1] = generations_of(&crew);
	values[2] = accounts_at_limit(&crew);
	values[3] = Int32GetDatum(most);
	count = (int) base_spi_execute(&find_next, values, NULL);
	for (int i = 0; i < count; i++)
	{
		candidates[i].account_id = base_spi_int32(i, 1, 0);
		candidates[i].id = *DatumGetUUIDP(base_spi_value(i, 2, &isnull));
	}
	return count;
}

bool
engine_tool_run_is_due(void)
{
	Candidate	first[MOST_CANDIDATES];

	return find_candidates(first, 1) > 0;
}

static void
require_counter(void)
{
	if (!counter.is_open)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only the tool worker itself takes runs and hands in results")));
}

/* ---- taking ---- */

static void
fill_in(EngineToolRun *run)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	bool		isnull;

	memset(run, 0, sizeof(EngineToolRun));
	run->account_id = base_spi_int32(0, 1, 0);
	run->id = *DatumGetUUIDP(base_spi_value(0, 2, &isnull));
	run->thread_id = *DatumGetUUIDP(base_spi_value(0, 3, &isnull));
	run->function = base_spi_text(0, 4);
	run->state = DatumGetJsonbPCopy(base_spi_value(0, 5, &isnull));
	run->timeout_ms = base_spi_int32(0, 6, 0);
	run->original_id = *DatumGetUUIDP(base_spi_value(0, 7, &isnull));
	run->is_rehearsal = base_spi_bool(0, 8, false);
	MemoryContextSwitchTo(caller);
}

/* Writes the end of a run and wakes its thread, which is locked first. */
static void
close_run(const EngineToolRun *run, bool is_own)
{
	EngineFailure failure = {.failure_class = run->failure_class, .code = run->failure_code,
	.text = run->failure_text};
	Jsonb	   *what = run->patch ? NULL : engine_turn_failure_jsonb(&failure);
	Datum		values[] = {Int32GetDatum(run->account_id), UUIDPGetDatum(&run->id),
		CStringGetTextDatum(run->patch ? "done" : "failed"), PointerGetDatum(run->patch),
		PointerGetDatum(what), TimestampTzGetDatum(base_clock_now()),
		Int64GetDatum((int64) base_shared->incarnation),
	Int64GetDatum(is_own ? engine_tool_crew_generation() : 0)};
	char		nulls[] = "        ";

	if (what != NULL)
		values[4] = PointerGetDatum(base_jsonb_merge(what, base_jsonb_parse(
														 run->retryable ? "{\"retryable\": true}" : "{\"retryable\": false}")));
	nulls[3] = run->patch ? ' ' : 'n';
	nulls[4] = run->patch ? 'n' : ' ';
	nulls[6] = is_own ? ' ' : 'n';
	engine_mail_lock(run->account_id, &run->thread_id);
	if (base_spi_execute(&finish, values, nulls) > 0)
		engine_mail_post(run->account_id, &run->thread_id, ENGINE_ANSWER_MAIL, NULL, 0);
}

/* The lost worker of that generation, which still runs; NULL: it is gone. */
static const EngineToolLost *
find_lost_worker(const EngineToolCrew *crew, int64 generation)
{
	for (int i = 0; i < crew->lost_count; i++)
		if (crew->lost[i].generation == generation)
			return &crew->lost[i];
	return NULL;
}

static void
report_lost(const EngineToolLost *worker, const char *function)
{
	ereport(WARNING,
			(errmsg("pg_frontdesk: function %s of account %d would not end in its time", function, worker->account_id),
			 errdetail("Process %d looks for no interrupts. Functions of other accounts go on; no other run of this account begins before it has ended.",
					   worker->pid),
			 errhint("It ends by itself. A fast shutdown waits for it; SIGKILL would restart the server for everybody.")));
}

/* What a lost worker has run too often, or for too long, has failed. */
static void
fail_lost(void)
{
	EngineToolCrew crew;
	Datum		values[4];

	engine_tool_crew_look(&crew);
	values[0] = Int64GetDatum((int64) base_shared->incarnation);
	values[1] = generations_of(&crew);
	values[2] = TimestampTzGetDatum(base_clock_now());
	values[3] = Int32GetDatum(MOST_TAKES);
	while (base_spi_execute(&find_lost, values, NULL) > 0)
	{
		bool		isnull;
		bool		timed_out = base_spi_bool(0, 4, false);
		const EngineToolLost *worker = find_lost_worker(&crew, base_spi_int64(0, 6, 0));
		EngineToolRun lost = {.account_id = base_spi_int32(0, 1, 0),
			.id = *DatumGetUUIDP(base_spi_value(0, 2, &isnull)),
			.thread_id = *DatumGetUUIDP(base_spi_value(0, 3, &isnull)),
			.failure_class = timed_out ? HTTP_FAILURE_TIMEOUT : HTTP_FAILURE_LOST, .failure_code = "",
			.failure_text = timed_out ? "it would not end in its time" : "its worker was lost again and again",
		.retryable = timed_out && worker == NULL};

		if (worker != NULL)
			report_lost(worker, base_spi_text(0, 5));
		close_run(&lost, false);
	}
}

void
engine_tool_run_fail_lost(void)
{
	lock_queue();
	fail_lost();
}

/*
 * A role may change its own password and settings; no tool shall leave such a
 * thing behind for the next one.  Settings already read are gone with the
 * process.
 */
static void
mend_role(void)
{
	if (base_spi_execute(&is_altered, NULL, NULL) == 0)
		return;
	SPI_execute("ALTER ROLE " TOOL_ROLE " PASSWORD NULL", false, 0);
	SPI_execute("ALTER ROLE " TOOL_ROLE " RESET ALL", false, 0);
	SPI_execute(psprintf("ALTER ROLE " TOOL_ROLE " IN DATABASE %s RESET ALL",
						 quote_identifier(get_database_name(MyDatabaseId))), false, 0);
	ereport(WARNING,
			(errmsg("pg_frontdesk: a tool had changed the settings or the password of its role; they are reset")));
	counter.taken = ENGINE_TOOL_ANOTHER;
}

/* Whether the run was still to be had; it is the counter's from now on. */
static bool
take_run(const Candidate *candidate)
{
	Datum		key[] = {Int32GetDatum(candidate->account_id), UUIDPGetDatum(&candidate->id),
	Int32GetDatum(MOST_TAKES)};
	Datum		values[] = {key[0], key[1], Int64GetDatum((int64) base_shared->incarnation),
		Int64GetDatum(engine_tool_crew_generation()), TimestampTzGetDatum(base_clock_now())};

	if (base_spi_execute(&lock_run, key, NULL) == 0)
		return false;
	if (former_account != 0 && former_account != candidate->account_id)
	{
		counter.taken = ENGINE_TOOL_ANOTHER;
		return true;
	}
	if (base_spi_execute(&take, values, NULL) == 0)
		return false;
	fill_in(counter.run);
	engine_tool_crew_serve(candidate->account_id);
	counter.taken = ENGINE_TOOL_TAKEN;
	return true;
}

/* take_tool_run() */
PGDLLEXPORT Datum
frontdesk_take_tool_run(PG_FUNCTION_ARGS)
{
	Candidate	candidates[MOST_CANDIDATES];
	int			count;

	require_counter();
	counter.taken = ENGINE_TOOL_NONE;
	lock_queue();
	SPI_connect();
	mend_role();
	fail_lost();
	count = counter.taken == ENGINE_TOOL_NONE ? find_candidates(candidates, MOST_CANDIDATES) : 0;
	for (int i = 0; i < count && !take_run(&candidates[i]); i++)
		;
	SPI_finish();
	PG_RETURN_VOID();
}

/* finish_tool_run() */
PGDLLEXPORT Datum
frontdesk_finish_tool_run(PG_FUNCTION_ARGS)
{
	require_counter();
	SPI_connect();
	close_run(counter.run, true);
	SPI_finish();
	PG_RETURN_VOID();
}

/* current_tool_run() */
PGDLLEXPORT Datum
frontdesk_current_tool_run(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id;

	if (current == NULL)
		PG_RETURN_NULL();
	id = palloc(sizeof(pg_uuid_t));
	*id = current->id;
	PG_RETURN_UUID_P(id);
}

/* ---- the worker's side of the counter ---- */

static void
call(const char *sql, EngineToolRun *run)
{
	counter.run = run;
	counter.is_open = true;
	PG_TRY();
	{
		SPI_connect();
		SPI_execute(sql, false, 0);
		SPI_finish();
	}
	PG_FINALLY();
	{
		counter.is_open = false;
	}
	PG_END_TRY();
}

EngineToolTaken
engine_tool_run_take(EngineToolRun *run)
{
	call("SELECT frontdesk.take_tool_run()", run);
	if (counter.taken == ENGINE_TOOL_TAKEN)
	{
		former_account = run->account_id;
		current = run;
		security_policy_serve(run->account_id);
	}
	return counter.taken;
}

void
engine_tool_run_finish(EngineToolRun *run)
{
	current = NULL;
	security_policy_serve(0);
	call("SELECT frontdesk.finish_tool_run()", run);
}
