/*
 * llm_agent_row.c
 *	  An agent as its rows say, and the LlmAgent made of them.
 *
 * What the rows say may make no sense, and keys may be out of reach.  That is a
 * fault of the agent, noted in it and never raised: whoever runs a turn goes on
 * with somebody else.
 *
 * Reading and building are apart so that what was read can go while the agent
 * stays.  Columns are read as text and kept in one array: their
 * order is that of the enum below and of the statement.
 *
 * Runs in workers and sessions, SPI connected.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/base_errors.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "llm/llm_agent_row.h"
#include "llm/llm_member.h"
#include "llm/llm_schema.h"
#include "security/security_redact.h"
#include "security/security_secret.h"

typedef enum Column
{
	AGENT_PROVIDER, AGENT_MODEL, AGENT_PROMPT, AGENT_OUTPUT, AGENT_OUTPUT_TYPE,
	AGENT_OUTPUT_OID, AGENT_MAX_TOKENS, AGENT_EFFORT, AGENT_HISTORY_LIMIT,
	AGENT_TIMEOUT_MS, AGENT_SETTINGS, AGENT_FALLBACK, PROVIDER_ACCOUNT, PROVIDER_KIND,
	PROVIDER_BASE_URL, PROVIDER_LIMIT_FIELD, PROVIDER_SYSTEM_ROLE,
	PROVIDER_STRUCTURED, PROVIDER_STRICT, PROVIDER_KEY, PROVIDER_HEADERS,
	PROVIDER_KEY_HEADER, PROVIDER_FINISH, PROVIDER_OMIT,
	PROVIDER_CONCURRENT, PROVIDER_REQUESTS, PROVIDER_TOKENS,
	PRICE_INPUT, PRICE_CACHED, PRICE_CACHE_WRITE, PRICE_OUTPUT,
	DEAREST_INPUT, DEAREST_CACHED, DEAREST_CACHE_WRITE, DEAREST_OUTPUT,
	COLUMN_COUNT
} Column;

static BaseStatement read_agent = {
	.sql = "SELECT COALESCE($3, a.provider), COALESCE($4, a.model), a.prompt, a.output, a.output_type,"
	" pg_catalog.to_regtype(a.output_type)::pg_catalog.oid, a.max_tokens,"
	" a.effort, a.history_limit,"
	" CASE WHEN a.timeout IS NOT NULL THEN EXTRACT(epoch FROM LEAST(a.timeout, interval '1 hour')) * 1000 END::pg_catalog.int4,"
	" a.settings,"
	" pg_catalog.array_to_string(a.fallback, E'\\n'),"
	" p.account_id, p.kind, p.base_url,"
	" COALESCE(p.settings->>'limit_field', 'max_completion_tokens'),"
	" COALESCE(p.settings->>'system_role', 'developer'),"
	" COALESCE(p.settings->>'structured', 'json_schema'),"
	" COALESCE(p.settings->>'strict', 'true'),"
	" COALESCE(p.settings->>'key', 'required'),"
	" p.settings->'headers', COALESCE(p.settings->>'key_header', 'authorization'),"
	" COALESCE(p.settings->>'finish_reason', 'required'), p.settings->'omit', p.max_concurrent, p.requests_per_minute, p.tokens_per_minute,"
	" m.input, m.cached_input, m.cache_write, m.output,"
	" d.input, d.cached_input, d.cache_write, d.output"
	" FROM frontdesk.agents a"
	" LEFT JOIN LATERAL (SELECT * FROM frontdesk.providers q"
	"  WHERE q.name = COALESCE($3, a.provider) AND q.account_id IN ($1, 0)"
	"  ORDER BY q.account_id DESC LIMIT 1) p ON true"
	" LEFT JOIN LATERAL (SELECT * FROM frontdesk.model_prices q"
	"  WHERE q.model = COALESCE($4, a.model) AND q.valid_from <= frontdesk.clock()::pg_catalog.date"
	"  ORDER BY q.valid_from DESC LIMIT 1) m ON true"
	" LEFT JOIN LATERAL (SELECT pg_catalog.max(v.input) AS input, pg_catalog.max(v.cached_input) AS cached_input,"
	"   pg_catalog.max(v.cache_write) AS cache_write, pg_catalog.max(v.output) AS output"
	"  FROM (SELECT DISTINCT ON (q.model) q.* FROM frontdesk.model_prices q"
	"   WHERE q.valid_from <= frontdesk.clock()::pg_catalog.date ORDER BY q.model, q.valid_from DESC) v) d"
	"  ON m.model IS NULL AND EXISTS (SELECT FROM frontdesk.budgets b WHERE b.account_id IN ($1, 0))"
	" WHERE a.name = $2 AND a.account_id IN ($1, 0)"
	" ORDER BY a.account_id DESC LIMIT 1",
	.argtypes = {INT4OID, TEXTOID, TEXTOID, TEXTOID},
};

/* Notes what is wrong, unless something was before.  Returns false. */
static bool
find_fault(LlmAgentRow *row, LlmFault fault)
{
	if (row->fault.code == NULL)
		row->fault = fault;
	return false;
}

/*
 * Copies the one row found out of SPI's hands; false when there is none.
 * "agent@provider/model" is the agent asked elsewhere.
 */
static bool
fetch_columns(LlmAgentRow *row)
{
	const char *at = strchr(row->of.name, '@');
	const char *slash = at ? strchr(at, '/') : NULL;
	Datum		values[4] = {Int32GetDatum(row->of.account_id), CStringGetTextDatum(row->of.name)};

	if (slash != NULL)
	{
		values[1] = CStringGetTextDatum(pnstrdup(row->of.name, at - row->of.name));
		values[2] = CStringGetTextDatum(pnstrdup(at + 1, slash - at - 1));
		values[3] = CStringGetTextDatum(slash + 1);
	}
	if (base_spi_read(&read_agent, values, slash ? NULL : "  nn") == 0)
		return find_fault(row, (LlmFault) {
			.code = "no_agent",
			.sqlstate = ERRCODE_UNDEFINED_OBJECT,
			.text = psprintf("agent \"%s\" does not exist", row->of.name),
			.detail = psprintf("Neither account %d nor the house has it.", row->of.account_id),
		});
	row->columns = palloc0(sizeof(char *) * COLUMN_COUNT);
	for (int i = 0; i < COLUMN_COUNT; i++)
		row->columns[i] = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1);
	SPI_freetuptable(SPI_tuptable);
	return true;
}

/* Finds who is to be asked, and how he is spoken to. */
static bool
has_provider(LlmAgentRow *row)
{
	const char *kind = row->columns[PROVIDER_KIND];

	row->adapter = kind ? llm_provider_find_adapter(kind) : NULL;
	if (row->adapter != NULL)
		return true;
	if (kind != NULL)
		return find_fault(row, (LlmFault) {
			.code = "no_adapter",
			.sqlstate = ERRCODE_FEATURE_NOT_SUPPORTED,
			.text = psprintf("provider \"%s\" is of kind \"%s\", which this version cannot ask",
							 row->columns[AGENT_PROVIDER], kind),
			.hint = psprintf("Its kinds are %s.", llm_provider_list_kinds()),
		});
	return find_fault(row, (LlmFault) {
		.code = "no_provider",
		.sqlstate = ERRCODE_UNDEFINED_OBJECT,
		.text = psprintf("provider \"%s\" of agent \"%s\" does not exist",
						 row->columns[AGENT_PROVIDER], row->of.name),
		.hint = "Add a row to frontdesk.providers or change the agent's provider.",
	});
}

static bool
is_local(const LlmAgentRow *row)
{
	return row->adapter == llm_provider_local.adapter;
}

/* A key as it may stand in a header; NULL when there is none, or none that may. */
static const char *
usable_key(LlmAgentRow *row, char *key)
{
	int			bytes = key ? strlen(key) : 0;

	while (bytes > 0 && (unsigned char) key[bytes - 1] <= ' ')
		key[--bytes] = '\0';
	for (int i = 0; i < bytes; i++)
	{
		if ((unsigned char) key[i] >= ' ' && key[i] != 0x7f)
			continue;
		find_fault(row, (LlmFault) {
			.code = "FD003",
			.sqlstate = ERRCODE_FRONTDESK_SECRET,
			.text = psprintf("the key stored for %s holds control characters", row->columns[AGENT_PROVIDER]),
			.hint = "Store it again without line breaks.",
		});
		return NULL;
	}
	return bytes > 0 ? key : NULL;
}

/* The key of one account, or why it cannot be read. */
static const char *
read_key(LlmAgentRow *row, int account_id)
{
	SecurityProblem problem;
	char	   *key = security_secret_look(account_id, psprintf("provider:%s", row->columns[AGENT_PROVIDER]),
										   &problem);

	if (problem.sqlstate != 0)
		find_fault(row, (LlmFault) {
			.code = problem.sqlstate == ERRCODE_FRONTDESK_NO_KEY ? "FD002" : "FD003",
			.sqlstate = problem.sqlstate,
			.text = problem.message,
			.detail = problem.detail,
			.hint = problem.hint,
		});
	return usable_key(row, key);
}

/*
 * Finds the key.  The house's key goes to the house's addresses only, an
 * account's key to both.
 */
static void
resolve_key(LlmAgentRow *row)
{
	int			account_id = row->of.account_id;

	if (strcmp(row->columns[PROVIDER_KEY], "none") == 0)
		return;
	if (row->of.is_preview)
	{
		row->key = "***";
		return;
	}
	row->key = read_key(row, account_id);
	row->has_house_key = account_id == 0;
	if (row->key == NULL && account_id != 0 && row->fault.code == NULL &&
		pg_strtoint32(row->columns[PROVIDER_ACCOUNT]) == 0)
	{
		row->key = read_key(row, 0);
		row->has_house_key = true;
	}
	if (row->key == NULL)
		find_fault(row, (LlmFault) {
			.code = LLM_FAULT_NO_KEY,
			.sqlstate = ERRCODE_FRONTDESK_SECRET,
			.text = psprintf("no key is stored for %s", row->columns[AGENT_PROVIDER]),
			.hint = psprintf("SELECT frontdesk.set_secret(%d, 'provider:%s', …) stores one.",
							 account_id, row->columns[AGENT_PROVIDER]),
		});
}

/*
 * Finds the schema an answer must fit: the one stored, else that of the type.  A
 * type may have been dropped since; that is a fault like any other.
 */
static void
resolve_schema(LlmAgentRow *row)
{
	const char *type = row->columns[AGENT_OUTPUT_OID];
	const char *problem;

	row->schema = row->columns[AGENT_OUTPUT];
	if (row->schema == NULL && row->columns[AGENT_OUTPUT_TYPE] == NULL)
		return;
	if (row->schema == NULL && type == NULL)
	{
		find_fault(row, (LlmFault) {
			.code = "no_type",
			.sqlstate = ERRCODE_UNDEFINED_OBJECT,
			.text = psprintf("output type \"%s\" of agent \"%s\" does not exist",
							 row->columns[AGENT_OUTPUT_TYPE], row->of.name),
		});
		return;
	}
	if (row->schema == NULL)
		row->schema = llm_schema_of_type(atooid(type));
	problem = llm_schema_problem(row->schema);
	if (problem != NULL)
		find_fault(row, (LlmFault) {
			.code = "schema",
			.sqlstate = ERRCODE_INVALID_PARAMETER_VALUE,
			.text = psprintf("the output of agent \"%s\" is no JSON Schema of an object", row->of.name),
			.detail = problem,
			.hint = "Put \"type\": \"object\" and \"properties\" at its top.",
		});
}

static bool
refuse_setting(LlmAgentRow *row, const char *setting)
{
	return find_fault(row, (LlmFault) {
		.code = "setting",
		.sqlstate = ERRCODE_INVALID_PARAMETER_VALUE,
		.text = psprintf("setting \"%s\" of provider \"%s\" makes no sense",
						 setting, row->columns[AGENT_PROVIDER]),
		.hint = "The comment on column frontdesk.providers.settings lists what is accepted.",
	});
}

static bool
is_loopback(const char *host)
{
	size_t		address = strspn(host, "0123456789.");

	if (strncmp(host, "[::1]", 5) == 0)
		return true;
	if (strncmp(host, "127.", 4) == 0)
		return strchr(":/", host[address]) != NULL;
	return strncmp(host, "localhost", 9) == 0 && strchr(":/", host[9]) != NULL;
}

/*
 * Refuses an address that is none, and one that would send the key in the
 * clear, unless the operator has declared the private network his own.
 */
static void
check_base_url(LlmAgentRow *row)
{
	const char *url = row->columns[PROVIDER_BASE_URL];
	bool		plain = strncmp(url, "http://", 7) == 0;

	if (strpbrk(url, " \t\r\n@?#") || (!plain && strncmp(url, "https://", 8) != 0) ||
		url[plain ? 7 : 8] == '\0')
		find_fault(row, (LlmFault) {
			.code = "base_url",
			.sqlstate = ERRCODE_INVALID_PARAMETER_VALUE,
			.text = psprintf("base_url of provider \"%s\" is no address", row->columns[AGENT_PROVIDER]),
			.hint = "Write http:// or https:// and a host, as https://api.openai.com.",
		});
	else if (plain && row->key && !is_loopback(url + 7) && !setting_egress_allow_private)
		find_fault(row, (LlmFault) {
			.code = "clear_text",
			.sqlstate = ERRCODE_INVALID_PARAMETER_VALUE,
			.text = psprintf("provider \"%s\" would be sent its key in the clear", row->columns[AGENT_PROVIDER]),
			.hint = "Use https, a loopback address or no key; in a network of your own set frontdesk.egress_allow_private.",
		});
}

void
llm_agent_row_read(LlmAgentRow *row, const LlmAgentName *name)
{
	memset(row, 0, sizeof(*row));
	row->of = *name;
	if (fetch_columns(row) && has_provider(row))
	{
		if (!is_local(row))
		{
			resolve_key(row);
			check_base_url(row);
		}
		resolve_schema(row);
	}
}

/* A copy of a setting that must be one of up to three words. */
static const char *
choose(LlmAgentRow *row, Column column, const char *setting, const char *const words[3])
{
	for (int i = 0; i < 3 && words[i]; i++)
		if (strcmp(row->columns[column], words[i]) == 0)
			return words[i];
	refuse_setting(row, setting);
	return words[0];
}

/* Adds one header; its parts come from JSON, so only control characters and
 * an odd name can do harm. */
static bool
add_header(LlmAgentRow *row, LlmProvider *provider, const LlmJson *member)
{
	const char *value = llm_json_string(member);

	if (value == NULL || strpbrk(value, "\r\n") || member->key_bytes == 0 ||
		strspn(member->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != member->key_bytes)
		return refuse_setting(row, "headers");
	provider->headers[provider->header_count++] = psprintf("%s: %s", member->key, value);
	return true;
}

/* A setting as a tree; NULL when it is not set, or makes no sense. */
static const LlmJson *
read_setting(LlmAgentRow *row, Column column, const char *setting, LlmJsonKind kind)
{
	const char *text = row->columns[column];
	const LlmJson *json;
	const char *problem;

	if (text == NULL)
		return NULL;
	text = pg_server_to_any(text, strlen(text), PG_UTF8);
	json = llm_json_parse(text, strlen(text), &problem);
	if (json != NULL && json->kind == kind)
		return json;
	refuse_setting(row, setting);
	return NULL;
}

/* Copies the headers that a provider wants besides ours; one that could break a
 * request makes the setting a fault, for it was put there to be sent. */
static void
build_headers(LlmAgentRow *row, LlmProvider *provider)
{
	const LlmJson *json = read_setting(row, PROVIDER_HEADERS, "headers", LLM_JSON_OBJECT);

	if (json == NULL)
		return;
	provider->headers = palloc(sizeof(char *) * (json->count + 1));
	for (const LlmJson *member = json->first; member; member = member->next)
		if (!add_header(row, provider, member))
			return;
}

/* Notes what the provider is not sent; what is said otherwise then has settings of
 * its own. */
static void
build_omitted(LlmAgentRow *row, LlmProvider *provider)
{
	const LlmJson *json = read_setting(row, PROVIDER_OMIT, "omit", LLM_JSON_ARRAY);

	for (const LlmJson *word = json ? json->first : NULL; word; word = word->next)
	{
		unsigned	member = llm_json_string(word) ? llm_member_find(word->text) : 0;

		if (member == 0)
			refuse_setting(row, "omit");
		provider->omitted |= member;
	}
	if (provider->omitted & LLM_MEMBER_FORMAT)
		provider->structured = "prompt";
	if (provider->omitted & LLM_MEMBER_STRICT)
		provider->strict = false;
}

static int
integer_column(const LlmAgentRow *row, Column column)
{
	return row->columns[column] ? pg_strtoint32(row->columns[column]) : 0;
}

static void
build_limit(const LlmAgentRow *row, HttpLimit *limit)
{
	limit->account_id = pg_strtoint32(row->columns[PROVIDER_ACCOUNT]);
	strlcpy(limit->name, row->columns[AGENT_PROVIDER], sizeof(limit->name));
	limit->fingerprint = security_secret_fingerprint(row->key);
	limit->concurrency = integer_column(row, PROVIDER_CONCURRENT);
	limit->requests_per_minute = integer_column(row, PROVIDER_REQUESTS);
	limit->tokens_per_minute = integer_column(row, PROVIDER_TOKENS);
}

/* Makes the provider as this account's key asks it: limits are counted by key. */
static const LlmProvider *
build_provider(LlmAgentRow *row)
{
	static const char *const limit_fields[3] = {"max_completion_tokens", "max_tokens"};
	static const char *const roles[3] = {"developer", "system"};
	static const char *const modes[3] = {"json_schema", "json_object", "prompt"};
	static const char *const key_headers[3] = {"authorization", "api-key"};
	static const char *const finishes[3] = {"required", "optional"};
	LlmProvider *provider;

	if (is_local(row))
		return &llm_provider_local;
	provider = palloc0(sizeof(LlmProvider));
	provider->name = pstrdup(row->columns[AGENT_PROVIDER]);
	provider->adapter = row->adapter;
	provider->base_url = pstrdup(row->columns[PROVIDER_BASE_URL]);
	provider->key = row->key ? pstrdup(row->key) : NULL;
	provider->limit_field = choose(row, PROVIDER_LIMIT_FIELD, "limit_field", limit_fields);
	provider->system_role = choose(row, PROVIDER_SYSTEM_ROLE, "system_role", roles);
	provider->structured = choose(row, PROVIDER_STRUCTURED, "structured", modes);
	provider->strict = strcmp(row->columns[PROVIDER_STRICT], "false") != 0;
	provider->key_header = choose(row, PROVIDER_KEY_HEADER, "key_header", key_headers);
	provider->ends_unsaid = strcmp(choose(row, PROVIDER_FINISH, "finish_reason", finishes), "optional") == 0;
	build_omitted(row, provider);
	build_headers(row, provider);
	build_limit(row, &provider->limit);
	return provider;
}

/*
 * Where there is a budget, a model without a price is booked at the dearest
 * prices if the house pays: a model's name is the account's to choose.
 */
static double
price_column(const LlmAgentRow *row, Column column)
{
	const char *price = row->columns[column];

	if (price == NULL && row->has_house_key)
		price = row->columns[DEAREST_INPUT + (column - PRICE_INPUT)];
	return price ? strtod(price, NULL) : 0;
}

static void
build_schema(const LlmAgentRow *row, LlmAgent *agent)
{
	StringInfoData wire;

	if (row->schema == NULL || row->fault.code != NULL)
		return;
	initStringInfo(&wire);
	agent->shape = llm_schema_read(row->schema);
	llm_schema_append_wire(&wire, agent->shape);
	agent->schema = wire.data;
}

/* One word per line. */
static void
build_fallback(const LlmAgentRow *row, LlmAgent *agent)
{
	char	   *words = pstrdup(row->columns[AGENT_FALLBACK] ? row->columns[AGENT_FALLBACK] : "");
	int			room = 1;
	char	   *rest = NULL;

	for (const char *p = words; *p; p++)
		room += *p == '\n';
	agent->fallback = palloc(sizeof(char *) * room);
	for (char *word = strtok_r(words, "\n", &rest); word; word = strtok_r(NULL, "\n", &rest))
		agent->fallback[agent->fallback_count++] = word;
}

static const char *
copy(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

/* What is wrong with the agent, with all it points at. */
static LlmFault
build_fault(const LlmFault *fault)
{
	LlmFault	built = *fault;

	built.code = copy(fault->code);
	built.text = copy(fault->text);
	built.detail = copy(fault->detail);
	built.hint = copy(fault->hint);
	return built;
}

/* An agent that is known by its name alone: the local provider stands in. */
static void
build_absent(const LlmAgentRow *row, LlmAgent *agent)
{
	static const char *fallback[] = {"local"};
	LlmProvider *provider = palloc0(sizeof(LlmProvider));
	const char *name = row->columns ? row->columns[AGENT_PROVIDER] : row->of.name;

	*provider = llm_provider_local;
	provider->name = pstrdup(name);
	agent->name = pstrdup(row->of.name);
	agent->provider = provider;
	agent->model = row->columns ? pstrdup(row->columns[AGENT_MODEL]) : "";
	agent->prompt = "";
	if (row->columns)
		build_fallback(row, agent);
	else
	{
		agent->fallback = fallback;
		agent->fallback_count = lengthof(fallback);
	}
	agent->fault = build_fault(&row->fault);
}

void
llm_agent_row_build(LlmAgentRow *row, LlmAgent *agent)
{
	const char *effort;

	if (row->adapter == NULL)
	{
		build_absent(row, agent);
		return;
	}
	effort = row->columns[AGENT_EFFORT];
	agent->name = pstrdup(row->of.name);
	agent->provider = build_provider(row);
	agent->model = pstrdup(row->columns[AGENT_MODEL]);
	agent->prompt = security_redact_between(
		row->columns[AGENT_PROMPT], 0, strlen(row->columns[AGENT_PROMPT]), SECURITY_REDACT_PAYMENT);
	agent->max_tokens = integer_column(row, AGENT_MAX_TOKENS);
	agent->effort = effort && effort[0] ? pstrdup(effort) : NULL;
	agent->history_limit = integer_column(row, AGENT_HISTORY_LIMIT);
	agent->timeout_ms = integer_column(row, AGENT_TIMEOUT_MS);
	agent->settings = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(row->columns[AGENT_SETTINGS])));
	if (!is_local(row))
	{
		agent->price_input = price_column(row, PRICE_INPUT);
		agent->price_cached = price_column(row, PRICE_CACHED);
		agent->price_cache_write = price_column(row, PRICE_CACHE_WRITE);
		agent->price_output = price_column(row, PRICE_OUTPUT);
	}
	build_fallback(row, agent);
	build_schema(row, agent);
	agent->fault = build_fault(&row->fault);
	if (agent->fault.code == NULL)
		llm_call_prepare(agent);
}
