/*
 * security_request.h
 *	  Who is asking: fixed once per transaction, in memory that no SQL reaches.
 */
#ifndef SECURITY_REQUEST_H
#define SECURITY_REQUEST_H

/* Puts the hook on utility statements in place; from the domain's init. */
extern void security_request_init(void);

#endif							/* SECURITY_REQUEST_H */
