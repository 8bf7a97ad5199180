/*
 * pg_frontdesk.c
 *	  Library entry: walks the table of domains, nothing else.
 *
 * Runs in the postmaster when preloaded (settings, shared memory and the
 * launcher are set up there), and in a single backend otherwise; then only the
 * functions that need no shared memory work, and the others say so.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/base_domain.h"
#include "base/base_settings.h"
#include "base/base_shmem.h"

#if PG_VERSION_NUM >= 180000
PG_MODULE_MAGIC_EXT(.name = "pg_frontdesk", .version = FRONTDESK_VERSION);
#else
PG_MODULE_MAGIC;
#endif

/* Lowest first, as DOMAINS in the Makefile. */
static const BaseDomain *const domains[] = {
	&base_domain,
	&security_domain,
	&http_domain,
	&engine_domain,
	&llm_domain,
	&inbox_domain,
	&chatwoot_domain,
	&agents_domain,
};

void		_PG_init(void);

PGDLLEXPORT void
_PG_init(void)
{
	if (IsBinaryUpgrade)
		return;

	base_settings_define();
	if (process_shared_preload_libraries_in_progress)
		base_shmem_request(domains, lengthof(domains));

	for (int i = 0; i < lengthof(domains); i++)
		if (domains[i]->init)
			domains[i]->init();
}
