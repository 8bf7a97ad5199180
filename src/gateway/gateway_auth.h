/*
 * gateway_auth.h
 *		From a bearer token to a role and its claims.
 */
#ifndef GATEWAY_AUTH_H
#define GATEWAY_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway_error.h"
#include "gateway_text.h"

typedef struct GatewayAuthRules
{
	const char *secret;			/* empty: no token can be verified */
	const char *audience;		/* empty: not checked */
	const char *anonymous_role; /* for a token without a role; may be empty */
	int64_t now_s;				/* seconds since 1970 */
	bool must_expire;			/* refuse a token without exp */
} GatewayAuthRules;

typedef struct GatewayIdentity
{
	char role[64];		 /* a PostgreSQL role name */
	GatewayText claims;	 /* the token's payload, JSON */
	GatewayText subject; /* who that is: the claim sub, else empty */
	const char *detail;	 /* why it was refused; static text or NULL */
} GatewayIdentity;

const char *gateway_auth_bearer_token(const char *authorization);
GatewayFailure gateway_auth_verify(const GatewayAuthRules *rules,
								   const char *token,
								   GatewayIdentity *identity);
bool gateway_auth_basic_credentials(const char *authorization,
									GatewayText *credentials);

#endif
