/*
 * security_token.h
 *	  Whether a bearer token was signed with the house's key.
 */
#ifndef SECURITY_TOKEN_H
#define SECURITY_TOKEN_H

#include "utils/jsonb.h"

/*
 * The claims of the token in "Bearer <token>", once its signature and its times
 * are right; raises invalid_authorization_specification (28000) otherwise.
 */
extern Jsonb *security_token_open(const char *authorization, const char *key);

/* A member of claims as a palloc'd C string; NULL when it is no string. */
extern char *security_token_claim(Jsonb *claims, const char *name);

#endif							/* SECURITY_TOKEN_H */
