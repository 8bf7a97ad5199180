/*
 * chatwoot_change.h
 *	  Deliveries that change a conversation at Chatwoot.
 */
#ifndef CHATWOOT_CHANGE_H
#define CHATWOOT_CHANGE_H

#include "inbox/inbox_transport.h"

extern const InboxOutlet chatwoot_labels_outlet;
extern const InboxOutlet chatwoot_attributes_outlet;
extern const InboxOutlet chatwoot_priority_outlet;
extern const InboxOutlet chatwoot_status_outlet;
extern const InboxOutlet chatwoot_assign_outlet;
extern const InboxOutlet chatwoot_typing_outlet;

#endif							/* CHATWOOT_CHANGE_H */
