/*
 * engine_budget.h
 *	  What an account may spend on calls: reserved before, booked after.
 */
#ifndef ENGINE_BUDGET_H
#define ENGINE_BUDGET_H

#include "engine/engine_turn.h"

/* Money set aside for one call; all zero when there is none. */
typedef struct EngineReservation
{
	bool		held;
	int			account_id;
	double		amount;			/* US dollars */
} EngineReservation;

extern Size engine_budget_shmem_size(void);
extern void engine_budget_shmem_init(void *area, bool found);

/* Gives back whatever the worker of a slot had reserved. */
extern void engine_budget_release_owner(int slot);

/*
 * Sets aside what a call of this turn costs at most; SPI is connected.  False
 * when a budget has not that much left.  Accounts without a budget reserve
 * nothing.
 */
extern bool engine_budget_reserve(EngineTurn *turn, double amount, EngineReservation *reservation);

/* The call has cost this much: known, 0 for one that never left. */
extern void engine_budget_book(EngineReservation *reservation, double cost);

#endif							/* ENGINE_BUDGET_H */
