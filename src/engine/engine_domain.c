/*
 * engine_domain.c
 *	  Entry of the domain: what the engine registers, and its shared memory.
 *
 * Runs in the postmaster, and in sessions where the library is not preloaded.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/base_clock.h"
#include "base/base_domain.h"
#include "engine/engine_board.h"
#include "engine/engine_budget.h"
#include "engine/engine_coordinator.h"
#include "engine/engine_function.h"
#include "engine/engine_interrupt.h"
#include "engine/engine_launcher.h"
#include "engine/engine_request.h"
#include "engine/engine_roster.h"
#include "engine/engine_tool_crew.h"
#include "engine/engine_vacate.h"
#include "engine/engine_wake.h"
#include "http/http_limit.h"

static void
engine_init(void)
{
	engine_turn_register_node_kind(&engine_function_kind);
	engine_turn_register_node_kind(&engine_request_kind);
	engine_turn_register_node_kind(&engine_interrupt_kind);
	engine_turn_register_node_kind(&engine_graph_subgraph_kind);
	base_clock_on_shift(engine_wake_all_workers);
	engine_roster_on_release(http_limit_release_owner);
	engine_roster_on_release(engine_budget_release_owner);
	engine_coordinator_register_duties();
	engine_vacate_init();
	if (process_shared_preload_libraries_in_progress)
		engine_launcher_register();
}

static Size
engine_shmem_size(void)
{
	return MAXALIGN(engine_roster_shmem_size()) + MAXALIGN(engine_board_shmem_size()) +
		MAXALIGN(engine_tool_crew_shmem_size()) + engine_budget_shmem_size();
}

static void
engine_shmem_init(void *area, bool found)
{
	engine_roster_shmem_init(area, found);
	area = (char *) area + MAXALIGN(engine_roster_shmem_size());
	engine_board_shmem_init(area, found);
	area = (char *) area + MAXALIGN(engine_board_shmem_size());
	engine_tool_crew_shmem_init(area, found);
	area = (char *) area + MAXALIGN(engine_tool_crew_shmem_size());
	engine_budget_shmem_init(area, found);
}

const BaseDomain engine_domain = {
	.name = "engine",
	.init = engine_init,
	.shmem_size = engine_shmem_size,
	.shmem_init = engine_shmem_init,
};
