/*
 * engine_tool.c
 *	  A step whose function an account has added.
 *
 * Runs in engine workers, inside the tick's transaction, with the thread's row
 * locked.  Whatever is not shipped with the product never runs here: begin
 * writes a row of frontdesk.tool_runs and lets the thread rest; the tool worker
 * runs it under its own role and hands the result in; resume takes it as the
 * step's patch.  What a tool returns is a stranger's word: wrong members are
 * failures of the step, never errors of the batch.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "engine/engine_lane.h"
#include "engine/engine_tool.h"
#include "engine/engine_wake.h"

static BaseStatement queue_run = {
	"INSERT INTO frontdesk.tool_runs (account_id, thread_id, seq, node, function, timeout_ms, status, created_at,"
	" original_id, rehearsal) "
	"VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $9)",
	{INT4OID, UUIDOID, INT8OID, TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID,
	UUIDOID, BOOLOID}
};

static BaseStatement read_run = {
	"SELECT status, patch, failure ->> 'class', failure ->> 'code', failure ->> 'text',"
	" coalesce((failure -> 'retryable')::boolean, false), function "
	"FROM frontdesk.tool_runs WHERE account_id = $1 AND thread_id = $2 AND seq = $3",
	{INT4OID, UUIDOID, INT8OID}
};

static BaseStatement withdraw_run = {
	"UPDATE frontdesk.tool_runs SET status = 'withdrawn', finished_at = $4 "
	"WHERE account_id = $1 AND thread_id = $2 AND seq = $3 AND status IN ('queued', 'running')",
	{INT4OID, UUIDOID, INT8OID, TIMESTAMPTZOID}
};

bool
engine_tool_is_shipped(Oid function)
{
	Oid			extension = getExtensionOfObject(ProcedureRelationId, function);

	return OidIsValid(extension) && extension == get_extension_oid("pg_frontdesk", true);
}

static EngineStepState
await_run(EngineStep *step, const char *function)
{
	step->await.rests_as = ENGINE_THREAD_WAITING;
	step->await.reason = psprintf("function %s runs in the tool worker", function);
	return ENGINE_STEP_AWAIT;
}

EngineStepState
engine_tool_begin(EngineTurn *turn, EngineStep *step, Oid function)
{
	char	   *name = quote_qualified_identifier(get_namespace_name(get_func_namespace(function)),
												  get_func_name(function));
	int			timeout_ms = turn->node->timeout_ms > 0 ? turn->node->timeout_ms : setting_tool_timeout;
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		Int64GetDatum(engine_turn_step(turn)), CStringGetTextDatum(turn->node->name),
		CStringGetTextDatum(name), Int32GetDatum(timeout_ms), TimestampTzGetDatum(base_clock_now()),
	UUIDPGetDatum(&turn->original_id), BoolGetDatum(turn->is_rehearsal)};

	base_spi_execute(&queue_run, values, NULL);
	engine_wake_tools_at_commit();
	return await_run(step, name);
}

static uint64
find_run(EngineTurn *turn)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(engine_turn_step(turn))};

	return base_spi_execute(&read_run, values, NULL);
}

bool
engine_tool_holds(EngineTurn *turn, const EngineNode *node)
{
	return find_run(turn) > 0 && strcmp(base_spi_text(0, 1), "withdrawn") != 0;
}

static EngineStepState
run_failed(EngineStep *step)
{
	char	   *word = base_spi_text(0, 3);
	char	   *code = base_spi_text(0, 4);

	step->failure.failure_class = word ? http_failure_find(word) : HTTP_FAILURE_NONE;
	if (step->failure.failure_class == HTTP_FAILURE_NONE)
		step->failure.failure_class = HTTP_FAILURE_TOOL;
	step->failure.code = code ? code : "";
	step->failure.text = base_spi_text(0, 5);
	step->failure.retryable = base_spi_bool(0, 6, false);
	return ENGINE_STEP_FAILED;
}

/* Takes what the run has come to as the result of the step, which a stranger wrote. */
EngineStepState
engine_tool_resume(EngineTurn *turn, EngineStep *step)
{
	bool		isnull;
	Datum		patch;
	const char *problem;

	if (find_run(turn) == 0)
		elog(ERROR, "the run of step " INT64_FORMAT " is gone", engine_turn_step(turn));
	if (strcmp(base_spi_text(0, 1), "failed") == 0)
		return run_failed(step);
	if (strcmp(base_spi_text(0, 1), "done") != 0)
		return await_run(step, base_spi_text(0, 7));
	patch = base_spi_value(0, 2, &isnull);
	step->patch = DatumGetJsonbPCopy(patch);
	problem = engine_lane_patch_problem(step->patch);
	if (problem == NULL)
	{
		step->patch = engine_lane_take_patch(turn, step->patch);
		return ENGINE_STEP_DONE;
	}
	step->patch = NULL;
	step->failure.failure_class = HTTP_FAILURE_INVALID;
	step->failure.text = problem;
	return ENGINE_STEP_FAILED;
}

void
engine_tool_abandon(EngineTurn *turn)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(engine_turn_step(turn)), TimestampTzGetDatum(base_clock_now())};

	base_spi_execute(&withdraw_run, values, NULL);
}
