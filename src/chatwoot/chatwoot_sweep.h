/*
 * chatwoot_sweep.h
 *	  Asking Chatwoot what its webhooks did not tell.
 */
#ifndef CHATWOOT_SWEEP_H
#define CHATWOOT_SWEEP_H

#include "engine/engine_duty.h"
#include "engine/engine_turn.h"

extern const EngineThreadKind chatwoot_sweep_thread_kind;
extern const EngineNodeKind chatwoot_sweep_node_kind;

/* Begins the sweeps that are due. */
extern const EngineDuty chatwoot_sweep_duty;

#endif							/* CHATWOOT_SWEEP_H */
