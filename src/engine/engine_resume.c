/*
 * engine_resume.c
 *	  Where a turn goes on: behind the steps of a claim that did not come to
 *	  its end, or at the node that is awaited.
 *
 * Runs in engine workers, inside the tick's transaction, while threads are
 * claimed.  What it reads lives in the turn's context.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_errors.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "engine/engine_resume.h"

static BaseStatement read_patches = {
	"SELECT seq, node, next_node, patch, attempt, failure ->> 'class' <> 'joined', mail_seq"
	" FROM frontdesk.checkpoints "
	"WHERE account_id = $1 AND thread_id = $2 AND seq >= $3 ORDER BY seq",
	{INT4OID, UUIDOID, INT8OID}
};

/* A step that an unfinished claim has written. */
typedef struct FormerStep
{
	int64		seq;
	const char *node;
	const char *next_node;		/* NULL at the end */
	Jsonb	   *patch;
	int			attempt;
	bool		failed;
	int64		mail_seq;
} FormerStep;

/* Newest mail that the steps of an unfinished claim knew of. */
int64
engine_resume_mail(EngineTurn *turn)
{
	if (turn->inner->former == NIL)
		return PG_INT64_MAX;
	return ((FormerStep *) llast(turn->inner->former))->mail_seq;
}

/* Reads the steps of an unfinished claim, and the one before them. */
void
engine_resume_read(EngineTurn *turn)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(turn->inner->now.step_seq)};
	uint64		count = base_spi_execute(&read_patches, values, NULL);
	MemoryContext caller = MemoryContextSwitchTo(turn->context);

	for (uint64 i = 0; i < count; i++)
	{
		FormerStep *step = palloc(sizeof(FormerStep));
		bool		isnull;

		step->seq = base_spi_int64(i, 1, 0);
		step->node = base_spi_text(i, 2);
		step->next_node = base_spi_text(i, 3);
		step->patch = DatumGetJsonbPCopy(base_spi_value(i, 4, &isnull));
		step->attempt = base_spi_int32(i, 5, 1);
		step->failed = base_spi_bool(i, 6, false);
		step->mail_seq = base_spi_int64(i, 7, 0);
		if (step->seq == turn->inner->now.step_seq)
			turn->inner->last_step = step;
		else
			turn->inner->former = lappend(turn->inner->former, step);
	}
	MemoryContextSwitchTo(caller);
}

/* The node that a checkpoint leads to; NULL at the end. */
static const EngineNode *
node_after(const EngineGraph *graph, const char *name)
{
	const EngineNode *node = engine_graph_find_node(graph, name);

	if (name != NULL && node == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_GRAPH),
				 errmsg("a turn stands at node \"%s\", which graph \"%s\" version %d does not have",
						name, graph->name, graph->version)));
	return node;
}

/* The node at which the last finished turn has ended to be answered later; a
 * step that leads to itself.  NULL when its graph had ended. */
static const EngineNode *
awaited_node(EngineTurn *turn)
{
	const FormerStep *step = turn->inner->last_step;
	const EngineNode *node;

	if (step == NULL || step->failed || step->next_node == NULL ||
		strcmp(step->node, step->next_node) != 0)
		return NULL;
	node = engine_graph_find_node(turn->graph, step->node);
	return node != NULL && node->kind->resume != NULL ? node : NULL;
}

/* Goes on at that node, when it still stands there. */
static void
load_awaited(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	const EngineNode *node = awaited_node(turn);
	MemoryContext caller;

	if (node == NULL)
		return;
	caller = MemoryContextSwitchTo(turn->context);
	turn->node = node;
	now->awaiting = true;
	if (node->kind->holds(turn, node))
	{
		now->node = node;
		now->attempt = turn->inner->last_step->attempt;
		now->concluded = false;
		turn->inner->is_resumed = turn->inner->is_answer = true;
	}
	else
		now->awaiting = false;
	MemoryContextSwitchTo(caller);
}

/*
 * Goes on where the steps of an unfinished turn left off.  Their patches are
 * laid over the state and the mail; a turn whose graph had ended has recorded
 * its deliveries in the same commit, so it only empties its lane.
 */
static void
apply_former_steps(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	ListCell   *cell;

	foreach(cell, turn->inner->former)
	{
		FormerStep *step = lfirst(cell);

		now->state = base_jsonb_merge(now->state, step->patch);
		now->step_seq = step->seq;
		now->node = node_after(turn->graph, step->next_node);
		now->attempt = (step->failed && now->node && strcmp(now->node->name, step->node) == 0)
			? step->attempt + 1 : 1;
	}
	/* what a rehearsal decides is written in the commit that ends it */
	now->concluded = now->node == NULL && !turn->is_rehearsal;
	turn->inner->is_answer = awaited_node(turn) != NULL &&
		strcmp(((FormerStep *) linitial(turn->inner->former))->node, awaited_node(turn)->name) == 0;
	turn->inner->is_resumed = true;
	now->unwritten = NULL;
	turn->state = now->state;
	MemoryContextSwitchTo(caller);
}

void
engine_resume_apply(EngineTurn *turn)
{
	if (turn->inner->former != NIL)
		apply_former_steps(turn);
	else if (turn->inner->last_step != NULL)
		load_awaited(turn);
}
