/*
 * base_row.h
 *	  Rows of our own tables, read and written without a statement.
 *
 * For the hot paths: an executor costs more to set up and take down than what
 * one row of it does.  Rules are those of a statement under READ COMMITTED:
 * each look-up sees what was committed before it, and locking or updating a row
 * that somebody else has changed goes on with its newest version.
 *
 * Values live in the memory context current at the call.
 */
#ifndef BASE_ROW_H
#define BASE_ROW_H

#include "access/htup.h"
#include "nodes/pg_list.h"

#include "base/base_table.h"

typedef struct BaseRow
{
	BaseTable  *table;
	HeapTuple	tuple;			/* as it was found; NULL for a fresh row */
	Datum		values[BASE_TABLE_MAX_COLUMNS];	/* by position in the declaration */
	bool		nulls[BASE_TABLE_MAX_COLUMNS];
	uint32		is_set;			/* bit per column given a value by base_row_set… */
} BaseRow;

/* ---- a row in memory ---- */

/* Makes it a fresh one, in which every column is null. */
static inline void
base_row_init(BaseRow *row, BaseTable *table)
{
	row->table = table;
	row->tuple = NULL;
	row->is_set = 0;
	memset(row->nulls, true, sizeof(row->nulls));
}

extern void base_row_set(BaseRow *row, int column, Datum value);
extern void base_row_set_null(BaseRow *row, int column);

/* NULL text is a null. */
extern void base_row_set_text(BaseRow *row, int column, const char *text);

/* A palloc'd string of a text column; NULL when null. */
extern char *base_row_text(const BaseRow *row, int column);
extern int64 base_row_int64(const BaseRow *row, int column, int64 if_null);

/* ---- reading ---- */

/*
 * The row whose key in index number `index` (of the declaration) is these
 * values, one per column of the index; false when there is none.
 */
extern bool base_row_find(BaseTable *table, int index, const Datum *keys, BaseRow *row);

/*
 * The same, and locks it as FOR NO KEY UPDATE does until the end of the
 * transaction; waits for whoever has it.  The row is its newest version.
 */
extern bool base_row_lock(BaseTable *table, int index, const Datum *keys, BaseRow *row);

/*
 * All rows (BaseRow *) whose key in that index starts with `key_count` values,
 * in the order of the index.
 */
extern List *base_row_list(BaseTable *table, int index, int key_count, const Datum *keys);

/*
 * Makes all who call it for the same key of a table wait for the end of this
 * transaction: to look for a row and insert it if it is not there.
 */
extern void base_row_lock_key(BaseTable *table, int key_count, const uint64 *keys);

/* ---- writing ---- */

/* Inserts; raises as INSERT does when a constraint is violated. */
extern void base_row_insert(BaseRow *row);

/* Inserts rows (BaseRow *) of one table, as cheaply as that can be logged. */
extern void base_row_insert_all(List *rows);

/* Writes what was set since the row was found and locked, or inserted.  Never
 * sets a key that other tables refer to. */
extern void base_row_update(BaseRow *row);

/* The same; false, and nothing happens, when there is a newer version, be it of
 * this transaction. */
extern bool base_row_try_update(BaseRow *row);

/* Deletes a row that was found under a lock that covers it. */
extern void base_row_delete(BaseRow *row);

#endif							/* BASE_ROW_H */
