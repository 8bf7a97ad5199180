/*
 * chatwoot_reply.h
 *	  Deliveries that speak: replies to the customer, notes to colleagues.
 */
#ifndef CHATWOOT_REPLY_H
#define CHATWOOT_REPLY_H

#include "inbox/inbox_transport.h"

extern const InboxOutlet chatwoot_reply_outlet;	/* of notes, too */

#endif							/* CHATWOOT_REPLY_H */
