/*
 * http_domain.c
 *	  The domain that opens sockets from the server.  It needs no hooks.
 */
#include "postgres.h"

#include "base/base_domain.h"

const BaseDomain http_domain = {
	.name = "http",
};
