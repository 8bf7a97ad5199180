/*
 * inbox_receive.c
 *	  frontdesk.receive_message(): a message comes in without Chatwoot.
 *
 * Runs in any backend.  Transport local is site 0 of every account: its
 * messages take the same way in as Chatwoot's, and replies to them are rows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_spi.h"
#include "inbox/inbox_channel.h"
#include "inbox/inbox_enclosure.h"
#include "inbox/inbox_ingest.h"
#include "inbox/inbox_lead.h"
#include "inbox/inbox_site.h"
#include "security/security_policy.h"

#define LOCAL_SITE 0
#define MAX_SENDER_CHARS 255

SQL_FUNCTION(receive_message);

/* The argument as a C string; NULL when it is null. */
static char *
text_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

static char *
require_text(FunctionCallInfo fcinfo, int i, const char *name)
{
	char	   *text = text_argument(fcinfo, i);

	if (text == NULL || *text == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null or empty", name)));
	return text;
}

/* A conversation that the caller named: it goes on, even if it was resolved. */
static void
name_conversation(InboxOrigin origin, const pg_uuid_t *id, InboxConversationView *view)
{
	static BaseStatement statement = {
		"SELECT c.display_id, c.status = 'resolved' "
		"FROM frontdesk.conversations AS c "
		"WHERE c.account_id = $1 AND c.id = $2 AND c.site_id = $3",
		{INT4OID, UUIDOID, INT4OID}
	};
	Datum		values[] = {
		Int32GetDatum(origin.account_id), UUIDPGetDatum(id),
		Int32GetDatum(origin.site_id),
	};

	if (base_spi_execute(&statement, values, NULL) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("account %d has no such conversation of transport local",
						origin.account_id)));
	view->display_id = base_spi_int64(0, 1, 0);
	if (base_spi_bool(0, 2, false))
		view->status = "pending";
}

/* Fills in an event as if a source had told it. */
static void
make_event(FunctionCallInfo fcinfo, InboxEvent *event)
{
	char	   *channel = require_text(fcinfo, 1, "channel");
	char	   *sender = require_text(fcinfo, 2, "sender");
	InboxEnclosing enclosing;

	memset(event, 0, sizeof(*event));
	event->kind = INBOX_EVENT_MESSAGE_CREATED;
	event->conversation.channel = inbox_channel_find(channel);
	if (event->conversation.channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown channel \"%s\"", channel),
				 errhint("Channels are whatsapp, instagram, email, sms, telegram, webchat, facebook, line, tiktok, api and other.")));
	if (pg_mbstrlen(sender) > MAX_SENDER_CHARS)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("sender is longer than %d characters", MAX_SENDER_CHARS)));
	event->conversation.contact.key = sender;
	event->conversation.contact.name = inbox_event_line(text_argument(fcinfo, 4));
	if (strcmp(channel, "email") == 0)
		event->conversation.contact.email = sender;
	else if (*sender == '+')
		event->conversation.contact.phone = sender;
	event->message.incoming = true;
	event->message.author = INBOX_AUTHOR_CUSTOMER;
	inbox_event_set_content(&event->message, require_text(fcinfo, 3, "content"));
	inbox_enclosure_begin(&enclosing, &event->message);
	inbox_enclosure_end(&enclosing);
}

/* receive_message(): what a site's webhook would have told, told by a caller;
 * then the one way in. */
PGDLLEXPORT Datum
frontdesk_receive_message(PG_FUNCTION_ARGS)
{
	InboxOrigin	origin = {0, LOCAL_SITE};
	InboxEvent	event;
	InboxOutcome outcome;
	pg_uuid_t  *id;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("account_id must not be null")));
	origin.account_id = PG_GETARG_INT32(0);
	make_event(fcinfo, &event);

	SPI_connect();
	security_policy_require_account(origin.account_id);
	if (!PG_ARGISNULL(5))
	{
		inbox_lead_save(origin, &event.conversation.contact, event.conversation.channel, NULL);
		name_conversation(origin, PG_GETARG_UUID_P(5), &event.conversation);
	}
	inbox_ingest(origin, &event, &outcome);
	SPI_finish();

	id = palloc(sizeof(*id));
	*id = outcome.conversation_id;
	PG_RETURN_UUID_P(id);
}
