/*
 * engine_internal.h
 *	  What the files of the engine share with each other, and nobody else.
 *
 * A turn's life in a worker:
 *
 *	  claim -> step -> (call in flight) -> step ... -> conclude
 *	        -> deliver -> (delivery in flight) -> deliver ... -> rest
 *
 * Mail that arrives before the graph has ended starts the turn over.
 *
 * engine_claim.c makes turns, engine_step.c walks the graph, engine_join.c
 * lets new mail in, engine_delivery.c empties the lane, engine_commit.c writes what they decided, engine_worker.c
 * is the loop around them.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "fmgr.h"
#include "lib/ilist.h"
#include "nodes/pg_list.h"

#include "engine/engine_budget.h"
#include "engine/engine_turn.h"
#include "http/http_limit.h"

/* What a worker waits for on behalf of a turn. */
typedef enum EngineWaiting
{
	ENGINE_WAIT_NOTHING,
	ENGINE_WAIT_CALL,			/* a request of the node */
	ENGINE_WAIT_RETRY,			/* the time to try the node again */
	ENGINE_WAIT_PERMIT,			/* a permit for the node's request */
	ENGINE_WAIT_QUIET,			/* the time to start over with new mail */
	ENGINE_WAIT_DELIVERY,		/* the request of the lane's head */
	ENGINE_WAIT_LOOKUP,			/* the request that looks the head up */
	ENGINE_WAIT_LANE			/* the time to send or look up the head */
} EngineWaiting;

/* A checkpoint to be written by the next commit. */
typedef struct EngineCheckpoint
{
	int64		seq;
	int			turn;
	const char *node;
	const char *next_node;		/* NULL at the end */
	Jsonb	   *patch;
	Jsonb	   *snapshot;		/* NULL most of the time */
	const char *model;			/* NULL when none */
	int			tokens_in;
	int			tokens_out;
	double		cost;
	double		duration_ms;
	int			attempt;
	int64		mail_seq;		/* newest mail taken in */
	Jsonb	   *failure;		/* NULL when it succeeded */
} EngineCheckpoint;

/* A delivery row to be inserted or updated by the next commit. */
typedef struct EngineDeliveryWrite
{
	EngineDelivery *delivery;
	bool		is_insert;
	const char *status;
	bool		sent_now;		/* set sent_at */
	bool		settled_now;	/* set settled_at */
	int64		delay_ms;		/* until it is tried or looked up again; 0 none */
	Jsonb	   *failure;
} EngineDeliveryWrite;

/*
 * Everything about a turn that a tick changes.  A tick that fails is undone by
 * putting back a copy: the objects it points to are never changed in place.
 */
typedef struct EngineProgress
{
	const EngineNode *node;
	Jsonb	   *state;
	Jsonb	   *unwritten;		/* patches not yet in a checkpoint; NULL none */
	int			attempt;		/* of the node, from 1 */
	bool		concluded;
	bool		awaiting;		/* the node was begun by a former turn */
	int64		step_seq;
	int64		lane_seq;
	int64		lane_head;
	int64		event_seq;
	List	   *lane;			/* EngineDelivery, head first */
	EngineStep *step;			/* of the node being run */
	EngineWaiting waiting;
	int64		wait_until;		/* ticks, for RETRY, PERMIT, QUIET and LANE */
	const HttpRequest *awaited; /* the request a permit is waited for; else NULL */
	HttpRefusal refusal;		/* with awaited: why there was none */
	int64		started_at;		/* ticks, of the node's first attempt */
	/* for the next commit, empty between ticks */
	List	   *checkpoints;	/* EngineCheckpoint */
	List	   *delivery_writes;	/* EngineDeliveryWrite */
	HttpRequest *outgoing;		/* to be started after the commit */
	bool		resting;
	TimestampTz resume_at;		/* with resting: come back then, to go on; 0 no */
	TimestampTz due_at;			/* with resting, at the end: be claimed then; 0 no */
	const char *status;			/* with resting */
	const char *status_reason;
} EngineProgress;

struct EngineTurnInner
{
	dlist_node	link;			/* in the worker's list of turns */
	EngineTurn *turn;			/* the turn this is the inside of */
	int			quota_class;
	bool		is_fresh;		/* claimed in the tick under way */
	EngineProgress now;
	EngineProgress saved;
	HttpTransfer   *call;			/* in flight or finished; NULL none */
	int			board_entry;	/* of that call (engine_board.c): 0 none, -1 no room */
	int64		request_started_at; /* ticks */
	int64		claimed_at;		/* ticks */
	bool		call_done;
	const HttpLimit *asked;		/* whom the call asks; NULL somebody unnamed */
	HttpPermit	permit;			/* of the call */
	HttpPermit	next_permit;	/* of the request this tick decides */
	HttpLimitReport report;		/* what the call's answer told of limits */
	EngineReservation reserved; /* for the call */
	EngineReservation next_reserved;	/* for the request this tick decides */
	double		call_cost;		/* of the call whose answer this tick uses */
	bool		stale;			/* overtaken: to be dropped */
	bool		locked_out;		/* somebody else holds its row: not in this tick */
	int64		aside_until;	/* ticks: not to be tried before; 0 at once */
	int			aside_ms;		/* how long that was, to be doubled */
	bool		was_interrupted;	/* the thread was not idle when claimed */
	bool		is_resumed;		/* goes on behind checkpoints of a former claim */
	bool		is_answer;		/* began behind a step that was awaited */
	bool		has_message;	/* among the mail taken in */
	const char *failed_for;		/* the thread was a dead letter, for this; NULL no */
	int64		wake_seq;		/* as of this tick's lock */
	int64		locked_event_seq;	/* event_seq as of this tick's lock */
	int64		join_until;		/* ticks: mail after that is for the next turn */
	List	   *former;			/* steps of an unfinished claim; NIL none */
	struct FormerStep *last_step;	/* the one before them; NULL none */
	int			turn_number;
	List	   *posted;			/* Jsonb: deliveries that mail asked for */
	int64		saved_first_mail;	/* of the turn, as of saved */
	int64		saved_last_mail;
	void	   *saved_subject;
	MemoryContext saved_subject_context;
	bool		saved_skip;
};

/* ---- engine_turn.c ---- */
extern const EngineNodeKind *engine_turn_find_node_kind(const char *name);
extern const EngineThreadKind *engine_turn_find_thread_kind(const char *name);
extern const EngineDeliveryKind *engine_turn_find_delivery_kind(const char *name);

extern Jsonb *engine_turn_failure_jsonb(const EngineFailure *failure);

/* Has a thread kind read what these turns need, all of them of that kind; what
 * they have read before stays until engine_turn_forget_subjects(). */
extern void engine_turn_load(EngineTurn **turns, int count);

/* After a commit, or when a tick is undone: frees the other loads. */
extern void engine_turn_forget_subjects(EngineTurn *turn);

/* ---- engine_claim.c ---- */

/* Claims up to `room` threads of a quota class and loads them; the turns are
 * appended to the list, their contexts are children of the current one.
 * Returns how many rows were looked at. */
extern int	engine_claim_threads(int quota_class, int room, List **turns);

/* Whether a tick raised while it claimed a single thread, and which. */
extern bool engine_claim_under_way(int *account_id, pg_uuid_t *thread_id);

/* Due time of the earliest unowned ready row of a class; PG_INT64_MAX none. */
extern TimestampTz engine_claim_earliest_due(int quota_class);

/* Sets free what dead workers, or expired leases, hold.  Returns how many;
 * some_left: rows that somebody has locked are left for another time. */
extern int	engine_claim_free_orphans(bool *some_left);

/* Extends the leases of this worker. */
extern void engine_claim_extend_leases(void);

/* This worker's identity, set once. */
extern void engine_claim_set_owner(int slot, int64 generation);

/* Locks the threads of these turns, in order; marks the overtaken ones stale and
 * those whose row somebody else holds locked_out. */
extern void engine_claim_lock(List *turns);

extern void engine_claim_free_turn(EngineTurn *turn);

/* Lets others go first when a thread that nobody owns cannot be worked on. */
extern void engine_claim_put_aside(int account_id, const pg_uuid_t *thread_id, int64 ms);

/* Mail of kind deliver: kept while the mailbox is read, then put at the end of
 * the lane, and marked in the mailbox as done by the same commit. */
extern void engine_claim_keep_posted(EngineTurn *turn, Jsonb *payload);
extern void engine_claim_post_deliveries(EngineTurn *turn);

/* Makes a thread a dead letter, whatever it was doing. */
extern void engine_claim_fail_thread(int account_id, const pg_uuid_t *thread_id, const char *reason);

/* ---- engine_rehearsal.c ---- */

/* The kind of threads that rehearse what another one could do. */
#define ENGINE_REHEARSAL "rehearsal"

/* Gives the rehearsals among these turns the kind and the subject of what they
 * rehearse. */
extern void engine_rehearsal_load(List *turns);

/* Calls a node's function for a rehearsal: only its answer stays. */
extern Jsonb *engine_rehearsal_call(EngineTurn *turn, FmgrInfo *function);

/* ---- engine_step.c ---- */

/* Moves a locked turn forward until it waits or rests. */
extern void engine_step_advance(EngineTurn *turn);

/* After a commit: frees what steps that are done have left. */
extern void engine_step_forget_done(EngineTurn *turn);

/* Ends the step at hand without a result and goes back to the graph's entry. */
extern void engine_step_start_over(EngineTurn *turn);

/* Records every delivery of an array of {"kind", …} at the lane's end. */
extern void engine_step_deliver_all(EngineTurn *turn, Jsonb *list);

/* The engine's own node kinds. */
extern const EngineNodeKind engine_step_function_kind;
extern const EngineNodeKind engine_step_http_kind;

/* Calls a shipped function of a node for the account's `id`; what returns null
 * changes nothing: its patch is empty. */
extern Datum engine_step_call(FmgrInfo *function, EngineTurn *turn, const pg_uuid_t *id);

/* What is wrong with the deliveries a patch asks for; NULL nothing. */
extern const char *engine_step_patch_problem(Jsonb *patch);

/* Records the deliveries that a function's patch asks for; returns the rest. */
extern Jsonb *engine_step_take_patch(EngineTurn *turn, Jsonb *patch);

/* ---- engine_join.c ---- */

/* Starts the time in which mail may join; called by the claim. */
extern void engine_join_begin(EngineTurn *turn);

/*
 * Mail has arrived for a turn in flight; outside any transaction.  True when
 * the turn now waits for quiet and its call, if any, is to be given up.
 */
extern bool engine_join_hear(EngineTurn *turn);

/*
 * Takes new mail in before the next step; under the thread's lock.  True when
 * the turn starts over, now or after the quiet time.
 */
extern bool engine_join_advance(EngineTurn *turn, bool was_quiet);
/* ---- engine_graph.c ---- */
extern const EngineNodeKind engine_graph_subgraph_kind;

/* ---- engine_interrupt.c ---- */
extern const EngineNodeKind engine_interrupt_kind;

/* ---- engine_delivery.c ---- */
extern void engine_delivery_advance(EngineTurn *turn);
extern void engine_delivery_finish(EngineTurn *turn, const HttpResponse *response);

/* Marks a delivery whose effect is unknown, from now on. */
extern void engine_delivery_doubt(EngineDelivery *delivery);

/* ---- engine_retention.c ---- */

/* In the coordinator: prunes a batch when one is due; whether more is to be
 * done soon.  Never raises. */
extern bool engine_retention_prune(void);

/* ---- engine_commit.c ---- */

/* Writes what the turns of a tick decided; sets synchronous_commit when a
 * delivery is about to leave or has settled here. */
extern void engine_commit_write(List *turns);

/* Books what turns have cost that were overtaken: a checkpoint of number
 * -epoch, which belongs to no story. */
extern void engine_commit_overtaken(List *turns);

#endif							/* ENGINE_INTERNAL_H */
