/*
 * base_domain.c
 *	  The lowest domain: what every other stands on.  It needs no hooks.
 */
#include "postgres.h"

#include "base/base_domain.h"

const BaseDomain base_domain = {
	.name = "base",
};
