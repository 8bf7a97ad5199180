/*
 * gateway_reply.h
 *		Replies that the gateway makes by itself.
 */
#ifndef GATEWAY_REPLY_H
#define GATEWAY_REPLY_H

#include "gateway_exchange.h"

void gateway_reply_fail(GatewayExchange *exchange, GatewayFailure failure,
						const char *details, const char *hint);
void gateway_reply_text(GatewayExchange *exchange, int status,
						const char *content_type);
void gateway_reply_ready(GatewayExchange *exchange);
void gateway_reply_metrics(GatewayExchange *exchange);

#endif
