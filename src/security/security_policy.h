/*
 * security_policy.h
 *	  Whose rows a process that serves accounts may see, and whom a caller may
 *	  act for.
 */
#ifndef SECURITY_POLICY_H
#define SECURITY_POLICY_H

/*
 * From now on the code of strangers that this process runs sees the rows of
 * this account, as far as its role may read the tables; 0: of none.  For the
 * tool worker, whose session user is a role that is nobody's.
 */
extern void security_policy_serve(int account_id);

/*
 * Raises unless the caller may see the account: first act of a function that
 * runs with its owner's rights and is given an account.  SPI is connected.
 */
extern void security_policy_require_account(int account_id);

#endif							/* SECURITY_POLICY_H */
