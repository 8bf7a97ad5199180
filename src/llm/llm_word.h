/*
 * llm_word.h
 *	  A text as words that can be compared: without accents, case and locale.
 */
#ifndef LLM_WORD_H
#define LLM_WORD_H

#define LLM_WORD_LONGEST 32		/* letters; what is longer is cut */

typedef struct LlmWord
{
	uint64		grams;			/* bits of its trigrams, for a quick no */
	uint8		length;
	bool		is_number;		/* it has a digit */
	uint16		letters[LLM_WORD_LONGEST];
} LlmWord;

/* What parts a word from the next. */
typedef enum LlmWordEnd
{
	LLM_WORD_GOES_ON,
	LLM_WORD_ENDS_SENTENCE,
	LLM_WORD_ENDS_QUESTION
} LlmWordEnd;

typedef struct LlmWordScan
{
	const unsigned char *at;
	const unsigned char *end;
} LlmWordScan;

/* Reads the next word and what follows it; false at the end of the text. */
extern bool llm_word_next(LlmWordScan *scan, LlmWord *word, LlmWordEnd *after);

extern bool llm_word_equals(const LlmWord *a, const LlmWord *b);

/* Bits that are set.  A machine without an instruction for it has one for this,
 * and the scan over all words of an account lives on it. */
static inline int
llm_word_count_bits(uint64 bits)
{
	bits -= bits >> 1 & UINT64CONST(0x5555555555555555);
	bits = (bits & UINT64CONST(0x3333333333333333)) + (bits >> 2 & UINT64CONST(0x3333333333333333));
	bits = (bits + (bits >> 4)) & UINT64CONST(0x0f0f0f0f0f0f0f0f);
	return bits * UINT64CONST(0x0101010101010101) >> 56;
}

/* Whether a word could be like another one, from its trigrams alone. */
static inline bool
llm_word_may_be_like(uint64 grams, int length, const LlmWord *other)
{
	return llm_word_count_bits(grams & other->grams) * 3 >= Min(length, (int) other->length);
}

/* How alike two words are, 0 to 1: forms of one word, parts of a compound and
 * slips of the pen are alike, numbers only to themselves. */
extern double llm_word_likeness(const LlmWord *a, const LlmWord *b);

#endif							/* LLM_WORD_H */
