/*
 * inbox_markup.h
 *	  The signs in a text that are not to be read: what a channel shows of them.
 */
#ifndef INBOX_MARKUP_H
#define INBOX_MARKUP_H

/* What a channel shows; words of frontdesk.channel_limits.markup. */
typedef enum InboxMarkup
{
	INBOX_MARKUP_NONE,			/* nothing: letters alone */
	INBOX_MARKUP_STARS,			/* bold, italic, struck out; one star is bold */
	INBOX_MARKUP_INLINE,		/* those, and links, within a line of Markdown */
	INBOX_MARKUP_BLOCKS			/* all of Markdown */
} InboxMarkup;

/* The markup of a word; none for a word that there is not. */
extern InboxMarkup inbox_markup_of(const char *word);

/*
 * Writes a text with the signs that a channel shows, in Markdown, for that is
 * what far sides read: of a heading, a table or a link the words stay where their
 * form is lost.  What was written with tags of HTML becomes the same.  A second
 * time it changes nothing more, but for what stood in code.  palloc'd.
 */
extern char *inbox_markup_write(const char *text, InboxMarkup markup);

#endif							/* INBOX_MARKUP_H */
