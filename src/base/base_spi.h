/*
 * base_spi.h
 *	  One way to run SQL from C: statements as static structs, planned once
 *	  per process.
 */
#ifndef BASE_SPI_H
#define BASE_SPI_H

#include "executor/spi.h"

#define BASE_STATEMENT_MAX_ARGS 24

/*
 * A statement that a C function runs.  Declare it static; the plan is made on
 * first use and kept for the life of the process.  Every name in `sql` is
 * schema-qualified.
 */
typedef struct BaseStatement
{
	const char *sql;
	Oid			argtypes[BASE_STATEMENT_MAX_ARGS];	/* ends at InvalidOid */
	SPIPlanPtr	plan;			/* filled on first use */
} BaseStatement;

/*
 * Runs a statement; the caller is connected to SPI.  `nulls` as SPI wants it,
 * NULL when no argument is null.  Returns the number of rows processed; rows
 * are in SPI_tuptable.  Raises on every failure.
 */
extern uint64 base_spi_execute(BaseStatement *statement, Datum *values, const char *nulls);

/* As above, for a statement that only reads under the caller's snapshot. */
extern uint64 base_spi_read(BaseStatement *statement, Datum *values, const char *nulls);

/* Column `column` (from 1) of row `row` (from 0) of SPI_tuptable. */
extern Datum base_spi_value(uint64 row, int column, bool *isnull);

/* The same for text: a palloc'd C string in the current context, or NULL. */
extern char *base_spi_text(uint64 row, int column);
extern int64 base_spi_int64(uint64 row, int column, int64 if_null);
extern int32 base_spi_int32(uint64 row, int column, int32 if_null);
extern bool base_spi_bool(uint64 row, int column, bool if_null);

#endif							/* BASE_SPI_H */
