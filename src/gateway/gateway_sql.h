/*
 * gateway_sql.h
 *		The statements that the gateway sends.
 */
#ifndef GATEWAY_SQL_H
#define GATEWAY_SQL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway_schema.h"

/* Which arguments of a function a call gives: one bit each. */
typedef struct GatewayArgumentSet
{
	uint64_t bits[2];
} GatewayArgumentSet;

#define GATEWAY_SQL_MAX_ARGUMENTS 128

/* Plans of one picture of the schema; strangers choose sets of arguments. */
#define GATEWAY_SQL_MAX_PLANS 1024

/* One way to call one function; prepared once per connection. */
struct GatewayPlan
{
	int id;				/* counted within the schema */
	char statement[16]; /* name of the prepared statement */
	char *sql;
	int parameter_count; /* 0 or 1: the body */
	Oid parameter_type;
	int parameter_format; /* 0 text, 1 binary */
	bool is_void;
	const GatewayFunction *function;
	GatewayArgumentSet given;
	GatewayPlan *next;
};

/* The parameters of the statement that opens every request. */
enum
{
	GATEWAY_SESSION_ROLE,
	GATEWAY_SESSION_METHOD,
	GATEWAY_SESSION_PATH,
	GATEWAY_SESSION_HEADERS,
	GATEWAY_SESSION_CLAIMS,
	GATEWAY_SESSION_READ_ONLY,
	GATEWAY_SESSION_COUNT
};

/* Columns of a call's result. */
enum
{
	GATEWAY_RESULT_BODY,
	GATEWAY_RESULT_STATUS,
	GATEWAY_RESULT_HEADERS,
	GATEWAY_RESULT_COUNT
};

extern const char gateway_sql_opening[];
extern const char gateway_sql_metrics[];

char *gateway_sql_session_options(const char *database, const char *schema,
								  int64_t statement_timeout_ms);
GatewayPlan *gateway_sql_plan(GatewaySchema *schema, GatewayFunction *function,
							  const GatewayArgumentSet *given);
bool gateway_sql_is_given(const GatewayArgumentSet *set, int position);
void gateway_sql_give(GatewayArgumentSet *set, int position);
void gateway_sql_free_plans(GatewayPlan *plans);

#endif
