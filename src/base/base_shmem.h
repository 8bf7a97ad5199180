/*
 * base_shmem.h
 *	  Shared memory of the library: one request, an area per domain, and the
 *	  few words every process reads.
 */
#ifndef BASE_SHMEM_H
#define BASE_SHMEM_H

#include "port/atomics.h"

#include "base/base_domain.h"

#define BASE_ACCOUNT_COUNTS 1024

typedef struct BaseShared
{
	/* 63 random bits drawn when shared memory is made: names this run */
	uint64		incarnation;

	/*
	 * Counts commits that changed configuration rows (accounts, registrations,
	 * secrets, providers, agents, graphs).  A cache remembers the count it was
	 * filled under, read before it read the rows, and starts afresh when the
	 * count has moved.
	 */
	pg_atomic_uint64 configuration;

	/*
	 * The same of tables whose rows concern their account alone and of which an
	 * account may have many.  The first is account 0's; others may share one.
	 */
	pg_atomic_uint64 of_accounts[BASE_ACCOUNT_COUNTS];

	/* microseconds added to every clock reading; moved by tests only */
	pg_atomic_uint64 clock_shift;
} BaseShared;

/* NULL when the library was not preloaded. */
extern BaseShared *base_shared;

extern void base_shmem_request(const BaseDomain *const *domains, int count);

/* Raises unless the library was preloaded. */
extern void base_shmem_require(void);

/* Number of configuration changes so far; 0 when not preloaded. */
extern uint64 base_configuration_count(void);

/* Number of changes to what concerns an account alone, its own and the house's; 0
 * when not preloaded. */
extern uint64 base_configuration_count_of(int account_id);

/*
 * From now on the count of this process is that of the last call.  For a worker,
 * before it takes a snapshot: what it reads under that one may be older than a
 * count taken later, and would pass for new in a cache.
 */
extern void base_configuration_look(void);

/* Whether this transaction has made changes that are not yet counted. */
extern bool base_configuration_pending(void);

#endif							/* BASE_SHMEM_H */
