/*
 * chatwoot_sweep.h
 *	  Asking Chatwoot what its webhooks did not tell.
 */
#ifndef CHATWOOT_SWEEP_H
#define CHATWOOT_SWEEP_H

#include "engine/engine_turn.h"

extern const EngineThreadKind chatwoot_sweep_thread_kind;
extern const EngineNodeKind chatwoot_sweep_node_kind;

#endif							/* CHATWOOT_SWEEP_H */
