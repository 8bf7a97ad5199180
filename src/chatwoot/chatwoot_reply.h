/*
 * chatwoot_reply.h
 *	  Deliveries that speak: replies to the customer, notes to colleagues.
 */
#ifndef CHATWOOT_REPLY_H
#define CHATWOOT_REPLY_H

#include "engine/engine_turn.h"

/* Payload {"content": text}. */
extern const EngineDeliveryKind chatwoot_reply_kind;
extern const EngineDeliveryKind chatwoot_note_kind;

#endif							/* CHATWOOT_REPLY_H */
