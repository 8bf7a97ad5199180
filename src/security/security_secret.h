/*
 * security_secret.h
 *	  Secrets at rest, and the one way C reads them.
 */
#ifndef SECURITY_SECRET_H
#define SECURITY_SECRET_H

#include "security/security_key.h"

/*
 * The secret of an account for a purpose, decrypted, palloc'd in the current
 * context and NUL-terminated; NULL when none is stored, or when it cannot be
 * decrypted: then problem->sqlstate is not 0.  SPI is connected, a snapshot is
 * active, SPI_tuptable is overwritten, and the rights are those of the owner.
 * Never log the result.
 */
extern char *security_secret_look(int account_id, const char *purpose, SecurityProblem *problem);

/* The same, but raises when it cannot be decrypted. */
extern char *security_secret_read(int account_id, const char *purpose);

/* The same, falling back to account 0's. */
extern char *security_secret_read_or_house(int account_id, const char *purpose);

#endif							/* SECURITY_SECRET_H */
