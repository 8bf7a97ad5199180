/*
 * base_row_scan.c
 *	  Rows of our own tables, found in an index and locked without a statement.
 *
 * Runs in any session and in workers, for base_row.c.  Each search looks with a
 * snapshot of its own, so that it sees what was committed before it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/base_row_scan.h"

/* Takes a tuple over: a copy of it in the current context. */
static void
take_tuple(BaseRow *row, BaseTable *table, Relation relation, TupleTableSlot *slot)
{
	TupleDesc	desc = RelationGetDescr(relation);
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));

	base_row_init(row, table);
	row->tuple = ExecCopySlotHeapTuple(slot);
	heap_deform_tuple(row->tuple, desc, values, nulls);
	for (int i = 0; i < BASE_TABLE_MAX_COLUMNS && table->columns[i].name; i++)
	{
		row->values[i] = values[table->cache->attributes[i] - 1];
		row->nulls[i] = nulls[table->cache->attributes[i] - 1];
	}
	pfree(values);
	pfree(nulls);
}

static IndexScanDesc
begin_scan(Relation relation, Relation index, int key_count)
{
	Snapshot	snapshot = GetActiveSnapshot();

#if PG_VERSION_NUM >= 180000
	return index_beginscan(relation, index, snapshot, NULL, key_count, 0);
#else
	return index_beginscan(relation, index, snapshot, key_count, 0);
#endif
}

static void
position(IndexScanDesc scan, const BaseTableIndex *index, int key_count, const Datum *keys)
{
	ScanKeyData scan_keys[INDEX_MAX_KEYS];

	memcpy(scan_keys, index->keys, key_count * sizeof(ScanKeyData));
	for (int i = 0; i < key_count; i++)
		scan_keys[i].sk_argument = keys[i];
	index_rescan(scan, scan_keys, key_count, NULL, 0);
}

/* Puts the first row that the active snapshot sees into the slot. */
static bool
fetch_first(Relation relation, BaseTableIndex *index, const Datum *keys, TupleTableSlot *slot)
{
	Relation	index_relation = index_open(index->oid, AccessShareLock);
	IndexScanDesc scan = begin_scan(relation, index_relation, index->key_count);
	bool		found;

	position(scan, index, index->key_count, keys);
	found = index_getnext_slot(scan, ForwardScanDirection, slot);
	index_endscan(scan);
	index_close(index_relation, NoLock);
	return found;
}

/* Whether the newest version still has the key it was found by. */
static bool
has_key(const BaseTableIndex *index, const Datum *keys, TupleTableSlot *slot)
{
	for (int i = 0; i < index->key_count; i++)
	{
		bool		isnull;
		Datum		value = slot_getattr(slot, index->info->ii_IndexAttrNumbers[i], &isnull);

		if (isnull ||
			!DatumGetBool(FunctionCall2Coll(unconstify(FmgrInfo *, &index->keys[i].sk_func),
											index->keys[i].sk_collation, value, keys[i])))
			return false;
	}
	return true;
}

/* Locks the row in the slot, or its newest version, which takes its place. */
static bool
lock_newest(Relation relation, TupleTableSlot *slot)
{
	TM_FailureData failure;
	ItemPointerData tid = slot->tts_tid;
	int			flags = TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS;

	if (!IsolationUsesXactSnapshot())
		flags |= TUPLE_LOCK_FLAG_FIND_LAST_VERSION;
	switch (table_tuple_lock(relation, &tid, GetActiveSnapshot(), slot,
							 GetCurrentCommandId(false), LockTupleNoKeyExclusive,
							 LockWaitBlock, flags, &failure))
	{
		case TM_Ok:
			return true;
		case TM_Updated:
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not serialize access due to concurrent update")));
			pg_unreachable();
		case TM_Deleted:
			if (IsolationUsesXactSnapshot())
				ereport(ERROR,
						(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						 errmsg("could not serialize access due to concurrent delete")));
			return false;
		default:
			elog(ERROR, "unexpected state of a row of \"%s\" that was to be locked",
				 RelationGetRelationName(relation));
	}
}

/* What this transaction has written so far, and what others have committed. */
static void
push_snapshot(void)
{
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
}

bool
base_row_scan_find(Relation relation, BaseRow *row, const BaseRowSearch *search)
{
	BaseTable  *table = row->table;
	BaseTableIndex *index = table->cache->searched[search->number];
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(relation),
													&TTSOpsBufferHeapTuple);
	bool		found;

	push_snapshot();
	found = fetch_first(relation, index, search->keys, slot);
	if (found && search->locks)
		found = lock_newest(relation, slot) && has_key(index, search->keys, slot);
	if (found)
		take_tuple(row, table, relation, slot);
	PopActiveSnapshot();
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

List *
base_row_scan_list(Relation relation, BaseTable *table, const BaseRowSearch *search)
{
	BaseTableIndex *index = table->cache->searched[search->number];
	Relation	index_relation = index_open(index->oid, AccessShareLock);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(relation),
													&TTSOpsBufferHeapTuple);
	int			most = table->searches[search->number].most;
	List	   *rows = NIL;
	IndexScanDesc scan;

	push_snapshot();
	scan = begin_scan(relation, index_relation, search->key_count);
	position(scan, index, search->key_count, search->keys);
	while ((most == 0 || list_length(rows) < most) &&
		   index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		BaseRow    *row = palloc(sizeof(BaseRow));

		take_tuple(row, table, relation, slot);
		rows = lappend(rows, row);
	}
	index_endscan(scan);
	PopActiveSnapshot();
	ExecDropSingleTupleTableSlot(slot);
	index_close(index_relation, NoLock);
	return rows;
}

bool
base_row_scan_is_passed(Relation relation, const BaseRow *row)
{
	ItemPointer tid = &row->tuple->t_self;
	Buffer		buffer = ReadBuffer(relation, ItemPointerGetBlockNumber(tid));
	ItemId		item;
	HeapTupleHeader header;
	bool		is_passed = true;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	item = PageGetItemId(BufferGetPage(buffer), ItemPointerGetOffsetNumber(tid));
	if (ItemIdIsNormal(item))
	{
		header = (HeapTupleHeader) PageGetItem(BufferGetPage(buffer), item);
		is_passed = (header->t_infomask & HEAP_XMAX_INVALID) == 0 &&
			!HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask) &&
			TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(header));
	}
	UnlockReleaseBuffer(buffer);
	return is_passed;
}
