/*
 * gateway_metrics.c
 *		What the gateway counts, in Prometheus' text form.
 *
 * Runs in the gateway; pure.  Counters are plain numbers of the one thread
 * that serves.
 */
#include "gateway_metrics.h"

#define PREFIX "frontdesk_gateway_"

static const int64_t bucket_limits_us[GATEWAY_METRICS_BUCKETS] = {
	250,	500,	1000,	2500,	 5000,	  10000,   25000,	50000,
	100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

/* Counts one answer. */
void
gateway_metrics_count(GatewayMetrics *metrics, int status, int64_t duration_us)
{
	int bucket = 0;

	while (bucket < GATEWAY_METRICS_BUCKETS &&
		   duration_us > bucket_limits_us[bucket])
		bucket++;
	metrics->bucket_counts[bucket]++;
	metrics->duration_us += duration_us;
	metrics->by_class[status >= 100 && status < 600 ? status / 100 : 0]++;
}

static void
append_metric(GatewayText *text, const char *name, const char *kind,
			  const char *help, int64_t value)
{
	gateway_text_format(text,
						"# HELP " PREFIX "%s %s\n# TYPE " PREFIX
						"%s %s\n" PREFIX "%s %lld\n",
						name, help, name, kind, name, (long long) value);
}

static void
append_classes(const GatewayMetrics *metrics, GatewayText *text)
{
	gateway_text_add(text, "# HELP " PREFIX "requests_total Answers by class "
						   "of their status; aborted: the client left.\n"
						   "# TYPE " PREFIX "requests_total counter\n");
	for (int i = 1; i < 6; i++)
		gateway_text_format(text,
							PREFIX "requests_total{class=\"%dxx\"} %lld\n", i,
							(long long) metrics->by_class[i]);
	gateway_text_format(text, PREFIX "requests_total{class=\"aborted\"} %lld\n",
						(long long) metrics->by_class[0]);
}

/* Writes the histogram of durations as Prometheus wants it: each bucket counts
 * all that were faster. */
static void
append_histogram(const GatewayMetrics *metrics, GatewayText *text)
{
	int64_t total = 0;

	gateway_text_add(text,
					 "# HELP " PREFIX "request_duration_seconds From "
					 "the request line to the end of the answer.\n"
					 "# TYPE " PREFIX "request_duration_seconds histogram\n");
	for (int i = 0; i < GATEWAY_METRICS_BUCKETS; i++)
	{
		total += metrics->bucket_counts[i];
		gateway_text_format(
			text, PREFIX "request_duration_seconds_bucket{le=\"%g\"} %lld\n",
			(double) bucket_limits_us[i] / 1e6, (long long) total);
	}
	total += metrics->bucket_counts[GATEWAY_METRICS_BUCKETS];
	gateway_text_format(text,
						PREFIX "request_duration_seconds_bucket{le=\"+Inf\"} "
							   "%lld\n" PREFIX
							   "request_duration_seconds_sum %.6f\n" PREFIX
							   "request_duration_seconds_count %lld\n",
						(long long) total, (double) metrics->duration_us / 1e6,
						(long long) total);
}

static void
append_pool(const GatewayPoolCounts *pool, GatewayText *text)
{
	gateway_text_format(text,
						"# HELP " PREFIX "pool_connections Connections to "
						"PostgreSQL by state.\n"
						"# TYPE " PREFIX "pool_connections gauge\n" PREFIX
						"pool_connections{state=\"idle\"} %d\n" PREFIX
						"pool_connections{state=\"busy\"} %d\n" PREFIX
						"pool_connections{state=\"opening\"} %d\n",
						pool->idle, pool->busy, pool->opening);
	append_metric(text, "queue_length", "gauge",
				  "Requests that wait for a connection to PostgreSQL.",
				  pool->waiting);
}

/* Adds all metrics. */
void
gateway_metrics_render(const GatewayMetrics *metrics,
					   const GatewayPoolCounts *pool, GatewayText *text)
{
	append_classes(metrics, text);
	append_histogram(metrics, text);
	append_pool(pool, text);
	append_metric(text, "clients", "gauge", "Open client connections.",
				  metrics->clients);
	append_metric(text, "clients_displaced_total", "counter",
				  "Clients without a request that were closed to make room.",
				  metrics->clients_displaced);
	append_metric(text, "clients_refused_total", "counter",
				  "Clients above the share of their address.",
				  metrics->clients_refused);
	append_metric(text, "in_flight", "gauge", "Requests being served.",
				  metrics->in_flight);
	append_metric(text, "body_bytes", "gauge",
				  "Bytes of bodies that count towards body_memory.",
				  metrics->body_bytes);
	append_metric(text, "rejected_memory_total", "counter",
				  "Bodies for which body_memory had no room.",
				  metrics->rejected_memory);
	append_metric(text, "rejected_json_total", "counter",
				  "Bodies that were no JSON.", metrics->rejected_json);
	append_metric(text, "rejected_utf8_total", "counter",
				  "Bodies that were no UTF-8.", metrics->rejected_utf8);
	append_metric(text, "rejected_size_total", "counter",
				  "Bodies above the size limit.", metrics->rejected_size);
	append_metric(text, "throttled_total", "counter",
				  "Requests refused by the rate limit.", metrics->throttled);
	append_metric(text, "timed_out_total", "counter",
				  "Clients that were too slow.", metrics->timed_out);
	append_metric(text, "webhook_retries_total", "counter",
				  "Webhooks that were tried again.", metrics->webhook_retries);
	append_metric(text, "database_failures_total", "counter",
				  "Connections to PostgreSQL that failed or were lost.",
				  metrics->database_failures);
}
