/*
 * llm_agent.c
 *	  Agents as they stand, with their providers: cached per process until the
 *	  configuration changes.
 *
 * An agent is looked at again after an hour too, for prices begin on a day.  One
 * with a fault is looked at each time, unless all it lacks is a key: files and
 * settings come back without a change of configuration.  A preview is made anew,
 * for it must show what its own transaction has changed.
 *
 * A provider row of an account never gets the house's key: whoever sets an
 * address receives what is sent there.
 *
 * Runs in workers and sessions.  Keys stay in this process's memory and go
 * nowhere but into a header.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/base_cache.h"
#include "base/base_spi.h"
#include "llm/llm_agent.h"
#include "llm/llm_agent_row.h"

#define FRESH_US	(INT64CONST(3600) * 1000000)

/* What the rows say is read into a context that goes with it. */
static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	LlmAgent   *agent = value;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "frontdesk agent row",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext own = MemoryContextSwitchTo(scratch);
	LlmAgentRow row;

	llm_agent_row_read(&row, &(LlmAgentName) {
		.account_id = key->account_id,
			.name = key->name,
	});
	MemoryContextSwitchTo(own);
	llm_agent_row_build(&row, agent);
	MemoryContextDelete(scratch);
	return agent->fault.code == NULL || strcmp(agent->fault.code, LLM_FAULT_NO_KEY) == 0 ?
		BASE_CACHE_LASTING : BASE_CACHE_PASSING;
}

const LlmAgent *
llm_agent_get(int account_id, const char *name)
{
	static BaseCache agents = {
		.name = "agents", .value_bytes = sizeof(LlmAgent), .fill = fill, .lasts_us = FRESH_US
	};

	return base_cache_get(&agents, &(BaseCacheKey) {
		.account_id = account_id, .name = name
	}, CurrentMemoryContext);
}

const LlmAgent *
llm_agent_preview(int account_id, const char *name)
{
	MemoryContext caller = CurrentMemoryContext;
	LlmAgent   *agent = palloc0(sizeof(LlmAgent));
	LlmAgentRow row;

	SPI_connect();
	llm_agent_row_read(&row, &(LlmAgentName) {
		.account_id = account_id,
			.name = name,
			.is_preview = true,
	});
	MemoryContextSwitchTo(caller);
	llm_agent_row_build(&row, agent);
	SPI_finish();
	return agent;
}
