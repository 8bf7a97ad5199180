/*
 * gateway_share_test.c
 *		What is remembered of people, and who is forgotten for another.
 */
#include "gateway_share.h"

#include "gateway_tap.h"

#define SLOTS 64
#define MANY 1000

static void
test_memory(void)
{
	GatewayShares *shares = gateway_shares_create(SLOTS);

	is_number((long long) gateway_shares_find(shares, 7), 0,
			  "nothing is known of somebody who never called");
	gateway_shares_learn(shares, 7, 100, 1);
	gateway_shares_learn(shares, 7 + SLOTS, 200, 2);
	is_number((long long) gateway_shares_find(shares, 7), 100,
			  "a person takes the share that was named");
	is_number((long long) gateway_shares_find(shares, 7 + SLOTS), 200,
			  "another one in the same place has his own");
	gateway_shares_learn(shares, 7, 300, 3);
	is_number((long long) gateway_shares_find(shares, 7), 300,
			  "who moves to another account takes that one's");
	gateway_shares_free(shares);
}

static void
test_forgetting(void)
{
	GatewayShares *shares = gateway_shares_create(SLOTS);
	int known = 0;

	for (int i = 1; i <= MANY; i++)
	{
		gateway_shares_learn(shares, (uint64_t) i * SLOTS + 7, 100, i);
		gateway_shares_learn(shares, 7, 200, i);
	}
	for (int i = 1; i <= MANY; i++)
		known += gateway_shares_find(shares, (uint64_t) i * SLOTS + 7) != 0;
	is_number(known, 7, "of many people in one place few are remembered");
	is_number((long long) gateway_shares_find(shares, 7), 200,
			  "and who calls often is among them");
	gateway_shares_free(shares);
}

int
main(void)
{
	test_memory();
	test_forgetting();
	return done();
}
