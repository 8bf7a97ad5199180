/*
 * agents_internal.h
 *	  What the files of the agents domain share with each other.
 */
#ifndef AGENTS_INTERNAL_H
#define AGENTS_INTERNAL_H

#include "engine/engine_turn.h"
#include "llm/llm_classifier.h"

/* ---- agents_node.c ---- */
extern const EngineNodeKind agents_node_kind;

/* ---- agents_conversation.c ---- */
extern const EngineThreadKind agents_conversation_kind;

/* ---- agents_local.c ---- */

/* The embedded answer of an agent, as a patch in the current context. */
extern Jsonb *agents_local_answer(EngineTurn *turn, const char *agent);

/* A decision of the local classifier as the router's patch. */
extern Jsonb *agents_local_routing(EngineTurn *turn, const LlmClassification *found);

#endif							/* AGENTS_INTERNAL_H */
