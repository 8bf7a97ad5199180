/*
 * security_drop.h
 *	  Keeps the extension from being dropped together with people's data.
 */
#ifndef SECURITY_DROP_H
#define SECURITY_DROP_H

/* Installs the guard; once per process, from _PG_init. */
extern void security_drop_init(void);

#endif							/* SECURITY_DROP_H */
