/*
 * http_limit_view.c
 *	  What people see of the limits, and how they reset one.
 *
 * Runs in sessions.  Shows the meters of this database that belong to accounts
 * the caller may see; of a key there is a fingerprint, a part of its digest,
 * which tells two keys apart and nothing more.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "http/http_limit.h"
#include "security/security_policy.h"

SQL_FUNCTION(limit_meters);
SQL_FUNCTION(reset_breaker);

#define METER_COLUMNS 15

/* Whether the caller may see an account; SPI is connected. */
static bool
may_see(int account_id)
{
	static BaseStatement statement = {
		"SELECT $1 = ANY (frontdesk.visible_accounts())", {INT4OID}
	};
	Datum		values[] = {Int32GetDatum(account_id)};

	return base_spi_read(&statement, values, NULL) > 0 && base_spi_bool(0, 1, false);
}

static void
set_time(Datum *values, bool *nulls, int column, int64 ticks)
{
	nulls[column] = ticks == 0;
	if (ticks != 0)
		values[column] = TimestampTzGetDatum(base_clock_now() + (ticks - base_clock_ticks()));
}

static void
set_limit(Datum *values, bool *nulls, int column, int limit)
{
	nulls[column] = limit == 0;
	values[column] = Int32GetDatum(limit);
}

/* Writes one row of limit_meters(); a limit of 0 is none, which is null. */
static void
put_meter(ReturnSetInfo *result, const HttpMeterView *view)
{
	Datum		values[METER_COLUMNS];
	bool		nulls[METER_COLUMNS] = {false};

	values[0] = Int32GetDatum(view->account_id);
	values[1] = CStringGetTextDatum(view->name);
	values[2] = CStringGetTextDatum(psprintf("%08x", (uint32) (view->fingerprint >> 32)));
	nulls[2] = view->fingerprint == 0;
	values[3] = Int32GetDatum(view->in_use);
	values[4] = Int32GetDatum(view->low_in_use);
	set_limit(values, nulls, 5, view->concurrency);
	values[6] = Int32GetDatum(view->requests_in_window);
	set_limit(values, nulls, 7, view->requests_per_minute);
	values[8] = Int64GetDatum(view->tokens_in_window);
	set_limit(values, nulls, 9, view->tokens_per_minute);
	values[10] = CStringGetTextDatum(view->breaker);
	set_time(values, nulls, 11, view->open_until);
	set_time(values, nulls, 12, view->blocked_until);
	values[13] = CStringGetTextDatum(view->last_failure);
	nulls[13] = view->last_failure_at == 0;
	set_time(values, nulls, 14, view->last_failure_at);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* limit_meters(): those of accounts that the caller may see. */
PGDLLEXPORT Datum
frontdesk_limit_meters(PG_FUNCTION_ARGS)
{
	HttpMeterView view;
	int			position = 0;

	base_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	while (http_limit_next(&position, &view))
	{
		bool		is_visible;

		SPI_connect();
		is_visible = may_see(view.account_id);
		SPI_finish();
		if (is_visible)
			put_meter((ReturnSetInfo *) fcinfo->resultinfo, &view);
	}
	return (Datum) 0;
}

PGDLLEXPORT Datum
frontdesk_reset_breaker(PG_FUNCTION_ARGS)
{
	int			account_id = PG_GETARG_INT32(0);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	base_shmem_require();
	SPI_connect();
	security_policy_require_account(account_id);
	SPI_finish();
	PG_RETURN_INT32(http_limit_reset(account_id, name));
}
