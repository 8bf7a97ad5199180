/*
 * agents_local.c
 *	  The local provider: what each agent answers without any model.
 *
 * Runs in engine workers.  Routing is the classifier's decision, as far as it is
 * sure; everything else is SQL (agents_local.sql), where templates and knowledge
 * rows are.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "agents/agents_context.h"
#include "agents/agents_continuation.h"
#include "agents/agents_enclosure.h"
#include "agents/agents_internal.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_settings.h"
#include "base/base_spi.h"

static BaseStatement answer = {
	"SELECT frontdesk.local_answer($1, $2, $3, $4)",
	{TEXTOID, INT4OID, UUIDOID, JSONBOID}
};

Jsonb *
agents_local_routing(EngineTurn *turn, const LlmClassification *found)
{
	const char *reason = strcmp(found->route, "high_priority") == 0 ? found->intent : NULL;
	Jsonb	   *unseen = reason ? NULL : agents_enclosure_route_locally(turn, found);
	BaseObject	patch;

	if (unseen)
		return unseen;
	base_object_begin(&patch);
	base_object_add_text(&patch, "intent", found->intent);
	base_object_add_text(&patch, "route", found->route);
	base_object_add_text(&patch, "priority", reason ? "high" : found->priority);
	base_object_add_text(&patch, "language", found->language);
	base_object_add_real(&patch, "sentiment", found->sentiment, 2);
	base_object_add_real(&patch, "confidence_score", found->confidence, 3);
	base_object_add_bool(&patch, "needs_human", reason != NULL);
	base_object_add_text(&patch, "escalation_reason", reason);
	if (base_jsonb_text(turn->state, "guesses") != NULL)
		base_object_add_null(&patch, "guesses");
	return base_object_end_jsonb(&patch);
}

/*
 * Whether a decision is a guess, or none at all: then nothing is done that goes by
 * it.  What may be a danger is for a person however unsure it is; the costs have
 * decided that.
 */
static bool
is_guess(const LlmClassification *found)
{
	if (setting_local_confidence == 0 || strcmp(found->priority, "high") == 0)
		return false;
	return found->confidence < setting_local_confidence || strcmp(found->intent, "other") == 0;
}

/* For the conversation agent, which answers what is known for sure, else asks what
 * is meant, and calls a person when that did not help: the count of guesses in a
 * row tells it. */
static Jsonb *
route_guess(EngineTurn *turn, LlmClassification *found)
{
	char	   *before = base_jsonb_text(turn->state, "guesses");
	BaseObject	patch;

	strlcpy(found->route, "automated", sizeof(found->route));
	base_object_begin(&patch);
	base_object_add_int(&patch, "guesses", before ? Min(atoi(before), 1000) + 1 : 1);
	return base_jsonb_merge(agents_local_routing(turn, found), base_object_end_jsonb(&patch));
}

/* Without any classifier everything is for a person. */
static Jsonb *
route_locally(EngineTurn *turn)
{
	char	   *content = base_jsonb_text(turn->state, "content");
	LlmClassification found;
	Jsonb	   *wordless = agents_enclosure_route_locally(turn, NULL);

	if (wordless)
		return wordless;
	if (content == NULL ||
		!agents_courtesy_classify(turn->account_id, content, &found))
		return base_jsonb_parse("{\"intent\": \"unknown\", \"route\": \"high_priority\", \"priority\": \"medium\","
								" \"sentiment\": 0, \"confidence_score\": 0, \"needs_human\": true,"
								" \"escalation_reason\": \"nothing to classify\"}");
	if (agents_context_doubts(turn, &found))
	{
		strlcpy(found.intent, "other", sizeof(found.intent));
		strlcpy(found.priority, "medium", sizeof(found.priority));
		found.confidence = 0;
	}
	if (is_guess(&found))
		return route_guess(turn, &found);
	return agents_local_routing(turn, &found);
}

/* The state as the functions of agents_local.sql read it: with what the customer
 * said before, in "before", where the message goes on with that; "bare" where it
 * is a mere number or day. */
static Jsonb *
state_of(EngineTurn *turn)
{
	const char *before = agents_continuation_before(turn);

	if (agents_context_is_bare(turn))
		return base_jsonb_merge(turn->state, base_jsonb_parse("{\"bare\": true}"));
	return before ? base_jsonb_merge(turn->state, base_object_of_text("before", before)) : turn->state;
}

Jsonb *
agents_local_answer(EngineTurn *turn, const char *agent)
{
	Datum		values[] = {CStringGetTextDatum(agent), Int32GetDatum(turn->account_id),
	UUIDPGetDatum(&turn->original_id), (Datum) 0};
	bool		isnull;
	Datum		patch;

	if (strcmp(agent, "router") == 0)
		return route_locally(turn);
	values[3] = JsonbPGetDatum(state_of(turn));
	base_spi_execute(&answer, values, NULL);
	patch = base_spi_value(0, 1, &isnull);
	return isnull ? base_jsonb_parse("{}") : (Jsonb *) PG_DETOAST_DATUM_COPY(patch);
}
