/*
 * gateway_http.h
 *		The clients' side: libmicrohttpd, driven by our loop.
 */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include "gateway_service.h"

typedef struct GatewayHttp GatewayHttp;

GatewayHttp *gateway_http_open(GatewayService *service, GatewayText *problem);
int gateway_http_port(const GatewayHttp *http);
int gateway_http_turn(GatewayHttp *http);
void gateway_http_sweep(GatewayHttp *http);
void gateway_http_drain(GatewayHttp *http);
bool gateway_http_is_drained(const GatewayHttp *http);
void gateway_http_close(GatewayHttp *http);

#endif
