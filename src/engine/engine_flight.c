/*
 * engine_flight.c
 *	  The request of a turn on its way: transfer, permit, reservation and board
 *	  entry as one thing.
 *
 * Runs in engine workers.  The tick that decides a request sets permit and money
 * aside (engine_limit.c): the turn's clearance.  They become the flight's when the
 * request starts, and are given back when its answer was used, or when it is
 * given up.
 */
#include "postgres.h"

#include "engine/engine_board.h"
#include "engine/engine_flight.h"
#include "engine/engine_internal.h"

static HttpClient *client = NULL;

void
engine_flight_open(HttpClient *carrier)
{
	client = carrier;
}

bool
engine_flight_start(EngineTurn *turn, HttpRequest *request)
{
	EngineTurnInner *inner = turn->inner;
	EngineFlight *flight = &inner->flight;

	flight->transfer = http_client_start(client, request, turn);
	if (flight->transfer == NULL)
	{
		engine_flight_cancel(turn);
		return false;
	}
	engine_board_request_starts(turn, request);
	flight->asked = request->limit;
	flight->clearance = inner->clearance;
	flight->cost = 0;
	memset(&inner->clearance, 0, sizeof(EngineClearance));
	return true;
}

EngineTurn *
engine_flight_land(void)
{
	HttpTransfer *transfer = http_client_next_done(client);
	EngineTurn *turn = transfer ? http_transfer_owner(transfer) : NULL;

	if (turn != NULL)
	{
		EngineFlight *flight = &turn->inner->flight;

		flight->has_landed = true;
		engine_board_request_ends(turn->inner, http_transfer_response(transfer));
		http_limit_end(&flight->clearance.permit, http_transfer_response(transfer));
		http_limit_report_init(&flight->report);
	}
	return turn;
}

const HttpResponse *
engine_flight_response(const EngineTurn *turn)
{
	const EngineFlight *flight = &turn->inner->flight;

	return flight->has_landed ? http_transfer_response(flight->transfer) : NULL;
}

/* The transfer goes; what it was cleared with is settled by the caller. */
static void
free_transfer(EngineFlight *flight)
{
	if (flight->transfer)
		http_transfer_free(client, flight->transfer);
	flight->transfer = NULL;
	flight->has_landed = false;
}

void
engine_flight_finish(EngineTurn *turn)
{
	EngineFlight *flight = &turn->inner->flight;

	if (!flight->has_landed)
		return;
	http_limit_return(&flight->clearance.permit, &flight->report);
	engine_budget_book(&flight->clearance.reserved, flight->cost);
	free_transfer(flight);
}

/* An answer that nobody has read has cost what was set aside for it, at most. */
void
engine_flight_abandon(EngineTurn *turn)
{
	EngineFlight *flight = &turn->inner->flight;
	EngineReservation *reserved = &flight->clearance.reserved;

	engine_flight_cancel(turn);
	engine_board_request_ends(turn->inner, NULL);
	http_limit_abandon(&flight->clearance.permit);
	engine_budget_book(reserved, flight->has_landed ? reserved->amount : 0);
	free_transfer(flight);
}

void
engine_flight_cancel(EngineTurn *turn)
{
	EngineClearance *clearance = &turn->inner->clearance;

	http_limit_abandon(&clearance->permit);
	engine_budget_book(&clearance->reserved, 0);
}
