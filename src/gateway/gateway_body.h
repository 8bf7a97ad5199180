/*
 * gateway_body.h
 *		What the bodies of requests may take of the memory.
 */
#ifndef GATEWAY_BODY_H
#define GATEWAY_BODY_H

#include "gateway_exchange.h"

void gateway_body_announce(GatewayExchange *exchange);
void gateway_body_receive(GatewayExchange *exchange, const char *bytes,
						  size_t length);
bool gateway_body_expand(GatewayExchange *exchange);
void gateway_body_drop(GatewayExchange *exchange);

#endif
