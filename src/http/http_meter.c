/*
 * http_meter.c
 *	  The meters in shared memory: made, found, locked; and the last minute of
 *	  each.
 *
 * The table has a fixed size.  A meter is found by the hash of its name through
 * open addressing without a lock, made under the table's spinlock, and locked
 * by its own.  One that nobody has used for long gives its place away.  Nothing
 * in here raises, waits or allocates.
 *
 * After an unclean end of the server nobody knows what is still in flight: the
 * meters made in the first minute are cold.
 */
#include "postgres.h"

#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "common/hashfn.h"
#include "miscadmin.h"

#include "base/base_clock.h"
#include "http/http_meter.h"

#define METERS 1024
#define PROBED 32
#define IDLE_US (INT64CONST(600) * 1000000)
#define COLD_US (INT64CONST(60) * 1000000)
#define COLD_PERMITS 8

typedef struct MeterTable
{
	slock_t		mutex;			/* for making meters */
	int64		cold_until;		/* ticks; 0 after a clean start */
	HttpMeter	meters[METERS];
} MeterTable;

static MeterTable *shared = NULL;

Size
http_limit_shmem_size(void)
{
	return sizeof(MeterTable);
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
	for (int i = 0; i < METERS; i++)
	{
		pg_atomic_init_u64(&shared->meters[i].hash, 0);
		pg_atomic_init_u32(&shared->meters[i].changes, 0);
		SpinLockInit(&shared->meters[i].mutex);
	}
}

HttpMeter *
http_meter_at(int number)
{
	return shared != NULL && number < METERS ? &shared->meters[number] : NULL;
}

int
http_meter_number(const HttpMeter *meter)
{
	return meter - shared->meters;
}

/* ---- finding meters ---- */

uint64
http_meter_hash(const HttpLimit *limit)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) limit->name, strlen(limit->name),
										   limit->fingerprint);

	hash = hash_combine64(hash, hash_bytes_uint32_extended((uint32) limit->account_id, 0));
	hash = hash_combine64(hash, hash_bytes_uint32_extended(MyDatabaseId, 0));
	return hash == 0 ? 1 : hash;
}

HttpMeter *
http_meter_find(uint64 hash)
{
	for (int i = 0; shared != NULL && i < PROBED; i++)
	{
		HttpMeter   *meter = &shared->meters[(hash + i) % METERS];

		if (pg_atomic_read_u64(&meter->hash) == hash)
			return meter;
	}
	return NULL;
}

static void
open_meter(HttpMeter *meter, const HttpLimit *limit, int64 now)
{
	Size		start = offsetof(HttpMeter, database);

	memset((char *) meter + start, 0, sizeof(HttpMeter) - start);
	meter->database = MyDatabaseId;
	meter->limit = *limit;
	meter->used_at = now;
	meter->probe_owner = -1;
	meter->requests.limit = meter->tokens.limit = -1;
	meter->is_cold = now < shared->cold_until;
	meter->ramp = meter->is_cold ? COLD_PERMITS : 0;
}

/* A meter nobody needs: nothing in flight, not used for long, and closed to
 * nobody. */
static bool
is_idle(const HttpMeter *meter, int64 now)
{
	return meter->in_use == 0 && now - meter->used_at > IDLE_US &&
		meter->breaker == HTTP_BREAKER_CLOSED && meter->blocked_until <= now;
}

/* The first free place where http_meter_find() looks, else one that has gone idle;
 * NULL when there is none. */
static HttpMeter *
make_meter(const HttpLimit *limit, uint64 hash, int64 now)
{
	HttpMeter   *made = NULL;

	SpinLockAcquire(&shared->mutex);
	made = http_meter_find(hash);
	for (int pass = 0; pass < 2 && made == NULL; pass++)
	{
		for (int i = 0; i < PROBED && made == NULL; i++)
		{
			HttpMeter   *meter = &shared->meters[(hash + i) % METERS];
			bool		is_free = pg_atomic_read_u64(&meter->hash) == 0;

			if (pass == 0 ? !is_free : !is_idle(meter, now))
				continue;
			SpinLockAcquire(&meter->mutex);
			if (pass == 0 || is_idle(meter, now))
			{
				open_meter(meter, limit, now);
				pg_atomic_write_u64(&meter->hash, hash);
				made = meter;
			}
			SpinLockRelease(&meter->mutex);
		}
	}
	SpinLockRelease(&shared->mutex);
	return made;
}

/* The meter with its lock held; NULL when the table is full, or there is none. */
HttpMeter *
http_meter_lock(const HttpLimit *limit, int64 now)
{
	uint64		hash = http_meter_hash(limit);
	HttpMeter   *meter;

	if (shared == NULL)
		return NULL;
	meter = http_meter_find(hash);
	if (meter == NULL)
		meter = make_meter(limit, hash, now);
	if (meter == NULL)
		return NULL;
	SpinLockAcquire(&meter->mutex);
	if (pg_atomic_read_u64(&meter->hash) != hash)
	{
		SpinLockRelease(&meter->mutex);
		return NULL;
	}
	return meter;
}

HttpMeter *
http_meter_lock_permitted(const HttpPermit *permit)
{
	HttpMeter   *meter = &shared->meters[permit->meter];

	SpinLockAcquire(&meter->mutex);
	if (pg_atomic_read_u64(&meter->hash) == permit->meter_hash)
		return meter;
	SpinLockRelease(&meter->mutex);
	return NULL;
}

void
http_meter_note_change(HttpMeter *meter)
{
	pg_atomic_fetch_add_u32(&meter->changes, 1);
}

/* ---- the last minute ---- */

HttpWindowPart *
http_meter_part_at(HttpMeter *meter, int64 ticks)
{
	int64		number = ticks / HTTP_PART_US;
	HttpWindowPart *part = &meter->window[number % HTTP_WINDOW_PARTS];

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
http_meter_sum_window(const HttpMeter *meter, int64 now, int64 *falls_away)
{
	int64		newest = now / HTTP_PART_US;
	int64		oldest = newest;
	HttpWindowPart	sum = {0};

	for (int i = 0; i < HTTP_WINDOW_PARTS; i++)
	{
		const HttpWindowPart *part = &meter->window[i];

		if (part->number <= newest - HTTP_WINDOW_PARTS ||
			(part->requests == 0 && part->tokens == 0))
			continue;
		sum.requests += part->requests;
		sum.tokens += part->tokens;
		oldest = Min(oldest, part->number);
	}
	*falls_away = (oldest + HTTP_WINDOW_PARTS) * HTTP_PART_US;
	return sum;
}
