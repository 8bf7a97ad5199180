/*
 * engine_stint.c
 *	  How long one account's turn may compute in a worker at a stretch.
 *
 * A worker has one thread for all accounts, so what one computes all others wait
 * for.  A stint that has used frontdesk.step_timeout is cancelled, which fails its
 * thread (engine_mishap.c).  Whoever has computed long, cut or not, is passed over
 * for REST_FACTOR times as long: of a worker one account gets no more than a fifth
 * in that way, however often it comes.
 *
 * It is processor time that counts.  A machine that is busy, a lock and a slow disk
 * are no account's doing, and nobody's turn fails for them.
 *
 * Runs in engine workers, and in coordinators where they ring alarms; what is known
 * is this process' own.  Costs two looks at clocks a turn: the timer is armed once
 * for as many turns as its period sees.
 */
#include "postgres.h"

#include <time.h>

#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "engine/engine_stint.h"

#define LOOK_EVERY_MS 250

/* A stint that is shorter costs nobody a rest. */
#define FREE_US 250000
#define REST_FACTOR 4
#define RESTING ENGINE_STINT_RESTING

typedef struct Resting
{
	int			account_id;
	int64		until;			/* ticks; 0 free */
} Resting;

static TimeoutId look;
static int64 begun_at;			/* processor time; 0: no stint */
static int	stint_account;
static volatile sig_atomic_t was_cut = false;
static Resting resting[RESTING];
static int64 last_until = 0;	/* of all that rest */

/* Microseconds that this process has computed. */
static int64
computed(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64) used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* Of the signal handler: cancels what has used up its time. */
static void
look_cb(void)
{
	if (begun_at == 0 || setting_step_timeout == 0 ||
		computed() - begun_at < (int64) setting_step_timeout * 1000)
		return;
	was_cut = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

void
engine_stint_open(void)
{
	look = RegisterTimeout(USER_TIMEOUT, look_cb);
}

void
engine_stint_begin(int account_id)
{
	stint_account = account_id;
	begun_at = computed();
	enable_timeout_every(look, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_EVERY_MS),
						 LOOK_EVERY_MS);
}

/* Has the account rest; with too many at once the one that is nearly done is let go. */
static void
send_to_rest(int account_id, int64 until)
{
	Resting    *place = &resting[0];

	for (int i = 0; i < RESTING && place->account_id != account_id; i++)
		if (resting[i].account_id == account_id || resting[i].until < place->until)
			place = &resting[i];
	*place = (Resting) {account_id, until};
	last_until = Max(last_until, until);
}

int64
engine_stint_end(void)
{
	int64		used;

	if (begun_at == 0)
		return 0;
	used = computed() - begun_at;
	begun_at = 0;
	disable_timeout(look, false);
	if (was_cut)
		QueryCancelPending = false; /* it came too late for this one */
	was_cut = false;
	if (used > FREE_US)
		send_to_rest(stint_account, base_clock_ticks() + REST_FACTOR * used);
	return used;
}

bool
engine_stint_was_cut(void)
{
	bool		cut = was_cut && begun_at != 0;

	(void) engine_stint_end();
	return cut;
}

int64
engine_stint_rests_until(int account_id)
{
	int64		ticks;

	if (last_until == 0)
		return 0;
	ticks = base_clock_ticks();
	if (last_until <= ticks)
		last_until = 0;
	for (int i = 0; last_until != 0 && i < RESTING; i++)
		if (resting[i].account_id == account_id && resting[i].until > ticks)
			return resting[i].until;
	return 0;
}

int
engine_stint_list_resting(int *accounts)
{
	int64		ticks = base_clock_ticks();
	int			count = 0;

	for (int i = 0; last_until > ticks && i < RESTING; i++)
		if (resting[i].until > ticks)
			accounts[count++] = resting[i].account_id;
	return count;
}
