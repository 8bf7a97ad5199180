/*
 * engine_flight.h
 *	  The request of a turn on its way: transfer, permit, reservation and board
 *	  entry as one thing.
 */
#ifndef ENGINE_FLIGHT_H
#define ENGINE_FLIGHT_H

#include "engine/engine_budget.h"
#include "http/http_client.h"
#include "http/http_limit.h"

/* What is set aside for a request: that it may leave, and what it may cost. */
typedef struct EngineClearance
{
	HttpPermit	permit;
	EngineReservation reserved;
} EngineClearance;

/* A request in flight, or back and not yet used; all zero when there is none. */
typedef struct EngineFlight
{
	HttpTransfer *transfer;
	bool		has_landed;
	const HttpLimit *asked;		/* whom it asks; NULL somebody unnamed */
	EngineClearance clearance;
	HttpLimitReport report;		/* what the answer told of limits */
	double		cost;			/* of the answer that this tick uses */
	int			board_entry;	/* engine_board.c: 0 none, -1 no room */
	int64		started_at;		/* ticks */
} EngineFlight;

/* The client that carries this worker's requests. */
extern void engine_flight_open(HttpClient *client);

/*
 * Starts a request with the clearance that the turn was given for it, once the
 * tick that decided it has committed.  False when it could not even be started:
 * the clearance is given back.
 */
extern bool engine_flight_start(EngineTurn *turn, HttpRequest *request);

/* The next turn whose request has come back; NULL when there is none. */
extern EngineTurn *engine_flight_land(void);

/* The answer of a request that is back; NULL when there is none. */
extern const HttpResponse *engine_flight_response(const EngineTurn *turn);

/* The tick that used the answer has committed; does nothing when none is back. */
extern void engine_flight_finish(EngineTurn *turn);

/* The request is given up, wherever it is; so is what was set aside for a next one. */
extern void engine_flight_abandon(EngineTurn *turn);

/* No request leaves: gives back what was set aside for one. */
extern void engine_flight_cancel(EngineTurn *turn);

#endif							/* ENGINE_FLIGHT_H */
