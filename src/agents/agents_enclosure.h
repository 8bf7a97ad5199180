/*
 * agents_enclosure.h
 *	  What the desk does with what came beside words: what nobody has heard or
 *	  seen is said so and goes to a person.
 */
#ifndef AGENTS_ENCLOSURE_H
#define AGENTS_ENCLOSURE_H

#include "engine/engine_turn.h"
#include "llm/llm_classifier.h"

/* The router's patch where nobody needs to be asked: for voice notes, for things
 * without a word, for the opening of a chat by a link; NULL for all else. */
extern Jsonb *agents_enclosure_route(EngineTurn *turn);

/* The same where only the local classifier can be asked, whose finding it is (NULL:
 * there were no words): for words that point at something nobody has seen, and for
 * what was sent without any. */
extern Jsonb *agents_enclosure_route_locally(EngineTurn *turn, const LlmClassification *found);

/* Whether the turn has something that must be heard or seen. */
extern bool agents_enclosure_is_opaque(EngineTurn *turn);

#endif							/* AGENTS_ENCLOSURE_H */
