/*
 * llm_provider.c
 *	  Providers and agents as they stand, cached per process.
 *
 * An entry is looked at again when the configuration count has moved, and
 * after an hour, for prices begin on a day.  Each agent lives in a memory
 * context of its own, together with a fingerprint of the rows it was made
 * from: as long as that is the same, so is the agent.  One that changed or is
 * gone is retired, not freed, because calls in flight point at it; it is freed
 * when no call can have lasted so long.  Without shared memory there is no
 * count, and every look reads the rows; so does every preview, which must show
 * what its own transaction has changed.
 *
 * An agent with a fault is kept like any other, but looked at each time unless
 * all it lacks is a key: files and settings come back without a change of
 * configuration.
 *
 * A provider row of an account never gets the house's key: whoever sets an
 * address receives what is sent there.
 *
 * Runs in workers and sessions, SPI connected.  Keys stay in this process's
 * memory and go nowhere but into a header.
 */
#include "postgres.h"

#include "portability/instr_time.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/base_clock.h"
#include "base/base_shmem.h"
#include "llm/llm_agent_row.h"
#include "llm/llm_provider.h"

#define FRESH_US	(INT64CONST(3600) * 1000000)

/* The longest transfer the settings allow is an hour.  Measured by the real
 * clock: no shift of a test may free what is in use. */
#define RETIRED_US	(INT64CONST(2) * 3600 * 1000000)

typedef struct Key
{
	int			account_id;
	LlmVariant	variant;
	char		name[NAMEDATALEN * 2];
} Key;

typedef struct Entry
{
	Key			key;
	LlmAgent   *agent;			/* NULL until it was read */
	MemoryContext context;		/* holds agent and fingerprint */
	const char *fingerprint;
	uint64		configuration;
	int64		read_at;		/* base_clock_ticks() */
} Entry;

typedef struct Retired
{
	MemoryContext context;
	int64		at;				/* real_ticks() */
	struct Retired *next;
} Retired;

/* Written by find_agent() and what it calls only. */
static HTAB *entries = NULL;
static Retired *retired = NULL;

static int64
real_ticks(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MICROSEC(now);
}

static void
free_retired(void)
{
	Retired   **link = &retired;
	int64		now = real_ticks();

	while (*link)
	{
		Retired    *old = *link;

		if (now - old->at < RETIRED_US)
			link = &old->next;
		else
		{
			*link = old->next;
			MemoryContextDelete(old->context);
			pfree(old);
		}
	}
}

static void
retire(Entry *entry)
{
	Retired    *old;

	if (entry->agent == NULL)
		return;
	old = MemoryContextAlloc(TopMemoryContext, sizeof(Retired));
	old->context = entry->context;
	old->at = real_ticks();
	old->next = retired;
	retired = old;
	entry->agent = NULL;
	entry->context = NULL;
}

static Entry *
find_entry(int account_id, const char *name, LlmVariant variant)
{
	Key			key;
	Entry	   *entry;
	bool		found;

	if (entries == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(Key), .entrysize = sizeof(Entry)};

		entries = hash_create("frontdesk agents", 64, &control, HASH_ELEM | HASH_BLOBS);
	}
	memset(&key, 0, sizeof(key));
	key.account_id = account_id;
	key.variant = variant;
	strlcpy(key.name, name, sizeof(key.name));
	entry = hash_search(entries, &key, HASH_ENTER, &found);
	if (!found)
		memset((char *) entry + sizeof(Key), 0, sizeof(Entry) - sizeof(Key));
	return entry;
}

/* Reads the rows into a context of their own, and takes the result over when
 * it differs from what the entry holds. */
static void
refresh(Entry *entry, int64 now)
{
	uint64		configuration = base_configuration_count();
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "frontdesk agent", ALLOCSET_SMALL_SIZES);
	LlmAgentRow row;

	llm_agent_row_read(&row, &(LlmAgentName) {
		.account_id = entry->key.account_id,
			.name = entry->key.name,
			.variant = entry->key.variant,
	});
	if (entry->agent && strcmp(entry->fingerprint, row.fingerprint) == 0)
		MemoryContextDelete(context);
	else
	{
		MemoryContext caller = MemoryContextSwitchTo(context);
		LlmAgent   *agent = llm_agent_row_build(&row);
		const char *fingerprint = pstrdup(row.fingerprint);

		MemoryContextSwitchTo(caller);
		retire(entry);
		MemoryContextSetParent(context, TopMemoryContext);
		entry->context = context;
		entry->fingerprint = fingerprint;
		entry->agent = agent;
	}
	entry->configuration = configuration;
	entry->read_at = now;
}

/* Whether what the entry holds need not be looked at. */
static bool
is_fresh(const Entry *entry, int64 now)
{
	const LlmAgent *agent = entry->agent;

	if (agent == NULL || base_shared == NULL || entry->key.variant == LLM_VARIANT_CONFIGURED)
		return false;
	if (agent->fault.code != NULL && strcmp(agent->fault.code, LLM_FAULT_NO_KEY) != 0)
		return false;
	return entry->configuration == base_configuration_count() && now - entry->read_at <= FRESH_US;
}

static const LlmAgent *
find_agent(int account_id, const char *name, LlmVariant variant)
{
	int64		now = base_clock_ticks();
	Entry	   *entry = find_entry(account_id, name, variant);

	if (!is_fresh(entry, now))
	{
		free_retired();
		refresh(entry, now);
	}
	return entry->agent;
}

const LlmAgent *
llm_provider_agent(int account_id, const char *name)
{
	return find_agent(account_id, name, LLM_VARIANT_USUAL);
}

const LlmAgent *
llm_provider_local_agent(int account_id, const char *name)
{
	return find_agent(account_id, name, LLM_VARIANT_LOCAL);
}

const LlmAgent *
llm_provider_configured_agent(int account_id, const char *name)
{
	return find_agent(account_id, name, LLM_VARIANT_CONFIGURED);
}
