/*
 * engine_duty.c
 *	  What the coordinator of a database sees to: one table of rows, one
 *	  transaction bracket, one way to fail.
 *
 * A duty that raises is logged, counted on the board under its name, and put off by
 * the pause of its row; the others go on.  Times are those of the house's clock, so
 * that tests own them; a clock that goes backwards makes everything due.
 *
 * The table is filled in every process, for it names the counters; the rest runs in
 * coordinators.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "base/base_clock.h"
#include "engine/engine_board.h"
#include "engine/engine_daemon.h"
#include "engine/engine_duty.h"
#include "engine/engine_gate.h"

static struct
{
	const EngineDuty *duty;
	int64		seen_to_at;		/* ticks: when it was last; with pause_us */
	int64		pause_us;		/* from then on; 0 none */
}			rows[ENGINE_BOARD_DUTIES];
static int	row_count = 0;

static bool is_served = false;
static MemoryContext duty_context = NULL;

void
engine_duty_register(const EngineDuty *duty)
{
	if (row_count >= ENGINE_BOARD_DUTIES)
		elog(ERROR, "too many duties registered with the engine");
	rows[row_count++].duty = duty;
}

const char *
engine_duty_name(int number)
{
	return number < row_count ? rows[number].duty->name : NULL;
}

void
engine_duty_set_served(bool served)
{
	is_served = served;
}

bool
engine_duty_is_served(void)
{
	return is_served;
}

void
engine_duty_hasten(const char *name)
{
	for (int i = 0; i < row_count; i++)
		if (name == NULL || strcmp(rows[i].duty->name, name) == 0)
			rows[i].pause_us = 0;
}

static bool
is_wanted(EngineDutyWhen when)
{
	switch (when)
	{
		case ENGINE_DUTY_ALWAYS:
			return true;
		case ENGINE_DUTY_SERVED:
			return is_served;
		case ENGINE_DUTY_HOME:
			return is_served && engine_gate_is_home();
		case ENGINE_DUTY_OPEN:
			return is_served && engine_gate_admits();
	}
	return false;
}

/* Microseconds until a duty is due; 0 or less: it is. */
static int64
time_left(int number)
{
	int64		passed = base_clock_ticks() - rows[number].seen_to_at;

	return passed < 0 ? 0 : rows[number].pause_us - passed;
}

/* Logs and counts the error at hand, and ends its transaction.  What tells of the
 * server alone, a lock held for long above all, is no error of ours. */
static void
note_failure(int number)
{
	const EngineDuty *duty = rows[number].duty;
	ErrorData  *error;

	MemoryContextSwitchTo(duty_context);
	error = CopyErrorData();
	if (!engine_daemon_is_passing(error->sqlerrcode))
		EmitErrorReport();
	FlushErrorState();
	AbortCurrentTransaction();
	engine_board_count_now(ENGINE_BOARD_DUTY_FAILURES + number, 1);
	ereport(LOG,
			(errmsg("pg_frontdesk: duty %s pauses for %d s: %s",
					duty->name, duty->failure_pause_ms / 1000, error->message),
			 duty->hint ? errhint("%s", duty->hint) : 0));
}

/* Sees to one duty; returns the milliseconds it pauses from now on. */
static int
see_to(int number)
{
	const EngineDuty *duty = rows[number].duty;
	volatile int pause_ms = duty->failure_pause_ms;

	PG_TRY();
	{
		int			asked;

		if (!duty->brackets_itself)
			engine_daemon_begin();
		asked = duty->run();
		if (!duty->brackets_itself)
			engine_daemon_commit();
		pause_ms = asked == ENGINE_DUTY_AS_USUAL ? duty->pause_ms : asked;
	}
	PG_CATCH();
	{
		note_failure(number);
	}
	PG_END_TRY();
	return pause_ms;
}

long
engine_duty_run_due(long longest_ms)
{
	int64		wait_us = longest_ms * INT64CONST(1000);

	if (duty_context == NULL)
		duty_context = AllocSetContextCreate(TopMemoryContext, "frontdesk duty", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < row_count; i++)
	{
		if (!is_wanted(rows[i].duty->when) || time_left(i) > 0)
			continue;
		MemoryContextReset(duty_context);
		MemoryContextSwitchTo(duty_context);
		rows[i].pause_us = see_to(i) * INT64CONST(1000);
		rows[i].seen_to_at = base_clock_ticks();
	}
	for (int i = 0; i < row_count; i++)
		if (is_wanted(rows[i].duty->when) && rows[i].pause_us > 0)
			wait_us = Min(wait_us, Max(time_left(i), 0));
	return (long) ((wait_us + 999) / 1000);
}
