/*
 * llm_lexicon.h
 *	  What single words mean in any business: fillers, which say nothing, and
 *	  words of several languages that mean the same.
 */
#ifndef LLM_LEXICON_H
#define LLM_LEXICON_H

typedef struct LlmMeaning
{
	uint8		filler_of;		/* a bit for each language whose sentences it holds together */
	uint64		meanings;		/* a bit for each row that the word stands in */
} LlmMeaning;

/* Price and time, which are asked of a thing that has to be named. */
#define LLM_LEXICON_VAGUE UINT64CONST(3)

/* What holds sentences of a language together. */
typedef struct LlmFillers
{
	const char *language;
	const char *words;
} LlmFillers;

#define LLM_FILLER_LANGUAGES 8	/* at most */

/* What is known of a folded word. */
extern LlmMeaning llm_lexicon_find(const uint16 *letters, int length);

/* llm_lexicon_rows.c: lists of words, ended by NULL. */
extern const LlmFillers llm_lexicon_fillers[];
extern const char *const llm_lexicon_meanings[];

#endif							/* LLM_LEXICON_H */
