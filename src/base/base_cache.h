/*
 * base_cache.h
 *	  Configuration as a process knows it: rows read once, and again when the
 *	  configuration has changed.
 */
#ifndef BASE_CACHE_H
#define BASE_CACHE_H

#include "utils/hsearch.h"

typedef enum BaseCacheFinding
{
	BASE_CACHE_ABSENT,			/* there is nothing of this key */
	BASE_CACHE_PASSING,			/* good for who asked; the next one looks again */
	BASE_CACHE_LASTING			/* good until the configuration changes */
} BaseCacheFinding;

/* Names a value; parts that a cache has no use for are zero. */
typedef struct BaseCacheKey
{
	int			account_id;
	int			number;
	const char *name;
} BaseCacheKey;

/* One kind of things that are known.  Declare it static. */
typedef struct BaseCache
{
	const char *name;			/* stands beside "frontdesk cache" in pg_backend_memory_contexts */
	Size		value_bytes;

	/*
	 * Makes the value, all zero before, with what it points at in the current
	 * context.  SPI is connected, the snapshot is the newest.  May raise.
	 */
	BaseCacheFinding (*fill) (const BaseCacheKey *key, void *value);

	void		(*wipe) (void *value);	/* of secrets, before it is freed; NULL none */
	int			max_values;		/* more are forgotten together; 0 as many as usual */
	int64		lasts_us;		/* by base_clock_ticks(); 0 until the configuration changes */

	/* a transaction that has written anything sees what it may yet undo */
	bool		is_for_readers;

	/* it forgets what belongs to an account whose own tables have changed, or the
	 * house's, and nothing else: for what takes long to read */
	bool		is_by_account;

	/* base_cache.c's own */
	HTAB	   *entries;
	uint64		configuration;	/* count that the entries were read under */
} BaseCache;

/*
 * What the rows say of a key, or NULL when there is nothing.  The value stays,
 * whatever happens to the configuration, until `user` is reset or deleted: the
 * current context for what is used here and now, that of a turn for what the
 * turn takes along while it waits.
 */
extern const void *base_cache_get(BaseCache *cache, const BaseCacheKey *key, MemoryContext user);

#endif							/* BASE_CACHE_H */
