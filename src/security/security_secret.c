/*
 * security_secret.c
 *	  Secrets at rest: AES-256-GCM under a key that is not in the database.
 *
 * Runs in backends and workers, with the rights of the owner (definer
 * functions and workers); the SQL functions check that the caller may see the
 * account.  The associated data binds a ciphertext to account, purpose and key
 * version, so that a row moved elsewhere does not decrypt.
 *
 * Plaintext is never copied on the way in (it is encrypted straight from the
 * argument) and lives in one palloc'd string on the way out.  It appears in no
 * error, and set_secret() takes the statement that carried it out of
 * pg_stat_activity and the log (security_log.c).
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_errors.h"
#include "base/base_spi.h"
#include "security/security_audit.h"
#include "security/security_key.h"
#include "security/security_log.h"
#include "security/security_policy.h"
#include "security/security_purpose.h"
#include "security/security_secret.h"

SQL_FUNCTION(set_secret);
SQL_FUNCTION(delete_secret);
SQL_FUNCTION(rotate_secrets);
SQL_FUNCTION(check_secrets);
SQL_FUNCTION(hide_statement);

#define NONCE_BYTES 12
#define TAG_BYTES 16
#define MAX_PURPOSE_BYTES 200
#define MAX_SECRET_BYTES 65536

/* What a ciphertext is bound to. */
typedef struct Binding
{
	int			account_id;
	const char *purpose;
	const SecurityKey *key;
} Binding;

/* "frontdesk" NUL, account and key version in network order, purpose. */
static bytea *
build_associated_data(const Binding *binding)
{
	static const char label[] = "frontdesk";
	uint32		numbers[2];
	size_t		purpose_bytes = strlen(binding->purpose);
	bytea	   *built = palloc(VARHDRSZ + sizeof(label) + sizeof(numbers) + purpose_bytes);
	char	   *p = VARDATA(built);

	numbers[0] = pg_hton32((uint32) binding->account_id);
	numbers[1] = pg_hton32((uint32) binding->key->version);
	SET_VARSIZE(built, VARHDRSZ + sizeof(label) + sizeof(numbers) + purpose_bytes);
	memcpy(p, label, sizeof(label));
	memcpy(p + sizeof(label), numbers, sizeof(numbers));
	memcpy(p + sizeof(label) + sizeof(numbers), binding->purpose, purpose_bytes);
	return built;
}

static bool
begin_cipher(EVP_CIPHER_CTX *cipher, const Binding *binding,
			 const uint8 *nonce, bool encrypt)
{
	bytea	   *bound = build_associated_data(binding);
	int			length;

	return cipher != NULL &&
		EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, binding->key->bytes,
						  nonce, encrypt) == 1 &&
		EVP_CipherUpdate(cipher, NULL, &length, (uint8 *) VARDATA(bound),
						 VARSIZE(bound) - VARHDRSZ) == 1;
}

/* Nonce, encrypted text, tag. */
static bytea *
encrypt_secret(const Binding *binding, const char *text, int text_bytes)
{
	int			size = NONCE_BYTES + text_bytes + TAG_BYTES;
	bytea	   *sealed = palloc(VARHDRSZ + size);
	uint8	   *nonce = (uint8 *) VARDATA(sealed);
	uint8	   *body = nonce + NONCE_BYTES;
	EVP_CIPHER_CTX *cipher;
	int			length;
	bool		good;

	SET_VARSIZE(sealed, VARHDRSZ + size);
	if (!pg_strong_random(nonce, NONCE_BYTES))
		elog(ERROR, "could not draw a nonce");
	cipher = EVP_CIPHER_CTX_new();
	good = begin_cipher(cipher, binding, nonce, true) &&
		EVP_CipherUpdate(cipher, body, &length, (const uint8 *) text, text_bytes) == 1 &&
		EVP_CipherFinal_ex(cipher, body + length, &length) == 1 &&
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, body + text_bytes) == 1;
	EVP_CIPHER_CTX_free(cipher);
	if (!good)
		elog(ERROR, "could not encrypt a secret");
	return sealed;
}

/* The text, NUL-terminated in the current context; NULL when it is not genuine. */
static char *
decrypt_secret(const Binding *binding, bytea *sealed)
{
	int			text_bytes = (int) VARSIZE(sealed) - VARHDRSZ - NONCE_BYTES - TAG_BYTES;
	uint8	   *nonce = (uint8 *) VARDATA(sealed);
	uint8	   *body = nonce + NONCE_BYTES;
	EVP_CIPHER_CTX *cipher;
	char	   *text;
	int			length;
	bool		good;

	if (text_bytes < 0)
		return NULL;
	text = palloc(text_bytes + 1);
	cipher = EVP_CIPHER_CTX_new();
	good = begin_cipher(cipher, binding, nonce, false) &&
		EVP_CipherUpdate(cipher, (uint8 *) text, &length, body, text_bytes) == 1 &&
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, body + text_bytes) == 1 &&
		EVP_CipherFinal_ex(cipher, (uint8 *) text + length, &length) == 1;
	EVP_CIPHER_CTX_free(cipher);
	if (!good)
	{
		explicit_bzero(text, text_bytes);
		pfree(text);
		return NULL;
	}
	text[text_bytes] = '\0';
	return text;
}

/* Decrypts a stored row; NULL, and why, when that cannot be done. */
static char *
open_secret(const Binding *of, int version, bytea *sealed, SecurityProblem *problem)
{
	Binding		binding = {of->account_id, of->purpose, security_key_find(version, problem)};
	char	   *text;

	if (binding.key == NULL)
	{
		if (problem->detail == NULL)
			problem->detail = psprintf("The secret \"%s\" of account %d is encrypted with it.",
									   of->purpose, of->account_id);
		return NULL;
	}
	text = decrypt_secret(&binding, sealed);
	if (text == NULL)
		*problem = (SecurityProblem) {
			.sqlstate = ERRCODE_FRONTDESK_SECRET,
			.message = psprintf("the secret \"%s\" of account %d cannot be decrypted",
								of->purpose, of->account_id),
			.detail = psprintf("The key of version %d is not the one it was encrypted with, or the row was altered.",
							   version),
			.hint = "Put the right key into the file of frontdesk.key_file, or set the secret again.",
		};
	return text;
}

char *
security_secret_look(int account_id, const char *purpose, SecurityProblem *problem)
{
	static BaseStatement select = {
		"SELECT key_version, ciphertext FROM frontdesk.secrets "
		"WHERE account_id = $1 AND purpose = $2",
		{INT4OID, TEXTOID}
	};
	MemoryContext context = CurrentMemoryContext;
	Binding		of = {account_id, purpose, NULL};
	Datum		values[2];
	char	   *text = NULL;

	problem->sqlstate = 0;
	values[0] = Int32GetDatum(account_id);
	values[1] = CStringGetTextDatum(purpose);
	if (base_spi_read(&select, values, NULL) > 0)
	{
		bool		isnull;
		int			version = base_spi_int32(0, 1, 0);
		bytea	   *sealed = DatumGetByteaPCopy(base_spi_value(0, 2, &isnull));

		MemoryContextSwitchTo(context);
		text = open_secret(&of, version, sealed, problem);
	}
	MemoryContextSwitchTo(context);
	return text;
}

char *
security_secret_read(int account_id, const char *purpose)
{
	SecurityProblem problem;
	char	   *text = security_secret_look(account_id, purpose, &problem);

	if (problem.sqlstate != 0)
		security_problem_raise(&problem);
	return text;
}

uint64
security_secret_fingerprint(const char *secret)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	uint64		fingerprint;
	pg_cryptohash_ctx *ctx;

	if (secret == NULL)
		return 0;
	ctx = pg_cryptohash_create(PG_SHA256);
	if (ctx == NULL || pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) secret, strlen(secret)) < 0 ||
		pg_cryptohash_final(ctx, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute the fingerprint of a key");
	pg_cryptohash_free(ctx);
	memcpy(&fingerprint, digest, sizeof(fingerprint));
	return fingerprint;
}

PGDLLEXPORT Datum
frontdesk_hide_statement(PG_FUNCTION_ARGS)
{
	security_log_hide_statement();
	PG_RETURN_VOID();
}

static void
check_arguments(const char *purpose, int value_bytes)
{
	if (purpose[0] == '\0' || strlen(purpose) > MAX_PURPOSE_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("purpose of a secret must have 1 to %d bytes", MAX_PURPOSE_BYTES)));
	if (value_bytes < 1 || value_bytes > MAX_SECRET_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a secret must have 1 to %d bytes", MAX_SECRET_BYTES),
				 errhint("Use frontdesk.delete_secret() to remove one.")));
}

static void
store_secret(const Binding *binding, bytea *sealed)
{
	static BaseStatement upsert = {
		"INSERT INTO frontdesk.secrets (account_id, purpose, key_version, ciphertext, updated_at) "
		"VALUES ($1, $2, $3, $4, frontdesk.clock()) "
		"ON CONFLICT ON CONSTRAINT secrets_pkey DO UPDATE "
		"SET key_version = excluded.key_version, ciphertext = excluded.ciphertext, updated_at = excluded.updated_at",
		{INT4OID, TEXTOID, INT4OID, BYTEAOID}
	};
	Datum		values[4];

	values[0] = Int32GetDatum(binding->account_id);
	values[1] = CStringGetTextDatum(binding->purpose);
	values[2] = Int32GetDatum(binding->key->version);
	values[3] = PointerGetDatum(sealed);
	base_spi_execute(&upsert, values, NULL);
}

/* set_secret(account_id, purpose, value) */
PGDLLEXPORT Datum
frontdesk_set_secret(PG_FUNCTION_ARGS)
{
	Binding		binding;
	text	   *value;

	security_log_hide_statement();
	for (int i = 0; i < 3; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("account, purpose and value of a secret must not be null"),
					 errhint("Use frontdesk.delete_secret() to remove one.")));
	binding.account_id = PG_GETARG_INT32(0);
	binding.purpose = text_to_cstring(PG_GETARG_TEXT_PP(1));
	value = PG_GETARG_TEXT_PP(2);
	check_arguments(binding.purpose, VARSIZE_ANY_EXHDR(value));

	SPI_connect();
	security_policy_require_account(binding.account_id);
	security_purpose_require(binding.account_id, binding.purpose);
	binding.key = security_key_newest();
	store_secret(&binding, encrypt_secret(&binding, VARDATA_ANY(value),
										  VARSIZE_ANY_EXHDR(value)));
	security_audit_write(binding.account_id, "secret.stored", binding.purpose, NULL);
	SPI_finish();
	PG_RETURN_VOID();
}

/* delete_secret(account_id, purpose): whether there was one. */
PGDLLEXPORT Datum
frontdesk_delete_secret(PG_FUNCTION_ARGS)
{
	static BaseStatement delete = {
		"DELETE FROM frontdesk.secrets WHERE account_id = $1 AND purpose = $2",
		{INT4OID, TEXTOID}
	};
	int			account_id = PG_GETARG_INT32(0);
	Datum		values[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	bool		found;

	SPI_connect();
	security_policy_require_account(account_id);
	found = base_spi_execute(&delete, values, NULL) > 0;
	if (found)
		security_audit_write(account_id, "secret.deleted",
							 text_to_cstring(PG_GETARG_TEXT_PP(1)), NULL);
	SPI_finish();
	PG_RETURN_BOOL(found);
}

/* A row of frontdesk.secrets as the statements below read it. */
typedef struct StoredSecret
{
	Binding		of;				/* without a key */
	int			version;
	bytea	   *sealed;
} StoredSecret;

static StoredSecret
read_stored(HeapTuple row, TupleDesc columns)
{
	bool		isnull;

	return (StoredSecret) {
		.of.account_id = DatumGetInt32(SPI_getbinval(row, columns, 1, &isnull)),
			.of.purpose = TextDatumGetCString(SPI_getbinval(row, columns, 2, &isnull)),
			.version = DatumGetInt32(SPI_getbinval(row, columns, 3, &isnull)),
			.sealed = DatumGetByteaPCopy(SPI_getbinval(row, columns, 4, &isnull)),
	};
}

/* Re-encrypts one row under the newest key, unless it is; raises when it does
 * not decrypt.  Returns whether it was changed. */
static bool
rotate_secret(const StoredSecret *stored)
{
	Binding		binding = stored->of;
	SecurityProblem problem;
	char	   *plain = open_secret(&stored->of, stored->version, stored->sealed, &problem);
	bool		rotate;

	if (plain == NULL)
		security_problem_raise(&problem);
	binding.key = security_key_newest();
	rotate = binding.key->version != stored->version;
	if (rotate)
	{
		store_secret(&binding, encrypt_secret(&binding, plain, strlen(plain)));
		security_audit_write(binding.account_id, "secret.rotated", binding.purpose, NULL);
	}
	explicit_bzero(plain, strlen(plain));
	return rotate;
}

/* rotate_secrets(): how many secrets were encrypted with an older key. */
PGDLLEXPORT Datum
frontdesk_rotate_secrets(PG_FUNCTION_ARGS)
{
	static BaseStatement select = {
		"SELECT account_id, purpose, key_version, ciphertext FROM frontdesk.secrets "
		"ORDER BY account_id, purpose FOR UPDATE"
	};
	SPITupleTable *rows;
	uint64		count;
	int64		rotated = 0;

	SPI_connect();
	(void) security_key_newest();	/* raises without a usable file, also with no secret */
	count = base_spi_execute(&select, NULL, NULL);
	rows = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		StoredSecret stored = read_stored(rows->vals[i], rows->tupdesc);

		rotated += rotate_secret(&stored);
	}
	SPI_finish();
	PG_RETURN_INT64(rotated);
}

/* Why a stored secret cannot be read; NULL when it can. */
static const char *
find_fault(const StoredSecret *stored)
{
	SecurityProblem problem;
	char	   *plain = open_secret(&stored->of, stored->version, stored->sealed, &problem);

	if (plain == NULL)
		return problem.sqlstate == ERRCODE_FRONTDESK_SECRET ? problem.detail : problem.message;
	explicit_bzero(plain, strlen(plain));
	pfree(plain);
	return NULL;
}

/* check_secrets(): account, purpose, key version, time and fault of every
 * secret that does not decrypt; of all when the key file cannot be used. */
PGDLLEXPORT Datum
frontdesk_check_secrets(PG_FUNCTION_ARGS)
{
	static BaseStatement select = {
		"SELECT account_id, purpose, key_version, ciphertext, updated_at FROM frontdesk.secrets "
		"ORDER BY account_id, purpose"
	};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPITupleTable *rows;
	uint64		count;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	count = base_spi_read(&select, NULL, NULL);
	rows = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		StoredSecret stored = read_stored(rows->vals[i], rows->tupdesc);
		const char *fault = find_fault(&stored);
		bool		nulls[5] = {false};
		Datum		values[5] = {Int32GetDatum(stored.of.account_id),
						   CStringGetTextDatum(stored.of.purpose), Int32GetDatum(stored.version)};

		if (fault == NULL)
			continue;
		values[3] = SPI_getbinval(rows->vals[i], rows->tupdesc, 5, &nulls[3]);
		values[4] = CStringGetTextDatum(fault);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}
