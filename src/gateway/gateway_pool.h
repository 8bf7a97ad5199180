/*
 * gateway_pool.h
 *		The connections to PostgreSQL and the requests that wait for one.
 */
#ifndef GATEWAY_POOL_H
#define GATEWAY_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway_config.h"
#include "gateway_connection.h"
#include "gateway_loop.h"
#include "gateway_metrics.h"

typedef struct GatewayPool GatewayPool;

GatewayPool *gateway_pool_create(GatewayLoop *loop, const GatewayConfig *config,
								 GatewayMetrics *metrics);
bool gateway_pool_submit(GatewayPool *pool, GatewayJob *job,
						 int64_t queue_size);
void gateway_pool_tick(GatewayPool *pool);
bool gateway_pool_is_ready(const GatewayPool *pool);
const char *gateway_pool_database(const GatewayPool *pool);
bool gateway_pool_has_waiters(const GatewayPool *pool);
void gateway_pool_count(const GatewayPool *pool, GatewayPoolCounts *counts);
void gateway_pool_free(GatewayPool *pool);

#endif
