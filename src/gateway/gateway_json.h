/*
 * gateway_json.h
 *		Strict JSON and UTF-8 validation, and writing of JSON strings.
 */
#ifndef GATEWAY_JSON_H
#define GATEWAY_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway_text.h"

/* Containers may nest this deep; the server's own parser copes with it. */
#define GATEWAY_JSON_MAX_DEPTH 512

/* More than PostgreSQL's functions can have arguments. */
#define GATEWAY_JSON_MAX_KEYS 128

typedef enum GatewayJsonVerdict
{
	GATEWAY_JSON_VALID,
	GATEWAY_JSON_EMPTY,	 /* nothing but white space */
	GATEWAY_JSON_SYNTAX, /* not the grammar of RFC 8259 */
	GATEWAY_JSON_TOO_DEEP,
	GATEWAY_JSON_NOT_UTF8
} GatewayJsonVerdict;

typedef enum GatewayJsonKind
{
	GATEWAY_JSON_OBJECT,
	GATEWAY_JSON_ARRAY,
	GATEWAY_JSON_SCALAR
} GatewayJsonKind;

/* A key of the outermost object as it stands in the text, still escaped. */
typedef struct GatewayJsonKey
{
	const char *start;
	size_t length;
} GatewayJsonKey;

typedef struct GatewayJsonScan
{
	GatewayJsonVerdict verdict;
	GatewayJsonKind kind; /* of the outermost value */
	size_t offset;		  /* where the text ceased to be valid */
	bool has_more_keys;	  /* the object has more keys than fit */
	int key_count;
	GatewayJsonKey keys[GATEWAY_JSON_MAX_KEYS];
} GatewayJsonScan;

GatewayJsonVerdict gateway_json_scan(const char *text, size_t length,
									 GatewayJsonScan *scan);
bool gateway_json_is_utf8(const char *text, size_t length);
void gateway_json_append_string(GatewayText *text, const char *bytes,
								size_t length);
void gateway_json_append_unescaped(GatewayText *text, GatewayJsonKey key);

#endif
