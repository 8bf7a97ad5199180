/*
 * inbox_site.c
 *	  Whether a caller may touch an account's conversations.
 *
 * Runs in backends.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_spi.h"
#include "inbox/inbox_site.h"

void
inbox_site_require_account(int account_id)
{
	static BaseStatement statement = {
		"SELECT frontdesk.require_account($1)", {INT4OID}
	};
	Datum		values[] = {Int32GetDatum(account_id)};

	base_spi_execute(&statement, values, NULL);
}
