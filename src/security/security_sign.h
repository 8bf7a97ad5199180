/*
 * security_sign.h
 *	  A text as masking reads it: one byte for each character.
 *
 * For security_redact.c.  What people write in place of an ASCII character is
 * that character: full-width forms, digits of every script, spaces and hyphens
 * of any width, and &nbsp;, %20 or <br> as what is pasted from a mail, a link or
 * a page holds them.  All other characters above ASCII are one of the signs
 * below.
 */
#ifndef SECURITY_SIGN_H
#define SECURITY_SIGN_H

#define SECURITY_SIGN_MARK '\x01'	/* punctuation, a picture */
#define SECURITY_SIGN_INVISIBLE '\x02'	/* takes no room, as a soft hyphen */
#define SECURITY_SIGN_DASH '\x03'	/* longer than a hyphen */
#define SECURITY_SIGN_LETTER '\x80' /* of any script, and whatever else */

/* A place in a text, and how many signs stand before it. */
typedef struct SecuritySignPlace
{
	const char *p;
	int			signs;
} SecuritySignPlace;

/* The signs of a NUL-terminated text, palloc'd, with a NUL. */
extern char *security_sign_read(const char *text);

/* Goes on to where so many signs stand before; never back. */
extern const char *security_sign_find(SecuritySignPlace *place, int signs);

#endif							/* SECURITY_SIGN_H */
