/*
 * inbox_likeness.h
 *	  Whether a text is another one, as a channel rewrote it.
 */
#ifndef INBOX_LIKENESS_H
#define INBOX_LIKENESS_H

#include "c.h"

/* A text that is compared with others. */
typedef struct InboxLikeness
{
	const char *text;
	const char *letters;		/* what a channel leaves of it */
	int			count;			/* bytes of those */
} InboxLikeness;

/* Reads a text once for all comparisons.  Keeps the text itself. */
extern void inbox_likeness_read(const char *text, InboxLikeness *likeness);

/* Whether the other text is the same, or one of the two a part of the other that is
 * long enough to be known as that part. */
extern bool inbox_likeness_has(const InboxLikeness *likeness, const char *other);

/* What is kept of a text that is known again when it comes as a whole, and that
 * nobody reads out of it. */
extern uint32 inbox_likeness_trace(const InboxLikeness *likeness);

#endif							/* INBOX_LIKENESS_H */
