/*
 * agents_provider.h
 *	  What a call has shown of its provider: told to people, kept in its row.
 */
#ifndef AGENTS_PROVIDER_H
#define AGENTS_PROVIDER_H

#include "engine/engine_turn.h"
#include "llm/llm_call.h"

/* Tells people of an answer that shows trouble which they alone can end: with the
 * key or its bill, with a firewall, with a model that reads less than it is sent. */
extern void agents_provider_tell(EngineTurn *turn, const LlmCall *call, const LlmResult *result);

/*
 * Has the provider's row say what its requests are to lack from now on: it has
 * refused these members and answered without them.  `agent` is the one as it was
 * refused.
 */
extern void agents_provider_learn(EngineTurn *turn, const LlmAgent *agent, unsigned members);

#endif							/* AGENTS_PROVIDER_H */
