/*
 * engine_claim.c
 *	  Who owns a thread: claiming, loading, locking, setting free.
 *
 * Runs in engine workers (and the freeing of orphans in the coordinator),
 * inside short transactions with SPI connected.
 *
 * What is claimed is the thread, never a message: its row is locked (with SKIP
 * LOCKED), its epoch is bumped, and its ready row gets the owner and the end
 * of the lease.  An owner is (incarnation, slot, generation); one that is not
 * alive any more loses its threads at once, the lease is only the last net.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_errors.h"
#include "base/base_json.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "engine/engine_arrays.h"
#include "engine/engine_internal.h"
#include "engine/engine_wake.h"

#define LEASE_SECONDS 600

/* The thread that is being claimed, when it is a single one. */
static struct
{
	bool		is_single;
	int			account_id;
	pg_uuid_t	thread_id;
}			under_way;

/* Identity of this worker; set once by engine_claim_set_owner. */
static int	my_slot = -1;
static int64 my_generation;

/*
 * A thread picked under an old snapshot may have been through a whole turn
 * meanwhile; the second step therefore claims only what is still ready.
 */
static BaseStatement claim = {
	"WITH picked AS MATERIALIZED ("
	" SELECT t.account_id, t.id FROM frontdesk.ready r"
	" JOIN frontdesk.threads t ON t.account_id = r.account_id AND t.id = r.thread_id"
	" WHERE r.class = $1 AND r.due_at <= $2 AND r.slot IS NULL AND t.slot IS NULL"
	" ORDER BY r.due_at LIMIT $3 FOR NO KEY UPDATE OF t SKIP LOCKED), "
	"claimed AS ("
	" UPDATE frontdesk.ready r SET incarnation = $4, slot = $5, generation = $6, due_at = $7"
	" FROM picked p WHERE r.account_id = p.account_id AND r.thread_id = p.id"
	" AND r.slot IS NULL AND r.due_at <= $2"
	" RETURNING r.account_id, r.thread_id) "
	"UPDATE frontdesk.threads t SET epoch = t.epoch + 1, incarnation = $4, slot = $5, generation = $6"
	" FROM claimed c WHERE t.account_id = c.account_id AND t.id = c.thread_id "
	"RETURNING t.account_id, t.id, t.kind, t.graph_account_id, t.graph, t.graph_version,"
	" t.epoch, t.event_seq, t.wake_seq, t.step_seq, t.lane_seq, t.lane_head, t.turns,"
	" t.status, t.state, t.read_seq, t.status_reason",
	{INT2OID, TIMESTAMPTZOID, INT8OID, INT8OID, INT4OID, INT8OID, TIMESTAMPTZOID}
};

static BaseStatement read_mail = {
	"SELECT u.n, m.seq, m.payload, m.kind NOT IN ('lane', 'deliver', '" ENGINE_ANSWER_MAIL "'), m.kind = 'deliver' FROM unnest($1::int4[], $2::uuid[]) WITH ORDINALITY u(account_id, id, n) "
	"JOIN frontdesk.mailbox m ON m.account_id = u.account_id AND m.thread_id = u.id "
	"ORDER BY u.n, m.seq",
	{INT4ARRAYOID, UUIDARRAYOID}
};

static BaseStatement read_patches = {
	"SELECT seq, node, next_node, patch, attempt, failure ->> 'class' <> 'joined', mail_seq"
	" FROM frontdesk.checkpoints "
	"WHERE account_id = $1 AND thread_id = $2 AND seq >= $3 ORDER BY seq",
	{INT4OID, UUIDOID, INT8OID}
};

static BaseStatement read_lane = {
	"SELECT seq, kind, payload, status, attempts, remote_id FROM frontdesk.deliveries "
	"WHERE account_id = $1 AND thread_id = $2 AND seq >= $3 ORDER BY seq",
	{INT4OID, UUIDOID, INT8OID}
};

/* What the mail asked for is in the lane by the same commit. */
static BaseStatement mark_posted = {
	"UPDATE frontdesk.mailbox SET kind = 'lane', payload = NULL "
	"WHERE account_id = $1 AND thread_id = $2 AND seq <= $3 AND kind = 'deliver'",
	{INT4OID, UUIDOID, INT8OID}
};

static BaseStatement earliest_due = {
	"SELECT r.due_at FROM frontdesk.ready r "
	"WHERE r.class = $1 AND r.slot IS NULL ORDER BY r.due_at LIMIT 1",
	{INT2OID}
};

static BaseStatement lock_threads = {
	"SELECT u.n, t.epoch, t.wake_seq, t.event_seq "
	"FROM unnest($1::int4[], $2::uuid[]) WITH ORDINALITY u(account_id, id, n) "
	"JOIN frontdesk.threads t ON t.account_id = u.account_id AND t.id = u.id "
	"FOR NO KEY UPDATE OF t SKIP LOCKED",
	{INT4ARRAYOID, UUIDARRAYOID}
};

static BaseStatement read_epochs = {
	"SELECT u.n, t.epoch "
	"FROM unnest($1::int4[], $2::uuid[]) WITH ORDINALITY u(account_id, id, n) "
	"JOIN frontdesk.threads t ON t.account_id = u.account_id AND t.id = u.id",
	{INT4ARRAYOID, UUIDARRAYOID}
};

/* What a DBA has locked is left for the next sweep. */
static BaseStatement find_orphans = {
	"SELECT r.account_id, r.thread_id, r.incarnation, r.slot, r.generation FROM frontdesk.ready r "
	"WHERE r.slot IS NOT NULL AND (r.due_at < $1 OR r.incarnation <> $2 OR NOT EXISTS ("
	" SELECT FROM unnest($3::int4[], $4::int8[]) a(slot, generation)"
	" WHERE a.slot = r.slot AND a.generation = r.generation)) "
	"ORDER BY r.account_id, r.thread_id",
	{TIMESTAMPTZOID, INT8OID, INT4ARRAYOID, INT8ARRAYOID}
};

/* Only from the owner it was found with: the thread may have moved on since. */
static BaseStatement free_orphan = {
	"WITH lost AS MATERIALIZED (SELECT t.account_id, t.id FROM frontdesk.threads t"
	" WHERE t.account_id = $1 AND t.id = $2 AND t.incarnation = $4 AND t.slot = $5 AND t.generation = $6"
	" FOR NO KEY UPDATE SKIP LOCKED), "
	"freed AS (UPDATE frontdesk.threads t"
	" SET incarnation = NULL, slot = NULL, generation = NULL,"
	" status = CASE t.status WHEN 'failed' THEN t.status ELSE 'waiting' END,"
	" status_reason = CASE t.status WHEN 'failed' THEN t.status_reason ELSE 'taken over' END, resumed_count = t.resumed_count + 1"
	" FROM lost l WHERE t.account_id = l.account_id AND t.id = l.id"
	" RETURNING t.account_id, t.id) "
	"UPDATE frontdesk.ready r SET incarnation = NULL, slot = NULL, generation = NULL, due_at = $3 "
	"FROM freed f WHERE r.account_id = f.account_id AND r.thread_id = f.id",
	{INT4OID, UUIDOID, TIMESTAMPTZOID, INT8OID, INT4OID, INT8OID}
};

static BaseStatement extend_leases = {
	"UPDATE frontdesk.ready SET due_at = $1 "
	"WHERE slot = $2 AND generation = $3 AND incarnation = $4 AND due_at < $5",
	{TIMESTAMPTZOID, INT4OID, INT8OID, INT8OID, TIMESTAMPTZOID}
};

static BaseStatement put_aside = {
	"WITH free AS MATERIALIZED (SELECT t.account_id, t.id FROM frontdesk.threads t"
	" WHERE t.account_id = $1 AND t.id = $2 AND t.slot IS NULL FOR NO KEY UPDATE SKIP LOCKED) "
	"UPDATE frontdesk.ready r SET due_at = greatest(r.due_at, $3) FROM free f"
	" WHERE r.account_id = f.account_id AND r.thread_id = f.id AND r.slot IS NULL",
	{INT4OID, UUIDOID, TIMESTAMPTZOID}
};

static BaseStatement change_version = {
	"UPDATE frontdesk.threads SET graph_version = $3 WHERE account_id = $1 AND id = $2",
	{INT4OID, UUIDOID, INT4OID}
};

static BaseStatement fail_thread = {
	"WITH failed AS (UPDATE frontdesk.threads SET incarnation = NULL, slot = NULL, generation = NULL,"
	" epoch = epoch + 1, queued_seq = 0, status = 'failed', status_reason = $3, updated_at = $4"
	" WHERE account_id = $1 AND id = $2) "
	"DELETE FROM frontdesk.ready WHERE account_id = $1 AND thread_id = $2",
	{INT4OID, UUIDOID, TEXTOID, TIMESTAMPTZOID}
};

void
engine_claim_set_owner(int slot, int64 generation)
{
	my_slot = slot;
	my_generation = generation;
}

static TimestampTz
lease_end(void)
{
	return base_clock_now() + (int64) LEASE_SECONDS * USECS_PER_SEC;
}

/* ---- loading ---- */

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
static int64
former_mail(EngineTurn *turn)
{
	if (turn->inner->former == NIL)
		return PG_INT64_MAX;
	return ((FormerStep *) llast(turn->inner->former))->mail_seq;
}

static EngineTurn *
create_turn(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "frontdesk turn",
												  ALLOCSET_START_SMALL_SIZES);
	EngineTurn *turn = MemoryContextAllocZero(context, sizeof(EngineTurn));

	turn->context = context;
	turn->inner = MemoryContextAllocZero(context, sizeof(EngineTurnInner));
	return turn;
}

void
engine_claim_free_turn(EngineTurn *turn)
{
	MemoryContextDelete(turn->context);
}

static EngineTurn *
read_claimed_row(uint64 row)
{
	EngineTurn *turn = create_turn();
	EngineTurnInner *inner = turn->inner;
	EngineProgress *now = &inner->now;
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	const char *kind;
	const char *status;
	bool		isnull;

	turn->account_id = base_spi_int32(row, 1, 0);
	turn->thread_id = *DatumGetUUIDP(base_spi_value(row, 2, &isnull));
	turn->original_id = turn->thread_id;
	kind = base_spi_text(row, 3);
	turn->kind = engine_turn_find_thread_kind(kind);
	turn->is_rehearsal = strcmp(kind, ENGINE_REHEARSAL) == 0;
	turn->epoch = base_spi_int64(row, 7, 0);
	inner->locked_event_seq = now->event_seq = base_spi_int64(row, 8, 0);
	inner->wake_seq = base_spi_int64(row, 9, 0);
	now->step_seq = base_spi_int64(row, 10, 0);
	now->lane_seq = base_spi_int64(row, 11, 0);
	now->lane_head = base_spi_int64(row, 12, 0);
	inner->turn_number = base_spi_int32(row, 13, 0) + 1;
	status = base_spi_text(row, 14);
	inner->was_interrupted = strcmp(status, "idle") != 0;
	if (strcmp(status, "failed") == 0)
		inner->failed_for = base_spi_text(row, 17);
	now->state = turn->state = DatumGetJsonbPCopy(base_spi_value(row, 15, &isnull));
	turn->last_mail = base_spi_int64(row, 16, 0);
	now->attempt = 1;
	now->concluded = true;		/* until mail or patches say otherwise */
	now->status = "idle";
	MemoryContextSwitchTo(caller);
	return turn;
}

/* A thread at rest begins its next turn on the version that has followed its
 * own, if one is to; one in the middle of a turn ends it where it began. */
static void
move_to_successor(EngineTurn *turn)
{
	const EngineGraph *left = turn->graph;
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int32GetDatum(left->succeeded_by)};

	turn->graph = engine_graph_get(left->account_id, left->name, left->succeeded_by);
	base_spi_execute(&change_version, values, NULL);
}

/* The graphs are read after all rows, for SPI_tuptable is one at a time. */
static void
attach_graph(EngineTurn *turn, int account_id, const char *name, int version)
{
	turn->graph = engine_graph_get(account_id, name, version);
	if (turn->graph->succeeded_by != 0 && !turn->inner->was_interrupted && !turn->is_rehearsal)
		move_to_successor(turn);
	turn->inner->now.node = turn->graph->entry;
}

static void
thread_keys(List *turns, Datum values[2])
{
	static const Oid types[] = {INT4OID, UUIDOID, InvalidOid};
	EngineArrays arrays;
	ListCell   *cell;

	engine_arrays_init(&arrays, types, list_length(turns));
	foreach(cell, turns)
	{
		EngineTurn *turn = lfirst(cell);

		engine_arrays_add_row(&arrays);
		engine_arrays_set(&arrays, 0, Int32GetDatum(turn->account_id));
		engine_arrays_set(&arrays, 1, UUIDPGetDatum(&turn->thread_id));
	}
	engine_arrays_build(&arrays, values);
}

/* Keeps what mail of kind deliver asks for until the lane is loaded. */
void
engine_claim_keep_posted(EngineTurn *turn, Jsonb *payload)
{
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	Jsonb	   *list = base_jsonb_member((Jsonb *) PG_DETOAST_DATUM_COPY(JsonbPGetDatum(payload)),
										 "deliver");

	if (list != NULL)
		turn->inner->posted = lappend(turn->inner->posted, list);
	MemoryContextSwitchTo(caller);
}

/* Adds what mail asked for behind what the lane holds already. */
void
engine_claim_post_deliveries(EngineTurn *turn)
{
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(turn->last_mail)};
	ListCell   *cell;

	if (turn->inner->posted == NIL)
		return;
	foreach(cell, turn->inner->posted)
		engine_step_deliver_all(turn, lfirst(cell));
	turn->inner->posted = NIL;
	base_spi_execute(&mark_posted, values, NULL);
}

/*
 * Takes the mail in, but for what came after an unfinished claim had read the
 * mailbox: its steps knew nothing of that.  A turn without any, or with mail
 * that only asks for its lane to be emptied or for deliveries (kinds lane and
 * deliver), does not walk the graph.
 */
static void
load_mail(List *turns)
{
	Datum		values[2];
	uint64		count;

	thread_keys(turns, values);
	count = base_spi_execute(&read_mail, values, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		EngineTurn *turn = list_nth(turns, (int) base_spi_int64(i, 1, 0) - 1);
		int64		seq = base_spi_int64(i, 2, 0);
		bool		isnull;
		Datum		payload = base_spi_value(i, 3, &isnull);

		if (seq > former_mail(turn))
			continue;
		turn->last_mail = seq;
		if (turn->first_mail == 0)
			turn->first_mail = turn->last_mail;
		if (!isnull && base_spi_bool(i, 5, false))
			engine_claim_keep_posted(turn, DatumGetJsonbP(payload));
		else if (!isnull)
			engine_turn_merge(turn, DatumGetJsonbP(payload));
		if (base_spi_bool(i, 4, true))
		{
			turn->inner->now.concluded = false;
			turn->inner->has_message = true;
		}
	}
}

/* Reads the steps of an unfinished claim, and the one before them. */
static void
read_former_steps(EngineTurn *turn)
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

	if (step == NULL || step->failed || step->next_node == NULL || strcmp(step->node, step->next_node) != 0)
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

static void
load_lane(EngineTurn *turn)
{
	EngineProgress *now = &turn->inner->now;
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	Int64GetDatum(now->lane_head)};
	uint64		count = base_spi_execute(&read_lane, values, NULL);
	MemoryContext caller = MemoryContextSwitchTo(turn->context);

	for (uint64 i = 0; i < count; i++)
	{
		EngineDelivery *delivery;
		char	   *status = base_spi_text(i, 4);
		bool		isnull;

		now->lane_seq = base_spi_int64(i, 1, 0);
		if (strcmp(status, "sent") == 0 || strcmp(status, "dead") == 0 ||
			strcmp(status, "withdrawn") == 0 || strcmp(status, "held") == 0)
		{
			if (now->lane == NIL)
				now->lane_head = now->lane_seq + 1;
			continue;
		}
		delivery = palloc0(sizeof(EngineDelivery));
		delivery->seq = now->lane_seq;
		delivery->kind = engine_turn_find_delivery_kind(base_spi_text(i, 2));
		delivery->payload = DatumGetJsonbPCopy(base_spi_value(i, 3, &isnull));
		delivery->attempts = base_spi_int32(i, 5, 0);
		delivery->remote_id = base_spi_text(i, 6);
		delivery->arrived = strcmp(status, "arrived") == 0;
		if (!delivery->arrived && strcmp(status, "pending") != 0)
			engine_delivery_doubt(delivery);
		now->lane = lappend(now->lane, delivery);
	}
	MemoryContextSwitchTo(caller);
}

/* Lets each thread kind read what its turns need, all of a kind at once. */
static void
load_subjects(List *turns)
{
	EngineTurn **same = palloc(list_length(turns) * sizeof(EngineTurn *));
	List	   *left = list_copy(turns);

	while (left != NIL)
	{
		const EngineThreadKind *kind = ((EngineTurn *) linitial(left))->kind;
		int			count = 0;
		ListCell   *cell;

		foreach(cell, left)
		{
			EngineTurn *turn = lfirst(cell);

			if (turn->kind != kind)
				continue;
			same[count++] = turn;
			left = foreach_delete_current(left, cell);
		}
		engine_turn_load(same, count);
	}
}

/* Remembers which graph each claimed row named, while SPI_tuptable is valid. */
typedef struct GraphKey
{
	int			account_id;
	char	   *name;
	int			version;
} GraphKey;

static List *
read_claimed(uint64 count)
{
	List	   *turns = NIL;
	GraphKey   *keys = palloc(Max(count, 1) * sizeof(GraphKey));

	for (uint64 i = 0; i < count; i++)
	{
		turns = lappend(turns, read_claimed_row(i));
		keys[i].account_id = base_spi_int32(i, 4, 0);
		keys[i].name = base_spi_text(i, 5);
		keys[i].version = base_spi_int32(i, 6, 0);
	}
	for (uint64 i = 0; i < count; i++)
		attach_graph(list_nth(turns, (int) i), keys[i].account_id, keys[i].name, keys[i].version);
	return turns;
}

static void
note_under_way(uint64 count)
{
	bool		isnull;

	under_way.is_single = count == 1;
	under_way.account_id = base_spi_int32(0, 1, 0);
	under_way.thread_id = *DatumGetUUIDP(base_spi_value(0, 2, &isnull));
}

bool
engine_claim_under_way(int *account_id, pg_uuid_t *thread_id)
{
	bool		was_single = under_way.is_single;

	*account_id = under_way.account_id;
	*thread_id = under_way.thread_id;
	under_way.is_single = false;
	return was_single;
}

int
engine_claim_threads(int quota_class, int room, List **turns)
{
	Datum		values[] = {Int16GetDatum(quota_class), TimestampTzGetDatum(base_clock_now()),
		Int64GetDatum(room), Int64GetDatum((int64) base_shared->incarnation),
	Int32GetDatum(my_slot), Int64GetDatum(my_generation), TimestampTzGetDatum(lease_end())};
	uint64		count = base_spi_execute(&claim, values, NULL);
	List	   *claimed;
	ListCell   *cell;

	if (count == 0)
		return 0;
	note_under_way(count);
	claimed = read_claimed(count);
	*turns = list_concat(*turns, claimed);
	engine_rehearsal_load(claimed);
	foreach(cell, claimed)
	{
		engine_join_begin(lfirst(cell));
		if (((EngineTurn *) lfirst(cell))->inner->was_interrupted)
			read_former_steps(lfirst(cell));
	}
	load_mail(claimed);
	foreach(cell, claimed)
	{
		EngineTurn *turn = lfirst(cell);

		if (turn->inner->former != NIL)
			apply_former_steps(turn);
		else if (turn->inner->last_step != NULL)
			load_awaited(turn);
		if (turn->inner->was_interrupted)
			load_lane(turn);
	}
	foreach(cell, claimed)
		engine_claim_post_deliveries(lfirst(cell));
	load_subjects(claimed);
	under_way.is_single = false;
	return (int) count;
}

TimestampTz
engine_claim_earliest_due(int quota_class)
{
	Datum		value = Int16GetDatum(quota_class);
	bool		isnull;

	if (base_spi_execute(&earliest_due, &value, NULL) == 0)
		return PG_INT64_MAX;
	return DatumGetTimestampTz(base_spi_value(0, 1, &isnull));
}

/* ---- locking ---- */

static int
compare_threads(const ListCell *a, const ListCell *b)
{
	const EngineTurn *x = lfirst(a);
	const EngineTurn *y = lfirst(b);

	if (x->account_id != y->account_id)
		return x->account_id < y->account_id ? -1 : 1;
	return memcmp(&x->thread_id, &y->thread_id, sizeof(pg_uuid_t));
}

/* Rows that could not be locked are somebody else's for now, unless they were
 * taken over or are gone. */
static void
tell_locked_out(List *turns, Datum values[2])
{
	uint64		count = base_spi_execute(&read_epochs, values, NULL);

	for (uint64 i = 0; i < count; i++)
	{
		EngineTurn *turn = list_nth(turns, (int) base_spi_int64(i, 1, 0) - 1);

		if (!turn->inner->stale || base_spi_int64(i, 2, -1) != turn->epoch)
			continue;
		turn->inner->stale = false;
		turn->inner->locked_out = true;
	}
}

void
engine_claim_lock(List *turns)
{
	Datum		values[2];
	uint64		count;
	ListCell   *cell;

	if (turns == NIL)
		return;
	/* every batch locks in the same order, so two can never wait in a ring */
	list_sort(turns, compare_threads);
	thread_keys(turns, values);
	count = base_spi_execute(&lock_threads, values, NULL);
	foreach(cell, turns)
	{
		((EngineTurn *) lfirst(cell))->inner->stale = true;
		((EngineTurn *) lfirst(cell))->inner->locked_out = false;
	}
	for (uint64 i = 0; i < count; i++)
	{
		EngineTurn *turn = list_nth(turns, (int) base_spi_int64(i, 1, 0) - 1);

		turn->inner->stale = base_spi_int64(i, 2, -1) != turn->epoch;
		turn->inner->wake_seq = base_spi_int64(i, 3, 0);
		turn->inner->locked_event_seq = turn->inner->now.event_seq = base_spi_int64(i, 4, 0);
	}
	if (count < list_length(turns))
		tell_locked_out(turns, values);
}

/* ---- setting free ---- */

/* The slots that are taken, and their generations, as two SQL arrays. */
static void
taken_slots(Datum *slot_array, Datum *generation_array)
{
	int			slots[ENGINE_MAX_SLOTS];
	int64		generations[ENGINE_MAX_SLOTS];
	static const Oid types[] = {INT4OID, INT8OID, InvalidOid};
	int			count = engine_wake_taken_slots(slots, generations);
	EngineArrays arrays;
	Datum		built[2];

	engine_arrays_init(&arrays, types, count);
	for (int i = 0; i < count; i++)
	{
		engine_arrays_add_row(&arrays);
		engine_arrays_set(&arrays, 0, Int32GetDatum(slots[i]));
		engine_arrays_set(&arrays, 1, Int64GetDatum(generations[i]));
	}
	engine_arrays_build(&arrays, built);
	*slot_array = built[0];
	*generation_array = built[1];
}

int
engine_claim_free_orphans(bool *some_left)
{
	TimestampTz now = base_clock_now();
	Datum		values[4] = {TimestampTzGetDatum(now),
	Int64GetDatum((int64) base_shared->incarnation)};
	uint64		count;
	int			freed = 0;
	SPITupleTable *found;

	taken_slots(&values[2], &values[3]);
	count = base_spi_execute(&find_orphans, values, NULL);
	found = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool		isnull;
		Datum		key[] = {SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull),
			SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull),
			TimestampTzGetDatum(now),
			SPI_getbinval(found->vals[i], found->tupdesc, 3, &isnull),
			SPI_getbinval(found->vals[i], found->tupdesc, 4, &isnull),
		SPI_getbinval(found->vals[i], found->tupdesc, 5, &isnull)};

		freed += (int) base_spi_execute(&free_orphan, key, NULL);
	}
	*some_left = freed < count;
	for (int c = 0; freed > 0 && c < ENGINE_QUOTA_CLASSES; c++)
		engine_wake_at_commit(c, now);
	return freed;
}

void
engine_claim_extend_leases(void)
{
	Datum		values[] = {TimestampTzGetDatum(lease_end()), Int32GetDatum(my_slot),
		Int64GetDatum(my_generation), Int64GetDatum((int64) base_shared->incarnation),
	TimestampTzGetDatum(lease_end() - (int64) LEASE_SECONDS / 2 * USECS_PER_SEC)};

	base_spi_execute(&extend_leases, values, NULL);
}

void
engine_claim_put_aside(int account_id, const pg_uuid_t *thread_id, int64 ms)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
	TimestampTzGetDatum(TimestampTzPlusMilliseconds(base_clock_now(), ms))};

	base_spi_execute(&put_aside, values, NULL);
}

void
engine_claim_fail_thread(int account_id, const pg_uuid_t *thread_id, const char *reason)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(thread_id),
	CStringGetTextDatum(reason), TimestampTzGetDatum(base_clock_now())};

	base_spi_execute(&fail_thread, values, NULL);
}
