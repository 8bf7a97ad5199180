/*
 * inbox_blank.h
 *	  Blanks that nobody filled in: what must not leave.
 */
#ifndef INBOX_BLANK_H
#define INBOX_BLANK_H

/*
 * The first place of a text that stands for something else, as "{{name}}",
 * "{product}", "[Your Name]" or "<order number>"; palloc'd, NULL when there is
 * none.  Square brackets with other words, and links, are text.
 */
extern char *inbox_blank_find(const char *text);

#endif							/* INBOX_BLANK_H */
