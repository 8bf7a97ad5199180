/*
 * security_policy.c
 *	  The account that the tool worker serves at this moment.
 *
 * Kept in the memory of the process, where no SQL can change it; row security
 * asks through frontdesk.served_account().
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/base_domain.h"
#include "security/security_policy.h"

SQL_FUNCTION(served_account);

static int	served = 0;

void
security_policy_serve(int account_id)
{
	served = account_id;
}

/* served_account() */
PGDLLEXPORT Datum
frontdesk_served_account(PG_FUNCTION_ARGS)
{
	if (served == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(served);
}
