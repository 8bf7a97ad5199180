/*
 * agents_provider.c
 *	  What a call has shown of its provider: told to people, kept in its row.
 *
 * Runs in engine workers, in the step's transaction.  A row of the house serves
 * every account and is never changed by what the calls of one have shown; effort and
 * grammars depend on the model as well, so they are not kept either.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "agents/agents_provider.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "http/http_trouble.h"
#include "llm/llm_member.h"
#include "security/security_audit.h"

/* More bytes than a token ever has: a prompt that counts fewer tokens was cut. */
#define MOST_BYTES_PER_TOKEN 12
#define LEAST_BYTES 8192

/* What a provider does not know whichever model is asked. */
#define KEPT (LLM_MEMBER_STORE | LLM_MEMBER_CACHE | LLM_MEMBER_LIMIT | LLM_MEMBER_ROLE)

/* Another worker that learns the same at this moment does it for both. */
static BaseStatement learn = {
	"UPDATE frontdesk.providers AS p SET settings = p.settings || $3"
	" WHERE p.account_id = $1 AND p.name = $2 AND NOT p.settings @> $3 AND p.ctid IN ("
	"  SELECT q.ctid FROM frontdesk.providers AS q WHERE q.account_id = $1 AND q.name = $2"
	"  FOR UPDATE SKIP LOCKED)",
	{INT4OID, TEXTOID, JSONBOID}
};

/* Key and bill are the provider's; a firewall and a context are met with one of its
 * models, and told of by themselves. */
static void
tell(EngineTurn *turn, const LlmCall *call, HttpTrouble trouble)
{
	const LlmAgent *agent = call->agent;

	trouble.account_id = turn->account_id;
	trouble.elevel = WARNING;
	if (trouble.name == NULL)
		trouble.name = psprintf("%s/%s", agent->provider->name, agent->model);
	http_trouble_tell(&trouble);
}

/* Whether the server has read less than it was sent, and has not said so. */
static bool
was_cut(const LlmCall *call, const LlmResult *result)
{
	return call->sent->body_bytes >= LEAST_BYTES &&
		(int64) result->tokens_in * MOST_BYTES_PER_TOKEN < call->sent->body_bytes &&
		result->failure_class == HTTP_FAILURE_NONE;
}

void
agents_provider_tell(EngineTurn *turn, const LlmCall *call, const LlmResult *result)
{
	const LlmAgent *agent = call->agent;
	const char *provider = agent->provider->name;
	bool		is_cut = was_cut(call, result);

	if (http_failure_doubts_key(result->failure_class))
		tell(turn, call, (HttpTrouble) {
			.name = provider,
			.kind = http_failure_word(result->failure_class),
			.action = "provider_refused",
			.message = psprintf("provider \"%s\" refuses the requests of account %d", provider, turn->account_id),
			.text = result->problem,
			.hint = "A new key is tried at once; after a bill was paid call frontdesk.reset_breaker().",
		});
	else if (result->code != NULL && strcmp(result->code, "firewall") == 0)
		tell(turn, call, (HttpTrouble) {
			.kind = "firewall",
			.action = "provider.firewall",
			.message = psprintf("a text of account %d did not get through to provider \"%s\"", turn->account_id, provider),
			.text = result->problem,
			.hint = "If no text gets through, look at the address and at what stands between.",
		});
	else if (result->is_too_long || is_cut)
		tell(turn, call, (HttpTrouble) {
			.kind = "context",
			.action = "provider.context",
			.message = psprintf("model \"%s\" of provider \"%s\" cannot read all that account %d sends", agent->model, provider, turn->account_id),
			.text = is_cut ? psprintf("It counts %d tokens in %zu bytes.", result->tokens_in, call->sent->body_bytes) : result->problem,
			.hint = "Give the model a longer context at its server, or lower frontdesk.prompt_limit and agents.history_limit.",
		});
}

void
agents_provider_learn(EngineTurn *turn, const LlmAgent *agent, unsigned members)
{
	const LlmProvider *provider = agent->provider;
	Datum		values[3] = {Int32GetDatum(provider->limit.account_id), CStringGetTextDatum(provider->name)};
	Jsonb	   *settings;

	members &= KEPT;
	if (members == 0 || provider->limit.account_id != turn->account_id)
		return;
	settings = base_jsonb_parse(llm_member_settings(provider, members));
	values[2] = JsonbPGetDatum(settings);
	if (base_spi_execute(&learn, values, NULL) > 0)
		security_audit_write(turn->account_id, "provider.learned", provider->name, settings);
}
