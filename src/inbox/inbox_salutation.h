/*
 * inbox_salutation.h
 *	  What of a contact's name is a name, and what to greet by.
 */
#ifndef INBOX_SALUTATION_H
#define INBOX_SALUTATION_H

/*
 * The name as a person bears it, without what is put around it ("~ Kai",
 * "Aoife Marie (work)"); NULL for what is none: a number, a handle, a name that
 * a program has made up, signs, a firm, a word like "Guest".  palloc'd.
 */
extern char *inbox_salutation_name(const char *name);

#endif							/* INBOX_SALUTATION_H */
