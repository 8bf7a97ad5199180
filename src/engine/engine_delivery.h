/*
 * engine_delivery.h
 *	  Sends the head of a lane, and learns what became of it.
 */
#ifndef ENGINE_DELIVERY_H
#define ENGINE_DELIVERY_H

#include "engine/engine_internal.h"

/* Sends or looks up the head when its time has come. */
extern void engine_delivery_advance(EngineTurn *turn);

/* The request that was sent for the head, or that looked it up, came back. */
extern void engine_delivery_finish(EngineTurn *turn, const HttpResponse *response);

#endif							/* ENGINE_DELIVERY_H */
