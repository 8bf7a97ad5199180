/*
 * chatwoot_domain.c
 *	  Transport chatwoot, and the sweeps that ask it what no webhook told.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "chatwoot/chatwoot_sweep.h"
#include "chatwoot/chatwoot_transport.h"

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
