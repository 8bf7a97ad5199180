/*
 * gateway_response.h
 *		From what PostgreSQL said to what the client is told.
 */
#ifndef GATEWAY_RESPONSE_H
#define GATEWAY_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway_error.h"
#include "gateway_text.h"

typedef enum GatewayOutcomeKind
{
	GATEWAY_OUTCOME_DONE,	/* committed */
	GATEWAY_OUTCOME_ERROR,	/* PostgreSQL reported an error; rolled back */
	GATEWAY_OUTCOME_FAILURE /* no answer of PostgreSQL: see failure */
} GatewayOutcomeKind;

/* What became of one transaction; the texts belong to whoever made it. */
typedef struct GatewayOutcome
{
	GatewayOutcomeKind kind;
	GatewayFailure failure;
	bool is_before_call; /* the error: the function was not reached */
	int row_count;
	const char *body; /* NULL for SQL's NULL */
	size_t body_length;
	const char *status;	 /* response.status, empty when not set */
	const char *headers; /* response.headers, empty when not set */
	GatewayDatabaseError error;
	bool is_opened;	   /* open_request() has answered */
	const char *share; /* whose share that is; NULL: of nobody's account */
} GatewayOutcome;

typedef struct GatewayReply
{
	int status;
	int retry_after_s; /* 0: none */
	bool must_close;   /* the request's end is in doubt */
	const char *content_type;
	const char *body;
	size_t body_length;
	GatewayText text;	 /* bytes of a body that was made here */
	GatewayText headers; /* further ones: name, zero byte, value, zero byte */
} GatewayReply;

extern const char gateway_response_json_type[];

void gateway_response_reset(GatewayReply *reply);
void gateway_response_fail(GatewayReply *reply, GatewayFailure failure,
						   const char *details, const char *hint);
void gateway_response_fill(GatewayReply *reply, const GatewayOutcome *outcome,
						   bool is_void, bool is_anonymous);
void gateway_response_add_header(GatewayReply *reply, const char *name,
								 const char *value);

#endif
