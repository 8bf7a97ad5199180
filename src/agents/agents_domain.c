/*
 * agents_domain.c
 *	  Registers what the agents bring to the engine.
 */
#include "postgres.h"

#include "agents/agents_internal.h"
#include "base/base_domain.h"

static void
agents_init(void)
{
	engine_turn_register_node_kind(&agents_node_kind);
	engine_turn_register_thread_kind(&agents_conversation_kind);
	engine_turn_register_node_kind(&agents_trial_node_kind);
	engine_turn_register_thread_kind(&agents_trial_thread_kind);
}

const BaseDomain agents_domain = {
	.name = "agents",
	.init = agents_init,
};
