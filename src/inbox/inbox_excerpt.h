/*
 * inbox_excerpt.h
 *	  What the audit trail keeps of a body that was of no use.
 */
#ifndef INBOX_EXCERPT_H
#define INBOX_EXCERPT_H

/* The most characters of it. */
#define INBOX_EXCERPT_CHARS 500

/*
 * The beginning of a body as one line of JSON, palloc'd: without the values of
 * members whose names say that they are secret, and with what identifies or pays
 * for a person masked.  NULL for a body that cannot be read.
 */
extern char *inbox_excerpt_make(const char *body, int bytes);

#endif							/* INBOX_EXCERPT_H */
