/*
 * base_cache.c
 *	  Configuration as a process knows it: rows read once, and again when the
 *	  configuration has changed.
 *
 * Runs in any session and in workers, within a transaction.  The count of
 * changes is taken before the rows are read, and they are read under a snapshot
 * taken after that, so a value is never older than its count.  When the count
 * has moved, everything of a cache is forgotten at once; of one that goes by
 * account, what has been read under another count of its account.  A transaction that
 * has itself changed configuration, and one in a server without our shared
 * memory, where nobody counts, neither uses what is kept nor adds to it.
 *
 * Memory: each value lies in a context of its own.  Who asks names a context,
 * and a callback there lets go of the value when that one ends, by whatever
 * way.  A value that is forgotten while somebody holds it is retired: nobody
 * finds it any more, and the last to let go frees it.  One that is not kept is
 * a child of the context it was asked for with.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/base_cache.h"
#include "base/base_clock.h"
#include "base/base_shmem.h"

/* So many of one kind are kept, whatever the number of accounts. */
#define MAX_VALUES 4096

/* A value and its book-keeping, in the value's context. */
typedef struct Entry
{
	BaseCache  *cache;
	BaseCacheKey key;
	MemoryContext context;
	MemoryContextCallback wiping;
	int			holders;
	MemoryContext last_holder;	/* NULL: unknown */
	bool		is_retired;
	int64		read_at;		/* base_clock_ticks() */
	uint64		configuration;	/* count that it was read under */
	void	   *value;
} Entry;

/* In the memory of who uses an entry. */
typedef struct Hold
{
	MemoryContextCallback release;
	Entry	   *entry;
	MemoryContext holder;
} Hold;

/* An element of the hash table; the key's name is the entry's. */
typedef struct Place
{
	BaseCacheKey key;
	Entry	   *entry;
} Place;

/* ---- freeing ---- */

static void
wipe_cb(void *arg)
{
	Entry	   *entry = arg;

	entry->cache->wipe(entry->value);
}

/* Takes an entry that nobody can find any more out of the way. */
static void
retire(Entry *entry)
{
	entry->is_retired = true;
	if (entry->holders == 0)
		MemoryContextDelete(entry->context);
}

static void
release_cb(void *arg)
{
	Hold	   *hold = arg;
	Entry	   *entry = hold->entry;

	entry->holders--;
	if (entry->last_holder == hold->holder)
		entry->last_holder = NULL;
	if (entry->is_retired)
		retire(entry);
}

/*
 * Sees to it that the entry outlives a context.  Most often the same one asks
 * again and again; then one callback is enough.
 */
static void
hold_for(Entry *entry, MemoryContext holder)
{
	Hold	   *hold;

	if (entry->last_holder == holder)
		return;
	hold = MemoryContextAllocZero(holder, sizeof(Hold));
	hold->entry = entry;
	hold->holder = holder;
	hold->release.func = release_cb;
	hold->release.arg = hold;
	MemoryContextRegisterResetCallback(holder, &hold->release);
	entry->holders++;
	entry->last_holder = holder;
}

static void
remove_entry(Entry *entry)
{
	hash_search(entry->cache->entries, &entry->key, HASH_REMOVE, NULL);
	retire(entry);
}

static void
forget_all(BaseCache *cache)
{
	HASH_SEQ_STATUS scan;
	Place	   *place;

	hash_seq_init(&scan, cache->entries);
	while ((place = hash_seq_search(&scan)) != NULL)
		remove_entry(place->entry);
}

/* ---- finding and keeping ---- */

static uint32
hash_key(const void *bytes, Size size)
{
	const BaseCacheKey *key = bytes;
	uint32		hash = key->name ? string_hash(key->name, PG_INT32_MAX) : 0;

	hash = hash_combine(hash, murmurhash32((uint32) key->account_id));
	return hash_combine(hash, murmurhash32((uint32) key->number));
}

/* Zero for equal keys, as memcmp(). */
static int
compare_keys(const void *one, const void *other, Size size)
{
	const BaseCacheKey *a = one;
	const BaseCacheKey *b = other;

	if (a->account_id != b->account_id || a->number != b->number ||
		(a->name == NULL) != (b->name == NULL))
		return 1;
	return a->name ? strcmp(a->name, b->name) : 0;
}

static void
create_table(BaseCache *cache)
{
	HASHCTL		control = {
		.keysize = sizeof(BaseCacheKey),
		.entrysize = sizeof(Place),
		.hash = hash_key,
		.match = compare_keys,
		.hcxt = TopMemoryContext,
	};

	cache->entries = hash_create(cache->name, 16, &control,
								 HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

/* Empties the cache when what it holds is outdated, or too much. */
static void
refresh(BaseCache *cache, uint64 configuration)
{
	if (cache->entries == NULL)
		create_table(cache);
	if ((cache->configuration != configuration && !cache->is_by_account) ||
		hash_get_num_entries(cache->entries) >=
			(cache->max_values > 0 ? cache->max_values : MAX_VALUES))
		forget_all(cache);
	cache->configuration = configuration;
}

static bool
has_expired(const Entry *entry)
{
	return entry->cache->lasts_us > 0 &&
		base_clock_ticks() - entry->read_at > entry->cache->lasts_us;
}

static Entry *
find(BaseCache *cache, const BaseCacheKey *key, uint64 configuration)
{
	Place	   *place = hash_search(cache->entries, key, HASH_FIND, NULL);

	if (place == NULL)
		return NULL;
	if (!has_expired(place->entry) && place->entry->configuration == configuration)
		return place->entry;
	remove_entry(place->entry);
	return NULL;
}

/* Lets others find the entry, unless things have moved on while it was made. */
static bool
keep(Entry *entry, uint64 configuration)
{
	BaseCache  *cache = entry->cache;
	Place	   *place;
	bool		found;

	if (cache->configuration != configuration)
		return false;
	entry->configuration = configuration;
	place = hash_search(cache->entries, &entry->key, HASH_ENTER, &found);
	if (found)
		return false;
	place->entry = entry;
	MemoryContextSetParent(entry->context, TopMemoryContext);
	return true;
}

/* ---- reading ---- */

/* Makes an entry with nothing in it, as a child of who asked: so it goes with
 * him when it is not kept, or when filling it raises. */
static Entry *
create_entry(BaseCache *cache, const BaseCacheKey *key, MemoryContext user)
{
	MemoryContext context = AllocSetContextCreate(user, "frontdesk cache", ALLOCSET_SMALL_SIZES);
	Entry	   *entry = MemoryContextAllocZero(context, sizeof(Entry));

	MemoryContextSetIdentifier(context, cache->name);
	entry->cache = cache;
	entry->key = *key;
	if (key->name != NULL)
		entry->key.name = MemoryContextStrdup(context, key->name);
	entry->context = context;
	entry->read_at = base_clock_ticks();
	entry->value = MemoryContextAllocZero(context, cache->value_bytes);
	if (cache->wipe != NULL)
	{
		entry->wiping.func = wipe_cb;
		entry->wiping.arg = entry;
		MemoryContextRegisterResetCallback(context, &entry->wiping);
	}
	return entry;
}

/*
 * Reads under the newest snapshot: the caller's may be older than the count.
 * What the caller has of its own in SPI_tuptable stays.
 */
static BaseCacheFinding
fill(Entry *entry)
{
	BaseCacheFinding finding;
	MemoryContext caller = CurrentMemoryContext;

	SPI_connect();
	PushActiveSnapshot(GetLatestSnapshot());
	MemoryContextSwitchTo(entry->context);
	finding = entry->cache->fill(&entry->key, entry->value);
	PopActiveSnapshot();
	SPI_finish();
	MemoryContextSwitchTo(caller);
	return finding;
}

/* Whether what this transaction sees is what others see. */
static bool
sees_what_is(const BaseCache *cache)
{
	return !base_configuration_pending() &&
		!(cache->is_for_readers && TransactionIdIsValid(GetTopTransactionIdIfAny()));
}

const void *
base_cache_get(BaseCache *cache, const BaseCacheKey *key, MemoryContext user)
{
	uint64		configuration = cache->is_by_account ?
		base_configuration_count_of(key->account_id) : base_configuration_count();
	bool		keeps = configuration != 0 && sees_what_is(cache);
	BaseCacheFinding finding;
	Entry	   *entry = NULL;

	if (keeps)
	{
		refresh(cache, configuration);
		entry = find(cache, key, configuration);
	}
	if (entry == NULL)
	{
		entry = create_entry(cache, key, user);
		finding = fill(entry);
		if (finding == BASE_CACHE_ABSENT)
		{
			MemoryContextDelete(entry->context);
			return NULL;
		}
		if (!keeps || finding == BASE_CACHE_PASSING || !keep(entry, configuration))
			return entry->value;
	}
	hold_for(entry, user);
	return entry->value;
}
