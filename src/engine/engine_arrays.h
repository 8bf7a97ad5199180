/*
 * engine_arrays.h
 *	  Columns of a batch as SQL arrays: one statement for many rows.
 */
#ifndef ENGINE_ARRAYS_H
#define ENGINE_ARRAYS_H

#define ENGINE_MAX_COLUMNS 20

typedef struct EngineColumn
{
	Oid			type;
	Datum	   *values;
	bool	   *nulls;
} EngineColumn;

/* Rows being gathered; columns are declared with their types at the start. */
typedef struct EngineArrays
{
	int			column_count;
	int			row_count;
	int			room;
	EngineColumn columns[ENGINE_MAX_COLUMNS];
} EngineArrays;

/* `types` ends at InvalidOid.  Everything lives in the current context. */
extern void engine_arrays_init(EngineArrays *arrays, const Oid *types, int room);

/* Begins a row in which every column is null. */
extern void engine_arrays_add_row(EngineArrays *arrays);

/* Sets a column (from 0) of the row last begun. */
extern void engine_arrays_set(EngineArrays *arrays, int column, Datum value);

/* One array Datum per column. */
extern void engine_arrays_build(EngineArrays *arrays, Datum *values);

#endif							/* ENGINE_ARRAYS_H */
