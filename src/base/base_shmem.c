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
#include "executor/spi.h"
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
	for (int i = 0; i < BASE_ACCOUNT_COUNTS; i++)
		pg_atomic_init_u64(&shared->of_accounts[i], 1);
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

/* The place of an account's count. */
static int
place_of(int account_id)
{
	return account_id == 0 ? 0 : 1 + (uint32) account_id % (BASE_ACCOUNT_COUNTS - 1);
}

uint64
base_configuration_count_of(int account_id)
{
	if (base_shared == NULL)
		return 0;
	return pg_atomic_read_u64(&base_shared->of_accounts[0]) +
		pg_atomic_read_u64(&base_shared->of_accounts[place_of(account_id)]);
}

/* What this transaction has changed so far. */
typedef struct Touched
{
	bool		anything;
	bool		configuration;
	bool		accounts[BASE_ACCOUNT_COUNTS];
} Touched;

static Touched touched;

bool
base_configuration_pending(void)
{
	return touched.anything;
}

/* Tells everybody what this transaction, which is committed, has changed. */
static void
count_touched(void)
{
	if (base_shared == NULL)
		return;
	if (touched.configuration)
		pg_atomic_fetch_add_u64(&base_shared->configuration, 1);
	for (int i = 0; i < BASE_ACCOUNT_COUNTS; i++)
		if (touched.accounts[i])
			pg_atomic_fetch_add_u64(&base_shared->of_accounts[i], 1);
}

/* At the end of a transaction: its changes count when others see them. */
static void
count_configuration_cb(XactEvent event, void *arg)
{
	if (!touched.anything)
		return;
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
			count_touched();
			memset(&touched, 0, sizeof(touched));
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
			memset(&touched, 0, sizeof(touched));
			break;
		default:
			break;
	}
}

/* Whether an UPDATE has left the row as it was, byte for byte. */
static bool
is_unchanged(const TriggerData *trigger)
{
	HeapTuple	before = trigger->tg_trigtuple;
	HeapTuple	after = trigger->tg_newtuple;

	return before->t_len == after->t_len &&
		before->t_data->t_hoff == after->t_data->t_hoff &&
		HeapTupleHeaderGetNatts(before->t_data) == HeapTupleHeaderGetNatts(after->t_data) &&
		memcmp((char *) before->t_data + SizeofHeapTupleHeader,
			   (char *) after->t_data + SizeofHeapTupleHeader,
			   before->t_len - SizeofHeapTupleHeader) == 0;
}

static void
touch_account_of(const TriggerData *trigger, HeapTuple row)
{
	TupleDesc	columns = RelationGetDescr(trigger->tg_relation);
	int			column = SPI_fnumber(columns, trigger->tg_trigger->tgargs[0]);
	bool		isnull = true;
	Datum		account = column > 0 ? heap_getattr(row, column, columns, &isnull) : (Datum) 0;

	if (isnull)
		touched.configuration = true;
	else
		touched.accounts[place_of(DatumGetInt32(account))] = true;
}

/* Notes whom the change of a row concerns; nobody, when it is none. */
static void
touch(const TriggerData *trigger)
{
	bool		is_row = TRIGGER_FIRED_FOR_ROW(trigger->tg_event);
	bool		is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);

	if (is_row && is_update && is_unchanged(trigger))
		return;
	touched.anything = true;
	if (trigger->tg_trigger->tgnargs == 0)
		touched.configuration = true;
	else if (!is_row)			/* TRUNCATE: everybody's, who all heed account 0's count */
		touched.accounts[0] = true;
	else
	{
		touch_account_of(trigger, trigger->tg_trigtuple);
		if (is_update)
			touch_account_of(trigger, trigger->tg_newtuple);
	}
}

/*
 * Trigger of every configuration table, for each row, so that a statement that
 * changes none tells nobody; and for TRUNCATE.  Tells the caches of all sessions
 * and workers, at commit, that something changed.  The argument, if any, is the
 * column with the account whose caches alone are told.
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
	touch((TriggerData *) fcinfo->context);
	PG_RETURN_POINTER(NULL);
}
