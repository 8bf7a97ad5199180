/*
 * llm_knowledge_index.c
 *	  Makes the index over the words of an account's knowledge.
 *
 * Runs in any backend, once for each change of the account's rows; costs what
 * reading the rows costs.  Of one passage at most PASSAGE_WORDS words count, so that
 * one long answer takes no more than its part; of one account as much as
 * LLM_KNOWLEDGE_PASSAGES and its like say, for whoever waits in the same worker
 * waits for this.  All is palloc'd in the context that is current at the call;
 * what is needed meanwhile is freed.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
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

/* A language, by the text of whichever row, and its passages. */
typedef struct Language
{
	const char *name;
	int			passages;
} Language;

typedef struct Builder
{
	LlmKnowledgeIndex *index;
	int64		bytes;			/* read so far */
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
	b->bytes += (const char *) scan.at - text;
}

static bool
is_full(const Builder *b)
{
	return b->index->passage_count >= LLM_KNOWLEDGE_PASSAGES ||
		b->index->word_count >= LLM_KNOWLEDGE_WORDS || b->bytes >= LLM_KNOWLEDGE_BYTES;
}

/* A phrasing without a word is none; the row itself is found by its answer. */
static void
add_passage(Builder *b, int row, const char *question, bool is_phrasing)
{
	LlmPassage   *passage = &b->index->passages[b->index->passage_count];

	CHECK_FOR_INTERRUPTS();
	passage->row = row;
	passage->first = b->taken;
	add_text(b, b->index->passage_count, question);
	passage->asking = passage->words;
	if (is_phrasing && passage->asking == 0)
		return;
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

static uint32
hash_name(const void *key, Size size)
{
	return string_hash(*(const char *const *) key, PG_INT32_MAX);
}

/* Zero for equal names, as memcmp(). */
static int
compare_names(const void *one, const void *other, Size size)
{
	return strcmp(*(const char *const *) one, *(const char *const *) other);
}

/* By row: how many passages its language has. */
static int *
count_languages(const Builder *b)
{
	const LlmKnowledgeIndex *index = b->index;
	HASHCTL		control = {.keysize = sizeof(char *), .entrysize = sizeof(Language),
		.hash = hash_name, .match = compare_names, .hcxt = CurrentMemoryContext};
	HTAB	   *names = hash_create("frontdesk languages of knowledge", 16, &control,
									HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	Language  **of_rows = palloc(index->row_count * sizeof(Language *));
	int		   *counts = palloc(index->row_count * sizeof(int));
	bool		found;

	for (int i = 0; i < index->row_count; i++)
	{
		of_rows[i] = hash_search(names, &b->rows[i].language, HASH_ENTER, &found);
		if (!found)
			of_rows[i]->passages = 0;
	}
	for (int i = 0; i < index->passage_count; i++)
		of_rows[index->passages[i].row]->passages++;
	for (int i = 0; i < index->row_count; i++)
		counts[i] = of_rows[i]->passages;
	pfree(of_rows);
	hash_destroy(names);
	return counts;
}

/* A word is rare among what is written in its language, which is that of the
 * passage where it stands first. */
static void
weigh_words(Builder *b)
{
	LlmKnowledgeIndex *index = b->index;
	int		   *of_rows = count_languages(b);

	for (int i = 0; i < index->word_count; i++)
	{
		const LlmPostings *postings = &index->postings[i];
		int			passages = of_rows[index->passages[postings->list[0] / 2].row];

		index->weights[i] = llm_knowledge_index_weigh(
			&index->words[i], index->meanings[i],
			log1p((double) passages / postings->count) / log1p(passages));
	}
	pfree(of_rows);
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
	int64		passages = row_count;

	for (int i = 0; i < row_count; i++)
		passages += phrasings[i].count;
	passages = Min(passages, LLM_KNOWLEDGE_PASSAGES);
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
	for (int i = 0; i < row_count && !is_full(&b); i++)
	{
		add_passage(&b, i, rows[i].question, false);
		for (int j = 0; j < phrasings[i].count && !is_full(&b); j++)
			add_passage(&b, i, phrasings[i].texts[j], true);
		b.index->row_count++;
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
