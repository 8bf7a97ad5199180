/*
 * gateway_pool.c
 *		Connections to PostgreSQL and the requests that wait for one.
 *
 * Runs in the gateway.  A fixed array of connections, each a small state
 * machine driven by its socket:
 *
 *		closed -> connecting -> setup -> idle <-> busy
 *
 * and back to closed from anywhere.  A busy connection carries one job: in
 * pipeline mode everything up to one Sync leaves in one write, is one
 * transaction, and counts as done only when the answer to that Sync is there,
 * because the commit happens at the Sync.  Idle connections are a stack, so
 * few backends stay warm when little is to be done.
 *
 * Jobs wait in one queue, first come, first served.  While PostgreSQL cannot
 * be reached only those that ask for it stay queued; the others fail at once.
 *
 * A connection remembers which plans it has prepared and for which picture of
 * the schema; when a job comes with another picture the connection is opened
 * anew instead of being tidied up.
 */
#include "gateway_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "gateway_log.h"

#define CONNECT_TIMEOUT_MS 5000
#define ANSWER_GRACE_MS 2000
#define FIRST_BACKOFF_MS 50
#define MAX_BACKOFF_MS 1000
#define QUIET_LOG_MS 10000

typedef enum ConnectionState
{
	STATE_CLOSED,
	STATE_CONNECTING,
	STATE_SETUP,
	STATE_IDLE,
	STATE_BUSY
} ConnectionState;

typedef struct Connection Connection;

struct Connection
{
	GatewayWatch watch;
	GatewayPool *pool;
	PGconn *pg;
	ConnectionState state;
	int64_t since_ms;	 /* start of the state */
	GatewayJob *job;	 /* when busy */
	PGresult *rows;		 /* latest result with rows of this pipeline */
	PGresult *error;	 /* first error of this pipeline */
	int null_count;		 /* ends of results in a row */
	uint64_t schema_version; /* that prepared[] is about; 0: none yet */
	bool prepared[GATEWAY_SQL_MAX_PLANS];
	Connection *next_idle;
};

struct GatewayPool
{
	GatewayLoop *loop;
	GatewayMetrics *metrics;
	char *database;
	char *schema;
	int64_t statement_timeout_ms;
	int size;
	int open_count; /* idle or busy */
	int opening_count;
	int busy_count;
	Connection *connections;
	Connection *idle;
	GatewayJob *first;
	GatewayJob *last;
	int waiting_count;
	int64_t retry_at_ms; /* no connection attempt before */
	int64_t backoff_ms;
	int64_t logged_at_ms;
};

static void open_connection(GatewayPool *pool);
static void connection_ready(void *owner, uint32_t events);
static void close_connection(Connection *connection);
static void serve_queue(GatewayPool *pool);
static void fail_waiters(GatewayPool *pool);

static int64_t
now_ms(const GatewayPool *pool)
{
	return gateway_loop_now_ms(pool->loop);
}

/* Creates the pool and starts its first connection. */
GatewayPool *
gateway_pool_create(GatewayLoop *loop, const GatewayConfig *config,
					GatewayMetrics *metrics)
{
	GatewayPool *pool = gateway_text_allocate(sizeof(*pool));

	pool->loop = loop;
	pool->metrics = metrics;
	pool->database =
		gateway_text_duplicate(config->database, strlen(config->database));
	pool->schema =
		gateway_text_duplicate(config->schema, strlen(config->schema));
	pool->statement_timeout_ms = config->statement_timeout;
	pool->size = (int) config->pool_size;
	pool->connections =
		gateway_text_allocate((size_t) pool->size * sizeof(Connection));
	for (int i = 0; i < pool->size; i++)
	{
		Connection *connection = &pool->connections[i];

		connection->pool = pool;
		connection->watch.fd = -1;
		connection->watch.owner = connection;
		connection->watch.ready_cb = connection_ready;
	}
	open_connection(pool);
	return pool;
}

/* The only place that changes a state; keeps the counts true. */
static void
set_state(Connection *connection, ConnectionState state)
{
	GatewayPool *pool = connection->pool;
	ConnectionState old = connection->state;

	pool->opening_count -= old == STATE_CONNECTING || old == STATE_SETUP;
	pool->open_count -= old == STATE_IDLE || old == STATE_BUSY;
	pool->busy_count -= old == STATE_BUSY;
	pool->opening_count += state == STATE_CONNECTING || state == STATE_SETUP;
	pool->open_count += state == STATE_IDLE || state == STATE_BUSY;
	pool->busy_count += state == STATE_BUSY;
	if (old == STATE_IDLE)
	{
		Connection **link = &pool->idle;

		while (*link != connection)
			link = &(*link)->next_idle;
		*link = connection->next_idle;
	}
	if (state == STATE_IDLE)
	{
		connection->next_idle = pool->idle;
		pool->idle = connection;
	}
	connection->state = state;
	connection->since_ms = now_ms(pool);
}

static void
forget_results(Connection *connection)
{
	PQclear(connection->rows);
	PQclear(connection->error);
	connection->rows = NULL;
	connection->error = NULL;
	connection->null_count = 0;
}

/* Logs the first failure of a series and then one every few seconds. */
static void
log_failure(GatewayPool *pool, const char *what, const char *message)
{
	pool->metrics->database_failures++;
	if (pool->logged_at_ms != 0 &&
		now_ms(pool) - pool->logged_at_ms < QUIET_LOG_MS)
		return;
	pool->logged_at_ms = now_ms(pool);
	gateway_log(GATEWAY_LOG_ERROR, "%s: %s", what, message);
}

/* Takes what libpq would print on its own; results carry it anyway. */
static void
ignore_notice(void *owner, const char *message)
{
}

static void
note_connect_failure(Connection *connection, const char *message)
{
	GatewayPool *pool = connection->pool;

	log_failure(pool, "could not connect to PostgreSQL", message);
	close_connection(connection);
	pool->backoff_ms = pool->backoff_ms == 0 ? FIRST_BACKOFF_MS
											 : pool->backoff_ms * 2;
	if (pool->backoff_ms > MAX_BACKOFF_MS)
		pool->backoff_ms = MAX_BACKOFF_MS;
	if (pool->waiting_count > 0 && pool->backoff_ms > 4 * FIRST_BACKOFF_MS)
		pool->backoff_ms = 4 * FIRST_BACKOFF_MS;
	pool->retry_at_ms = now_ms(pool) + pool->backoff_ms;
	if (pool->open_count == 0 && pool->opening_count == 0)
		fail_waiters(pool);
}

/* Starts one more connection, when there is room and it is time. */
static void
open_connection(GatewayPool *pool)
{
	const char *names[] = {"dbname", "fallback_application_name",
						   "client_encoding", NULL};
	const char *values[] = {pool->database, "pg_frontdesk_gateway", "UTF8",
							NULL};
	Connection *connection = NULL;

	if (now_ms(pool) < pool->retry_at_ms)
		return;
	for (int i = 0; i < pool->size && connection == NULL; i++)
	{
		if (pool->connections[i].state == STATE_CLOSED)
			connection = &pool->connections[i];
	}
	if (connection == NULL)
		return;
	connection->schema_version = 0;
	connection->pg = PQconnectStartParams(names, values, 1);
	set_state(connection, STATE_CONNECTING);
	if (connection->pg != NULL)
		PQsetNoticeProcessor(connection->pg, ignore_notice, NULL);
	if (connection->pg == NULL || PQstatus(connection->pg) == CONNECTION_BAD ||
		!gateway_loop_watch(pool->loop, &connection->watch,
							PQsocket(connection->pg), EPOLLOUT))
		note_connect_failure(connection, PQerrorMessage(connection->pg));
}

static void
close_connection(Connection *connection)
{
	forget_results(connection);
	gateway_loop_unwatch(connection->pool->loop, &connection->watch);
	PQfinish(connection->pg);
	connection->pg = NULL;
	set_state(connection, STATE_CLOSED);
}

/* Pushes out what is buffered; watches for room when it does not all fit. */
static bool
flush(Connection *connection)
{
	int left = PQflush(connection->pg);

	return left >= 0 &&
		   gateway_loop_watch(connection->pool->loop, &connection->watch,
							  PQsocket(connection->pg),
							  left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static bool
send_setup(Connection *connection)
{
	PGconn *pg = connection->pg;
	char timeout[24];
	const char *values[] = {connection->pool->schema, timeout};

	snprintf(timeout, sizeof(timeout), "%lld",
			 (long long) connection->pool->statement_timeout_ms);
	return PQsetnonblocking(pg, 1) == 0 && PQenterPipelineMode(pg) &&
		   PQsendQueryParams(pg, gateway_sql_connection_setup, 2, NULL, values,
							 NULL, NULL, 0) &&
		   PQsendPrepare(pg, "session_write", gateway_sql_session_write, 0,
						 NULL) &&
		   PQsendPrepare(pg, "session_read", gateway_sql_session_read, 0,
						 NULL) &&
		   PQpipelineSync(pg) && flush(connection);
}

static void
connecting_ready(Connection *connection)
{
	PostgresPollingStatusType wanted = PQconnectPoll(connection->pg);
	int fd = PQsocket(connection->pg);

	switch (wanted)
	{
		case PGRES_POLLING_READING:
		case PGRES_POLLING_WRITING:
			/* The socket may be another one than before, with any number. */
			gateway_loop_unwatch(connection->pool->loop, &connection->watch);
			if (!gateway_loop_watch(
					connection->pool->loop, &connection->watch, fd,
					wanted == PGRES_POLLING_READING ? EPOLLIN : EPOLLOUT))
				note_connect_failure(connection, "cannot watch the socket");
			break;
		case PGRES_POLLING_OK:
			gateway_loop_unwatch(connection->pool->loop, &connection->watch);
			set_state(connection, STATE_SETUP);
			memset(connection->prepared, 0, sizeof(connection->prepared));
			if (!send_setup(connection))
				note_connect_failure(connection,
									 PQerrorMessage(connection->pg));
			break;
		default:
			note_connect_failure(connection, PQerrorMessage(connection->pg));
			break;
	}
}

static void
take_result(Connection *connection, PGresult *result)
{
	const GatewayJob *job = connection->job;

	switch (PQresultStatus(result))
	{
		case PGRES_TUPLES_OK:
			PQclear(connection->rows);
			connection->rows = result;
			return;
		case PGRES_COMMAND_OK:
			if (job != NULL && job->plan != NULL)
				connection->prepared[job->plan->id] = true;
			break;
		case PGRES_FATAL_ERROR:
			if (connection->error == NULL)
			{
				connection->error = result;
				return;
			}
			break;
		default:
			break;
	}
	PQclear(result);
}

typedef enum ReadState
{
	READ_MORE,
	READ_SYNCED,
	READ_BROKEN
} ReadState;

/* Takes in what has arrived of the pipeline's results. */
static ReadState
read_results(Connection *connection)
{
	PGconn *pg = connection->pg;
	bool is_open = PQconsumeInput(pg) == 1;

	while (!PQisBusy(pg))
	{
		PGresult *result = PQgetResult(pg);

		if (result == NULL)
		{
			if (++connection->null_count > 1)
				return READ_BROKEN;
			continue;
		}
		connection->null_count = 0;
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		{
			PQclear(result);
			return READ_SYNCED;
		}
		take_result(connection, result);
		if (PQstatus(pg) == CONNECTION_BAD)
			return READ_BROKEN;
	}
	return is_open ? READ_MORE : READ_BROKEN;
}

static void
setup_ready(Connection *connection)
{
	GatewayPool *pool = connection->pool;
	ReadState state = read_results(connection);

	if (state == READ_MORE && flush(connection))
		return;
	if (state != READ_SYNCED || connection->error != NULL)
	{
		note_connect_failure(connection,
							 connection->error
								 ? PQresultErrorMessage(connection->error)
								 : PQerrorMessage(connection->pg));
		return;
	}
	forget_results(connection);
	if (pool->backoff_ms > 0)
		gateway_log(GATEWAY_LOG_INFO, "connected to PostgreSQL again");
	pool->backoff_ms = 0;
	pool->retry_at_ms = 0;
	pool->logged_at_ms = 0;
	set_state(connection, STATE_IDLE);
	serve_queue(pool);
}

/* An idle connection has nothing to say but that it ends. */
static void
idle_ready(Connection *connection)
{
	ReadState state = read_results(connection);

	if (state == READ_MORE && connection->error == NULL)
		return;
	close_connection(connection);
}

static const char *
field(const PGresult *error, int code)
{
	const char *text = PQresultErrorField(error, code);

	return text && text[0] ? text : NULL;
}

/* Says what became of the job, from the results and how reading ended. */
static void
describe_outcome(const Connection *connection, ReadState state,
				 GatewayOutcome *outcome)
{
	const PGresult *error = connection->error;
	const PGresult *rows = connection->rows;

	memset(outcome, 0, sizeof(*outcome));
	if (error != NULL && field(error, PG_DIAG_SQLSTATE) != NULL)
	{
		outcome->kind = GATEWAY_OUTCOME_ERROR;
		outcome->is_before_call = rows == NULL;
		outcome->error.sqlstate = field(error, PG_DIAG_SQLSTATE);
		outcome->error.message = field(error, PG_DIAG_MESSAGE_PRIMARY);
		outcome->error.detail = field(error, PG_DIAG_MESSAGE_DETAIL);
		outcome->error.hint = field(error, PG_DIAG_MESSAGE_HINT);
	}
	else if (state != READ_SYNCED || error != NULL || rows == NULL)
	{
		outcome->kind = GATEWAY_OUTCOME_FAILURE;
		outcome->failure = GATEWAY_FAILURE_DATABASE_LOST;
	}
	else
	{
		outcome->kind = GATEWAY_OUTCOME_DONE;
		outcome->row_count = PQntuples(rows);
		if (outcome->row_count != 1 || PQnfields(rows) != GATEWAY_RESULT_COUNT)
			return;
		if (!PQgetisnull(rows, 0, GATEWAY_RESULT_BODY))
			outcome->body = PQgetvalue(rows, 0, GATEWAY_RESULT_BODY);
		outcome->body_length =
			(size_t) PQgetlength(rows, 0, GATEWAY_RESULT_BODY);
		outcome->status = PQgetvalue(rows, 0, GATEWAY_RESULT_STATUS);
		outcome->headers = PQgetvalue(rows, 0, GATEWAY_RESULT_HEADERS);
	}
}

/*
 * Ends the job of a busy connection.  The connection is free again before
 * the job's owner hears of it, since the owner may submit the next.
 */
static void
finish_job(Connection *connection, ReadState state)
{
	GatewayPool *pool = connection->pool;
	GatewayJob *job = connection->job;
	PGresult *rows = connection->rows;
	PGresult *error = connection->error;
	GatewayOutcome outcome;
	bool is_stale;

	describe_outcome(connection, state, &outcome);
	connection->job = NULL;
	connection->rows = NULL;
	connection->error = NULL;
	is_stale = outcome.kind == GATEWAY_OUTCOME_ERROR &&
			   gateway_error_is_stale_plan(outcome.error.sqlstate);
	if (state == READ_BROKEN)
		log_failure(pool, "lost a connection to PostgreSQL",
					PQerrorMessage(connection->pg));
	if (state == READ_BROKEN || is_stale ||
		PQstatus(connection->pg) == CONNECTION_BAD)
		close_connection(connection);
	else
		set_state(connection, STATE_IDLE);
	connection->null_count = 0;

	job->done_cb(job, &outcome, rows);
	PQclear(error);
	serve_queue(pool);
}

static void
busy_ready(Connection *connection)
{
	ReadState state = read_results(connection);

	if (state == READ_MORE)
	{
		if (connection->watch.events == EPOLLIN || flush(connection))
			return;
		state = READ_BROKEN;
	}
	finish_job(connection, state);
}

static void
connection_ready(void *owner, uint32_t events)
{
	static void (*const ready[])(Connection *) = {
		[STATE_CLOSED] = NULL,
		[STATE_CONNECTING] = connecting_ready,
		[STATE_SETUP] = setup_ready,
		[STATE_IDLE] = idle_ready,
		[STATE_BUSY] = busy_ready,
	};
	Connection *connection = owner;

	if (ready[connection->state] != NULL)
		ready[connection->state](connection);
}

static bool
send_call(Connection *connection, const GatewayJob *job)
{
	const GatewayPlan *plan = job->plan;
	const char *const parameter[] = {job->parameter};
	const int length[] = {(int) job->parameter_length};
	const int format[] = {plan->parameter_format};
	PGconn *pg = connection->pg;

	if (!PQsendQueryPrepared(
			pg, job->is_read_only ? "session_read" : "session_write",
			GATEWAY_SESSION_COUNT, job->session, NULL, NULL, 0))
		return false;
	if (!connection->prepared[plan->id] &&
		!PQsendPrepare(pg, plan->statement, plan->sql, plan->parameter_count,
					   &plan->parameter_type))
		return false;
	return PQsendQueryPrepared(pg, plan->statement, plan->parameter_count,
							   parameter, length, format, 0) &&
		   PQpipelineSync(pg);
}

static bool
send_schema_query(Connection *connection)
{
	const char *values[] = {connection->pool->schema};

	return PQsendQueryParams(connection->pg, gateway_schema_query, 1, NULL,
							 values, NULL, NULL, 0) &&
		   PQpipelineSync(connection->pg);
}

/* Gives a job to an idle connection. */
static void
start_job(Connection *connection, GatewayJob *job)
{
	bool is_sent;

	set_state(connection, STATE_BUSY);
	connection->job = job;
	is_sent = job->plan != NULL ? send_call(connection, job)
								: send_schema_query(connection);
	if (!is_sent || !flush(connection))
		finish_job(connection, READ_BROKEN);
}

/*
 * Returns an idle connection whose prepared plans belong to the job's
 * schema; those that know another are closed on the way.
 */
static Connection *
find_idle(GatewayPool *pool, const GatewayJob *job)
{
	Connection *connection;

	while ((connection = pool->idle) != NULL)
	{
		if (job->plan == NULL)
			return connection;
		if (connection->schema_version == 0)
			connection->schema_version = job->schema_version;
		if (connection->schema_version == job->schema_version)
			return connection;
		close_connection(connection);
	}
	return NULL;
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

/* Starts what can be started and opens connections for the rest. */
static void
serve_queue(GatewayPool *pool)
{
	while (pool->first != NULL)
	{
		Connection *connection = find_idle(pool, pool->first);

		if (connection == NULL)
			break;
		start_job(connection, take_first(pool));
	}
	if (pool->waiting_count > pool->opening_count &&
		pool->open_count + pool->opening_count < pool->size)
		open_connection(pool);
}

/*
 * Submits a job.  Returns false when the queue is full; otherwise done_cb is
 * called once, perhaps before this returns.
 */
bool
gateway_pool_submit(GatewayPool *pool, GatewayJob *job, int64_t queue_size)
{
	if (pool->idle == NULL && pool->waiting_count >= queue_size)
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
sift_queue(GatewayPool *pool,
		   GatewayFailure (*failure_of)(const GatewayPool *, const GatewayJob *))
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

static void
check_connection(Connection *connection)
{
	GatewayPool *pool = connection->pool;
	int64_t age_ms = now_ms(pool) - connection->since_ms;

	switch (connection->state)
	{
		case STATE_CONNECTING:
		case STATE_SETUP:
			if (age_ms > CONNECT_TIMEOUT_MS)
				note_connect_failure(connection, "timed out");
			break;
		case STATE_BUSY:
			if (age_ms > pool->statement_timeout_ms + ANSWER_GRACE_MS)
				finish_job(connection, READ_BROKEN);
			break;
		default:
			break;
	}
}

/* Looks after time: stuck connections, overdue jobs, the next attempt. */
void
gateway_pool_tick(GatewayPool *pool)
{
	for (int i = 0; i < pool->size; i++)
		check_connection(&pool->connections[i]);
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
	counts->busy = pool->busy_count;
	counts->idle = pool->open_count - pool->busy_count;
	counts->opening = pool->opening_count;
	counts->waiting = pool->waiting_count;
}

/* Closes everything; jobs in flight are forgotten. */
void
gateway_pool_free(GatewayPool *pool)
{
	for (int i = 0; i < pool->size; i++)
	{
		if (pool->connections[i].state != STATE_CLOSED)
			close_connection(&pool->connections[i]);
	}
	free(pool->connections);
	free(pool->database);
	free(pool->schema);
	free(pool);
}
