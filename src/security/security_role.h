/*
 * security_role.h
 *	  Keeps what all people of a kind share as setup_roles() made it.
 */
#ifndef SECURITY_ROLE_H
#define SECURITY_ROLE_H

/* Installs the guard; once per process, from _PG_init. */
extern void security_role_init(void);

#endif							/* SECURITY_ROLE_H */
