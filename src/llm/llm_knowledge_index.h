/*
 * llm_knowledge_index.h
 *	  The words of an account's knowledge, each with the passages where it stands.
 */
#ifndef LLM_KNOWLEDGE_INDEX_H
#define LLM_KNOWLEDGE_INDEX_H

#include "llm/llm_knowledge.h"
#include "llm/llm_lexicon.h"
#include "llm/llm_word.h"

/* A passage where words stand: a row's question or one of its phrasings, with the
 * row's answer. */
typedef struct LlmPassage
{
	int			row;
	uint32		first;			/* of its words in LlmKnowledgeIndex.words_of_passages */
	uint16		asking;			/* words of the question, which come first; */
	uint16		words;			/* and all of them, each once */
	bool		has_number;		/* the question names one */
	uint64		asked;			/* meanings of the question, */
	uint64		told;			/* of all */
} LlmPassage;

/* Where a word or a meaning stands: number of the passage, doubled; odd when it
 * stands in the question. */
typedef uint32 LlmPosting;

typedef struct LlmPostings
{
	LlmPosting *list;
	int			count;
} LlmPostings;

#define LLM_MEANINGS 64

typedef struct LlmKnowledgeIndex
{
	int			row_count;		/* that are indexed, the first of those given */
	LlmPassage   *passages;
	int			passage_count;
	uint32	   *words_of_passages;

	LlmWord    *words;			/* each once */
	uint64	   *grams;			/* of each word, side by side: all are looked at */
	LlmMeaning *meanings;		/* of each word, */
	float	   *weights;		/* what it tells: the rarer, the more */
	LlmPostings *postings;
	int			word_count;
	LlmPostings of_meanings[LLM_MEANINGS];
} LlmKnowledgeIndex;

/* An account's rows while their index is made. */
typedef struct LlmPhrasings
{
	const char *const *texts;
	int			count;
} LlmPhrasings;

/*
 * What one index holds; the rows behind are left out, and check() says so.  So
 * many passages, words that differ, and bytes that are read for them: the answer
 * is read once more for each phrasing.
 */
#define LLM_KNOWLEDGE_PASSAGES 20000
#define LLM_KNOWLEDGE_WORDS 200000
#define LLM_KNOWLEDGE_BYTES (8 * 1024 * 1024)

/* Makes the index of rows in the current context; `phrasings` are one for each. */
extern LlmKnowledgeIndex *llm_knowledge_index_build(const LlmKnowledgeRow *rows, int row_count,
													const LlmPhrasings *phrasings);

/* What a word weighs that is known so. */
extern double llm_knowledge_index_weigh(const LlmWord *word, LlmMeaning meaning, double rarity);

#endif							/* LLM_KNOWLEDGE_INDEX_H */
