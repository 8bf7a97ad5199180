/*
 * inbox_site.h
 *	  Where an account's conversations live, and the tokens that open it.
 */
#ifndef INBOX_SITE_H
#define INBOX_SITE_H

/* What names an origin: every key of the inbox begins with these two. */
typedef struct InboxOrigin
{
	int			account_id;
	int			site_id;
} InboxOrigin;

typedef struct InboxSite
{
	InboxOrigin	origin;			/* hash key: must be first */
	const struct InboxTransport *transport;	/* NULL: nobody knows it */
	char	   *url;
	int64		chatwoot_account_id;
	int			max_concurrent; /* requests in flight; 0 the usual */
	bool		tokens_read;
	uint64		fingerprint;	/* of the tokens together; 0 none */
	const char *token_code;		/* why one is not to be had: "FD002", "FD003";
								 * NULL for no such reason */
	const char *token_problem;
	char	   *bot_token;		/* for speaking; NULL when none is stored */
	char	   *user_token;		/* for reading; NULL when none is stored */
} InboxSite;

/*
 * The site, without its tokens; NULL when there is none.  Cached in the
 * process until the configuration changes; valid until the next call.
 */
extern const InboxSite *inbox_site_get(InboxOrigin origin);

/* The same with its tokens.  One that is stored but cannot be decrypted is
 * looked at again the next time, and token_problem says why. */
extern const InboxSite *inbox_site_get_tokens(InboxOrigin origin);

/*
 * Raises unless the caller may see the account: first act of a function that
 * runs with its owner's rights and is given an account.  SPI is connected.
 */
extern void inbox_site_require_account(int account_id);

#endif							/* INBOX_SITE_H */
