/*
 * gateway_body.c
 *		What the bodies of requests may take of the memory.
 *
 * Runs in the gateway.  A body is held from its first byte until the answer
 * is there, so a stranger who sends bodies and never ends them would fill the
 * memory.  Therefore they are counted, all together and for each address that
 * is no trusted proxy; who is above the limit is refused, and what he sent is
 * given back at once.
 *
 * What an exchange keeps from request to request is not counted: its number
 * is limited by that of the connections.  So a small body, as webhooks have,
 * is taken even when others have filled the rest.
 *
 * What was counted for an exchange is in its held_bytes until its bodies are
 * dropped.
 */
#include "gateway_body.h"

#include "gateway_log.h"
#include "gateway_reply.h"

#define QUIET_LOG_MS 60000

static int64_t
counted_bytes(int64_t length)
{
	return length > GATEWAY_EXCHANGE_KEPT_BYTES
			   ? length - GATEWAY_EXCHANGE_KEPT_BYTES
			   : 0;
}

/* Tells what one address may hold: a quarter, and always one whole body. */
static int64_t
address_share(const GatewayConfig *config)
{
	int64_t quarter = config->body_memory / 4;

	return quarter > config->body_limit ? quarter : config->body_limit;
}

static void
log_share(GatewayExchange *exchange)
{
	GatewayService *service = exchange->service;
	int64_t now = gateway_loop_now_ms(&service->loop);
	char address[GATEWAY_ADDRESS_TEXT_BYTES];

	if (service->bodies_logged_at_ms != 0 &&
		now - service->bodies_logged_at_ms < QUIET_LOG_MS)
		return;
	service->bodies_logged_at_ms = now;
	gateway_log(GATEWAY_LOG_WARNING,
				"%s sends bodies of more than %lld bytes at once and is "
				"refused; hint: if it is a proxy, name it in "
				"trusted_proxies, else see body_memory",
				gateway_address_render(&exchange->address, address),
				(long long) address_share(&service->config));
}

static void
refuse(GatewayExchange *exchange, GatewayFailure failure)
{
	gateway_body_drop(exchange);
	gateway_reply_fail(exchange, failure, NULL, NULL);
}

/*
 * Tells whether an exchange may hold so many bytes in all; refuses it when it
 * may not.
 */
static bool
has_room(GatewayExchange *exchange, int64_t length)
{
	GatewayService *service = exchange->service;
	const GatewayConfig *config = &service->config;
	const GatewayClient *client = exchange->client;
	int64_t more = counted_bytes(length) - exchange->held_bytes;
	bool is_above_share =
		!client->is_trusted &&
		gateway_client_held_bytes(client) + more > address_share(config);

	if (more <= 0 || (!is_above_share && service->metrics.body_bytes + more <=
											 config->body_memory))
		return true;
	if (is_above_share)
		log_share(exchange);
	service->metrics.rejected_memory++;
	refuse(exchange, is_above_share ? GATEWAY_FAILURE_BODIES_OF_ADDRESS
									: GATEWAY_FAILURE_BODIES);
	exchange->reply.must_close = true;
	return false;
}

/* Counts what an exchange holds from now on. */
static void
count(GatewayExchange *exchange, int64_t length)
{
	int64_t more = counted_bytes(length) - exchange->held_bytes;

	exchange->held_bytes += more;
	exchange->service->metrics.body_bytes += more;
	gateway_client_hold(exchange->client, more);
}

/*
 * Called with the headers: refuses a body before it is sent when there is no
 * room for it.  Only what has arrived is counted, else one could fill the
 * memory with promises.
 */
void
gateway_body_announce(GatewayExchange *exchange)
{
	int64_t length = exchange->request.content_length;

	if (length > exchange->service->config.body_limit)
	{
		exchange->service->metrics.rejected_size++;
		refuse(exchange, GATEWAY_FAILURE_BODY_TOO_LARGE);
	}
	else
		has_room(exchange, length);
}

/* Takes a part of the body; once there is a reply the rest is dropped. */
void
gateway_body_receive(GatewayExchange *exchange, const char *bytes,
					 size_t length)
{
	int64_t whole = (int64_t) (exchange->body.length + length);

	if (exchange->has_reply)
		return;
	if (whole > exchange->service->config.body_limit)
	{
		exchange->service->metrics.rejected_size++;
		refuse(exchange, GATEWAY_FAILURE_BODY_TOO_LARGE);
	}
	else if (has_room(exchange, whole))
	{
		count(exchange, whole);
		gateway_text_append(&exchange->body, bytes, length);
	}
}

/*
 * Counts what was made out of the body as well: a form becomes JSON.  False
 * when that is too much; the reply is there then.
 */
bool
gateway_body_expand(GatewayExchange *exchange)
{
	int64_t whole = (int64_t) (exchange->body.length + exchange->names.length +
							   exchange->arguments.length);

	if (!has_room(exchange, whole))
		return false;
	count(exchange, whole);
	return true;
}

/* Gives the memory back. */
void
gateway_body_drop(GatewayExchange *exchange)
{
	gateway_text_reset(&exchange->body, GATEWAY_EXCHANGE_KEPT_BYTES);
	gateway_text_reset(&exchange->arguments, GATEWAY_EXCHANGE_KEPT_BYTES);
	gateway_text_reset(&exchange->names, GATEWAY_EXCHANGE_KEPT_BYTES);
	count(exchange, 0);
}
