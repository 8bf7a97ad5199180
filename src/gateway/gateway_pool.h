/*
 * gateway_pool.h
 *		Connections to PostgreSQL and the requests that wait for one.
 */
#ifndef GATEWAY_POOL_H
#define GATEWAY_POOL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway_config.h"
#include "gateway_loop.h"
#include "gateway_metrics.h"
#include "gateway_response.h"
#include "gateway_sql.h"

typedef struct GatewayPool GatewayPool;
typedef struct GatewayJob GatewayJob;

/* Gets the outcome; owns rows, which the outcome's texts point into. */
typedef void (*GatewayJobDoneCb)(GatewayJob *job,
								 const GatewayOutcome *outcome,
								 PGresult *rows);

/* One transaction to run; lives inside its owner until done_cb is called. */
struct GatewayJob
{
	const GatewayPlan *plan; /* NULL: load the schema */
	uint64_t schema_version; /* of the plan's schema */
	bool is_read_only;
	bool waits_for_database; /* stays queued while the database is down */
	const char *session[GATEWAY_SESSION_COUNT];
	const char *parameter;
	size_t parameter_length;
	int64_t deadline_ms; /* for the wait in the queue */
	GatewayJobDoneCb done_cb;
	void *owner;
	GatewayJob *next;
};

GatewayPool *gateway_pool_create(GatewayLoop *loop, const GatewayConfig *config,
								 GatewayMetrics *metrics);
bool gateway_pool_submit(GatewayPool *pool, GatewayJob *job,
						 int64_t queue_size);
void gateway_pool_tick(GatewayPool *pool);
bool gateway_pool_is_ready(const GatewayPool *pool);
bool gateway_pool_has_waiters(const GatewayPool *pool);
void gateway_pool_count(const GatewayPool *pool, GatewayPoolCounts *counts);
void gateway_pool_free(GatewayPool *pool);

#endif
