/*
 * base_row_sql.h
 *	  Rows of our own tables, read and written by statements: the way of
 *	  base_row.h to tables that are partitioned or foreign.
 *
 * The table is open, and its rows are for statements (base_table_open() has
 * said so).  Results live in the memory context current at the call.
 */
#ifndef BASE_ROW_SQL_H
#define BASE_ROW_SQL_H

#include "base/base_row_scan.h"

/* Rows (BaseRow *), in the order of the search's columns. */
extern List *base_row_sql_list(BaseTable *table, const BaseRowSearch *search);

/* Writes what was set, and fills the row with what came to be stored. */
extern void base_row_sql_insert(BaseRow *row);

/* The same for a row as it was found; false when it is no longer so. */
extern bool base_row_sql_update(BaseRow *row);

extern void base_row_sql_delete(BaseRow *row);

#endif							/* BASE_ROW_SQL_H */
