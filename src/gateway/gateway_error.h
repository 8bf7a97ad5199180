/*
 * gateway_error.h
 *		Every way a request can fail, and what the client is told.
 */
#ifndef GATEWAY_ERROR_H
#define GATEWAY_ERROR_H

#include <stdbool.h>

#include "gateway_text.h"

typedef enum GatewayFailure
{
	GATEWAY_FAILURE_NONE,
	GATEWAY_FAILURE_BAD_REQUEST,
	GATEWAY_FAILURE_BODIES,
	GATEWAY_FAILURE_BODIES_OF_ADDRESS,
	GATEWAY_FAILURE_BODY_EMPTY,
	GATEWAY_FAILURE_BODY_NOT_JSON,
	GATEWAY_FAILURE_BODY_NOT_OBJECT,
	GATEWAY_FAILURE_BODY_NOT_UTF8,
	GATEWAY_FAILURE_BODY_TOO_DEEP,
	GATEWAY_FAILURE_BODY_TOO_LARGE,
	GATEWAY_FAILURE_CONTENT_TYPE,
	GATEWAY_FAILURE_DATABASE_DOWN,
	GATEWAY_FAILURE_DATABASE_LOST,
	GATEWAY_FAILURE_FILTER,
	GATEWAY_FAILURE_FUNCTION_AMBIGUOUS,
	GATEWAY_FAILURE_FUNCTION_UNKNOWN,
	GATEWAY_FAILURE_LENGTH_CONFLICT,
	GATEWAY_FAILURE_METHOD,
	GATEWAY_FAILURE_NOT_FOUND,
	GATEWAY_FAILURE_QUEUE_FULL,
	GATEWAY_FAILURE_QUEUE_TIMEOUT,
	GATEWAY_FAILURE_RATE_LIMIT,
	GATEWAY_FAILURE_RELATION_UNKNOWN,
	GATEWAY_FAILURE_RESPONSE_HEADERS,
	GATEWAY_FAILURE_RESPONSE_STATUS,
	GATEWAY_FAILURE_ROLE,
	GATEWAY_FAILURE_ROWS,
	GATEWAY_FAILURE_TOKEN_CLAIM,
	GATEWAY_FAILURE_TOKEN_INVALID,
	GATEWAY_FAILURE_TOKEN_REQUIRED,
	GATEWAY_FAILURE_TOKEN_UNSUPPORTED,
	GATEWAY_FAILURE_VOLATILE,
	GATEWAY_FAILURE_WEBHOOK_UNKNOWN,
	GATEWAY_FAILURE_COUNT
} GatewayFailure;

/* An error as PostgreSQL reports it; texts may be NULL. */
typedef struct GatewayDatabaseError
{
	const char *sqlstate;
	const char *message;
	const char *detail;
	const char *hint;
} GatewayDatabaseError;

int gateway_error_status(GatewayFailure failure);
const char *gateway_error_code(GatewayFailure failure);
void gateway_error_render(GatewayFailure failure, const char *details,
						  const char *hint, GatewayText *body);
int gateway_error_database_status(const GatewayDatabaseError *error,
								  bool is_anonymous);
void gateway_error_database_render(const GatewayDatabaseError *error,
								   GatewayText *body);
bool gateway_error_is_retryable(const char *sqlstate);
bool gateway_error_is_stale_plan(const char *sqlstate);

#endif
