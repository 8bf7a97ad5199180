/*
 * engine_function.c
 *	  Node kind `function`: calls an SQL function, which returns a patch.
 *
 * Runs in engine workers, inside the tick's transaction, with the thread's row
 * locked.  Functions of the product are called here; those that an account has
 * added run in the tool worker (engine_tool.c).  A rehearsal calls them in a
 * subtransaction that is rolled back once they have returned their patch.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/base_errors.h"
#include "base/base_json.h"
#include "engine/engine_function.h"
#include "engine/engine_internal.h"
#include "engine/engine_lane.h"
#include "engine/engine_tool.h"

typedef struct CachedFunction
{
	bool		is_shipped;
	FmgrInfo	flinfo;
} CachedFunction;

/*
 * The function that a node names: <function>(account_id, thread_id, state),
 * which returns a patch; without a schema it is one of frontdesk's.  The member
 * "deliver" of the patch, an array of objects with a "kind", names deliveries
 * and does not become part of the state.
 */
static CachedFunction *
function_of(const EngineNode *node)
{
	static List *cached = NIL;
	ListCell   *cell;
	CachedFunction *found;
	MemoryContext caller;
	Oid			oid;
	bool		is_qualified = strchr(node->function, '.') != NULL;
	char	   *signature = psprintf("%s%s(integer,uuid,jsonb)", is_qualified ? "" : "frontdesk.",
									 is_qualified ? node->function :
									 quote_identifier(node->function));

	oid = DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(signature)));
	foreach(cell, cached)
	{
		found = lfirst(cell);
		if (found->flinfo.fn_oid == oid)
			return found;
	}
	caller = MemoryContextSwitchTo(TopMemoryContext);
	found = palloc0(sizeof(CachedFunction));
	fmgr_info_cxt(oid, &found->flinfo, TopMemoryContext);
	found->is_shipped = engine_tool_is_shipped(oid);
	cached = lappend(cached, found);
	MemoryContextSwitchTo(caller);
	return found;
}

/* Calls a shipped function of a node for the account's `id`; what returns null
 * changes nothing: its patch is empty. */
static Datum
invoke(FmgrInfo *function, EngineTurn *turn, const pg_uuid_t *id)
{
	LOCAL_FCINFO(fcinfo, 3);
	Datum		patch;

	InitFunctionCallInfoData(*fcinfo, function, 3, InvalidOid, NULL, NULL);
	fcinfo->args[0] = (NullableDatum) {.value = Int32GetDatum(turn->account_id)};
	fcinfo->args[1] = (NullableDatum) {.value = UUIDPGetDatum(id)};
	fcinfo->args[2] = (NullableDatum) {.value = JsonbPGetDatum(turn->state)};
	patch = FunctionCallInvoke(fcinfo);
	return fcinfo->isnull ? JsonbPGetDatum(base_jsonb_parse("{}")) : patch;
}

static bool is_rehearsed = false;

bool
engine_function_is_rehearsed(void)
{
	return is_rehearsed;
}

/* Calls a node's function for a rehearsal: only its answer stays. */
static Jsonb *
call_for_rehearsal(EngineTurn *turn, FmgrInfo *function)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Datum		result;
	Jsonb	   *patch;

	/* an error inside ends the tick as everywhere, and this with it */
	BeginInternalSubTransaction(NULL);
	is_rehearsed = true;
	result = invoke(function, turn, &turn->original_id);
	MemoryContextSwitchTo(caller);
	is_rehearsed = false;
	patch = (Jsonb *) PG_DETOAST_DATUM_COPY(result);
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return patch;
}

static Jsonb *
call_for_real(EngineTurn *turn, FmgrInfo *function)
{
	is_rehearsed = false;		/* one that raised has left it */
	return (Jsonb *) PG_DETOAST_DATUM_COPY(invoke(function, turn, &turn->thread_id));
}

static Jsonb *
call_shipped(EngineTurn *turn, CachedFunction *function)
{
	Jsonb	   *patch = turn->is_rehearsal ? call_for_rehearsal(turn, &function->flinfo) :
		call_for_real(turn, &function->flinfo);

	return engine_lane_take_patch(turn, patch);
}

Jsonb *
engine_function_call(EngineTurn *turn)
{
	CachedFunction *function = function_of(turn->node);

	if (!function->is_shipped)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("function \"%s\" of node \"%s\" is not one of the product's",
						turn->node->function, turn->node->name),
				 errhint("Give it a node of kind function of its own: it runs in the tool worker.")));
	return call_shipped(turn, function);
}

static EngineStepState
function_begin(EngineTurn *turn, EngineStep *step)
{
	CachedFunction *function = function_of(turn->node);

	if (!function->is_shipped)
		return engine_tool_begin(turn, step, function->flinfo.fn_oid);
	step->patch = call_shipped(turn, function);
	return ENGINE_STEP_DONE;
}

const EngineNodeKind engine_function_kind = {
	.name = "function",
	.begin = function_begin,
	.holds = engine_tool_holds,
	.resume = engine_tool_resume,
	.abandon = engine_tool_abandon,
};
