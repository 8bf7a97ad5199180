/*
 * agents_context.c
 *	  A message is read in its conversation: what was asked, sent and said before
 *	  it decides what a short one means.
 *
 * Runs in engine workers, as part of the router's step.  It goes by the history
 * that was loaded, by small words (agents_words.c), and by members of the state
 * that outlive a turn:
 *
 *	route		of the turn before; topic: of the one before thanks
 *	closings	thanks and the like in a row: the first is answered, no other
 *	stock_asked	what we asked about stock: "product" which one, "wish" whether
 *				to tell
 *	settled		of this turn: no agent is asked
 *
 * Campaigns and alerts are looked for where a message may be about them, not in
 * every turn.  What may be a danger is never decided here.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "agents/agents_context.h"
#include "agents/agents_words.h"
#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_settings.h"
#include "base/base_spi.h"
#include "inbox/inbox_subject.h"

#define MOST_WORDS 25

/* So many words are short: a yes, the name of a product, an answer of a candidate. */
#define ANSWER_WORDS 6
#define PRODUCT_WORDS 8
#define CANDIDATE_WORDS 12
#define UNSURE_WORDS 3

/* No language is told by so few. */
#define LANGUAGE_WORDS 4

/* A question of ours is answered by what follows within this time. */
#define QUESTION_LASTS (3 * USECS_PER_DAY)

/* A question stands at the end of what we say, or nearly. */
#define QUESTION_END 60

static BaseStatement sent_statement = {
	"SELECT m.campaign_id::text, m.sent_at FROM frontdesk.lately_sent($1, $2) AS m",
	{INT4OID, UUIDOID}
};

static BaseStatement alert_statement = {
	"SELECT frontdesk.meant_alerts($1, $2, $3, $4)",
	{INT4OID, UUIDOID, TEXTOID, BOOLOID}
};

static BaseStatement cancel_statement = {
	"UPDATE frontdesk.stock_alerts AS a SET status = 'cancelled' "
	"WHERE a.account_id = $1 AND a.status = 'pending' AND a.customer_id = $2 "
	"AND $3 ? a.id::text",
	{INT4OID, UUIDOID, JSONBOID}
};

static BaseStatement sentence_statement = {
	"SELECT frontdesk.render_template($1, $2, $3, $4)",
	{INT4OID, TEXTOID, TEXTOID, JSONBOID}
};

static AgentsReading
read_message(EngineTurn *turn)
{
	char	   *content = base_jsonb_text(turn->state, "content");

	if (content == NULL || base_jsonb_bool(turn->state, "wordless", false))
		return (AgentsReading) {0};
	return agents_words_read(content, MOST_WORDS);
}

/* The last words before this message of one side, when they are not long ago. */
static const InboxUtterance *
last_said(EngineTurn *turn, bool incoming)
{
	const InboxSubject *subject = turn->subject;

	for (int i = subject ? subject->history_count - 1 : -1; i >= 0; i--)
	{
		const InboxUtterance *said = &subject->history[i];

		if (said->incoming == incoming && said->content && said->seq < turn->first_mail)
			return said->sent_at > base_clock_now() - QUESTION_LASTS ? said : NULL;
	}
	return NULL;
}

static bool
ends_in_question(const char *text)
{
	int			bytes = strlen(text);
	const char *mark = strrchr(text, '?');

	return mark != NULL && text + bytes - mark <= QUESTION_END;
}

/* Whether our last words asked something, and nothing was said since. */
static bool
was_asked(EngineTurn *turn)
{
	const InboxUtterance *ours = last_said(turn, false);

	return ours != NULL && ends_in_question(ours->content);
}

static const char *
topic_of(EngineTurn *turn)
{
	const char *topic = base_jsonb_text(turn->state, "topic");

	if (topic == NULL)
		topic = base_jsonb_text(turn->state, "route");
	return topic ? topic : "";
}

/* ----- patches ----- */

static void
begin_routing(BaseObject *patch, const char *intent, const char *route, const char *priority)
{
	base_object_begin(patch);
	base_object_add_text(patch, "intent", intent);
	base_object_add_text(patch, "route", route);
	base_object_add_text(patch, "priority", priority);
	base_object_add_real(patch, "sentiment", 0, 0);
	base_object_add_real(patch, "confidence_score", 1, 0);
	base_object_add_bool(patch, "needs_human", false);
}

static Jsonb *
route_to(const char *intent, const char *route)
{
	BaseObject	patch;

	begin_routing(&patch, intent, route, "medium");
	return base_object_end_jsonb(&patch);
}

/* Thanks are answered once, a mere "ok" or "bye" needs no answer. */
static Jsonb *
close_politely(EngineTurn *turn, const AgentsReading *reading)
{
	int			before = base_jsonb_number(turn->state, "closings", 0);
	BaseObject	patch;

	begin_routing(&patch, "thanks", "automated", "low");
	base_object_add_int(&patch, "closings", Min(before, 1000) + 1);
	if (strcmp(topic_of(turn), "recruitment") == 0)
		base_object_add_text(&patch, "topic", "recruitment");
	if (before > 0 || (reading->classes & AGENTS_WORD_THANKS) == 0)
		base_object_add_bool(&patch, "settled", true);
	return base_object_end_jsonb(&patch);
}

/* ----- the end of an alert ----- */

static char *
render(EngineTurn *turn, const char *name, Jsonb *fields)
{
	char	   *language = base_jsonb_text(turn->state, "language");
	Datum		values[] = {Int32GetDatum(turn->account_id), CStringGetTextDatum(name),
	CStringGetTextDatum(language ? language : "en"), JsonbPGetDatum(fields)};

	base_spi_execute(&sentence_statement, values, NULL);
	return base_spi_text(0, 1);
}

/* {"ids": […], "products": text} of the alerts that a message means; NULL: none. */
static Jsonb *
find_alerts(EngineTurn *turn, const AgentsReading *reading)
{
	const InboxSubject *subject = turn->subject;
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&subject->lead_id),
		CStringGetTextDatum(base_jsonb_text(turn->state, "content")),
	BoolGetDatum((reading->classes & AGENTS_WORD_ALL) != 0)};
	bool		isnull;
	Datum		found;

	base_spi_execute(&alert_statement, values, NULL);
	found = base_spi_value(0, 1, &isnull);
	return isnull ? NULL : DatumGetJsonbPCopy(found);
}

static Jsonb *
look_at_alerts(EngineTurn *turn, const AgentsReading *reading)
{
	Jsonb	   *meant;
	char	   *sentence;
	BaseObject	patch;

	if ((reading->classes & AGENTS_WORD_CANCEL) == 0 || (reading->classes & AGENTS_WORD_ALERT) == 0 ||
		turn->subject == NULL || (meant = find_alerts(turn, reading)) == NULL)
		return NULL;
	sentence = render(turn, "alert_cancelled", base_object_of_text("product", base_jsonb_text(meant, "products")));
	begin_routing(&patch, "stock_alert_cancelled", "automated", "low");
	base_object_add_bool(&patch, "settled", true);
	base_object_add_text(&patch, "agent_response", sentence);
	base_object_add_text(&patch, "assigned_agent", "crm");
	base_object_add_jsonb(&patch, "alerts_cancelled", base_jsonb_member(meant, "ids"));
	return base_object_end_jsonb(&patch);
}

void
agents_context_conclude(EngineTurn *turn)
{
	Jsonb	   *ids = base_jsonb_member(turn->state, "alerts_cancelled");
	const InboxSubject *subject = turn->subject;
	Datum		values[3];

	if (ids == NULL || subject == NULL || turn->is_rehearsal)
		return;
	values[0] = Int32GetDatum(turn->account_id);
	values[1] = UUIDPGetDatum(&subject->lead_id);
	values[2] = JsonbPGetDatum(ids);
	base_spi_execute(&cancel_statement, values, NULL);
}

/* ----- answers ----- */

static bool
is_danger(EngineTurn *turn)
{
	char	   *content = base_jsonb_text(turn->state, "content");
	LlmClassification found;

	return llm_classifier_classify(turn->account_id, content, strlen(content), &found) &&
		strcmp(found.route, "high_priority") == 0;
}

static bool
is_value(const AgentsReading *reading)
{
	return reading->words > 0 && reading->of_value == reading->words && !reading->is_question;
}

/* A yes or a no, and nothing else. */
static bool
is_answer(const AgentsReading *reading)
{
	return reading->words > 0 && reading->words <= ANSWER_WORDS && reading->of_answer == reading->words &&
		!reading->is_question &&
		(reading->classes & (AGENTS_WORD_YES | AGENTS_WORD_NO | AGENTS_WORD_ASSENT)) != 0;
}

static bool
is_no(const AgentsReading *reading)
{
	return (reading->classes & AGENTS_WORD_NO) != 0;
}

/* To what we asked about stock: which product, or whether to tell. */
static Jsonb *
look_at_stock(EngineTurn *turn, const AgentsReading *reading)
{
	char	   *asked = base_jsonb_text(turn->state, "stock_asked");

	if (asked == NULL || !was_asked(turn) || reading->is_question)
		return NULL;
	if (is_answer(reading) && is_no(reading))
		return close_politely(turn, reading);
	if (is_answer(reading) && strcmp(asked, "wish") == 0)
		return route_to("stock_alert_request", "stock_alert");
	if (strcmp(asked, "product") == 0 && reading->words <= PRODUCT_WORDS && !agents_words_is_closing(reading) &&
		!is_danger(turn))
		return route_to("stock_alert_request", "stock_alert");
	return NULL;
}

/* The campaign sent to the person lately, and when; NULL: none. */
static char *
find_campaign(EngineTurn *turn, TimestampTz *sent_at)
{
	const InboxSubject *subject = turn->subject;
	Datum		values[] = {Int32GetDatum(turn->account_id),
	subject ? UUIDPGetDatum(&subject->lead_id) : (Datum) 0};
	bool		isnull;

	if (subject == NULL || base_spi_execute(&sent_statement, values, NULL) == 0)
		return NULL;
	*sent_at = DatumGetTimestampTz(base_spi_value(0, 2, &isnull));
	return base_spi_text(0, 1);
}

/* To a campaign that was the last we sent, or is what the talk is about. */
static Jsonb *
look_at_campaign(EngineTurn *turn, const AgentsReading *reading)
{
	const InboxUtterance *ours;
	TimestampTz sent_at;

	if (!is_answer(reading) || find_campaign(turn, &sent_at) == NULL)
		return NULL;
	ours = last_said(turn, false);
	/* the message itself may stand in the history, a moment after it was sent */
	if (ours && ours->sent_at > sent_at + USECS_PER_MINUTE && strcmp(topic_of(turn), "campaign") != 0)
		return NULL;
	return route_to(is_no(reading) ? "campaign_no" : "campaign_yes", "campaign");
}

/* Where we talk about a job, what is short and asks nothing is about it. */
static Jsonb *
look_at_candidate(EngineTurn *turn, const AgentsReading *reading)
{
	if (strcmp(topic_of(turn), "recruitment") != 0 || reading->is_question ||
		reading->words == 0 || reading->words > CANDIDATE_WORDS || last_said(turn, false) == NULL)
		return NULL;
	if (is_value(reading))
		return route_to("recruitment_application", "recruitment");
	if (!was_asked(turn) || is_danger(turn))
		return NULL;
	return route_to("recruitment_application", "recruitment");
}

/* Thanks and goodbyes; an assent to what we asked of a candidate is an answer. */
static Jsonb *
look_at_closing(EngineTurn *turn, const AgentsReading *reading)
{
	if (!agents_words_is_closing(reading) || last_said(turn, false) == NULL)
		return NULL;
	if ((reading->classes & (AGENTS_WORD_THANKS | AGENTS_WORD_LEAVE)) == 0 && was_asked(turn) &&
		strcmp(topic_of(turn), "recruitment") == 0)
		return NULL;
	return close_politely(turn, reading);
}

Jsonb *
agents_context_route(EngineTurn *turn)
{
	static Jsonb *(*const looks[]) (EngineTurn *turn, const AgentsReading *reading) = {
		look_at_alerts, look_at_stock, look_at_campaign, look_at_closing, look_at_candidate,
	};
	AgentsReading reading = read_message(turn);
	Jsonb	   *routing = NULL;

	/* who wants every message sorted by a model gets that */
	if (setting_router_confidence > 1)
		return NULL;
	for (int i = 0; i < lengthof(looks) && reading.words > 0 && routing == NULL; i++)
		routing = looks[i] (turn, &reading);
	return routing;
}

/* ----- what others decide ----- */

bool
agents_context_doubts(EngineTurn *turn, const LlmClassification *found)
{
	AgentsReading reading = read_message(turn);
	TimestampTz sent_at;

	if (strcmp(found->route, "campaign") == 0 && find_campaign(turn, &sent_at) == NULL)
		return true;
	if (is_value(&reading))
		return true;
	/* "and on Tuesdays?" is about what the talk was about */
	if (reading.is_linked && agents_words_is_short_question(&reading) && strcmp(found->priority, "high") != 0 &&
		strcmp(found->route, "automated") != 0 && strcmp(found->route, topic_of(turn)) != 0)
		return true;
	return reading.words <= UNSURE_WORDS && !reading.is_question &&
		strcmp(found->priority, "high") != 0 && was_asked(turn);
}

/* A language that few words seem to be in is not that of the conversation. */
static void
keep_language(EngineTurn *turn, Jsonb *routing, BaseObject *patch)
{
	char	   *known = base_jsonb_text(turn->state, "language");
	char	   *found = base_jsonb_text(routing, "language");

	if (known && (found == NULL || (strcmp(known, found) != 0 && read_message(turn).words <= LANGUAGE_WORDS)))
		base_object_add_text(patch, "language", known);
}

/* A member that only holds while others say so. */
static void
drop_unless_said(EngineTurn *turn, Jsonb *routing, BaseObject *patch, const char *key)
{
	if (base_jsonb_text(turn->state, key) != NULL && base_jsonb_text(routing, key) == NULL)
		base_object_add_null(patch, key);
}

/* Thanks that others have recognized are thanks, too. */
static void
count_closing(EngineTurn *turn, Jsonb *routing, BaseObject *patch)
{
	char	   *intent = base_jsonb_text(routing, "intent");
	char	   *route = base_jsonb_text(routing, "route");
	int			before = base_jsonb_number(turn->state, "closings", 0);
	AgentsReading reading;

	if (intent == NULL || strcmp(intent, "thanks") != 0 || route == NULL || strcmp(route, "automated") != 0 ||
		base_jsonb_text(routing, "guesses") != NULL)
	{
		drop_unless_said(turn, routing, patch, "closings");
		return;
	}
	if (base_jsonb_text(routing, "closings") != NULL)
		return;
	base_object_add_int(patch, "closings", Min(before, 1000) + 1);
	/* whoever asks in the same breath, or says more, is not left without a word */
	reading = read_message(turn);
	if (before > 0 && !reading.is_question && reading.words <= AGENTS_WORDS_CLOSING)
		base_object_add_bool(patch, "settled", true);
}

Jsonb *
agents_context_complete(EngineTurn *turn, Jsonb *routing)
{
	char	   *route = base_jsonb_text(routing, "route");
	TimestampTz sent_at;
	BaseObject	patch;

	base_object_begin(&patch);
	keep_language(turn, routing, &patch);
	count_closing(turn, routing, &patch);
	drop_unless_said(turn, routing, &patch, "topic");
	drop_unless_said(turn, routing, &patch, "guesses");
	if (route && strcmp(route, "stock_alert") != 0)
		drop_unless_said(turn, routing, &patch, "stock_asked");
	if (route && strcmp(route, "campaign") == 0)
	{
		char	   *campaign = find_campaign(turn, &sent_at);

		if (campaign)
			base_object_add_text(&patch, "campaign_id", campaign);
		else
			base_object_add_null(&patch, "campaign_id");
	}
	if (base_object_is_empty(&patch))
		return routing;
	return base_jsonb_merge(routing, base_object_end_jsonb(&patch));
}

bool
agents_context_is_settled(EngineTurn *turn)
{
	return base_jsonb_bool(turn->state, "settled", false);
}

bool
agents_context_is_bare(EngineTurn *turn)
{
	AgentsReading reading = read_message(turn);

	return is_value(&reading);
}
