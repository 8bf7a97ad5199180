/*
 * inbox_change.h
 *	  Deliveries that change a conversation: what must be right about them, and
 *	  what they mean to our row.
 */
#ifndef INBOX_CHANGE_H
#define INBOX_CHANGE_H

#include "engine/engine_turn.h"

/* What is wrong with a payload, for a person; NULL when nothing is. */
extern const char *inbox_change_fault(const EngineDelivery *delivery);

/* For EngineDeliveryKind.settle: writes the change to the conversation's row. */
extern void inbox_change_settle(EngineTurn *turn, EngineDelivery *delivery);

#endif							/* INBOX_CHANGE_H */
