/*
 * llm_finish.h
 *	  Why an answer ends, in the words of many servers.
 */
#ifndef LLM_FINISH_H
#define LLM_FINISH_H

typedef enum LlmFinish
{
	LLM_FINISH_UNSAID,			/* no word, or an empty one */
	LLM_FINISH_UNKNOWN,			/* a word that nobody has told us of */
	LLM_FINISH_WHOLE,			/* the model was done */
	LLM_FINISH_CUT,				/* a limit cut it */
	LLM_FINISH_WITHHELD,		/* a filter, or the model itself, declined */
	LLM_FINISH_TOOLS,			/* it wants tools */
	LLM_FINISH_BROKEN			/* the server gave up */
} LlmFinish;

/* What a word says; NULL is none. */
extern LlmFinish llm_finish_read(const char *word);

#endif							/* LLM_FINISH_H */
