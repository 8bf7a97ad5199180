/*
 * inbox_rules.c
 *	  How the bot and people share the conversations of an account.
 *
 * Runs in backends that take events in and in workers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/base_cache.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "inbox/inbox_rules.h"

static BaseStatement read_statement = {
	"SELECT r.approval, nullif(r.approval_by_agent, '{}'), "
	" (1e6 * extract(epoch FROM r.approval_deadline))::bigint, r.approval_note, "
	" r.return_label, (1e6 * extract(epoch FROM r.return_after))::bigint, "
	" r.answer_on_return, r.command_prefix, "
	" (1e6 * extract(epoch FROM r.sweep_answers_within))::bigint, "
	" r.follow_up_on_message = 'keep', "
	" (1e6 * extract(epoch FROM r.answer_within))::bigint, r.team_takes_over, "
	" r.reply_limit, (1e6 * extract(epoch FROM r.reply_limit_window))::bigint, r.repeat_limit, "
	" (1e6 * extract(epoch FROM r.split_within))::bigint "
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

/* Reads the account's row, else the house's, which always is there. */
static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	Datum		account = Int32GetDatum(key->account_id);
	InboxRules *rules = value;
	bool		isnull;
	Datum		by_agent;

	if (base_spi_read(&read_statement, &account, NULL) == 0)
		elog(ERROR, "account 0 has no row in frontdesk.people_rules");
	rules->approval = approval_of(base_spi_text(0, 1));
	by_agent = base_spi_value(0, 2, &isnull);
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
	rules->answer_within = base_spi_int64(0, 11, 0);
	rules->team_takes_over = base_spi_bool(0, 12, true);
	rules->reply_limit = base_spi_int32(0, 13, 0);
	rules->reply_limit_window = base_spi_int64(0, 14, 0);
	rules->repeat_limit = base_spi_int32(0, 15, 0);
	rules->split_within = base_spi_int64(0, 16, 0);
	return BASE_CACHE_LASTING;
}

const InboxRules *
inbox_rules_get(int account_id)
{
	static BaseCache rules = {
		.name = "people rules", .value_bytes = sizeof(InboxRules), .fill = fill
	};

	return base_cache_get(&rules, &(BaseCacheKey) {
		.account_id = account_id
	}, CurrentMemoryContext);
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
