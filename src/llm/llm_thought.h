/*
 * llm_thought.h
 *	  What a model thought aloud, taken out of what it says.
 */
#ifndef LLM_THOUGHT_H
#define LLM_THOUGHT_H

/*
 * Sets *answer to the text (UTF-8) itself when there are no thoughts in it, else
 * to what is left of it, without blanks around; empty when that is nothing.  False when a mark of
 * thoughts may as well be spoken of: then nobody can tell what is meant for the
 * customer, and *answer is not set.
 */
extern bool llm_thought_remove(const char *text, const char **answer);

#endif							/* LLM_THOUGHT_H */
