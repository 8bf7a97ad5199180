/*
 * engine_worker.c
 *	  The loop of an engine worker.
 *
 * One tick, that is one round of the loop:
 *	  1. in one short transaction, write the results of every call that
 *		 finished, advance those threads, claim ready threads into free slots,
 *		 and record what leaves;
 *	  2. outside any transaction, start what is to leave, and move all transfers
 *		 forward without blocking;
 *	  3. wait for the latch, the transfers' descriptor, or the next due time.
 *
 * A tick that raises is undone in memory as in the database, and its turns are
 * tried again one by one; the one that raises alone, in whatever part of the
 * tick, becomes a dead letter, recorded in a fresh transaction, unless the
 * error tells of the server rather than of the thread.  Turns live in contexts
 * of their own below TopMemoryContext; everything else of a tick lives in the
 * tick's context.
 */
#include "postgres.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "base/base_shmem.h"
#include "base/base_version.h"
#include "engine/engine_board.h"
#include "engine/engine_claim.h"
#include "engine/engine_commit.h"
#include "engine/engine_daemon.h"
#include "engine/engine_extension.h"
#include "engine/engine_gate.h"
#include "engine/engine_join.h"
#include "engine/engine_lease.h"
#include "engine/engine_limit.h"
#include "engine/engine_rest.h"
#include "engine/engine_step.h"
#include "engine/engine_wake.h"
#include "engine/engine_walk.h"
#include "engine/engine_worker.h"

#define CLAIM_AT_MOST 256
#define HOUSEKEEPING_SECONDS 60
#define LOOK_AGAIN_MS 100
#define PAUSE_AFTER_ERROR_MS 25
#define LONGEST_PAUSE_MS 1000
#define ASIDE_MS 5
#define LONGEST_ASIDE_MS 1000
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
#define KEPT_FREE_BYTES (32 * 1024 * 1024)

typedef struct Worker
{
	int			slot;
	HttpClient *client;
	WaitEventSet *wait_set;
	MemoryContext tick_context;
	dlist_head	calling;		/* turns with a request in flight */
	dlist_head	finished;		/* turns whose request came back */
	dlist_head	waiting;		/* turns that wait for a time of their own */
	int			turn_count;
	int			class_counts[ENGINE_QUOTA_CLASSES];
	HTAB	   *held;			/* HeldTurn: the newest turn of each thread */
	List	   *batch;			/* of the tick under way, in tick_context */
	List	   *overtaken;		/* found in the tick under way */
	EngineTurn *current;		/* being advanced: the culprit if it raises */
	bool		one_by_one;		/* the last tick raised */
	int			careful_ticks;	/* ticks left to go one by one */
	int			failures;		/* ticks in a row that raised and had no suspect */
	int64		not_before;		/* ticks: when the next transaction may be tried */
	int64		locks_reported_at;	/* ticks */
	bool		check_extension;	/* the last tick raised: is it still there? */
	Verdict		verdict;
	int			verdict_account;
	pg_uuid_t	verdict_thread;
	char		verdict_reason[1024];
	int64		housekeeping_at;	/* ticks */
} Worker;

/* Entry of worker.held. */
typedef struct HeldTurn
{
	pg_uuid_t	thread_id;
	EngineTurn *turn;
} HeldTurn;

static Worker worker;

/* Raises PANIC when a transaction or a snapshot is open: called before every
 * wait for the network. */
static void
assert_idle(void)
{
	if (IsTransactionState() || ActiveSnapshotSet() || TransactionIdIsValid(MyProc->xmin))
		elog(PANIC, "pg_frontdesk worker would wait for the network with a transaction open");
}

/* ---- the batch ---- */

/* Moves the turns whose request libcurl has finished. */
static void
collect_finished(void)
{
	HttpTransfer   *call;

	while ((call = http_client_next_done(worker.client)) != NULL)
	{
		EngineTurnInner *inner = ((EngineTurn *) http_transfer_owner(call))->inner;

		inner->call_done = true;
		engine_board_request_ends(inner, http_transfer_response(call));
		engine_limit_end(inner);
		dlist_delete(&inner->link);
		dlist_push_tail(&worker.finished, &inner->link);
	}
}

/* Whether a turn without a call has something to do. */
static bool
is_due(EngineTurnInner *inner, int64 ticks)
{
	return inner->now.awaited ? engine_limit_is_due(inner, ticks) : ticks >= inner->now.wait_until;
}

static List *
gather(List *due, dlist_head *turns, int64 ticks)
{
	dlist_iter	iter;

	dlist_foreach(iter, turns)
	{
		EngineTurnInner *inner = dlist_container(EngineTurnInner, link, iter.cur);

		if (worker.one_by_one && due != NIL)
			break;
		if (inner->aside_until != 0 && base_clock_ticks() < inner->aside_until)
			continue;
		if (!inner->call_done && !is_due(inner, ticks))
			continue;
		inner->saved = inner->now;
		inner->saved_first_mail = inner->turn->first_mail;
		inner->saved_last_mail = inner->turn->last_mail;
		inner->saved_subject = inner->turn->subject;
		inner->saved_subject_context = inner->turn->subject_context;
		inner->saved_skip = inner->turn->skip;
		due = lappend(due, inner->turn);
	}
	return due;
}

/* Turns that can go on; just one after a tick has raised. */
static List *
gather_due(void)
{
	List	   *due = gather(NIL, &worker.finished, 0);

	engine_limit_recount();
	if (!dlist_is_empty(&worker.waiting))
		due = gather(due, &worker.waiting, base_clock_ticks());
	return due;
}

static int
free_slots(int quota_class)
{
	int			free_total = setting_max_in_flight - worker.turn_count;
	int			share = quota_class == 0 ? setting_max_in_flight : Max(1, setting_max_in_flight / 4);
	int			room = Min(free_total, share - worker.class_counts[quota_class]);

	if (!engine_gate_admits())
		return 0;
	if (worker.one_by_one)
		room = Min(room, worker.batch == NIL ? 1 : 0);
	return Max(0, Min(room, CLAIM_AT_MOST));
}

static void
hold_turn(EngineTurn *turn, int quota_class)
{
	MemoryContextSetParent(turn->context, TopMemoryContext);
	turn->inner->turn = turn;
	turn->inner->quota_class = quota_class;
	turn->inner->is_fresh = true;
	turn->inner->claimed_at = base_clock_ticks();
	dlist_push_tail(&worker.waiting, &turn->inner->link);
	((HeldTurn *) hash_search(worker.held, &turn->thread_id, HASH_ENTER, NULL))->turn = turn;
	worker.turn_count++;
	worker.class_counts[quota_class]++;
}

static EngineTurn *
find_held(const pg_uuid_t *thread_id)
{
	HeldTurn   *held = hash_search(worker.held, thread_id, HASH_FIND, NULL);

	return held ? held->turn : NULL;
}

static void
drop_turn(EngineTurn *turn)
{
	engine_board_request_ends(turn->inner, NULL);
	if (turn->inner->call)
		http_transfer_free(worker.client, turn->inner->call);
	if (find_held(&turn->thread_id) == turn)
		hash_search(worker.held, &turn->thread_id, HASH_REMOVE, NULL);
	engine_limit_drop(turn->inner);
	dlist_delete(&turn->inner->link);
	worker.turn_count--;
	worker.class_counts[turn->inner->quota_class]--;
	engine_claim_free_turn(turn);
}

/* Lets a turn be for a while, twice as long each time. */
static void
put_aside(EngineTurnInner *inner)
{
	inner->aside_ms = inner->aside_ms == 0 ? ASIDE_MS : Min(2 * inner->aside_ms, LONGEST_ASIDE_MS);
	inner->aside_until = base_clock_ticks() + (int64) inner->aside_ms * 1000;
}

/*
 * Claims what is due of a class; puts its next due time back.  What is due and
 * was not claimed though there was room is locked by somebody, who wakes us if
 * it is a session that posts mail; what there was no room for is another
 * worker's.
 */
static void
claim_class(int quota_class)
{
	List	   *claimed = NIL;
	ListCell   *cell;
	TimestampTz begun_at = base_clock_now();
	TimestampTz due;
	int			room = free_slots(quota_class);

	if (room == 0 || engine_wake_next_due(quota_class) > begun_at)
		return;
	engine_wake_take_due(quota_class);
	engine_claim_threads(quota_class, room, &claimed);
	foreach(cell, claimed)
		hold_turn(lfirst(cell), quota_class);
	worker.batch = list_concat(worker.batch, claimed);
	due = engine_claim_earliest_due(quota_class);
	if (list_length(claimed) < room && due <= begun_at)
		due = TimestampTzPlusMilliseconds(begun_at, LOOK_AGAIN_MS);
	engine_wake_lower_due(quota_class, due);
	if (list_length(claimed) == room && due != PG_INT64_MAX)
		engine_wake_other_workers(worker.slot, quota_class);
}

/* Whether a class has something due and room for it. */
static bool
can_claim(void)
{
	TimestampTz now = base_clock_now();

	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		if (engine_wake_next_due(c) <= now && free_slots(c) > 0)
			return true;
	return false;
}

/* Takes out of the batch what somebody else has locked, for a while.  All who
 * ask the same far side would wait for a probe that is not sent. */
static void
set_locked_aside(void)
{
	ListCell   *cell;

	foreach(cell, worker.batch)
	{
		EngineTurn *turn = lfirst(cell);

		if (!turn->inner->locked_out)
			continue;
		put_aside(turn->inner);
		if (turn->inner->next_permit.is_probe)
			engine_limit_undo(turn->inner);
		worker.batch = foreach_delete_current(worker.batch, cell);
	}
}

/* Takes the overtaken turns out of the batch; only their cost is still booked. */
static void
set_overtaken_aside(void)
{
	ListCell   *cell;

	foreach(cell, worker.batch)
	{
		EngineTurn *turn = lfirst(cell);

		if (!turn->inner->stale)
			continue;
		ereport(LOG,
				(errmsg("pg_frontdesk: a turn of account %d was overtaken, its result is dropped",
						turn->account_id)));
		engine_board_count(ENGINE_BOARD_TURNS_STALE, 1);
		worker.batch = foreach_delete_current(worker.batch, cell);
		worker.overtaken = lappend(worker.overtaken, turn);
	}
}

static void
advance_batch(void)
{
	ListCell   *cell;

	foreach(cell, worker.batch)
	{
		worker.current = lfirst(cell);
		engine_walk_advance(worker.current);
	}
	worker.current = NULL;
}

/* The database's half of a tick. */
static void
run_transaction(void)
{
	SetCurrentStatementStartTimestamp();
	base_configuration_look();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	MemoryContextSwitchTo(worker.tick_context);
	engine_claim_lock(worker.batch);
	set_locked_aside();
	set_overtaken_aside();
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		claim_class(c);
	advance_batch();
	engine_commit_write(worker.batch);
	engine_commit_overtaken(worker.overtaken);
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
}

/* A request that could not even be started counts as one that waits a little;
 * a delivery has not left, whatever its row says. */
static void
start_outgoing(EngineTurn *turn, HttpRequest *outgoing)
{
	EngineTurnInner *inner = turn->inner;

	inner->call = http_client_start(worker.client, outgoing, turn);
	if (inner->call != NULL)
	{
		engine_board_request_starts(turn, outgoing);
		engine_limit_start(inner, outgoing);
		return;
	}
	engine_limit_undo(inner);
	inner->now.waiting = inner->now.waiting == ENGINE_WAIT_CALL ? ENGINE_WAIT_RETRY : ENGINE_WAIT_LANE;
	inner->now.wait_until = base_clock_ticks() + 1000000;
}

/* Lets go of what the commit has written, and of the answer it used. */
static void
clear_written(EngineTurnInner *inner)
{
	inner->is_fresh = false;
	inner->aside_until = 0;
	inner->aside_ms = 0;
	inner->now.checkpoints = inner->now.delivery_writes = NIL;
	inner->now.outgoing = NULL;
	if (inner->call_done)
	{
		engine_limit_return(inner);
		http_transfer_free(worker.client, inner->call);
		inner->call = NULL;
		inner->call_done = false;
	}
	engine_step_forget_done(inner->turn);
	engine_turn_forget_subjects(inner->turn);
}

/* The transaction is over: starts what it decided to send. */
static void
conclude_batch(void)
{
	ListCell   *cell;

	assert_idle();
	foreach(cell, worker.overtaken)
		drop_turn(lfirst(cell));
	foreach(cell, worker.batch)
	{
		EngineTurn *turn = lfirst(cell);
		HttpRequest *outgoing = turn->inner->now.outgoing;

		engine_board_count_turn(turn);
		clear_written(turn->inner);
		if (turn->inner->now.resting)
		{
			drop_turn(turn);
			continue;
		}
		if (outgoing)
			start_outgoing(turn, outgoing);
		else
			engine_limit_undo(turn->inner);
		dlist_delete(&turn->inner->link);
		dlist_push_tail(turn->inner->call ? &worker.calling : &worker.waiting,
						&turn->inner->link);
	}
	/* what raises from here on is not to undo them */
	worker.batch = worker.overtaken = NIL;
}

/* ---- when a tick raises ---- */

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
	Suspect		suspect = {.alone = worker.one_by_one && list_length(worker.batch) <= 1};
	EngineTurn *turn = worker.current;

	if (turn == NULL && suspect.alone && worker.batch != NIL)
		turn = linitial(worker.batch);	/* raised while it was written */
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

/* Whether an error tells of the server's state, not of the thread. */
static bool
is_passing(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
			return true;
		default:
			return sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
				sqlerrcode == ERRCODE_READ_ONLY_SQL_TRANSACTION;
	}
}

/*
 * Puts the turns of the batch back to where the last commit left them, behind
 * all others, so that none of them is in the way; what was claimed in the
 * failed transaction was never ours.
 */
static void
undo_batch(void)
{
	ListCell   *cell;

	worker.batch = list_concat(worker.batch, worker.overtaken);
	worker.overtaken = NIL;
	foreach(cell, worker.batch)
	{
		EngineTurn *turn = lfirst(cell);
		EngineTurnInner *inner = turn->inner;

		if (inner->is_fresh)
		{
			drop_turn(turn);
			continue;
		}
		engine_limit_undo(inner);
		inner->now = inner->saved;
		inner->posted = NIL;
		turn->state = inner->now.state;
		turn->first_mail = inner->saved_first_mail;
		turn->last_mail = inner->saved_last_mail;
		turn->subject = inner->saved_subject;
		turn->subject_context = inner->saved_subject_context;
		turn->skip = inner->saved_skip;
		engine_turn_forget_subjects(turn);
		dlist_delete(&inner->link);
		dlist_push_tail(inner->call_done ? &worker.finished : &worker.waiting, &inner->link);
	}
	worker.batch = NIL;
}

/* The extension may be gone, or be replaced by another version. */
static void
leave_if_dropped(void)
{
	bool		ready;
	char	   *version;

	StartTransactionCommand();
	ready = engine_extension_is_ready(&version);
	CommitTransactionCommand();
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
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (worker.verdict == VERDICT_DEAD_LETTER)
		engine_rest_fail_thread(worker.verdict_account, &worker.verdict_thread, worker.verdict_reason);
	else
		engine_rest_put_aside(worker.verdict_account, &worker.verdict_thread, LONGEST_ASIDE_MS);
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	worker.verdict = VERDICT_NONE;
}

/* A lock that is held for minutes is reported now and then. */
static bool
is_news(int sqlerrcode)
{
	int64		ticks = base_clock_ticks();

	if (sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		return true;
	if (worker.locks_reported_at != 0 &&
		ticks - worker.locks_reported_at < (int64) REPORT_LOCKS_EVERY_SECONDS * 1000000)
		return false;
	worker.locks_reported_at = ticks;
	return true;
}

/* Reports the error and ends the transaction; returns what to write down. */
static char *
abort_tick(bool *passing)
{
	ErrorData  *error;
	char	   *reason;

	MemoryContextSwitchTo(worker.tick_context);
	error = CopyErrorData();
	if (is_news(error->sqlerrcode))
		EmitErrorReport();
	FlushErrorState();
	reason = psprintf("%s (%s)", error->message, unpack_sql_state(error->sqlerrcode));
	*passing = is_passing(error->sqlerrcode);
	AbortCurrentTransaction();
	return reason;
}

/* Decides what becomes of the one thread that a tick has failed for. */
static void
pass_verdict(const Suspect *suspect, bool passing, const char *reason)
{
	if (passing && suspect->turn != NULL)
	{
		put_aside(suspect->turn->inner);
		return;
	}
	worker.verdict = passing ? VERDICT_PUT_ASIDE : VERDICT_DEAD_LETTER;
	worker.verdict_account = suspect->account_id;
	worker.verdict_thread = suspect->thread_id;
	strlcpy(worker.verdict_reason, reason, sizeof(worker.verdict_reason));
	if (suspect->turn != NULL)
	{
		worker.batch = NIL;
		drop_turn(suspect->turn);
	}
}

/* Ticks fail though nobody is to blame: the next transactions are tried later
 * and later, while transfers go on. */
static void
put_off_next_tick(void)
{
	int64		pause_ms = Min((int64) PAUSE_AFTER_ERROR_MS << Min(worker.failures, 6), LONGEST_PAUSE_MS);

	worker.failures++;
	worker.not_before = base_clock_ticks() + pause_ms * 1000;
}

/* Nothing here waits for a lock: no interrupt would end that. */
static pg_noinline void
handle_error(void)
{
	Suspect		suspect = find_suspect();
	bool		passing;
	char	   *reason = abort_tick(&passing);

	engine_board_count(ENGINE_BOARD_ERRORS, 1);
	worker.current = NULL;
	worker.check_extension = true;
	if (suspect.found && suspect.alone)
		pass_verdict(&suspect, passing, reason);
	else if (worker.one_by_one)
		put_off_next_tick();
	undo_batch();
	worker.one_by_one = true;
	worker.careful_ticks = worker.turn_count + 16;
	SetConfigOption("lock_timeout", CAREFUL_LOCK_PATIENCE, PGC_SUSET, PGC_S_OVERRIDE);
	engine_wake_lower_all(base_clock_now());
}

/* Ticks go one by one until every turn of the failed batch has had its own. */
static void
regain_trust(void)
{
	worker.failures = 0;
	if (!worker.one_by_one || --worker.careful_ticks > 0)
		return;
	worker.one_by_one = false;
	SetConfigOption("lock_timeout", ENGINE_LOCK_PATIENCE, PGC_SUSET, PGC_S_OVERRIDE);
}

/* ---- the loop ---- */

/* Tells the board and pg_stat_activity what is held now. */
static void
report(void)
{
	int			requests = http_client_in_flight(worker.client);
	EngineTurn *newest = dlist_is_empty(&worker.calling) ? NULL
		: dlist_tail_element(EngineTurnInner, link, &worker.calling)->turn;

	engine_board_tick(worker.class_counts, requests);
	engine_board_report_activity(worker.turn_count, requests, newest);
}

static void
housekeep(void)
{
	if (base_clock_ticks() < worker.housekeeping_at)
		return;
	worker.housekeeping_at = base_clock_ticks() + (int64) HOUSEKEEPING_SECONDS * 1000000;
	if (worker.turn_count > 0)
	{
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		SPI_connect();
		engine_lease_extend();
		SPI_finish();
		PopActiveSnapshot();
		CommitTransactionCommand();
	}
	pgstat_report_stat(true);
	report();
}

/* Mail has come for turns in flight: those that may still take it in give up
 * the call that knows nothing of it. */
static void
hear_mail(void)
{
	pg_uuid_t	threads[ENGINE_HEARD_AT_ONCE];
	int			count = engine_wake_take_mail(worker.slot, threads);

	for (int i = 0; i < count; i++)
	{
		EngineTurn *turn = find_held(&threads[i]);
		EngineTurnInner *inner = turn ? turn->inner : NULL;

		if (turn == NULL || !engine_join_hear(turn))
			continue;
		engine_board_request_ends(inner, NULL);
		if (inner->call)
			http_transfer_free(worker.client, inner->call);
		inner->call = NULL;
		engine_limit_drop(inner);
		dlist_delete(&inner->link);
		dlist_push_tail(&worker.waiting, &inner->link);
	}
}

/* What a failed tick has left to be done before any other work. */
static void
recover(void)
{
	if (worker.check_extension)
		leave_if_dropped();
	worker.check_extension = false;
	if (worker.verdict != VERDICT_NONE)
		record_verdict();
}

static void
tick(void)
{
	if (base_clock_ticks() < worker.not_before)
		return;
	recover();
	if (engine_gate_refresh())
		report();
	collect_finished();
	hear_mail();
	worker.batch = gather_due();
	if (worker.batch != NIL || can_claim())
	{
		run_transaction();
		conclude_batch();
		regain_trust();
		report();
		pgstat_report_stat(false);
	}
	housekeep();
}

/* When a turn without a call is to be looked at. */
static int64
resumes_at(EngineTurnInner *inner)
{
	return Max(inner->now.wait_until, inner->aside_until);
}

/* Milliseconds until something of ours is due. */
static long
time_to_wait(void)
{
	int64		ticks = base_clock_ticks();
	int64		until = worker.housekeeping_at;
	TimestampTz due = PG_INT64_MAX;
	long		curl_ms = http_client_timeout_ms(worker.client);
	uint32		full_classes = 0;
	int64		wait_us;
	dlist_iter	iter;

	dlist_foreach(iter, &worker.waiting)
		until = Min(until, resumes_at(dlist_container(EngineTurnInner, link, iter.cur)));
	dlist_foreach(iter, &worker.finished)
		until = Min(until, dlist_container(EngineTurnInner, link, iter.cur)->aside_until);
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		if (free_slots(c) > 0)
			due = Min(due, engine_wake_next_due(c));
		else
			full_classes |= 1u << c;
	engine_wake_tell_full(worker.slot, full_classes);
	wait_us = until - ticks;
	if (due != PG_INT64_MAX)
		wait_us = Min(wait_us, due - base_clock_now());
	wait_us = Max(wait_us, worker.not_before - ticks);
	if (curl_ms >= 0)
		wait_us = Min(wait_us, curl_ms * 1000);
	return wait_us <= 0 ? 0 : (long) ((wait_us + 999) / 1000);
}

static void
wait_for_work(void)
{
	WaitEvent	event;

	assert_idle();
	WaitEventSetWait(worker.wait_set, time_to_wait(), &event, 1, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
		engine_gate_forget();
	}
}

static void
run_loop(void)
{
	sigjmp_buf	after_error;

	if (sigsetjmp(after_error, 1) != 0)
	{
		error_context_stack = NULL;
		HOLD_INTERRUPTS();
		handle_error();
		RESUME_INTERRUPTS();
	}
	PG_exception_stack = &after_error;
	for (;;)
	{
		MemoryContextSwitchTo(worker.tick_context);
		MemoryContextReset(worker.tick_context);
		tick();
		http_client_drive(worker.client);
		if (!http_client_has_done(worker.client) || base_clock_ticks() < worker.not_before)
			wait_for_work();
		else
			CHECK_FOR_INTERRUPTS();
	}
}

/* ---- life ---- */

/*
 * Turns and transfers come and go by the thousand; what they leave free is kept
 * for the next ones instead of being given back to the kernel each time.
 */
static void
keep_free_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, KEPT_FREE_BYTES);
	mallopt(M_TOP_PAD, KEPT_FREE_BYTES / 16);
#endif
}

static void
open_worker(int slot)
{
	HASHCTL		held = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(HeldTurn)};

	keep_free_memory();
	memset(&worker, 0, sizeof(worker));
	worker.slot = slot;
	worker.held = hash_create("frontdesk turns held", 1024, &held, HASH_ELEM | HASH_BLOBS);
	dlist_init(&worker.calling);
	dlist_init(&worker.finished);
	dlist_init(&worker.waiting);
	worker.tick_context = AllocSetContextCreate(TopMemoryContext, "frontdesk tick", ALLOCSET_DEFAULT_SIZES);
	worker.housekeeping_at = base_clock_ticks() + (int64) HOUSEKEEPING_SECONDS * 1000000;
	worker.client = http_client_create();
	if (worker.client == NULL)
		ereport(FATAL, (errmsg("pg_frontdesk: could not set up libcurl")));
	worker.wait_set = base_wait_set_create(3);
	AddWaitEventToSet(worker.wait_set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(worker.wait_set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	AddWaitEventToSet(worker.wait_set, WL_SOCKET_READABLE, http_client_descriptor(worker.client), NULL, NULL);
}

static void
release_slot_cb(int code, Datum arg)
{
	EngineWorkerArgs *args = (EngineWorkerArgs *) DatumGetPointer(arg);

	engine_board_close();
	engine_roster_release(args->slot, (uint64) args->generation);
	/* a due time that was taken away and not put back is for the others */
	engine_wake_lower_all(base_clock_now());
	engine_wake_all_workers();
}

PGDLLEXPORT void
frontdesk_worker_main(Datum arg)
{
	static EngineWorkerArgs args;

	memcpy(&args, MyBgworkerEntry->bgw_extra, sizeof(args));
	before_shmem_exit(release_slot_cb, PointerGetDatum(&args));
	engine_daemon_set_signals(die);
	BackgroundWorkerInitializeConnectionByOid(args.database, InvalidOid, 0);

	engine_daemon_set_session_options();
	engine_lease_set_owner(args.slot, args.generation);
	http_limit_set_owner(args.slot);
	open_worker(args.slot);
	engine_roster_attach(args.slot, args.generation);
	engine_wake_lower_all(base_clock_now());
	engine_board_open(args.slot, args.generation);
	report();
	run_loop();
}
