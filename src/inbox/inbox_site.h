/*
 * inbox_site.h
 *	  Where an account's conversations live: a service of kind transport.
 */
#ifndef INBOX_SITE_H
#define INBOX_SITE_H

#include "http/http_service.h"

/* What names an origin: every key of the inbox begins with these two. */
typedef struct InboxOrigin
{
	int			account_id;
	int			site_id;
} InboxOrigin;

/* The site as a service, for http_service_get() and http_service_open(). */
static inline HttpServiceKey
inbox_site_key(InboxOrigin origin)
{
	return (HttpServiceKey) {origin.account_id, origin.site_id};
}

#endif							/* INBOX_SITE_H */
