/*
 * chatwoot_transport.h
 *	  Transport chatwoot.
 */
#ifndef CHATWOOT_TRANSPORT_H
#define CHATWOOT_TRANSPORT_H

#include "inbox/inbox_transport.h"

extern const InboxTransport chatwoot_transport;

#endif							/* CHATWOOT_TRANSPORT_H */
