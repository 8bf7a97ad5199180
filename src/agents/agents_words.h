/*
 * agents_words.h
 *	  Small words of talk, by what they do: in English, German, Spanish, French,
 *	  Dutch and Portuguese.
 */
#ifndef AGENTS_WORDS_H
#define AGENTS_WORDS_H

#include "llm/llm_word.h"

/* What a word may do; some do several things. */
typedef enum AgentsWordClass
{
	AGENTS_WORD_THANKS = 1 << 0,
	AGENTS_WORD_ASSENT = 1 << 1,	/* "ok", "great" */
	AGENTS_WORD_LEAVE = 1 << 2,		/* "bye" */
	AGENTS_WORD_RELIEF = 1 << 3,	/* "no worries" */
	AGENTS_WORD_YES = 1 << 4,
	AGENTS_WORD_NO = 1 << 5,
	AGENTS_WORD_COURTESY = 1 << 6,	/* stands beside those, and says nothing else */
	AGENTS_WORD_LINK = 1 << 7,		/* begins what goes on: "and on Sundays?" */
	AGENTS_WORD_VALUE = 1 << 8,		/* numbers, days, months, and what stands by them */
	AGENTS_WORD_CANCEL = 1 << 9,
	AGENTS_WORD_ALERT = 1 << 10,
	AGENTS_WORD_ALL = 1 << 11,
	AGENTS_WORD_ASKS = 1 << 12		/* begins a question of its own: "where", "when" */
} AgentsWordClass;

/* A message that was read word by word, up to a number of words. */
typedef struct AgentsReading
{
	int			words;
	int			of_closing;		/* words that may stand in thanks and goodbyes */
	int			of_answer;		/* in a yes or no */
	int			of_value;
	unsigned	classes;		/* of all words together */
	bool		is_question;	/* some sentence is */
	bool		is_linked;		/* its first word goes on with what was said */
} AgentsReading;

extern AgentsReading agents_words_read(const char *text, int most_words);

#endif							/* AGENTS_WORDS_H */
