/*
 * inbox_sweep.h
 *	  Asking Chatwoot what its webhooks did not tell.
 */
#ifndef INBOX_SWEEP_H
#define INBOX_SWEEP_H

#include "engine/engine_turn.h"

extern const EngineThreadKind inbox_sweep_thread_kind;
extern const EngineNodeKind inbox_sweep_node_kind;

#endif							/* INBOX_SWEEP_H */
