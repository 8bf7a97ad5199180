/*
 * http_breaker.c
 *	  Breakers: when a far side is left alone, and when it is tried again.
 *
 * A breaker opens after failures in a row, or when half of the last ones
 * failed, or when the key is refused; after a pause that doubles each time
 * exactly one request tries the far side, and its result closes the breaker or
 * opens it again.  Called with the gate's lock held.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "base/base_settings.h"
#include "http/http_gate.h"

#define LONGEST_OPEN_MS 300000
#define REFUSED_OPEN_MS 300000
#define LONGEST_REFUSED_MS 3600000
#define OUTCOMES_KEPT 64
#define WARM_PERMITS 512

void
http_breaker_open(HttpGate *gate, int64 now, bool is_refused)
{
	int64		first_ms = is_refused ? Max(REFUSED_OPEN_MS, setting_breaker_pause) : setting_breaker_pause;
	int64		longest_ms = is_refused ? LONGEST_REFUSED_MS : LONGEST_OPEN_MS;
	int64		open_ms = first_ms << Min(gate->openings, 20);

	gate->breaker = HTTP_BREAKER_OPEN;
	gate->open_until = now + Min(open_ms, Max(first_ms, longest_ms)) * 1000;
	gate->openings++;
	gate->probe_owner = -1;
	http_gate_note_change(gate);
}

void
http_breaker_close(HttpGate *gate)
{
	gate->breaker = HTTP_BREAKER_CLOSED;
	gate->open_until = 0;
	gate->openings = gate->failures = gate->outcome_count = 0;
	gate->outcomes = 0;
	gate->probe_owner = -1;
	http_gate_note_change(gate);
}

void
http_breaker_note(HttpGate *gate, const char *text, int64 now)
{
	strlcpy(gate->last_failure, text, sizeof(gate->last_failure));
	gate->last_failure_at = now;
}

/*
 * Whether so much has failed that asking on makes no sense: so many in a row,
 * or more than half of four times as many.
 */
static bool
is_broken(const HttpGate *gate)
{
	int			judged = setting_breaker_failures * 4;

	if (setting_breaker_failures == 0)
		return false;
	return gate->failures >= setting_breaker_failures ||
		(judged < OUTCOMES_KEPT && gate->outcome_count >= judged &&
		 pg_popcount64(gate->outcomes & ((UINT64CONST(1) << judged) - 1)) * 2 > judged);
}

void
http_breaker_count_failure(HttpGate *gate, const HttpPermit *permit, int64 now)
{
	gate->failures++;
	gate->outcomes = gate->outcomes << 1 | 1;
	gate->outcome_count = Min(gate->outcome_count + 1, OUTCOMES_KEPT);
	/* those that were under way when it opened tell nothing more */
	if (permit->is_probe || (gate->breaker == HTTP_BREAKER_CLOSED && is_broken(gate)))
		http_breaker_open(gate, now, false);
}

void
http_breaker_count_success(HttpGate *gate, const HttpPermit *permit)
{
	gate->throttles = 0;
	if (gate->ramp > 0 && ++gate->ramp > WARM_PERMITS)
		gate->ramp = 0;
	if (permit->is_probe)
		http_breaker_close(gate);
	if (gate->breaker != HTTP_BREAKER_CLOSED)
		return;
	gate->failures = 0;
	gate->outcomes <<= 1;
	gate->outcome_count = Min(gate->outcome_count + 1, OUTCOMES_KEPT);
}

void
http_breaker_lose_probe(HttpGate *gate, int64 now)
{
	gate->breaker = HTTP_BREAKER_OPEN;
	gate->open_until = now;
	gate->probe_owner = -1;
	http_gate_note_change(gate);
}
