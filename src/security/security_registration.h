/*
 * security_registration.h
 *	  Who a webhook comes from, and whether it is genuine.
 */
#ifndef SECURITY_REGISTRATION_H
#define SECURITY_REGISTRATION_H

typedef struct SecurityRegistration
{
	int			account_id;
	int			site_id;		/* 0: this database, which sends no webhooks */
	bool		is_signed;		/* requests must carry a signature */
	bool		active;			/* registration and account both */
	char		login[64];
	unsigned char password_sha256[32];
	char	   *secret;			/* signing secret; NULL when none stored */
} SecurityRegistration;

/*
 * Finds the registration that the Basic credentials in an Authorization header
 * name, and checks the password in constant time.  Cached per session until
 * the configuration changes.  NULL when the header is absent, malformed, names
 * nobody, or the password is wrong; *account_id tells whose it would have been
 * (-1 when nobody's), for the audit trail and never for the answer.  Good
 * as long as the current context.  Raises when the signing secret cannot be
 * decrypted.
 */
extern const SecurityRegistration *security_registration_find(const char *authorization,
															  int *account_id);

/* What is wrong with a signature; SECURITY_SIGNATURE_GOOD when nothing is. */
typedef enum SecuritySignature
{
	SECURITY_SIGNATURE_GOOD,
	SECURITY_SIGNATURE_NO_SECRET,	/* none is stored to hold it against */
	SECURITY_SIGNATURE_MISSING,
	SECURITY_SIGNATURE_MALFORMED,
	SECURITY_SIGNATURE_STALE,
	SECURITY_SIGNATURE_WRONG
} SecuritySignature;

/*
 * Judges X-Chatwoot-Signature over timestamp "." body with the registration's
 * one secret, within frontdesk.webhook_window seconds of the clock.
 */
extern SecuritySignature security_registration_verify(const SecurityRegistration *registration,
													  const char *signature, const char *timestamp,
													  const char *body, size_t body_bytes);

#endif							/* SECURITY_REGISTRATION_H */
