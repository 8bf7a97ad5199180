/*
 * llm_knowledge.h
 *	  What an account has written down, as a process knows it, and what of it
 *	  fits a text.
 */
#ifndef LLM_KNOWLEDGE_H
#define LLM_KNOWLEDGE_H

#include "utils/uuid.h"

typedef struct LlmKnowledgeRow
{
	pg_uuid_t	id;
	const char *language;
	const char *question;
	const char *answer;
	const char *intent;			/* what the account's classifier takes the question for */
} LlmKnowledgeRow;

/* What is looked for. */
typedef struct LlmAsked
{
	const char *text;
	const char *language;		/* that is preferred; NULL none */
	const char *intent;			/* what the classifier takes the text for; NULL: no matter */
	bool		is_own;			/* that is of the customer's own order or account */
} LlmAsked;

/* The rows of an account, oldest first, as many as an index may hold, and the
 * index over their words. */
typedef struct LlmKnowledge
{
	LlmKnowledgeRow *rows;
	int			row_count;
	struct LlmKnowledgeIndex *index;	/* llm_knowledge_index.h; NULL without rows */
} LlmKnowledge;

typedef struct LlmFinding
{
	int			row;			/* in LlmKnowledge.rows */
	float		score;			/* 0 to 1 */
} LlmFinding;

/* Good as long as `user`.  SPI is connected. */
extern const LlmKnowledge *llm_knowledge_get(int account_id, MemoryContext user);

/*
 * The rows that fit a text best, best first, at most `most`; how many.  Those of
 * the language come before others that fit as well, and so do those whose question
 * is for the same intent.
 */
extern int	llm_knowledge_search(const LlmKnowledge *knowledge, const LlmAsked *asked,
								 LlmFinding *found, int most);

/* So many are found at most. */
#define LLM_KNOWLEDGE_MOST 96

/*
 * The one of all rows found that surely answers the text, or NULL: it fits well,
 * and clearly better than any other of its language that says something else.
 */
extern const LlmKnowledgeRow *llm_knowledge_choose(const LlmKnowledge *knowledge,
												   const LlmFinding *found, int count);

#endif							/* LLM_KNOWLEDGE_H */
