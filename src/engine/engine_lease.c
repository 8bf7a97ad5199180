/*
 * engine_lease.c
 *	  Who owns a thread, and for how long.
 *
 * Runs in engine workers (and the freeing of orphans in the coordinator),
 * inside short transactions with SPI connected.
 *
 * An owner is (incarnation, slot, generation); one that is not alive any more
 * loses its threads at once, the lease is only the last net.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "engine/engine_arrays.h"
#include "engine/engine_lease.h"
#include "engine/engine_rest.h"
#include "engine/engine_wake.h"

#define LEASE_SECONDS 600

/* Identity of this worker; set once by engine_lease_set_owner. */
static EngineOwner owner = {.slot = -1};

/* What a DBA has locked is left for the next sweep. */
static BaseStatement find_orphans = {
	"SELECT r.account_id, r.thread_id, r.incarnation, r.slot, r.generation FROM frontdesk.ready r "
	"WHERE r.slot IS NOT NULL AND (r.due_at < $1 OR r.incarnation <> $2 OR NOT EXISTS ("
	" SELECT FROM unnest($3::int4[], $4::int8[]) a(slot, generation)"
	" WHERE a.slot = r.slot AND a.generation = r.generation)) "
	"ORDER BY r.account_id, r.thread_id",
	{TIMESTAMPTZOID, INT8OID, INT4ARRAYOID, INT8ARRAYOID}
};

/* Only from the owner it was found with: the thread may have moved on since. */
static BaseStatement free_orphan = {
	"WITH lost AS MATERIALIZED (SELECT t.account_id, t.id FROM frontdesk.threads t"
	" WHERE t.account_id = $1 AND t.id = $2 AND t.incarnation = $4 AND t.slot = $5 AND t.generation = $6"
	" FOR NO KEY UPDATE SKIP LOCKED), "
	"freed AS (UPDATE frontdesk.threads t"
	" SET " ENGINE_REST_UNOWNED ", " ENGINE_REST_TAKEN_OVER ", resumed_count = t.resumed_count + 1"
	" FROM lost l WHERE t.account_id = l.account_id AND t.id = l.id"
	" RETURNING t.account_id, t.id) "
	"UPDATE frontdesk.ready r SET " ENGINE_REST_UNOWNED ", due_at = $3 "
	"FROM freed f WHERE r.account_id = f.account_id AND r.thread_id = f.id",
	{INT4OID, UUIDOID, TIMESTAMPTZOID, INT8OID, INT4OID, INT8OID}
};

static BaseStatement extend_leases = {
	"UPDATE frontdesk.ready SET due_at = $1 "
	"WHERE slot = $2 AND generation = $3 AND incarnation = $4 AND due_at < $5",
	{TIMESTAMPTZOID, INT4OID, INT8OID, INT8OID, TIMESTAMPTZOID}
};

void
engine_lease_set_owner(int slot, int64 generation)
{
	owner.slot = slot;
	owner.generation = generation;
}

EngineOwner
engine_lease_owner(void)
{
	owner.incarnation = (int64) base_shared->incarnation;
	return owner;
}

TimestampTz
engine_lease_end(void)
{
	return base_clock_now() + (int64) LEASE_SECONDS * USECS_PER_SEC;
}

/* The slots that are taken, and their generations, as two SQL arrays. */
static void
taken_slots(Datum *slot_array, Datum *generation_array)
{
	int			slots[ENGINE_MAX_SLOTS];
	int64		generations[ENGINE_MAX_SLOTS];
	static const Oid types[] = {INT4OID, INT8OID, InvalidOid};
	int			count = engine_roster_taken(slots, generations);
	EngineArrays arrays;
	Datum		built[2];

	engine_arrays_init(&arrays, types, count);
	for (int i = 0; i < count; i++)
	{
		engine_arrays_add_row(&arrays);
		engine_arrays_set(&arrays, 0, Int32GetDatum(slots[i]));
		engine_arrays_set(&arrays, 1, Int64GetDatum(generations[i]));
	}
	engine_arrays_build(&arrays, built);
	*slot_array = built[0];
	*generation_array = built[1];
}

int
engine_lease_free_orphans(bool *some_left)
{
	TimestampTz now = base_clock_now();
	Datum		values[4] = {TimestampTzGetDatum(now),
	Int64GetDatum((int64) base_shared->incarnation)};
	uint64		count;
	int			freed = 0;
	SPITupleTable *found;

	taken_slots(&values[2], &values[3]);
	count = base_spi_execute(&find_orphans, values, NULL);
	found = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool		isnull;
		Datum		key[] = {SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull),
			SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull),
			TimestampTzGetDatum(now),
			SPI_getbinval(found->vals[i], found->tupdesc, 3, &isnull),
			SPI_getbinval(found->vals[i], found->tupdesc, 4, &isnull),
		SPI_getbinval(found->vals[i], found->tupdesc, 5, &isnull)};

		freed += (int) base_spi_execute(&free_orphan, key, NULL);
	}
	*some_left = freed < count;
	for (int c = 0; freed > 0 && c < ENGINE_QUOTA_CLASSES; c++)
		engine_wake_at_commit(c, now);
	return freed;
}

void
engine_lease_extend(void)
{
	Datum		values[] = {TimestampTzGetDatum(engine_lease_end()), Int32GetDatum(owner.slot),
		Int64GetDatum(owner.generation), Int64GetDatum((int64) base_shared->incarnation),
	TimestampTzGetDatum(engine_lease_end() - (int64) LEASE_SECONDS / 2 * USECS_PER_SEC)};

	base_spi_execute(&extend_leases, values, NULL);
}
