/*
 * inbox_hidden.h
 *	  Words that a mail's HTML hides from who reads it.
 */
#ifndef INBOX_HIDDEN_H
#define INBOX_HIDDEN_H

/*
 * The text of a mail, made of its HTML, without what the HTML does not show; the
 * whole text where nothing else would be left.  NULL: it hides nothing of it.
 * palloc'd.
 */
extern char *inbox_hidden_remove(const char *text, const char *html);

#endif							/* INBOX_HIDDEN_H */
