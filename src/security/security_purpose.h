/*
 * security_purpose.h
 *	  What a secret may be for.
 */
#ifndef SECURITY_PURPOSE_H
#define SECURITY_PURPOSE_H

/*
 * Raises ERRCODE_UNDEFINED_OBJECT, with the nearest purpose that is known,
 * unless frontdesk.known_purposes() of the account names this one.  SPI is
 * connected; runs with the rights of the owner.
 */
extern void security_purpose_require(int account_id, const char *purpose);

#endif							/* SECURITY_PURPOSE_H */
