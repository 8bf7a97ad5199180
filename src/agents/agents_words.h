/*
 * agents_words.h
 *	  Small words of talk, by what they do: in English, German, Spanish, French,
 *	  Dutch and Portuguese.
 */
#ifndef AGENTS_WORDS_H
#define AGENTS_WORDS_H

#include "llm/llm_word.h"

/* So many words are a short thank-you. */
#define AGENTS_WORDS_CLOSING 12

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
	AGENTS_WORD_ASKS = 1 << 12,		/* begins a question of its own: "where", "when" */
	AGENTS_WORD_BUT = 1 << 13		/* what follows matters more than what was said */
} AgentsWordClass;

/* A message that was read word by word, up to a number of words. */
typedef struct AgentsReading
{
	int			words;
	int			leading;		/* words of thanks and goodbyes that it begins with */
	int			of_closing;		/* words that may stand in thanks and goodbyes; "but", too */
	int			of_answer;		/* in a yes or no */
	int			of_value;
	unsigned	classes;		/* of all words together */
	bool		is_question;	/* some sentence is */
	bool		is_open;		/* "but" is its last word */
	bool		is_linked;		/* its first word goes on with what was said; the first
								 * behind thanks */
} AgentsReading;

extern AgentsReading agents_words_read(const char *text, int most_words);

/* Whether a text only thanks, agrees or takes its leave, and asks nothing. */
extern bool agents_words_is_closing(const AgentsReading *reading);

/* Whether it is a question of a few words, but for thanks before it. */
extern bool agents_words_is_short_question(const AgentsReading *reading);

/* Behind the thanks that a text begins with; the "but" that follows them, if one
 * does: then *is_contrary is true. */
extern const char *agents_words_behind_closing(const char *text, bool *is_contrary);

#endif							/* AGENTS_WORDS_H */
