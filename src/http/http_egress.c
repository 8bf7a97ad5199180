/*
 * http_egress.c
 *	  Which addresses requests may leave for.
 *
 * Addresses are judged when the socket is made, after the name was resolved,
 * so a name that points somewhere else the second time gains nothing.  Runs
 * inside libcurl's callbacks: nothing in here may raise.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/base_settings.h"
#include "http/http_egress.h"

typedef struct Range4
{
	uint32		network;
	int			bits;
} Range4;

/* IANA special-purpose registry, IPv4: everything not globally reachable; and what a cloud took. */
static const Range4 special4[] = {
	{0x00000000, 8},			/* this network */
	{0x0A000000, 8},			/* private */
	{0x64400000, 10},			/* carrier-grade NAT */
	{0x7F000000, 8},			/* loopback */
	{0xA83F8110, 32},			/* 168.63.129.16, Azure's host agent: public by its number alone */
	{0xA9FE0000, 16},			/* link local, cloud metadata */
	{0xAC100000, 12},			/* private */
	{0xC0000000, 24},			/* IETF protocol assignments */
	{0xC0000200, 24},			/* documentation */
	{0xC0586300, 24},			/* 6to4 relay */
	{0xC0A80000, 16},			/* private */
	{0xC6120000, 15},			/* benchmarks */
	{0xC6336400, 24},			/* documentation */
	{0xCB007100, 24},			/* documentation */
	{0xE0000000, 4},			/* multicast */
	{0xF0000000, 4},			/* reserved, broadcast */
};

static bool
is_public4(uint32 address)
{
	for (int i = 0; i < lengthof(special4); i++)
		if (((address ^ special4[i].network) >> (32 - special4[i].bits)) == 0)
			return false;
	return true;
}

static uint32
read4(const uint8 *bytes)
{
	return (uint32) bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/* An address that carries one of IPv4 is judged by that one: it leads there. */
static bool
is_public6(const struct in6_addr *address)
{
	const uint8 *b = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address))
		return is_public4(read4(b + 12));
	if (b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b)
		return b[4] == 0 && b[5] == 0 && is_public4(read4(b + 12));	/* NAT64 */
	if (b[0] == 0x20 && b[1] == 0x02)
		return is_public4(read4(b + 2));	/* 6to4 */
	if (b[0] == 0x20 && b[1] == 0x01 && (b[2] == 0x0d && b[3] == 0xb8))
		return false;			/* documentation */
	if (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10)
		return false;			/* documentation, RFC 9637 */
	if ((b[8] & 0xfd) == 0x00 && b[9] == 0x00 && b[10] == 0x5e && b[11] == 0xfe)
		return is_public4(read4(b + 12));	/* ISATAP */
	if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02)
		return false;			/* IETF protocol assignments, Teredo */
	return (b[0] & 0xe0) == 0x20;	/* global unicast only */
}

/* Whether an address is one of the public Internet. */
static bool
is_public(const struct sockaddr *address)
{
	switch (address->sa_family)
	{
		case AF_INET:
			return is_public4(ntohl(((const struct sockaddr_in *) address)->sin_addr.s_addr));
		case AF_INET6:
			return is_public6(&((const struct sockaddr_in6 *) address)->sin6_addr);
		default:
			return false;
	}
}

bool
http_egress_allows(const struct sockaddr *address)
{
	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return false;
	return setting_egress_allow_private || is_public(address);
}

bool
http_egress_allows_text(const char *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (address == NULL)
		return false;
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return http_egress_allows((struct sockaddr *) &v4);
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
		return http_egress_allows((struct sockaddr *) &v6);
	return false;
}
