/*
 * security_redact.h
 *	  Masks what identifies or pays for a person.
 */
#ifndef SECURITY_REDACT_H
#define SECURITY_REDACT_H

/*
 * A palloc'd copy of a NUL-terminated text with e-mail addresses, phone
 * numbers, card numbers and IBANs replaced by [email], [phone], [card] and
 * [iban].  Linear in the length of the text.
 */
extern char *security_redact(const char *text);

/* Whether a text holds what looks like a payment card's number. */
extern bool security_redact_has_card(const char *text);

#endif							/* SECURITY_REDACT_H */
