/*
 * inbox_change.h
 *	  Deliveries that change a conversation: what must be right about them, and
 *	  what they mean to our row.
 */
#ifndef INBOX_CHANGE_H
#define INBOX_CHANGE_H

#include "engine/engine_turn.h"
#include "inbox/inbox_delivery.h"

/* What is wrong with a payload, for a person; NULL when nothing is. */
extern const char *inbox_change_fault(InboxDeliveryIndex index, Jsonb *payload);

/* Writes a settled change to the row of the turn's conversation. */
extern void inbox_change_write(EngineTurn *turn, InboxDeliveryIndex index, Jsonb *payload);

#endif							/* INBOX_CHANGE_H */
