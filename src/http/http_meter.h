/*
 * http_meter.h
 *	  The meters in shared memory: what the limits of one far side stand on.
 *
 * Shared by http_limit.c, http_meter.c and http_breaker.c, and used by nobody
 * else.  Everything in a meter behind its mutex is read and written with that
 * held.
 */
#ifndef HTTP_METER_H
#define HTTP_METER_H

#include "port/atomics.h"
#include "storage/spin.h"

#include "http/http_limit.h"

#define HTTP_WINDOW_PARTS 13			/* the last minute, and the part under way */
#define HTTP_PART_US INT64CONST(5000000)

typedef enum HttpBreaker
{
	HTTP_BREAKER_CLOSED,
	HTTP_BREAKER_OPEN,
	HTTP_BREAKER_HALF_OPEN
} HttpBreaker;

typedef struct HttpWindowPart
{
	int64		number;			/* which five seconds */
	int			requests;
	int64		tokens;
} HttpWindowPart;

/* What the far side told; counted down by ourselves until it tells again. */
typedef struct HttpLearned
{
	int64		limit;			/* -1 never told */
	int64		remaining;
	int64		reset_at;		/* ticks; 0 not told */
} HttpLearned;

typedef struct HttpMeter
{
	pg_atomic_uint64 hash;		/* 0: free */
	pg_atomic_uint32 changes;
	slock_t		mutex;
	Oid			database;
	HttpLimit	limit;			/* as it was last asked with */
	int64		used_at;
	int			in_use;
	int			low_in_use;
	uint16		held[HTTP_LIMIT_OWNERS];
	uint16		low_held[HTTP_LIMIT_OWNERS];
	int64		wanted_at[HTTP_LIMIT_OWNERS];	/* when last refused */
	int64		low_wanted_at[HTTP_LIMIT_OWNERS];
	int64		wanting_until;
	int			ramp;			/* permits of a cold start; 0 warm */
	bool		is_cold;		/* the window has not been filled up */
	HttpWindowPart	window[HTTP_WINDOW_PARTS];
	int64		blocked_until;
	int			throttles;		/* in a row */
	HttpLearned		requests;
	HttpLearned		tokens;
	HttpBreaker		breaker;
	int64		open_until;
	int			openings;		/* in a row */
	int			probe_owner;	/* -1: nobody */
	int			failures;		/* in a row */
	uint64		failed_asker;	/* who met the last one that was counted */
	uint64		outcomes;		/* newest in bit 0; 1 failed */
	int			outcome_count;
	char		last_failure[128];
	int64		last_failure_at;
} HttpMeter;

/* Meters are numbered from 0; NULL beyond the last one. */
extern HttpMeter *http_meter_at(int number);
extern int	http_meter_number(const HttpMeter *meter);

/* The hash that names the meter of a far side; never 0. */
extern uint64 http_meter_hash(const HttpLimit *limit);

/* The meter of that hash, without a lock; NULL none. */
extern HttpMeter *http_meter_find(uint64 hash);

/* The meter, made if need be, with its lock held; NULL when the table is full,
 * or when the library is not preloaded. */
extern HttpMeter *http_meter_lock(const HttpLimit *limit, int64 now);

/* The meter a permit was taken at, locked; NULL when it is gone. */
extern HttpMeter *http_meter_lock_permitted(const HttpPermit *permit);

/* Something has happened for which those that wait may ask again. */
extern void http_meter_note_change(HttpMeter *meter);

/* The part of the window that a time falls into, emptied if it was an older. */
extern HttpWindowPart *http_meter_part_at(HttpMeter *meter, int64 ticks);

/* What was used in the last minute, and when the oldest of it falls away. */
extern HttpWindowPart http_meter_sum_window(const HttpMeter *meter, int64 now, int64 *falls_away);

/* ---- http_breaker.c ---- */
extern void http_breaker_open(HttpMeter *meter, int64 now, bool is_refused);
extern void http_breaker_close(HttpMeter *meter);
extern void http_breaker_note(HttpMeter *meter, const char *text, int64 now);
extern void http_breaker_count_failure(HttpMeter *meter, const HttpPermit *permit, int64 now);

/* Whether a failure says no more than the last one: its asker alone meets them. */
extern bool http_breaker_is_repeated(const HttpMeter *meter, const HttpPermit *permit);
extern void http_breaker_count_success(HttpMeter *meter, const HttpPermit *permit);

/* A probe that told nothing: the next one to ask is the probe. */
extern void http_breaker_lose_probe(HttpMeter *meter, int64 now);

#endif							/* HTTP_METER_H */
