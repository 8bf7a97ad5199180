/*
 * llm_domain.c
 *	  What the llm domain offers to the library: the table of shared
 *	  classifiers in shared memory, and to the engine: JSON Schema.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "engine/engine_interrupt.h"
#include "llm/llm_schema.h"
#include "llm/llm_model_shared.h"

static void
llm_init(void)
{
	engine_interrupt_register_check(llm_schema_fit);
}

const BaseDomain llm_domain = {
	.name = "llm",
	.init = llm_init,
	.shmem_size = llm_model_shared_size,
	.shmem_init = llm_model_shared_init,
};
