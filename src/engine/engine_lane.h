/*
 * engine_lane.h
 *	  The deliveries of a turn, in order.
 */
#ifndef ENGINE_LANE_H
#define ENGINE_LANE_H

#include "engine/engine_internal.h"

/* Reads what a former turn has left in the lane. */
extern void engine_lane_load(EngineTurn *turn);

extern EngineDelivery *engine_lane_head(EngineTurn *turn);

/* The head, to be changed: a copy that only this tick points to. */
extern EngineDelivery *engine_lane_own_head(EngineTurn *turn);

/* The row write of a delivery in this tick: the one there is, or an update. */
extern EngineDeliveryWrite *engine_lane_write_of(EngineTurn *turn, EngineDelivery *delivery);

/* Takes the head, which is settled, out of the lane. */
extern void engine_lane_leave(EngineTurn *turn);

/* Marks a delivery whose effect is unknown, from now on. */
extern void engine_lane_doubt(EngineDelivery *delivery);

/* Records every delivery of an array of {"kind", …} at the lane's end. */
extern void engine_lane_add_all(EngineTurn *turn, Jsonb *list);

/* The same of what mail asked for, which knew of nothing that came behind it. */
extern void engine_lane_add_posted(EngineTurn *turn, const EnginePosted *posted);

/* What is wrong with the deliveries a patch asks for; NULL nothing. */
extern const char *engine_lane_patch_problem(Jsonb *patch);

/* Records the deliveries that a function's patch asks for; returns the rest. */
extern Jsonb *engine_lane_take_patch(EngineTurn *turn, Jsonb *patch);

#endif							/* ENGINE_LANE_H */
