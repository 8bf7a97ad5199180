/*
 * http_retry.c
 *	  When to try again.
 */
#include "postgres.h"

#include "common/pg_prng.h"

#include "http/http_retry.h"

#define FIRST_DELAY_MS 500
#define LONGEST_DELAY_MS 30000

/* Whoever asks for more than a day is asked again after a day. */
#define LONGEST_ASKED_MS INT64CONST(86400000)

int64
http_retry_delay_ms(int attempt, int64 retry_after_ms)
{
	int64		delay;

	if (retry_after_ms >= 0)
		return Min(retry_after_ms, LONGEST_ASKED_MS) +
			(int64) (pg_prng_double(&pg_global_prng_state) * 100);
	delay = attempt > 7 ? LONGEST_DELAY_MS
		: Min(FIRST_DELAY_MS << (Max(attempt, 1) - 1), LONGEST_DELAY_MS);
	return delay - (int64) (pg_prng_double(&pg_global_prng_state) * delay / 4);
}
