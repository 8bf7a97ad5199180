/*
 * engine_turn.h
 *	  A turn in memory: one claimed thread inside a worker, and the entries
 *	  through which other domains take part in it.
 *
 * The engine knows neither models nor Chatwoot.  Domains to its right register
 * thread kinds, node kinds and delivery kinds from their init function.
 */
#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "engine/engine_graph.h"
#include "http/http_client.h"
#include "http/http_failure.h"
#include "http/http_limit.h"

typedef struct EngineTurn EngineTurn;
typedef struct EngineTurnInner EngineTurnInner;
typedef struct EngineDelivery EngineDelivery;

/* Why a step or a delivery failed: data, never an exception. */
typedef struct EngineFailure
{
	HttpFailureClass failure_class; /* none: it has not failed */
	const char *code;			/* status or provider code; "" when none */
	const char *text;			/* one line for a person */
	bool		retryable;
	int64		retry_after_ms; /* -1: the engine's own backoff */
} EngineFailure;

/* What a node does with the turn next. */
typedef enum EngineStepState
{
	ENGINE_STEP_DONE,			/* patch is set */
	ENGINE_STEP_CALL,			/* request is set */
	ENGINE_STEP_WAIT,			/* wait_ms and wait_reason are set: begin is called
								 * again then, and this was no attempt */
	ENGINE_STEP_AWAIT,			/* await is set */
	ENGINE_STEP_FAILED			/* failure is set */
} EngineStepState;

/* What a look-up has found out about an uncertain delivery. */
typedef enum EngineLookup
{
	ENGINE_LOOKUP_UNKNOWN,		/* nobody can tell, or not now */
	ENGINE_LOOKUP_ABSENT,		/* it did not take effect */
	ENGINE_LOOKUP_PRESENT,		/* it did */
	ENGINE_LOOKUP_NEXT_PAGE		/* ask once more: encode_lookup goes on */
} EngineLookup;

/* What a thread is while nobody owns it; engine_rest.c knows their words in SQL
 * and what may follow what. */
typedef enum EngineThreadState
{
	ENGINE_THREAD_IDLE,			/* at rest */
	ENGINE_THREAD_ASKING,		/* a question to a person is open */
	ENGINE_THREAD_WAITING,		/* goes on later: at a time, or when a tool is done */
	ENGINE_THREAD_FAILED		/* a dead letter */
} EngineThreadState;

/*
 * A step that ends now and is answered later, from outside: by a person, by
 * another process.  The thread rests at this node, whoever owned it lets go,
 * and the state is that of the thread's row.
 */
typedef struct EngineAwait
{
	EngineThreadState rests_as;	/* asking or waiting */
	const char *reason;			/* what for, one line */
	TimestampTz due_at;			/* when to ask again unasked; 0 never */
} EngineAwait;

/*
 * One execution of one node.  What is handed over in here lives in the step's
 * context, which is current while the node kind runs and goes away once a
 * commit has written what came of the step.
 */
typedef struct EngineStep
{
	MemoryContext context;
	Jsonb	   *patch;			/* merged into the state at top level */
	const EngineNode *next;		/* goes on there; NULL: as the edges say */
	HttpRequest request;
	EngineAwait await;
	EngineFailure failure;
	bool		has_fallback;	/* begin knows what to do when this one's far side
								 * has to be waited for long */
	int64		wait_ms;
	const char *wait_reason;	/* one line for a person */
	HttpLimitReport report;		/* what the answer told of limits; finish fills in */
	const char *model;			/* "provider/model"; NULL when none */
	int			tokens_in;
	int			tokens_out;
	double		cost;			/* US dollars */
	void	   *workspace;		/* the node kind's own, from begin to finish */
} EngineStep;

/*
 * How nodes of one kind run.  begin and finish are called inside a short
 * transaction with SPI connected and must not wait for anything.
 */
typedef struct EngineNodeKind
{
	const char *name;
	EngineStepState (*begin) (EngineTurn *turn, EngineStep *step);
	/* after the request of begin (or of a former finish) came back */
	EngineStepState (*finish) (EngineTurn *turn, EngineStep *step, const HttpResponse *response);
	/* adds to the step what an answer has cost that will not be used; NULL
	 * for kinds whose answers cost nothing */
	void		(*book) (EngineTurn *turn, EngineStep *step, const HttpResponse *response);

	/*
	 * The rest is for kinds whose begin may return ENGINE_STEP_AWAIT.  Such a
	 * begin writes down what is asked, in a row of the kind's own under the
	 * number of the step (engine_turn_step), in this very commit.  Whoever
	 * answers locks the thread first (engine_mail_lock), writes the answer
	 * into that row, and posts mail of kind ENGINE_ANSWER_MAIL, which wakes
	 * the thread but does not start a turn by itself.
	 *
	 * holds is asked when the thread is claimed again, under its lock: whether
	 * it still stands at the step.  When not, the turn begins at the entry of
	 * the graph, if there is mail to begin with.  resume then says how the
	 * step ended, or that it is still to be awaited: mail stays unread until
	 * it has ended.  step->await.due_at may differ from time to time.
	 * abandon is told that the thread will not come back to the step: the
	 * turn is skipped, for the bot was silenced.
	 */
	bool		(*holds) (EngineTurn *turn, const EngineNode *node);
	EngineStepState (*resume) (EngineTurn *turn, EngineStep *step);
	void		(*abandon) (EngineTurn *turn);
} EngineNodeKind;

/* Kind of mail that says: what the thread awaits was answered. */
#define ENGINE_ANSWER_MAIL "answer"

/* How threads of one kind begin a turn. */
typedef struct EngineThreadKind
{
	const char *name;

	/*
	 * Reads, in as few statements as possible, what the turns just claimed
	 * (or about to start over with new mail) will need, into turn->subject,
	 * which lives in turn->subject_context.  A turn whose `skip` it sets comes
	 * to rest at once (its mail counts as read): the bot is silenced.
	 */
	void		(*load) (EngineTurn **turns, int count);

	/* At the end of the graph, before the turn's last commit: records what
	 * the turn decided (engine_turn_deliver).  May be NULL. */
	void		(*conclude) (EngineTurn *turn);
} EngineThreadKind;

/*
 * What follows when nobody knows whether a delivery took effect: its worker died,
 * or the connection broke before the answer.  In every case not before the far
 * side is done with it.
 */
typedef enum EngineWhenUnknown
{
	ENGINE_UNKNOWN_UNSAID,		/* refused at registration */
	ENGINE_UNKNOWN_REPEAT,		/* sent again: twice has the effect of once */
	ENGINE_UNKNOWN_LOOK_UP,		/* the far side is asked; needs both functions */
	ENGINE_UNKNOWN_ASK,			/* a person is: it becomes a dead letter of class
								 * uncertain, for resolve_delivery() */
	ENGINE_UNKNOWN_FORGET		/* nothing: worth nothing later, it is never tried
								 * twice, whatever became of it */
} EngineWhenUnknown;

/* How deliveries of one kind leave. */
typedef struct EngineDeliveryKind
{
	const char *name;
	EngineWhenUnknown when_unknown; /* must be said */

	/*
	 * Fills in the request (in the turn's context).  Returns false when the
	 * delivery settles without one (transport local, nothing to change); it
	 * may fill in failure to give up at once, or, retryable, to have the
	 * thread rest until what is missing here has been mended.
	 */
	bool		(*encode) (EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request);

	/*
	 * Judges the answer.  Returns true when the effect took place (remote_id
	 * set when the far side named one), else fills in failure.  response is
	 * NULL for a delivery that settled without a request.
	 */
	bool		(*judge) (EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response);

	/* Records in our tables what a settled delivery means; may be NULL. */
	void		(*settle) (EngineTurn *turn, EngineDelivery *delivery);

	/* Sees to what a delivery that was given up leaves undone; may deliver.  Not
	 * told of one that was withdrawn.  May be NULL. */
	void		(*mourn) (EngineTurn *turn, EngineDelivery *delivery);

	/*
	 * Encodes the request that looks an uncertain delivery up, and reads its
	 * answer (NULL when encode_lookup returned false, for it had nobody to
	 * ask: then only PRESENT or UNKNOWN, and unknown is for a person).  NULL
	 * for kinds that are not looked up.
	 */
	bool		(*encode_lookup) (EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request);
	EngineLookup (*judge_lookup) (EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response);
} EngineDeliveryKind;

struct EngineDelivery
{
	int64		seq;
	const EngineDeliveryKind *kind;
	Jsonb	   *payload;
	int64		mail_seq;		/* newest mail that was known when it was decided */
	int			attempts;		/* to send it */
	const char *remote_id;
	EngineFailure failure;
	bool		is_refused;		/* by judge: the far side refuses whoever asks with
								 * this key; it waits, and that is no attempt */
	bool		arrived;		/* a person says so: settles without a request */
	bool		uncertain;		/* it may have taken effect */
	int64		settled_by;		/* ticks: then the far side is done with it */
	int			lookups;		/* that told nothing, in a row */
	int64		lookup_after;	/* the kind's own place in what it looks through */
};

struct EngineTurn
{
	MemoryContext context;		/* life of the turn */
	int			account_id;
	pg_uuid_t	thread_id;
	const EngineThreadKind *kind;
	const EngineGraph *graph;
	const EngineNode *node;		/* where it stands; NULL at the end */
	Jsonb	   *state;			/* with all patches so far and the mail taken in */
	int64		first_mail;		/* smallest seq of the mail taken in; 0 when none */
	int64		last_mail;		/* newest mail that was ever taken in */
	int64		epoch;
	bool		is_rehearsal;	/* nothing it does may be seen outside of it */
	pg_uuid_t	original_id;		/* thread_id, or the thread that is rehearsed */
	int64		known_event;	/* with is_rehearsal: newest event of the subject it knows */
	void	   *subject;		/* set by the thread kind's load */
	MemoryContext subject_context;	/* life of what load brings: until the commit
									 * behind the next load */
	bool		skip;
	EngineTurnInner *inner;	/* the engine's own */
};

extern void engine_turn_register_thread_kind(const EngineThreadKind *kind);
extern void engine_turn_register_node_kind(const EngineNodeKind *kind);
/* Raises when the kind does not say what follows from an unknown effect, or says
 * something else than its functions can do. */
extern void engine_turn_register_delivery_kind(const EngineDeliveryKind *kind);

/* What steps and people may make of a state, and what mail may bring. */
#define ENGINE_STATE_BYTES 262144

/* What steps that call for a person may add to one that is as long as that. */
#define ENGINE_CALL_BYTES 65536

/* Merges a patch of ours into the state, however long that is: what mail says and a
 * turn begins with is short, and always has the same names.  It becomes part of the
 * next checkpoint. */
extern void engine_turn_merge(EngineTurn *turn, Jsonb *patch);

/* Merges the patch of a step.  False, with nothing merged and the failure of the
 * step filled in, when the state would be too long. */
extern bool engine_turn_take_patch(EngineTurn *turn, EngineStep *step, Jsonb *patch);

/* Records a delivery at the end of the turn's lane; written by the turn's
 * next commit.  payload is copied. */
extern EngineDelivery *engine_turn_deliver(EngineTurn *turn, const char *kind, Jsonb *payload);

/* Whether the turn is at its first step: not resumed, not emptying its lane. */
extern bool engine_turn_is_beginning(EngineTurn *turn);

/* Number of the step being run: that of its checkpoint.  For a step that was
 * awaited, the number it was begun with. */
extern int64 engine_turn_step(EngineTurn *turn);

/* Whether mail was taken in that is neither an answer nor about the lane. */
extern bool engine_turn_has_message(EngineTurn *turn);

/* Whether the turn goes on at a step that was awaited. */
extern bool engine_turn_is_awaited(EngineTurn *turn);

/* Which budget of the turn's account has not enough left. */
typedef enum EngineBudgetKind
{
	ENGINE_BUDGET_LEFT,			/* none: there is enough */
	ENGINE_BUDGET_DAY,
	ENGINE_BUDGET_MONTH,
	ENGINE_BUDGET_CONVERSATION
} EngineBudgetKind;

/* What the account wants done then. */
typedef enum EngineBudgetAction
{
	ENGINE_BUDGET_LOCAL,		/* the local provider answers */
	ENGINE_BUDGET_HUMAN,		/* a person takes over */
	ENGINE_BUDGET_WAIT			/* until there is money again */
} EngineBudgetAction;

/* Whether a call that costs this much at most may be made; sets nothing aside.
 * `action` is set when it may not. */
extern EngineBudgetKind engine_turn_look_at_budget(EngineTurn *turn, double amount,
												   EngineBudgetAction *action);

/* Whether a failure of the step being run would be final. */
extern bool engine_turn_is_last_attempt(EngineTurn *turn);

/* The newest number handed out for mail or messages of this thread. */
extern int64 engine_turn_last_event(EngineTurn *turn);

/* The number for the next message of this thread; valid under its lock, that
 * is in conclude and settle. */
extern int64 engine_turn_next_event(EngineTurn *turn);

#endif							/* ENGINE_TURN_H */
