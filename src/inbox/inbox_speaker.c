/*
 * inbox_speaker.c
 *	  Who speaks in a conversation: the bot, or a person.
 *
 * Runs in backends that take events in or that people work in, in workers when
 * an agent hands over, and in the coordinator when a conversation returns; SPI
 * is connected, and the thread is locked here.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/base_clock.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "engine/engine_alarm.h"
#include "engine/engine_interrupt.h"
#include "engine/engine_mail.h"
#include "inbox/inbox_draft.h"
#include "inbox/inbox_rules.h"
#include "inbox/inbox_speaker.h"
#include "security/security_audit.h"

/* Rings when no person has spoken for so long as the rules say. */
#define RETURN_ALARM "return_conversation"

static void
audit_handover(int account_id, const pg_uuid_t *id, const char *action,
			   const char *cause)
{
	char		subject[BASE_UUID_TEXT];

	base_uuid_print(id, subject);
	security_audit_write(account_id, action, subject, base_object_of_text("cause", cause));
}

/*
 * A person has spoken in the conversation, or was assigned to it: the time
 * after which it returns starts anew.  The thread is locked.
 */
static void
postpone_return(int account_id, const pg_uuid_t *id)
{
	const InboxRules *rules = inbox_rules_get(account_id);

	if (rules->return_after > 0)
		engine_alarm_set(account_id, id, RETURN_ALARM,
						 base_clock_now() + rules->return_after);
}

bool
inbox_speaker_take_over(int account_id, const pg_uuid_t *id, const char *cause)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET handled_by = 'human', "
		" taken_over_at = frontdesk.clock() "
		"WHERE c.account_id = $1 AND c.id = $2 AND c.handled_by <> 'human'",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(id)};
	bool		is_change;

	engine_mail_lock(account_id, id);
	is_change = base_spi_execute(&statement, values, NULL) > 0;
	if (is_change)
	{
		audit_handover(account_id, id, "conversation.taken_over", cause);
		engine_interrupt_withdraw(account_id, id, "a person who took over");
		inbox_draft_withdraw(account_id, id, "a person has taken over");
	}
	if (strcmp(cause, "reply") == 0 || strcmp(cause, "assignment") == 0)
		postpone_return(account_id, id);
	return is_change;
}

void
inbox_speaker_give_back(int account_id, const pg_uuid_t *id, const char *cause)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET handled_by = 'bot', "
		" taken_over_at = NULL "
		"WHERE c.account_id = $1 AND c.id = $2 AND c.handled_by <> 'bot'",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(account_id), UUIDPGetDatum(id)};

	engine_mail_lock(account_id, id);
	if (base_spi_execute(&statement, values, NULL) > 0)
	{
		audit_handover(account_id, id, "conversation.given_back", cause);
		engine_alarm_cancel(account_id, id, RETURN_ALARM);
	}
	if (strcmp(cause, "resolved") == 0)
		inbox_draft_withdraw(account_id, id, "the conversation was resolved");
}
