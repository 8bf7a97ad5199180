/*
 * gateway_service.h
 *		What one running gateway consists of.
 */
#ifndef GATEWAY_SERVICE_H
#define GATEWAY_SERVICE_H

#include "gateway_catalog.h"
#include "gateway_config.h"
#include "gateway_limit.h"
#include "gateway_loop.h"
#include "gateway_metrics.h"
#include "gateway_pool.h"
#include "gateway_scrape.h"
#include "gateway_share.h"

struct GatewayExchange;

typedef struct GatewayService
{
	GatewayLoop loop;
	GatewayConfig config;
	GatewayMetrics metrics;
	GatewayLimit *limit;
	GatewayShares *shares;
	GatewayPool *pool;
	GatewayCatalog *catalog;
	GatewayScrape *scrape;
	int64_t max_clients; /* of max_connections, what descriptors allow */
	int64_t webhook_logged_at_ms;	  /* that its function is missing */
	int64_t bodies_logged_at_ms;	  /* that an address sends too much */
	bool is_draining;				  /* finish, then stop */
	struct GatewayExchange *spare;	  /* for the next requests */
	struct GatewayExchange *retrying; /* webhooks that wait to be retried */
} GatewayService;

#endif
