/*
 * security_letter.h
 *	  The kinds of signs that masking looks at; see security_sign.h.
 */
#ifndef SECURITY_LETTER_H
#define SECURITY_LETTER_H

#include "security/security_sign.h"

static inline bool
security_letter_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
security_letter_is_latin(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What a number is not told from when it stands beside it: code of some kind.
 * Of letters above ASCII it is told; many scripts write no blanks. */
static inline bool
security_letter_is_glue(char c)
{
	return security_letter_is_digit(c) || security_letter_is_latin(c) || c == '_';
}

static inline bool
security_letter_is_word(char c)
{
	return security_letter_is_glue(c) || c == SECURITY_SIGN_LETTER;
}

/* Signs in a row between the groups of any number, as in ") " or " - ". */
#define SECURITY_LETTER_SEPARATORS 3

/* … and of a number with a check digit, of whatever kinds. */
#define SECURITY_LETTER_GAP 8

/* What stands between the groups of any number. */
static inline bool
security_letter_is_separator(char c)
{
	return c != '\0' &&
		strchr(" -./()\x02\x03", c) != NULL;
}

/* What stands there in a number with a check digit, too; elsewhere it parts one
 * thing from the next. */
static inline bool
security_letter_is_divider(char c)
{
	return c != '\0' && strchr("\t\n\v\f\r,:|_", c) != NULL;
}

/* Whatever else is no letter and no digit, but for what amounts and the numbers
 * of orders begin with. */
static inline bool
security_letter_is_gap(char c)
{
	return !security_letter_is_word(c) && !security_letter_is_separator(c) &&
		!security_letter_is_divider(c) && strchr("$#", c) == NULL;	/* nor the end */
}

/* The sign before a place; a blank at the beginning of the text. */
static inline char
security_letter_before(const char *text, const char *p)
{
	return p > text ? p[-1] : ' ';
}

#endif							/* SECURITY_LETTER_H */
