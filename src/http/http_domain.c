/*
 * http_domain.c
 *	  The domain that opens sockets from the server.  Its part of
 *	  shared memory is the table of limits, and behind it that of troubles.
 */
#include "postgres.h"

#include "storage/shmem.h"

#include "base/base_domain.h"
#include "http/http_limit.h"
#include "http/http_trouble.h"

static Size
shmem_size(void)
{
	return add_size(MAXALIGN(http_limit_shmem_size()), http_trouble_shmem_size());
}

static void
shmem_init(void *area, bool found)
{
	http_limit_shmem_init(area, found);
	http_trouble_shmem_init((char *) area + MAXALIGN(http_limit_shmem_size()), found);
}

const BaseDomain http_domain = {
	.name = "http",
	.shmem_size = shmem_size,
	.shmem_init = shmem_init,
};
