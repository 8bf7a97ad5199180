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
 * The first two are engine_batch.c, what becomes of a tick that raises is
 * engine_mishap.c, and the turns between ticks are in engine_holding.c.
 */
#include "postgres.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_version.h"
#include "engine/engine_batch.h"
#include "engine/engine_board.h"
#include "engine/engine_daemon.h"
#include "engine/engine_flight.h"
#include "engine/engine_gate.h"
#include "engine/engine_holding.h"
#include "engine/engine_join.h"
#include "engine/engine_lease.h"
#include "engine/engine_mishap.h"
#include "engine/engine_roster.h"
#include "engine/engine_stint.h"
#include "engine/engine_wake.h"
#include "engine/engine_worker.h"

#define HOUSEKEEPING_SECONDS 60
#define KEPT_FREE_BYTES (32 * 1024 * 1024)

static struct
{
	HttpClient *client;
	WaitEventSet *wait_set;
	int64		housekeeping_at;	/* ticks */
}			worker;

/* Moves the turns whose request libcurl has finished. */
static void
collect_finished(void)
{
	EngineTurn *turn;

	while ((turn = engine_flight_land()) != NULL)
		engine_holding_sort(turn);
}

/* ---- the loop ---- */

/* Tells the board and pg_stat_activity what is held now. */
static void
report(void)
{
	int			requests = http_client_in_flight(worker.client);
	EngineTurn *newest = dlist_is_empty(&engine_holding.calling) ? NULL
		: dlist_tail_element(EngineTurnInner, link, &engine_holding.calling)->turn;

	engine_board_tick(engine_holding.class_counts, requests);
	engine_board_report_activity(engine_holding.count, requests, newest);
}

static void
housekeep(void)
{
	if (base_clock_ticks() < worker.housekeeping_at)
		return;
	worker.housekeeping_at = base_clock_ticks() + (int64) HOUSEKEEPING_SECONDS * 1000000;
	if (engine_holding.count > 0)
	{
		engine_daemon_begin();
		engine_lease_extend();
		engine_daemon_commit();
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
	int			count = engine_wake_take_mail(threads);

	for (int i = 0; i < count; i++)
	{
		EngineTurn *turn = engine_holding_find(&threads[i]);

		if (turn == NULL || !engine_join_hear(turn))
			continue;
		engine_flight_abandon(turn);
		engine_holding_sort(turn);
	}
}

/* Does one round of what the top of this file says, unless the last one asked for a
 * pause. */
static void
tick(void)
{
	if (base_clock_ticks() < engine_mishap_not_before())
		return;
	engine_mishap_recover();
	if (engine_gate_refresh())
		report();
	collect_finished();
	hear_mail();
	engine_batch.turns = engine_batch_gather();
	if (engine_batch.turns != NIL || engine_batch_can_claim())
	{
		engine_batch_run();
		engine_batch_conclude();
		engine_mishap_forget();
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

	dlist_foreach(iter, &engine_holding.waiting)
		until = Min(until, resumes_at(dlist_container(EngineTurnInner, link, iter.cur)));
	dlist_foreach(iter, &engine_holding.finished)
		until = Min(until, dlist_container(EngineTurnInner, link, iter.cur)->aside_until);
	for (int c = 0; c < ENGINE_QUOTA_CLASSES; c++)
		if (engine_batch_room(c) > 0)
			due = Min(due, engine_wake_next_due(c));
		else
			full_classes |= 1u << c;
	engine_wake_tell_full(full_classes);
	wait_us = until - ticks;
	if (due != PG_INT64_MAX)
		wait_us = Min(wait_us, due - base_clock_now());
	wait_us = Max(wait_us, engine_mishap_not_before() - ticks);
	if (curl_ms >= 0)
		wait_us = Min(wait_us, curl_ms * 1000);
	return wait_us <= 0 ? 0 : (long) ((wait_us + 999) / 1000);
}

static void
wait_for_work(void)
{
	WaitEvent	event;

	engine_daemon_assert_idle();
	WaitEventSetWait(worker.wait_set, time_to_wait(), &event, 1, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (engine_daemon_reload())
		engine_gate_forget();
}

/* Ticks until the end; an error comes back to the top, where the tick is undone. */
static void
run_loop(void)
{
	sigjmp_buf	after_error;

	if (sigsetjmp(after_error, 1) != 0)
	{
		error_context_stack = NULL;
		HOLD_INTERRUPTS();
		engine_mishap_handle();
		RESUME_INTERRUPTS();
	}
	PG_exception_stack = &after_error;
	for (;;)
	{
		MemoryContextSwitchTo(engine_batch.context);
		MemoryContextReset(engine_batch.context);
		tick();
		http_client_drive(worker.client);
		if (!http_client_has_done(worker.client) || base_clock_ticks() < engine_mishap_not_before())
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
open_worker(void)
{
	keep_free_memory();
	engine_batch.context = AllocSetContextCreate(TopMemoryContext, "frontdesk tick", ALLOCSET_DEFAULT_SIZES);
	worker.housekeeping_at = base_clock_ticks() + (int64) HOUSEKEEPING_SECONDS * 1000000;
	worker.client = http_client_create();
	if (worker.client == NULL)
		ereport(FATAL, (errmsg("pg_frontdesk: could not set up libcurl")));
	engine_flight_open(worker.client);
	engine_holding_open();
	engine_stint_open();
	worker.wait_set = base_wait_set_create(3);
	AddWaitEventToSet(worker.wait_set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(worker.wait_set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	AddWaitEventToSet(worker.wait_set, WL_SOCKET_READABLE, http_client_descriptor(worker.client),
					  NULL, NULL);
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

/* Begins a worker: from its slot until its loop. */
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
	open_worker();
	engine_roster_attach(args.slot);
	engine_wake_lower_all(base_clock_now());
	engine_board_open(args.slot, args.generation);
	report();
	run_loop();
}
