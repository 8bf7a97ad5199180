/*
 * chatwoot_domain.c
 *	  Transport chatwoot, and the sweeps that ask it what no webhook told.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "chatwoot/chatwoot_change.h"
#include "chatwoot/chatwoot_reply.h"
#include "chatwoot/chatwoot_sweep.h"
#include "inbox/inbox_channel.h"

static const InboxTransport chatwoot_transport = {
	.adapter = {HTTP_SERVICE_TRANSPORT, "chatwoot", "Chatwoot", {"bot_token", "user_token"}},
	.abilities = INBOX_CAN_MEDIA | INBOX_CAN_TEMPLATES | INBOX_CAN_TYPING,
	.channels = inbox_channel_names,
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

static void
init(void)
{
	inbox_transport_register(&chatwoot_transport);
	engine_turn_register_thread_kind(&chatwoot_sweep_thread_kind);
	engine_turn_register_node_kind(&chatwoot_sweep_node_kind);
	engine_duty_register(&chatwoot_sweep_duty);
}

const BaseDomain chatwoot_domain = {
	.name = "chatwoot",
	.init = init,
};
