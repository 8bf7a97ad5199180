/*
 * fake_decision.h
 *		What a stand-in model makes of a customer's text.
 */
#ifndef FAKE_DECISION_H
#define FAKE_DECISION_H

#include "fake_text.h"

typedef enum FakeRoute
{
	FAKE_ROUTE_AUTOMATED,
	FAKE_ROUTE_HIGH_PRIORITY,
	FAKE_ROUTE_RECRUITMENT,
	FAKE_ROUTE_CAMPAIGN,
	FAKE_ROUTE_STOCK_ALERT,
	FAKE_ROUTE_COUNT
} FakeRoute;

typedef struct FakeDecision
{
	FakeRoute route;
	FakeSlice text;				/* the customer's words, still JSON-escaped */
} FakeDecision;

extern const char *const fake_route_names[FAKE_ROUTE_COUNT];

extern FakeDecision fake_decision_make(FakeSlice message);
extern bool fake_decision_marker(FakeSlice text, const char *name,
								 FakeSlice *value);

#endif							/* FAKE_DECISION_H */
