/*
 * llm_domain.c
 *	  What the llm domain offers to the library: the table of shared
 *	  classifiers in shared memory.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "llm/llm_share.h"

const BaseDomain llm_domain = {
	.name = "llm",
	.shmem_size = llm_share_size,
	.shmem_init = llm_share_init,
};
