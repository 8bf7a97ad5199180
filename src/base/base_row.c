/*
 * base_row.c
 *	  Rows of our own tables, read and written without a statement.
 *
 * Runs in any session and in workers.  Everything is opened and closed within a
 * call; the relation's lock stays until the end of the transaction.  Tables with
 * triggers, rules or generated columns of somebody else's are written by the
 * executor's own routines for single rows, so nothing of theirs is left out;
 * those that are partitioned or foreign are read and written by statements.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/base_executor.h"
#include "base/base_row.h"
#include "base/base_row_scan.h"
#include "base/base_row_sql.h"

/* Fourth field of our lock tags: apart from those of pg_advisory_lock(). */
#define KEY_LOCK 0xFD

/* ---- a row in memory ---- */

void
base_row_set(BaseRow *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
	row->is_set |= UINT32_C(1) << column;
}

void
base_row_set_null(BaseRow *row, int column)
{
	row->nulls[column] = true;
	row->is_set |= UINT32_C(1) << column;
}

void
base_row_set_text(BaseRow *row, int column, const char *text)
{
	if (text)
		base_row_set(row, column, CStringGetTextDatum(text));
	else
		base_row_set_null(row, column);
}

char *
base_row_text(const BaseRow *row, int column)
{
	return row->nulls[column] ? NULL : TextDatumGetCString(row->values[column]);
}

int64
base_row_int64(const BaseRow *row, int column, int64 if_null)
{
	return row->nulls[column] ? if_null : DatumGetInt64(row->values[column]);
}

/* ---- reading ---- */

static bool
find_by_statement(BaseRow *row, const BaseRowSearch *search)
{
	List	   *rows = base_row_sql_list(row->table, search);

	if (rows != NIL)
		*row = *(BaseRow *) linitial(rows);
	return rows != NIL;
}

static bool
find(BaseTable *table, BaseRow *row, BaseRowSearch search)
{
	Relation	relation = base_table_open(table);
	bool		found;

	row->table = table;
	search.key_count = table->searches[search.number].key_count;
	if (table->cache->is_for_statements)
		found = find_by_statement(row, &search);
	else
		found = base_row_scan_find(relation, row, &search);
	base_table_close(relation);
	return found;
}

bool
base_row_find(BaseTable *table, int index, const Datum *keys, BaseRow *row)
{
	return find(table, row, (BaseRowSearch) {.number = index, .keys = keys});
}

bool
base_row_lock(BaseTable *table, int index, const Datum *keys, BaseRow *row)
{
	return find(table, row, (BaseRowSearch) {.number = index, .keys = keys, .locks = true});
}

List *
base_row_list(BaseTable *table, int index, int key_count, const Datum *keys)
{
	Relation	relation = base_table_open(table);
	BaseRowSearch search = {.number = index, .key_count = key_count, .keys = keys};
	List	   *rows;

	if (table->cache->is_for_statements)
		rows = base_row_sql_list(table, &search);
	else
		rows = base_row_scan_list(relation, table, &search);
	base_table_close(relation);
	return rows;
}

void
base_row_lock_key(BaseTable *table, int key_count, const uint64 *keys)
{
	Relation	relation = base_table_open(table);
	uint64		hash = hash_bytes_extended((const unsigned char *) keys,
										   key_count * sizeof(uint64), RelationGetRelid(relation));
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (hash >> 32), (uint32) hash, KEY_LOCK);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
	base_table_close(relation);
}

/* ---- checking ---- */

/* Defaults of the columns that were not set. */
static void
fill_defaults(const BaseRow *row, TupleDesc desc, Datum *values, bool *nulls)
{
	BaseTableCache *cache = row->table->cache;
	Bitmapset  *set = NULL;

	for (int i = 0; i < BASE_TABLE_MAX_COLUMNS && row->table->columns[i].name; i++)
		if (row->is_set & (UINT32_C(1) << i))
			set = bms_add_member(set, cache->attributes[i]);
	for (int i = 0; i < desc->natts; i++)
	{
		nulls[i] = true;
		if (cache->defaults[i] != NULL && !bms_is_member(i + 1, set))
			values[i] = ExecEvalExpr(cache->defaults[i], GetPerTupleExprContext(cache->estate),
									 &nulls[i]);
	}
	bms_free(set);
}

static Datum
fit_length(BaseTableCache *cache, TupleDesc desc, int i, Datum value)
{
	if (!OidIsValid(cache->lengths[i].fn_oid))
		return value;
	return FunctionCall3(&cache->lengths[i], value,
						 Int32GetDatum(TupleDescAttr(desc, i)->atttypmod), BoolGetDatum(false));
}

/* Lays what was set over whole arrays of values. */
static void
lay_over(const BaseRow *row, TupleDesc desc, Datum *values, bool *nulls)
{
	BaseTableCache *cache = row->table->cache;

	for (int i = 0; i < BASE_TABLE_MAX_COLUMNS && row->table->columns[i].name; i++)
	{
		int			k = cache->attributes[i] - 1;

		if (!(row->is_set & (UINT32_C(1) << i)))
			continue;
		nulls[k] = row->nulls[i];
		if (!nulls[k])
			values[k] = fit_length(cache, desc, k, row->values[i]);
	}
}

static void
refuse_null(Relation relation, Form_pg_attribute attribute)
{
	ereport(ERROR,
			(errcode(ERRCODE_NOT_NULL_VIOLATION),
			 errmsg("null value in column \"%s\" of relation \"%s\" violates not-null constraint",
					NameStr(attribute->attname), RelationGetRelationName(relation)),
			 errtablecol(relation, attribute->attnum)));
}

static void
check_row(BaseTableCache *cache, Relation relation, TupleTableSlot *slot)
{
	TupleDesc	desc = RelationGetDescr(relation);
	ExprContext *context = GetPerTupleExprContext(cache->estate);

	for (int i = 0; i < desc->natts; i++)
		if (TupleDescAttr(desc, i)->attnotnull && slot_attisnull(slot, i + 1))
			refuse_null(relation, TupleDescAttr(desc, i));
	context->ecxt_scantuple = slot;
	for (int i = 0; i < cache->check_count; i++)
		if (!ExecCheck(cache->checks[i], context))
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("new row for relation \"%s\" violates check constraint \"%s\"",
							RelationGetRelationName(relation), cache->check_names[i]),
					 errtableconstraint(relation, cache->check_names[i])));
}

/* ---- writing ---- */

/* Whether the row in the estate's context belongs into the index. */
static bool
takes_row(const BaseTableIndex *index, EState *estate)
{
	return index->info->ii_ReadyForInserts &&
		(index->info->ii_PredicateState == NULL ||
		 ExecQual(index->info->ii_PredicateState, GetPerTupleExprContext(estate)));
}

static void
insert_index_entry(BaseTableIndex *index, Relation relation, TupleTableSlot *slot,
				   bool is_unchanged)
{
	Relation	index_relation = index_open(index->oid, RowExclusiveLock);
	Datum		values[INDEX_MAX_KEYS];
	bool		nulls[INDEX_MAX_KEYS];

	FormIndexDatum(index->info, slot, NULL, values, nulls);
	index_insert(index_relation, values, nulls, &slot->tts_tid, relation,
				 index->is_unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, is_unchanged, index->info);
	index_close(index_relation, NoLock);
}

/* Whether an update has set a column of the index. */
static bool
is_touched(const BaseTableIndex *index, const BaseRow *row)
{
	for (int i = 0; i < BASE_TABLE_MAX_COLUMNS && row->table->columns[i].name; i++)
		if ((row->is_set & (UINT32_C(1) << i)) &&
			bms_is_member(row->table->cache->attributes[i], index->columns))
			return true;
	return false;
}

static void
insert_index_entries(const BaseRow *row, Relation relation, TupleTableSlot *slot, bool is_update)
{
	BaseTableCache *cache = row->table->cache;

	GetPerTupleExprContext(cache->estate)->ecxt_scantuple = slot;
	for (int i = 0; i < cache->index_count; i++)
		if (takes_row(&cache->indexes[i], cache->estate))
			insert_index_entry(&cache->indexes[i], relation, slot,
							   is_update && !is_touched(&cache->indexes[i], row));
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

/* A row as it was, or with its defaults, and what was set laid over it. */
static HeapTuple
form_tuple(BaseRow *row, Relation relation)
{
	TupleDesc	desc = RelationGetDescr(relation);
	BaseTableCache *cache = row->table->cache;
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));
	HeapTuple	tuple;

	if (row->tuple != NULL)
		heap_deform_tuple(row->tuple, desc, values, nulls);
	else
		fill_defaults(row, desc, values, nulls);
	lay_over(row, desc, values, nulls);
	tuple = heap_form_tuple(desc, values, nulls);
	tuple->t_tableOid = RelationGetRelid(relation);
	if (row->tuple != NULL)
		tuple->t_self = row->tuple->t_self;
	ResetPerTupleExprContext(cache->estate);
	pfree(values);
	pfree(nulls);
	return tuple;
}

/* The row is what has been written; nothing is set any more. */
static void
finish_writing(BaseRow *row, TupleTableSlot *slot)
{
	row->tuple = heap_copytuple(ExecFetchSlotHeapTuple(slot, true, NULL));
	row->tuple->t_self = slot->tts_tid;
	row->is_set = 0;
	ResetPerTupleExprContext(row->table->cache->estate);
	ExecDropSingleTupleTableSlot(slot);
}

static void
insert_here(BaseRow *row, Relation relation)
{
	HeapTuple	tuple = form_tuple(row, relation);
	TupleTableSlot *slot = slot_of(relation, tuple);

	if (row->table->cache->is_plain)
	{
		check_row(row->table->cache, relation, slot);
		heap_insert(relation, tuple, GetCurrentCommandId(true), 0, NULL);
		slot->tts_tid = tuple->t_self;
		insert_index_entries(row, relation, slot, false);
	}
	else
		base_executor_insert(relation, slot);
	finish_writing(row, slot);
}

void
base_row_insert(BaseRow *row)
{
	Relation	relation = base_table_open(row->table);

	if (row->table->cache->is_for_statements)
		base_row_sql_insert(row);
	else
		insert_here(row, relation);
	base_table_close(relation);
}

/* One record in the log for all rows that come to stand on one page. */
static void
insert_together(List *rows, Relation relation)
{
	int			count = list_length(rows);
	TupleTableSlot **slots = palloc(count * sizeof(TupleTableSlot *));

	for (int i = 0; i < count; i++)
	{
		slots[i] = slot_of(relation, form_tuple(list_nth(rows, i), relation));
		check_row(((BaseRow *) list_nth(rows, i))->table->cache, relation, slots[i]);
	}
	heap_multi_insert(relation, slots, count, GetCurrentCommandId(true), 0, NULL);
	for (int i = 0; i < count; i++)
	{
		insert_index_entries(list_nth(rows, i), relation, slots[i], false);
		ExecDropSingleTupleTableSlot(slots[i]);
	}
	pfree(slots);
}

void
base_row_insert_all(List *rows)
{
	BaseTable  *table = rows != NIL ? ((BaseRow *) linitial(rows))->table : NULL;
	Relation	relation;
	ListCell   *cell;

	if (table == NULL)
		return;
	relation = base_table_open(table);
	if (table->cache->is_plain && list_length(rows) > 1)
		insert_together(rows, relation);
	else
		foreach(cell, rows)
			base_row_insert(lfirst(cell));
	base_table_close(relation);
}

/*
 * Whether the old version was still the newest.  Waits for whoever is changing
 * it.  Index entries are made unless the update stays within its page.
 */
static bool
update_plainly(BaseRow *row, Relation relation, HeapTuple tuple, TupleTableSlot *slot)
{
	TM_FailureData failure;
	LockTupleMode mode;
	TM_Result	result;
#if PG_VERSION_NUM >= 160000
	TU_UpdateIndexes indexes;
#endif

	check_row(row->table->cache, relation, slot);
	CommandCounterIncrement();
	result = heap_update(relation, &row->tuple->t_self, tuple, GetCurrentCommandId(true),
						 InvalidSnapshot, true, &failure, &mode
#if PG_VERSION_NUM >= 160000
						 ,&indexes
#endif
		);
	if (result != TM_Ok)
		return false;
	slot->tts_tid = tuple->t_self;
	if (!HeapTupleIsHeapOnly(tuple))
		insert_index_entries(row, relation, slot, true);
	return true;
}

/* Whether the old version was still the newest, and is written: this transaction
 * may have passed it by a statement. */
static bool
update_here(BaseRow *row, Relation relation)
{
	HeapTuple	tuple;
	TupleTableSlot *slot;
	bool		done = true;

	if (base_row_scan_is_passed(relation, row))
		return false;
	tuple = form_tuple(row, relation);
	slot = slot_of(relation, tuple);
	if (row->table->cache->is_plain)
		done = update_plainly(row, relation, tuple, slot);
	else
		base_executor_update(relation, row->tuple, slot);
	if (done)
		finish_writing(row, slot);
	else
		ExecDropSingleTupleTableSlot(slot);
	return done;
}

bool
base_row_try_update(BaseRow *row)
{
	Relation	relation = base_table_open(row->table);
	bool		done;

	if (row->table->cache->is_for_statements)
		done = base_row_sql_update(row);
	else
		done = update_here(row, relation);
	base_table_close(relation);
	return done;
}

void
base_row_update(BaseRow *row)
{
	if (row->is_set != 0 && !base_row_try_update(row))
		elog(ERROR, "a row of \"%s\" was changed although it was locked", row->table->name);
}

void
base_row_delete(BaseRow *row)
{
	Relation	relation = base_table_open(row->table);

	if (row->table->cache->is_for_statements)
		base_row_sql_delete(row);
	else
	{
		CommandCounterIncrement();
		if (row->table->cache->is_plain && !row->table->cache->has_triggers)
			simple_heap_delete(relation, &row->tuple->t_self);
		else
			base_executor_delete(relation, row->tuple);
	}
	base_table_close(relation);
}
