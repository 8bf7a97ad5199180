/*
 * base_uuid.c
 *	  Time-ordered UUIDs (version 7, RFC 9562): 48 bits of milliseconds, 12
 *	  bits of the fraction of a millisecond, 62 random bits.  Within a process
 *	  the time part never repeats or goes back.
 */
#include "postgres.h"

#include <sys/time.h>
#include <time.h>

#include "common/pg_prng.h"
#include "fmgr.h"
#include "miscadmin.h"

#include "base/base_domain.h"
#include "base/base_uuid.h"

SQL_FUNCTION(uuid);

static void
draw_random(uint8 *bytes)
{
	static pg_prng_state prng;
	static int	seeded_pid = 0;
	uint64		drawn;

	if (seeded_pid != MyProcPid)
	{
		if (!pg_prng_strong_seed(&prng))
			elog(ERROR, "could not draw random bits for a UUID");
		seeded_pid = MyProcPid;
	}
	drawn = pg_prng_uint64(&prng);
	memcpy(bytes, &drawn, 8);
}

void
base_uuid_draw(pg_uuid_t *uuid)
{
	static uint64 last = 0;
	struct timespec now;
	uint64		ticks;

	clock_gettime(CLOCK_REALTIME, &now);
	/* milliseconds in the high 48 bits of 60, 1/4096 ms below */
	ticks = ((uint64) now.tv_sec * 1000 + now.tv_nsec / 1000000) << 12 |
		(uint64) (now.tv_nsec % 1000000) * 4096 / 1000000;
	if (ticks <= last)
		ticks = last + 1;
	last = ticks;

	draw_random(uuid->data + 8);
	for (int i = 0; i < 6; i++)
		uuid->data[i] = (uint8) (ticks >> (52 - 8 * i));
	uuid->data[6] = 0x70 | (uint8) ((ticks >> 8) & 0x0f);
	uuid->data[7] = (uint8) ticks;
	uuid->data[8] = 0x80 | (uuid->data[8] & 0x3f);
}

void
base_uuid_print(const pg_uuid_t *uuid, char text[BASE_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char	   *p = text;

	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[uuid->data[i] >> 4];
		*p++ = digits[uuid->data[i] & 0x0f];
	}
	*p = '\0';
}

PGDLLEXPORT Datum
frontdesk_uuid(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	base_uuid_draw(uuid);
	PG_RETURN_UUID_P(uuid);
}
