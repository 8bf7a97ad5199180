/*
 * security_drop.c
 *	  Refuses to drop the extension while leads exist.
 *
 * Runs in every process that has the library loaded; an event trigger on DROP
 * loads it where nothing else has (security_drop.sql).  The guard is an object
 * access hook and not a utility hook, so that DROP SCHEMA ... CASCADE and DROP
 * OWNED meet it like DROP EXTENSION does.  It watches the table of leads: the
 * members of an extension go before the extension itself, and while the table
 * is asked for it still stands, locked against everyone else.
 *
 * frontdesk.allow_drop lets the drop proceed.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/base_domain.h"
#include "base/base_settings.h"
#include "security/security_drop.h"

SQL_FUNCTION(arm_drop_guard);

static object_access_hook_type prev_object_access_hook;

/* Whether a relation is the table of leads that our extension owns.  It is told by
 * a column that no other one has, for its name may be changed before the drop. */
static bool
is_table_of_leads(Oid relation)
{
	char		kind = get_rel_relkind(relation);
	char	   *name;
	Oid			extension;

	if ((kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) ||
		get_attnum(relation, "qualification_status") == InvalidAttrNumber)
		return false;
	extension = getExtensionOfObject(RelationRelationId, relation);
	if (!OidIsValid(extension))
		return false;
	name = get_extension_name(extension);
	return name != NULL && strcmp(name, "pg_frontdesk") == 0;
}

/* Scans without an index: those are already gone when the table's turn comes.  What
 * is partitioned has no rows of its own to look at, and is taken to hold some. */
static bool
has_rows(Oid relation)
{
	Relation	table = table_open(relation, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(table, NULL);
	TableScanDesc scan = table_beginscan(table, snapshot, 0, NULL);
	bool		found = table_scan_getnextslot(scan, ForwardScanDirection, slot);

	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	table_close(table, NoLock);
	return found;
}

static void
object_access_cb(ObjectAccessType access, Oid class_id, Oid object_id,
				 int sub_id, void *arg)
{
	if (prev_object_access_hook)
		prev_object_access_hook(access, class_id, object_id, sub_id, arg);

	if (access != OAT_DROP || class_id != RelationRelationId || sub_id != 0 ||
		setting_allow_drop)
		return;
	if (is_table_of_leads(object_id) &&
		(get_rel_relkind(object_id) == RELKIND_PARTITIONED_TABLE || has_rows(object_id)))
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop extension \"pg_frontdesk\" while it holds leads"),
				 errdetail("Dropping it would delete every lead, conversation and message of this database."),
				 errhint("Dump the database, then set frontdesk.allow_drop to on and drop the extension again.")));
}

void
security_drop_init(void)
{
	prev_object_access_hook = object_access_hook;
	object_access_hook = object_access_cb;
}

/* arm_drop_guard(): that it could be called is all. */
PGDLLEXPORT Datum
frontdesk_arm_drop_guard(PG_FUNCTION_ARGS)
{
	PG_RETURN_VOID();
}
