/*
 * base_domain.h
 *	  What a domain offers to the library as a whole.
 *
 * src/pg_frontdesk.c holds the one table of domains and walks it; nothing else
 * knows them all.
 */
#ifndef BASE_DOMAIN_H
#define BASE_DOMAIN_H

typedef struct BaseDomain
{
	const char *name;
	void		(*init) (void); /* in _PG_init: hooks and registrations */
	Size		(*shmem_size) (void);	/* bytes of shared memory wanted */
	void		(*shmem_init) (void *area, bool found); /* under AddinShmemInitLock */
} BaseDomain;

extern const BaseDomain base_domain;
extern const BaseDomain security_domain;
extern const BaseDomain http_domain;
extern const BaseDomain engine_domain;
extern const BaseDomain llm_domain;
extern const BaseDomain inbox_domain;
extern const BaseDomain chatwoot_domain;
extern const BaseDomain agents_domain;

/* Declares a C function that SQL calls: the one kind of exported symbol. */
#define SQL_FUNCTION(name) \
	PG_FUNCTION_INFO_V1(frontdesk_##name)

#endif							/* BASE_DOMAIN_H */
