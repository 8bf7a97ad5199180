/*
 * gateway_address.c
 *		Who a request comes from.
 *
 * Runs in the gateway; pure.  X-Forwarded-For is read from its right end and
 * only as far as the hop that wrote it is a trusted proxy: what a stranger
 * writes to its left is never believed.
 */
#include "gateway_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned char ipv4_prefix[12] = {0, 0, 0, 0, 0,	0,
											  0, 0, 0, 0, 0xFF, 0xFF};

static bool
is_ipv4(const GatewayAddress *address)
{
	return memcmp(address->bytes, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

/* Reads an IPv4 or IPv6 address, the latter with or without brackets. */
bool
gateway_address_parse(const char *text, size_t length, GatewayAddress *address)
{
	char copy[GATEWAY_ADDRESS_TEXT_BYTES + 2];

	while (length > 0 && *text == ' ')
		text++, length--;
	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']')
		text++, length -= 2;
	if (length == 0 || length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	memcpy(address->bytes, ipv4_prefix, sizeof(ipv4_prefix));
	return inet_pton(AF_INET, copy, address->bytes + 12) == 1 ||
		   inet_pton(AF_INET6, copy, address->bytes) == 1;
}

/* Takes the address of a socket's other end. */
void
gateway_address_from_socket(const struct sockaddr *peer,
							GatewayAddress *address)
{
	memset(address, 0, sizeof(*address));
	if (peer == NULL)
		return;
	if (peer->sa_family == AF_INET)
	{
		const struct sockaddr_in *in = (const void *) peer;

		memcpy(address->bytes, ipv4_prefix, sizeof(ipv4_prefix));
		memcpy(address->bytes + 12, &in->sin_addr, 4);
	}
	else if (peer->sa_family == AF_INET6)
	{
		const struct sockaddr_in6 *in = (const void *) peer;

		memcpy(address->bytes, &in->sin6_addr, 16);
	}
}

/*
 * Reads how many bits of a network count, the digits behind its slash; -1 when
 * they are none or too many.  A network that is misspelt holds nobody.
 */
static int
read_bits(const char *digits, size_t length, int most)
{
	int bits = 0;

	if (length == 0 || length > 3)
		return -1;
	for (size_t i = 0; i < length; i++)
	{
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		bits = bits * 10 + (digits[i] - '0');
	}
	return bits <= most ? bits : -1;
}

/* Tells whether an address lies in one network of a list, "a.b.c.d/n". */
static bool
is_in_network(const GatewayAddress *address, const char *item, size_t length)
{
	const char *slash = memchr(item, '/', length);
	size_t text_length = slash ? (size_t) (slash - item) : length;
	GatewayAddress network;
	int prefix;
	int bits = 128;

	if (!gateway_address_parse(item, text_length, &network))
		return false;
	if (slash != NULL)
	{
		prefix = is_ipv4(&network) ? 96 : 0;
		bits = read_bits(slash + 1, length - text_length - 1, 128 - prefix);
		if (bits < 0)
			return false;
		bits += prefix;
	}
	if (memcmp(address->bytes, network.bytes, (size_t) bits / 8) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	return ((address->bytes[bits / 8] ^ network.bytes[bits / 8]) >>
			(8 - bits % 8)) == 0;
}

/* Tells whether an address is in a list of addresses and networks. */
bool
gateway_address_is_listed(const GatewayAddress *address, const char *list)
{
	while (*list != '\0')
	{
		size_t length;

		list += strspn(list, ", ");
		length = strcspn(list, ", ");
		if (length > 0 && is_in_network(address, list, length))
			return true;
		list += length;
	}
	return false;
}

/* Tells whether an address is this machine's own. */
bool
gateway_address_is_loopback(const GatewayAddress *address)
{
	return gateway_address_is_listed(address, "127.0.0.0/8, ::1");
}

/*
 * Follows X-Forwarded-For from the peer back to the first hop that is not a
 * trusted proxy.  forwarded_for may be NULL.
 */
void
gateway_address_follow(GatewayAddress *address, const char *forwarded_for,
					   const char *trusted)
{
	const char *end;

	if (forwarded_for == NULL || trusted[0] == '\0')
		return;
	end = forwarded_for + strlen(forwarded_for);
	while (end > forwarded_for && gateway_address_is_listed(address, trusted))
	{
		const char *start = end;
		GatewayAddress hop;

		while (start > forwarded_for && start[-1] != ',')
			start--;
		if (!gateway_address_parse(start, (size_t) (end - start), &hop))
			return;
		*address = hop;
		end = start > forwarded_for ? start - 1 : start;
	}
}

/*
 * Returns how many leading bytes name one customer of a network: all of an
 * IPv4 address, the /64 of an IPv6 one.
 */
size_t
gateway_address_budget_bytes(const GatewayAddress *address)
{
	return is_ipv4(address) ? 16 : 8;
}

/*
 * Returns how many leading bytes name a site, to which providers give many
 * /64: the /48 of an IPv6 address.  0: an IPv4 address has none.
 */
size_t
gateway_address_site_bytes(const GatewayAddress *address)
{
	return is_ipv4(address) ? 0 : 6;
}

/* Writes an address for people. */
const char *
gateway_address_render(const GatewayAddress *address,
					   char text[GATEWAY_ADDRESS_TEXT_BYTES])
{
	if (is_ipv4(address))
		inet_ntop(AF_INET, address->bytes + 12, text,
				  GATEWAY_ADDRESS_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, address->bytes, text, GATEWAY_ADDRESS_TEXT_BYTES);
	return text;
}
