/*
 * llm_knowledge_index.c
 *	  Makes the index over the words of an account's knowledge.
 *
 * Runs in any backend, once for each change of the configuration; costs what
 * reading the rows costs.  Of one passage at most PASSAGE_WORDS words count, so that
 * one long answer takes no more than its part.  All is palloc'd in the context
 * that is current at the call; what is needed meanwhile is freed.
 */
#include "postgres.h"

#include <math.h>

#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "llm/llm_knowledge_index.h"

#define PASSAGE_WORDS 400

/* What words weigh that tell little, and the least of those that tell something. */
#define FILLER_WEIGHT 0.05
#define MEANING_WEIGHT 0.5		/* of a filler that means something: when, how much */
#define LEAST_WEIGHT 0.5

/* What a word is found by. */
typedef struct WordKey
{
	uint8		length;
	uint16		letters[LLM_WORD_LONGEST];
} WordKey;

typedef struct WordEntry
{
	WordKey		key;
	uint32		number;
} WordEntry;

typedef struct Builder
{
	LlmKnowledgeIndex *index;
	const LlmKnowledgeRow *rows;
	HTAB	   *numbers;		/* of words */
	int			word_room;
	uint32		taken;			/* of words_of_passages */
	uint32		room;
	int		   *last_passages;	/* by word: where it was found last */
} Builder;

/* ---- words of passages ---- */

static void
make_room_for_word(Builder *b)
{
	LlmKnowledgeIndex *index = b->index;

	if (index->word_count < b->word_room)
		return;
	b->word_room *= 2;
	index->words = repalloc_huge(index->words, b->word_room * sizeof(LlmWord));
	b->last_passages = repalloc_huge(b->last_passages, b->word_room * sizeof(int));
}

/* The number of a word, which is a fresh one when it was not met so far. */
static uint32
number_word(Builder *b, const LlmWord *word)
{
	WordKey		key;
	WordEntry  *entry;
	bool		found;

	memset(&key, 0, sizeof(key));
	key.length = word->length;
	memcpy(key.letters, word->letters, word->length * sizeof(uint16));
	entry = hash_search(b->numbers, &key, HASH_ENTER, &found);
	if (!found)
	{
		make_room_for_word(b);
		entry->number = b->index->word_count++;
		b->index->words[entry->number] = *word;
		b->last_passages[entry->number] = -1;
	}
	return entry->number;
}

/* Adds the words of a text to a passage, each once. */
static void
add_text(Builder *b, int passage_number, const char *text)
{
	LlmPassage   *passage = &b->index->passages[passage_number];
	LlmWordScan scan = {(const unsigned char *) text, (const unsigned char *) text + strlen(text)};
	LlmWord		word;
	LlmWordEnd	after;

	while (passage->words < PASSAGE_WORDS && llm_word_next(&scan, &word, &after))
	{
		uint32		number = number_word(b, &word);

		if (b->last_passages[number] == passage_number)
			continue;
		b->last_passages[number] = passage_number;
		if (b->taken == b->room)
			b->index->words_of_passages = repalloc_huge(b->index->words_of_passages,
													  (b->room *= 2) * sizeof(uint32));
		b->index->words_of_passages[b->taken++] = number;
		passage->words++;
	}
}

static void
add_passage(Builder *b, int row, const char *question)
{
	LlmPassage   *passage = &b->index->passages[b->index->passage_count];

	passage->row = row;
	passage->first = b->taken;
	add_text(b, b->index->passage_count, question);
	passage->asking = passage->words;
	add_text(b, b->index->passage_count, b->rows[row].answer);
	b->index->passage_count++;
}

/* ---- what the words say ---- */

double
llm_knowledge_index_weigh(const LlmWord *word, LlmMeaning meaning, double rarity)
{
	if (meaning.filler_of != 0)
		return meaning.meanings ? MEANING_WEIGHT : FILLER_WEIGHT;
	if (word->length == 1)
		return FILLER_WEIGHT / 2;
	return Max(rarity, LEAST_WEIGHT);
}

/* Where each word stands, from which words stand where. */
static void
list_postings(LlmKnowledgeIndex *index)
{
	for (int i = 0; i < index->passage_count; i++)
		for (int j = 0; j < index->passages[i].words; j++)
			index->postings[index->words_of_passages[index->passages[i].first + j]].count++;
	for (int i = 0; i < index->word_count; i++)
	{
		index->postings[i].list = palloc(index->postings[i].count * sizeof(LlmPosting));
		index->postings[i].count = 0;
	}
	for (int i = 0; i < index->passage_count; i++)
		for (int j = 0; j < index->passages[i].words; j++)
		{
			LlmPostings *of_word =
				&index->postings[index->words_of_passages[index->passages[i].first + j]];

			of_word->list[of_word->count++] = 2 * i + (j < index->passages[i].asking);
		}
}

/* The same of meanings, which a passage has each once. */
static void
list_meanings(LlmKnowledgeIndex *index)
{
	for (int i = 0; i < index->passage_count; i++)
	{
		LlmPassage   *passage = &index->passages[i];

		for (int j = 0; j < passage->words; j++)
		{
			uint32		number = index->words_of_passages[passage->first + j];

			passage->told |= index->meanings[number].meanings;
			if (j >= passage->asking)
				continue;
			passage->asked |= index->meanings[number].meanings;
			passage->has_number |= index->words[number].is_number;
		}
		for (int m = 0; m < LLM_MEANINGS; m++)
			index->of_meanings[m].count += (passage->told >> m) & 1;
	}
	for (int m = 0; m < LLM_MEANINGS; m++)
	{
		index->of_meanings[m].list = palloc(index->of_meanings[m].count * sizeof(LlmPosting));
		index->of_meanings[m].count = 0;
	}
	for (int i = 0; i < index->passage_count; i++)
		for (int m = 0; m < LLM_MEANINGS; m++)
			if ((index->passages[i].told >> m) & 1)
				index->of_meanings[m].list[index->of_meanings[m].count++] =
					2 * i + ((index->passages[i].asked >> m) & 1);
}

/* Places in the language of a row. */
static int
count_language(const Builder *b, const char *language)
{
	int			count = 0;

	for (int i = 0; i < b->index->passage_count; i++)
		count += strcmp(b->rows[b->index->passages[i].row].language, language) == 0;
	return count;
}

/* A word is rare among what is written in its language, which is that of the
 * passage where it stands first. */
static void
weigh_words(Builder *b)
{
	LlmKnowledgeIndex *index = b->index;
	const char *language = NULL;
	int			passages = 0;

	for (int i = 0; i < index->word_count; i++)
	{
		const LlmPostings *postings = &index->postings[i];
		const char *of_word = b->rows[index->passages[postings->list[0] / 2].row].language;

		if (language == NULL || strcmp(language, of_word) != 0)
			passages = count_language(b, language = of_word);
		index->weights[i] = llm_knowledge_index_weigh(
			&index->words[i], index->meanings[i],
			log1p((double) passages / postings->count) / log1p(passages));
	}
}

static HTAB *
make_numbers(void)
{
	HASHCTL		control = {.keysize = sizeof(WordKey), .entrysize = sizeof(WordEntry),
		.hcxt = CurrentMemoryContext};

	return hash_create("frontdesk words of knowledge", 4096, &control,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Room for all passages; words are counted as they come. */
static void
begin(Builder *b, int row_count, const LlmPhrasings *phrasings)
{
	int			passages = row_count;

	for (int i = 0; i < row_count; i++)
		passages += phrasings[i].count;
	b->index = palloc0(sizeof(LlmKnowledgeIndex));
	b->index->passages = MemoryContextAllocExtended(CurrentMemoryContext, passages * sizeof(LlmPassage),
												  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	b->word_room = 1024;
	b->room = 4096;
	b->index->words = palloc(b->word_room * sizeof(LlmWord));
	b->index->words_of_passages = palloc(b->room * sizeof(uint32));
	b->last_passages = palloc(b->word_room * sizeof(int));
	b->numbers = make_numbers();
}

LlmKnowledgeIndex *
llm_knowledge_index_build(const LlmKnowledgeRow *rows, int row_count,
						  const LlmPhrasings *phrasings)
{
	Builder		b = {.rows = rows};
	LlmKnowledgeIndex *index;

	begin(&b, row_count, phrasings);
	for (int i = 0; i < row_count; i++)
	{
		add_passage(&b, i, rows[i].question);
		for (int j = 0; j < phrasings[i].count; j++)
			add_passage(&b, i, phrasings[i].texts[j]);
	}
	hash_destroy(b.numbers);
	pfree(b.last_passages);
	index = b.index;
	index->meanings = palloc(Max(index->word_count, 1) * sizeof(LlmMeaning));
	index->weights = palloc(Max(index->word_count, 1) * sizeof(float));
	index->postings = palloc0(Max(index->word_count, 1) * sizeof(LlmPostings));
	index->grams = palloc(Max(index->word_count, 1) * sizeof(uint64));
	for (int i = 0; i < index->word_count; i++)
	{
		index->grams[i] = index->words[i].grams;
		index->meanings[i] = llm_lexicon_find(index->words[i].letters, index->words[i].length);
	}
	list_postings(index);
	list_meanings(index);
	weigh_words(&b);
	return index;
}
