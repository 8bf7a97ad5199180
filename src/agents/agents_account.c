/*
 * agents_account.c
 *	  What the agents of an account go by, cached until the configuration
 *	  changes.
 *
 * Runs in engine workers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/palloc.h"

#include "agents/agents_account.h"
#include "base/base_cache.h"
#include "base/base_spi.h"

static BaseStatement read_account = {
	"SELECT left(coalesce(settings ->> 'business_name', name), 200), redact_for_models "
	"FROM frontdesk.accounts WHERE id = $1",
	{INT4OID}
};

static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	Datum		values[] = {Int32GetDatum(key->account_id)};
	AgentsAccount *account = value;

	account->business_name = "";
	if (base_spi_read(&read_account, values, NULL) > 0)
	{
		account->business_name = base_spi_text(0, 1);
		account->redact = base_spi_bool(0, 2, false);
	}
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
