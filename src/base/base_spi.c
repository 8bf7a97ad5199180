/*
 * base_spi.c
 *	  One way to run SQL from C.
 *
 * SPI leaves its callers in a memory context that ends with SPI_finish; the
 * functions in here come back in the one they were called in, so what
 * base_spi_text returns lives where the caller wants it.
 */
#include "postgres.h"

#include "jit/jit.h"
#include "optimizer/cost.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_spi.h"

static void
prepare(BaseStatement *statement)
{
	int			nargs = 0;
	SPIPlanPtr	plan;

	while (nargs < BASE_STATEMENT_MAX_ARGS &&
		   OidIsValid(statement->argtypes[nargs]))
		nargs++;
	plan = SPI_prepare_cursor(statement->sql, nargs, statement->argtypes,
							  CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", statement->sql,
			 SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan))
		elog(ERROR, "could not keep the plan of \"%s\"", statement->sql);
	statement->plan = plan;
}

/*
 * Our statements are short and find every row by an index.  A plan made while
 * the tables are small would rather scan them, and would still do so when they
 * have grown; so scans and hashes are off while one of our statements is
 * planned and run.
 * Compilation is off too: it would be set off by the price that the planner
 * puts on whatever is off but cannot be avoided.
 */
static int
execute_by_index(SPIPlanPtr plan, Datum *values, const char *nulls, bool read_only)
{
	bool		seqscan = enable_seqscan;
	bool		bitmapscan = enable_bitmapscan;
	bool		hashjoin = enable_hashjoin;
	bool		mergejoin = enable_mergejoin;
	bool		jit = jit_enabled;
	volatile int code = 0;

	enable_seqscan = enable_bitmapscan = enable_hashjoin = enable_mergejoin = false;
	jit_enabled = false;
	PG_TRY();
	{
		code = SPI_execute_plan(plan, values, nulls, read_only, 0);
	}
	PG_FINALLY();
	{
		enable_seqscan = seqscan;
		enable_bitmapscan = bitmapscan;
		enable_hashjoin = hashjoin;
		enable_mergejoin = mergejoin;
		jit_enabled = jit;
	}
	PG_END_TRY();
	return code;
}

static uint64
run(BaseStatement *statement, Datum *values, const char *nulls, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	int			code;

	if (statement->plan == NULL)
		prepare(statement);
	code = execute_by_index(statement->plan, values, nulls, read_only);
	MemoryContextSwitchTo(caller);	/* SPI comes back in a context of its own */
	if (code < 0)
		elog(ERROR, "could not run \"%s\": %s", statement->sql,
			 SPI_result_code_string(code));
	return SPI_processed;
}

uint64
base_spi_execute(BaseStatement *statement, Datum *values, const char *nulls)
{
	return run(statement, values, nulls, false);
}

uint64
base_spi_read(BaseStatement *statement, Datum *values, const char *nulls)
{
	return run(statement, values, nulls, true);
}

Datum
base_spi_value(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						 column, isnull);
}

char *
base_spi_text(uint64 row, int column)
{
	bool		isnull;
	Datum		value = base_spi_value(row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

int64
base_spi_int64(uint64 row, int column, int64 if_null)
{
	bool		isnull;
	Datum		value = base_spi_value(row, column, &isnull);

	return isnull ? if_null : DatumGetInt64(value);
}

int32
base_spi_int32(uint64 row, int column, int32 if_null)
{
	bool		isnull;
	Datum		value = base_spi_value(row, column, &isnull);

	return isnull ? if_null : DatumGetInt32(value);
}

bool
base_spi_bool(uint64 row, int column, bool if_null)
{
	bool		isnull;
	Datum		value = base_spi_value(row, column, &isnull);

	return isnull ? if_null : DatumGetBool(value);
}
