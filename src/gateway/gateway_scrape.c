/*
 * gateway_scrape.c
 *		What the engine counts, for /metrics.
 *
 * Runs in the gateway.  frontdesk.metrics() is asked with the rights of the
 * gateway's login, at most once in MAX_AGE_MS however many ask for /metrics,
 * and one statement at a time; those who come meanwhile share its answer.  An
 * engine that cannot be asked is told of as down, and the gateway's own
 * counters are served all the same.
 */
#include "gateway_scrape.h"

#include <stdint.h>
#include <stdlib.h>

#include "gateway_log.h"

#define MAX_AGE_MS 5000
#define ASK_DEADLINE_MS 5000
#define QUIET_LOG_MS 60000

struct GatewayScrape
{
	GatewayLoop *loop;
	GatewayPool *pool;
	GatewayText text;	 /* the engine's part; empty when it is down */
	int64_t asked_at_ms; /* end of the last attempt; 0: none */
	int64_t logged_at_ms;
	bool is_asking;
	GatewayJob job;
	GatewayScrapeWait *waits;
};

static void answered(GatewayJob *job, const GatewayOutcome *outcome,
					 PGresult *rows);

GatewayScrape *
gateway_scrape_create(GatewayLoop *loop, GatewayPool *pool)
{
	GatewayScrape *scrape = gateway_text_allocate(sizeof(*scrape));

	scrape->loop = loop;
	scrape->pool = pool;
	scrape->job.statement = gateway_sql_metrics;
	scrape->job.owner = scrape;
	scrape->job.done_cb = answered;
	return scrape;
}

/* Whether the text at hand may be served without asking again. */
bool
gateway_scrape_is_fresh(const GatewayScrape *scrape)
{
	return scrape->asked_at_ms != 0 &&
		   gateway_loop_now_ms(scrape->loop) - scrape->asked_at_ms < MAX_AGE_MS;
}

/* Asks, unless somebody has; the caller is told when the text is there. */
void
gateway_scrape_wait(GatewayScrape *scrape, GatewayScrapeWait *wait)
{
	wait->next = scrape->waits;
	scrape->waits = wait;
	if (scrape->is_asking)
		return;
	scrape->is_asking = true;
	scrape->job.deadline_ms =
		gateway_loop_now_ms(scrape->loop) + ASK_DEADLINE_MS;
	gateway_pool_submit(scrape->pool, &scrape->job, INT64_MAX);
}

static void
complain(GatewayScrape *scrape, const GatewayOutcome *outcome)
{
	int64_t now = gateway_loop_now_ms(scrape->loop);

	if (outcome->kind != GATEWAY_OUTCOME_ERROR ||
		(scrape->logged_at_ms != 0 &&
		 now - scrape->logged_at_ms < QUIET_LOG_MS))
		return;
	scrape->logged_at_ms = now;
	gateway_log(GATEWAY_LOG_WARNING, "could not ask for metrics: %s",
				outcome->error.message);
}

/* Keeps the engine's counters and lets all go on who waited; without an answer
 * there are none in /metrics. */
static void
answered(GatewayJob *job, const GatewayOutcome *outcome, PGresult *rows)
{
	GatewayScrape *scrape = job->owner;
	GatewayScrapeWait *wait = scrape->waits;

	gateway_text_reset(&scrape->text, SIZE_MAX);
	if (outcome->kind == GATEWAY_OUTCOME_DONE && outcome->body != NULL)
		gateway_text_append(&scrape->text, outcome->body, outcome->body_length);
	else
		complain(scrape, outcome);
	PQclear(rows);
	scrape->is_asking = false;
	scrape->asked_at_ms = gateway_loop_now_ms(scrape->loop);
	scrape->waits = NULL;
	while (wait != NULL)
	{
		GatewayScrapeWait *next = wait->next;

		wait->ready_cb(wait);
		wait = next;
	}
}

/* Adds the engine's part. */
void
gateway_scrape_render(const GatewayScrape *scrape, GatewayText *text)
{
	gateway_text_format(text,
						"# HELP frontdesk_up Whether the engine could be "
						"asked for its metrics.\n"
						"# TYPE frontdesk_up gauge\nfrontdesk_up %d\n",
						scrape->text.length > 0);
	if (scrape->text.length > 0)
		gateway_text_append(text, scrape->text.bytes, scrape->text.length);
}

/* Gives the memory back; nobody may be waiting. */
void
gateway_scrape_free(GatewayScrape *scrape)
{
	gateway_text_free(&scrape->text);
	free(scrape);
}
