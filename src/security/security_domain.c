/*
 * security_domain.c
 *	  What the security domain offers to the library as a whole.
 */
#include "postgres.h"

#include "base/base_domain.h"
#include "security/security_drop.h"
#include "security/security_log.h"
#include "security/security_request.h"
#include "security/security_role.h"

static void
init(void)
{
	security_drop_init();
	security_log_init();
	security_request_init();
	security_role_init();
}

const BaseDomain security_domain = {
	.name = "security",
	.init = init,
};
