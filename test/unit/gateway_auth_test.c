/*
 * gateway_auth_test.c
 *		Tokens: which are believed, and which are not.
 */
#include "gateway_auth.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "gateway_tap.h"

#define SECRET "a secret of thirty-two bytes, ok"
#define NOW 1800000000
#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static void
append_base64url(GatewayText *text, const void *bytes, size_t length)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								  "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i += 3)
	{
		unsigned int bits = (unsigned int) at[i] << 16;
		int count = 2;

		if (i + 1 < length)
			bits |= (unsigned int) at[i + 1] << 8, count++;
		if (i + 2 < length)
			bits |= at[i + 2], count++;
		for (int j = 0; j < count; j++)
			gateway_text_append(text, &letters[bits >> (18 - 6 * j) & 63], 1);
	}
}

/* Makes a token that is signed correctly with some secret. */
static char *
sign(const char *header, const char *payload, const char *secret)
{
	GatewayText token = {0};
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int length;

	append_base64url(&token, header, strlen(header));
	gateway_text_add(&token, ".");
	append_base64url(&token, payload, strlen(payload));
	HMAC(EVP_sha256(), secret, (int) strlen(secret),
		 (unsigned char *) token.bytes, token.length, mac, &length);
	gateway_text_add(&token, ".");
	append_base64url(&token, mac, length);
	return token.bytes;
}

static GatewayAuthRules rules = {SECRET, "", "anon", NOW, false};

static GatewayFailure
verify(const char *token, char role[64])
{
	GatewayIdentity identity = {.role = "", .claims = {0}};
	GatewayFailure failure = gateway_auth_verify(&rules, token, &identity);

	if (role != NULL)
		strcpy(role, identity.role);
	gateway_text_free(&identity.claims);
	gateway_text_free(&identity.subject);
	return failure;
}

static void
check(const char *header, const char *payload, GatewayFailure wanted,
	  const char *name)
{
	char *token = sign(header, payload, SECRET);

	is_number(verify(token, NULL), wanted, name);
	free(token);
}

static void
test_published_vector(void)
{
	/* The example of RFC 7515, appendix A.1, has a binary key; the widely
	 * published one below has a key of text. */
	GatewayAuthRules published = {"your-256-bit-secret", "", "anon", NOW, false};
	GatewayIdentity identity = {.role = "", .claims = {0}};

	is_number(
		gateway_auth_verify(
			&published,
			"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
			"eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2"
			"MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
			&identity),
		GATEWAY_FAILURE_NONE, "a published token is verified");
	is_text(identity.role, "anon", "without a role it is anonymous");
	is_text(identity.claims.bytes,
			"{\"sub\":\"1234567890\",\"name\":\"John Doe\",\"iat\":1516239022}",
			"the claims are the bytes that were signed");
	gateway_text_free(&identity.claims);
	gateway_text_free(&identity.subject);
}

static void
check_credentials(const char *authorization, const char *wanted,
				  const char *name)
{
	GatewayText credentials = {0};
	bool found = gateway_auth_basic_credentials(authorization, &credentials);

	is_text(found ? credentials.bytes : "none", wanted, name);
	gateway_text_free(&credentials);
}

static void
test_credentials(void)
{
	check_credentials("Basic YTE6P34/Pg==", "a1:?~?>", "login and password");
	check_credentials("bAsIc   YTE6P34/Pg", "a1:?~?>",
					  "however they are spelled");
	check_credentials("Basic YTE6P34_Pg==", "none", "another alphabet");
	check_credentials("Basic YTE6P34/Ph==", "a1:?~?>",
					  "bits that dangle, which the database drops");
	check_credentials("Basic YTE6\tP3 4/Pg= =", "a1:?~?>", "blanks inside");
	check_credentials("Bearer YTE6P34/Pg==", "none", "another scheme");
	check_credentials(NULL, "none", "no credentials");
}

/* Whoever has no subject that is a string is the role. */
static void
test_subjects(void)
{
	static const char *const payloads[] = {
		"{\"role\":\"clerk\",\"sub\":null}", "{\"role\":\"clerk\",\"sub\":5}",
		"{\"role\":\"clerk\",\"sub\":[\"ann\"]}",
		"{\"role\":\"clerk\",\"sub\":{}}", "{\"role\":\"clerk\"}",
		"{\"role\":\"clerk\",\"sub\":\"ann\"}"};
	static const char *const wanted[] = {"", "", "", "", "", "ann"};

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
	{
		GatewayIdentity identity = {.role = "", .claims = {0}};
		char *token = sign(HS256, payloads[i], SECRET);

		is_number(gateway_auth_verify(&rules, token, &identity),
				  GATEWAY_FAILURE_NONE, payloads[i]);
		is_text(identity.subject.bytes ? identity.subject.bytes : "",
				wanted[i], "its subject");
		gateway_text_free(&identity.claims);
		gateway_text_free(&identity.subject);
		free(token);
	}
}

static void
test_signatures(void)
{
	char role[64];
	char *token = sign(HS256, "{\"role\":\"clerk\"}", SECRET);
	char *other = sign(HS256, "{\"role\":\"clerk\"}",
					   "another secret of 32 bytes, okay");
	char *dot = strrchr(token, '.');

	is_number(verify(token, role), GATEWAY_FAILURE_NONE, "a good token");
	is_text(role, "clerk", "its role");
	dot[1] = dot[1] == 'A' ? 'B' : 'A';
	is_number(verify(token, NULL), GATEWAY_FAILURE_TOKEN_INVALID,
			  "one letter of the signature differs");
	dot[1] = '\0';
	is_number(verify(token, NULL), GATEWAY_FAILURE_TOKEN_INVALID,
			  "no signature");
	is_number(verify(other, NULL), GATEWAY_FAILURE_TOKEN_INVALID,
			  "the signature of another key");
	is_number(verify("", NULL), GATEWAY_FAILURE_TOKEN_INVALID, "no token");
	is_number(verify("a.b", NULL), GATEWAY_FAILURE_TOKEN_INVALID, "two parts");
	is_number(verify("a.b.c.d", NULL), GATEWAY_FAILURE_TOKEN_INVALID,
			  "four parts");
	is_number(verify("!!!!.e30.e30", NULL), GATEWAY_FAILURE_TOKEN_INVALID,
			  "not base64url");
	free(token);
	free(other);
}

static void
test_algorithms(void)
{
	check("{\"alg\":\"none\"}", "{}", GATEWAY_FAILURE_TOKEN_INVALID,
		  "alg none, signed all the same");
	check("{\"alg\":\"HS512\"}", "{}", GATEWAY_FAILURE_TOKEN_INVALID,
		  "alg HS512");
	check("{\"alg\":\"RS256\"}", "{}", GATEWAY_FAILURE_TOKEN_INVALID,
		  "alg RS256");
	check("{\"alg\":\"hs256\"}", "{}", GATEWAY_FAILURE_TOKEN_INVALID,
		  "alg in lower case");
	check("{\"alg\":null}", "{}", GATEWAY_FAILURE_TOKEN_INVALID, "alg null");
	check("{}", "{}", GATEWAY_FAILURE_TOKEN_INVALID, "no alg");
	check("[]", "{}", GATEWAY_FAILURE_TOKEN_INVALID, "a header that is none");
	check("{\"alg\":\"HS256\",\"crit\":[\"x\"]}", "{}",
		  GATEWAY_FAILURE_TOKEN_INVALID, "critical extensions");
}

static void
test_claims(void)
{
	check(HS256, "{\"exp\":1800000001}", GATEWAY_FAILURE_NONE, "not expired");
	check(HS256, "{\"exp\":1799999971}", GATEWAY_FAILURE_NONE,
		  "expired within the leeway");
	check(HS256, "{\"exp\":1799999969}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "expired");
	check(HS256, "{\"exp\":\"1900000000\"}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "exp as a string");
	check(HS256, "{\"exp\":null}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "exp null, which would never come");
	check(HS256, "{\"exp\":1e400}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "exp beyond all numbers");
	check(HS256, "{\"exp\":-1e400}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "exp before all numbers");
	check(HS256, "{\"exp\":1e300}", GATEWAY_FAILURE_NONE,
		  "exp far away, and a number");
	check(HS256, "{\"nbf\":null}", GATEWAY_FAILURE_TOKEN_CLAIM, "nbf null");
	check(HS256, "{\"nbf\":-1e400}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "nbf before all numbers");
	check(HS256, "{\"iat\":null}", GATEWAY_FAILURE_TOKEN_CLAIM, "iat null");
	check(HS256, "{\"iat\":-1e400}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "iat before all numbers");
	check(HS256, "{}", GATEWAY_FAILURE_NONE, "no exp");
	rules.must_expire = true;
	check(HS256, "{}", GATEWAY_FAILURE_TOKEN_CLAIM, "no exp where one is a must");
	check(HS256, "{\"exp\":1800000001}", GATEWAY_FAILURE_NONE,
		  "and with one");
	rules.must_expire = false;
	check(HS256, "{\"nbf\":1800000029}", GATEWAY_FAILURE_NONE,
		  "nbf within the leeway");
	check(HS256, "{\"nbf\":1800000031}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "not valid yet");
	check(HS256, "{\"iat\":1800000031}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "issued in the future");
	check(HS256, "{\"role\":5}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "a role that is no string");
	check(HS256, "{\"role\":\"\"}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "an empty role");
	check(HS256, "{\"role\":\"none\"}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "the word that would keep the login role");
	check(HS256, "[]", GATEWAY_FAILURE_TOKEN_INVALID, "claims that are none");
}

static void
test_audience(void)
{
	rules.audience = "desk";
	check(HS256, "{}", GATEWAY_FAILURE_TOKEN_CLAIM, "no audience");
	check(HS256, "{\"aud\":\"other\"}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "another audience");
	check(HS256, "{\"aud\":\"desk\"}", GATEWAY_FAILURE_NONE, "our audience");
	check(HS256, "{\"aud\":[\"x\",\"desk\"]}", GATEWAY_FAILURE_NONE,
		  "our audience among others");
	check(HS256, "{\"aud\":[]}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "an empty list of audiences");
	rules.audience = "";
}

static void
test_settings(void)
{
	char *token = sign(HS256, "{}", "");

	rules.secret = "";
	is_number(verify(token, NULL), GATEWAY_FAILURE_TOKEN_UNSUPPORTED,
			  "without a key nothing is verified, not even with an empty one");
	rules.secret = SECRET;
	free(token);
	rules.anonymous_role = "";
	check(HS256, "{}", GATEWAY_FAILURE_TOKEN_CLAIM,
		  "no role and no anonymous one");
	rules.anonymous_role = "anon";
	is_text(gateway_auth_bearer_token("bEARER  abc"), "abc", "Bearer is found");
	ok(gateway_auth_bearer_token("Basic abc") == NULL, "Basic is not Bearer");
	ok(gateway_auth_bearer_token(NULL) == NULL, "no header, no token");
	is_text(gateway_auth_bearer_token("Bearer"), "", "Bearer alone is an empty token");
	ok(gateway_auth_bearer_token("Bearers abc") == NULL, "Bearers is not Bearer");
}

int
main(void)
{
	test_published_vector();
	test_credentials();
	test_subjects();
	test_signatures();
	test_algorithms();
	test_claims();
	test_audience();
	test_settings();
	return done();
}
