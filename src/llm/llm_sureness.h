/*
 * llm_sureness.h
 *	  How scores become a confidence that means what it says.
 */
#ifndef LLM_SURENESS_H
#define LLM_SURENESS_H

#include "llm/llm_model.h"

/* A decision about an example that was held out. */
typedef struct LlmTrial
{
	double		inputs[LLM_SURENESS_COUNT];
	double		danger[LLM_SURENESS_COUNT];
	bool		intent_right;
	bool		route_right;
	bool		is_danger;
} LlmTrial;

/* Learn the weights of the two estimates, zeroed by the caller.  The confidence is
 * that the route is right; where there is but one, that the intent is. */
extern void llm_sureness_fit(const LlmTrial *trials, int count, bool of_route, float *sureness);
extern void llm_sureness_fit_danger(const LlmTrial *trials, int count, float *danger);

/* Weights to go by when nothing could be held out; they err on the careful side. */
extern void llm_sureness_guess(float *sureness, float *danger);

#endif							/* LLM_SURENESS_H */
