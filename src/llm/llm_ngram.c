/*
 * llm_ngram.c
 *	  A text as hashed word and character n-grams.
 *
 * Runs in any backend.  Letters are folded by our own rules (llm_letter.c), so a
 * stored model means the same on every machine; any change to what a text is
 * turned into needs a new LLM_MODEL_VERSION.
 *
 * Words have their accents removed, because half of all writers leave them
 * out; character n-grams keep them, because they tell languages apart.  An
 * accent written as a sign of its own is the same as the letter that has it;
 * what cannot be seen is not there.
 *
 * A number is one feature, whatever its digits and however many: an order, a
 * telephone and a house differ in what is said about them, not in their
 * figures.  Only a time of the day is told apart.
 */
#include "postgres.h"

#include "common/unicode_norm.h"

#include "llm/llm_letter.h"
#include "llm/llm_ngram.h"

#define MAX_CHARACTERS 4096
#define SHORTEST_GRAM 2
#define LONGEST_GRAM 5
#define WORD_SEED 0x9ae16a3bU
#define PAIR_SEED 0x3c6ef372U
#define CHARACTER_SEED 0xa54ff53aU
#define NUMBER 0x510e527fU		/* what stands for the word */
#define TIME_OF_DAY 0x1f83d9abU

typedef struct Splitter
{
	uint32	   *letters;		/* folded text; tokens lie in it */
	int			length;
	int			position;
	uint32		previous;		/* hash of the word before, 0 at the start */
	LlmNgrams  *ngrams;
} Splitter;

static inline uint32
absorb(uint32 hash, uint32 letter)
{
	return (hash ^ letter) * 0x01000193U;
}

/* Spreads the bits and sets the one that names the block. */
static inline uint32
finish(uint32 hash, uint32 block)
{
	hash ^= hash >> 16;
	hash *= 0x85ebca6bU;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35U;
	hash ^= hash >> 16;
	return (hash & ~1U) | block;
}

/* Signs that say something by themselves: ? ! and pictures. */
static bool
is_sign(uint32 letter)
{
	return letter == '?' || letter == '!' || letter == 0xbf || letter == 0xa1 ||
		(letter >= 0x2600 && letter <= 0x27bf) ||
		(letter >= 0x1f000 && letter <= 0x1fbff);
}

static inline void
emit(Splitter *s, uint32 hash, uint32 block)
{
	s->ngrams->hashes[s->ngrams->count++] = finish(hash, block);
}

static void
emit_word(Splitter *s, int start, int end)
{
	uint32		word = WORD_SEED;

	for (int i = start; i < end; i++)
		word = absorb(word, llm_letter_bare(s->letters[i]));
	emit(s, word, 0);
	emit(s, absorb(absorb(PAIR_SEED, s->previous), word), 0);
	s->previous = word;
}

/*
 * Emits the n-grams of a word with a blank at both ends; the letters around
 * the token are overwritten by these blanks for the moment.
 */
static void
emit_characters(Splitter *s, int start, int end)
{
	uint32		before = s->letters[start - 1];
	uint32		after = s->letters[end];

	s->letters[start - 1] = ' ';
	s->letters[end] = ' ';
	for (int i = start - 1; i <= end - 1; i++)
	{
		uint32		gram = absorb(CHARACTER_SEED, s->letters[i]);

		for (int n = 1; n < LONGEST_GRAM && i + n <= end; n++)
		{
			gram = absorb(gram, s->letters[i + n]);
			if (n + 1 >= SHORTEST_GRAM)
				emit(s, gram, 1);
		}
	}
	s->letters[start - 1] = before;
	s->letters[end] = after;
}

/*
 * Finds the end of the word that starts here.  An apostrophe ends a word of
 * one letter (l'article, i'm); elsewhere it is closed up (don't, dont).
 */
static int
find_word_end(Splitter *s, int start, int *after)
{
	int			to = start;
	int			i = start;

	for (; i < s->length; i++)
	{
		uint32		letter = s->letters[i];

		if (llm_letter_is_word(letter))
			s->letters[to++] = letter;
		else if (!((letter == '\'' || letter == 0x2019) && to - start > 1 &&
				   i + 1 < s->length && llm_letter_is_word(s->letters[i + 1])))
			break;
	}
	*after = i;
	return to;
}

/* Joins accents to their letters; returns the new length. */
static int
compose(uint32 *letters, int length)
{
	pg_wchar   *composed;
	int			to = 0;

	letters[length] = 0;
	composed = unicode_normalize(UNICODE_NFC, (pg_wchar *) letters);
	for (int i = 0; composed[i] != 0 && to < length; i++)
		if (!llm_letter_is_mark(composed[i]))
			letters[to++] = composed[i];
	pfree(composed);
	return to;
}

/* Makes letters of the bytes, all of one form: composed, visible, folded. */
static void
read_letters(Splitter *s, const char *text, size_t bytes)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + bytes;
	bool		has_marks = false;

	s->letters[0] = ' ';
	s->length = 1;
	while (at < end && s->length <= MAX_CHARACTERS)
	{
		uint32		letter = llm_letter_decode(&at, end);

		if (llm_letter_is_invisible(letter))
			continue;
		has_marks |= llm_letter_is_mark(letter);
		s->letters[s->length++] = letter;
	}
	if (has_marks)
		s->length = compose(s->letters, s->length);
	for (int i = 0; i < s->length; i++)
		s->letters[i] = llm_letter_fold(s->letters[i]);
	s->letters[s->length] = ' ';
}

/* Hours and minutes: 9:30, 14h, 11h20. */
static bool
is_time(const uint32 *letters, int length)
{
	int			i = 0;

	while (i < length && letters[i] == '0')
		i++;
	if (i > 2 || i == length || (letters[i] != ':' && letters[i] != 'h'))
		return false;
	if (letters[i] == 'h' && i + 1 == length)
		return true;
	return length - i == 3 && letters[i + 1] == '0' && letters[i + 2] == '0';
}

/* The end of a number with what stands between its digits; an h ends hours. */
static int
find_number_end(const Splitter *s, int start)
{
	int			i = start;

	while (i < s->length && s->letters[i] == '0')
	{
		i++;
		if (i + 1 < s->length && s->letters[i] != '0' && s->letters[i + 1] == '0' &&
			s->letters[i] < 0x80 && strchr(".,:/-h", (int) s->letters[i]))
			i++;
	}
	if (i < s->length && s->letters[i] == 'h' && !llm_letter_is_word(s->letters[i + 1]))
		i++;
	return i;
}

/* A row of numbers is one, as a telephone's with blanks. */
static void
take_number(Splitter *s, int start)
{
	int			end = find_number_end(s, start);
	uint32		word = is_time(s->letters + start, end - start) ? TIME_OF_DAY : NUMBER;

	s->position = end;
	if (s->previous == word)
		return;
	emit(s, word, 0);
	emit(s, absorb(absorb(PAIR_SEED, s->previous), word), 0);
	s->previous = word;
}

void
llm_ngram_split(const char *text, size_t bytes, LlmNgrams *ngrams)
{
	Splitter	s = {.ngrams = ngrams,.position = 1};
	size_t		most = Min(bytes, MAX_CHARACTERS) + 2;

	s.letters = palloc(most * sizeof(uint32));
	read_letters(&s, text, bytes);
	/* a word of n letters and the sign after it: at most 4n + 6 features */
	ngrams->hashes = palloc(most * 6 * sizeof(uint32));
	ngrams->count = 0;
	while (s.position < s.length)
	{
		uint32		letter = s.letters[s.position];
		int			start = s.position++;

		if (llm_letter_is_word(letter))
		{
			int			end = find_word_end(&s, start, &s.position);

			emit_word(&s, start, end);
			emit_characters(&s, start, end);
		}
		else if (letter == '0')
			take_number(&s, start);
		else if (is_sign(letter))
			emit(&s, absorb(WORD_SEED, letter), 0);
	}
	pfree(s.letters);
}
