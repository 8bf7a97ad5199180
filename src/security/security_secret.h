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

/* A part of a secret's digest: tells two apart, reveals neither.  0 for none. */
extern uint64 security_secret_fingerprint(const char *secret);

#endif							/* SECURITY_SECRET_H */
