/*
 * llm_vector.h
 *	  A text as a sparse vector over the vocabulary of a model.
 */
#ifndef LLM_VECTOR_H
#define LLM_VECTOR_H

/* One place of the hash table from feature to row. */
typedef struct LlmSlot
{
	uint32		hash;
	uint32		row;			/* LLM_SLOT_FREE when nothing is here */
} LlmSlot;

#define LLM_SLOT_FREE 0xffffffffU

/*
 * The features a model knows, each with its row and its inverse document
 * frequency.  The arrays belong to whoever set them.
 */
typedef struct LlmVocabulary
{
	const LlmSlot *slots;
	uint32		slot_count;		/* power of two */
	const float *idf;			/* by row */
	uint32		rows;			/* the last one is the bias */
} LlmVocabulary;

/* Rows ascend in no order; every row at most once, the bias last. */
typedef struct LlmVector
{
	uint32	   *rows;
	float	   *values;
	int			count;
	float		coverage;		/* share of the text's features that are known */
} LlmVector;

/* Fills in the vector of a text; arrays are palloc'd in the current context. */
extern void llm_vector_build(const LlmVocabulary *vocabulary, const char *text,
							 size_t bytes, LlmVector *vector);
extern void llm_vector_free(LlmVector *vector);

/* Place of a hash, or of the free slot where it would go. */
static inline uint32
llm_slot_find(const LlmSlot *slots, uint32 slot_count, uint32 hash)
{
	uint32		mask = slot_count - 1;
	uint32		at = (hash >> 1) & mask;

	while (slots[at].row != LLM_SLOT_FREE && slots[at].hash != hash)
		at = (at + 1) & mask;
	return at;
}

#endif							/* LLM_VECTOR_H */
