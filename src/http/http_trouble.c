/*
 * http_trouble.c
 *	  Trouble with a far side, told to people: at its first and every hundredth
 *	  time.
 *
 * Used by engine workers inside the tick's transaction.  A provider that
 * cannot be reached fails every conversation: one line each would bury the
 * log, none would leave its operator in the dark.
 *
 * The counts lie in a table of fixed size in shared memory, one entry for each
 * (database, account, far side), found by hash as the meters are and changed
 * under one lock, for trouble is rare.  When there is no place, the entry that
 * was used longest ago gives its own away: then something is told once more
 * than it had to be.  The log keeps what a transaction said that is rolled
 * back, the audit trail does not: such counts are taken back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/spin.h"

#include "base/base_clock.h"
#include "base/base_object.h"
#include "http/http_trouble.h"
#include "security/security_audit.h"

#define ENTRIES 512
#define PROBED 16
#define KINDS 8
#define TOLD_EVERY 100
#define MAX_COUNTED 64

typedef struct Kind
{
	uint32		hash;
	uint32		count;			/* 0: free */
} Kind;

typedef struct Entry
{
	pg_atomic_uint64 hash;		/* 0: free */
	int64		used_at;		/* ticks */
	Kind		kinds[KINDS];
} Entry;

typedef struct TroubleTable
{
	slock_t		mutex;
	Entry		entries[ENTRIES];
} TroubleTable;

/* What this transaction has counted, to be taken back if it is rolled back. */
typedef struct Counted
{
	uint64		hash;
	uint32		kind;
	uint32		count;
} Counted;

static TroubleTable *shared = NULL;
static Counted counted[MAX_COUNTED];
static int	counted_count = 0;

Size
http_trouble_shmem_size(void)
{
	return sizeof(TroubleTable);
}

void
http_trouble_shmem_init(void *area, bool found)
{
	shared = area;
	if (found)
		return;
	memset(shared, 0, sizeof(*shared));
	SpinLockInit(&shared->mutex);
	for (int i = 0; i < ENTRIES; i++)
		pg_atomic_init_u64(&shared->entries[i].hash, 0);
}

static uint64
hash_of(int account_id, const char *name)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) name, strlen(name), 0);

	hash = hash_combine64(hash, hash_bytes_uint32_extended((uint32) account_id, 0));
	hash = hash_combine64(hash, hash_bytes_uint32_extended(MyDatabaseId, 0));
	return hash == 0 ? 1 : hash;
}

static Entry *
find_entry(uint64 hash)
{
	for (int i = 0; shared != NULL && i < PROBED; i++)
	{
		Entry	   *entry = &shared->entries[(hash + i) % ENTRIES];

		if (pg_atomic_read_u64(&entry->hash) == hash)
			return entry;
	}
	return NULL;
}

/* The entry, made if need be; the lock is held. */
static Entry *
make_entry(uint64 hash)
{
	Entry	   *entry = find_entry(hash);

	if (entry != NULL)
		return entry;
	entry = &shared->entries[hash % ENTRIES];
	for (int i = 0; i < PROBED && pg_atomic_read_u64(&entry->hash) != 0; i++)
	{
		Entry	   *other = &shared->entries[(hash + i) % ENTRIES];

		if (pg_atomic_read_u64(&other->hash) == 0 || other->used_at < entry->used_at)
			entry = other;
	}
	memset(entry->kinds, 0, sizeof(entry->kinds));
	pg_atomic_write_u64(&entry->hash, hash);
	return entry;
}

/* The count of a kind; the last place is shared by all there is no place for. */
static Kind *
find_kind(Entry *entry, uint32 hash)
{
	int			i = 0;

	while (i < KINDS - 1 && entry->kinds[i].count > 0 && entry->kinds[i].hash != hash)
		i++;
	entry->kinds[i].hash = hash;
	return &entry->kinds[i];
}

static uint32
count_trouble(uint64 hash, uint32 kind)
{
	Entry	   *entry;
	uint32		count;

	if (shared == NULL)
		return 1;
	SpinLockAcquire(&shared->mutex);
	entry = make_entry(hash);
	entry->used_at = base_clock_ticks();
	count = ++find_kind(entry, kind)->count;
	SpinLockRelease(&shared->mutex);
	return count;
}

static void
take_back(const Counted *one)
{
	Entry	   *entry;

	SpinLockAcquire(&shared->mutex);
	entry = find_entry(one->hash);
	for (int i = 0; entry != NULL && i < KINDS; i++)
		if (entry->kinds[i].hash == one->kind)
			entry->kinds[i].count -= Min(entry->kinds[i].count, one->count);
	SpinLockRelease(&shared->mutex);
}

static void
trouble_cb(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT)
		return;
	for (int i = 0; event == XACT_EVENT_ABORT && i < counted_count; i++)
		take_back(&counted[i]);
	counted_count = 0;
}

static void
remember(uint64 hash, uint32 kind)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(trouble_cb, NULL);
	registered = true;
	for (int i = 0; i < counted_count; i++)
	{
		if (counted[i].hash != hash || counted[i].kind != kind)
			continue;
		counted[i].count++;
		return;
	}
	if (shared != NULL && counted_count < MAX_COUNTED)
		counted[counted_count++] = (Counted) {hash, kind, 1};
}

static void
write_audit(const HttpTrouble *trouble, uint32 count)
{
	BaseObject	detail;

	base_object_begin(&detail);
	base_object_add_text(&detail, "kind", trouble->kind);
	base_object_add_text(&detail, "problem", trouble->text);
	base_object_add_int(&detail, "count", count);
	security_audit_write(trouble->account_id, trouble->action, trouble->name,
						 base_object_end_jsonb(&detail));
}

void
http_trouble_tell(const HttpTrouble *trouble)
{
	uint64		hash = hash_of(trouble->account_id, trouble->name);
	uint32		kind = hash_bytes((const unsigned char *) trouble->kind, strlen(trouble->kind));
	uint32		count = count_trouble(hash, kind);

	remember(hash, kind);
	if (count > 1 && count % TOLD_EVERY != 0)
		return;
	ereport(trouble->elevel,
			(errmsg("%s", trouble->message),
			 count == 1 ? errdetail("%s", trouble->text)
			 : errdetail("%s This has now happened %u times since it last worked.", trouble->text, count),
			 trouble->hint ? errhint("%s", trouble->hint) : 0));
	write_audit(trouble, count);
}

void
http_trouble_end(int account_id, const char *name)
{
	uint64		hash = hash_of(account_id, name);
	Entry	   *entry = find_entry(hash);

	if (entry == NULL)
		return;
	SpinLockAcquire(&shared->mutex);
	if (pg_atomic_read_u64(&entry->hash) == hash)
		memset(entry->kinds, 0, sizeof(entry->kinds));
	SpinLockRelease(&shared->mutex);
}
