/*
 * inbox_lead.h
 *	  The people who write to us.
 */
#ifndef INBOX_LEAD_H
#define INBOX_LEAD_H

#include "utils/uuid.h"

#include "inbox/inbox_event.h"
#include "inbox/inbox_site.h"

/*
 * Makes or completes the lead of a contact and locks its row until commit.
 * What the contact does not tell stays as it is.  `channel` is where a lead
 * not seen on any channel so far was met; NULL when that is not known.
 * is_fresh says whether it was made; NULL when nobody asks.
 */
extern pg_uuid_t inbox_lead_save(InboxOrigin origin, const InboxContact *contact,
								 const char *channel, bool *is_fresh);

/* Whether the lead is that contact, and blocked or not as the contact is told to be;
 * true for one that is gone. */
extern bool inbox_lead_is(InboxOrigin origin, const pg_uuid_t *id, const InboxContact *contact);

/* Completes a lead, which is locked, with what is known of another one. */
extern void inbox_lead_inherit(InboxOrigin origin, const pg_uuid_t *id, const pg_uuid_t *from);

/*
 * Lays what an agent found out ("candidate", "job") over the profile of the
 * person of a conversation, and completes name, e-mail address and phone.
 */
extern void inbox_lead_learn(int account_id, const pg_uuid_t *conversation_id, Jsonb *facts);

#endif							/* INBOX_LEAD_H */
