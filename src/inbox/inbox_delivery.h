/*
 * inbox_delivery.h
 *	  The kinds of deliveries that a conversation has, whatever its transport.
 */
#ifndef INBOX_DELIVERY_H
#define INBOX_DELIVERY_H

#include "engine/engine_turn.h"

typedef enum InboxDeliveryIndex
{
	INBOX_REPLY,				/* {"content": text}, to the customer; of its parts
								 * "part" is the number; "plain" asks for no signs
								 * and less length, "closed" for a template;
								 * "answers_up_to": of its first part, or of
								 * the draft it was, messages.answers_up_to */
	INBOX_NOTE,					/* {"content": text}, to colleagues */
	INBOX_LABELS,				/* {"add": ["label", …]} */
	INBOX_ATTRIBUTES,			/* {"key": value, …} */
	INBOX_PRIORITY,				/* {"priority": "high"} */
	INBOX_STATUS,				/* {"status": "open"} */
	INBOX_ASSIGN,				/* {"assignee_id": 7} or {"team_id": 2} */
	INBOX_TYPING,				/* {"on": true} */
	INBOX_DELIVERY_COUNT
} InboxDeliveryIndex;

/* The index of a delivery's kind. */
extern InboxDeliveryIndex inbox_delivery_index(const EngineDelivery *delivery);

/* The text of a reply or a note, as it leaves and is stored: of one that is longer
 * than a message of its channel the first part. */
extern char *inbox_delivery_content(EngineTurn *turn, const EngineDelivery *delivery);

/* The marker that our messages carry: <thread_id>/<seq of the delivery>. */
extern char *inbox_delivery_marker(EngineTurn *turn, const EngineDelivery *delivery);

/* Registers them with the engine. */
extern void inbox_delivery_init(void);

#endif							/* INBOX_DELIVERY_H */
