/*
 * security_letter.h
 *	  The kinds of bytes that masking looks at.  Bytes above ASCII are letters
 *	  of some script, whatever they are.
 */
#ifndef SECURITY_LETTER_H
#define SECURITY_LETTER_H

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

static inline bool
security_letter_is_word(char c)
{
	return security_letter_is_digit(c) || security_letter_is_latin(c) ||
		c == '_' || IS_HIGHBIT_SET(c);
}

/* The byte before a place; a blank at the beginning of the text. */
static inline char
security_letter_before(const char *text, const char *p)
{
	return p > text ? p[-1] : ' ';
}

#endif							/* SECURITY_LETTER_H */
