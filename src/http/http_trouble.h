/*
 * http_trouble.h
 *	  Trouble with a far side, told to people: at its first and every hundredth
 *	  time.
 */
#ifndef HTTP_TROUBLE_H
#define HTTP_TROUBLE_H

/* What went wrong, once more. */
typedef struct HttpTrouble
{
	int			account_id;		/* whose requests suffer */
	const char *name;			/* of the far side, as HttpLimit has it */
	const char *kind;			/* "dns", "no_key" …: each is counted by itself */
	const char *action;			/* the word for the audit trail */
	int			elevel;			/* of the log: WARNING, or LOG for what may be meant */
	const char *message;
	const char *text;			/* what exactly, one line */
	const char *hint;			/* NULL none */
} HttpTrouble;

extern Size http_trouble_shmem_size(void);
extern void http_trouble_shmem_init(void *area, bool found);

/*
 * Counts it.  The first time since the far side last worked, and every
 * hundredth, leaves a line in the log and a row in the audit trail, with the
 * count.  SPI is connected; what a transaction counted that is rolled back is
 * told again.
 */
extern void http_trouble_tell(const HttpTrouble *trouble);

/* The far side has answered as it should: counting begins anew. */
extern void http_trouble_end(int account_id, const char *name);

#endif							/* HTTP_TROUBLE_H */
