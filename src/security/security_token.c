/*
 * security_token.c
 *	  Whether a bearer token was signed with the house's key.
 *
 * Runs in the sessions of the gateway, or of another PostgREST, when the house
 * has stored its key as the secret "jwt" of account 0: then what the gateway
 * says of a request counts for nothing, only what the token says.  One algorithm
 * is accepted, HS256; the signature is compared in constant time and before a
 * claim is read.
 */
#include "postgres.h"

#include <math.h>

#include <openssl/crypto.h>

#include "common/base64.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "security/security_token.h"

#define MAX_TOKEN_BYTES 16384
#define LEEWAY_S 30

typedef struct TokenPart
{
	const char *letters;
	int			length;
} TokenPart;

static void
refuse(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("the token of this request is not accepted"),
			 errdetail("%s", detail),
			 errhint("The database checks tokens with the secret \"jwt\" of account 0.")));
}

/* Cuts "header.payload.signature" at its dots. */
static void
split(const char *token, TokenPart parts[3])
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (second == NULL || strchr(second + 1, '.') != NULL || strlen(token) > MAX_TOKEN_BYTES)
		refuse("A token has three parts separated by dots.");
	parts[0] = (TokenPart) {token, (int) (first - token)};
	parts[1] = (TokenPart) {first + 1, (int) (second - first - 1)};
	parts[2] = (TokenPart) {second + 1, (int) strlen(second + 1)};
}

/* Unpadded base64url; the bytes end in a NUL that is not counted. */
static char *
decode(TokenPart part, int *length)
{
	int			padded = (part.length + 3) / 4 * 4;
	char	   *plain = palloc(padded + 1);
	char	   *bytes = palloc(padded + 1);

	for (int i = 0; i < padded; i++)
	{
		char		letter = i < part.length ? part.letters[i] : '=';

		plain[i] = letter == '-' ? '+' : letter == '_' ? '/' : letter;
		if (i < part.length && (letter == '+' || letter == '/' || letter == '=' || letter == '\n'))
			refuse("Its parts are base64url without padding.");
	}
	*length = pg_b64_decode(plain, padded, (void *) bytes, padded);
	if (*length < 0)
		refuse("Its parts are base64url without padding.");
	bytes[*length] = '\0';
	return bytes;
}

static Jsonb *
decode_object(TokenPart part)
{
	int			length;
	char	   *text = decode(part, &length);
	Jsonb	   *object;

	if (strlen(text) != length || !pg_verifymbstr(text, length, true))
		refuse("Its parts are JSON objects in UTF-8.");
	object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	if (!JB_ROOT_IS_OBJECT(object))
		refuse("Its parts are JSON objects in UTF-8.");
	return object;
}

static JsonbValue *
find_member(Jsonb *object, const char *name)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	return findJsonbValueFromContainer(&object->root, JB_FOBJECT, &key);
}

char *
security_token_claim(Jsonb *claims, const char *name)
{
	JsonbValue *member = find_member(claims, name);

	if (member == NULL || member->type != jbvString)
		return NULL;
	return pnstrdup(member->val.string.val, member->val.string.len);
}

static void
check_algorithm(TokenPart header)
{
	Jsonb	   *object = decode_object(header);
	char	   *algorithm = security_token_claim(object, "alg");

	if (algorithm == NULL || strcmp(algorithm, "HS256") != 0 || find_member(object, "crit") != NULL)
		refuse("The only accepted algorithm is HS256.");
}

static void
check_signature(const TokenPart parts[3], const char *key)
{
	uint8		expected[PG_SHA256_DIGEST_LENGTH];
	int			length;
	char	   *given = decode(parts[2], &length);
	pg_hmac_ctx *hmac = pg_hmac_create(PG_SHA256);
	bool		good = hmac != NULL &&
		pg_hmac_init(hmac, (const uint8 *) key, strlen(key)) == 0 &&
		pg_hmac_update(hmac, (const uint8 *) parts[0].letters,
					   parts[0].length + 1 + parts[1].length) == 0 &&
		pg_hmac_final(hmac, expected, sizeof(expected)) == 0;

	pg_hmac_free(hmac);
	if (!good)
		elog(ERROR, "could not compute a signature");
	if (length != sizeof(expected) || CRYPTO_memcmp(given, expected, sizeof(expected)) != 0)
		refuse("The signature is wrong.");
}

/* A time claim in seconds since 1970; `otherwise` when it is not there. */
static double
read_time(Jsonb *claims, const char *name, double otherwise)
{
	JsonbValue *member = find_member(claims, name);
	double		seconds;

	if (member == NULL)
		return otherwise;
	if (member->type != jbvNumeric)
		refuse("The claims exp, nbf and iat are numbers.");
	seconds = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												 NumericGetDatum(member->val.numeric)));
	if (!isfinite(seconds))
		refuse("The claims exp, nbf and iat are numbers.");
	return seconds;
}

static void
check_times(Jsonb *claims)
{
	double		now = base_clock_now() / (double) USECS_PER_SEC +
		(double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;

	if (now > read_time(claims, "exp", now) + LEEWAY_S)
		refuse("The token has expired.");
	if (now < read_time(claims, "nbf", now) - LEEWAY_S ||
		now < read_time(claims, "iat", now) - LEEWAY_S)
		refuse("The token is not valid yet.");
}

Jsonb *
security_token_open(const char *authorization, const char *key)
{
	TokenPart	parts[3];
	Jsonb	   *claims;

	authorization += strlen("bearer");
	authorization += strspn(authorization, " ");
	split(authorization, parts);
	check_algorithm(parts[0]);
	check_signature(parts, key);
	claims = decode_object(parts[1]);
	check_times(claims);
	return claims;
}
