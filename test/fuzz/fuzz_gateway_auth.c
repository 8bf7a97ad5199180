/*
 * fuzz_gateway_auth.c
 *	  Bearer tokens, as they come and rightly signed.
 *
 * The first byte chooses: an Authorization header as it is, which is never
 * believed, for nobody guesses a signature; or a header and a payload that are
 * signed here, so that what is behind the signature is reached.  The claims of
 * a token that is believed are the bytes that were signed.
 */
#include "fuzz_target.h"
#include "fuzz_token.h"
#include "gateway_auth.h"
#include "gateway_json.h"

static void
check_raw(const GatewayAuthRules *rules, const char *authorization)
{
	GatewayIdentity identity = {.role = ""};
	const char *token = gateway_auth_bearer_token(authorization);

	if (token != NULL)
		fuzz_require(gateway_auth_verify(rules, token, &identity) != GATEWAY_FAILURE_NONE);
	gateway_text_free(&identity.claims);
	gateway_text_free(&identity.subject);
}

static void
check_signed(const GatewayAuthRules *rules, const char *header, const uint8_t *payload, size_t length)
{
	GatewayIdentity identity = {.role = ""};
	GatewayText token = {0};
	GatewayJsonScan scan;

	fuzz_token_sign(&token, header, payload, length);
	if (gateway_auth_verify(rules, token.bytes, &identity) == GATEWAY_FAILURE_NONE)
	{
		fuzz_require(identity.role[0] != '\0' && strlen(identity.role) < sizeof(identity.role));
		fuzz_require(identity.claims.length == length && memcmp(identity.claims.bytes, payload, length) == 0);
		fuzz_require(gateway_json_scan(identity.claims.bytes, length, &scan) == GATEWAY_JSON_VALID);
	}
	else
		fuzz_require(identity.detail != NULL);
	gateway_text_free(&identity.claims);
	gateway_text_free(&identity.subject);
	gateway_text_free(&token);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const GatewayAuthRules rules = {
		.secret = FUZZ_TOKEN_SECRET,
		.audience = "",
		.anonymous_role = "anon",
		.now_s = 1800000000,
	};
	uint8_t way = fuzz_take(&bytes, &length);
	char *text = fuzz_string(bytes, length);
	const char *payload = memchr(text, '\n', length);

	if (way % 4 == 0)
		check_raw(&rules, text);
	else if (way % 4 == 1 && payload != NULL)
	{
		size_t header_length = (size_t) (payload - text);
		char *header = fuzz_string(text, header_length);

		check_signed(&rules, header, bytes + header_length + 1, length - header_length - 1);
		free(header);
	}
	else
		check_signed(&rules, FUZZ_TOKEN_HS256, bytes, length);
	free(text);
	return 0;
}
