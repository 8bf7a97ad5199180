/*
 * http_service.c
 *	  Remote systems as rows: where they are, what opens them, how much may be
 *	  asked of them.
 *
 * Runs in backends that take webhooks in and in workers that send requests.
 * The table of adapters is filled in _PG_init and never changes afterwards.
 * Rows are cached twice, without secrets and with them: who takes a webhook in
 * has no use for any.  Secrets are wiped when their service is freed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_cache.h"
#include "base/base_domain.h"
#include "base/base_errors.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "http/http_service.h"
#include "http/http_trouble.h"
#include "security/security_secret.h"

SQL_FUNCTION(service_adapters);

#define MAX_ADAPTERS 32

static const HttpAdapter *adapters[MAX_ADAPTERS];
static int	adapter_count = 0;

/* ---- adapters ---- */

static const HttpAdapter *
find_adapter(const char *kind, const char *name)
{
	for (int i = 0; i < adapter_count; i++)
		if (strcmp(adapters[i]->kind, kind) == 0 && strcmp(adapters[i]->name, name) == 0)
			return adapters[i];
	return NULL;
}

void
http_service_register(const HttpAdapter *adapter)
{
	if (find_adapter(adapter->kind, adapter->name) != NULL)
		elog(ERROR, "adapter \"%s\" of kind %s is registered twice", adapter->name, adapter->kind);
	if (adapter_count >= MAX_ADAPTERS)
		elog(ERROR, "too many adapters of services registered");
	adapters[adapter_count++] = adapter;
}

/* Lists the names of an adapter's secrets as an array of text. */
static Datum
list_secrets(const HttpAdapter *adapter)
{
	Datum		names[HTTP_SERVICE_SECRETS];
	int			count = 0;

	while (count < HTTP_SERVICE_SECRETS && adapter->secrets[count] != NULL)
	{
		names[count] = CStringGetTextDatum(adapter->secrets[count]);
		count++;
	}
	return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* service_adapters(): what this library knows */
PGDLLEXPORT Datum
frontdesk_service_adapters(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < adapter_count; i++)
	{
		Datum		values[] = {
			CStringGetTextDatum(adapters[i]->kind), CStringGetTextDatum(adapters[i]->name),
			CStringGetTextDatum(adapters[i]->title), list_secrets(adapters[i]),
		};
		bool		nulls[lengthof(values)] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---- rows ---- */

/* Fills in what the row says; secrets are read apart. */
static BaseCacheFinding
fill_service(const BaseCacheKey *key, void *value)
{
	static BaseStatement statement = {
		"SELECT s.kind, s.adapter, s.url, s.remote_account, s.max_concurrent, "
		" s.requests_per_minute, s.settings "
		"FROM frontdesk.services AS s WHERE s.account_id = $1 AND s.id = $2",
		{INT4OID, INT4OID}
	};
	Datum		values[] = {Int32GetDatum(key->account_id), Int32GetDatum(key->number)};
	HttpService *service = value;
	bool		isnull;

	if (base_spi_read(&statement, values, NULL) == 0)
		return BASE_CACHE_ABSENT;
	service->key = (HttpServiceKey) {key->account_id, key->number};
	service->adapter_name = base_spi_text(0, 2);
	service->adapter = find_adapter(base_spi_text(0, 1), service->adapter_name);
	service->url = base_spi_text(0, 3);
	service->remote_account = base_spi_int64(0, 4, 0);
	service->max_concurrent = base_spi_int32(0, 5, 0);
	service->requests_per_minute = base_spi_int32(0, 6, 0);
	service->settings = DatumGetJsonbPCopy(base_spi_value(0, 7, &isnull));
	return BASE_CACHE_LASTING;
}

static char *
read_secret(HttpService *service, const char *name)
{
	SecurityProblem problem;
	char	   *purpose = psprintf("%s_%s:%d", service->adapter_name, name, service->key.id);
	char	   *secret = security_secret_look(service->key.account_id, purpose, &problem);

	if (problem.sqlstate != 0)
	{
		service->fault_code = problem.sqlstate == ERRCODE_FRONTDESK_NO_KEY ? "FD002" : "FD003";
		service->fault = pstrdup(problem.message);
	}
	return secret;
}

/* Reads the row and all secrets that its adapter has a use for.  One that cannot
 * be read now is looked at again: files come back without a change of rows. */
static BaseCacheFinding
fill_open(const BaseCacheKey *key, void *value)
{
	HttpService *service = value;

	if (fill_service(key, value) == BASE_CACHE_ABSENT)
		return BASE_CACHE_ABSENT;
	for (int i = 0; service->adapter && i < HTTP_SERVICE_SECRETS && service->adapter->secrets[i]; i++)
	{
		uint64		digest;

		service->secrets[i] = read_secret(service, service->adapter->secrets[i]);
		digest = security_secret_fingerprint(service->secrets[i]);
		service->fingerprint = i == 0 ? digest : hash_combine64(service->fingerprint, digest);
	}
	return service->fault ? BASE_CACHE_PASSING : BASE_CACHE_LASTING;
}

static void
wipe(void *value)
{
	HttpService *service = value;

	for (int i = 0; i < HTTP_SERVICE_SECRETS; i++)
		if (service->secrets[i])
			explicit_bzero(service->secrets[i], strlen(service->secrets[i]));
}

const HttpService *
http_service_get(HttpServiceKey key)
{
	static BaseCache services = {
		.name = "services", .value_bytes = sizeof(HttpService), .fill = fill_service
	};

	return base_cache_get(&services, &(BaseCacheKey) {
		.account_id = key.account_id, .number = key.id
	}, CurrentMemoryContext);
}

const HttpService *
http_service_open(HttpServiceKey key)
{
	static BaseCache open_services = {
		.name = "open services", .value_bytes = sizeof(HttpService), .fill = fill_open, .wipe = wipe
	};

	return base_cache_get(&open_services, &(BaseCacheKey) {
		.account_id = key.account_id, .number = key.id
	}, CurrentMemoryContext);
}

const char *
http_service_secret(const HttpService *service, const char *name)
{
	for (int i = 0; i < HTTP_SERVICE_SECRETS && service->adapter; i++)
		if (service->adapter->secrets[i] && strcmp(service->adapter->secrets[i], name) == 0)
			return service->secrets[i];
	return NULL;
}

/* ---- what people are told ---- */

/* Words for it: a service that conversations live at is a site. */
static const char *
noun_of(const HttpService *service)
{
	return service->adapter && strcmp(service->adapter->kind, HTTP_SERVICE_TRANSPORT) == 0 ? "site" : "service";
}

/* Tells people, now and then, of a service that we cannot speak to; mends with
 * the secret of that name. */
static void
tell(const HttpService *service, const char *kind, const char *what, const char *text, const char *secret)
{
	const char *noun = noun_of(service);

	http_trouble_tell(&(HttpTrouble) {
		.account_id = service->key.account_id,
			.name = psprintf("%s:%d", service->adapter_name, service->key.id),
			.kind = kind,
			.action = psprintf("%s.%s", noun, what),
			.elevel = WARNING,
			.message = psprintf("%s %d of account %d cannot be spoken to", noun, service->key.id, service->key.account_id),
			.text = text,
			.hint = kind[0] == 'F' ? "Mend the file of frontdesk.key_file; what is to be sent waits meanwhile." :
			psprintf("SELECT frontdesk.set_secret(%d, '%s_%s:%d', …) stores it.",
					 service->key.account_id, service->adapter_name, secret, service->key.id),
	});
}

void
http_service_tell_refused(const HttpService *service, const char *text)
{
	if (service->adapter && service->adapter->secrets[0])
		tell(service, "refused", "refused", text, service->adapter->secrets[0]);
}

const char *
http_service_require(const HttpService *service, const char *const *names, HttpServiceLack *lack)
{
	char	   *words;

	for (const char *const *name = names; *name; name++)
	{
		const char *secret = http_service_secret(service, *name);

		if (secret)
			return secret;
	}
	if (service->fault)
		*lack = (HttpServiceLack) {service->fault_code, pstrdup(service->fault), true};
	else
	{
		words = pstrdup(names[0]);
		for (char *p = words; *p; p++)
			if (*p == '_')
				*p = ' ';
		*lack = (HttpServiceLack) {"no_token", psprintf("no %s is stored for the %s", words, noun_of(service)), false};
	}
	tell(service, lack->code, "unusable", lack->text, names[0]);
	return NULL;
}

/* ---- requests ---- */

/* How much may be asked of it; its breaker and its health go by the same name.
 * Copied, for the service's entry may go while the request waits. */
static HttpLimit *
make_limit(const HttpService *service)
{
	HttpLimit  *limit = palloc0(sizeof(HttpLimit));

	limit->account_id = service->key.account_id;
	snprintf(limit->name, sizeof(limit->name), "%s:%d", service->adapter_name, service->key.id);
	limit->fingerprint = service->fingerprint;
	limit->concurrency = service->max_concurrent > 0 ? service->max_concurrent : Max(1, setting_max_in_flight / 2);
	limit->requests_per_minute = service->requests_per_minute;
	return limit;
}

void
http_service_request(const HttpService *service, const HttpServiceCall *call, HttpRequest *request)
{
	const char **headers = palloc(sizeof(char *) * 3);
	int			count = 0;

	if (call->authorization)
		headers[count++] = pstrdup(call->authorization);
	headers[count++] = "Accept: application/json";
	if (call->body)
		headers[count++] = psprintf("Content-Type: %s", call->content_type ? call->content_type : "application/json");
	memset(request, 0, sizeof(*request));
	request->method = call->method;
	request->url = psprintf("%s%s", service->url, call->path);
	request->headers = headers;
	request->header_count = count;
	request->body = call->body ? pstrdup(call->body) : NULL;
	request->body_bytes = call->body ? strlen(call->body) : 0;
	request->has_effect = strcmp(call->method, "GET") != 0;
	request->is_bulk = call->is_bulk;
	request->limit = make_limit(service);
}
