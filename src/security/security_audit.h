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

#endif							/* SECURITY_AUDIT_H */
