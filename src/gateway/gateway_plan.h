/*
 * gateway_plan.h
 *		From a call's name and arguments to the function that is meant.
 */
#ifndef GATEWAY_PLAN_H
#define GATEWAY_PLAN_H

#include <stdbool.h>

#include "gateway_error.h"
#include "gateway_json.h"
#include "gateway_request.h"
#include "gateway_schema.h"
#include "gateway_sql.h"

typedef struct GatewayCall
{
	const char *function;
	bool has_names;		 /* the arguments come by name */
	bool must_not_write; /* GET and HEAD */
	GatewayContent content;
	int name_count;
	const GatewayJsonKey *names; /* without escapes */
	const char *role; /* whose functions a hint may name; NULL: none */
} GatewayCall;

/* Why a call could not be resolved, for people. */
typedef struct GatewayPlanTrouble
{
	GatewayText details;
	GatewayText hint;
} GatewayPlanTrouble;

GatewayFailure gateway_plan_resolve(GatewaySchema *schema,
									const GatewayCall *call, GatewayPlan **plan,
									GatewayPlanTrouble *trouble);
void gateway_plan_render_arguments(const GatewayPlan *plan,
								   const GatewayPairs *pairs,
								   GatewayText *json);

#endif
