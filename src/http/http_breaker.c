/*
 * http_breaker.c
 *	  Breakers: when a far side is left alone, and when it is tried again.
 *
 * A breaker opens after failures in a row, or when half of the last ones
 * failed (those that one conversation meets again and again count once), or
 * when the key is refused; after a pause that doubles each time
 * exactly one request tries the far side, and its result closes the breaker or
 * opens it again.  Called with the meter's lock held.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "base/base_settings.h"
#include "http/http_meter.h"

#define LONGEST_OPEN_MS 300000
#define REFUSED_OPEN_MS 300000
#define LONGEST_REFUSED_MS 3600000
#define OUTCOMES_KEPT 64
#define WARM_PERMITS 512

void
http_breaker_open(HttpMeter *meter, int64 now, bool is_refused)
{
	int64		first_ms = is_refused ?
		Max(REFUSED_OPEN_MS, setting_breaker_pause) : setting_breaker_pause;
	int64		longest_ms = is_refused ? LONGEST_REFUSED_MS : LONGEST_OPEN_MS;
	int64		open_ms = first_ms << Min(meter->openings, 20);

	meter->breaker = HTTP_BREAKER_OPEN;
	meter->open_until = now + Min(open_ms, Max(first_ms, longest_ms)) * 1000;
	meter->openings++;
	meter->probe_owner = -1;
	http_meter_note_change(meter);
}

void
http_breaker_close(HttpMeter *meter)
{
	meter->breaker = HTTP_BREAKER_CLOSED;
	meter->open_until = 0;
	meter->openings = meter->failures = meter->outcome_count = 0;
	meter->outcomes = 0;
	meter->probe_owner = -1;
	http_meter_note_change(meter);
}

void
http_breaker_note(HttpMeter *meter, const char *text, int64 now)
{
	strlcpy(meter->last_failure, text, sizeof(meter->last_failure));
	meter->last_failure_at = now;
}

/*
 * Whether so much has failed that asking on makes no sense: so many in a row,
 * or more than half of four times as many.
 */
static bool
is_broken(const HttpMeter *meter)
{
	int			judged = setting_breaker_failures * 4;

	if (setting_breaker_failures == 0)
		return false;
	return meter->failures >= setting_breaker_failures ||
		(judged < OUTCOMES_KEPT && meter->outcome_count >= judged &&
		 pg_popcount64(meter->outcomes & ((UINT64CONST(1) << judged) - 1)) * 2 > judged);
}

/*
 * One customer's text that a far side chokes on, tried again and again, must
 * not close it to all others.
 */
bool
http_breaker_is_repeated(const HttpMeter *meter, const HttpPermit *permit)
{
	return !permit->is_probe && permit->asker != 0 && permit->asker == meter->failed_asker;
}

void
http_breaker_count_failure(HttpMeter *meter, const HttpPermit *permit, int64 now)
{
	meter->failed_asker = permit->asker;
	meter->failures++;
	meter->outcomes = meter->outcomes << 1 | 1;
	meter->outcome_count = Min(meter->outcome_count + 1, OUTCOMES_KEPT);
	/* those that were under way when it opened tell nothing more */
	if (permit->is_probe || (meter->breaker == HTTP_BREAKER_CLOSED && is_broken(meter)))
		http_breaker_open(meter, now, false);
}

void
http_breaker_count_success(HttpMeter *meter, const HttpPermit *permit)
{
	meter->throttles = 0;
	if (meter->ramp > 0 && ++meter->ramp > WARM_PERMITS)
		meter->ramp = 0;
	if (permit->is_probe)
		http_breaker_close(meter);
	if (meter->breaker != HTTP_BREAKER_CLOSED)
		return;
	meter->failures = 0;
	meter->outcomes <<= 1;
	meter->outcome_count = Min(meter->outcome_count + 1, OUTCOMES_KEPT);
}

void
http_breaker_lose_probe(HttpMeter *meter, int64 now)
{
	meter->breaker = HTTP_BREAKER_OPEN;
	meter->open_until = now;
	meter->probe_owner = -1;
	http_meter_note_change(meter);
}
