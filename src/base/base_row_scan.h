/*
 * base_row_scan.h
 *	  Rows of our own tables, found in an index and locked without a statement:
 *	  the way of base_row.h to plain tables.
 *
 * The table is open.  Results live in the memory context current at the call.
 */
#ifndef BASE_ROW_SCAN_H
#define BASE_ROW_SCAN_H

#include "base/base_row.h"

/* Which rows, and how they are wanted. */
typedef struct BaseRowSearch
{
	int			number;			/* of the search in the declaration */
	int			key_count;		/* leading columns of it that are given */
	const Datum *keys;
	bool		locks;			/* FOR NO KEY UPDATE */
} BaseRowSearch;

/* The row, whose table is filled in, with all columns of the search given. */
extern bool base_row_scan_find(Relation relation, BaseRow *row, const BaseRowSearch *search);

/* Rows (BaseRow *), in the order of the index. */
extern List *base_row_scan_list(Relation relation, BaseTable *table, const BaseRowSearch *search);

/*
 * Whether this transaction itself has written a newer version since the row was
 * read, by a statement or a function: the server raises an error for an update of
 * the old one, where it tells of a version that somebody else has written.
 */
extern bool base_row_scan_is_passed(Relation relation, const BaseRow *row);

#endif							/* BASE_ROW_SCAN_H */
