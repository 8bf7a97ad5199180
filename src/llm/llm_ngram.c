/*
 * llm_ngram.c
 *	  A text as hashed word and character n-grams.
 *
 * Runs in any backend.  Nothing here depends on a locale or on the server's
 * encoding: letters are folded by our own rules, which cover Latin, Greek and
 * Cyrillic, and a byte that is no UTF-8 counts as the Latin-1 character.  A
 * stored model therefore means the same on every machine, and any change to
 * what a text is turned into needs a new LLM_MODEL_VERSION.
 *
 * Words have their accents removed, because half of all writers leave them
 * out; character n-grams keep them, because they tell languages apart.  Digits
 * all become '0': what counts is that a number stands there and how long it
 * is.
 */
#include "postgres.h"

#include "llm/llm_ngram.h"

#define MAX_CHARACTERS 4096
#define SHORTEST_GRAM 2
#define LONGEST_GRAM 5
#define WORD_SEED 0x9ae16a3bU
#define PAIR_SEED 0x3c6ef372U
#define CHARACTER_SEED 0xa54ff53aU

/* U+00E0 to U+017F without their marks; a blank stands for "keep". */
static const char bare_letters[] =
"aaaaaaaceeeeiiiidnooooo ouuuuyty"
"aaaaaaccccccccddddeeeeeeeeeegggg"
"gggghhhhiiiiiiiiiiiijjkkklllllll"
"lllnnnnnnnnnoooooooorrrrrrssssss"
"ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

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

/* Takes one character off the text. */
static uint32
decode(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *p = *at;
	int			more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : 0;
	uint32		letter = *p & (0x3f >> more);

	*at = p + 1;
	if (*p < 0x80)
		return *p;
	if (more == 0 || end - p <= more)
		return *p;
	for (int i = 1; i <= more; i++)
	{
		if ((p[i] & 0xc0) != 0x80)
			return *p;
		letter = letter << 6 | (p[i] & 0x3f);
	}
	*at = p + 1 + more;
	return letter;
}

/* Lower case of Latin Extended-A, where capitals and small letters alternate. */
static uint32
fold_extended(uint32 letter)
{
	bool		odd_capitals = (letter >= 0x139 && letter <= 0x148) ||
		(letter >= 0x179 && letter <= 0x17e);

	if (letter == 0x130)
		return 'i';
	if (letter == 0x178)
		return 0xff;
	if (letter == 0x131 || letter == 0x138 || letter == 0x149 || letter == 0x17f)
		return letter;
	if (odd_capitals)
		return letter + (letter & 1);
	return letter | 1;
}

/*
 * Makes letters that differ by case one, and all digits: people write without
 * care, and no table of the server's locale is asked, so a model means the
 * same everywhere.
 */
static uint32
fold(uint32 letter)
{
	if (letter < 0x80)
	{
		if (letter >= 'A' && letter <= 'Z')
			return letter + 32;
		return letter >= '0' && letter <= '9' ? '0' : letter;
	}
	if (letter < 0xc0)
		return letter;
	if (letter <= 0xde)
		return letter == 0xd7 ? letter : letter + 32;
	if (letter >= 0x100 && letter <= 0x17f)
		return fold_extended(letter);
	if (letter == 0x3c2)
		return 0x3c3;			/* the sigma that ends a word */
	if ((letter >= 0x391 && letter <= 0x3a9) ||
		(letter >= 0x410 && letter <= 0x42f))
		return letter + 32;
	if (letter >= 0x400 && letter <= 0x40f)
		return letter + 80;
	return letter;
}

static inline uint32
bare(uint32 letter)
{
	if (letter >= 0xe0 && letter <= 0x17f)
	{
		char		plain = bare_letters[letter - 0xe0];

		return plain == ' ' ? letter : (unsigned char) plain;
	}
	return letter;
}

static bool
is_word_letter(uint32 letter)
{
	if (letter < 0x80)
		return (letter >= 'a' && letter <= 'z') || letter == '0';
	if (letter < 0xc0)
		return letter == 0xaa || letter == 0xb5 || letter == 0xba;
	return !(letter == 0xd7 || letter == 0xf7 ||
			 (letter >= 0x2000 && letter <= 0x2bff) ||
			 (letter >= 0x3000 && letter <= 0x303f) ||
			 (letter >= 0xfe00 && letter <= 0xfe0f) ||
			 (letter >= 0x1f000 && letter <= 0x1fbff));
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
		word = absorb(word, bare(s->letters[i]));
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

		if (is_word_letter(letter))
			s->letters[to++] = letter;
		else if (!((letter == '\'' || letter == 0x2019) && to - start > 1 &&
				   i + 1 < s->length && is_word_letter(s->letters[i + 1])))
			break;
	}
	*after = i;
	return to;
}

static void
read_letters(Splitter *s, const char *text, size_t bytes)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + bytes;

	s->letters[0] = ' ';
	s->length = 1;
	while (at < end && s->length <= MAX_CHARACTERS)
		s->letters[s->length++] = fold(decode(&at, end));
	s->letters[s->length] = ' ';
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

		if (is_word_letter(letter))
		{
			int			end = find_word_end(&s, start, &s.position);

			emit_word(&s, start, end);
			emit_characters(&s, start, end);
		}
		else if (is_sign(letter))
			emit(&s, absorb(WORD_SEED, letter), 0);
	}
	pfree(s.letters);
}
