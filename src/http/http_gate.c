/*
 * http_gate.c
 *	  The gates in shared memory: made, found, locked; and the last minute of
 *	  each.
 *
 * The table has a fixed size.  A gate is found by the hash of its name through
 * open addressing without a lock, made under the table's spinlock, and locked
 * by its own.  One that nobody has used for long gives its place away.  Nothing
 * in here raises, waits or allocates.
 *
 * After an unclean end of the server nobody knows what is still in flight: the
 * gates made in the first minute are cold.
 */
#include "postgres.h"

#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "common/hashfn.h"
#include "miscadmin.h"

#include "base/base_clock.h"
#include "http/http_gate.h"

#define GATES 1024
#define PROBED 32
#define IDLE_US (INT64CONST(600) * 1000000)
#define COLD_US (INT64CONST(60) * 1000000)
#define COLD_PERMITS 8

typedef struct GateTable
{
	slock_t		mutex;			/* for making gates */
	int64		cold_until;		/* ticks; 0 after a clean start */
	HttpGate	gates[GATES];
} GateTable;

static GateTable *shared = NULL;

Size
http_limit_shmem_size(void)
{
	return sizeof(GateTable);
}

/* Whether the server was shut down properly before this start. */
static bool
was_clean(void)
{
	bool		is_valid;
	ControlFileData *control = get_controlfile(DataDir, &is_valid);
	bool		clean = is_valid && (control->state == DB_SHUTDOWNED ||
									 control->state == DB_SHUTDOWNED_IN_RECOVERY);

	pfree(control);
	return clean;
}

void
http_limit_shmem_init(void *area, bool found)
{
	shared = area;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	SpinLockInit(&shared->mutex);
	shared->cold_until = was_clean() ? 0 : base_clock_ticks() + COLD_US;
	for (int i = 0; i < GATES; i++)
	{
		pg_atomic_init_u64(&shared->gates[i].hash, 0);
		pg_atomic_init_u32(&shared->gates[i].changes, 0);
		SpinLockInit(&shared->gates[i].mutex);
	}
}

HttpGate *
http_gate_at(int number)
{
	return shared != NULL && number < GATES ? &shared->gates[number] : NULL;
}

int
http_gate_number(const HttpGate *gate)
{
	return gate - shared->gates;
}

/* ---- finding gates ---- */

uint64
http_gate_hash(const HttpLimit *limit)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) limit->name, strlen(limit->name),
										   limit->fingerprint);

	hash = hash_combine64(hash, hash_bytes_uint32_extended((uint32) limit->account_id, 0));
	hash = hash_combine64(hash, hash_bytes_uint32_extended(MyDatabaseId, 0));
	return hash == 0 ? 1 : hash;
}

HttpGate *
http_gate_find(uint64 hash)
{
	for (int i = 0; shared != NULL && i < PROBED; i++)
	{
		HttpGate   *gate = &shared->gates[(hash + i) % GATES];

		if (pg_atomic_read_u64(&gate->hash) == hash)
			return gate;
	}
	return NULL;
}

static void
open_gate(HttpGate *gate, const HttpLimit *limit, int64 now)
{
	Size		start = offsetof(HttpGate, database);

	memset((char *) gate + start, 0, sizeof(HttpGate) - start);
	gate->database = MyDatabaseId;
	gate->limit = *limit;
	gate->used_at = now;
	gate->probe_owner = -1;
	gate->requests.limit = gate->tokens.limit = -1;
	gate->is_cold = now < shared->cold_until;
	gate->ramp = gate->is_cold ? COLD_PERMITS : 0;
}

/* A gate nobody needs: nothing in flight, not used for long, and closed to
 * nobody. */
static bool
is_idle(const HttpGate *gate, int64 now)
{
	return gate->in_use == 0 && now - gate->used_at > IDLE_US &&
		gate->breaker == HTTP_BREAKER_CLOSED && gate->blocked_until <= now;
}

/* The first free place where http_gate_find() looks, else one that has gone idle;
 * NULL when there is none. */
static HttpGate *
make_gate(const HttpLimit *limit, uint64 hash, int64 now)
{
	HttpGate   *made = NULL;

	SpinLockAcquire(&shared->mutex);
	made = http_gate_find(hash);
	for (int pass = 0; pass < 2 && made == NULL; pass++)
	{
		for (int i = 0; i < PROBED && made == NULL; i++)
		{
			HttpGate   *gate = &shared->gates[(hash + i) % GATES];
			bool		is_free = pg_atomic_read_u64(&gate->hash) == 0;

			if (pass == 0 ? !is_free : !is_idle(gate, now))
				continue;
			SpinLockAcquire(&gate->mutex);
			if (pass == 0 || is_idle(gate, now))
			{
				open_gate(gate, limit, now);
				pg_atomic_write_u64(&gate->hash, hash);
				made = gate;
			}
			SpinLockRelease(&gate->mutex);
		}
	}
	SpinLockRelease(&shared->mutex);
	return made;
}

/* The gate with its lock held; NULL when the table is full, or there is none. */
HttpGate *
http_gate_lock(const HttpLimit *limit, int64 now)
{
	uint64		hash = http_gate_hash(limit);
	HttpGate   *gate;

	if (shared == NULL)
		return NULL;
	gate = http_gate_find(hash);
	if (gate == NULL)
		gate = make_gate(limit, hash, now);
	if (gate == NULL)
		return NULL;
	SpinLockAcquire(&gate->mutex);
	if (pg_atomic_read_u64(&gate->hash) != hash)
	{
		SpinLockRelease(&gate->mutex);
		return NULL;
	}
	return gate;
}

HttpGate *
http_gate_lock_permitted(const HttpPermit *permit)
{
	HttpGate   *gate = &shared->gates[permit->gate];

	SpinLockAcquire(&gate->mutex);
	if (pg_atomic_read_u64(&gate->hash) == permit->gate_hash)
		return gate;
	SpinLockRelease(&gate->mutex);
	return NULL;
}

void
http_gate_note_change(HttpGate *gate)
{
	pg_atomic_fetch_add_u32(&gate->changes, 1);
}

/* ---- the last minute ---- */

HttpWindowPart *
http_gate_part_at(HttpGate *gate, int64 ticks)
{
	int64		number = ticks / HTTP_PART_US;
	HttpWindowPart *part = &gate->window[number % HTTP_WINDOW_PARTS];

	if (part->number != number)
	{
		part->number = number;
		part->requests = 0;
		part->tokens = 0;
	}
	return part;
}

/* What was used in the last minute, and when the oldest of it falls away. */
HttpWindowPart
http_gate_sum_window(const HttpGate *gate, int64 now, int64 *falls_away)
{
	int64		newest = now / HTTP_PART_US;
	int64		oldest = newest;
	HttpWindowPart	sum = {0};

	for (int i = 0; i < HTTP_WINDOW_PARTS; i++)
	{
		const HttpWindowPart *part = &gate->window[i];

		if (part->number <= newest - HTTP_WINDOW_PARTS || (part->requests == 0 && part->tokens == 0))
			continue;
		sum.requests += part->requests;
		sum.tokens += part->tokens;
		oldest = Min(oldest, part->number);
	}
	*falls_away = (oldest + HTTP_WINDOW_PARTS) * HTTP_PART_US;
	return sum;
}
