/*
 * llm_letter.h
 *	  Letters of a text, folded so that careless writing means the same.
 */
#ifndef LLM_LETTER_H
#define LLM_LETTER_H

/* Takes one character off the text. */
extern uint32 llm_letter_decode(const unsigned char **at, const unsigned char *end);

/*
 * Makes letters that differ by case one, and all digits: people write without
 * care, and no table of the server's locale is asked, so a model means the
 * same everywhere.
 */
extern uint32 llm_letter_fold(uint32 letter);

/* A folded letter without its accent. */
extern uint32 llm_letter_bare(uint32 letter);

/* Joiners, marks of direction, soft hyphens, selectors of a picture's form. */
extern bool llm_letter_is_invisible(uint32 letter);

/* An accent that is a sign of its own, behind its letter. */
extern bool llm_letter_is_mark(uint32 letter);

/* Whether a folded letter is part of a word; digits are none. */
extern bool llm_letter_is_word(uint32 letter);

#endif							/* LLM_LETTER_H */
