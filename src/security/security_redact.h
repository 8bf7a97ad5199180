/*
 * security_redact.h
 *	  Masks what identifies or pays for a person.
 */
#ifndef SECURITY_REDACT_H
#define SECURITY_REDACT_H

/* Bytes around a part of a text in which things may begin or end that reach
 * into it. */
#define SECURITY_REDACT_REACH 1600

typedef enum SecurityFindKind
{
	SECURITY_FOUND_NOTHING,
	SECURITY_FOUND_EMAIL,
	SECURITY_FOUND_PHONE,
	SECURITY_FOUND_CARD,
	SECURITY_FOUND_IBAN
} SecurityFindKind;

/* What stands at a place, and on how many signs; 0: look at the next one. */
typedef struct SecurityFind
{
	SecurityFindKind kind;
	int			signs;
} SecurityFind;

typedef enum SecurityRedaction
{
	SECURITY_REDACT_PAYMENT,	/* card numbers and IBANs alone */
	SECURITY_REDACT_ALL			/* addresses and phone numbers, too */
} SecurityRedaction;

/*
 * A palloc'd copy of a NUL-terminated text with e-mail addresses, phone
 * numbers, card numbers and IBANs replaced by [email], [phone], [card] and
 * [iban].  Linear in the length of the text.
 */
extern char *security_redact(const char *text);

/*
 * The same of the bytes from `from` up to `until` of a text.  What reaches over
 * one of the two is masked as a whole, so that no cut leaves a piece of it.
 * Costs as much as the bytes asked for, however long the text.
 */
extern char *security_redact_between(const char *text, int from, int until,
									 SecurityRedaction redaction);

/* The first card number or IBAN of a text, else SECURITY_FOUND_NOTHING. */
extern SecurityFindKind security_redact_find_payment(const char *text);

/* Whether a text holds what looks like a payment card's number. */
extern bool security_redact_has_card(const char *text);

#endif							/* SECURITY_REDACT_H */
