/*
 * gateway_limit_test.c
 *		Budgets of addresses, with a clock of the test's own; addresses.
 */
#include "gateway_limit.h"

#include "gateway_address.h"
#include "gateway_tap.h"

#define RATE 100

static int64_t now_ms = 1000000;

static void
test_budget(void)
{
	GatewayLimit *limit = gateway_limit_create(1024, 42);
	uint64_t one = gateway_limit_key(limit, "one", 3, 0);
	uint64_t two = gateway_limit_key(limit, "two", 3, 0);
	int allowed = 0;

	while (gateway_limit_wait_seconds(limit, one, RATE, now_ms) == 0 &&
		   allowed < 1000)
	{
		gateway_limit_charge(limit, one, RATE, now_ms);
		allowed++;
	}
	is_number(allowed, RATE, "a hundred at once, then no more");
	is_number(gateway_limit_wait_seconds(limit, one, RATE, now_ms), 1,
			  "the next in a second");
	is_number(gateway_limit_wait_seconds(limit, two, RATE, now_ms), 0,
			  "another address is not affected");
	now_ms += 599;
	ok(gateway_limit_wait_seconds(limit, one, RATE, now_ms) > 0,
	   "not yet after 599 ms");
	now_ms += 2;
	is_number(gateway_limit_wait_seconds(limit, one, RATE, now_ms), 0,
			  "one more after 600 ms");
	gateway_limit_charge(limit, one, RATE, now_ms);
	ok(gateway_limit_wait_seconds(limit, one, RATE, now_ms) > 0,
	   "and only one");
	now_ms += 60000;
	for (allowed = 0;
		 gateway_limit_wait_seconds(limit, one, RATE, now_ms) == 0; allowed++)
		gateway_limit_charge(limit, one, RATE, now_ms);
	is_number(allowed, RATE, "a full budget after a minute");
	gateway_limit_free(limit);
}

static void
test_no_limit(void)
{
	GatewayLimit *limit = gateway_limit_create(16, 42);
	uint64_t key = gateway_limit_key(limit, "x", 1, 0);

	for (int i = 0; i < 1000; i++)
		gateway_limit_charge(limit, key, 0, now_ms);
	is_number(gateway_limit_wait_seconds(limit, key, 0, now_ms), 0,
			  "a rate of 0 is no limit");
	gateway_limit_free(limit);
}

static void
test_accepted(void)
{
	GatewayLimit *limit = gateway_limit_create(1024, 42);
	uint64_t address = gateway_limit_key(limit, "address", 7, 0);
	uint64_t good = gateway_limit_key(limit, "good", 4, address);
	uint64_t bad = gateway_limit_key(limit, "bad", 3, address);

	gateway_limit_accept(limit, good, now_ms);
	ok(gateway_limit_is_accepted(limit, good, now_ms), "accepted");
	ok(!gateway_limit_is_accepted(limit, bad, now_ms),
	   "other credentials of the same address are not");
	ok(gateway_limit_is_accepted(limit, good, now_ms + 3599999),
	   "for almost an hour");
	ok(!gateway_limit_is_accepted(limit, good, now_ms + 3600000),
	   "and no longer");
	gateway_limit_free(limit);
}

static void
test_memory_is_fixed(void)
{
	GatewayLimit *limit = gateway_limit_create(64, 42);
	uint64_t key;
	int remembered = 0;

	for (int i = 0; i < 10000; i++)
	{
		key = gateway_limit_key(limit, &i, sizeof(i), 0);
		gateway_limit_accept(limit, key, now_ms + i);
	}
	for (int i = 0; i < 10000; i++)
	{
		key = gateway_limit_key(limit, &i, sizeof(i), 0);
		remembered += gateway_limit_is_accepted(limit, key, now_ms + 10000);
	}
	ok(remembered <= 64, "no more keys than slots");
	ok(gateway_limit_is_accepted(limit, key, now_ms + 10000),
	   "the latest is among them");
	ok(gateway_limit_key(limit, "a", 1, 0) != gateway_limit_key(limit, "b", 1, 0),
	   "keys differ");
	gateway_limit_free(limit);
}

static GatewayAddress
address_of(const char *text)
{
	GatewayAddress address;

	memset(&address, 0, sizeof(address));
	gateway_address_parse(text, strlen(text), &address);
	return address;
}

static void
is_followed(const char *peer, const char *forwarded, const char *trusted,
			const char *wanted)
{
	char text[GATEWAY_ADDRESS_TEXT_BYTES];
	char name[128];
	GatewayAddress address = address_of(peer);

	gateway_address_follow(&address, forwarded, trusted);
	snprintf(name, sizeof(name), "%s behind %s", forwarded, peer);
	is_text(gateway_address_render(&address, text), wanted, name);
}

static void
test_addresses(void)
{
	GatewayAddress address;

	is_followed("10.0.0.1", "1.2.3.4", "", "10.0.0.1");
	is_followed("10.0.0.1", "1.2.3.4", "10.0.0.1", "1.2.3.4");
	is_followed("10.0.0.1", "6.6.6.6, 1.2.3.4", "10.0.0.1", "1.2.3.4");
	is_followed("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "10.0.0.0/8",
				"1.2.3.4");
	is_followed("9.9.9.9", "1.2.3.4", "10.0.0.0/8", "9.9.9.9");
	is_followed("10.0.0.1", "nonsense", "10.0.0.1", "10.0.0.1");
	is_followed("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1", "10.0.0.1");
	is_followed("10.0.0.1", "", "10.0.0.1", "10.0.0.1");
	is_followed("10.0.0.1", "10.0.0.3", "10.0.0.0/8", "10.0.0.3");
	is_followed("::1", "[2001:db8::7]", "::1", "2001:db8::7");
	address = address_of("10.1.2.3");
	ok(gateway_address_is_listed(&address, "1.1.1.1, 10.1.0.0/16"),
	   "in a network of a list");
	ok(!gateway_address_is_listed(&address, "10.1.2.4/31"),
	   "next to a small network");
	ok(gateway_address_is_listed(&address, "10.1.2.2/31"),
	   "in a small network");
	ok(!gateway_address_is_listed(&address, "10.1.2.3/999"),
	   "a nonsense network holds nobody");
	is_number((long long) gateway_address_budget_bytes(&address), 16,
			  "an IPv4 address is one customer");
	address = address_of("2001:db8::1");
	is_number((long long) gateway_address_budget_bytes(&address), 8,
			  "an IPv6 /64 is one customer");
	is_number((long long) gateway_address_site_bytes(&address), 6,
			  "of a site of /48");
	ok(!gateway_address_is_loopback(&address), "which is not this machine");
	address = address_of("127.8.9.10");
	is_number((long long) gateway_address_site_bytes(&address), 0,
			  "an IPv4 address is of no site");
	ok(gateway_address_is_loopback(&address), "127.* is this machine");
	address = address_of("::1");
	ok(gateway_address_is_loopback(&address), "so is ::1");
}

int
main(void)
{
	test_budget();
	test_no_limit();
	test_accepted();
	test_memory_is_fixed();
	test_addresses();
	return done();
}
