/*
 * gateway_auth.c
 *		From a bearer token to a role and its claims.
 *
 * Runs in the gateway; pure, the caller owns the clock.  One algorithm is
 * accepted, HS256: a header that names any other, "none" above all, is
 * refused before anything is computed, and so is one with critical
 * extensions.  The signature is compared in constant time and before a
 * single claim is read.
 *
 * The claims are handed to SQL as the very bytes that were signed.
 */
#include "gateway_auth.h"

#include <json-c/json.h>
#include <math.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <strings.h>

#include "gateway_json.h"

#define MAX_TOKEN_BYTES 16384
#define SIGNATURE_BYTES 32
#define LEEWAY_S 30

typedef struct TokenParts
{
	const char *header;
	size_t header_length;
	const char *payload;
	size_t payload_length;
	const char *signature;
	size_t signature_length;
} TokenParts;

static GatewayFailure check_claims(const GatewayAuthRules *rules,
								   json_object *claims,
								   GatewayIdentity *identity);

/* Returns the token of "Bearer <token>", NULL for anything else.  Without one
 * it is empty, whether or not the blank behind the word has come through. */
const char *
gateway_auth_bearer_token(const char *authorization)
{
	if (authorization == NULL || strncasecmp(authorization, "bearer", 6) != 0)
		return NULL;
	authorization += 6;
	if (authorization[0] != ' ' && authorization[0] != '\0')
		return NULL;
	return authorization + strspn(authorization, " ");
}

static bool
split_token(const char *token, TokenParts *parts)
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (second == NULL || strchr(second + 1, '.') != NULL ||
		strlen(token) > MAX_TOKEN_BYTES)
		return false;
	parts->header = token;
	parts->header_length = (size_t) (first - token);
	parts->payload = first + 1;
	parts->payload_length = (size_t) (second - first - 1);
	parts->signature = second + 1;
	parts->signature_length = strlen(second + 1);
	return parts->header_length > 0 && parts->payload_length > 0;
}

/* The values of letters that are the same in base64 and in base64url; the two
 * others are given. */
static int
base64_value(char letter, const char *others)
{
	if (letter >= 'A' && letter <= 'Z')
		return letter - 'A';
	if (letter >= 'a' && letter <= 'z')
		return letter - 'a' + 26;
	if (letter >= '0' && letter <= '9')
		return letter - '0' + 52;
	if (letter == others[0])
		return 62;
	return letter == others[1] ? 63 : -1;
}

typedef enum Decoded
{
	DECODED_NOT,	  /* a letter is none */
	DECODED_DANGLING, /* bits are left that belong to no byte */
	DECODED_PLAINLY
} Decoded;

/* Decodes unpadded base64. */
static Decoded
decode_base64(const char *letters, size_t length, const char *others,
			  GatewayText *out)
{
	unsigned int bits = 0;
	int bit_count = 0;

	if (length % 4 == 1)
		return DECODED_NOT;
	for (size_t i = 0; i < length; i++)
	{
		int value = base64_value(letters[i], others);

		if (value < 0)
			return DECODED_NOT;
		bits = (bits << 6 | (unsigned int) value) & 0xFFFF;
		bit_count += 6;
		if (bit_count >= 8)
		{
			char byte = (char) (bits >> (bit_count - 8));

			bit_count -= 8;
			gateway_text_append(out, &byte, 1);
		}
	}
	return (bits & ((1U << bit_count) - 1)) == 0 ? DECODED_PLAINLY
												 : DECODED_DANGLING;
}

static bool
decode_base64url(const char *letters, size_t length, GatewayText *out)
{
	return decode_base64(letters, length, "-_", out) == DECODED_PLAINLY;
}

/*
 * Takes login and password out of "Basic <base64>" as the database reads it, so
 * that one pair is one sender however it is spelled; false when it is no base64.
 */
bool
gateway_auth_basic_credentials(const char *authorization,
							   GatewayText *credentials)
{
	GatewayText letters = {0};
	bool ok;

	if (authorization == NULL || strncasecmp(authorization, "basic ", 6) != 0)
		return false;
	for (const char *at = authorization + 6; *at != '\0'; at++)
	{
		if (strchr(" \t=", *at) == NULL)
			gateway_text_append(&letters, at, 1);
	}
	ok = letters.length > 0 &&
		 decode_base64(letters.bytes, letters.length, "+/", credentials) !=
			 DECODED_NOT;
	gateway_text_free(&letters);
	return ok;
}

/* Decodes a part that must be a JSON object; NULL when it is not. */
static json_object *
decode_object(const char *letters, size_t length, GatewayText *text)
{
	GatewayJsonScan scan;

	if (!decode_base64url(letters, length, text) || text->length == 0 ||
		gateway_json_scan(text->bytes, text->length, &scan) !=
			GATEWAY_JSON_VALID ||
		scan.kind != GATEWAY_JSON_OBJECT)
		return NULL;
	return json_tokener_parse(text->bytes);
}

static bool
header_is_hs256(const TokenParts *parts)
{
	GatewayText text = {0};
	json_object *header =
		decode_object(parts->header, parts->header_length, &text);
	json_object *algorithm = NULL;
	bool ok;

	ok = header != NULL &&
		 json_object_object_get_ex(header, "alg", &algorithm) &&
		 json_object_is_type(algorithm, json_type_string) &&
		 strcmp(json_object_get_string(algorithm), "HS256") == 0 &&
		 !json_object_object_get_ex(header, "crit", NULL);
	json_object_put(header);
	gateway_text_free(&text);
	return ok;
}

static bool
signature_is_right(const TokenParts *parts, const char *secret)
{
	unsigned char expected[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	GatewayText given = {0};
	bool ok;

	ok = decode_base64url(parts->signature, parts->signature_length, &given) &&
		 given.length == SIGNATURE_BYTES &&
		 HMAC(EVP_sha256(), secret, (int) strlen(secret),
			  (const unsigned char *) parts->header,
			  parts->header_length + 1 + parts->payload_length, expected,
			  &length) != NULL &&
		 length == SIGNATURE_BYTES &&
		 CRYPTO_memcmp(given.bytes, expected, SIGNATURE_BYTES) == 0;
	gateway_text_free(&given);
	return ok;
}

/*
 * Verifies a token.  On success the identity holds the role and the claims;
 * otherwise its detail may say what was wrong.  The caller frees claims and
 * subject in either case.
 */
GatewayFailure
gateway_auth_verify(const GatewayAuthRules *rules, const char *token,
					GatewayIdentity *identity)
{
	TokenParts parts;
	json_object *claims;
	GatewayFailure failure;

	identity->detail = NULL;
	if (rules->secret[0] == '\0')
		return GATEWAY_FAILURE_TOKEN_UNSUPPORTED;
	if (!split_token(token, &parts))
	{
		identity->detail = "A token has three parts separated by dots.";
		return GATEWAY_FAILURE_TOKEN_INVALID;
	}
	if (!header_is_hs256(&parts))
	{
		identity->detail = "The only accepted algorithm is HS256.";
		return GATEWAY_FAILURE_TOKEN_INVALID;
	}
	if (!signature_is_right(&parts, rules->secret))
	{
		identity->detail = "The signature is wrong.";
		return GATEWAY_FAILURE_TOKEN_INVALID;
	}
	claims =
		decode_object(parts.payload, parts.payload_length, &identity->claims);
	if (claims == NULL)
	{
		identity->detail = "The payload is no JSON object.";
		return GATEWAY_FAILURE_TOKEN_INVALID;
	}
	failure = check_claims(rules, claims, identity);
	json_object_put(claims);
	return failure;
}

/*
 * Reads a time claim; false when it is there but no finite number.  One that
 * is null, or too large for a number, would pass for a time that never comes.
 */
static bool
read_time(json_object *claims, const char *name, double *seconds, bool *found)
{
	json_object *value = NULL;

	*found = json_object_object_get_ex(claims, name, &value);
	if (!*found)
		return true;
	if (!json_object_is_type(value, json_type_int) &&
		!json_object_is_type(value, json_type_double))
		return false;
	*seconds = json_object_get_double(value);
	return isfinite(*seconds);
}

/* Tells what is wrong with the times of a token, with some leeway for clocks
 * that differ; NULL when nothing is. */
static const char *
check_times(const GatewayAuthRules *rules, json_object *claims)
{
	double now = (double) rules->now_s;
	double seconds;
	bool found;

	if (!read_time(claims, "exp", &seconds, &found))
		return "The claim exp is no number.";
	if (!found && rules->must_expire)
		return "The claim exp is missing.";
	if (found && now > seconds + LEEWAY_S)
		return "The token has expired.";
	if (!read_time(claims, "nbf", &seconds, &found))
		return "The claim nbf is no number.";
	if (found && now < seconds - LEEWAY_S)
		return "The token is not valid yet.";
	if (!read_time(claims, "iat", &seconds, &found))
		return "The claim iat is no number.";
	if (found && now < seconds - LEEWAY_S)
		return "The token was issued in the future.";
	return NULL;
}

static bool
is_string(json_object *value, const char *text)
{
	return json_object_is_type(value, json_type_string) &&
		   strcmp(json_object_get_string(value), text) == 0;
}

static bool
audience_is_right(const GatewayAuthRules *rules, json_object *claims)
{
	json_object *audience = NULL;

	if (rules->audience[0] == '\0')
		return true;
	if (!json_object_object_get_ex(claims, "aud", &audience))
		return false;
	if (!json_object_is_type(audience, json_type_array))
		return is_string(audience, rules->audience);
	for (size_t i = 0; i < json_object_array_length(audience); i++)
	{
		if (is_string(json_object_array_get_idx(audience, i), rules->audience))
			return true;
	}
	return false;
}

/* Takes the role of the claims, or the anonymous one when there is none. */
static bool
take_role(const GatewayAuthRules *rules, json_object *claims,
		  GatewayIdentity *identity)
{
	json_object *claim = NULL;
	const char *role = rules->anonymous_role;

	if (json_object_object_get_ex(claims, "role", &claim))
	{
		if (!json_object_is_type(claim, json_type_string))
			return false;
		role = json_object_get_string(claim);
	}
	if (role[0] == '\0' || strlen(role) >= sizeof(identity->role) ||
		strcasecmp(role, "none") == 0)
		return false;
	strcpy(identity->role, role);
	return true;
}

static GatewayFailure
check_claims(const GatewayAuthRules *rules, json_object *claims,
			 GatewayIdentity *identity)
{
	json_object *subject = NULL;

	identity->detail = check_times(rules, claims);
	if (identity->detail == NULL && !audience_is_right(rules, claims))
		identity->detail = "The token is meant for another audience.";
	if (identity->detail == NULL && !take_role(rules, claims, identity))
		identity->detail = "The claim role names no role.";
	if (json_object_object_get_ex(claims, "sub", &subject) &&
		json_object_is_type(subject, json_type_string))
		gateway_text_add(&identity->subject, json_object_get_string(subject));
	return identity->detail ? GATEWAY_FAILURE_TOKEN_CLAIM
							: GATEWAY_FAILURE_NONE;
}
