/*
 * engine_internal.h
 *	  The inside of a turn: what the files of the engine share about it, and
 *	  nobody else.
 *
 * A turn's life in a worker:
 *
 *	  claim -> walk -> (call in flight) -> walk ... -> conclude
 *	        -> deliver -> (delivery in flight) -> deliver ... -> rest
 *
 * Mail that arrives before the graph has ended starts the turn over.
 *
 * engine_claim.c makes turns, engine_mailbox.c and engine_resume.c fill them,
 * engine_walk.c moves them on by steps (engine_step.c) and deliveries
 * (engine_delivery.c), engine_join.c lets new mail in, engine_commit.c writes
 * what they decided, engine_worker.c is the loop around them.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "lib/ilist.h"
#include "nodes/pg_list.h"

#include "engine/engine_flight.h"
#include "engine/engine_turn.h"

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

/* Deliveries that mail asked for. */
typedef struct EnginePosted
{
	int64		mail_seq;
	Jsonb	   *list;
} EnginePosted;

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
	/* written by engine_rest.c alone */
	bool		resting;
	TimestampTz resume_at;		/* with resting: come back then, to go on; 0 no */
	TimestampTz due_at;			/* with resting, at the end: be claimed then; 0 no */
	EngineThreadState rests_as; /* with resting */
	const char *rest_reason;	/* NULL none */
} EngineProgress;

struct EngineTurnInner
{
	dlist_node	link;			/* in the worker's list of turns */
	EngineTurn *turn;			/* the turn this is the inside of */
	int			quota_class;
	bool		is_fresh;		/* claimed in the tick under way */
	EngineProgress now;
	EngineProgress saved;
	EngineFlight flight;		/* of its request */
	EngineClearance clearance;	/* of the request this tick decides */
	int64		claimed_at;		/* ticks */
	bool		stale;			/* overtaken: to be dropped */
	bool		locked_out;		/* somebody else holds its row: not in this tick */
	int64		aside_until;	/* ticks: not to be tried before; 0 at once */
	int			aside_ms;		/* how long that was, to be doubled */
	EngineThreadState rested_as;	/* the thread, when it was claimed */
	bool		is_resumed;		/* goes on behind checkpoints of a former claim */
	bool		is_answer;		/* began behind a step that was awaited */
	bool		has_message;	/* among the mail taken in */
	const char *rested_for;		/* the reason of that; NULL none */
	int64		wake_seq;		/* as of this tick's lock */
	int64		locked_event_seq;	/* event_seq as of this tick's lock */
	int64		join_until;		/* ticks: mail after that is for the next turn */
	List	   *former;			/* steps of an unfinished claim; NIL none */
	struct FormerStep *last_step;	/* the one before them; NULL none */
	int			turn_number;
	List	   *posted;			/* EnginePosted */
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

/* The keys of these turns' threads, as two SQL arrays. */
extern void engine_turn_keys(List *turns, Datum values[2]);

/* Has a thread kind read what these turns need, all of them of that kind; what
 * they have read before stays until engine_turn_forget_subjects(). */
extern void engine_turn_load(EngineTurn **turns, int count);

/* After a commit, or when a tick is undone: frees the other loads. */
extern void engine_turn_forget_subjects(EngineTurn *turn);

#endif							/* ENGINE_INTERNAL_H */
