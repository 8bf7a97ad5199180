/*
 * http_egress.h
 *	  Which addresses requests may leave for.
 */
#ifndef HTTP_EGRESS_H
#define HTTP_EGRESS_H

#include <sys/socket.h>

/* Whether a connection to this address may be made under the settings. */
extern bool http_egress_allows(const struct sockaddr *address);

/* The same for an address in text form, as libcurl names a reused one. */
extern bool http_egress_allows_text(const char *address);

#endif							/* HTTP_EGRESS_H */
