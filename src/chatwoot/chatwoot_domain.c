/*
 * chatwoot_domain.c
 *	  What Chatwoot brings into the engine: the kinds of deliveries that leave
 *	  through its API (or settle as rows, for transport local), and the sweeps
 *	  that ask it.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "chatwoot/chatwoot_change.h"
#include "chatwoot/chatwoot_reply.h"
#include "chatwoot/chatwoot_sweep.h"
#include "engine/engine_chore.h"
#include "engine/engine_turn.h"

static const EngineDeliveryKind *const delivery_kinds[] = {
	&chatwoot_reply_kind,
	&chatwoot_note_kind,
	&chatwoot_labels_kind,
	&chatwoot_attributes_kind,
	&chatwoot_priority_kind,
	&chatwoot_status_kind,
	&chatwoot_assign_kind,
	&chatwoot_typing_kind,
};

static void
init(void)
{
	for (int i = 0; i < lengthof(delivery_kinds); i++)
		engine_turn_register_delivery_kind(delivery_kinds[i]);
	engine_turn_register_thread_kind(&chatwoot_sweep_thread_kind);
	engine_turn_register_node_kind(&chatwoot_sweep_node_kind);
	engine_chore_register("begin_sweeps");
}

const BaseDomain chatwoot_domain = {
	.name = "chatwoot",
	.init = init,
};
