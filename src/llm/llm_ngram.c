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

#include "llm/llm_ngram.h"

#define MAX_CHARACTERS 4096
#define SHORTEST_GRAM 2
#define LONGEST_GRAM 5
#define WORD_SEED 0x9ae16a3bU
#define PAIR_SEED 0x3c6ef372U
#define CHARACTER_SEED 0xa54ff53aU
#define NUMBER 0x510e527fU		/* what stands for the word */
#define TIME_OF_DAY 0x1f83d9abU

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

static bool
is_mark(uint32 letter)
{
	return letter >= 0x300 && letter <= 0x36f;
}

/* Joiners, marks of direction, soft hyphens, selectors of a picture's form. */
static bool
is_invisible(uint32 letter)
{
	return letter == 0xad || (letter >= 0x200b && letter <= 0x200f) ||
		(letter >= 0x202a && letter <= 0x202e) || (letter >= 0x2060 && letter <= 0x206f) ||
		(letter >= 0xfe00 && letter <= 0xfe0f) || letter == 0xfeff;
}

/* Plain forms of what some keyboards write: letters of full width, digits of
 * Arabic and Persian. */
static uint32
plain_form(uint32 letter)
{
	if (letter >= 0xff01 && letter <= 0xff5e)
		return letter - 0xfee0;
	if ((letter >= 0x660 && letter <= 0x669) || (letter >= 0x6f0 && letter <= 0x6f9))
		return '0';
	return letter;
}

/*
 * Makes letters that differ by case one, and all digits: people write without
 * care, and no table of the server's locale is asked, so a model means the
 * same everywhere.
 */
static uint32
fold(uint32 letter)
{
	letter = plain_form(letter);
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
		return letter >= 'a' && letter <= 'z';
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

/* Joins accents to their letters; returns the new length. */
static int
compose(uint32 *letters, int length)
{
	pg_wchar   *composed;
	int			to = 0;

	letters[length] = 0;
	composed = unicode_normalize(UNICODE_NFC, (pg_wchar *) letters);
	for (int i = 0; composed[i] != 0 && to < length; i++)
		if (!is_mark(composed[i]))
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
		uint32		letter = decode(&at, end);

		if (is_invisible(letter))
			continue;
		has_marks |= is_mark(letter);
		s->letters[s->length++] = letter;
	}
	if (has_marks)
		s->length = compose(s->letters, s->length);
	for (int i = 0; i < s->length; i++)
		s->letters[i] = fold(s->letters[i]);
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
	if (i < s->length && s->letters[i] == 'h' && !is_word_letter(s->letters[i + 1]))
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

		if (is_word_letter(letter))
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
