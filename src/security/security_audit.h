/*
 * security_audit.h
 *	  The append-only audit trail, from C.
 */
#ifndef SECURITY_AUDIT_H
#define SECURITY_AUDIT_H

#include "utils/jsonb.h"

/* Adds a row; detail may be NULL.  SPI is connected. */
extern void security_audit_write(int account_id, const char *action,
								 const char *subject, Jsonb *detail);

/*
 * For what strangers may cause as often as they like: counts one more of the
 * kind, and says whether a row is due, which is once a minute.  *repeats is then
 * how many came after the former row and had none.  SPI is connected.
 */
extern bool security_audit_is_due(int account_id, const char *action, const char *subject,
								  const char *reason, int64 *repeats);

#endif							/* SECURITY_AUDIT_H */
