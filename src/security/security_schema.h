/*
 * security_schema.h
 *	  Whether the schema of the extension is still nobody else's.
 */
#ifndef SECURITY_SCHEMA_H
#define SECURITY_SCHEMA_H

/*
 * Why the schema cannot be trusted, in the context of the caller; NULL when it
 * can.  The caller is in a transaction with a snapshot and connected to SPI.
 */
extern char *security_schema_problem(void);

#endif							/* SECURITY_SCHEMA_H */
