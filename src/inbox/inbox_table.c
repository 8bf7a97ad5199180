/*
 * inbox_table.c
 *	  The inbox' hot tables for base_row.h.
 *
 * Declarations alone; each process looks the tables up for itself.  A
 * conversation is written with its lead locked or just inserted, and keys are
 * never changed, so foreign keys need no second look.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "inbox/inbox_table.h"

BaseTable	inbox_leads = {
	.name = "leads",
	.columns = {
		[LEAD_ACCOUNT_ID] = {"account_id", INT4OID},
		[LEAD_ID] = {"id", UUIDOID},
		[LEAD_SITE_ID] = {"site_id", INT4OID},
		[LEAD_CHATWOOT_CONTACT_ID] = {"chatwoot_contact_id", VARCHAROID},
		[LEAD_CHANNEL] = {"channel", VARCHAROID},
		[LEAD_NAME] = {"name", TEXTOID},
		[LEAD_EMAIL] = {"email", TEXTOID},
		[LEAD_PHONE] = {"phone", TEXTOID},
		[LEAD_PROFILE] = {"profile", JSONBOID},
		[LEAD_QUALIFICATION_STATUS] = {"qualification_status", TEXTOID},
		[LEAD_UPDATED_AT] = {"updated_at", TIMESTAMPTZOID},
		[LEAD_BLOCKED] = {"blocked", BOOLOID},
	},
	.searches = {
		[LEAD_BY_CONTACT] = {"leads_contact_key", 3, {LEAD_CHATWOOT_CONTACT_ID, LEAD_SITE_ID, LEAD_ACCOUNT_ID}},
		[LEAD_BY_ID] = {"leads_pkey", 2, {LEAD_ACCOUNT_ID, LEAD_ID}},
	},
	.primary = LEAD_BY_ID,
	.vouches = true,
};

BaseTable	inbox_conversations = {
	.name = "conversations",
	.columns = {
		[CONVERSATION_ACCOUNT_ID] = {"account_id", INT4OID},
		[CONVERSATION_ID] = {"id", UUIDOID},
		[CONVERSATION_SITE_ID] = {"site_id", INT4OID},
		[CONVERSATION_DISPLAY_ID] = {"display_id", INT8OID},
		[CONVERSATION_LEAD_ID] = {"lead_id", UUIDOID},
		[CONVERSATION_CHANNEL] = {"channel", VARCHAROID},
		[CONVERSATION_INBOX_ID] = {"inbox_id", INT8OID},
		[CONVERSATION_SUBJECT] = {"subject", TEXTOID},
		[CONVERSATION_STATUS] = {"status", TEXTOID},
		[CONVERSATION_HANDLED_BY] = {"handled_by", TEXTOID},
		[CONVERSATION_TAKEN_OVER_AT] = {"taken_over_at", TIMESTAMPTZOID},
		[CONVERSATION_ASSIGNEE_ID] = {"assignee_id", INT8OID},
		[CONVERSATION_PRIORITY] = {"priority", TEXTOID},
		[CONVERSATION_LABELS] = {"labels", TEXTARRAYOID},
		[CONVERSATION_ATTRIBUTES] = {"attributes", JSONBOID},
		[CONVERSATION_SOURCE_VERSION] = {"source_version", FLOAT8OID},
		[CONVERSATION_DRAFT_ID] = {"draft_id", UUIDOID},
		[CONVERSATION_TEAM_ID] = {"team_id", INT8OID},
		[CONVERSATION_MUTE_BELOW] = {"mute_below", INT8OID},
		[CONVERSATION_MUTE_FROM] = {"mute_from", INT8OID},
		[CONVERSATION_CAN_REPLY] = {"can_reply", BOOLOID},
	},
	.searches = {
		[CONVERSATION_BY_NUMBER] = {"conversations_display_key", 3,
			{CONVERSATION_DISPLAY_ID, CONVERSATION_SITE_ID, CONVERSATION_ACCOUNT_ID}},
		[CONVERSATION_BY_ID] = {"conversations_pkey", 2, {CONVERSATION_ACCOUNT_ID, CONVERSATION_ID}},
	},
	.primary = CONVERSATION_BY_ID,
	.vouches = true,
};

BaseTable	inbox_messages = {
	.name = "messages",
	.columns = {
		[MESSAGE_ACCOUNT_ID] = {"account_id", INT4OID},
		[MESSAGE_ID] = {"id", UUIDOID},
		[MESSAGE_CONVERSATION_ID] = {"conversation_id", UUIDOID},
		[MESSAGE_SEQ] = {"seq", INT8OID},
		[MESSAGE_DIRECTION] = {"direction", TEXTOID},
		[MESSAGE_AUTHOR] = {"author", TEXTOID},
		[MESSAGE_PRIVATE] = {"private", BOOLOID},
		[MESSAGE_CHANNEL] = {"channel", VARCHAROID},
		[MESSAGE_CONTENT] = {"content", TEXTOID},
		[MESSAGE_CONTENT_TYPE] = {"content_type", TEXTOID},
		[MESSAGE_ENCLOSED] = {"enclosed", TEXTOID},
		[MESSAGE_OPAQUE] = {"opaque", TEXTOID},
		[MESSAGE_REPLY_TO] = {"reply_to", TEXTOID},
		[MESSAGE_ASIDE] = {"aside", BOOLOID},
		[MESSAGE_CONTENT_ATTRIBUTES] = {"content_attributes", JSONBOID},
		[MESSAGE_ATTACHMENTS] = {"attachments", JSONBOID},
		[MESSAGE_CHATWOOT_MESSAGE_ID] = {"chatwoot_message_id", VARCHAROID},
		[MESSAGE_SOURCE_ID] = {"source_id", TEXTOID},
		[MESSAGE_STATUS] = {"status", TEXTOID},
		[MESSAGE_FAILURE] = {"failure", TEXTOID},
		[MESSAGE_SENT_AT] = {"sent_at", TIMESTAMPTZOID},
		[MESSAGE_CREATED_AT] = {"created_at", TIMESTAMPTZOID},
		[MESSAGE_ANSWERS_UP_TO] = {"answers_up_to", INT8OID},
	},
	.searches = {
		[MESSAGE_BY_CHATWOOT_ID] = {"messages_chatwoot_key", 3,
			{MESSAGE_CHATWOOT_MESSAGE_ID, MESSAGE_CONVERSATION_ID, MESSAGE_ACCOUNT_ID}},
		[MESSAGE_BY_SOURCE_ID] = {"messages_source_key", 3,
			{MESSAGE_SOURCE_ID, MESSAGE_ACCOUNT_ID, MESSAGE_CONVERSATION_ID}, "direction = 'incoming'",
		MESSAGES_PER_SOURCE_ID},
		[MESSAGE_BY_ID] = {"messages_pkey", 2, {MESSAGE_ACCOUNT_ID, MESSAGE_ID}},
	},
	.primary = MESSAGE_BY_ID,
};
