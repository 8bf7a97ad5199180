/*
 * base_clock.c
 *	  The one clock.  The shift lives in shared memory, so a test that moves
 *	  it moves the time of every worker and session at once.
 */
#include "postgres.h"

#include <time.h>

#include "fmgr.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_shmem.h"

SQL_FUNCTION(clock);
SQL_FUNCTION(shift_clock);

static void (*wake_sleepers) (void) = NULL;

static int64
shift(void)
{
	return base_shared ? (int64) pg_atomic_read_u64(&base_shared->clock_shift) : 0;
}

TimestampTz
base_clock_now(void)
{
	return GetCurrentTimestamp() + shift();
}

int64
base_clock_ticks(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000 + shift();
}

void
base_clock_on_shift(void (*callback) (void))
{
	wake_sleepers = callback;
}

PGDLLEXPORT Datum
frontdesk_clock(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(base_clock_now());
}

/* shift_clock(interval): sets the shift; workers look again at once. */
PGDLLEXPORT Datum
frontdesk_shift_clock(PG_FUNCTION_ARGS)
{
	Interval   *by = PG_GETARG_INTERVAL_P(0);
	int64		micros = by->time +
		((int64) by->day + (int64) by->month * DAYS_PER_MONTH) * USECS_PER_DAY;

	base_shmem_require();
	pg_atomic_write_u64(&base_shared->clock_shift, (uint64) micros);
	if (wake_sleepers)
		wake_sleepers();
	PG_RETURN_VOID();
}
