/*
 * engine_claim.c
 *	  Makes turns of threads that are due, and locks those at hand.
 *
 * Runs in engine workers, inside short transactions with SPI connected.
 *
 * What is claimed is the thread, never a message: its row is locked (with SKIP
 * LOCKED), its epoch is bumped, and its ready row gets the owner and the end
 * of the lease (engine_lease.c).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_spi.h"
#include "engine/engine_claim.h"
#include "engine/engine_join.h"
#include "engine/engine_lane.h"
#include "engine/engine_lease.h"
#include "engine/engine_mailbox.h"
#include "engine/engine_rehearsal.h"
#include "engine/engine_rest.h"
#include "engine/engine_resume.h"

/* The thread that is being claimed, when it is a single one. */
static struct
{
	bool		is_single;
	int			account_id;
	pg_uuid_t	thread_id;
}			under_way;

/*
 * A thread picked under an old snapshot may have been through a whole turn
 * meanwhile; the second step therefore claims only what is still ready.
 */
#define CLAIM_PICKED \
	"claimed AS (" \
	" UPDATE frontdesk.ready r SET incarnation = $4, slot = $5, generation = $6, due_at = $7" \
	" FROM picked p WHERE r.account_id = p.account_id AND r.thread_id = p.id" \
	" AND r.slot IS NULL AND r.due_at <= $2" \
	" RETURNING r.account_id, r.thread_id) " \
	"UPDATE frontdesk.threads t SET epoch = t.epoch + 1, incarnation = $4, slot = $5, generation = $6" \
	" FROM claimed c WHERE t.account_id = c.account_id AND t.id = c.thread_id " \
	"RETURNING t.account_id, t.id, t.kind, t.graph_account_id, t.graph, t.graph_version," \
	" t.epoch, t.event_seq, t.wake_seq, t.step_seq, t.lane_seq, t.lane_head, t.turns," \
	" t.status, t.state, t.read_seq, t.status_reason"

static BaseStatement claim = {
	"WITH picked AS MATERIALIZED ("
	" SELECT t.account_id, t.id FROM frontdesk.ready r"
	" JOIN frontdesk.threads t ON t.account_id = r.account_id AND t.id = r.thread_id"
	" WHERE r.class = $1 AND r.due_at <= $2 AND r.slot IS NULL AND t.slot IS NULL"
	" ORDER BY r.due_at LIMIT $3 FOR NO KEY UPDATE OF t SKIP LOCKED), "
	CLAIM_PICKED,
	{INT2OID, TIMESTAMPTZOID, INT8OID, INT8OID, INT4OID, INT8OID, TIMESTAMPTZOID}
};

/*
 * The same when some accounts are passed over.  What is due of theirs may be any
 * number of rows and the oldest of all, so it is not read: the index goes from
 * account to account, a row each.
 */
static BaseStatement claim_of_others = {
	"WITH RECURSIVE waiting (account_id) AS ("
	" (SELECT r.account_id FROM frontdesk.ready r WHERE r.class = $1 AND r.slot IS NULL"
	"  ORDER BY r.account_id LIMIT 1) "
	"UNION ALL"
	" SELECT (SELECT r.account_id FROM frontdesk.ready r WHERE r.class = $1 AND r.slot IS NULL"
	"  AND r.account_id > w.account_id ORDER BY r.account_id LIMIT 1)"
	" FROM waiting w WHERE w.account_id IS NOT NULL), "
	"picked AS MATERIALIZED ("
	" SELECT t.account_id, t.id FROM waiting w CROSS JOIN LATERAL ("
	"  SELECT r.account_id, r.thread_id, r.due_at FROM frontdesk.ready r"
	"  WHERE r.class = $1 AND r.account_id = w.account_id AND r.slot IS NULL AND r.due_at <= $2"
	"  ORDER BY r.due_at LIMIT $3) r"
	" JOIN frontdesk.threads t ON t.account_id = r.account_id AND t.id = r.thread_id"
	" WHERE w.account_id <> ALL ($8) AND t.slot IS NULL"
	" ORDER BY r.due_at LIMIT $3 FOR NO KEY UPDATE OF t SKIP LOCKED), "
	CLAIM_PICKED,
	{INT2OID, TIMESTAMPTZOID, INT8OID, INT8OID, INT4OID, INT8OID, TIMESTAMPTZOID, INT4ARRAYOID}
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

static BaseStatement change_version = {
	"UPDATE frontdesk.threads SET graph_version = $3 WHERE account_id = $1 AND id = $2",
	{INT4OID, UUIDOID, INT4OID}
};

/* ---- loading ---- */

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

/* Makes a turn of a row of the claim, but for its graph, mail and lane. */
static EngineTurn *
read_claimed_row(uint64 row)
{
	EngineTurn *turn = create_turn();
	EngineTurnInner *inner = turn->inner;
	EngineProgress *now = &inner->now;
	MemoryContext caller = MemoryContextSwitchTo(turn->context);
	const char *kind;
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
	inner->rested_as = engine_rest_state_of(base_spi_text(row, 14));
	inner->rested_for = base_spi_text(row, 17);
	now->state = turn->state = DatumGetJsonbPCopy(base_spi_value(row, 15, &isnull));
	turn->last_mail = base_spi_int64(row, 16, 0);
	now->attempt = 1;
	now->concluded = true;		/* until mail or patches say otherwise */
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

	turn->graph = engine_graph_get(left->account_id, left->name, left->succeeded_by, turn->context);
	base_spi_execute(&change_version, values, NULL);
}

/* The graphs are read after all rows, for SPI_tuptable is one at a time. */
static void
attach_graph(EngineTurn *turn, int account_id, const char *name, int version)
{
	turn->graph = engine_graph_get(account_id, name, version, turn->context);
	if (turn->graph->succeeded_by != 0 && turn->inner->rested_as == ENGINE_THREAD_IDLE &&
		!turn->is_rehearsal)
		move_to_successor(turn);
	turn->inner->now.node = turn->graph->entry;
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

static Datum
accounts_array(const EngineShare *share)
{
	Datum	   *items = palloc(sizeof(Datum) * share->passed_count);

	for (int i = 0; i < share->passed_count; i++)
		items[i] = Int32GetDatum(share->passed_over[i]);
	return PointerGetDatum(construct_array(items, share->passed_count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Takes the rows; they are in SPI_tuptable. */
static uint64
take_threads(int quota_class, const EngineShare *share)
{
	EngineOwner owner = engine_lease_owner();
	Datum		values[8] = {Int16GetDatum(quota_class), TimestampTzGetDatum(base_clock_now()),
		Int64GetDatum(share->room), Int64GetDatum(owner.incarnation), Int32GetDatum(owner.slot),
	Int64GetDatum(owner.generation), TimestampTzGetDatum(engine_lease_end())};

	if (share->passed_count == 0)
		return base_spi_execute(&claim, values, NULL);
	values[7] = accounts_array(share);
	return base_spi_execute(&claim_of_others, values, NULL);
}

int
engine_claim_threads(int quota_class, const EngineShare *share, List **turns)
{
	uint64		count = take_threads(quota_class, share);
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
		if (((EngineTurn *) lfirst(cell))->inner->rested_as != ENGINE_THREAD_IDLE)
			engine_resume_read(lfirst(cell));
	}
	engine_mailbox_load(claimed);
	foreach(cell, claimed)
	{
		EngineTurn *turn = lfirst(cell);

		engine_resume_apply(turn);
		if (turn->inner->rested_as != ENGINE_THREAD_IDLE)
			engine_lane_load(turn);
	}
	foreach(cell, claimed)
		engine_mailbox_post_deliveries(lfirst(cell));
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
	engine_turn_keys(turns, values);
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
