/*
 * engine_extension.c
 *	  Whether this database can be served: the extension is installed in the
 *	  version this library was built for, and its schema is nobody else's.
 *
 * Runs in coordinators and workers, in a transaction with SPI connected.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "engine/engine_extension.h"
#include "security/security_schema.h"

/*
 * Whether schema frontdesk is nobody else's; says so once when it is not.  Only
 * a superuser could change that afterwards, so it is asked once per extension.
 */
static bool
schema_is_ours(Oid extension)
{
	static Oid	trusted = InvalidOid;
	static Oid	complained_of = InvalidOid;
	char	   *problem;

	if (extension == trusted)
		return true;
	problem = security_schema_problem();
	if (problem == NULL)
		trusted = extension;
	else if (extension != complained_of)
	{
		complained_of = extension;
		ereport(WARNING,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("pg_frontdesk does not serve database \"%s\": its schema is not safe to use", get_database_name(MyDatabaseId)),
				 errdetail("Found that %s.", problem),
				 errhint("Everything that workers read belongs to a superuser: see SECURITY.md, \"The schema\".")));
	}
	return problem == NULL;
}

bool
engine_extension_is_ready(char **installed_version)
{
	Oid			extension = get_extension_oid("pg_frontdesk", true);
	bool		ready = false;

	*installed_version = NULL;
	if (!OidIsValid(extension))
		return false;
	if (SPI_execute("SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'pg_frontdesk'",
					true, 1) == SPI_OK_SELECT && SPI_processed == 1)
	{
		char	   *version = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

		ready = strcmp(version, FRONTDESK_VERSION) == 0;
		*installed_version = MemoryContextStrdup(TopTransactionContext, version);
	}
	ready = ready && schema_is_ours(extension);
	return ready;
}
