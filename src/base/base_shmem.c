/*
 * base_shmem.c
 *	  Shared memory of the library: one request, an area per domain.
 *
 * The postmaster asks for the sum of what the domains want and lays the areas
 * out one after another; a crash restart runs the startup hook again, so the
 * incarnation changes whenever shared memory was lost.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#include "base/base_errors.h"
#include "base/base_shmem.h"

SQL_FUNCTION(configuration_changed);

#define MAX_DOMAINS 16

BaseShared *base_shared = NULL;

static const BaseDomain *const *shmem_domains;
static int	shmem_domain_count;
static shmem_request_hook_type prev_shmem_request_hook;
static shmem_startup_hook_type prev_shmem_startup_hook;

static Size
domain_size(const BaseDomain *domain)
{
	return domain->shmem_size ? MAXALIGN(domain->shmem_size()) : 0;
}

static Size
total_size(void)
{
	Size		size = MAXALIGN(sizeof(BaseShared));

	for (int i = 0; i < shmem_domain_count; i++)
		size = add_size(size, domain_size(shmem_domains[i]));
	return size;
}

static void
request_hook(void)
{
	if (prev_shmem_request_hook)
		prev_shmem_request_hook();
	RequestAddinShmemSpace(total_size());
}

static void
init_base_area(BaseShared *shared)
{
	uint64		drawn;

	if (!pg_strong_random(&drawn, sizeof(drawn)))
		elog(ERROR, "could not draw the incarnation");
	shared->incarnation = drawn & PG_INT64_MAX;
	pg_atomic_init_u64(&shared->configuration, 1);
	pg_atomic_init_u64(&shared->clock_shift, 0);
}

/*
 * Hands every domain its area, in the order in which the bytes were asked for.
 */
static void
startup_hook(void)
{
	bool		found;
	char	   *area;

	if (prev_shmem_startup_hook)
		prev_shmem_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	area = ShmemInitStruct("pg_frontdesk", total_size(), &found);
	base_shared = (BaseShared *) area;
	if (!found)
		init_base_area(base_shared);
	area += MAXALIGN(sizeof(BaseShared));
	for (int i = 0; i < shmem_domain_count; i++)
	{
		if (shmem_domains[i]->shmem_init)
			shmem_domains[i]->shmem_init(area, found);
		area += domain_size(shmem_domains[i]);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
base_shmem_request(const BaseDomain *const *domains, int count)
{
	shmem_domains = domains;
	shmem_domain_count = count;
	prev_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = request_hook;
	prev_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = startup_hook;
}

void
base_shmem_require(void)
{
	if (base_shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FRONTDESK_NOT_PRELOADED),
				 errmsg("pg_frontdesk is not preloaded"),
				 errhint("Add pg_frontdesk to shared_preload_libraries and restart the server.")));
}

/* The count as this process last looked; until it does, as it is. */
static uint64 configuration_seen;
static bool configuration_is_seen = false;

void
base_configuration_look(void)
{
	configuration_seen = base_shared ? pg_atomic_read_u64(&base_shared->configuration) : 0;
	configuration_is_seen = true;
}

uint64
base_configuration_count(void)
{
	if (configuration_is_seen)
		return configuration_seen;
	return base_shared ? pg_atomic_read_u64(&base_shared->configuration) : 0;
}

/* Set while this transaction has changed configuration rows. */
static bool configuration_touched = false;

bool
base_configuration_pending(void)
{
	return configuration_touched;
}

static void
count_configuration_cb(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
			if (configuration_touched && base_shared)
				pg_atomic_fetch_add_u64(&base_shared->configuration, 1);
			configuration_touched = false;
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
			configuration_touched = false;
			break;
		default:
			break;
	}
}

/*
 * Statement trigger on every configuration table: tells the caches of all
 * sessions and workers, at commit, that something changed.
 */
PGDLLEXPORT Datum
frontdesk_configuration_changed(PG_FUNCTION_ARGS)
{
	static bool registered = false;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("configuration_changed() is a trigger function")));
	if (!registered)
	{
		RegisterXactCallback(count_configuration_cb, NULL);
		registered = true;
	}
	configuration_touched = true;
	PG_RETURN_POINTER(NULL);
}
