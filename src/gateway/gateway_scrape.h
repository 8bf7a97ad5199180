/*
 * gateway_scrape.h
 *		What the engine counts, for /metrics.
 */
#ifndef GATEWAY_SCRAPE_H
#define GATEWAY_SCRAPE_H

#include <stdbool.h>

#include "gateway_pool.h"

typedef struct GatewayScrape GatewayScrape;
typedef struct GatewayScrapeWait GatewayScrapeWait;

/* Called once the engine has answered, or could not be asked. */
typedef void (*GatewayScrapeCb)(GatewayScrapeWait *wait);

/* Somebody who waits; lives inside its owner. */
struct GatewayScrapeWait
{
	GatewayScrapeCb ready_cb;
	void *owner;
	GatewayScrapeWait *next;
};

GatewayScrape *gateway_scrape_create(GatewayLoop *loop, GatewayPool *pool);
bool gateway_scrape_is_fresh(const GatewayScrape *scrape);
void gateway_scrape_wait(GatewayScrape *scrape, GatewayScrapeWait *wait);
void gateway_scrape_render(const GatewayScrape *scrape, GatewayText *text);
void gateway_scrape_free(GatewayScrape *scrape);

#endif
