/*
 * inbox_domain.c
 *	  What the inbox brings into the engine: the kinds of deliveries that leave
 *	  through Chatwoot's API (or settle as rows, for transport local), the
 *	  sweeps that ask it, and the commands of private notes.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "engine/engine_chore.h"
#include "engine/engine_turn.h"
#include "inbox/inbox_change.h"
#include "inbox/inbox_command.h"
#include "inbox/inbox_reply.h"
#include "inbox/inbox_sweep.h"

static const EngineDeliveryKind *const delivery_kinds[] = {
	&inbox_reply_kind,
	&inbox_note_kind,
	&inbox_labels_kind,
	&inbox_attributes_kind,
	&inbox_priority_kind,
	&inbox_status_kind,
	&inbox_assign_kind,
	&inbox_typing_kind,
};

static void
init(void)
{
	for (int i = 0; i < lengthof(delivery_kinds); i++)
		engine_turn_register_delivery_kind(delivery_kinds[i]);
	engine_turn_register_thread_kind(&inbox_sweep_thread_kind);
	engine_turn_register_node_kind(&inbox_sweep_node_kind);
	engine_chore_register("begin_sweeps");
	inbox_command_init();
}

const BaseDomain inbox_domain = {
	.name = "inbox",
	.init = init,
};
