/*
 * gateway_reply.c
 *		Replies that the gateway makes by itself: failures, text, probes.
 *
 * Runs in the gateway, whenever an exchange needs no answer of PostgreSQL or
 * gets none.  The text lies in the exchange and goes out with it.
 */
#include "gateway_reply.h"

/* Makes the reply of a failure. */
void
gateway_reply_fail(GatewayExchange *exchange, GatewayFailure failure,
				   const char *details, const char *hint)
{
	gateway_response_fail(&exchange->reply, failure, details, hint);
	exchange->has_reply = true;
}

/* Answers with what stands in the text of the reply. */
void
gateway_reply_text(GatewayExchange *exchange, int status,
				   const char *content_type)
{
	GatewayReply *reply = &exchange->reply;

	reply->status = status;
	reply->content_type = content_type;
	reply->body = reply->text.bytes;
	reply->body_length = reply->text.length;
	exchange->has_reply = true;
}

/* Answers /ready: 200, or 503 and the reason. */
void
gateway_reply_ready(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	const GatewaySchema *schema = gateway_catalog_schema(service->catalog);
	GatewayText *text = &exchange->reply.text;
	int status = 503;

	if (service->is_draining)
		gateway_text_add(text, "not ready: stopping\n");
	else if (!gateway_pool_is_ready(service->pool))
		gateway_text_add(text, "not ready: PostgreSQL cannot be reached\n");
	else if (schema == NULL)
		gateway_text_add(text, "not ready: the schema has not been read\n");
	else if (schema->function_count == 0)
		gateway_text_format(text,
							"not ready: no functions in schema %s of "
							"database %s; hint: CREATE EXTENSION "
							"pg_frontdesk there, or set database\n",
							schema->name, gateway_pool_database(service->pool));
	else
	{
		gateway_text_add(text, "ready\n");
		status = 200;
	}
	gateway_reply_text(exchange, status, "text/plain; charset=utf-8");
}

/* Answers /metrics: the gateway's own counters, then the engine's. */
void
gateway_reply_metrics(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	GatewayPoolCounts counts;

	gateway_pool_count(service->pool, &counts);
	gateway_metrics_render(&service->metrics, &counts, &exchange->reply.text);
	gateway_scrape_render(service->scrape, &exchange->reply.text);
	gateway_reply_text(exchange, 200,
					   "text/plain; version=0.0.4; charset=utf-8");
}
