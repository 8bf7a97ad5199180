/*
 * http_limit.h
 *	  How much may be asked of whom: permits for requests, in shared memory.
 *
 * A meter stands before every far side that is named by (database, account,
 * name, key): a provider with its key, or a Chatwoot site.  Whoever wants to
 * send a request takes a permit first, reports what came of it, and gives the
 * permit back.  All workers of all databases share the meters.
 */
#ifndef HTTP_LIMIT_H
#define HTTP_LIMIT_H

#include "datatype/timestamp.h"

#include "http/http_client.h"

/* Worker slots that may hold permits. */
#define HTTP_LIMIT_OWNERS 256
#define HTTP_LIMIT_NAME 64

/* A far side, and what is configured for it; kept by whoever asks it. */
typedef struct HttpLimit
{
	int			account_id;		/* whose provider or site it is; 0 the house's */
	char		name[HTTP_LIMIT_NAME];	/* "openai", "chatwoot:1" */
	uint64		fingerprint;	/* of its key; 0 when it has none */
	int			concurrency;	/* requests at the same time; 0 as many as there are */
	int			requests_per_minute;	/* 0: what the far side tells */
	int			tokens_per_minute;	/* 0: what the far side tells */
} HttpLimit;

typedef enum HttpLimitReason
{
	HTTP_LIMIT_GRANTED,
	HTTP_LIMIT_CONCURRENCY,		/* all permits are in use */
	HTTP_LIMIT_REQUESTS,		/* the minute's requests are used up */
	HTTP_LIMIT_TOKENS,			/* the minute's tokens are used up */
	HTTP_LIMIT_BLOCKED,			/* the far side asked to wait */
	HTTP_LIMIT_BREAKER			/* it failed too often, or refuses the key */
} HttpLimitReason;

/* What a request will need. */
typedef struct HttpDemand
{
	bool		is_low;			/* campaigns and bulk work: leaves a share to others */
	int			tokens;			/* estimated; 0 when nobody counts them */
	uint64		asker;			/* the conversation or such that asks, as a hash; 0
								 * nobody's */
} HttpDemand;

/* A permit; all zero when there is none. */
typedef struct HttpPermit
{
	bool		held;
	bool		in_flight;		/* counts as a request in flight */
	bool		is_low;
	bool		is_probe;		/* the one request that tries a broken far side */
	bool		is_undecided;	/* answered so that its reader says what it means */
	int			meter;
	uint64		meter_hash;
	int			tokens;			/* as estimated */
	uint64		asker;
	int64		taken_at;		/* ticks */
} HttpPermit;

/* A refusal: why, and when asking again may help. */
typedef struct HttpRefusal
{
	HttpLimitReason reason;
	int64		retry_at;		/* ticks */
	uint32		changes;		/* of the meter, as of the refusal */
} HttpRefusal;

/* What a far side told of its own limits; -1 where it told nothing. */
typedef struct HttpAllowance
{
	int64		limit;			/* per minute, mostly */
	int64		remaining;
	int64		reset_ms;		/* until remaining is whole again */
} HttpAllowance;

/* What the one who asked read in the answer. */
typedef struct HttpLimitReport
{
	bool		is_refused;		/* key, billing, quota: no request will fare better */
	bool		is_failure;		/* the far side failed, whatever its status said */
	const char *failure;		/* with either: one line for a person */
	int			tokens;			/* really used; -1 not known */
	HttpAllowance requests;
	HttpAllowance token_allowance;
} HttpLimitReport;

/* A meter as a person sees it. */
typedef struct HttpMeterView
{
	int			account_id;
	char		name[HTTP_LIMIT_NAME];
	uint64		fingerprint;
	int			in_use;
	int			low_in_use;
	int			concurrency;
	int			requests_per_minute;
	int			tokens_per_minute;
	int			requests_in_window;
	int64		tokens_in_window;
	const char *breaker;		/* "closed", "open", "half-open" */
	int64		open_until;		/* ticks; 0 when closed */
	int64		blocked_until;	/* ticks; 0 when not */
	char		last_failure[128];
	int64		last_failure_at;	/* ticks; 0 never */
} HttpMeterView;

extern Size http_limit_shmem_size(void);
extern void http_limit_shmem_init(void *area, bool found);

/* In whose name this process takes permits: its worker slot. */
extern void http_limit_set_owner(int slot);

/* Gives back whatever the worker of a slot held. */
extern void http_limit_release_owner(int slot);

extern void http_limit_report_init(HttpLimitReport *report);

/* A permit, or why there is none. */
extern bool http_limit_acquire(const HttpLimit *limit, const HttpDemand *demand,
							   HttpPermit *permit, HttpRefusal *refusal);

/* Whether a permit is for this far side. */
extern bool http_limit_is_of(const HttpPermit *permit, const HttpLimit *limit);

/* What acquire would say, without taking anything. */
extern void http_limit_look(const HttpLimit *limit, const HttpDemand *demand, HttpRefusal *refusal);

/* Counts whatever may have made asking again worth while. */
extern uint32 http_limit_changes(const HttpLimit *limit);

/* The request has ended with this response: another may start.  The permit
 * stays held until it is returned. */
extern void http_limit_end(HttpPermit *permit, const HttpResponse *response);

/* What was in the answer; the permit is gone afterwards. */
extern void http_limit_return(HttpPermit *permit, const HttpLimitReport *report);

/* The request was never started, or was aborted. */
extern void http_limit_abandon(HttpPermit *permit);

/* Closes the breakers of an account's meters of a name, and forgets what it was
 * told to wait.  Returns how many there were. */
extern int	http_limit_reset(int account_id, const char *name);

/* Meters of this database, one after another: *position starts at 0. */
extern bool http_limit_next(int *position, HttpMeterView *view);

#endif							/* HTTP_LIMIT_H */
