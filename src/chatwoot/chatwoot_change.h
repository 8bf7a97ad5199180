/*
 * chatwoot_change.h
 *	  Deliveries that change a conversation at Chatwoot.
 */
#ifndef CHATWOOT_CHANGE_H
#define CHATWOOT_CHANGE_H

#include "engine/engine_turn.h"

extern const EngineDeliveryKind chatwoot_labels_kind;	/* {"add": ["label", …]} */
extern const EngineDeliveryKind chatwoot_attributes_kind;	/* {"key": value, …} */
extern const EngineDeliveryKind chatwoot_priority_kind;	/* {"priority": "high"} */
extern const EngineDeliveryKind chatwoot_status_kind;	/* {"status": "open"} */
extern const EngineDeliveryKind chatwoot_assign_kind;	/* {"assignee_id": 7} or {"team_id": 2} */
extern const EngineDeliveryKind chatwoot_typing_kind;	/* {"on": true} */

#endif							/* CHATWOOT_CHANGE_H */
