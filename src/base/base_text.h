/*
 * base_text.h
 *	  Text of strangers, made plain: no sign that cannot be seen, letters that
 *	  are written in one piece.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/*
 * What is read: controls but for line breaks and tabs, signs that turn the
 * direction of reading and signs without width are left out, unless they hold an
 * emoji or the letters of a script together; letters followed by their accents
 * become one (NFC).  The text itself when nothing is to be done, else palloc'd.
 */
extern char *base_text_plain(char *text);

/* The same as one line without blanks around it, as a name is. */
extern char *base_text_line(char *text);

/* So many bytes of an address with what is escaped in them, as %41, in letters; what
 * is no sign of ASCII stays escaped.  palloc'd. */
extern char *base_text_unescape(const char *text, int bytes);

/* The character at p, and how many bytes it has; a byte that begins none is
 * one.  Never looks behind the end of a string. */
extern int	base_text_decode(const char *p, unsigned int *letter);

#endif							/* BASE_TEXT_H */
