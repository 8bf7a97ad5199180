/*
 * security_policy.c
 *	  Whose rows code of strangers sees, and whom a caller may act for.
 *
 * The account that the tool worker serves at this moment is kept in the memory
 * of the process, where no SQL can change it; row security asks through
 * frontdesk.served_account().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "base/base_domain.h"
#include "base/base_spi.h"
#include "security/security_policy.h"

SQL_FUNCTION(served_account);

static int	served = 0;

void
security_policy_serve(int account_id)
{
	served = account_id;
}

void
security_policy_require_account(int account_id)
{
	static BaseStatement statement = {
		"SELECT frontdesk.require_account($1)", {INT4OID}
	};
	Datum		value = Int32GetDatum(account_id);

	base_spi_execute(&statement, &value, NULL);
}

/* served_account() */
PGDLLEXPORT Datum
frontdesk_served_account(PG_FUNCTION_ARGS)
{
	if (served == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(served);
}
