/*
 * inbox_change.h
 *	  Deliveries that change a conversation at Chatwoot.
 */
#ifndef INBOX_CHANGE_H
#define INBOX_CHANGE_H

#include "engine/engine_turn.h"

extern const EngineDeliveryKind inbox_labels_kind;	/* {"add": ["label", …]} */
extern const EngineDeliveryKind inbox_attributes_kind;	/* {"key": value, …} */
extern const EngineDeliveryKind inbox_priority_kind;	/* {"priority": "high"} */
extern const EngineDeliveryKind inbox_status_kind;	/* {"status": "open"} */
extern const EngineDeliveryKind inbox_assign_kind;	/* {"assignee_id": 7} or {"team_id": 2} */
extern const EngineDeliveryKind inbox_typing_kind;	/* {"on": true} */

#endif							/* INBOX_CHANGE_H */
