/*
 * base_row_sql.c
 *	  Rows of our own tables, read and written by statements.
 *
 * Runs in any session and in workers, for base_row.c: a row of a partitioned
 * table belongs where the planner knows, one of a foreign table is not here at
 * all, and either may lack the index by which it would be searched.  So keys are
 * compared by columns, as the declaration names them.  Statements are made for
 * each row and planned for each: nobody has such a table who counts microseconds.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/base_row_sql.h"

/* Columns, keys, and the row as it was. */
#define MAX_PARAMETERS (BASE_TABLE_MAX_COLUMNS + BASE_TABLE_MAX_KEYS + 1)

/* What the statement calls its table, to name all of a row at once. */
#define ROW "frontdesk_row"

typedef struct Statement
{
	BaseTable  *table;
	StringInfoData sql;
	int			count;			/* of the parameters */
	Oid			types[MAX_PARAMETERS];
	Datum		values[MAX_PARAMETERS];
	char		nulls[MAX_PARAMETERS];
} Statement;

/* Begins one with what stands before and behind the table's name. */
static void
begin(Statement *it, BaseTable *table, const char *before, const char *behind)
{
	it->table = table;
	it->count = 0;
	initStringInfo(&it->sql);
	appendStringInfo(&it->sql, "%s frontdesk.%s AS " ROW "%s", before, table->name, behind);
}

static void
append_parameter(Statement *it, Oid type, Datum value, bool isnull)
{
	it->types[it->count] = type;
	it->values[it->count] = value;
	it->nulls[it->count++] = isnull ? 'n' : ' ';
	appendStringInfo(&it->sql, "$%d", it->count);
}

/* The columns of the declaration, and behind them the whole row. */
static void
append_columns(StringInfo sql, const BaseTable *table)
{
	for (int i = 0; i < BASE_TABLE_MAX_COLUMNS && table->columns[i].name; i++)
		appendStringInfo(sql, " " ROW ".%s,", table->columns[i].name);
	appendStringInfoString(sql, " " ROW);
}

/* WHERE with the first columns of a search equal to these values. */
static void
append_condition(Statement *it, int number, int key_count, const Datum *keys)
{
	const BaseTableSearch *search = &it->table->searches[number];

	appendStringInfo(&it->sql, " WHERE %s", search->condition ? search->condition : "true");
	for (int i = 0; i < key_count; i++)
	{
		const BaseColumn *column = &it->table->columns[search->keys[i]];

		appendStringInfo(&it->sql, " AND " ROW ".%s OPERATOR(pg_catalog.=) ", column->name);
		append_parameter(it, column->type, keys[i], false);
	}
}

/* WHERE the row is the one that was found, by its primary key. */
static void
append_identity(Statement *it, const BaseRow *row)
{
	int			number = row->table->primary;
	const BaseTableSearch *search = &row->table->searches[number];
	Datum		keys[BASE_TABLE_MAX_KEYS];

	for (int i = 0; i < search->key_count; i++)
		keys[i] = row->values[search->keys[i]];
	append_condition(it, number, search->key_count, keys);
}

/* Names of the columns that were set, and behind `between` their values. */
static void
append_set(Statement *it, const BaseRow *row, const char *between)
{
	const BaseColumn *columns = row->table->columns;

	for (int pass = 0; pass < 2; pass++)
	{
		const char *comma = "";

		for (int i = 0; i < BASE_TABLE_MAX_COLUMNS && columns[i].name; i++)
		{
			if (!(row->is_set & (UINT32_C(1) << i)))
				continue;
			appendStringInfoString(&it->sql, comma);
			if (pass == 0)
				appendStringInfoString(&it->sql, columns[i].name);
			else
				append_parameter(it, columns[i].type, row->values[i], row->nulls[i]);
			comma = ", ";
		}
		appendStringInfoString(&it->sql, pass == 0 ? between : ")");
	}
}

/* A row of the result, copied; its last column is all of it. */
static void
take(BaseTable *table, BaseRow *row, uint64 number)
{
	HeapTuple	tuple = heap_copytuple(SPI_tuptable->vals[number]);
	int			count = SPI_tuptable->tupdesc->natts;
	Datum		values[BASE_TABLE_MAX_COLUMNS + 1];
	bool		nulls[BASE_TABLE_MAX_COLUMNS + 1];

	base_row_init(row, table);
	heap_deform_tuple(tuple, SPI_tuptable->tupdesc, values, nulls);
	memcpy(row->values, values, (count - 1) * sizeof(Datum));
	memcpy(row->nulls, nulls, (count - 1) * sizeof(bool));
	row->tuple = palloc0(sizeof(HeapTupleData));
	row->tuple->t_data = DatumGetHeapTupleHeaderCopy(values[count - 1]);
	row->tuple->t_len = HeapTupleHeaderGetDatumLength(row->tuple->t_data);
}

/* Runs it; the caller is connected to SPI, which is where rows are. */
static uint64
run(Statement *it)
{
	int			code = SPI_execute_with_args(it->sql.data, it->count, it->types, it->values,
											 it->nulls, false, 0);

	if (code < 0)
		elog(ERROR, "a row of \"%s\" could not be reached: %s", it->table->name,
			 SPI_result_code_string(code));
	return SPI_processed;
}

/* Runs it and fills the row from its result, if it has one. */
static bool
run_for(Statement *it, BaseRow *row)
{
	MemoryContext caller = CurrentMemoryContext;
	bool		found;

	SPI_connect();
	found = run(it) > 0;
	MemoryContextSwitchTo(caller);
	if (found && row)
		take(it->table, row, 0);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	return found;
}

List *
base_row_sql_list(BaseTable *table, const BaseRowSearch *search)
{
	MemoryContext caller = CurrentMemoryContext;
	const BaseTableSearch *declared = &table->searches[search->number];
	List	   *rows = NIL;
	Statement	it;
	StringInfoData head;

	initStringInfo(&head);
	appendStringInfoString(&head, "SELECT");
	append_columns(&head, table);
	appendStringInfoString(&head, " FROM");
	begin(&it, table, head.data, "");
	append_condition(&it, search->number, search->key_count, search->keys);
	if (search->locks)
		appendStringInfoString(&it.sql, " FOR NO KEY UPDATE");
	else
		for (int i = 0; i < declared->key_count; i++)
			appendStringInfo(&it.sql, "%s " ROW ".%s", i == 0 ? " ORDER BY" : ",",
							 table->columns[declared->keys[i]].name);
	if (!search->locks && declared->most > 0)
		appendStringInfo(&it.sql, " LIMIT %d", declared->most);
	SPI_connect();
	run(&it);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		rows = lappend(rows, palloc(sizeof(BaseRow)));
		take(table, llast(rows), i);
	}
	SPI_finish();
	MemoryContextSwitchTo(caller);
	return rows;
}

void
base_row_sql_insert(BaseRow *row)
{
	Statement	it;

	begin(&it, row->table, "INSERT INTO", " (");
	append_set(&it, row, ") VALUES (");
	appendStringInfoString(&it.sql, " RETURNING");
	append_columns(&it.sql, row->table);
	run_for(&it, row);
}

bool
base_row_sql_update(BaseRow *row)
{
	Oid			type = get_rel_type_id(row->table->cache->relid);
	Statement	it;

	if (row->is_set == 0)
		return true;
	begin(&it, row->table, "UPDATE", " SET (");
	append_set(&it, row, ") = ROW(");
	append_identity(&it, row);
	appendStringInfoString(&it.sql, " AND " ROW " OPERATOR(pg_catalog.*=) ");
	append_parameter(&it, type, HeapTupleHeaderGetDatum(row->tuple->t_data), false);
	appendStringInfoString(&it.sql, " RETURNING");
	append_columns(&it.sql, row->table);
	return run_for(&it, row);
}

void
base_row_sql_delete(BaseRow *row)
{
	Statement	it;

	begin(&it, row->table, "DELETE FROM", "");
	append_identity(&it, row);
	run_for(&it, NULL);
}
