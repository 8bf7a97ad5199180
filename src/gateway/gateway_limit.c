/*
 * gateway_limit.c
 *		How often a stranger may fail: a budget per address.
 *
 * Runs in the gateway; pure, the caller owns the clock.  A budget is a bucket
 * that holds one minute's worth of tokens and fills evenly.  A second set of
 * slots remembers senders (address and credentials) that were accepted
 * lately: they are never throttled, even when a neighbour behind the same
 * address spends its budget.
 *
 * Memory is fixed.  A key lives in one of eight neighbouring slots; when they
 * are taken the one that was used longest ago is forgotten, which errs on the
 * side of the stranger.  Keys are hashed with a random seed, so nobody can
 * aim at a slot.
 */
#include "gateway_limit.h"

#include <stdlib.h>
#include <string.h>

#include "gateway_text.h"

#define NEIGHBOURS 8
#define MINUTE_MS 60000
#define ACCEPTED_FOR_MS (INT64_C(60) * MINUTE_MS)

typedef struct Slot
{
	uint64_t key;	 /* 0: free */
	int64_t seen_ms; /* when level was true */
	double level;	 /* tokens spent and not yet refilled */
} Slot;

struct GatewayLimit
{
	uint64_t seed;
	size_t mask;
	Slot *spenders;
	Slot *accepted;
};

/* Creates the two sets; slots is rounded up to a power of two. */
GatewayLimit *
gateway_limit_create(size_t slots, uint64_t seed)
{
	GatewayLimit *limit = gateway_text_allocate(sizeof(*limit));
	size_t size = NEIGHBOURS;

	while (size < slots)
		size *= 2;
	limit->seed = seed;
	limit->mask = size - 1;
	limit->spenders = gateway_text_allocate(size * sizeof(Slot));
	limit->accepted = gateway_text_allocate(size * sizeof(Slot));
	return limit;
}

static uint64_t
mix(uint64_t value)
{
	value ^= value >> 32;
	value *= UINT64_C(0xD6E8FEB86659FD93);
	value ^= value >> 32;
	value *= UINT64_C(0xD6E8FEB86659FD93);
	value ^= value >> 32;
	return value;
}

/*
 * Makes a key of some bytes; base chains a further part to an earlier key, 0
 * starts one.  A key is never 0.
 */
uint64_t
gateway_limit_key(const GatewayLimit *limit, const void *bytes, size_t length,
				  uint64_t base)
{
	const unsigned char *at = bytes;
	uint64_t key = mix(limit->seed ^ base ^ length);

	while (length > 0)
	{
		size_t step = length < sizeof(uint64_t) ? length : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, at, step);
		key = mix(key ^ word);
		at += step;
		length -= step;
	}
	return key ? key : 1;
}

static Slot *
find_slot(const GatewayLimit *limit, Slot *set, uint64_t key)
{
	for (size_t i = 0; i < NEIGHBOURS; i++)
	{
		Slot *slot = &set[(key + i) & limit->mask];

		if (slot->key == key)
			return slot;
	}
	return NULL;
}

/* Finds the slot of a key or takes the one of the longest silent key. */
static Slot *
take_slot(GatewayLimit *limit, Slot *set, uint64_t key)
{
	Slot *slot = find_slot(limit, set, key);
	Slot *oldest = &set[key & limit->mask];

	if (slot != NULL)
		return slot;
	for (size_t i = 0; i < NEIGHBOURS; i++)
	{
		slot = &set[(key + i) & limit->mask];
		if (slot->key == 0)
		{
			oldest = slot;
			break;
		}
		if (slot->seen_ms < oldest->seen_ms)
			oldest = slot;
	}
	oldest->key = key;
	oldest->level = 0;
	oldest->seen_ms = 0;
	return oldest;
}

static double
level_now(const Slot *slot, int64_t per_minute, int64_t now_ms)
{
	double refilled =
		(double) (now_ms - slot->seen_ms) * (double) per_minute / MINUTE_MS;

	return slot->level > refilled ? slot->level - refilled : 0;
}

/*
 * Returns 0 when the key has budget left, else the seconds until it has.
 * A per_minute of 0 means no limit.
 */
int
gateway_limit_wait_seconds(const GatewayLimit *limit, uint64_t key,
						   int64_t per_minute, int64_t now_ms)
{
	const Slot *slot = find_slot(limit, limit->spenders, key);
	double over;

	if (slot == NULL || per_minute <= 0)
		return 0;
	over = level_now(slot, per_minute, now_ms) - (double) (per_minute - 1);
	if (over <= 0)
		return 0;
	return (int) (over * 60 / (double) per_minute) + 1;
}

/* Takes one token from the budget of a key. */
void
gateway_limit_charge(GatewayLimit *limit, uint64_t key, int64_t per_minute,
					 int64_t now_ms)
{
	Slot *slot;

	if (per_minute <= 0)
		return;
	slot = take_slot(limit, limit->spenders, key);
	slot->level = level_now(slot, per_minute, now_ms) + 1;
	slot->seen_ms = now_ms;
}

/* Remembers that a sender was accepted. */
void
gateway_limit_accept(GatewayLimit *limit, uint64_t key, int64_t now_ms)
{
	take_slot(limit, limit->accepted, key)->seen_ms = now_ms;
}

/* Tells whether a sender was accepted within the last hour. */
bool
gateway_limit_is_accepted(const GatewayLimit *limit, uint64_t key,
						  int64_t now_ms)
{
	const Slot *slot = find_slot(limit, limit->accepted, key);

	return slot != NULL && now_ms - slot->seen_ms < ACCEPTED_FOR_MS;
}

/* Gives the memory back. */
void
gateway_limit_free(GatewayLimit *limit)
{
	free(limit->spenders);
	free(limit->accepted);
	free(limit);
}
