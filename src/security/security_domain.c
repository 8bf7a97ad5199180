/*
 * security_domain.c
 *	  What the security domain offers to the library as a whole.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "security/security_drop.h"

const BaseDomain security_domain = {
	.name = "security",
	.init = security_drop_init,
};
