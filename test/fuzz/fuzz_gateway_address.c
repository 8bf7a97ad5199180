/*
 * fuzz_gateway_address.c
 *	  X-Forwarded-For, and the networks it is believed from.
 *
 * The input is three lines: the peer, the header, and the trusted networks.
 * Nobody is believed by whom nobody trusts; a network whose bits make no sense
 * holds no address.
 */
#include "fuzz_target.h"
#include "gateway_address.h"

static bool
is_same(const GatewayAddress *a, const GatewayAddress *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void
check_text(const GatewayAddress *address)
{
	char text[GATEWAY_ADDRESS_TEXT_BYTES];
	GatewayAddress again;
	size_t budget = gateway_address_budget_bytes(address);

	gateway_address_render(address, text);
	fuzz_require(gateway_address_parse(text, strlen(text), &again));
	fuzz_require(is_same(address, &again));
	fuzz_require(gateway_address_is_listed(address, text));
	fuzz_require(budget > 0 && budget <= sizeof(address->bytes));
}

/* Whether an address stands between the commas of a header. */
static bool
is_named(const GatewayAddress *address, const char *forwarded_for)
{
	while (*forwarded_for != '\0')
	{
		size_t length = strcspn(forwarded_for, ",");
		GatewayAddress hop;

		if (gateway_address_parse(forwarded_for, length, &hop) && is_same(address, &hop))
			return true;
		forwarded_for += length;
		forwarded_for += *forwarded_for == ',';
	}
	return false;
}

/* Whether a list holds anything but addresses and networks as they are written. */
static bool
has_odd_bits(const char *list)
{
	for (const char *slash = strchr(list, '/'); slash; slash = strchr(slash + 1, '/'))
	{
		size_t digits = strspn(slash + 1, "0123456789");

		if (digits == 0 || digits > 3 || strchr(", ", slash[1 + digits]) == NULL)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = fuzz_string(bytes, length);
	char *rest = text;
	const char *peer = strsep(&rest, "\n");
	const char *header = rest ? strsep(&rest, "\n") : "";
	const char *trusted = rest ? rest : "";
	GatewayAddress address;
	GatewayAddress followed;

	if (gateway_address_parse(peer, strlen(peer), &address))
	{
		check_text(&address);
		followed = address;
		gateway_address_follow(&followed, header, trusted);
		check_text(&followed);
		if (!gateway_address_is_listed(&address, trusted))
			fuzz_require(is_same(&followed, &address));
		fuzz_require(is_same(&followed, &address) || is_named(&followed, header));
		if (strpbrk(trusted, ", ") == NULL && has_odd_bits(trusted))
			fuzz_require(!gateway_address_is_listed(&address, trusted));
	}
	free(text);
	return 0;
}
