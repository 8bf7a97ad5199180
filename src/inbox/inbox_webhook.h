/*
 * inbox_webhook.h
 *	  A request of a far side, from its raw body to the answer.
 */
#ifndef INBOX_WEBHOOK_H
#define INBOX_WEBHOOK_H

#include "inbox/inbox_transport.h"

/*
 * Proves who sends, has the site's transport read the body, takes the event in
 * and returns the answer as JSON text; response.status is set unless it is 200.
 * With a transport `expected`, registrations of any other are refused.
 */
extern text *inbox_webhook_answer(text *body, const InboxTransport *expected);

#endif							/* INBOX_WEBHOOK_H */
