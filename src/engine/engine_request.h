/*
 * engine_request.h
 *	  Node kind `http`: a request without effect, whose answer goes into the
 *	  state.
 */
#ifndef ENGINE_REQUEST_H
#define ENGINE_REQUEST_H

#include "engine/engine_turn.h"

extern const EngineNodeKind engine_request_kind;

#endif							/* ENGINE_REQUEST_H */
