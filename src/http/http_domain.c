/*
 * http_domain.c
 *	  The domain that opens sockets from the server.  Its part of
 *	  shared memory is the table of limits.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "http/http_limit.h"

const BaseDomain http_domain = {
	.name = "http",
	.shmem_size = http_limit_shmem_size,
	.shmem_init = http_limit_shmem_init,
};
