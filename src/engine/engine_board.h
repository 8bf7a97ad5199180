/*
 * engine_board.h
 *	  The board: what every worker is doing at this moment, in shared memory.
 *
 * A worker alone writes what is its own and never waits for a reader; readers
 * (engine_board_read.c) copy a piece and look whether it was changed meanwhile.
 */
#ifndef ENGINE_BOARD_H
#define ENGINE_BOARD_H

#include "datatype/timestamp.h"
#include "port/atomics.h"

#include "engine/engine_internal.h"
#include "engine/engine_roster.h"

/* Upper bounds of the histograms, in microseconds; one bucket more is open. */
#define ENGINE_BOARD_BUCKETS 12
extern const int64 engine_board_limits_us[ENGINE_BOARD_BUCKETS];

/* What a request in flight is for. */
typedef enum EngineBoardPurpose
{
	ENGINE_BOARD_CALL,			/* a node asks a model or a service */
	ENGINE_BOARD_DELIVERY,		/* a delivery leaves */
	ENGINE_BOARD_LOOKUP			/* an uncertain delivery is looked up */
} EngineBoardPurpose;
#define ENGINE_BOARD_PURPOSES 3

/* Duties of the coordinator at most. */
#define ENGINE_BOARD_DUTIES 32

/* Counters of a database since shared memory was made; they only grow. */
typedef enum EngineBoardCounter
{
	ENGINE_BOARD_TICKS,
	ENGINE_BOARD_CLAIMS,
	ENGINE_BOARD_TURNS_FINISHED,
	ENGINE_BOARD_TURNS_FAILED,
	ENGINE_BOARD_TURNS_STALE,
	ENGINE_BOARD_ERRORS,
	ENGINE_BOARD_STEPS,
	ENGINE_BOARD_STEPS_FAILED,
	ENGINE_BOARD_STAND_INS,		/* steps that the local provider did in place of a model */
	ENGINE_BOARD_KEYS_REFUSED,	/* answers that left a key alone: refused, or out of money */
	ENGINE_BOARD_TOKENS_IN,
	ENGINE_BOARD_TOKENS_OUT,
	ENGINE_BOARD_COST,			/* 1e-9 US dollars */
	ENGINE_BOARD_DELIVERIES_SENT,
	ENGINE_BOARD_DELIVERIES_DEAD,
	ENGINE_BOARD_DELIVERIES_UNCERTAIN,
	ENGINE_BOARD_REQUESTS_FAILED,	/* no status line came back */
	ENGINE_BOARD_WORKER_STARTS,
	ENGINE_BOARD_TURN_US,
	ENGINE_BOARD_TURN_BUCKETS,	/* from claim to rest */
	ENGINE_BOARD_REQUEST_US = ENGINE_BOARD_TURN_BUCKETS + ENGINE_BOARD_BUCKETS + 1,
	ENGINE_BOARD_REQUEST_BUCKETS = ENGINE_BOARD_REQUEST_US + ENGINE_BOARD_PURPOSES,
	ENGINE_BOARD_DUTY_FAILURES =	/* by the number of the duty */
		ENGINE_BOARD_REQUEST_BUCKETS + ENGINE_BOARD_PURPOSES * (ENGINE_BOARD_BUCKETS + 1),
	ENGINE_BOARD_COUNTERS = ENGINE_BOARD_DUTY_FAILURES + ENGINE_BOARD_DUTIES
} EngineBoardCounter;

/* A worker, as it last told. */
typedef struct EngineBoardWorker
{
	int			pid;
	Oid			database;
	int64		generation;		/* 0: nobody has attached yet */
	TimestampTz started_at;
	TimestampTz last_tick_at;
	int			threads[ENGINE_QUOTA_CLASSES];
	int			requests;		/* in flight */
	int64		ticks;
	int64		claims;
	int64		turns_finished;
	int64		errors;
} EngineBoardWorker;

/* A request in flight. */
typedef struct EngineBoardRequest
{
	Oid			database;		/* InvalidOid: none */
	int			slot;
	int			account_id;
	pg_uuid_t	thread_id;
	EngineBoardPurpose purpose;
	int			attempt;
	TimestampTz since;
	char		step[NAMEDATALEN];	/* node, or kind of delivery */
	char		model[NAMEDATALEN]; /* provider/model; "" when no model is asked */
	char		host[NAMEDATALEN];	/* and port */
} EngineBoardRequest;

extern Size engine_board_shmem_size(void);
extern void engine_board_shmem_init(void *area, bool found);

/* ---- the worker ---- */

extern void engine_board_open(int slot, int64 generation);

/* At the end of a worker: takes down everything it had put up. */
extern void engine_board_close(void);

extern void engine_board_request_starts(EngineTurn *turn, const HttpRequest *request);

/* outcome is NULL when the request was given up. */
extern void engine_board_request_ends(EngineTurnInner *inner, const HttpResponse *outcome);

extern void engine_board_count(EngineBoardCounter counter, int64 by);

/* The same in a process that has no ticks: the coordinator. */
extern void engine_board_count_now(EngineBoardCounter counter, int64 by);

/* Counts what a commit has written for a turn. */
extern void engine_board_count_turn(EngineTurn *turn);

/* Publishes the tick: counters, and what is held now. */
extern void engine_board_tick(const int threads[ENGINE_QUOTA_CLASSES], int requests);

/* Names what the worker is doing in pg_stat_activity; newest is a turn with a
 * request in flight, NULL when there is none. */
extern void engine_board_report_activity(int threads, int requests, EngineTurn *newest);

/* ---- readers ---- */

/* Copies what the worker of a slot told last; false when there is none. */
extern bool engine_board_read_worker(int slot, EngineBoardWorker *found);

/* Copies an entry; false when nothing is in flight there. */
extern int	engine_board_entry_count(void);
extern bool engine_board_read_request(int entry, EngineBoardRequest *found);

/* Requests in flight that found no entry, over all workers. */
extern int64 engine_board_unlisted(void);

/* Counters of this database. */
extern int64 engine_board_read_counter(EngineBoardCounter counter);

#endif							/* ENGINE_BOARD_H */
