/*
 * gateway_schema.h
 *		What the database exposes.
 */
#ifndef GATEWAY_SCHEMA_H
#define GATEWAY_SCHEMA_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct GatewayPlan GatewayPlan;

typedef enum GatewayReturns
{
	GATEWAY_RETURNS_VOID,
	GATEWAY_RETURNS_JSON,	/* json or jsonb: sent as it is */
	GATEWAY_RETURNS_SCALAR, /* any other single value */
	GATEWAY_RETURNS_ROW
} GatewayReturns;

/* The type of the argument of a function that takes the body as it is. */
typedef enum GatewayRaw
{
	GATEWAY_RAW_NONE,
	GATEWAY_RAW_JSON,
	GATEWAY_RAW_JSONB,
	GATEWAY_RAW_TEXT,
	GATEWAY_RAW_BYTEA
} GatewayRaw;

typedef struct GatewayArgument
{
	const char *name; /* empty when the argument has none */
	const char *type; /* ready to stand in a statement */
	bool has_default;
	bool is_variadic;
	bool is_json; /* json or jsonb */
} GatewayArgument;

typedef struct GatewayFunction
{
	const char *name;
	const char *roles; /* that may execute it, a line each */
	bool is_volatile;
	bool returns_set;
	GatewayReturns returns;
	GatewayRaw raw;
	int argument_count;
	GatewayArgument *arguments;
	GatewayPlan *plans; /* made so far, one per set of arguments */
} GatewayFunction;

/* Shared by its users; the last one to release it frees it. */
typedef struct GatewaySchema
{
	char *name;
	int reference_count;
	uint64_t version;	  /* given by the catalog; never 0 */
	uint64_t fingerprint; /* of everything it was made from */
	int plan_count;
	int function_count;
	GatewayFunction *functions; /* by name, overloads next to each other */
	GatewayArgument *arguments; /* all functions' together */
	PGresult *rows;				/* holds the texts */
} GatewaySchema;

extern const char gateway_schema_query[];

GatewaySchema *gateway_schema_create(const char *name, PGresult *rows);
GatewayFunction *gateway_schema_find(const GatewaySchema *schema,
									 const char *function, int *count);
bool gateway_schema_may_execute(const GatewayFunction *function,
								const char *role);
void gateway_schema_hold(GatewaySchema *schema);
void gateway_schema_release(GatewaySchema *schema);

#endif
