/*
 * agents_internal.h
 *	  What the files of the agents domain share with each other.
 */
#ifndef AGENTS_INTERNAL_H
#define AGENTS_INTERNAL_H

#include "base/base_object.h"
#include "engine/engine_turn.h"
#include "llm/llm_classifier.h"

/* ---- agents_node.c ---- */
extern const EngineNodeKind agents_node_kind;

/* ---- agents_conversation.c ---- */
extern const EngineThreadKind agents_conversation_kind;

/* ---- agents_trial.c ---- */
extern const EngineThreadKind agents_trial_thread_kind;
extern const EngineNodeKind agents_trial_node_kind;

/* ---- agents_local.c ---- */

/* The embedded answer of an agent, as a patch in the current context. */
extern Jsonb *agents_local_answer(EngineTurn *turn, const char *agent);

/* A decision of the local classifier as the router's patch. */
extern Jsonb *agents_local_routing(EngineTurn *turn, const LlmClassification *found);

/* ---- agents_courtesy.c ---- */

/* As llm_classifier_classify(), but of thanks with a question the question
 * decides. */
extern bool agents_courtesy_classify(int account_id, const char *content, LlmClassification *found);

/* ---- agents_promise.c ---- */

/* The patch of an agent, or a state; where what it says promises that somebody
 * comes back, and no row keeps that, with needs_human and the reason. */
extern Jsonb *agents_promise_bind(EngineTurn *turn, Jsonb *said);

/* ---- agents_follow_up.c ---- */

/* Whether the turn is there to come back to a customer who has not written. */
extern bool agents_follow_up_is_due(EngineTurn *turn);

/* Where such a turn goes: the router's patch. */
extern Jsonb *agents_follow_up_route(void);

/* At the beginning of a turn: a customer who has written is not reminded,
 * unless the account keeps what was planned.  Adds members to the patch. */
extern void agents_follow_up_begin(EngineTurn *turn, BaseObject *patch);

/* At the end of a turn: sets the alarm that its state asks for. */
extern void agents_follow_up_plan(EngineTurn *turn);

#endif							/* AGENTS_INTERNAL_H */
