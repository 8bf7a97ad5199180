/*
 * base_executor.c
 *	  Single rows written by the executor's own routines.
 *
 * Runs in any session and in workers, for base_row.c: the slow way, which fires
 * triggers and fills generated columns that somebody has added to a table of
 * ours.  An executor state lives for one row.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "parser/parse_relation.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/base_executor.h"

/* What writing one row takes. */
typedef struct Execution
{
	EState	   *estate;
	ResultRelInfo *target;
	EPQState	epq;
} Execution;

/* Makes what the executor needs to write single rows of a table: one range
 * table entry, and the table as the target. */
static void
begin(Execution *it, Relation relation)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);
#if PG_VERSION_NUM >= 160000
	List	   *permissions = NIL;
#endif

	CommandCounterIncrement();
	it->estate = CreateExecutorState();
	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(relation);
	entry->relkind = relation->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
#if PG_VERSION_NUM >= 160000
	addRTEPermissionInfo(&permissions, entry);
#endif
#if PG_VERSION_NUM >= 180000
	ExecInitRangeTable(it->estate, list_make1(entry), permissions, bms_make_singleton(1));
#elif PG_VERSION_NUM >= 160000
	ExecInitRangeTable(it->estate, list_make1(entry), permissions);
#else
	ExecInitRangeTable(it->estate, list_make1(entry));
#endif
	it->target = makeNode(ResultRelInfo);
	InitResultRelInfo(it->target, relation, 1, NULL, 0);
	it->estate->es_output_cid = GetCurrentCommandId(true);
	PushActiveSnapshot(GetTransactionSnapshot());
	it->estate->es_snapshot = GetActiveSnapshot();
	EvalPlanQualInit(&it->epq, it->estate, NULL, NIL, -1
#if PG_VERSION_NUM >= 160000
					 ,NIL
#endif
		);
	AfterTriggerBeginQuery();
	ExecOpenIndices(it->target, false);
}

static void
end(Execution *it)
{
	AfterTriggerEndQuery(it->estate);
	EvalPlanQualEnd(&it->epq);
	ExecCloseIndices(it->target);
	ExecResetTupleTable(it->estate->es_tupleTable, false);
	ExecCloseResultRelations(it->estate);
	PopActiveSnapshot();
	FreeExecutorState(it->estate);
}

static TupleTableSlot *
slot_of(Relation relation, HeapTuple tuple)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);

	ExecStoreHeapTuple(tuple, slot, false);
	slot->tts_tid = tuple->t_self;
	slot->tts_tableOid = RelationGetRelid(relation);
	return slot;
}

void
base_executor_insert(Relation relation, TupleTableSlot *slot)
{
	Execution	it;

	begin(&it, relation);
	ExecSimpleRelationInsert(it.target, it.estate, slot);
	end(&it);
}

void
base_executor_update(Relation relation, HeapTuple old, TupleTableSlot *slot)
{
	Execution	it;
	TupleTableSlot *old_slot = slot_of(relation, old);

	begin(&it, relation);
	ExecSimpleRelationUpdate(it.target, it.estate, &it.epq, old_slot, slot);
	end(&it);
	ExecDropSingleTupleTableSlot(old_slot);
}

void
base_executor_delete(Relation relation, HeapTuple old)
{
	Execution	it;
	TupleTableSlot *old_slot = slot_of(relation, old);

	begin(&it, relation);
	ExecSimpleRelationDelete(it.target, it.estate, &it.epq, old_slot);
	end(&it);
	ExecDropSingleTupleTableSlot(old_slot);
}
