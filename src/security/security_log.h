/*
 * security_log.h
 *	  Keeps secrets out of the server's log and of the statistics on statements.
 */
#ifndef SECURITY_LOG_H
#define SECURITY_LOG_H

/* Puts the hook on log lines in place; from the domain's init. */
extern void security_log_init(void);

/* The running statement carries a secret: nothing of its text is shown from now on. */
extern void security_log_hide_statement(void);

/* This session carries other people's requests: their parameters are not logged. */
extern void security_log_hide_parameters(void);

#endif							/* SECURITY_LOG_H */
