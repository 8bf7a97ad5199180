/*
 * llm_word.c
 *	  A text as words that can be compared.
 *
 * Runs in any backend.  Accents are removed, written in one character or in two,
 * for half of all writers leave them out; marks that nobody sees are skipped.
 * Nothing depends on a locale (llm_letter.c).  Digits stay: "5512" is another
 * number than "5513".
 */
#include "postgres.h"

#include "llm/llm_letter.h"
#include "llm/llm_word.h"

/* What two words must share to be called alike. */
#define LEAST_LIKENESS 0.45
#define SHORTEST_ALIKE 4		/* letters */

static inline bool
is_digit(uint32 letter)
{
	return letter >= '0' && letter <= '9';
}

/* The next character that is seen, without case and accent; 0 at the end. */
static uint32
next_letter(LlmWordScan *scan)
{
	while (scan->at < scan->end)
	{
		uint32		letter = llm_letter_decode(&scan->at, scan->end);

		if (letter != 0 && !llm_letter_is_mark(letter) && !llm_letter_is_invisible(letter))
			return is_digit(letter) ? letter : llm_letter_bare(llm_letter_fold(letter));
	}
	return 0;
}

static inline bool
is_apostrophe(uint32 letter)
{
	return letter == '\'' || letter == 0x2019 || letter == 0x60 || letter == 0xb4;
}

/* Whether what stands before an apostrophe is a word by itself: l'article,
 * dell'ordine, qu'il, dov'è; but don't. */
static bool
is_elided(const LlmWord *word)
{
	const uint16 *last = word->letters + word->length - 1;

	return word->length <= 2 || (last[-1] == 'l' && last[0] == 'l') ||
		(last[-1] == 'q' && last[0] == 'u') || (last[-1] == 'o' && last[0] == 'v');
}

static void
add_letter(LlmWord *word, uint32 letter)
{
	word->is_number |= is_digit(letter);
	if (word->length < LLM_WORD_LONGEST)
		word->letters[word->length++] = letter > 0xffff ? 0xfffd : letter;
}

/* What the sign that ended a word, and those behind it, end as well. */
static LlmWordEnd
read_gap(LlmWordScan *scan, uint32 letter)
{
	LlmWordEnd	end = LLM_WORD_GOES_ON;

	while (letter != 0)
	{
		LlmWordScan before = *scan;
		uint32		next = next_letter(scan);

		if (letter == '?')
			end = LLM_WORD_ENDS_QUESTION;
		else if (end == LLM_WORD_GOES_ON &&
				 (letter == '\n' || letter == '!' || (letter == '.' && (next == ' ' || next == '\n'))))
			end = LLM_WORD_ENDS_SENTENCE;
		if (llm_letter_is_word(next) || is_digit(next))
		{
			*scan = before;
			break;
		}
		letter = next;
	}
	return end;
}

static void
mark_grams(LlmWord *word)
{
	uint32		before = ' ';

	for (int i = 0; i < word->length; i++)
	{
		uint32		after = i + 1 < word->length ? word->letters[i + 1] : ' ';
		uint32		hash = (before * 31 + word->letters[i]) * 31 + after;

		hash *= 0x9e3779b1U;
		word->grams |= UINT64CONST(1) << (hash >> 26);
		before = word->letters[i];
	}
}

bool
llm_word_next(LlmWordScan *scan, LlmWord *word, LlmWordEnd *after)
{
	uint32		letter;

	memset(word, 0, sizeof(LlmWord));
	do
		letter = next_letter(scan);
	while (letter != 0 && !llm_letter_is_word(letter) && !is_digit(letter));
	if (letter == 0)
		return false;
	for (;;)
	{
		if (letter == 0xdf)
			add_letter(word, 's');
		add_letter(word, letter == 0xdf ? 's' : letter);
		letter = next_letter(scan);
		if (is_apostrophe(letter) && !is_elided(word))
			letter = next_letter(scan);
		if (!llm_letter_is_word(letter) && !is_digit(letter))
			break;
	}
	*after = read_gap(scan, letter);
	mark_grams(word);
	return true;
}

bool
llm_word_equals(const LlmWord *a, const LlmWord *b)
{
	return a->length == b->length &&
		memcmp(a->letters, b->letters, a->length * sizeof(uint16)) == 0;
}

/* Whether the shorter word stands in the longer one. */
static bool
is_within(const LlmWord *shorter, const LlmWord *longer)
{
	for (int i = 0; i + shorter->length <= longer->length; i++)
		if (memcmp(longer->letters + i, shorter->letters, shorter->length * sizeof(uint16)) == 0)
			return true;
	return false;
}

/* Letter of a word with a blank at either end. */
static inline uint16
letter_at(const LlmWord *word, int i)
{
	return i < 0 || i >= word->length ? ' ' : word->letters[i];
}

/* Dice's coefficient of the trigrams of two words. */
static double
compare_grams(const LlmWord *a, const LlmWord *b)
{
	uint64		is_taken = 0;
	int			shared = 0;

	for (int i = 0; i < a->length; i++)
		for (int j = 0; j < b->length; j++)
		{
			if ((is_taken & UINT64CONST(1) << j) || letter_at(a, i) != letter_at(b, j) ||
				letter_at(a, i - 1) != letter_at(b, j - 1) || letter_at(a, i + 1) != letter_at(b, j + 1))
				continue;
			is_taken |= UINT64CONST(1) << j;
			shared++;
			break;
		}
	return 2.0 * shared / (a->length + b->length);
}

/* What a common beginning says: forms of a word differ at their ends. */
static double
compare_beginnings(const LlmWord *a, const LlmWord *b)
{
	int			shorter = Min(a->length, b->length);
	int			same = 0;

	while (same < shorter && a->letters[same] == b->letters[same])
		same++;
	if (same < 4 && same < Max(3, shorter - 1))
		return 0;
	return 0.9 * same / Max(shorter, (a->length + b->length) / 2.0);
}

double
llm_word_likeness(const LlmWord *a, const LlmWord *b)
{
	double		likeness;

	if (llm_word_equals(a, b))
		return 1;
	if (a->is_number || b->is_number || Min(a->length, b->length) < SHORTEST_ALIKE ||
		!llm_word_may_be_like(a->grams, a->length, b))
		return 0;
	likeness = Max(compare_beginnings(a, b), compare_grams(a, b));
	if (likeness < 0.75 && (a->length < b->length ? is_within(a, b) : is_within(b, a)))
		likeness = 0.75;
	return likeness >= LEAST_LIKENESS ? likeness : 0;
}
