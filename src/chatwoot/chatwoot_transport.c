/*
 * chatwoot_transport.c
 *	  Transport chatwoot: what it can, how it is read and how things leave.
 */
#include "postgres.h"

#include "chatwoot/chatwoot_change.h"
#include "chatwoot/chatwoot_event.h"
#include "chatwoot/chatwoot_reply.h"
#include "chatwoot/chatwoot_transport.h"

const InboxTransport chatwoot_transport = {
	.adapter = {HTTP_SERVICE_TRANSPORT, "chatwoot", "Chatwoot", {"bot_token", "user_token"}},
	.abilities = INBOX_CAN_MARKUP | INBOX_CAN_TEMPLATES,
	.signature_header = "x-chatwoot-signature",
	.timestamp_header = "x-chatwoot-timestamp",
	.decode = chatwoot_event_decode,
	.outlets = {
		[INBOX_REPLY] = &chatwoot_reply_outlet,
		[INBOX_NOTE] = &chatwoot_reply_outlet,
		[INBOX_LABELS] = &chatwoot_labels_outlet,
		[INBOX_ATTRIBUTES] = &chatwoot_attributes_outlet,
		[INBOX_PRIORITY] = &chatwoot_priority_outlet,
		[INBOX_STATUS] = &chatwoot_status_outlet,
		[INBOX_ASSIGN] = &chatwoot_assign_outlet,
		[INBOX_TYPING] = &chatwoot_typing_outlet,
	},
};
