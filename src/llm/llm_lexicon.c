/*
 * llm_lexicon.c
 *	  What single words mean in any business.
 *
 * Runs in any backend.  The lists of llm_lexicon_rows.c become one hash table,
 * once per process.  A word means what it is listed for itself, what its longest
 * listed beginning means, and what any part of it means that is listed as such.
 */
#include "postgres.h"

#include "llm/llm_lexicon.h"

#define SLOTS 8192				/* of the table: twice the words, or more */
#define LONGEST 24				/* letters of a listed word */
#define NO_ENTRY 0

typedef struct Entry
{
	uint32		hash;			/* NO_ENTRY: free */
	uint8		filler_of;
	uint64		whole;			/* meanings of the word itself, */
	uint64		beginning;		/* of words that begin with it, */
	uint64		part;			/* of words that hold it */
} Entry;

static Entry entries[SLOTS];
static bool is_read;

static inline uint32
absorb(uint32 hash, uint32 letter)
{
	return (hash ^ letter) * 0x01000193U;
}

#define SEED 0x811c9dc5U

/* The entry of a hash, or the free slot where it would go. */
static inline Entry *
find_slot(uint32 hash)
{
	uint32		at = (hash ^ hash >> 15) % SLOTS;

	while (entries[at].hash != NO_ENTRY && entries[at].hash != hash)
		at = (at + 1) % SLOTS;
	return &entries[at];
}

/* Takes a word of a list: "word", "beginning*" or "*part*". */
static Entry *
add_word(const char *word, int length, uint64 meaning)
{
	bool		is_part = word[0] == '*';
	bool		is_beginning = !is_part && word[length - 1] == '*';
	uint32		hash = SEED;
	Entry	   *entry;

	for (int i = is_part; i < length - (is_part || is_beginning); i++)
		hash = absorb(hash, (unsigned char) word[i]);
	entry = find_slot(hash);
	entry->hash = hash;
	if (is_part)
		entry->part |= meaning;
	else if (is_beginning)
		entry->beginning |= meaning;
	else
		entry->whole |= meaning;
	return entry;
}

static void
add_list(const char *words, uint8 filler_of, uint64 meaning)
{
	while (*words != '\0')
	{
		int			length = strcspn(words, " ");

		if (length > 0)
			add_word(words, length, meaning)->filler_of |= filler_of;
		words += length;
		words += *words == ' ';
	}
}

static void
read_lists(void)
{
	for (int i = 0; llm_lexicon_fillers[i].words != NULL; i++)
		add_list(llm_lexicon_fillers[i].words, 1 << i, 0);
	for (int i = 0; llm_lexicon_meanings[i] != NULL; i++)
		add_list(llm_lexicon_meanings[i], 0, UINT64CONST(1) << i);
}

LlmMeaning
llm_lexicon_find(const uint16 *letters, int length)
{
	LlmMeaning	found = {0, 0};
	uint64		beginning = 0;

	if (!is_read)
		read_lists();
	is_read = true;
	for (int start = 0; start < length; start++)
	{
		uint32		hash = SEED;

		for (int i = start; i < length && i < start + LONGEST; i++)
		{
			Entry	   *entry = find_slot(hash = absorb(hash, letters[i]));

			if (entry->hash == NO_ENTRY)
				continue;
			found.meanings |= entry->part;
			if (start == 0 && entry->beginning != 0)
				beginning = entry->beginning;
			if (start == 0 && i == length - 1)
			{
				found.meanings |= entry->whole;
				found.filler_of = entry->filler_of;
			}
		}
	}
	found.meanings |= beginning;
	return found;
}
