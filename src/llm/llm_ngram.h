/*
 * llm_ngram.h
 *	  A text as hashed word and character n-grams.
 */
#ifndef LLM_NGRAM_H
#define LLM_NGRAM_H

/*
 * One hash per occurrence, in no useful order.  The lowest bit tells the
 * block a feature belongs to.
 */
typedef struct LlmNgrams
{
	uint32	   *hashes;
	int			count;
} LlmNgrams;

#define LLM_NGRAM_BLOCKS 2
#define LLM_NGRAM_BLOCK(hash) ((int) ((hash) & 1))	/* 0 words, 1 characters */

/*
 * Fills in the n-grams of a text; hashes are palloc'd in the current context.
 * Of a text longer than 4,096 characters only its beginning counts.
 */
extern void llm_ngram_split(const char *text, size_t bytes, LlmNgrams *ngrams);

#endif							/* LLM_NGRAM_H */
