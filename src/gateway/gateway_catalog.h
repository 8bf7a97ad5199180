/*
 * gateway_catalog.h
 *		Keeps the picture of the schema up to date.
 */
#ifndef GATEWAY_CATALOG_H
#define GATEWAY_CATALOG_H

#include <stdbool.h>

#include "gateway_pool.h"
#include "gateway_schema.h"

typedef struct GatewayCatalog GatewayCatalog;
typedef struct GatewayCatalogWait GatewayCatalogWait;

/* Called once the next picture is there, or could not be had. */
typedef void (*GatewayCatalogCb)(GatewayCatalogWait *wait);

/* Somebody who waits; lives inside its owner. */
struct GatewayCatalogWait
{
	GatewayCatalogCb ready_cb;
	void *owner;
	GatewayCatalogWait *next;
};

GatewayCatalog *gateway_catalog_create(GatewayLoop *loop, GatewayPool *pool,
									   const char *schema);
GatewaySchema *gateway_catalog_schema(const GatewayCatalog *catalog);
bool gateway_catalog_wait(GatewayCatalog *catalog, GatewayCatalogWait *wait);
void gateway_catalog_tick(GatewayCatalog *catalog);
void gateway_catalog_refresh(GatewayCatalog *catalog);
void gateway_catalog_free(GatewayCatalog *catalog);

#endif
