/*
 * gateway_client.c
 *		The connections of clients: how many, whose, since when, and what
 *		they hold.
 *
 * Runs in the gateway; pure, the caller owns the clock.  Each state is a list
 * in the order in which its clients came into it, so that the one that has
 * been in it longest is found at once, however many there are: strangers
 * decide how often that is asked.
 *
 * A client belongs to its list of clients until it is removed; whoever adds
 * one removes it.  A client that is being closed is counted as gone.
 */
#include "gateway_client.h"

#include <stdlib.h>

#include "gateway_text.h"

#define PEER_BUCKETS 4096

/* One address that has connections; it holds nothing without one. */
typedef struct GatewayPeer
{
	uint64_t key;
	int count;
	int64_t held_bytes; /* of bodies, on all its connections */
	struct GatewayPeer *next;
} GatewayPeer;

typedef struct StateList
{
	GatewayClient *first; /* longest in the state */
	GatewayClient *last;
} StateList;

struct GatewayClients
{
	StateList lists[GATEWAY_CLIENT_STATES];
	int count; /* without those that are being closed */
	GatewayPeer *peers[PEER_BUCKETS];
};

/* Creates an empty list. */
GatewayClients *
gateway_clients_create(void)
{
	return gateway_text_allocate(sizeof(GatewayClients));
}

static GatewayPeer **
find_peer(GatewayClients *clients, uint64_t key)
{
	GatewayPeer **link = &clients->peers[key % PEER_BUCKETS];

	while (*link != NULL && (*link)->key != key)
		link = &(*link)->next;
	return link;
}

static GatewayPeer *
take_peer(GatewayClients *clients, uint64_t key)
{
	GatewayPeer **link = find_peer(clients, key);

	if (*link == NULL)
	{
		*link = gateway_text_allocate(sizeof(GatewayPeer));
		(*link)->key = key;
	}
	(*link)->count++;
	return *link;
}

static void
release_peer(GatewayClients *clients, GatewayPeer *peer)
{
	GatewayPeer **link;

	if (--peer->count > 0)
		return;
	link = find_peer(clients, peer->key);
	*link = peer->next;
	free(peer);
}

static void
append(GatewayClient *client)
{
	StateList *list = &client->clients->lists[client->state];

	client->next = NULL;
	client->previous = list->last;
	if (list->last != NULL)
		list->last->next = client;
	else
		list->first = client;
	list->last = client;
}

static void
take_out(GatewayClient *client)
{
	StateList *list = &client->clients->lists[client->state];

	if (client->next != NULL)
		client->next->previous = client->previous;
	else
		list->last = client->previous;
	if (client->previous != NULL)
		client->previous->next = client->next;
	else
		list->first = client->next;
}

/* Adds a client that has just come; key stands for its address. */
GatewayClient *
gateway_clients_add(GatewayClients *clients, int fd, uint64_t key,
					int64_t now_ms)
{
	GatewayClient *client = gateway_text_allocate(sizeof(*client));

	client->clients = clients;
	client->peer = take_peer(clients, key);
	client->fd = fd;
	client->state = GATEWAY_CLIENT_SILENT;
	client->since_ms = now_ms;
	append(client);
	clients->count++;
	return client;
}

/* Forgets a client that is gone, and frees it. */
void
gateway_clients_remove(GatewayClient *client)
{
	take_out(client);
	release_peer(client->clients, client->peer);
	if (client->state != GATEWAY_CLIENT_CLOSING)
		client->clients->count--;
	free(client);
}

/* Notes what a client does now; one that is being closed does nothing more. */
void
gateway_client_set_state(GatewayClient *client, GatewayClientState state,
						 int64_t now_ms)
{
	if (client->state == GATEWAY_CLIENT_CLOSING)
		return;
	take_out(client);
	client->state = state;
	client->since_ms = now_ms;
	append(client);
	if (state == GATEWAY_CLIENT_CLOSING)
		client->clients->count--;
}

/* Counts bytes that a client holds from now on, or fewer of them. */
void
gateway_client_hold(GatewayClient *client, int64_t bytes)
{
	client->peer->held_bytes += bytes;
}

/* Returns how many bytes the address of a client holds. */
int64_t
gateway_client_held_bytes(const GatewayClient *client)
{
	return client->peer->held_bytes;
}

/* Returns how many clients there are. */
int
gateway_clients_count(const GatewayClients *clients)
{
	return clients->count;
}

/* Returns how many connections an address has. */
int
gateway_clients_count_of(GatewayClients *clients, uint64_t key)
{
	const GatewayPeer *peer = *find_peer(clients, key);

	return peer ? peer->count : 0;
}

/* Returns the client that has been in a state longest, or NULL. */
GatewayClient *
gateway_clients_oldest(const GatewayClients *clients, GatewayClientState state)
{
	return clients->lists[state].first;
}

/*
 * Returns the client to close when there is no room: of those without a
 * request the one that has been so longest, else the one whose request has
 * been arriving longest; nobody who came into its state after before_ms.
 * NULL when there is none: a request that has arrived is always answered.
 */
GatewayClient *
gateway_clients_expendable(const GatewayClients *clients, int64_t before_ms)
{
	GatewayClient *silent =
		gateway_clients_oldest(clients, GATEWAY_CLIENT_SILENT);
	GatewayClient *idle = gateway_clients_oldest(clients, GATEWAY_CLIENT_IDLE);
	GatewayClient *slow =
		gateway_clients_oldest(clients, GATEWAY_CLIENT_RECEIVING);

	if (silent == NULL || (idle != NULL && idle->since_ms < silent->since_ms))
		silent = idle;
	if (silent != NULL && silent->since_ms <= before_ms)
		return silent;
	return slow != NULL && slow->since_ms <= before_ms ? slow : NULL;
}

/* Gives the memory back; no client may be left. */
void
gateway_clients_free(GatewayClients *clients)
{
	free(clients);
}
