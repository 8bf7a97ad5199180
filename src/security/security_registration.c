/*
 * security_registration.c
 *	  Who a webhook comes from, and whether it is genuine.
 *
 * Runs in backends, on the way of every webhook, with the rights of the owner.
 *
 * Registrations that were found are kept per session, keyed by login.  Only
 * logins that exist are kept, 256 of them at most, so strangers cannot fill the
 * memory; they do pay a query each time, and by that a known login could be told
 * from an unknown one, which is why logins are drawn at random too.  A
 * transaction that has written anything looks for itself.  Secrets are wiped
 * when their registration is freed.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_type.h"
#include "common/base64.h"
#include "common/cryptohash.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_cache.h"
#include "base/base_clock.h"
#include "base/base_domain.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "security/security_registration.h"
#include "security/security_secret.h"

SQL_FUNCTION(random_token);
SQL_FUNCTION(verify_signature);

#define LOGIN_BYTES sizeof(((SecurityRegistration *) 0)->login)
#define MAX_CREDENTIAL_BYTES 256
#define MAX_CACHED 256
#define MAX_TOKEN_LENGTH 200

typedef struct Credentials
{
	char		text[MAX_CREDENTIAL_BYTES];
	const char *login;			/* into text, shorter than LOGIN_BYTES */
	const char *password;		/* into text */
} Credentials;

static bool parse_authorization(const char *authorization, Credentials *credentials);
static const SecurityRegistration *find_login(const char *login);
static BaseCacheFinding load_registration(const BaseCacheKey *key, void *value);
static void wipe_registration(void *value);
static bool is_password(const SecurityRegistration *registration, const char *password);
static bool is_stale(const char *timestamp);
static bool compute_signature(const SecurityRegistration *registration,
							  const char *timestamp, const char *body,
							  size_t body_bytes, uint8 *computed);
static bool parse_signature(const char *signature, uint8 *bytes);

const SecurityRegistration *
security_registration_find(const char *authorization, int *account_id)
{
	Credentials credentials;
	const SecurityRegistration *registration = NULL;

	*account_id = -1;
	if (parse_authorization(authorization, &credentials))
	{
		registration = find_login(credentials.login);
		if (registration)
			*account_id = registration->account_id;
		if (!is_password(registration, credentials.password))
			registration = NULL;
	}
	explicit_bzero(&credentials, sizeof(credentials));
	return registration;
}

/* Reads "Basic " and base64 of login ":" password. */
static bool
parse_authorization(const char *authorization, Credentials *credentials)
{
	int			length;
	char	   *colon;

	if (authorization == NULL || pg_strncasecmp(authorization, "basic ", 6) != 0)
		return false;
	authorization += 6;
	while (*authorization == ' ')
		authorization++;
	/* one byte stays for the NUL, so too long a text fails to decode */
	length = pg_b64_decode(authorization, strlen(authorization),
						   (void *) credentials->text, MAX_CREDENTIAL_BYTES - 1);
	if (length < 0)
		return false;
	credentials->text[length] = '\0';
	colon = strchr(credentials->text, ':');
	if (strlen(credentials->text) != length || colon == NULL ||
		colon - credentials->text >= LOGIN_BYTES)
		return false;
	*colon = '\0';
	credentials->login = credentials->text;
	credentials->password = colon + 1;
	return true;
}

static const SecurityRegistration *
find_login(const char *login)
{
	static BaseCache registrations = {
		.name = "registrations",
		.value_bytes = sizeof(SecurityRegistration),
		.fill = load_registration,
		.wipe = wipe_registration,
		.max_values = MAX_CACHED,
		.is_for_readers = true,
	};

	return base_cache_get(&registrations, &(BaseCacheKey) {
		.name = login
	}, CurrentMemoryContext);
}

static void
wipe_registration(void *value)
{
	SecurityRegistration *registration = value;

	if (registration->secret)
		explicit_bzero(registration->secret, strlen(registration->secret));
}

/* Fills in a registration from the row that was just read. */
static void
read_row(SecurityRegistration *registration)
{
	bool		isnull;
	bytea	   *digest = DatumGetByteaPP(base_spi_value(0, 5, &isnull));

	registration->account_id = base_spi_int32(0, 1, -1);
	registration->site_id = base_spi_int32(0, 2, 0);
	registration->is_signed = base_spi_bool(0, 3, true);
	registration->active = base_spi_bool(0, 4, false);
	memcpy(registration->password_sha256, VARDATA_ANY(digest), PG_SHA256_DIGEST_LENGTH);
}

/* Reads a registration and its secret. */
static BaseCacheFinding
load_registration(const BaseCacheKey *key, void *value)
{
	static BaseStatement select = {
		"SELECT registrations.account_id, registrations.site_id, "
		"registrations.signed, registrations.active AND accounts.active, registrations.password_sha256 "
		"FROM frontdesk.registrations "
		"JOIN frontdesk.accounts ON accounts.id = registrations.account_id "
		"WHERE registrations.login = $1",
		{TEXTOID}
	};
	SecurityRegistration *registration = value;
	Datum		login = CStringGetTextDatum(key->name);

	if (base_spi_read(&select, &login, NULL) == 0)
		return BASE_CACHE_ABSENT;
	strlcpy(registration->login, key->name, LOGIN_BYTES);
	read_row(registration);
	if (registration->is_signed)
		registration->secret = security_secret_read(registration->account_id,
													psprintf("webhook:%s", key->name));
	return BASE_CACHE_LASTING;
}

/*
 * Compares in constant time, and does the same work when there is nobody to
 * compare with.
 */
static bool
is_password(const SecurityRegistration *registration, const char *password)
{
	static const uint8 nobody[PG_SHA256_DIGEST_LENGTH];
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	bool		good = hash != NULL &&
		pg_cryptohash_init(hash) == 0 &&
		pg_cryptohash_update(hash, (const uint8 *) password, strlen(password)) == 0 &&
		pg_cryptohash_final(hash, digest, sizeof(digest)) == 0;

	pg_cryptohash_free(hash);
	if (!good)
		elog(ERROR, "could not compute a digest");
	good = CRYPTO_memcmp(digest, registration ? registration->password_sha256 : nobody,
						 sizeof(digest)) == 0;
	return good && registration != NULL;
}

SecuritySignature
security_registration_verify(const SecurityRegistration *registration,
							 const char *signature, const char *timestamp,
							 const char *body, size_t body_bytes)
{
	uint8		claimed[PG_SHA256_DIGEST_LENGTH];
	uint8		computed[PG_SHA256_DIGEST_LENGTH];

	if (registration->secret == NULL)
		return SECURITY_SIGNATURE_NO_SECRET;
	if (signature == NULL || timestamp == NULL)
		return SECURITY_SIGNATURE_MISSING;
	if (!parse_signature(signature, claimed) ||
		timestamp[0] == '\0' || strlen(timestamp) > 12 ||
		strspn(timestamp, "0123456789") != strlen(timestamp))
		return SECURITY_SIGNATURE_MALFORMED;
	if (is_stale(timestamp))
		return SECURITY_SIGNATURE_STALE;
	if (!compute_signature(registration, timestamp, body, body_bytes, computed))
		elog(ERROR, "could not compute a signature");
	return CRYPTO_memcmp(claimed, computed, sizeof(claimed)) == 0 ?
		SECURITY_SIGNATURE_GOOD : SECURITY_SIGNATURE_WRONG;
}

/* Reads "sha256=" and 64 lower-case hexadecimal digits, nothing else. */
static bool
parse_signature(const char *signature, uint8 *bytes)
{
	static const char digits[] = "0123456789abcdef";

	if (strncmp(signature, "sha256=", 7) != 0 ||
		strlen(signature) != 7 + 2 * PG_SHA256_DIGEST_LENGTH)
		return false;
	signature += 7;
	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
	{
		const char *high = strchr(digits, signature[2 * i]);
		const char *low = strchr(digits, signature[2 * i + 1]);

		if (high == NULL || low == NULL)
			return false;
		bytes[i] = (uint8) ((high - digits) << 4 | (low - digits));
	}
	return true;
}

/* Whether a time in Unix seconds is outside the window, either way. */
static bool
is_stale(const char *timestamp)
{
	int64		sent = strtoll(timestamp, NULL, 10);
	int64		present = base_clock_now() / USECS_PER_SEC +
		(int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;

	return sent < present - setting_webhook_window ||
		sent > present + setting_webhook_window;
}

/* HMAC-SHA256 with the secret's literal text over timestamp "." body. */
static bool
compute_signature(const SecurityRegistration *registration,
				  const char *timestamp, const char *body,
				  size_t body_bytes, uint8 *computed)
{
	pg_hmac_ctx *hmac = pg_hmac_create(PG_SHA256);
	bool		good = hmac != NULL &&
		pg_hmac_init(hmac, (const uint8 *) registration->secret,
					 strlen(registration->secret)) == 0 &&
		pg_hmac_update(hmac, (const uint8 *) timestamp, strlen(timestamp)) == 0 &&
		pg_hmac_update(hmac, (const uint8 *) ".", 1) == 0 &&
		pg_hmac_update(hmac, (const uint8 *) body, body_bytes) == 0 &&
		pg_hmac_final(hmac, computed, PG_SHA256_DIGEST_LENGTH) == 0;

	pg_hmac_free(hmac);
	return good;
}

/* Raises nothing and returns NULL unless the caller may see the login's account. */
static const SecurityRegistration *
find_visible(const char *login)
{
	static BaseStatement select = {
		"SELECT $1 = ANY (frontdesk.visible_accounts())", {INT4OID}
	};
	MemoryContext context = CurrentMemoryContext;
	const SecurityRegistration *registration = NULL;
	Datum		value;

	if (strlen(login) < LOGIN_BYTES)
		registration = find_login(login);
	if (registration == NULL)
		return NULL;
	value = Int32GetDatum(registration->account_id);
	base_spi_execute(&select, &value, NULL);
	MemoryContextSwitchTo(context);
	return base_spi_bool(0, 1, false) ? registration : NULL;
}

/* What to tell an operator who asks why a webhook is refused. */
static const char *
explain_signature(const SecurityRegistration *registration,
				  FunctionCallInfo fcinfo)
{
	static const char *const reasons[] = {
		[SECURITY_SIGNATURE_GOOD] = "genuine",
		[SECURITY_SIGNATURE_NO_SECRET] = "no secret stored: see frontdesk.set_secret()",
		[SECURITY_SIGNATURE_MISSING] = "signature or timestamp missing",
		[SECURITY_SIGNATURE_MALFORMED] = "signature or timestamp malformed",
		[SECURITY_SIGNATURE_STALE] = "timestamp outside frontdesk.webhook_window",
		[SECURITY_SIGNATURE_WRONG] = "signature wrong: another secret, or not over timestamp, a dot and the raw body",
	};
	text	   *body = PG_ARGISNULL(1) ? cstring_to_text("") : PG_GETARG_TEXT_PP(1);

	if (registration == NULL)
		return "no such registration";
	if (!registration->active)
		return "registration or account not active";
	if (!registration->is_signed)
		return "registration is not signed: its credentials alone decide";
	return reasons[security_registration_verify(
		registration, PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2)),
		PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3)), VARDATA_ANY(body),
		VARSIZE_ANY_EXHDR(body))];
}

/* verify_signature(login, body, signature, timestamp): the verdict in words. */
PGDLLEXPORT Datum
frontdesk_verify_signature(PG_FUNCTION_ARGS)
{
	const char *verdict;
	const SecurityRegistration *registration = NULL;

	SPI_connect();
	if (!PG_ARGISNULL(0))
		registration = find_visible(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	verdict = explain_signature(registration, fcinfo);
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(verdict));
}

/* random_token(length): letters and digits that are not mistaken for others. */
PGDLLEXPORT Datum
frontdesk_random_token(PG_FUNCTION_ARGS)
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	int			length = PG_GETARG_INT32(0);
	char		token[MAX_TOKEN_LENGTH];
	int			filled = 0;

	if (length < 1 || length > MAX_TOKEN_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("length of a token must be between 1 and %d", MAX_TOKEN_LENGTH)));
	while (filled < length)
	{
		uint8		drawn[64];

		if (!pg_strong_random(drawn, sizeof(drawn)))
			elog(ERROR, "could not draw random bits");
		/* 232 is 4 times 58: bytes above would favour some letters */
		for (int i = 0; i < sizeof(drawn) && filled < length; i++)
			if (drawn[i] < 232)
				token[filled++] = alphabet[drawn[i] % 58];
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(token, length));
}
