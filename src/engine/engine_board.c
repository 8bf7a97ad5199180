/*
 * engine_board.c
 *	  What every worker is doing at this moment, in shared memory.
 *
 * The writing side runs in engine workers.  A worker's row and its requests
 * have one writer, which counts their change counter up before and after it
 * writes, as backends do for pg_stat_activity: nobody ever waits.  Entries for
 * requests lie in one array, sized when the server starts
 * (frontdesk.in_flight_shown); a worker takes them a chunk at a time and keeps
 * them until it ends.  A request that finds none left is only counted.
 *
 * The counters of a database are atomics that outlive its workers; a worker
 * adds to them once per tick, never per event.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/base_clock.h"
#include "base/base_settings.h"
#include "engine/engine_board.h"
#include "engine/engine_rest.h"
#include "engine/engine_gate.h"

#define MAX_DATABASES 64
#define CHUNK 64
#define READ_TRIES 1000

const int64 engine_board_limits_us[ENGINE_BOARD_BUCKETS] = {
	5000, 25000, 100000, 250000, 500000, 1000000, 2500000, 5000000,
	10000000, 30000000, 60000000, 300000000
};

typedef struct BoardSlot
{
	pg_atomic_uint32 change;	/* odd while it is written */
	EngineBoardWorker worker;
} BoardSlot;

typedef struct BoardEntry
{
	pg_atomic_uint32 change;
	EngineBoardRequest request;
} BoardEntry;

typedef struct BoardDatabase
{
	pg_atomic_uint32 oid;		/* InvalidOid: free */
	pg_atomic_uint64 counters[ENGINE_BOARD_COUNTERS];
} BoardDatabase;

typedef struct BoardShared
{
	pg_atomic_uint32 unlisted;
	int			chunk_count;
	BoardDatabase databases[MAX_DATABASES];
	BoardSlot	slots[ENGINE_MAX_SLOTS];
} BoardShared;

static BoardShared *shared = NULL;
static pg_atomic_uint32 *chunk_owners;	/* slot + 1; 0 free */
static BoardEntry *entries;

/* This worker's own. */
static struct
{
	int			slot;			/* -1: not open */
	EngineBoardWorker told;		/* as it stands on the board */
	int64		counted[ENGINE_BOARD_COUNTERS]; /* since the last tick */
	int		   *unused;			/* entries of ours without a request */
	int			unused_count;
	int			unlisted;
}			mine = {.slot = -1};

static int
wanted_chunks(void)
{
	return (setting_in_flight_shown + CHUNK - 1) / CHUNK;
}

Size
engine_board_shmem_size(void)
{
	Size		size = MAXALIGN(sizeof(BoardShared));

	size = add_size(size, MAXALIGN(mul_size(wanted_chunks(), sizeof(pg_atomic_uint32))));
	return add_size(size, mul_size((Size) wanted_chunks() * CHUNK, sizeof(BoardEntry)));
}

static void
init_atomics(void)
{
	pg_atomic_init_u32(&shared->unlisted, 0);
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		pg_atomic_init_u32(&shared->databases[i].oid, InvalidOid);
		for (int c = 0; c < ENGINE_BOARD_COUNTERS; c++)
			pg_atomic_init_u64(&shared->databases[i].counters[c], 0);
	}
	for (int i = 0; i < ENGINE_MAX_SLOTS; i++)
		pg_atomic_init_u32(&shared->slots[i].change, 0);
	for (int i = 0; i < shared->chunk_count; i++)
		pg_atomic_init_u32(&chunk_owners[i], 0);
	for (int i = 0; i < shared->chunk_count * CHUNK; i++)
		pg_atomic_init_u32(&entries[i].change, 0);
}

void
engine_board_shmem_init(void *area, bool found)
{
	char	   *at = (char *) area + MAXALIGN(sizeof(BoardShared));

	shared = area;
	chunk_owners = (pg_atomic_uint32 *) at;
	entries = (BoardEntry *) (at + MAXALIGN(wanted_chunks() * sizeof(pg_atomic_uint32)));
	if (found)
		return;
	memset(area, 0, engine_board_shmem_size());
	shared->chunk_count = wanted_chunks();
	init_atomics();
}

static BoardDatabase *
find_database(bool enter)
{
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		BoardDatabase *database = &shared->databases[i];
		uint32		nobody = InvalidOid;

		if (pg_atomic_read_u32(&database->oid) == MyDatabaseId ||
			(enter && pg_atomic_compare_exchange_u32(&database->oid, &nobody, MyDatabaseId)) ||
			(enter && nobody == MyDatabaseId))
			return database;
	}
	return NULL;
}

/* ---- writing ---- */

static void
begin_change(pg_atomic_uint32 *change)
{
	pg_atomic_write_u32(change, pg_atomic_read_u32(change) + 1);
	pg_write_barrier();
}

static void
end_change(pg_atomic_uint32 *change)
{
	pg_write_barrier();
	pg_atomic_write_u32(change, pg_atomic_read_u32(change) + 1);
}

static void
tell(void)
{
	BoardSlot  *slot = &shared->slots[mine.slot];

	begin_change(&slot->change);
	slot->worker = mine.told;
	end_change(&slot->change);
}

void
engine_board_open(int slot, int64 generation)
{
	mine.slot = slot;
	mine.told.pid = MyProcPid;
	mine.told.database = MyDatabaseId;
	mine.told.generation = generation;
	mine.told.started_at = mine.told.last_tick_at = GetCurrentTimestamp();
	mine.unused = MemoryContextAlloc(TopMemoryContext,
									 (Size) shared->chunk_count * CHUNK * sizeof(int) + 1);
	engine_board_count(ENGINE_BOARD_WORKER_STARTS, 1);
	tell();
}

/* The request itself stays: readers look at the database first. */
static void
take_down(int entry)
{
	begin_change(&entries[entry].change);
	entries[entry].request.database = InvalidOid;
	end_change(&entries[entry].change);
}

void
engine_board_close(void)
{
	if (mine.slot < 0)
		return;
	for (int chunk = 0; chunk < shared->chunk_count; chunk++)
	{
		if (pg_atomic_read_u32(&chunk_owners[chunk]) != (uint32) mine.slot + 1)
			continue;
		for (int i = 0; i < CHUNK; i++)
			take_down(chunk * CHUNK + i);
		pg_atomic_write_u32(&chunk_owners[chunk], 0);
	}
	pg_atomic_fetch_sub_u32(&shared->unlisted, mine.unlisted);
	mine.told.generation = 0;
	tell();
	mine.slot = -1;
}

/* Makes a chunk ours; false when all are taken. */
static bool
take_chunk(void)
{
	for (int chunk = 0; chunk < shared->chunk_count; chunk++)
	{
		uint32		nobody = 0;

		if (!pg_atomic_compare_exchange_u32(&chunk_owners[chunk], &nobody, mine.slot + 1))
			continue;
		for (int i = CHUNK - 1; i >= 0; i--)
			mine.unused[mine.unused_count++] = chunk * CHUNK + i;
		return true;
	}
	return false;
}

/* Copies what fits, whole characters only. */
static void
copy_name(char *to, const char *from, int length)
{
	int			fits = length < NAMEDATALEN ? length : pg_mbcliplen(from, length, NAMEDATALEN - 1);

	memcpy(to, from, fits);
	to[fits] = '\0';
}

/* Host and port of an address; never what stands before an @ or behind a /. */
static void
copy_host(char *to, const char *url)
{
	const char *host = strstr(url, "://");
	const char *end;
	const char *at;

	host = host ? host + 3 : url;
	end = host + strcspn(host, "/?#");
	while ((at = memchr(host, '@', end - host)) != NULL)
		host = at + 1;
	copy_name(to, host, (int) (end - host));
}

/* Writes down what is asked of whom, for whom; never a secret of the address. */
static void
describe_request(EngineBoardRequest *request, EngineTurn *turn, const HttpRequest *leaving)
{
	const EngineProgress *now = &turn->inner->now;
	const char *step;

	request->slot = mine.slot;
	request->account_id = turn->account_id;
	request->thread_id = turn->thread_id;
	request->since = GetCurrentTimestamp();
	request->model[0] = '\0';
	if (now->waiting == ENGINE_WAIT_CALL)
	{
		request->purpose = ENGINE_BOARD_CALL;
		request->attempt = now->attempt;
		step = now->node->name;
		if (now->step->model)
			copy_name(request->model, now->step->model, strlen(now->step->model));
	}
	else
	{
		EngineDelivery *head = linitial(now->lane);

		request->purpose = now->waiting == ENGINE_WAIT_LOOKUP ? ENGINE_BOARD_LOOKUP :
																ENGINE_BOARD_DELIVERY;
		request->attempt = head->attempts;
		step = head->kind->name;
	}
	copy_name(request->step, step, strlen(step));
	copy_host(request->host, leaving->url);
	request->database = MyDatabaseId;
}

/* Puts the request up, or counts it when there is no entry left for it. */
void
engine_board_request_starts(EngineTurn *turn, const HttpRequest *request)
{
	EngineTurnInner *inner = turn->inner;

	engine_board_request_ends(inner, NULL);
	inner->flight.started_at = base_clock_ticks();
	if (mine.unused_count == 0 && !take_chunk())
	{
		inner->flight.board_entry = -1;
		mine.unlisted++;
		pg_atomic_fetch_add_u32(&shared->unlisted, 1);
		return;
	}
	inner->flight.board_entry = mine.unused[--mine.unused_count];
	begin_change(&entries[inner->flight.board_entry].change);
	describe_request(&entries[inner->flight.board_entry].request, turn, request);
	end_change(&entries[inner->flight.board_entry].change);
	inner->flight.board_entry++;		/* 0 is none */
}

static int
bucket_of(int64 us)
{
	int			bucket = 0;

	while (bucket < ENGINE_BOARD_BUCKETS && us > engine_board_limits_us[bucket])
		bucket++;
	return bucket;
}

static EngineBoardPurpose
purpose_of(const EngineTurnInner *inner)
{
	switch (inner->now.waiting)
	{
		case ENGINE_WAIT_DELIVERY:
			return ENGINE_BOARD_DELIVERY;
		case ENGINE_WAIT_LOOKUP:
			return ENGINE_BOARD_LOOKUP;
		default:
			return ENGINE_BOARD_CALL;
	}
}

static void
count_request(const EngineTurnInner *inner, const HttpResponse *outcome)
{
	int64		us = base_clock_ticks() - inner->flight.started_at;
	EngineBoardPurpose purpose = purpose_of(inner);

	engine_board_count(ENGINE_BOARD_REQUEST_US + purpose, us);
	engine_board_count(
		ENGINE_BOARD_REQUEST_BUCKETS + purpose * (ENGINE_BOARD_BUCKETS + 1) + bucket_of(us), 1);
	if (outcome->outcome != HTTP_ANSWERED)
		engine_board_count(ENGINE_BOARD_REQUESTS_FAILED, 1);
}

void
engine_board_request_ends(EngineTurnInner *inner, const HttpResponse *outcome)
{
	if (inner->flight.board_entry == 0)
		return;
	if (outcome != NULL)
		count_request(inner, outcome);
	if (inner->flight.board_entry > 0)
	{
		take_down(inner->flight.board_entry - 1);
		mine.unused[mine.unused_count++] = inner->flight.board_entry - 1;
	}
	else
	{
		mine.unlisted--;
		pg_atomic_fetch_sub_u32(&shared->unlisted, 1);
	}
	inner->flight.board_entry = 0;
}

void
engine_board_count(EngineBoardCounter counter, int64 by)
{
	mine.counted[counter] += by;
}

void
engine_board_count_now(EngineBoardCounter counter, int64 by)
{
	BoardDatabase *database = find_database(true);

	if (database != NULL)
		pg_atomic_fetch_add_u64(&database->counters[counter], by);
}

static void
count_checkpoints(List *checkpoints)
{
	ListCell   *cell;

	foreach(cell, checkpoints)
	{
		EngineCheckpoint *checkpoint = lfirst(cell);

		engine_board_count(ENGINE_BOARD_STEPS, 1);
		if (checkpoint->failure)
			engine_board_count(ENGINE_BOARD_STEPS_FAILED, 1);
		if (checkpoint->model != NULL && strncmp(checkpoint->model, "local (", 7) == 0)
			engine_board_count(ENGINE_BOARD_STAND_INS, 1);
		engine_board_count(ENGINE_BOARD_TOKENS_IN, checkpoint->tokens_in);
		engine_board_count(ENGINE_BOARD_TOKENS_OUT, checkpoint->tokens_out);
		engine_board_count(ENGINE_BOARD_COST, (int64) (checkpoint->cost * 1e9 + 0.5));
	}
}

static void
count_deliveries(List *writes)
{
	ListCell   *cell;

	foreach(cell, writes)
	{
		EngineDeliveryWrite *write = lfirst(cell);

		if (strcmp(write->status, "sent") == 0)
			engine_board_count(ENGINE_BOARD_DELIVERIES_SENT, 1);
		else if (strcmp(write->status, "dead") == 0)
			engine_board_count(ENGINE_BOARD_DELIVERIES_DEAD, 1);
		else if (strcmp(write->status, "uncertain") == 0)
			engine_board_count(ENGINE_BOARD_DELIVERIES_UNCERTAIN, 1);
	}
}

void
engine_board_count_turn(EngineTurn *turn)
{
	EngineTurnInner *inner = turn->inner;
	int64		us;

	count_checkpoints(inner->now.checkpoints);
	count_deliveries(inner->now.delivery_writes);
	if (inner->is_fresh)
	{
		mine.told.claims++;
		engine_board_count(ENGINE_BOARD_CLAIMS, 1);
	}
	if (!engine_rest_ends_turn(&inner->now))
		return;
	mine.told.turns_finished++;
	us = base_clock_ticks() - inner->claimed_at;
	engine_board_count(inner->now.rests_as == ENGINE_THREAD_FAILED
					   ? ENGINE_BOARD_TURNS_FAILED : ENGINE_BOARD_TURNS_FINISHED, 1);
	engine_board_count(ENGINE_BOARD_TURN_US, us);
	engine_board_count(ENGINE_BOARD_TURN_BUCKETS + bucket_of(us), 1);
}

void
engine_board_tick(const int threads[ENGINE_QUOTA_CLASSES], int requests)
{
	static BoardDatabase *database = NULL;

	engine_board_count(ENGINE_BOARD_TICKS, 1);
	if (database == NULL)
		database = find_database(true);
	for (int i = 0; i < ENGINE_BOARD_COUNTERS && database; i++)
		if (mine.counted[i] != 0)
			pg_atomic_fetch_add_u64(&database->counters[i], mine.counted[i]);
	mine.told.ticks++;
	mine.told.errors += mine.counted[ENGINE_BOARD_ERRORS];
	mine.told.last_tick_at = GetCurrentTimestamp();
	memcpy(mine.told.threads, threads, sizeof(mine.told.threads));
	mine.told.requests = requests;
	memset(mine.counted, 0, sizeof(mine.counted));
	tell();
}

void
engine_board_report_activity(int threads, int requests, EngineTurn *newest)
{
	char		activity[NAMEDATALEN * 6];
	int			length = snprintf(activity, sizeof(activity), "%s%d threads, %d requests in flight",
								  engine_gate_activity(), threads, requests);

	if (newest != NULL && newest->inner->flight.board_entry > 0)
	{
		EngineBoardRequest *request = &entries[newest->inner->flight.board_entry - 1].request;

		snprintf(activity + length, sizeof(activity) - length, "; %s %s of account %d: %s%s%s at %s",
				 newest->kind ? newest->kind->name : "thread",
				 DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&request->thread_id))),
				 request->account_id, request->step, request->model[0] ? " by " : "",
				 request->model, request->host);
	}
	pgstat_report_activity(threads > 0 ? STATE_RUNNING : STATE_IDLE, activity);
}

/* ---- reading ---- */

/* Copies a piece that its writer may be changing. */
static bool
copy_unchanged(pg_atomic_uint32 *change, const void *from, void *to, Size size)
{
	for (int i = 0; i < READ_TRIES; i++)
	{
		uint32		before = pg_atomic_read_u32(change);

		pg_read_barrier();
		memcpy(to, from, size);
		pg_read_barrier();
		if ((before & 1) == 0 && pg_atomic_read_u32(change) == before)
			return true;
	}
	return false;
}

bool
engine_board_read_worker(int slot, EngineBoardWorker *found)
{
	BoardSlot  *from = &shared->slots[slot];

	return copy_unchanged(&from->change, &from->worker, found, sizeof(*found)) &&
		found->generation != 0;
}

int
engine_board_entry_count(void)
{
	return shared->chunk_count * CHUNK;
}

bool
engine_board_read_request(int entry, EngineBoardRequest *found)
{
	if (pg_atomic_read_u32(&chunk_owners[entry / CHUNK]) == 0)
		return false;
	return copy_unchanged(&entries[entry].change, &entries[entry].request, found, sizeof(*found)) &&
		OidIsValid(found->database);
}

int64
engine_board_unlisted(void)
{
	return pg_atomic_read_u32(&shared->unlisted);
}

int64
engine_board_read_counter(EngineBoardCounter counter)
{
	BoardDatabase *database = find_database(false);

	return database ? (int64) pg_atomic_read_u64(&database->counters[counter]) : 0;
}
