/*
 * gateway_socket.c
 *		The socket that the gateway listens on.
 *
 * Runs in the gateway, at start.
 */
#include "gateway_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

/* Reads an address as people write it, * for all of them; returns its length,
 * 0 when it is none. */
static socklen_t
fill_socket_address(const char *text, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (void *) out;
	struct sockaddr_in6 *in6 = (void *) out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
	{
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t) port);
		return sizeof(*in);
	}
	if (strcmp(text, "*") != 0 &&
		inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		return 0;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t) port);
	return sizeof(*in6);
}

/* Returns the port that a socket is bound to; 0 when it cannot be told. */
int
gateway_socket_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *) &address, &length) != 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *) (void *) &address)->sin_port);
	return ntohs(((struct sockaddr_in6 *) (void *) &address)->sin6_port);
}

/*
 * Opens a socket that listens; SO_REUSEPORT lets several gateways share the
 * port.  Returns -1, and the reason in errno, when it cannot.
 */
int
gateway_socket_open(const char *text, int port)
{
	struct sockaddr_storage address;
	socklen_t length = fill_socket_address(text, port, &address);
	int on = 1;
	int off = 0;
	int fd;

	if (length == 0)
	{
		errno = EINVAL;
		return -1;
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *) &address, length) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}
