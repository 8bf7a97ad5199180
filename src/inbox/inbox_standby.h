/*
 * inbox_standby.h
 *	  How long the sender of a webhook waits for a synchronous standby.
 */
#ifndef INBOX_STANDBY_H
#define INBOX_STANDBY_H

/*
 * Has the commit of this transaction wait for synchronous standbys for
 * frontdesk.standby_wait at most.  It takes effect then as PostgreSQL has it when such
 * a wait is cancelled: it is durable here, and a warning says that it may not be
 * there.
 */
extern void inbox_standby_bound_wait(void);

#endif							/* INBOX_STANDBY_H */
