/*
 * security_key.h
 *	  The keys that encrypt secrets, from the file frontdesk.key_file names.
 */
#ifndef SECURITY_KEY_H
#define SECURITY_KEY_H

#include "base/base_version.h"

#define SECURITY_KEY_BYTES 32

typedef struct SecurityKey
{
	int			version;		/* from 1; the highest one encrypts */
	uint8		bytes[SECURITY_KEY_BYTES];
} SecurityKey;

/*
 * Why a key, or a secret, cannot be used.  For those to whom that is one more
 * failure of the outside world, and must not raise.
 */
typedef struct SecurityProblem
{
	int			sqlstate;		/* ERRCODE_FRONTDESK_NO_KEY or _SECRET; 0 none */
	const char *message;
	const char *detail;			/* NULL none */
	const char *detail_log;		/* for the log alone: names the file; NULL none */
	const char *hint;
} SecurityProblem;

pg_noreturn extern void security_problem_raise(const SecurityProblem *problem);

/*
 * The key that encrypts.  Raises ERRCODE_FRONTDESK_NO_KEY when the key file is
 * not set, unsafe or unreadable.  Valid until the next call of this header.
 */
extern const SecurityKey *security_key_newest(void);

/* The key of a version; NULL, and why, when there is none to be had. */
extern const SecurityKey *security_key_find(int version, SecurityProblem *problem);

/* Warns in the server's log when a file is set that cannot be used. */
extern void security_key_warn(void);

#endif							/* SECURITY_KEY_H */
