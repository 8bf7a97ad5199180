/*
 * base_table.h
 *	  Tables of ours as C knows them: which columns and indexes a caller uses,
 *	  and what was looked up about them.
 *
 * For base_row.c, which reads and writes their rows without an executor.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "access/skey.h"
#include "nodes/execnodes.h"
#include "utils/relcache.h"

#define BASE_TABLE_MAX_COLUMNS 32
#define BASE_TABLE_MAX_SEARCHES 4
#define BASE_TABLE_MAX_KEYS 4

/* A column that the caller names by its position in BaseTable.columns. */
typedef struct BaseColumn
{
	const char *name;
	Oid			type;
} BaseColumn;

/*
 * An index that callers search by.  Where the table has none, being partitioned
 * or foreign, the same rows are found by the columns, which are named by their
 * positions in BaseTable.columns, and the condition of a partial index.
 */
typedef struct BaseTableSearch
{
	const char *index;
	int			key_count;
	int			keys[BASE_TABLE_MAX_KEYS];
	const char *condition;		/* NULL none */
	int			most;			/* rows that a list of them has at most; 0 all */
} BaseTableSearch;

typedef struct BaseTableCache BaseTableCache;

/*
 * A table in schema frontdesk.  Declare it static; it is looked up on first use
 * and again whenever its definition has changed.  Columns that are not named
 * here, and named ones that are not set, get their default in a fresh row.
 */
typedef struct BaseTable
{
	const char *name;
	BaseColumn	columns[BASE_TABLE_MAX_COLUMNS];	/* ends at a NULL name */
	BaseTableSearch searches[BASE_TABLE_MAX_SEARCHES];	/* ends at a NULL index */
	int			primary;		/* the search by primary key */

	/*
	 * The caller sees to it that what rows refer to exists: foreign keys of
	 * this table are not checked again.
	 */
	bool		vouches;
	BaseTableCache *cache;		/* filled on first use */
} BaseTable;

/* One index of the table, whether callers search by it or not. */
typedef struct BaseTableIndex
{
	Oid			oid;
	IndexInfo  *info;
	bool		is_unique;
	Bitmapset  *columns;		/* attribute numbers, of keys and predicate */
	int			key_count;
	ScanKeyData keys[INDEX_MAX_KEYS];	/* equality; arguments to be filled in */
} BaseTableIndex;

struct BaseTableCache
{
	bool		is_complete;
	bool		has_changed;	/* since it was begun to be filled */
	Oid			relid;
	MemoryContext context;
	bool		is_for_statements;	/* rows are in partitions or elsewhere */
	bool		is_plain;		/* rows may be written without an executor */
	bool		has_triggers;	/* they may not be deleted without it */
	int			attribute_count;
	AttrNumber	attributes[BASE_TABLE_MAX_COLUMNS]; /* of the named columns */
	FmgrInfo   *lengths;		/* by attribute: length coercion; fn_oid 0 none */
	ExprState **defaults;		/* by attribute; NULL when it has none */
	int			check_count;
	char	  **check_names;
	ExprState **checks;
	EState	   *estate;			/* for expressions of checks, defaults, predicates */
	int			index_count;
	BaseTableIndex *indexes;	/* all there are */
	BaseTableIndex *searched[BASE_TABLE_MAX_SEARCHES];	/* those of the declaration */
};

/*
 * Opens the table with RowExclusiveLock, for an owner of it or a superuser
 * alone (row security is not looked at), with a valid cache.  Raises for what
 * is no table, and for one that Citus distributes.
 */
extern Relation base_table_open(BaseTable *table);

/* Closes it; the lock stays until the end of the transaction. */
extern void base_table_close(Relation relation);

#endif							/* BASE_TABLE_H */
