/*
 * engine_place.h
 *	  The place where this database answers customers.
 */
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H

/* Records what has changed about a place that is right.  In the coordinator, when
 * the gate was looked at; no transaction is open. */
extern void engine_place_confirm(void);

#endif							/* ENGINE_PLACE_H */
