/*
 * gateway_pool.c
 *		The connections to PostgreSQL and the requests that wait for one.
 *
 * Runs in the gateway.  A fixed array of connections; they are opened as they
 * are needed.  Idle ones are a stack, so that few backends stay warm when
 * little is to be done.
 *
 * Jobs wait in one queue, first come, first served, but for shares, and
 * another's job goes first when one's share is taken: all calls together have
 * half of the connections, one sender's calls a quarter and never more than
 * are left of that half, and one sender of webhooks half; of an odd number one
 * is left whoever takes his.  So neither slow calls nor a lock that stops one
 * account's webhooks hold up the others, nor do both at once, and the more
 * senders have slow calls the fewer each gets.
 *
 * A connection whose answer is overdue is abandoned: another one is opened in
 * its place, and it keeps counting as its sender's until its backend has ended.
 * So there are at most twice as many backends as the pool is large, and who
 * makes them hang has no more of them than of others.
 *
 * While PostgreSQL cannot be reached only those jobs that ask for it stay
 * queued; the others fail at once.
 */
#include "gateway_pool.h"

#include <stdlib.h>
#include <string.h>

#include "gateway_hint.h"
#include "gateway_log.h"

#define FIRST_BACKOFF_MS 50
#define MAX_BACKOFF_MS 1000
#define WAITED_FOR_BACKOFF_MS 200
#define QUIET_LOG_MS 10000

struct GatewayPool
{
	GatewayConnectionOwner shared;
	GatewayMetrics *metrics;
	int size;
	int slots;		/* twice as many, for those that are abandoned */
	int open_count; /* idle or busy */
	int opening_count;
	int busy_count;
	int abandoned_count;
	GatewayConnection *connections;
	GatewayConnection *idle;
	GatewayJob *first;
	GatewayJob *last;
	int waiting_count;
	int64_t retry_at_ms; /* no attempt to connect before */
	int64_t backoff_ms;
	int64_t logged_at_ms;
};

static void open_connection(GatewayPool *pool);
static void state_changed(GatewayConnection *connection,
						  GatewayConnectionState old);
static void connection_refused(GatewayConnection *connection,
							   const char *message);
static void connection_lost(GatewayConnection *connection, const char *message);
static void connection_free(GatewayConnection *connection);
static void serve_queue(GatewayPool *pool);
static void fail_waiters(GatewayPool *pool);

static int64_t
now_ms(const GatewayPool *pool)
{
	return gateway_loop_now_ms(pool->shared.loop);
}

/* Creates the pool and starts its first connection. */
GatewayPool *
gateway_pool_create(GatewayLoop *loop, const GatewayConfig *config,
					GatewayMetrics *metrics)
{
	GatewayPool *pool = gateway_text_allocate(sizeof(*pool));
	GatewayConnectionOwner *shared = &pool->shared;

	shared->loop = loop;
	shared->database =
		gateway_text_duplicate(config->database, strlen(config->database));
	shared->schema =
		gateway_text_duplicate(config->schema, strlen(config->schema));
	shared->options = gateway_sql_session_options(
		config->database, config->schema, config->statement_timeout);
	shared->statement_timeout_ms = config->statement_timeout;
	shared->pool = pool;
	shared->state_cb = state_changed;
	shared->refused_cb = connection_refused;
	shared->lost_cb = connection_lost;
	shared->free_cb = connection_free;
	pool->metrics = metrics;
	pool->size = (int) config->pool_size;
	pool->slots = 2 * pool->size;
	pool->connections =
		gateway_text_allocate((size_t) pool->slots * sizeof(GatewayConnection));
	for (int i = 0; i < pool->slots; i++)
		gateway_connection_init(&pool->connections[i], shared);
	open_connection(pool);
	return pool;
}

/* Keeps the counts and the stack of idle connections true. */
static void
count_state(GatewayPool *pool, GatewayConnectionState state, int change)
{
	switch (state)
	{
		case GATEWAY_CONNECTION_CLOSED:
			break;
		case GATEWAY_CONNECTION_CONNECTING:
			pool->opening_count += change;
			break;
		case GATEWAY_CONNECTION_BUSY:
			pool->busy_count += change;
			pool->open_count += change;
			break;
		case GATEWAY_CONNECTION_IDLE:
			pool->open_count += change;
			break;
		case GATEWAY_CONNECTION_ABANDONED:
			pool->abandoned_count += change;
			break;
	}
}

/* Keeps the counts of states and the list of idle connections in step with one
 * that has changed. */
static void
state_changed(GatewayConnection *connection, GatewayConnectionState old)
{
	GatewayPool *pool = connection->owner->pool;

	count_state(pool, old, -1);
	count_state(pool, connection->state, 1);
	if (old == GATEWAY_CONNECTION_IDLE)
	{
		GatewayConnection **link = &pool->idle;

		while (*link != connection)
			link = &(*link)->next_idle;
		*link = connection->next_idle;
	}
	if (connection->state == GATEWAY_CONNECTION_IDLE)
	{
		connection->next_idle = pool->idle;
		pool->idle = connection;
	}
}

/* Logs the first failure of a series and then one every few seconds. */
static void
log_failure(GatewayPool *pool, const char *what, const char *message)
{
	const char *hint = gateway_hint_find(message);

	pool->metrics->database_failures++;
	if (pool->logged_at_ms != 0 &&
		now_ms(pool) - pool->logged_at_ms < QUIET_LOG_MS)
		return;
	pool->logged_at_ms = now_ms(pool);
	gateway_log(GATEWAY_LOG_ERROR, "%s: %s%s%s", what, message,
				hint ? "hint: " : "", hint ? hint : "");
}

/* Puts the next attempt off, less far when somebody is waiting for it. */
static void
connection_refused(GatewayConnection *connection, const char *message)
{
	GatewayPool *pool = connection->owner->pool;
	int64_t most =
		pool->waiting_count > 0 ? WAITED_FOR_BACKOFF_MS : MAX_BACKOFF_MS;

	log_failure(pool, "could not connect to PostgreSQL", message);
	pool->backoff_ms =
		pool->backoff_ms == 0 ? FIRST_BACKOFF_MS : pool->backoff_ms * 2;
	if (pool->backoff_ms > most)
		pool->backoff_ms = most;
	pool->retry_at_ms = now_ms(pool) + pool->backoff_ms;
	if (pool->open_count == 0 && pool->opening_count == 0)
		fail_waiters(pool);
}

static void
connection_lost(GatewayConnection *connection, const char *message)
{
	log_failure(connection->owner->pool, "lost a connection to PostgreSQL",
				message);
}

static void
connection_free(GatewayConnection *connection)
{
	GatewayPool *pool = connection->owner->pool;

	if (pool->backoff_ms > 0 && connection->state == GATEWAY_CONNECTION_IDLE)
	{
		gateway_log(GATEWAY_LOG_NOTICE, "connected to PostgreSQL again");
		pool->backoff_ms = 0;
		pool->retry_at_ms = 0;
		pool->logged_at_ms = 0;
	}
	serve_queue(pool);
}

/* Starts one more connection, when there is room and it is time. */
static void
open_connection(GatewayPool *pool)
{
	if (now_ms(pool) < pool->retry_at_ms)
		return;
	for (int i = 0; i < pool->slots; i++)
	{
		if (pool->connections[i].state == GATEWAY_CONNECTION_CLOSED)
		{
			gateway_connection_open(&pool->connections[i]);
			return;
		}
	}
}

/* Returns an idle connection for a job; closes those that do not fit it. */
static GatewayConnection *
find_idle(GatewayPool *pool, const GatewayJob *job)
{
	while (pool->idle != NULL && !gateway_connection_fits(pool->idle, job))
		gateway_connection_close(pool->idle);
	return pool->idle;
}

static GatewayJob *
take_first(GatewayPool *pool)
{
	GatewayJob *job = pool->first;

	pool->first = job->next;
	if (pool->first == NULL)
		pool->last = NULL;
	pool->waiting_count--;
	return job;
}

static void
enqueue(GatewayPool *pool, GatewayJob *job)
{
	job->next = NULL;
	if (pool->last != NULL)
		pool->last->next = job;
	else
		pool->first = job;
	pool->last = job;
	pool->waiting_count++;
}

static void
put_back(GatewayPool *pool, GatewayJob *job)
{
	job->next = pool->first;
	pool->first = job;
	if (pool->last == NULL)
		pool->last = job;
	pool->waiting_count++;
}

/* Returns one of so many parts of the connections, at least one connection. */
static int
share_of(const GatewayPool *pool, int parts)
{
	return pool->size > parts ? pool->size / parts : 1;
}

/* Tells whether a job would leave the others their connections. */
static bool
may_start(const GatewayPool *pool, const GatewayJob *job)
{
	int of_all_calls = share_of(pool, 2);
	int share = share_of(pool, job->waits_for_database ? 2 : 4);
	int of_sender = 0;
	int of_calls = 0;

	if (job->sender == 0 || pool->busy_count + pool->abandoned_count < share)
		return true;
	for (int i = 0; i < pool->slots; i++)
	{
		const GatewayConnection *other = &pool->connections[i];

		if (other->state < GATEWAY_CONNECTION_BUSY)
			continue;
		of_sender += other->sender == job->sender;
		of_calls += !other->is_webhook && other->job != NULL;
	}
	return of_sender < share &&
		   (job->waits_for_database || of_sender < of_all_calls - of_calls);
}

/* Takes the first job that may start out of the queue; NULL when none may. */
static GatewayJob *
take_startable(GatewayPool *pool)
{
	GatewayJob *before = NULL;
	GatewayJob *job = pool->first;

	while (job != NULL && !may_start(pool, job))
	{
		before = job;
		job = job->next;
	}
	if (job == NULL || before == NULL)
		return job == NULL ? NULL : take_first(pool);
	before->next = job->next;
	if (pool->last == job)
		pool->last = before;
	pool->waiting_count--;
	return job;
}

/* Starts what can be started and opens connections for the rest. */
static void
serve_queue(GatewayPool *pool)
{
	while (pool->first != NULL && find_idle(pool, pool->first) != NULL)
	{
		GatewayJob *job = take_startable(pool);
		GatewayConnection *connection;

		if (job == NULL)
			break;
		connection = find_idle(pool, job);
		if (connection == NULL)
		{
			put_back(pool, job);
			break;
		}
		gateway_connection_start(connection, job);
	}
	if (pool->waiting_count > pool->opening_count &&
		pool->open_count + pool->opening_count < pool->size)
		open_connection(pool);
}

/* Tells whether the queue has a place; a quarter is out of one sender's reach.
 */
static bool
has_place(const GatewayPool *pool, const GatewayJob *job, int64_t queue_size)
{
	int64_t of_sender = 0;

	if (pool->idle == NULL && pool->waiting_count >= queue_size)
		return false;
	for (const GatewayJob *other = pool->first; other != NULL;
		 other = other->next)
		of_sender += other->sender == job->sender;
	return job->sender == 0 || of_sender == 0 ||
		   of_sender < queue_size - queue_size / 4;
}

/*
 * Submits a job.  Returns false when the queue is full; otherwise done_cb is
 * called once, perhaps before this returns.
 */
bool
gateway_pool_submit(GatewayPool *pool, GatewayJob *job, int64_t queue_size)
{
	if (!has_place(pool, job, queue_size))
		return false;
	enqueue(pool, job);
	serve_queue(pool);
	return true;
}

static void
fail_job(GatewayJob *job, GatewayFailure failure)
{
	GatewayOutcome outcome = {.kind = GATEWAY_OUTCOME_FAILURE,
							  .failure = failure};

	job->done_cb(job, &outcome, NULL);
}

/*
 * Takes every job out of the queue, fails those that "failure_of" names a
 * failure for, and puts the others back in their order.
 */
static void
sift_queue(GatewayPool *pool, GatewayFailure (*failure_of)(const GatewayPool *,
														   const GatewayJob *))
{
	for (int left = pool->waiting_count; left > 0; left--)
	{
		GatewayJob *job = take_first(pool);
		GatewayFailure failure = failure_of(pool, job);

		if (failure == GATEWAY_FAILURE_NONE)
			enqueue(pool, job);
		else
			fail_job(job, failure);
	}
}

static GatewayFailure
down_failure(const GatewayPool *pool, const GatewayJob *job)
{
	return job->waits_for_database ? GATEWAY_FAILURE_NONE
								   : GATEWAY_FAILURE_DATABASE_DOWN;
}

static GatewayFailure
overdue_failure(const GatewayPool *pool, const GatewayJob *job)
{
	if (job->deadline_ms > now_ms(pool))
		return GATEWAY_FAILURE_NONE;
	return pool->open_count > 0 ? GATEWAY_FAILURE_QUEUE_TIMEOUT
								: GATEWAY_FAILURE_DATABASE_DOWN;
}

static void
fail_waiters(GatewayPool *pool)
{
	sift_queue(pool, down_failure);
}

/* Looks after time: stuck connections, overdue jobs, the next attempt. */
void
gateway_pool_tick(GatewayPool *pool)
{
	for (int i = 0; i < pool->slots; i++)
		gateway_connection_check(&pool->connections[i]);
	sift_queue(pool, overdue_failure);
	serve_queue(pool);
	if (pool->open_count + pool->opening_count == 0)
		open_connection(pool);
}

/* Tells whether a request would find a working connection. */
bool
gateway_pool_is_ready(const GatewayPool *pool)
{
	return pool->open_count > 0;
}

/* Returns the name of the database that is served, empty when not known. */
const char *
gateway_pool_database(const GatewayPool *pool)
{
	for (int i = 0; i < pool->slots; i++)
	{
		if (pool->connections[i].state >= GATEWAY_CONNECTION_IDLE)
			return PQdb(pool->connections[i].pg);
	}
	return "";
}

/* Tells whether the tick has something to hurry for. */
bool
gateway_pool_has_waiters(const GatewayPool *pool)
{
	return pool->waiting_count > 0 || pool->open_count == 0;
}

/* Counts for the metrics. */
void
gateway_pool_count(const GatewayPool *pool, GatewayPoolCounts *counts)
{
	counts->busy = pool->busy_count + pool->abandoned_count;
	counts->idle = pool->open_count - pool->busy_count;
	counts->opening = pool->opening_count;
	counts->waiting = pool->waiting_count;
}

/* Closes everything; jobs in flight are forgotten. */
void
gateway_pool_free(GatewayPool *pool)
{
	for (int i = 0; i < pool->slots; i++)
		gateway_connection_close(&pool->connections[i]);
	free(pool->connections);
	free(pool->shared.database);
	free(pool->shared.schema);
	free(pool->shared.options);
	free(pool);
}
