/*
 * http_gate.h
 *	  The gates in shared memory: what the limits of one far side stand on.
 *
 * Shared by http_limit.c, http_gate.c and http_breaker.c, and used by nobody
 * else.  Everything in a gate behind its mutex is read and written with that
 * held.
 */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

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

typedef struct HttpGate
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
	uint64		outcomes;		/* newest in bit 0; 1 failed */
	int			outcome_count;
	char		last_failure[128];
	int64		last_failure_at;
} HttpGate;

/* Gates are numbered from 0; NULL beyond the last one. */
extern HttpGate *http_gate_at(int number);
extern int	http_gate_number(const HttpGate *gate);

/* The hash that names the gate of a far side; never 0. */
extern uint64 http_gate_hash(const HttpLimit *limit);

/* The gate of that hash, without a lock; NULL none. */
extern HttpGate *http_gate_find(uint64 hash);

/* The gate, made if need be, with its lock held; NULL when the table is full,
 * or when the library is not preloaded. */
extern HttpGate *http_gate_lock(const HttpLimit *limit, int64 now);

/* The gate a permit was taken at, locked; NULL when it is gone. */
extern HttpGate *http_gate_lock_permitted(const HttpPermit *permit);

/* Something has happened for which those that wait may ask again. */
extern void http_gate_note_change(HttpGate *gate);

/* The part of the window that a time falls into, emptied if it was an older. */
extern HttpWindowPart *http_gate_part_at(HttpGate *gate, int64 ticks);

/* What was used in the last minute, and when the oldest of it falls away. */
extern HttpWindowPart http_gate_sum_window(const HttpGate *gate, int64 now, int64 *falls_away);

/* ---- http_breaker.c ---- */
extern void http_breaker_open(HttpGate *gate, int64 now, bool is_refused);
extern void http_breaker_close(HttpGate *gate);
extern void http_breaker_note(HttpGate *gate, const char *text, int64 now);
extern void http_breaker_count_failure(HttpGate *gate, const HttpPermit *permit, int64 now);
extern void http_breaker_count_success(HttpGate *gate, const HttpPermit *permit);

/* A probe that told nothing: the next one to ask is the probe. */
extern void http_breaker_lose_probe(HttpGate *gate, int64 now);

#endif							/* HTTP_GATE_H */
