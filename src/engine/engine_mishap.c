/*
 * engine_mishap.c
 *	  What becomes of a tick that raised.
 *
 * It is undone in memory as in the database, and its turns are tried again one by
 * one; the one that raises alone, in whatever part of the tick, becomes a dead
 * letter, recorded in a fresh transaction, unless the error tells of the server
 * rather than of the thread.  One that has computed for too long is known at once.
 *
 * Runs in engine workers.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/uuid.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "engine/engine_batch.h"
#include "engine/engine_board.h"
#include "engine/engine_claim.h"
#include "engine/engine_daemon.h"
#include "engine/engine_extension.h"
#include "engine/engine_holding.h"
#include "engine/engine_mishap.h"
#include "engine/engine_rest.h"
#include "engine/engine_stint.h"
#include "engine/engine_wake.h"

#define PAUSE_AFTER_ERROR_MS 25
#define LONGEST_PAUSE_MS 1000
#define REPORT_LOCKS_EVERY_SECONDS 10

/* While ticks go one by one they give up a lock sooner. */
#define CAREFUL_LOCK_PATIENCE "50ms"

/* What a failed tick leaves to be recorded by the next one. */
typedef enum Verdict
{
	VERDICT_NONE,
	VERDICT_DEAD_LETTER,		/* it raises alone */
	VERDICT_PUT_ASIDE			/* what it needs is locked, or the server ails */
} Verdict;

static struct
{
	int			careful_ticks;	/* ticks left to go one by one */
	int			failures;		/* ticks in a row that raised and had no suspect */
	int64		not_before;		/* ticks: when the next transaction may be tried */
	int64		locks_reported_at;	/* ticks */
	bool		check_extension;	/* the last tick raised: is it still there? */
	Verdict		verdict;
	int			verdict_account;
	pg_uuid_t	verdict_thread;
	char		verdict_reason[1024];
}			mishap;

int64
engine_mishap_not_before(void)
{
	return mishap.not_before;
}

/* The one thread that a failed tick can have failed for. */
typedef struct Suspect
{
	bool		found;
	bool		alone;			/* in its tick */
	int			account_id;
	pg_uuid_t	thread_id;
	EngineTurn *turn;			/* held since a former tick; NULL when claimed in this one */
} Suspect;

static Suspect
find_suspect(void)
{
	Suspect		suspect = {.alone = engine_batch.one_by_one && list_length(engine_batch.turns) <= 1};
	EngineTurn *turn = engine_batch.current;

	if (turn == NULL && suspect.alone && engine_batch.turns != NIL)
		turn = linitial(engine_batch.turns);	/* raised while it was written */
	if (turn == NULL)
	{
		suspect.found = engine_claim_under_way(&suspect.account_id, &suspect.thread_id);
		return suspect;
	}
	suspect.found = true;
	suspect.account_id = turn->account_id;
	suspect.thread_id = turn->thread_id;
	suspect.turn = turn->inner->is_fresh ? NULL : turn;
	return suspect;
}

/* The extension may be gone, or be replaced by another version. */
static void
leave_if_dropped(void)
{
	bool		ready;
	char	   *version;

	engine_daemon_begin();
	ready = engine_extension_is_ready(&version);
	engine_daemon_commit();
	if (!ready)
		proc_exit(0);
}

/*
 * Records what the last tick has failed for, in a fresh transaction: a dead
 * letter, or that others go first.  Comes before any other work, and again if
 * it raises.
 */
static void
record_verdict(void)
{
	engine_daemon_begin();
	if (mishap.verdict == VERDICT_DEAD_LETTER)
		engine_rest_fail_thread(mishap.verdict_account, &mishap.verdict_thread,
								mishap.verdict_reason);
	else
		engine_rest_put_aside(mishap.verdict_account, &mishap.verdict_thread,
							  ENGINE_LONGEST_ASIDE_MS);
	engine_daemon_commit();
	mishap.verdict = VERDICT_NONE;
}

/* A lock that is held for minutes is reported now and then. */
static bool
is_news(int sqlerrcode)
{
	int64		ticks = base_clock_ticks();

	if (sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		return true;
	if (mishap.locks_reported_at != 0 &&
		ticks - mishap.locks_reported_at < (int64) REPORT_LOCKS_EVERY_SECONDS * 1000000)
		return false;
	mishap.locks_reported_at = ticks;
	return true;
}

/* Reports the error and ends the transaction; returns what to write down. */
static char *
abort_tick(bool *passing)
{
	ErrorData  *error;
	char	   *reason;

	MemoryContextSwitchTo(engine_batch.context);
	error = CopyErrorData();
	if (is_news(error->sqlerrcode))
		EmitErrorReport();
	FlushErrorState();
	reason = psprintf("%s (%s)", error->message, unpack_sql_state(error->sqlerrcode));
	*passing = engine_daemon_is_passing(error->sqlerrcode);
	AbortCurrentTransaction();
	return reason;
}

/* Decides what becomes of the one thread that a tick has failed for. */
static void
pass_verdict(const Suspect *suspect, bool passing, const char *reason)
{
	if (passing && suspect->turn != NULL)
	{
		engine_holding_put_aside(suspect->turn->inner);
		return;
	}
	mishap.verdict = passing ? VERDICT_PUT_ASIDE : VERDICT_DEAD_LETTER;
	mishap.verdict_account = suspect->account_id;
	mishap.verdict_thread = suspect->thread_id;
	strlcpy(mishap.verdict_reason, reason, sizeof(mishap.verdict_reason));
	if (suspect->turn != NULL)
	{
		engine_batch.turns = list_delete_ptr(engine_batch.turns, suspect->turn);
		engine_holding_drop(suspect->turn);
	}
}

/* The thread's step was cancelled by its own doing; what to write down. */
static char *
tell_cut(Suspect *suspect)
{
	MemoryContextSwitchTo(engine_batch.context);
	suspect->alone = true;
	ereport(LOG,
			(errmsg("pg_frontdesk: a step of account %d was ended: it has used up frontdesk.step_timeout", suspect->account_id),
			 errdetail("Thread %s; %d ms of processor time are allowed.",
					   DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&suspect->thread_id))), setting_step_timeout)));
	return psprintf("it computed for more than frontdesk.step_timeout, %d ms of processor time", setting_step_timeout);
}

/* Ticks fail though nobody is to blame: the next transactions are tried later
 * and later, while transfers go on. */
static void
put_off_next_tick(void)
{
	int64		pause_ms = Min((int64) PAUSE_AFTER_ERROR_MS << Min(mishap.failures, 6), LONGEST_PAUSE_MS);

	mishap.failures++;
	mishap.not_before = base_clock_ticks() + pause_ms * 1000;
}

/* Nothing here waits for a lock: no interrupt would end that. */
void
engine_mishap_handle(void)
{
	Suspect		suspect = find_suspect();
	bool		was_cut = engine_stint_was_cut();
	bool		passing;
	char	   *reason = abort_tick(&passing);

	if (was_cut)
	{
		passing = false;
		reason = tell_cut(&suspect);
	}

	engine_board_count(ENGINE_BOARD_ERRORS, 1);
	engine_batch.current = NULL;
	mishap.check_extension = true;
	if (suspect.found && suspect.alone)
		pass_verdict(&suspect, passing, reason);
	else if (engine_batch.one_by_one)
		put_off_next_tick();
	engine_batch_undo();
	engine_batch.one_by_one = true;
	mishap.careful_ticks = engine_holding.count + 16;
	SetConfigOption("lock_timeout", CAREFUL_LOCK_PATIENCE, PGC_SUSET, PGC_S_OVERRIDE);
	engine_wake_lower_all(base_clock_now());
}

/* What a failed tick has left to be done before any other work. */
void
engine_mishap_recover(void)
{
	if (mishap.check_extension)
		leave_if_dropped();
	mishap.check_extension = false;
	if (mishap.verdict != VERDICT_NONE)
		record_verdict();
}

/* Ticks go one by one until every turn of the failed batch has had its own. */
void
engine_mishap_forget(void)
{
	mishap.failures = 0;
	if (!engine_batch.one_by_one || --mishap.careful_ticks > 0)
		return;
	engine_batch.one_by_one = false;
	SetConfigOption("lock_timeout", ENGINE_LOCK_PATIENCE, PGC_SUSET, PGC_S_OVERRIDE);
}
