/*
 * gateway_request.h
 *		What a client asks for.
 */
#ifndef GATEWAY_REQUEST_H
#define GATEWAY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway_error.h"
#include "gateway_text.h"

#define GATEWAY_REQUEST_MAX_PAIRS 128

typedef enum GatewayMethod
{
	GATEWAY_METHOD_GET,
	GATEWAY_METHOD_HEAD,
	GATEWAY_METHOD_POST,
	GATEWAY_METHOD_OPTIONS,
	GATEWAY_METHOD_OTHER
} GatewayMethod;

typedef enum GatewayRoute
{
	GATEWAY_ROUTE_FUNCTION, /* /rpc/<name> */
	GATEWAY_ROUTE_RELATION, /* /<name>, or a file of that name */
	GATEWAY_ROUTE_FILE,		/* any other path */
	GATEWAY_ROUTE_LIVE,
	GATEWAY_ROUTE_READY,
	GATEWAY_ROUTE_METRICS
} GatewayRoute;

typedef enum GatewayContent
{
	GATEWAY_CONTENT_JSON, /* also when the client does not say */
	GATEWAY_CONTENT_TEXT,
	GATEWAY_CONTENT_BYTES,
	GATEWAY_CONTENT_FORM,
	GATEWAY_CONTENT_OTHER
} GatewayContent;

/* A header or a parameter of the query string; the bytes belong to others. */
typedef struct GatewayPair
{
	const char *name;
	const char *value; /* never NULL */
	size_t name_length;
	size_t value_length;
} GatewayPair;

typedef struct GatewayPairs
{
	int count;
	bool is_full; /* there were more */
	GatewayPair items[GATEWAY_REQUEST_MAX_PAIRS];
} GatewayPairs;

typedef struct GatewayRequest
{
	GatewayMethod method;
	GatewayRoute route;
	GatewayContent content;
	const char *method_name;
	const char *path;		   /* decoded, without the query string */
	const char *target;		   /* name of a function or relation, or a path */
	const char *authorization; /* headers; NULL when not sent */
	const char *origin;
	const char *forwarded_for;
	const char *if_none_match;
	int64_t content_length; /* -1 when not sent */
	bool is_chunked;
	bool expects_continue;
	GatewayPairs headers;
	GatewayPairs query;
} GatewayRequest;

void gateway_request_begin(GatewayRequest *request, const char *method,
						   const char *path);
void gateway_request_add_pair(GatewayPairs *pairs, GatewayPair pair);
GatewayFailure gateway_request_read_headers(GatewayRequest *request);
void gateway_request_render_headers(const GatewayRequest *request,
									GatewayText *json);
bool gateway_request_parse_form(char *form, GatewayPairs *pairs);

#endif
