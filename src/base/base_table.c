/*
 * base_table.c
 *	  Looks tables of ours up for base_row.c: columns, defaults, checks,
 *	  indexes, and whether their rows can do without an executor or a statement.
 *
 * Runs in any session and in workers.  What was looked up stays in a context
 * of its own below CacheMemoryContext until the relation's definition changes:
 * an invalidation only marks it, the next opening makes it anew.  What it knows
 * is the catalog's, not rows of ours, so the server's own invalidations are its
 * clock and not base_cache's count.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/base_table.h"

#define MAX_TABLES 32

static BaseTableCache *caches[MAX_TABLES];
static int	cache_count = 0;

/* ---- looking up ---- */

static void
forget_cb(Datum arg, Oid relid)
{
	for (int i = 0; i < cache_count; i++)
	{
		BaseTableCache *cache = caches[i];

		if (relid == InvalidOid || relid == cache->relid)
			cache->has_changed = true;
		for (int k = 0; k < cache->index_count && !cache->has_changed; k++)
			cache->has_changed = cache->indexes[k].oid == relid;
	}
}

static BaseTableCache *
create_cache(void)
{
	BaseTableCache *cache = MemoryContextAllocZero(CacheMemoryContext, sizeof(BaseTableCache));

	if (cache_count == MAX_TABLES)
		elog(ERROR, "too many tables are written by row");
	if (cache_count == 0)
		CacheRegisterRelcacheCallback(forget_cb, (Datum) 0);
	caches[cache_count++] = cache;
	return cache;
}

static Oid
find_relid(const BaseTable *table)
{
	Oid			relid = get_relname_relid(table->name, get_namespace_oid("frontdesk", false));

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"frontdesk.%s\" does not exist", table->name)));
	return relid;
}

static void
find_columns(BaseTable *table, Relation relation)
{
	BaseTableCache *cache = table->cache;

	for (int i = 0; i < BASE_TABLE_MAX_COLUMNS && table->columns[i].name; i++)
	{
		AttrNumber	number = get_attnum(cache->relid, table->columns[i].name);

		if (number == InvalidAttrNumber ||
			TupleDescAttr(RelationGetDescr(relation), number - 1)->atttypid !=
				table->columns[i].type)
			elog(ERROR, "column \"%s\" of frontdesk.%s is not as expected",
				 table->columns[i].name, table->name);
		cache->attributes[i] = number;
	}
}

/* Defaults, and what cuts or refuses values that are too long. */
static void
prepare_attributes(BaseTableCache *cache, Relation relation)
{
	TupleDesc	desc = RelationGetDescr(relation);

	cache->attribute_count = desc->natts;
	cache->lengths = palloc0(desc->natts * sizeof(FmgrInfo));
	cache->defaults = palloc0(desc->natts * sizeof(ExprState *));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Oid			length;
		Node	   *value;

		if (attribute->attisdropped)
			continue;
		if (attribute->atttypmod >= 0 &&
			find_typmod_coercion_function(attribute->atttypid, &length) == COERCION_PATH_FUNC)
			fmgr_info_cxt(length, &cache->lengths[i], cache->context);
		value = attribute->attgenerated ? NULL : build_column_default(relation, i + 1);
		if (value != NULL)
			cache->defaults[i] = ExecPrepareExpr((Expr *) value, cache->estate);
	}
}

static void
prepare_checks(BaseTableCache *cache, Relation relation)
{
	TupleConstr *constraints = RelationGetDescr(relation)->constr;

	cache->check_count = constraints ? constraints->num_check : 0;
	cache->checks = palloc0(Max(cache->check_count, 1) * sizeof(ExprState *));
	cache->check_names = palloc0(Max(cache->check_count, 1) * sizeof(char *));
	for (int i = 0; i < cache->check_count; i++)
	{
		cache->check_names[i] = pstrdup(constraints->check[i].ccname);
		cache->checks[i] = ExecPrepareExpr(stringToNode(constraints->check[i].ccbin),
										   cache->estate);
	}
}

/* The search for rows whose key is equal to given values. */
static void
prepare_keys(BaseTableIndex *index, Relation relation)
{
	index->key_count = IndexRelationGetNumberOfKeyAttributes(relation);
	for (int i = 0; i < index->key_count; i++)
	{
		Oid			type = relation->rd_opcintype[i];
		Oid			equal = get_opfamily_member(relation->rd_opfamily[i], type, type,
												BTEqualStrategyNumber);

		ScanKeyEntryInitialize(&index->keys[i], 0, i + 1, BTEqualStrategyNumber, InvalidOid,
							   relation->rd_indcollation[i], get_opcode(equal), (Datum) 0);
	}
}

/* Holds the index against the columns by which statements search. */
static void
require_columns(const BaseTable *table, const BaseTableSearch *search, const IndexInfo *info)
{
	bool		same = info->ii_NumIndexKeyAttrs == search->key_count;

	for (int i = 0; same && i < search->key_count; i++)
		same = info->ii_IndexAttrNumbers[i] == table->cache->attributes[search->keys[i]];
	if (!same)
		elog(ERROR, "index \"%s\" of frontdesk.%s is not as expected", search->index, table->name);
}

/*
 * Looks one index up: how it is searched, which columns touch it, and whether
 * rows can be entered without an executor.
 */
static void
prepare_index(BaseTable *table, BaseTableIndex *index, Oid oid)
{
	BaseTableCache *cache = table->cache;
	Relation	relation = index_open(oid, AccessShareLock);

	index->oid = oid;
	index->info = BuildIndexInfo(relation);
	index->is_unique = relation->rd_index->indisunique;
	index->info->ii_PredicateState = ExecPrepareQual(index->info->ii_Predicate, cache->estate);
	for (int i = 0; i < index->info->ii_NumIndexAttrs; i++)
		if (index->info->ii_IndexAttrNumbers[i] > 0)
			index->columns = bms_add_member(index->columns, index->info->ii_IndexAttrNumbers[i]);
	/* others keep things of a transaction in the index's description, and some
	 * want to hear of updates within a page */
	if (index->info->ii_ExclusionOps != NULL || index->info->ii_Expressions != NIL ||
		!relation->rd_index->indimmediate || relation->rd_rel->relam != BTREE_AM_OID)
		cache->is_plain = false;
	if (relation->rd_rel->relam == BTREE_AM_OID)
		prepare_keys(index, relation);
	for (int i = 0; i < BASE_TABLE_MAX_SEARCHES && table->searches[i].index; i++)
	{
		if (strcmp(RelationGetRelationName(relation), table->searches[i].index) != 0)
			continue;
		require_columns(table, &table->searches[i], index->info);
		cache->searched[i] = index;
	}
	index_close(relation, NoLock);
}

static void
prepare_indexes(BaseTable *table, Relation relation)
{
	BaseTableCache *cache = table->cache;
	List	   *oids = RelationGetIndexList(relation);
	ListCell   *cell;

	cache->indexes = palloc0(Max(list_length(oids), 1) * sizeof(BaseTableIndex));
	foreach(cell, oids)
		prepare_index(table, &cache->indexes[cache->index_count++], lfirst_oid(cell));
	for (int i = 0; i < BASE_TABLE_MAX_SEARCHES && table->searches[i].index; i++)
		if (cache->searched[i] == NULL)
			elog(ERROR, "frontdesk.%s has no index \"%s\"", table->name, table->searches[i].index);
}

/*
 * Rows are not deleted in the plain way while others may refer to them, and
 * their keys never change; so what guards a key has nothing to do.  What waits
 * for a TRUNCATE hears of no row.
 */
static bool
is_spared(const BaseTable *table, const Trigger *trigger)
{
	if (!(trigger->tgtype & (TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE)))
		return true;
	switch (RI_FKey_trigger_type(trigger->tgfoid))
	{
		case RI_TRIGGER_PK:
			return true;
		case RI_TRIGGER_FK:
			return table->vouches;
		default:
			return false;
	}
}

/*
 * Triggers, rules, generated columns and access methods of others, and what is
 * itself a partition, are for the executor's routines.
 */
static bool
looks_plain(const BaseTable *table, Relation relation)
{
	TriggerDesc *triggers = relation->trigdesc;
	TupleConstr *constraints = RelationGetDescr(relation)->constr;

	for (int i = 0; triggers && i < triggers->numtriggers; i++)
		if (!is_spared(table, &triggers->triggers[i]))
			return false;
	return relation->rd_tableam == GetHeapamTableAmRoutine() &&
		!relation->rd_rel->relispartition && relation->rd_rules == NULL &&
		!(constraints && constraints->has_generated_stored);
}

/* Whether the catalog in which Citus keeps what it distributes has a row for
 * the table; whatever the kind of distribution, its rows are in shards. */
static bool
is_distributed(Oid relid)
{
	Oid			catalog = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	AttrNumber	number = OidIsValid(catalog) ? get_attnum(catalog, "logicalrelid") : 0;
	Relation	relation;
	SysScanDesc scan;
	ScanKeyData key;
	bool		found;

	if (number == InvalidAttrNumber)
		return false;
	relation = table_open(catalog, AccessShareLock);
	ScanKeyInit(&key, number, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

/* Refuses what rows must not be written into below somebody's planner. */
static void
require_table(const BaseTable *table, Relation relation)
{
	if (is_distributed(RelationGetRelid(relation)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"frontdesk.%s\" is distributed by Citus", table->name),
				 errdetail("A row written here would be in none of its shards, and no query would see it."),
				 errhint("Restore the tables of pg_frontdesk into a database in which they are not distributed. "
						 "To use more machines, give each a database with pg_frontdesk and some of the accounts.")));
	switch (relation->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"frontdesk.%s\" is not a table", table->name)));
	}
}

/*
 * Fills the cache in.  A table for statements needs its columns' names alone.
 */
static void
look_up(BaseTable *table, Relation relation)
{
	BaseTableCache *cache = table->cache;
	MemoryContext caller = MemoryContextSwitchTo(cache->context);

	require_table(table, relation);
	find_columns(table, relation);
	cache->is_for_statements = relation->rd_rel->relkind != RELKIND_RELATION;
	if (!cache->is_for_statements)
	{
		cache->estate = CreateExecutorState();
		cache->is_plain = looks_plain(table, relation);
		cache->has_triggers = relation->trigdesc != NULL;
		prepare_attributes(cache, relation);
		prepare_checks(cache, relation);
		prepare_indexes(table, relation);
	}
	MemoryContextSwitchTo(caller);
}

static bool
is_valid(const BaseTableCache *cache)
{
	return cache != NULL && cache->is_complete && !cache->has_changed;
}

/*
 * Looks the table up afresh, in a cache that counts as incomplete until all of
 * it has worked: what raises in between is tried again at the next opening.
 */
static void
renew(BaseTable *table)
{
	BaseTableCache *cache;
	Relation	relation;

	if (table->cache == NULL)
		table->cache = create_cache();
	cache = table->cache;
	if (cache->context)
		MemoryContextDelete(cache->context);
	memset(cache, 0, sizeof(*cache));
	cache->context = AllocSetContextCreate(CacheMemoryContext, "frontdesk table",
										   ALLOCSET_SMALL_SIZES);
	cache->relid = find_relid(table);
	relation = table_open(cache->relid, RowExclusiveLock);
	look_up(table, relation);
	if (!cache->is_plain)
		ereport(DEBUG1, (errmsg_internal("rows of frontdesk.%s are written by the executor", table->name)));
	cache->is_complete = true;
	table_close(relation, NoLock);
}

/* ---- opening ---- */

/*
 * Rows are read and written here whatever row security says, which is for those
 * alone whom it would not stop.
 */
static void
require_trust(const BaseTable *table)
{
#if PG_VERSION_NUM >= 160000
	if (!object_ownercheck(RelationRelationId, table->cache->relid, GetUserId()))
#else
	if (!pg_class_ownercheck(table->cache->relid, GetUserId()))
#endif
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, table->name);
}

Relation
base_table_open(BaseTable *table)
{
	Relation	relation = NULL;

	/* taking the lock may bring news that the definition has changed */
	while (relation == NULL)
	{
		if (!is_valid(table->cache))
			renew(table);
		relation = table_open(table->cache->relid, RowExclusiveLock);
		if (is_valid(table->cache))
			break;
		table_close(relation, NoLock);
		relation = NULL;
	}
	require_trust(table);
	return relation;
}

void
base_table_close(Relation relation)
{
	table_close(relation, NoLock);
}
