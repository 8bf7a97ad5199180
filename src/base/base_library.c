/*
 * base_library.c
 *	  What the loaded library knows of itself and of the settings that decide
 *	  who is served.
 *
 * Runs in any session, preloaded or not: in a session that loaded the library
 * itself there is no shared memory, and that is what it tells.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "base/base_domain.h"
#include "base/base_settings.h"
#include "base/base_shmem.h"

SQL_FUNCTION(library_state);

/* Whether frontdesk.databases names this session's database. */
static bool
is_listed(void)
{
	char	   *name = get_database_name(MyDatabaseId);
	List	   *names;
	ListCell   *cell;

	if (name == NULL || !SplitIdentifierString(pstrdup(setting_databases), ',', &names))
		return false;
	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/* library_state(): version, preloaded, listed, workers. */
PGDLLEXPORT Datum
frontdesk_library_state(PG_FUNCTION_ARGS)
{
	TupleDesc	columns;
	bool		nulls[4] = {false};
	Datum		values[4] = {
		CStringGetTextDatum(FRONTDESK_VERSION),
		BoolGetDatum(base_shared != NULL),
		BoolGetDatum(is_listed()),
		Int32GetDatum(setting_workers),
	};

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "library_state() must return a row");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls)));
}
