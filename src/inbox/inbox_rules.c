/*
 * inbox_rules.c
 *	  How the bot and people share the conversations of an account.
 *
 * Runs in backends that take events in and in workers.  The cache lives in a
 * context of its own and is emptied when the configuration counter has moved
 * since it was filled; without the library preloaded there is no counter and
 * nothing is kept between calls.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/base_json.h"
#include "base/base_shmem.h"
#include "base/base_spi.h"
#include "inbox/inbox_rules.h"

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;
static uint64 cache_count = 0;	/* configuration count it was filled under */

static BaseStatement read_statement = {
	"SELECT r.approval, nullif(r.approval_by_agent, '{}'), "
	" (1e6 * extract(epoch FROM r.approval_deadline))::bigint, r.approval_note, "
	" r.return_label, (1e6 * extract(epoch FROM r.return_after))::bigint, "
	" r.answer_on_return, r.command_prefix, "
	" (1e6 * extract(epoch FROM r.sweep_answers_within))::bigint, "
	" r.follow_up_on_message = 'keep' "
	"FROM frontdesk.people_rules AS r WHERE r.account_id IN ($1, 0) "
	"ORDER BY r.account_id DESC LIMIT 1",
	{INT4OID}
};

static InboxApproval
approval_of(const char *word)
{
	if (strcmp(word, "approve") == 0)
		return INBOX_APPROVAL_APPROVE;
	if (strcmp(word, "suggest") == 0)
		return INBOX_APPROVAL_SUGGEST;
	return INBOX_APPROVAL_AUTO;
}

static void
empty_cache(void)
{
	HASHCTL		control = {0};

	if (cache_context)
		MemoryContextReset(cache_context);
	else
		cache_context = AllocSetContextCreate(TopMemoryContext, "inbox rules",
											  ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(int);
	control.entrysize = sizeof(InboxRules);
	control.hcxt = cache_context;
	cache = hash_create("inbox rules", 16, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Reads the row found into an entry; the current context is the cache's. */
static void
read_row(InboxRules *rules)
{
	bool		isnull;
	Datum		by_agent = base_spi_value(0, 2, &isnull);

	rules->approval = approval_of(base_spi_text(0, 1));
	if (!isnull)
		rules->approval_by_agent = DatumGetJsonbPCopy(by_agent);
	rules->approval_deadline = base_spi_int64(0, 3, 0);
	rules->approval_note = base_spi_bool(0, 4, true);
	rules->return_label = base_spi_text(0, 5);
	rules->return_after = base_spi_int64(0, 6, 0);
	rules->answer_on_return = base_spi_bool(0, 7, true);
	rules->command_prefix = base_spi_text(0, 8);
	rules->answers_within = base_spi_int64(0, 9, 0);
	rules->follow_up_keeps = base_spi_bool(0, 10, false);
}

const InboxRules *
inbox_rules_get(int account_id)
{
	uint64		count = base_configuration_count();
	Datum		value = Int32GetDatum(account_id);
	InboxRules *rules;
	MemoryContext caller;

	if (cache == NULL || base_shared == NULL || count != cache_count)
	{
		empty_cache();
		cache_count = count;
	}
	rules = hash_search(cache, &account_id, HASH_FIND, NULL);
	if (rules)
		return rules;
	if (base_spi_execute(&read_statement, &value, NULL) == 0)
		elog(ERROR, "account 0 has no row in frontdesk.people_rules");
	rules = hash_search(cache, &account_id, HASH_ENTER, NULL);
	memset((char *) rules + sizeof(int), 0, sizeof(InboxRules) - sizeof(int));
	caller = MemoryContextSwitchTo(cache_context);
	read_row(rules);
	MemoryContextSwitchTo(caller);
	return rules;
}

InboxApproval
inbox_rules_approval(int account_id, const char *agent)
{
	const InboxRules *rules = inbox_rules_get(account_id);
	char	   *word = NULL;

	if (rules->approval_by_agent && agent)
		word = base_jsonb_text(rules->approval_by_agent, agent);
	return word ? approval_of(word) : rules->approval;
}
