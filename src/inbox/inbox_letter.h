/*
 * inbox_letter.h
 *	  An e-mail's own words: without the history it quotes, and without what its
 *	  program signs with.
 */
#ifndef INBOX_LETTER_H
#define INBOX_LETTER_H

/*
 * What is new in a mail: lines that begin with ">", the line that says who wrote
 * them, the blocks that programs put over older mails, and everything behind
 * "-- " are left out.  Answers between quoted lines stay.  A mail that holds
 * nothing else is told whole, as is one that was forwarded.  palloc'd.
 */
extern char *inbox_letter_newest(const char *text);

#endif							/* INBOX_LETTER_H */
