/*
 * gateway_call.h
 *		The way of a function call through PostgreSQL.
 */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include "gateway_exchange.h"

GatewayStep gateway_call_prepare(GatewayExchange *exchange);
void gateway_call_start(GatewayExchange *exchange, GatewayStep step);
void gateway_call_tick(GatewayService *service);
bool gateway_call_has_retries(const GatewayService *service);

#endif
