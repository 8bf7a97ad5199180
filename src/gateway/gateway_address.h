/*
 * gateway_address.h
 *		Who a request comes from.
 */
#ifndef GATEWAY_ADDRESS_H
#define GATEWAY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

/* An IPv6 address in network order; IPv4 as ::ffff:a.b.c.d. */
typedef struct GatewayAddress
{
	unsigned char bytes[16];
} GatewayAddress;

#define GATEWAY_ADDRESS_TEXT_BYTES 46

bool gateway_address_parse(const char *text, size_t length,
						   GatewayAddress *address);
void gateway_address_from_socket(const struct sockaddr *peer,
								 GatewayAddress *address);
bool gateway_address_is_listed(const GatewayAddress *address, const char *list);
bool gateway_address_is_loopback(const GatewayAddress *address);
void gateway_address_follow(GatewayAddress *address, const char *forwarded_for,
							const char *trusted);
size_t gateway_address_budget_bytes(const GatewayAddress *address);
size_t gateway_address_site_bytes(const GatewayAddress *address);
const char *gateway_address_render(const GatewayAddress *address,
								   char text[GATEWAY_ADDRESS_TEXT_BYTES]);

#endif
