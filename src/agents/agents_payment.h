/*
 * agents_payment.h
 *	  What happens where a customer sends the number of a card or an account.
 */
#ifndef AGENTS_PAYMENT_H
#define AGENTS_PAYMENT_H

#include "engine/engine_turn.h"

/*
 * When the history of a turn was read: masks in it what no single message
 * shows, a number that was sent in pieces, one message after the other.
 */
extern void agents_payment_mask_pieces(EngineTurn *turn);

/* The router's patch where what the turn answers holds such a number, whole or
 * its last piece; NULL: none does. */
extern Jsonb *agents_payment_route(EngineTurn *turn);

#endif							/* AGENTS_PAYMENT_H */
