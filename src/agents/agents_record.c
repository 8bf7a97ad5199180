/*
 * agents_record.c
 *	  What the extraction agent found is written into the lead.
 *
 * Runs in workers, as the function of a node: once for every message of a
 * candidate, so it is in C and writes its row directly.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "base/base_domain.h"
#include "base/base_json.h"
#include "inbox/inbox_lead.h"

SQL_FUNCTION(record_lead_facts);

static void
push_member(JsonbParseState **parse, Jsonb *state, const char *name)
{
	Jsonb	   *member = base_jsonb_member(state, name);
	JsonbValue	value = {jbvString};

	if (member == NULL)
		return;
	value.val.string.val = unconstify(char *, name);
	value.val.string.len = strlen(name);
	pushJsonbValue(parse, WJB_KEY, &value);
	JsonbToJsonbValue(member, &value);
	pushJsonbValue(parse, WJB_VALUE, &value);
}

static Jsonb *
without_nulls(Jsonb *facts)
{
#if PG_VERSION_NUM >= 180000
	return DatumGetJsonbP(
		DirectFunctionCall2(jsonb_strip_nulls, JsonbPGetDatum(facts), BoolGetDatum(false)));
#else
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_strip_nulls, JsonbPGetDatum(facts)));
#endif
}

PGDLLEXPORT Datum
frontdesk_record_lead_facts(PG_FUNCTION_ARGS)
{
	Jsonb	   *state = PG_GETARG_JSONB_P(2);
	JsonbParseState *parse = NULL;
	Jsonb	   *facts;

	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	push_member(&parse, state, "candidate");
	push_member(&parse, state, "job");
	facts = JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
	if (JB_ROOT_COUNT(facts) > 0)
		inbox_lead_learn(PG_GETARG_INT32(0), PG_GETARG_UUID_P(1), without_nulls(facts));
	PG_RETURN_JSONB_P(base_jsonb_parse("{}"));
}
