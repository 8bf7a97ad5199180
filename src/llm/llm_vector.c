/*
 * llm_vector.c
 *	  A text as a sparse vector over the vocabulary of a model.
 *
 * Runs in any backend.  A feature weighs (1 + ln tf) * idf; the word block
 * and the character block are each brought to a length of their own, so that
 * neither drowns the other, and a constant 1 is added for the bias.  Characters
 * count more than words: with few examples most words of a message are new.
 */
#include "postgres.h"

#include <math.h>

#include "port/pg_bitutils.h"

#include "llm/llm_ngram.h"
#include "llm/llm_vector.h"

static const float block_lengths[LLM_NGRAM_BLOCKS] = {0.75f, 1.15f};

/*
 * Leaves each known feature of the text once in the vector, with how often it
 * came as its value; blocks[] tells the block of each.
 */
static void
count_features(const LlmVocabulary *v, const LlmNgrams *ngrams,
			   LlmVector *vector, uint8 *blocks)
{
	uint32		size = pg_nextpower2_32(Max(16, ngrams->count * 2));
	LlmSlot    *seen = palloc(size * sizeof(LlmSlot));
	int			known = 0;

	memset(seen, 0xff, size * sizeof(LlmSlot));
	for (int i = 0; i < ngrams->count; i++)
	{
		uint32		hash = ngrams->hashes[i];
		uint32		row = v->slots[llm_slot_find(v->slots, v->slot_count, hash)].row;
		uint32		at;

		if (row == LLM_SLOT_FREE)
			continue;
		known++;
		at = llm_slot_find(seen, size, hash);
		if (seen[at].row == LLM_SLOT_FREE)
		{
			seen[at].hash = hash;
			seen[at].row = vector->count;
			vector->rows[vector->count] = row;
			vector->values[vector->count] = 0;
			blocks[vector->count++] = LLM_NGRAM_BLOCK(hash);
		}
		vector->values[seen[at].row] += 1;
	}
	vector->coverage = ngrams->count > 0 ? (float) known / ngrams->count : 0;
	pfree(seen);
}

/* Weighs n-grams by how rare they are, and gives each block its length, so
 * that a long text counts no more than a short one. */
static void
weigh(const LlmVocabulary *v, LlmVector *vector, const uint8 *blocks)
{
	float		squares[LLM_NGRAM_BLOCKS] = {0};

	for (int i = 0; i < vector->count; i++)
	{
		float		tf = vector->values[i];
		float		value = v->idf[vector->rows[i]];

		if (tf > 1)
			value *= 1 + logf(tf);
		vector->values[i] = value;
		squares[blocks[i]] += value * value;
	}
	for (int b = 0; b < LLM_NGRAM_BLOCKS; b++)
		squares[b] = squares[b] > 0 ? block_lengths[b] / sqrtf(squares[b]) : 0;
	for (int i = 0; i < vector->count; i++)
		vector->values[i] *= squares[blocks[i]];
}

void
llm_vector_build(const LlmVocabulary *v, const char *text, size_t bytes,
				 LlmVector *vector)
{
	LlmNgrams	ngrams;
	uint8	   *blocks;

	llm_ngram_split(text, bytes, &ngrams);
	blocks = palloc(ngrams.count + 1);
	vector->rows = palloc((ngrams.count + 1) * sizeof(uint32));
	vector->values = palloc((ngrams.count + 1) * sizeof(float));
	vector->count = 0;
	count_features(v, &ngrams, vector, blocks);
	weigh(v, vector, blocks);
	vector->rows[vector->count] = v->rows - 1;
	vector->values[vector->count++] = 1;
	pfree(blocks);
	pfree(ngrams.hashes);
}

void
llm_vector_free(LlmVector *vector)
{
	pfree(vector->rows);
	pfree(vector->values);
}
