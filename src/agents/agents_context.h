/*
 * agents_context.h
 *	  A message is read in its conversation: what was asked, sent and said before
 *	  it decides what a short one means.
 */
#ifndef AGENTS_CONTEXT_H
#define AGENTS_CONTEXT_H

#include "engine/engine_turn.h"
#include "llm/llm_classifier.h"

/*
 * What the conversation alone decides: the end of an alert, an answer to what we
 * asked or sent, thanks and goodbyes.  The router's patch, or NULL.
 */
extern Jsonb *agents_context_route(EngineTurn *turn);

/*
 * Whether a decision of the classifier cannot be meant: an answer to a campaign
 * that nobody sent, a mere number or day, a word or two behind a question of ours.
 */
extern bool agents_context_doubts(EngineTurn *turn, const LlmClassification *found);

/*
 * A routing, of whoever, with what the conversation adds: its language, which a
 * short word does not change, the campaign that was sent, and what holds no more.
 */
extern Jsonb *agents_context_complete(EngineTurn *turn, Jsonb *routing);

/* Whether the router has settled the turn: no agent is asked. */
extern bool agents_context_is_settled(EngineTurn *turn);

/* Whether the message is a number or a day and nothing else: it asks nothing. */
extern bool agents_context_is_bare(EngineTurn *turn);

/* Behind the turn: cancels the alerts that it said are cancelled. */
extern void agents_context_conclude(EngineTurn *turn);

#endif							/* AGENTS_CONTEXT_H */
