/*
 * gateway_metrics.h
 *		What the gateway counts.
 */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include <stdint.h>

#include "gateway_text.h"

#define GATEWAY_METRICS_BUCKETS 15

typedef struct GatewayMetrics
{
	int64_t by_class[6]; /* answers by first digit of their status */
	int64_t bucket_counts[GATEWAY_METRICS_BUCKETS + 1]; /* last: slower */
	int64_t duration_us;
	int64_t in_flight;
	int64_t clients;
	int64_t clients_displaced; /* closed to make room for others */
	int64_t clients_refused;   /* above the share of their address */
	int64_t body_bytes;		   /* held, see gateway_body.c */
	int64_t rejected_json;
	int64_t rejected_memory; /* no room for the body */
	int64_t rejected_utf8;
	int64_t rejected_size;
	int64_t throttled;
	int64_t timed_out; /* clients that were too slow */
	int64_t webhook_retries;
	int64_t database_failures;
} GatewayMetrics;

/* The state of the pool at the time of asking. */
typedef struct GatewayPoolCounts
{
	int idle;
	int busy;
	int opening;
	int waiting; /* requests in the queue */
} GatewayPoolCounts;

void gateway_metrics_count(GatewayMetrics *metrics, int status,
						   int64_t duration_us);
void gateway_metrics_render(const GatewayMetrics *metrics,
							const GatewayPoolCounts *pool, GatewayText *text);

#endif
