/*
 * gateway_client_test.c
 *		Who is closed when there is no room, with a clock of the test's own.
 */
#include "gateway_client.h"

#include "gateway_tap.h"

#define LATER 1000000

static GatewayClients *clients;

static GatewayClient *
come(uint64_t key, int64_t now_ms)
{
	return gateway_clients_add(clients, -1, key, now_ms);
}

static void
test_shares(void)
{
	GatewayClient *first = come(7, 1);
	GatewayClient *second = come(7, 2);
	GatewayClient *other = come(7 + 4096, 3); /* in the same bucket */

	is_number(gateway_clients_count_of(clients, 7), 2, "two of an address");
	is_number(gateway_clients_count_of(clients, 7 + 4096), 1, "one of another");
	is_number(gateway_clients_count_of(clients, 8), 0, "none of a third");
	gateway_client_set_state(second, GATEWAY_CLIENT_CLOSING, 4);
	is_number(gateway_clients_count(clients), 2,
			  "one that is being closed makes room");
	is_number(gateway_clients_count_of(clients, 7), 2,
			  "but is its address's until it is gone");
	gateway_client_set_state(second, GATEWAY_CLIENT_IDLE, 5);
	is_number(second->state, GATEWAY_CLIENT_CLOSING,
			  "and does not come back to life");
	gateway_clients_remove(first);
	gateway_clients_remove(second);
	is_number(gateway_clients_count_of(clients, 7), 0, "forgotten");
	is_number(gateway_clients_count_of(clients, 7 + 4096), 1, "which is not");
	gateway_clients_remove(other);
	is_number(gateway_clients_count(clients), 0, "nobody is left");
}

static void
test_bytes(void)
{
	GatewayClient *first = come(7, 1);
	GatewayClient *second = come(7, 2);
	GatewayClient *other = come(8, 3);

	gateway_client_hold(first, 10);
	gateway_client_hold(second, 5);
	is_number(gateway_client_held_bytes(first), 15, "bytes of an address");
	is_number(gateway_client_held_bytes(other), 0, "are not another's");
	gateway_client_hold(first, -10);
	gateway_clients_remove(first);
	is_number(gateway_client_held_bytes(second), 5, "some are given back");
	gateway_client_hold(second, -5);
	gateway_clients_remove(second);
	second = come(7, 4);
	is_number(gateway_client_held_bytes(second), 0, "and all of them");
	gateway_clients_remove(second);
	gateway_clients_remove(other);
}

static void
leaves(GatewayClient *wanted, const char *name)
{
	GatewayClient *client = gateway_clients_expendable(clients, LATER);

	ok(client == wanted, name);
	if (client != NULL)
		gateway_clients_remove(client);
}

static void
test_order(void)
{
	GatewayClient *slow = come(1, 1);
	GatewayClient *served = come(1, 2);
	GatewayClient *idle = come(2, 3);
	GatewayClient *silent = come(3, 4);
	GatewayClient *sending = come(4, 5);
	GatewayClient *late = come(5, 6);

	gateway_client_set_state(slow, GATEWAY_CLIENT_RECEIVING, 6);
	gateway_client_set_state(served, GATEWAY_CLIENT_WAITING, 6);
	gateway_client_set_state(sending, GATEWAY_CLIENT_SENDING, 6);
	gateway_client_set_state(idle, GATEWAY_CLIENT_IDLE, 5);
	ok(gateway_clients_expendable(clients, 3) == NULL,
	   "nobody who has just come");
	leaves(silent, "first the one that has been silent longest");
	leaves(idle, "a client between two requests is like a silent one");
	leaves(late, "the next silent one, though it came last");
	leaves(slow, "then the one whose request has been arriving longest");
	leaves(NULL, "never one that is being served");
	gateway_clients_remove(served);
	gateway_clients_remove(sending);
}

static void
test_lists(void)
{
	GatewayClient *members[5];

	for (int i = 0; i < 5; i++)
		members[i] = come((uint64_t) i, i);
	gateway_client_set_state(members[0], GATEWAY_CLIENT_SILENT, 9);
	ok(gateway_clients_oldest(clients, GATEWAY_CLIENT_SILENT) == members[1],
	   "who enters a state anew is the last of it");
	gateway_clients_remove(members[2]); /* from the middle */
	gateway_clients_remove(members[0]); /* the last */
	gateway_clients_remove(members[1]); /* the first */
	ok(gateway_clients_oldest(clients, GATEWAY_CLIENT_SILENT) == members[3],
	   "the list stays whole");
	gateway_clients_remove(members[3]);
	gateway_clients_remove(members[4]);
	ok(gateway_clients_oldest(clients, GATEWAY_CLIENT_SILENT) == NULL,
	   "to its end");
}

int
main(void)
{
	clients = gateway_clients_create();
	test_shares();
	test_bytes();
	test_order();
	test_lists();
	gateway_clients_free(clients);
	return done();
}
