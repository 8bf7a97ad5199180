/*
 * gateway_client.h
 *		The connections of clients: how many, whose, and since when.
 */
#ifndef GATEWAY_CLIENT_H
#define GATEWAY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct GatewayClients GatewayClients;

typedef enum GatewayClientState
{
	GATEWAY_CLIENT_SILENT, /* has not asked for anything yet */
	GATEWAY_CLIENT_IDLE,   /* between two requests */
	GATEWAY_CLIENT_RECEIVING,
	GATEWAY_CLIENT_WAITING, /* for PostgreSQL */
	GATEWAY_CLIENT_SENDING,
	GATEWAY_CLIENT_CLOSING, /* shut, and not yet gone */
	GATEWAY_CLIENT_STATES
} GatewayClientState;

typedef struct GatewayClient
{
	GatewayClients *clients;
	struct GatewayPeer *peer;
	void *owner; /* the HTTP side's own */
	int fd;
	bool is_trusted; /* a proxy, which brings everybody */
	GatewayClientState state;
	int64_t since_ms; /* start of the state */
	struct GatewayClient *next;
	struct GatewayClient *previous;
} GatewayClient;

GatewayClients *gateway_clients_create(void);
GatewayClient *gateway_clients_add(GatewayClients *clients, int fd,
								   uint64_t key, int64_t now_ms);
void gateway_clients_remove(GatewayClient *client);
void gateway_client_set_state(GatewayClient *client, GatewayClientState state,
							  int64_t now_ms);
void gateway_client_hold(GatewayClient *client, int64_t bytes);
int64_t gateway_client_held_bytes(const GatewayClient *client);
int gateway_clients_count(const GatewayClients *clients);
int gateway_clients_count_of(GatewayClients *clients, uint64_t key);
GatewayClient *gateway_clients_oldest(const GatewayClients *clients,
									  GatewayClientState state);
GatewayClient *gateway_clients_expendable(const GatewayClients *clients,
										  int64_t before_ms);
void gateway_clients_free(GatewayClients *clients);

#endif
