/*
 * fuzz_security_token.c
 *	  Bearer tokens as the database checks them, against the gateway.
 *
 * Input as for fuzz_gateway_auth.c.  Unsigned tokens are refused; what the
 * database believes the gateway believes, but for the role, which is the
 * gateway's to judge.
 */
#include "postgres.h"

#include "fuzz_target.h"
#include "fuzz_token.h"
#include "gateway_auth.h"
#include "security/security_token.h"
#include "server_stubs.h"
#include "utils/timestamp.h"

static bool
database_believes(const char *authorization)
{
	sigjmp_buf	raised;
	volatile bool believed = false;

	server_stubs_raised = &raised;
	if (sigsetjmp(raised, 0) == 0)
	{
		Jsonb	   *claims = security_token_open(authorization, FUZZ_TOKEN_SECRET);

		security_token_claim(claims, "role");
		security_token_claim(claims, "sub");
		believed = true;
	}
	server_stubs_raised = NULL;
	return believed;
}

static bool
gateway_believes(const char *authorization)
{
	const GatewayAuthRules rules = {
		.secret = FUZZ_TOKEN_SECRET, .audience = "", .anonymous_role = "anon",
		/* what the stubs' clock says */
		.now_s = (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400),
	};
	GatewayIdentity identity = {.role = ""};
	const char *token = gateway_auth_bearer_token(authorization);
	GatewayFailure failure = gateway_auth_verify(&rules, token, &identity);
	bool		judged_role = identity.detail && strstr(identity.detail, "role");

	gateway_text_free(&identity.claims);
	gateway_text_free(&identity.subject);
	return failure == GATEWAY_FAILURE_NONE || judged_role;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t		way = fuzz_take(&bytes, &length);
	char	   *text = fuzz_string(bytes, length);
	char	   *payload = memchr(text, '\n', length);
	GatewayText authorization = {0};

	if (way % 4 != 0 || gateway_auth_bearer_token(text) == NULL)
		gateway_text_add(&authorization, "Bearer ");
	if (way % 4 == 0)
		gateway_text_add(&authorization, text);
	else if (way % 4 == 1 && payload != NULL)
	{
		*payload++ = '\0';
		fuzz_token_sign(&authorization, text, payload, text + length - payload);
	}
	else
		fuzz_token_sign(&authorization, FUZZ_TOKEN_HS256, text, length);
	if (database_believes(authorization.bytes))
		fuzz_require(way % 4 != 0 && gateway_believes(authorization.bytes));
	gateway_text_free(&authorization);
	server_stubs_forget();
	free(text);
	return 0;
}
