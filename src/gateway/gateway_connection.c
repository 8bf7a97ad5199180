/*
 * gateway_connection.c
 *		One connection to PostgreSQL.
 *
 * Runs in the gateway.  A small state machine driven by the socket:
 *
 *		closed -> connecting -> idle <-> busy
 *
 * and back to closed from anywhere.  One whose answer is overdue is abandoned:
 * its job has failed, but it stays open until its backend ends, for a backend
 * that nobody counts any more would be one beside the shares of all.
 * A busy connection carries one job: in pipeline mode everything up to one Sync
 * leaves in one write, is one transaction, and counts as done only when the
 * answer to that Sync is there, because the commit happens at the Sync.
 *
 * A connection remembers which plans it has prepared, and for which picture of
 * the schema; it is opened anew rather than tidied up when the picture is
 * another one.  What its owner, the pool, must know it hears by callbacks.
 */
#include "gateway_connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "gateway_error.h"

#define OPEN_TIMEOUT_MS 5000
#define ANSWER_GRACE_MS 2000

typedef GatewayConnection Connection;

static void connection_ready(void *owner, uint32_t events);
static void close_pg(Connection *connection);

/* Prepares the memory of a closed connection. */
void
gateway_connection_init(GatewayConnection *connection,
						const GatewayConnectionOwner *owner)
{
	connection->owner = owner;
	connection->watch.fd = -1;
	connection->watch.owner = connection;
	connection->watch.ready_cb = connection_ready;
}

/* The only place that changes a state. */
static void
set_state(Connection *connection, GatewayConnectionState state)
{
	GatewayConnectionState old = connection->state;

	connection->state = state;
	connection->since_ms = gateway_loop_now_ms(connection->owner->loop);
	connection->owner->state_cb(connection, old);
}

static void
forget_results(Connection *connection)
{
	PQclear(connection->opened);
	PQclear(connection->rows);
	PQclear(connection->error);
	connection->opened = NULL;
	connection->rows = NULL;
	connection->error = NULL;
	connection->null_count = 0;
}

/* Takes what libpq would print on its own; results carry it anyway. */
static void
ignore_notice(void *owner, const char *message)
{
}

static void
fail_to_open(Connection *connection, const char *message)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", message);
	close_pg(connection);
	connection->owner->refused_cb(connection, copy);
}

/* Starts to connect; the state tells what became of it. */
void
gateway_connection_open(GatewayConnection *connection)
{
	const GatewayConnectionOwner *owner = connection->owner;
	/* a host that is gone is found out, unless the string says otherwise */
	const char *names[] = {"keepalives_idle",
						   "keepalives_interval",
						   "keepalives_count",
						   "dbname",
						   "fallback_application_name",
						   "client_encoding",
						   "options",
						   NULL};
	const char *values[] = {"10",
							"5",
							"3",
							owner->database,
							"pg_frontdesk_gateway",
							"UTF8",
							owner->options,
							NULL};

	connection->schema_version = 0;
	connection->pg = PQconnectStartParams(names, values, 1);
	set_state(connection, GATEWAY_CONNECTION_CONNECTING);
	if (connection->pg != NULL)
		PQsetNoticeProcessor(connection->pg, ignore_notice, NULL);
	if (connection->pg == NULL || PQstatus(connection->pg) == CONNECTION_BAD ||
		!gateway_loop_watch(owner->loop, &connection->watch,
							PQsocket(connection->pg), EPOLLOUT))
		fail_to_open(connection, PQerrorMessage(connection->pg));
}

static void
close_pg(Connection *connection)
{
	forget_results(connection);
	gateway_loop_unwatch(connection->owner->loop, &connection->watch);
	PQfinish(connection->pg);
	connection->pg = NULL;
	set_state(connection, GATEWAY_CONNECTION_CLOSED);
}

/* Closes a connection that has no job. */
void
gateway_connection_close(GatewayConnection *connection)
{
	if (connection->state != GATEWAY_CONNECTION_CLOSED)
		close_pg(connection);
}

/* Pushes out what is buffered; watches for room when it does not all fit. */
static bool
flush(Connection *connection)
{
	int left = PQflush(connection->pg);

	return left >= 0 &&
		   gateway_loop_watch(connection->owner->loop, &connection->watch,
							  PQsocket(connection->pg),
							  left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* The connection is there: it takes jobs from now on. */
static void
become_idle(Connection *connection)
{
	PGconn *pg = connection->pg;

	memset(connection->prepared, 0, sizeof(connection->prepared));
	connection->is_opening_prepared = false;
	gateway_loop_unwatch(connection->owner->loop, &connection->watch);
	if (PQsetnonblocking(pg, 1) != 0 || !PQenterPipelineMode(pg) ||
		!flush(connection))
	{
		fail_to_open(connection, PQerrorMessage(pg));
		return;
	}
	set_state(connection, GATEWAY_CONNECTION_IDLE);
	connection->owner->free_cb(connection);
}

/* Takes libpq one step further in opening the connection. */
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
			gateway_loop_unwatch(connection->owner->loop, &connection->watch);
			if (!gateway_loop_watch(
					connection->owner->loop, &connection->watch, fd,
					wanted == PGRES_POLLING_READING ? EPOLLIN : EPOLLOUT))
				fail_to_open(connection, "cannot watch the socket");
			break;
		case PGRES_POLLING_OK:
			become_idle(connection);
			break;
		default:
			fail_to_open(connection, PQerrorMessage(connection->pg));
			break;
	}
}

/* Results come in the order of the statements: the opening's is the first. */
static void
note_prepared(Connection *connection, const GatewayPlan *plan)
{
	if (connection->is_opening_prepared)
		connection->prepared[plan->id] = true;
	connection->is_opening_prepared = true;
}

/* Keeps the rows of a job, those of its opening apart, and its first error;
 * later errors only follow from that one. */
static void
take_result(Connection *connection, PGresult *result)
{
	const GatewayJob *job = connection->job;

	switch (PQresultStatus(result))
	{
		case PGRES_TUPLES_OK:
			if (job != NULL && job->plan != NULL && connection->opened == NULL)
			{
				connection->opened = result;
				return;
			}
			PQclear(connection->rows);
			connection->rows = result;
			return;
		case PGRES_COMMAND_OK:
			if (job != NULL && job->plan != NULL)
				note_prepared(connection, job->plan);
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
	READ_BROKEN,
	READ_OVERDUE
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

/* An idle connection has nothing to say but that it ends. */
static void
idle_ready(Connection *connection)
{
	ReadState state = read_results(connection);

	if (state == READ_MORE && connection->error == NULL)
		return;
	close_pg(connection);
}

static const char *
field(const PGresult *error, int code)
{
	const char *text = PQresultErrorField(error, code);

	return text && text[0] ? text : NULL;
}

/* Says whose share the opening has named. */
static void
describe_opening(const PGresult *opened, GatewayOutcome *outcome)
{
	outcome->is_opened = opened != NULL;
	if (opened != NULL && !PQgetisnull(opened, 0, 0))
		outcome->share = PQgetvalue(opened, 0, 0);
}

/* Says what became of the job, from the results and how reading ended. */
static void
describe_outcome(const Connection *connection, ReadState state,
				 GatewayOutcome *outcome)
{
	const PGresult *error = connection->error;
	const PGresult *rows = connection->rows;

	memset(outcome, 0, sizeof(*outcome));
	describe_opening(connection->opened, outcome);
	if (error != NULL && field(error, PG_DIAG_SQLSTATE) != NULL)
	{
		outcome->kind = GATEWAY_OUTCOME_ERROR;
		outcome->is_before_call = connection->opened == NULL;
		outcome->error.sqlstate = field(error, PG_DIAG_SQLSTATE);
		outcome->error.message = field(error, PG_DIAG_MESSAGE_PRIMARY);
		outcome->error.detail = field(error, PG_DIAG_MESSAGE_DETAIL);
		outcome->error.hint = field(error, PG_DIAG_MESSAGE_HINT);
	}
	else if (state != READ_SYNCED || error != NULL ||
			 (rows == NULL && !connection->job->only_opens))
	{
		outcome->kind = GATEWAY_OUTCOME_FAILURE;
		outcome->failure = GATEWAY_FAILURE_DATABASE_LOST;
	}
	else
	{
		outcome->kind = GATEWAY_OUTCOME_DONE;
		outcome->row_count = PQntuples(rows); /* 0 without rows */
		outcome->status = "";
		outcome->headers = "";
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
	const GatewayConnectionOwner *owner = connection->owner;
	GatewayJob *job = connection->job;
	PGresult *opened = connection->opened;
	PGresult *rows = connection->rows;
	PGresult *error = connection->error;
	GatewayOutcome outcome;
	bool is_stale;

	describe_outcome(connection, state, &outcome);
	connection->job = NULL;
	connection->opened = NULL;
	connection->rows = NULL;
	connection->error = NULL;
	connection->null_count = 0;
	is_stale = outcome.kind == GATEWAY_OUTCOME_ERROR &&
			   gateway_error_is_stale_plan(outcome.error.sqlstate);
	if (state == READ_BROKEN)
		owner->lost_cb(connection, PQerrorMessage(connection->pg));
	if (state == READ_OVERDUE)
		owner->lost_cb(connection, "its answer is overdue");
	if (state == READ_BROKEN || is_stale ||
		PQstatus(connection->pg) == CONNECTION_BAD)
		close_pg(connection);
	else if (state == READ_OVERDUE)
		set_state(connection, GATEWAY_CONNECTION_ABANDONED);
	else
		set_state(connection, GATEWAY_CONNECTION_IDLE);

	job->done_cb(job, &outcome, rows);
	PQclear(opened);
	PQclear(error);
	owner->free_cb(connection);
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

/* What a backend still says that was given up is for nobody. */
static void
abandoned_ready(Connection *connection)
{
	ReadState state = read_results(connection);

	forget_results(connection);
	if (state == READ_MORE &&
		(connection->watch.events == EPOLLIN || flush(connection)))
		return;
	close_pg(connection);
	connection->owner->free_cb(connection);
}

static void
connection_ready(void *owner, uint32_t events)
{
	static void (*const ready[])(Connection *) = {
		[GATEWAY_CONNECTION_CLOSED] = NULL,
		[GATEWAY_CONNECTION_CONNECTING] = connecting_ready,
		[GATEWAY_CONNECTION_IDLE] = idle_ready,
		[GATEWAY_CONNECTION_BUSY] = busy_ready,
		[GATEWAY_CONNECTION_ABANDONED] = abandoned_ready,
	};
	Connection *connection = owner;

	if (ready[connection->state] != NULL)
		ready[connection->state](connection);
}

/* Sends opening and call in one pipeline, so that a request costs one round
 * trip. */
static bool
send_call(Connection *connection, const GatewayJob *job)
{
	const GatewayPlan *plan = job->plan;
	const char *const parameter[] = {job->parameter};
	const int length[] = {(int) job->parameter_length};
	const int format[] = {plan->parameter_format};
	PGconn *pg = connection->pg;

	if (!connection->is_opening_prepared &&
		!PQsendPrepare(pg, "opening", gateway_sql_opening, 0, NULL))
		return false;
	if (!PQsendQueryPrepared(pg, "opening", GATEWAY_SESSION_COUNT, job->session,
							 NULL, NULL, 0))
		return false;
	if (job->only_opens)
		return PQpipelineSync(pg) == 1;
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
	const char *values[] = {connection->owner->schema};

	return PQsendQueryParams(connection->pg, gateway_schema_query, 1, NULL,
							 values, NULL, NULL, 0) &&
		   PQpipelineSync(connection->pg);
}

/* A statement of the gateway's own, with the rights of its login. */
static bool
send_statement(Connection *connection, const char *statement)
{
	return PQsendQueryParams(connection->pg, statement, 0, NULL, NULL, NULL,
							 NULL, 0) &&
		   PQpipelineSync(connection->pg);
}

static bool
send_job(Connection *connection, const GatewayJob *job)
{
	if (job->plan != NULL)
		return send_call(connection, job);
	if (job->statement != NULL)
		return send_statement(connection, job->statement);
	return send_schema_query(connection);
}

/* Gives a job to an idle connection. */
void
gateway_connection_start(GatewayConnection *connection, GatewayJob *job)
{
	bool is_sent;

	set_state(connection, GATEWAY_CONNECTION_BUSY);
	connection->job = job;
	connection->sender = job->sender;
	connection->is_webhook = job->waits_for_database;
	is_sent = send_job(connection, job);
	if (!is_sent || !flush(connection))
		finish_job(connection, READ_BROKEN);
}

/* Tells whether what an idle connection has prepared belongs to a job. */
bool
gateway_connection_fits(GatewayConnection *connection, const GatewayJob *job)
{
	if (job->plan == NULL)
		return true;
	if (connection->schema_version == 0)
		connection->schema_version = job->schema_version;
	return connection->schema_version == job->schema_version;
}

/* Gives up on a server that does not answer. */
void
gateway_connection_check(GatewayConnection *connection)
{
	const GatewayConnectionOwner *owner = connection->owner;
	int64_t age_ms = gateway_loop_now_ms(owner->loop) - connection->since_ms;

	switch (connection->state)
	{
		case GATEWAY_CONNECTION_CONNECTING:
			if (age_ms > OPEN_TIMEOUT_MS)
				fail_to_open(connection, "timed out");
			break;
		case GATEWAY_CONNECTION_BUSY:
			if (age_ms > owner->statement_timeout_ms + ANSWER_GRACE_MS)
				finish_job(connection, READ_OVERDUE);
			break;
		default:
			break;
	}
}
