/*
 * security_digits.h
 *	  What runs of digits in a text are: card numbers, phone numbers, dates.
 *
 * For security_redact.c.
 */
#ifndef SECURITY_DIGITS_H
#define SECURITY_DIGITS_H

#include "security/security_redact.h"

/* Groups of a run that are known at the same time. */
#define SECURITY_DIGITS_WINDOW 128

typedef struct SecurityDigitGroup
{
	const char *start;
	int			digits;
	int			before;			/* digits of the run before this group */
	int			row;			/* groups of one digit right before this group */
	int8		check[2];		/* their check sums; see security_digits.c */
	int8		card;			/* groups of the card that begins here; 0 none,
								 * -1 not judged yet */
	char		separator;		/* first sign of what stands before it */
	bool		is_divided;		/* only a check digit holds it to the one before */
	bool		is_apart;		/* … and that only in groups as cards show them */
} SecurityDigitGroup;

/*
 * A run: groups of digits with short separators between them.  Each group is
 * read once; of a long run a window is kept, in front of which everything has
 * been judged.
 */
typedef struct SecurityDigits
{
	const char *text;			/* the whole text, to look behind */
	const char *end;			/* of what was read */
	bool		is_over;		/* no group follows on the window's */
	int			next;			/* first group that is not judged yet */
	int			count;			/* one more stands behind them, for the sums */
	SecurityDigitGroup groups[SECURITY_DIGITS_WINDOW + 1];
} SecurityDigits;

/*
 * What the digits from p on are, where digits begin or a + or a bracket
 * stands, in signs (security_sign.h).  `run` is what the last call left; its text is set, and all else
 * zero, before the first.  Calls come with rising p.
 */
extern SecurityFind security_digits_match(SecurityDigits *run, const char *p);

#endif							/* SECURITY_DIGITS_H */
