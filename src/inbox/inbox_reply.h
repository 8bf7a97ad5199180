/*
 * inbox_reply.h
 *	  Deliveries that speak: replies to the customer, notes to colleagues.
 */
#ifndef INBOX_REPLY_H
#define INBOX_REPLY_H

#include "engine/engine_turn.h"

/* Payload {"content": text}. */
extern const EngineDeliveryKind inbox_reply_kind;
extern const EngineDeliveryKind inbox_note_kind;

#endif							/* INBOX_REPLY_H */
