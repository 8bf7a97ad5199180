/*
 * llm_model_cache.h
 *	  The classifiers that this session has at hand.
 */
#ifndef LLM_MODEL_CACHE_H
#define LLM_MODEL_CACHE_H

#include "llm/llm_model.h"

/* Which classifier is wanted. */
typedef struct LlmWanted
{
	int			account_id;		/* its own, else the house's */
	const char *name;
	bool		or_shipped;		/* the shipped one when there is neither */
} LlmWanted;

/*
 * The model that the active snapshot shows, or NULL when there is none.  Good
 * until the next call of a function of this file.  Sets the danger from which a
 * message is taken for one that cannot wait, as the account's costs of errors say.
 */
extern const LlmModelView *llm_model_cache_take(const LlmWanted *wanted, double *danger_from);

/* To be called when this session has changed frontdesk.classifiers. */
extern void llm_model_cache_forget(void);

#endif							/* LLM_MODEL_CACHE_H */
