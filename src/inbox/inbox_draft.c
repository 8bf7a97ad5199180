/*
 * inbox_draft.c
 *	  Replies that wait for a person's word, or are only suggested.
 *
 * Drafts are recorded by workers, in the commit that ends the turn, and
 * withdrawn by whoever overtakes them: a newer turn, a person, the end of the
 * conversation.  People decide in inbox_draft.sql.  All of it happens under
 * the thread's lock, so exactly one of them wins.  The row of the conversation
 * names the open draft, so that a turn learns of it with what it reads anyway.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "engine/engine_alarm.h"
#include "inbox/inbox_draft.h"
#include "security/security_audit.h"

/* Rings when nobody has decided in time; frontdesk.expire_draft(). */
#define DEADLINE_ALARM "expire_draft"

static BaseStatement insert_statement = {
	"INSERT INTO frontdesk.reply_drafts (account_id, id, conversation_id, mode, agent, content, "
	" created_at, deadline_at, answers_up_to, status) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE $4 WHEN 'suggest' THEN 'suggested' ELSE 'open' END)",
	{INT4OID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}
};

static BaseStatement mark_statement = {
	"UPDATE frontdesk.conversations SET draft_id = $3 WHERE account_id = $1 AND id = $2",
	{INT4OID, UUIDOID, UUIDOID}
};

static BaseStatement withdraw_statement = {
	"UPDATE frontdesk.reply_drafts SET status = 'withdrawn', decided_at = $3, reason = $4 "
	"WHERE account_id = $1 AND conversation_id = $2 AND status = 'open' RETURNING id",
	{INT4OID, UUIDOID, TIMESTAMPTZOID, TEXTOID}
};

/* Shows the draft to people, with what they can do about it. */
static void
deliver_note(EngineTurn *turn, const InboxDraft *draft, const InboxRules *rules)
{
	const char *prefix = rules->command_prefix;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s\n\n%s", draft->mode == INBOX_APPROVAL_SUGGEST ?
					 "Suggested reply:" : "This reply waits for approval:", draft->content);
	if (draft->mode == INBOX_APPROVAL_APPROVE && prefix)
		appendStringInfo(&text, "\n\n%sapprove sends it, %sapprove <text> sends that text, "
						 "%sreject <reason> sends nothing.", prefix, prefix, prefix);
	engine_turn_deliver(turn, "note", base_object_of_text("content", text.data));
}

void
inbox_draft_record(EngineTurn *turn, const InboxDraft *draft)
{
	const InboxRules *rules = inbox_rules_get(turn->account_id);
	bool		waits = draft->mode == INBOX_APPROVAL_APPROVE;
	TimestampTz now = base_clock_now();
	TimestampTz deadline = waits && rules->approval_deadline > 0 ? now + rules->approval_deadline : 0;
	pg_uuid_t	id;
	char		nulls[] = "         ";
	Datum		values[9];
	Datum		mark[3];

	base_uuid_draw(&id);
	values[0] = mark[0] = Int32GetDatum(turn->account_id);
	values[1] = mark[2] = UUIDPGetDatum(&id);
	values[2] = mark[1] = UUIDPGetDatum(&turn->thread_id);
	values[3] = CStringGetTextDatum(waits ? "approve" : "suggest");
	values[4] = draft->agent ? CStringGetTextDatum(draft->agent) : (Datum) 0;
	nulls[4] = draft->agent ? ' ' : 'n';
	values[5] = CStringGetTextDatum(draft->content);
	values[6] = TimestampTzGetDatum(now);
	values[7] = TimestampTzGetDatum(deadline);
	nulls[7] = deadline ? ' ' : 'n';
	values[8] = Int64GetDatum(turn->last_mail);
	base_spi_execute(&insert_statement, values, nulls);
	if (waits)
		base_spi_execute(&mark_statement, mark, NULL);
	if (deadline)
		engine_alarm_set(turn->account_id, &turn->thread_id, DEADLINE_ALARM, deadline);
	if (!waits || rules->approval_note)
		deliver_note(turn, draft, rules);
}

void
inbox_draft_withdraw(int account_id, const pg_uuid_t *conversation_id, const char *reason)
{
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(conversation_id),
		TimestampTzGetDatum(base_clock_now()), CStringGetTextDatum(reason),
	};
	char		subject[BASE_UUID_TEXT];
	bool		isnull;

	if (base_spi_execute(&withdraw_statement, values, NULL) == 0)
		return;
	base_uuid_print(DatumGetUUIDP(base_spi_value(0, 1, &isnull)), subject);
	base_spi_execute(&mark_statement, values, "  n");
	engine_alarm_cancel(account_id, conversation_id, DEADLINE_ALARM);
	security_audit_write(account_id, "draft.withdrawn", subject,
						 base_object_of_text("reason", reason));
}
