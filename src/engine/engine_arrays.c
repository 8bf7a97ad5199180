/*
 * engine_arrays.c
 *	  Columns of a batch as SQL arrays, for `FROM unnest($1, $2, …)`.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "engine/engine_arrays.h"

void
engine_arrays_init(EngineArrays *arrays, const Oid *types, int room)
{
	memset(arrays, 0, sizeof(*arrays));
	arrays->room = Max(room, 1);
	for (int i = 0; i < ENGINE_MAX_COLUMNS && OidIsValid(types[i]); i++)
	{
		EngineColumn *column = &arrays->columns[arrays->column_count++];

		column->type = types[i];
		column->values = palloc(arrays->room * sizeof(Datum));
		column->nulls = palloc(arrays->room * sizeof(bool));
	}
}

void
engine_arrays_add_row(EngineArrays *arrays)
{
	if (arrays->row_count == arrays->room)
	{
		arrays->room *= 2;
		for (int i = 0; i < arrays->column_count; i++)
		{
			EngineColumn *column = &arrays->columns[i];

			column->values = repalloc(column->values, arrays->room * sizeof(Datum));
			column->nulls = repalloc(column->nulls, arrays->room * sizeof(bool));
		}
	}
	for (int i = 0; i < arrays->column_count; i++)
		arrays->columns[i].nulls[arrays->row_count] = true;
	arrays->row_count++;
}

void
engine_arrays_set(EngineArrays *arrays, int column, Datum value)
{
	arrays->columns[column].values[arrays->row_count - 1] = value;
	arrays->columns[column].nulls[arrays->row_count - 1] = false;
}

void
engine_arrays_build(EngineArrays *arrays, Datum *values)
{
	int			dims[1] = {arrays->row_count};
	int			lower_bounds[1] = {1};

	for (int i = 0; i < arrays->column_count; i++)
	{
		EngineColumn *column = &arrays->columns[i];
		int16		length;
		bool		by_value;
		char		align;

		if (arrays->row_count == 0)
		{
			values[i] = PointerGetDatum(construct_empty_array(column->type));
			continue;
		}
		get_typlenbyvalalign(column->type, &length, &by_value, &align);
		values[i] = PointerGetDatum(construct_md_array(column->values, column->nulls, 1,
													   dims, lower_bounds, column->type,
													   length, by_value, align));
	}
}
