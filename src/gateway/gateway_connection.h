/*
 * gateway_connection.h
 *		One connection to PostgreSQL.
 */
#ifndef GATEWAY_CONNECTION_H
#define GATEWAY_CONNECTION_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway_loop.h"
#include "gateway_response.h"
#include "gateway_sql.h"

typedef struct GatewayConnection GatewayConnection;
typedef struct GatewayJob GatewayJob;

/* Gets the outcome; owns rows, which the outcome's texts point into. */
typedef void (*GatewayJobDoneCb)(GatewayJob *job, const GatewayOutcome *outcome,
								 PGresult *rows);

/* One transaction to run; lives inside its owner until done_cb is called. */
struct GatewayJob
{
	const GatewayPlan *plan;
	const char *statement;	 /* without a plan; NULL: load the schema */
	uint64_t schema_version; /* of the plan's schema */
	bool only_opens;		 /* ask whose share it is, and call nothing */
	bool waits_for_database; /* stays queued while the database is down */
	uint64_t sender;		 /* whose it is; 0: the gateway's own */
	const char *session[GATEWAY_SESSION_COUNT];
	const char *parameter;
	size_t parameter_length;
	int64_t deadline_ms; /* for the wait in the queue */
	GatewayJobDoneCb done_cb;
	void *owner;
	GatewayJob *next;
};

typedef enum GatewayConnectionState
{
	GATEWAY_CONNECTION_CLOSED,
	GATEWAY_CONNECTION_CONNECTING,
	GATEWAY_CONNECTION_IDLE,
	GATEWAY_CONNECTION_BUSY,
	GATEWAY_CONNECTION_ABANDONED /* its job was given up, its backend works on
								  */
} GatewayConnectionState;

/* What all connections of a pool share, and what the pool hears of them. */
typedef struct GatewayConnectionOwner
{
	GatewayLoop *loop;
	char *database; /* connection string */
	char *options;	/* settings of the session, what RESET ALL returns to */
	char *schema;
	int64_t statement_timeout_ms;
	void *pool;

	/* The state is another one than "old". */
	void (*state_cb)(GatewayConnection *, GatewayConnectionState old);
	/* It could not be opened, and is closed. */
	void (*refused_cb)(GatewayConnection *, const char *message);
	/* It breaks in the middle of a job. */
	void (*lost_cb)(GatewayConnection *, const char *message);
	/* It was opened, or its job is over; it may be closed again. */
	void (*free_cb)(GatewayConnection *);
} GatewayConnectionOwner;

struct GatewayConnection
{
	const GatewayConnectionOwner *owner;
	GatewayWatch watch;
	PGconn *pg;
	GatewayConnectionState state;
	int64_t since_ms; /* start of the state */
	GatewayJob *job;  /* when busy */
	uint64_t sender;  /* of the latest job, abandoned or not */
	bool is_webhook;
	PGresult *opened;		 /* the opening's result, when a plan is run */
	PGresult *rows;			 /* latest other result with rows */
	PGresult *error;		 /* first error of this pipeline */
	int null_count;			 /* ends of results in a row */
	uint64_t schema_version; /* that prepared[] is about; 0: none yet */
	bool is_opening_prepared;
	bool prepared[GATEWAY_SQL_MAX_PLANS];
	GatewayConnection *next_idle; /* the pool's */
};

void gateway_connection_init(GatewayConnection *connection,
							 const GatewayConnectionOwner *owner);
void gateway_connection_open(GatewayConnection *connection);
bool gateway_connection_fits(GatewayConnection *connection,
							 const GatewayJob *job);
void gateway_connection_start(GatewayConnection *connection, GatewayJob *job);
void gateway_connection_check(GatewayConnection *connection);
void gateway_connection_close(GatewayConnection *connection);

#endif
