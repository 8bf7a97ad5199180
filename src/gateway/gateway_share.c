/*
 * gateway_share.c
 *		Whose share of the pool a person's calls take.
 *
 * Runs in the gateway; pure, the caller owns the clock.  Only the database
 * knows which account a person is of, and every opening of a request says it.
 * So a person's first request asks for nothing else, and calls nothing; what
 * the answer was is remembered here, and each later call brings it anew.
 *
 * Memory is fixed.  A person lives in one of eight neighbouring slots; when
 * they are taken the one who called longest ago is forgotten, at the price of
 * one more question.  Keys are made with a random seed, so nobody can aim at a
 * slot.
 */
#include "gateway_share.h"

#include <stdlib.h>

#include "gateway_text.h"

#define NEIGHBOURS 8

typedef struct Slot
{
	uint64_t person; /* 0: free */
	uint64_t share;
	int64_t seen_ms;
} Slot;

struct GatewayShares
{
	size_t mask;
	Slot *slots;
};

/* Creates the memory; slots is rounded up to a power of two. */
GatewayShares *
gateway_shares_create(size_t slots)
{
	GatewayShares *shares = gateway_text_allocate(sizeof(*shares));
	size_t size = NEIGHBOURS;

	while (size < slots)
		size *= 2;
	shares->mask = size - 1;
	shares->slots = gateway_text_allocate(size * sizeof(Slot));
	return shares;
}

static Slot *
slot_at(const GatewayShares *shares, uint64_t person, size_t neighbour)
{
	return &shares->slots[(person + neighbour) & shares->mask];
}

/* Returns the share that a person's calls take; 0 when it is not known. */
uint64_t
gateway_shares_find(const GatewayShares *shares, uint64_t person)
{
	for (size_t i = 0; i < NEIGHBOURS; i++)
	{
		const Slot *slot = slot_at(shares, person, i);

		if (slot->person == person)
			return slot->share;
	}
	return 0;
}

/* Remembers whose share that is. */
void
gateway_shares_learn(GatewayShares *shares, uint64_t person, uint64_t share,
					 int64_t now_ms)
{
	Slot *oldest = slot_at(shares, person, 0);

	for (size_t i = 0; i < NEIGHBOURS; i++)
	{
		Slot *slot = slot_at(shares, person, i);

		if (slot->person == person)
		{
			oldest = slot;
			break;
		}
		if (slot->seen_ms < oldest->seen_ms)
			oldest = slot;
	}
	oldest->person = person;
	oldest->share = share;
	oldest->seen_ms = now_ms;
}

/* Gives the memory back. */
void
gateway_shares_free(GatewayShares *shares)
{
	free(shares->slots);
	free(shares);
}
