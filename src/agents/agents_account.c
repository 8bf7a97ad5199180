/*
 * agents_account.c
 *	  What the agents of an account go by, cached until the configuration
 *	  changes.
 *
 * Runs in engine workers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/memutils.h"

#include "agents/agents_account.h"
#include "agents/agents_excerpt.h"
#include "base/base_cache.h"
#include "base/base_spi.h"

/* So many rows are all shown to the model, in a fixed order, which keeps the
 * prompt's beginning the same from call to call; of more, the best are. */
#define SHOWN_KNOWLEDGE 12
#define CACHED_KNOWLEDGE 2000

static BaseStatement read_account = {
	"SELECT coalesce(settings ->> 'business_name', name), redact_for_models "
	"FROM frontdesk.accounts WHERE id = $1",
	{INT4OID}
};

static BaseStatement read_knowledge = {
	"SELECT question, answer FROM frontdesk.knowledge WHERE account_id = $1 ORDER BY id LIMIT $2",
	{INT4OID, INT8OID}
};

/* Reads what the rows say. Texts are compared by their n-grams later, so those
 * are counted once, and only when there are more rows than a prompt shows. */
static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	Datum		values[] = {Int32GetDatum(key->account_id), Int64GetDatum(CACHED_KNOWLEDGE)};
	AgentsAccount *account = value;
	uint64		count;

	account->business_name = "";
	if (base_spi_read(&read_account, values, NULL) > 0)
	{
		account->business_name = base_spi_text(0, 1);
		account->redact = base_spi_bool(0, 2, false);
	}
	count = base_spi_read(&read_knowledge, values, NULL);
	account->knowledge = palloc0(Max(count, 1) * sizeof(AgentsKnowledge));
	account->knowledge_count = (int) count;
	for (uint64 i = 0; i < count; i++)
	{
		account->knowledge[i].question = base_spi_text(i, 1);
		account->knowledge[i].answer = base_spi_text(i, 2);
	}
	for (uint64 i = 0; count > SHOWN_KNOWLEDGE && i < count; i++)
		account->knowledge[i].features = llm_classifier_features(
			account->knowledge[i].question, strlen(account->knowledge[i].question));
	return BASE_CACHE_LASTING;
}

const AgentsAccount *
agents_account_get(int account_id)
{
	static BaseCache accounts = {
		.name = "accounts", .value_bytes = sizeof(AgentsAccount), .fill = fill
	};

	return base_cache_get(&accounts, &(BaseCacheKey) {
		.account_id = account_id
	}, CurrentMemoryContext);
}

static void
append_row(StringInfo text, const AgentsKnowledge *row)
{
	appendStringInfo(text, "\nQ: %s\nA: %s", agents_excerpt_stated(row->question),
					 agents_excerpt_stated(row->answer));
}

/* The row most like the question that was not shown yet. */
static int
best_row(const AgentsAccount *account, const double *likeness)
{
	int			best = -1;

	for (int i = 0; i < account->knowledge_count; i++)
		if (likeness[i] > 0 && (best < 0 || likeness[i] > likeness[best]))
			best = i;
	return best;
}

/* Appends all rows when there are few, else those most like the question, so
 * that a long list does not fill every prompt. */
void
agents_account_append_knowledge(const AgentsAccount *account, StringInfo text, const char *question)
{
	LlmFeatures *asked;
	double	   *likeness;

	if (account->knowledge_count <= SHOWN_KNOWLEDGE)
	{
		for (int i = 0; i < account->knowledge_count; i++)
			append_row(text, &account->knowledge[i]);
		return;
	}
	asked = llm_classifier_features(question, strlen(question));
	likeness = palloc(account->knowledge_count * sizeof(double));
	for (int i = 0; i < account->knowledge_count; i++)
		likeness[i] = llm_classifier_likeness(asked, account->knowledge[i].features);
	for (int shown = 0; shown < SHOWN_KNOWLEDGE; shown++)
	{
		int			best = best_row(account, likeness);

		if (best < 0)
			break;
		append_row(text, &account->knowledge[best]);
		likeness[best] = 0;
	}
}
