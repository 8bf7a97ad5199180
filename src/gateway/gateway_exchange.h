/*
 * gateway_exchange.h
 *		One request and its answer.
 */
#ifndef GATEWAY_EXCHANGE_H
#define GATEWAY_EXCHANGE_H

#include "gateway_address.h"
#include "gateway_auth.h"
#include "gateway_client.h"
#include "gateway_json.h"
#include "gateway_request.h"
#include "gateway_response.h"
#include "gateway_service.h"
#include "gateway_static.h"

/* Of each of its texts an exchange keeps so much for its next request. */
#define GATEWAY_EXCHANGE_KEPT_BYTES 65536

typedef struct GatewayExchange GatewayExchange;

/* Called when the reply of an exchange that had to wait is there. */
typedef void (*GatewayExchangeReadyCb)(GatewayExchange *exchange);

/* What an exchange without a reply does next. */
typedef enum GatewayStep
{
	GATEWAY_STEP_REPLY,	  /* it has its reply */
	GATEWAY_STEP_CATALOG, /* wait for a fresh picture of the schema */
	GATEWAY_STEP_SCRAPE,  /* wait for the engine's metrics */
	GATEWAY_STEP_CALL	  /* run the transaction */
} GatewayStep;

struct GatewayExchange
{
	GatewayService *service;
	GatewayExchangeReadyCb ready_cb;
	void *owner;		   /* of ready_cb */
	GatewayClient *client; /* whose connection it came on */

	/* What came in. */
	GatewayRequest request;
	GatewayAddress address;
	GatewayText body;
	int64_t held_bytes; /* counted for it, see gateway_body.c */
	GatewayJsonScan scan;
	bool is_admin;	  /* came in on the admin port */
	bool has_nul;	  /* the path or query does; a text would end there */
	bool has_hidden;  /* arguments, too many for the HTTP library */
	bool is_accepted; /* the headers were taken */
	bool is_prepared; /* the body was taken */

	/* Who asks. */
	GatewayIdentity identity;
	uint64_t address_key;
	uint64_t site_key;	 /* of the /48; 0: there is none */
	uint64_t sender_key; /* address and credentials */
	uint64_t role_key;	 /* of a token's role */
	uint64_t person_key; /* of role and subject; 0: there is no token */
	uint64_t job_key;	 /* the account, else the address; 0: not known yet */
	bool is_webhook;
	bool has_token;
	bool is_charged; /* the budget of the address has paid for it */

	/* The call. */
	GatewayText headers_json;
	GatewayText arguments; /* JSON made from a query string or a form */
	GatewayText names;	   /* keys of the body without escapes */
	GatewaySchema *schema; /* held while plan is used */
	GatewayPlan *plan;
	GatewayJob job;
	GatewayCatalogWait wait;
	GatewayScrapeWait scrape_wait;
	bool is_refreshed; /* has waited for the catalog already */
	bool is_healed;	   /* was repeated because of a stale plan */
	int attempt_count;
	int64_t retry_at_ms;
	int64_t give_up_at_ms;

	/* What goes out. */
	bool has_reply;
	GatewayReply reply;
	PGresult *rows; /* holds the body */
	bool has_file;
	GatewayFile file;

	int64_t started_us;
	GatewayExchange *next;
};

GatewayExchange *gateway_exchange_open(GatewayService *service);
void gateway_exchange_accept(GatewayExchange *exchange);
GatewayStep gateway_exchange_prepare(GatewayExchange *exchange);
void gateway_exchange_finish(GatewayExchange *exchange);
void gateway_exchange_close(GatewayExchange *exchange, bool was_sent);
void gateway_exchange_free_spares(GatewayService *service);

#endif
