/*
 * security_key.h
 *	  The keys that encrypt secrets, from the file frontdesk.key_file names.
 */
#ifndef SECURITY_KEY_H
#define SECURITY_KEY_H

#define SECURITY_KEY_BYTES 32

typedef struct SecurityKey
{
	int			version;		/* from 1; the highest one encrypts */
	uint8		bytes[SECURITY_KEY_BYTES];
} SecurityKey;

/*
 * The key that encrypts.  Raises ERRCODE_FRONTDESK_NO_KEY when the key file is
 * not set, unsafe or unreadable.  Valid until the next call of this header.
 */
extern const SecurityKey *security_key_newest(void);

/* The key of a version, NULL when the file has none; raises as above. */
extern const SecurityKey *security_key_find(int version);

#endif							/* SECURITY_KEY_H */
