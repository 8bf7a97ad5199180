/*
 * security_schema.c
 *	  Whether the schema of the extension is still nobody else's.
 *
 * Workers read the tables and call the functions of schema frontdesk with a
 * superuser's rights.  Whoever could put an object of his own in the place of
 * one of ours would have these rights, too.  So before a worker serves a
 * database, and before setup_roles() grants anything, this asks the catalogs,
 * and nothing in the schema itself: is the schema a member of the extension,
 * do schema, extension and members belong to superusers, and may nobody else
 * create objects there.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_spi.h"
#include "security/security_schema.h"

SQL_FUNCTION(require_own_schema);

static BaseStatement find_problem = {
	"WITH house AS MATERIALIZED ("
	" SELECT e.oid AS extension, e.extowner, n.oid AS schema, n.nspowner, n.nspacl"
	" FROM pg_catalog.pg_extension e"
	" LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'frontdesk'"
	" WHERE e.extname = 'pg_frontdesk'),"
	" members AS MATERIALIZED ("
	" SELECT d.classid, d.objid FROM pg_catalog.pg_depend d, house h"
	" WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass"
	" AND d.refobjid = h.extension AND d.deptype = 'e'),"
	" owners AS ("
	" SELECT h.extowner AS owner, 1 AS rank, 'the extension' AS what FROM house h"
	" UNION ALL SELECT h.nspowner, 2, 'its schema frontdesk' FROM house h"
	" UNION ALL SELECT c.relowner, 3, pg_catalog.format('its table or view %s', c.relname)"
	" FROM members m JOIN pg_catalog.pg_class c ON c.oid = m.objid"
	" WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	" UNION ALL SELECT p.proowner, 4, pg_catalog.format('its function %s()', p.proname)"
	" FROM members m JOIN pg_catalog.pg_proc p ON p.oid = m.objid"
	" WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)"
	" SELECT CASE"
	" WHEN h.extension IS NULL THEN 'extension pg_frontdesk is not installed'"
	" WHEN h.schema IS NULL THEN 'there is no schema frontdesk'"
	" WHEN NOT EXISTS (SELECT FROM members m WHERE m.objid = h.schema"
	" AND m.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass)"
	" THEN pg_catalog.format('schema frontdesk is not the one that the extension made; it belongs to role %s',"
	" pg_catalog.pg_get_userbyid(h.nspowner))"
	" ELSE coalesce("
	" (SELECT pg_catalog.format('%s belongs to role %s, who is no superuser', o.what, pg_catalog.pg_get_userbyid(o.owner))"
	" FROM owners o WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = o.owner AND r.rolsuper)"
	" ORDER BY o.rank, o.what LIMIT 1),"
	" (SELECT pg_catalog.format('role %s may create objects in schema frontdesk',"
	" CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END)"
	" FROM pg_catalog.aclexplode(h.nspacl) a WHERE a.privilege_type = 'CREATE'"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = a.grantee AND r.rolsuper)"
	" ORDER BY 1 LIMIT 1)) END"
	" FROM (SELECT) one LEFT JOIN house h ON true",
	{InvalidOid}
};

char *
security_schema_problem(void)
{
	base_spi_execute(&find_problem, NULL, NULL);
	return base_spi_text(0, 1);
}

/* require_own_schema() */
PGDLLEXPORT Datum
frontdesk_require_own_schema(PG_FUNCTION_ARGS)
{
	char	   *problem;

	SPI_connect();
	problem = security_schema_problem();
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the schema of pg_frontdesk is not safe to use"),
				 errdetail("Found that %s.", problem),
				 errhint("Everything that workers read belongs to a superuser: see SECURITY.md, \"The schema\".")));
	SPI_finish();
	PG_RETURN_VOID();
}
