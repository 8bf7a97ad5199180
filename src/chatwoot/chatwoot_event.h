/*
 * chatwoot_event.h
 *	  Chatwoot's webhooks in the inbox' words.
 */
#ifndef CHATWOOT_EVENT_H
#define CHATWOOT_EVENT_H

#include "inbox/inbox_event.h"

/*
 * Reads a webhook's body.  Everything is palloc'd in the current context.
 * Returns false, with `problem` set, for a body that makes no sense.
 */
extern bool chatwoot_event_decode(const char *body, int body_bytes, InboxEvent *event);

#endif							/* CHATWOOT_EVENT_H */
