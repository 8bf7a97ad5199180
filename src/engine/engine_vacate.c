/*
 * engine_vacate.c
 *	  Gets our processes out of the way of DROP DATABASE.
 *
 * Runs in the session that drops.  The server asks for permission to drop (the
 * object access hook) once the caller's rights are known and the database is
 * locked against newcomers, and counts the sessions in it afterwards, for up to
 * five seconds.  In between the coordinator is told to end, which takes its
 * workers along.  Where the drop fails in the end, the launcher's next
 * coordinator finds the database as it was.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_database.h"

#include "engine/engine_vacate.h"
#include "engine/engine_roster.h"

static object_access_hook_type prev_object_access_hook;

static void
object_access_cb(ObjectAccessType access, Oid class_id, Oid object_id,
				 int sub_id, void *arg)
{
	if (prev_object_access_hook)
		prev_object_access_hook(access, class_id, object_id, sub_id, arg);

	if (access == OAT_DROP && class_id == DatabaseRelationId)
		engine_roster_vacate(object_id);
}

void
engine_vacate_init(void)
{
	prev_object_access_hook = object_access_hook;
	object_access_hook = object_access_cb;
}
