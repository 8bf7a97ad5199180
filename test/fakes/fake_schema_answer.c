/*
 * fake_schema_answer.c
 *		Fills a compiled schema: deterministic, plausible, of the right type.
 *
 * A marker [[property=value]] in the customer's text decides over everything
 * else; then what the route implies; then a table of names; then the type.
 */
#include "fake_schema_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What one answer needs at every node. */
typedef struct Fill
{
	const FakeDecision *decision;
	const FakeAction *action;
	FakeText *out;
} Fill;

/* What a route implies for the enums and strings of a classification. */
typedef struct RouteView
{
	const char *intent_hints[6];	/* found within an enum's value */
	const char *intent;
	const char *priority;
	int urgency;				/* 1 is the most urgent */
	double sentiment;
	const char *mood;			/* prefix of a sentiment's name */
} RouteView;

static const RouteView route_views[FAKE_ROUTE_COUNT] = {
	[FAKE_ROUTE_AUTOMATED] = { { "faq", "question", "general", "info",
								 "other", NULL },
							   "question", "low", 3, 0.1, "neutral" },
	[FAKE_ROUTE_HIGH_PRIORITY] = { { "complaint", "escalat", "legal", "human",
									 "payment", NULL },
								   "complaint", "high", 1, -0.8, "negative" },
	[FAKE_ROUTE_RECRUITMENT] = { { "job", "appl", "recruit", "candidate",
								   NULL },
								 "job_application", "medium", 2, 0.4,
								 "positive" },
	[FAKE_ROUTE_CAMPAIGN] = { { "campaign", "offer", "discount", "marketing",
								NULL },
							  "campaign_reply", "medium", 2, 0.6, "positive" },
	[FAKE_ROUTE_STOCK_ALERT] = { { "stock", "availab", "product", NULL },
								 "stock_question", "low", 3, 0.1, "neutral" },
};

/* Plausible values for names that stand anywhere in a property's name. */
static const char *const named_strings[][2] = {
	{ "email", "alex.morgan@example.com" },
	{ "phone", "+12025550143" },
	{ "url", "https://example.com/" },
	{ "linkedin", "https://example.com/alex" },
	{ "name", "Alex Morgan" },
	{ "language", "en" },
	{ "lang", "en" },
	{ "location", "Rotterdam" },
	{ "city", "Rotterdam" },
	{ "country", "NL" },
	{ "skill", "patient care" },
	{ "qualification", "registered nurse" },
	{ "education", "Bachelor of Nursing" },
	{ "position", "nurse" },
	{ "job_title", "nurse" },
	{ "title", "nurse" },
	{ "role", "nurse" },
	{ "availability", "from next month" },
	{ "salary", "3,000 EUR per month" },
	{ "currency", "EUR" },
	{ "tag", "fake-tag" },
	{ "summary", "The customer wrote to the front desk." },
	{ "reason", "The customer asks for a person." },
	{ "product", "trail shoe" },
	{ "size", "42" },
	{ "color", "blue" },
	{ "stage", "replied" },
	{ "reply", "Thank you for your message." },
	{ "response", "Thank you for your message." },
	{ "message", "Thank you for your message." },
};

static void fill_node(const Fill *fill, const FakeNode *node);

static bool
is_named(const FakeNode *node, const char *part)
{
	return strcasestr(node->name, part) != NULL;
}

/* The first enum value, JSON text, that holds `part`; NULL when none does. */
static const char *
enum_holding(const FakeNode *node, const char *part)
{
	for (size_t i = 0; i < node->enum_count; i++)
		if (strcasestr(node->enum_values[i], part) != NULL)
			return node->enum_values[i];
	return NULL;
}

static const char *
choose_enum(const Fill *fill, const FakeNode *node)
{
	const RouteView *view = &route_views[fill->decision->route];
	const char *found = NULL;
	char number[16];

	if (is_named(node, "route"))
		found = enum_holding(node, fake_route_names[fill->decision->route]);
	else if (is_named(node, "priority") || is_named(node, "urgency"))
	{
		snprintf(number, sizeof(number), "%d", view->urgency);
		found = enum_holding(node, node->kind == FAKE_NODE_STRING ?
							 view->priority : number);
	}
	else if (is_named(node, "sentiment") || is_named(node, "mood"))
		found = enum_holding(node, view->mood);
	for (int i = 0; found == NULL && view->intent_hints[i] != NULL; i++)
		found = enum_holding(node, view->intent_hints[i]);
	return found != NULL ? found : node->enum_values[0];
}

/* What the text wants a model to say is also what it says in an object. */
static bool
fill_reply(const Fill *fill, const FakeNode *node)
{
	FakeSlice wanted;

	if (strcmp(node->name, "agent_response") != 0 ||
		!fake_decision_marker(fill->decision->text, "reply", &wanted))
		return false;
	fake_text_json(fill->out, wanted);
	return true;
}

static void
fill_string(const Fill *fill, const FakeNode *node)
{
	const RouteView *view = &route_views[fill->decision->route];
	const char *value = NULL;

	if (fill_reply(fill, node))
		return;
	if (node->format != NULL)
		value = strcmp(node->format, "date") == 0 ? "2027-01-15" :
			strcmp(node->format, "date-time") == 0 ? "2027-01-15T09:00:00Z" :
			strcmp(node->format, "time") == 0 ? "09:00:00Z" :
			strcmp(node->format, "email") == 0 ? "alex.morgan@example.com" :
			strcmp(node->format, "uuid") == 0 ?
			"7f3d1c52-9a44-4b0e-8a61-0d2f6c1b9e77" : NULL;
	else if (is_named(node, "route"))
		value = fake_route_names[fill->decision->route];
	else if (is_named(node, "intent"))
		value = view->intent;
	else if (is_named(node, "priority"))
		value = view->priority;
	else if (is_named(node, "sentiment"))
		value = view->mood;
	else if (is_named(node, "date"))
		value = "2027-01-15";
	else
		for (size_t i = 0; value == NULL &&
			 i < sizeof(named_strings) / sizeof(named_strings[0]); i++)
			if (is_named(node, named_strings[i][0]))
				value = named_strings[i][1];
	fake_text_json(fill->out, fake_slice_of(value ? value : "text"));
}

static double
choose_number(const Fill *fill, const FakeNode *node)
{
	const RouteView *view = &route_views[fill->decision->route];
	double value = 1;

	if (is_named(node, "sentiment"))
		value = view->sentiment;
	else if (is_named(node, "confidence") || is_named(node, "score") ||
			 is_named(node, "probability"))
		value = 0.93;
	else if (is_named(node, "priority") || is_named(node, "urgency"))
		value = view->urgency;
	else if (is_named(node, "year") || is_named(node, "experience"))
		value = 5;
	else if (is_named(node, "salary") || is_named(node, "rate"))
		value = 3000;
	if (value < node->minimum)
		value = node->minimum;
	return value > node->maximum ? node->maximum : value;
}

static void
fill_number(const Fill *fill, const FakeNode *node)
{
	const char *quote =
		fake_action_has(fill->action, FAKE_FAULT_NUMBER_AS_STRING) ? "\"" : "";
	double value = choose_number(fill, node);

	if (node->kind == FAKE_NODE_INTEGER)
		fake_text_printf(fill->out, "%s%lld%s", quote, (long long) value,
						 quote);
	else
		fake_text_printf(fill->out, "%s%g%s", quote, value, quote);
}

static bool
choose_boolean(const Fill *fill, const FakeNode *node)
{
	FakeRoute route = fill->decision->route;
	FakeSlice text = fill->decision->text;

	if (is_named(node, "human") || is_named(node, "escalat"))
		return route == FAKE_ROUTE_HIGH_PRIORITY;
	if (is_named(node, "campaign"))
		return route == FAKE_ROUTE_CAMPAIGN;
	if (is_named(node, "stock"))
		return route == FAKE_ROUTE_STOCK_ALERT;
	if (is_named(node, "follow_up"))
		return route == FAKE_ROUTE_RECRUITMENT;
	if (is_named(node, "injection"))
		return fake_slice_has(text, "gnore ") &&
			fake_slice_has(text, "instructions");
	if (is_named(node, "phishing") || is_named(node, "payment"))
		return fake_slice_has(text, "card number");
	return false;
}

/* Whether a nullable property stays null in this decision. */
static bool
stays_null(const Fill *fill, const FakeNode *node)
{
	FakeRoute route = fill->decision->route;

	if (is_named(node, "escalation") || is_named(node, "reason"))
		return route != FAKE_ROUTE_HIGH_PRIORITY;
	if (is_named(node, "campaign") || is_named(node, "_id"))
		return true;
	if (is_named(node, "product") || is_named(node, "size") ||
		is_named(node, "color"))
		return route != FAKE_ROUTE_STOCK_ALERT && route != FAKE_ROUTE_CAMPAIGN;
	if (is_named(node, "follow_up"))
		return route != FAKE_ROUTE_RECRUITMENT;
	if (node->kind != FAKE_NODE_STRING || node->format != NULL)
		return false;
	for (size_t i = 0; i < sizeof(named_strings) / sizeof(named_strings[0]);
		 i++)
		if (is_named(node, named_strings[i][0]))
			return false;
	return true;
}

static void
fill_object(const Fill *fill, const FakeNode *node)
{
	FakeText *out = fill->out;

	fake_text_puts(out, "{");
	for (size_t i = 0; i < node->child_count; i++)
	{
		if (i > 0)
			fake_text_puts(out, ",");
		fake_text_json(out, fake_slice_of(node->children[i]->name));
		fake_text_puts(out, ":");
		fill_node(fill, node->children[i]);
	}
	if (node->name[0] == '\0' && node->child_count > 0)
	{
		if (fake_action_has(fill->action, FAKE_FAULT_UNKNOWN_KEYS))
			fake_text_puts(out, ",\"nobody_asked_for\":[1,{\"x\":null}]");
		if (fake_action_has(fill->action, FAKE_FAULT_DUPLICATE_KEYS))
		{
			fake_text_puts(out, ",");
			fake_text_json(out, fake_slice_of(node->children[0]->name));
			fake_text_puts(out, ":\"second\"");
		}
	}
	fake_text_puts(out, "}");
}

static void
fill_array(const Fill *fill, const FakeNode *node)
{
	int count = node->min_items;

	if (count == 0 && (is_named(node, "skill") || is_named(node, "language") ||
					   is_named(node, "tag") ||
					   is_named(node, "qualification")))
		count = 1;
	fake_text_puts(fill->out, "[");
	for (int i = 0; i < count && node->child_count > 0; i++)
	{
		if (i > 0)
			fake_text_puts(fill->out, ",");
		fill_node(fill, node->children[0]);
	}
	fake_text_puts(fill->out, "]");
}

/* A value the text itself asks for, in the type the schema wants. */
static bool
fill_marked(const Fill *fill, const FakeNode *node)
{
	FakeSlice value;

	if (node->name[0] == '\0' ||
		!fake_decision_marker(fill->decision->text, node->name, &value))
		return false;
	if (node->kind == FAKE_NODE_STRING && !fake_slice_is(value, "null"))
		fake_text_json(fill->out, value);
	else
		fake_text_add(fill->out, value);
	return true;
}

static void
fill_node(const Fill *fill, const FakeNode *node)
{
	if (fill_marked(fill, node))
		return;
	if (node->enum_count > 0)
	{
		if (node->kind == FAKE_NODE_STRING &&
			fake_action_has(fill->action, FAKE_FAULT_BAD_ENUM))
			fake_text_puts(fill->out, "\"none_of_these\"");
		else
			fake_text_puts(fill->out, choose_enum(fill, node));
		return;
	}
	if (node->is_nullable && stays_null(fill, node))
	{
		fake_text_puts(fill->out, "null");
		return;
	}
	switch (node->kind)
	{
		case FAKE_NODE_STRING:
			fill_string(fill, node);
			break;
		case FAKE_NODE_INTEGER:
		case FAKE_NODE_NUMBER:
			fill_number(fill, node);
			break;
		case FAKE_NODE_BOOLEAN:
			fake_text_puts(fill->out, choose_boolean(fill, node) ? "true" :
						   "false");
			break;
		case FAKE_NODE_NULL:
			fake_text_puts(fill->out, "null");
			break;
		case FAKE_NODE_ARRAY:
			fill_array(fill, node);
			break;
		case FAKE_NODE_OBJECT:
			fill_object(fill, node);
			break;
	}
}

/* Appends an object that satisfies the schema, faults of the action aside. */
void
fake_schema_answer(const FakeSchema *schema, const FakeDecision *decision,
				   const FakeAction *action, FakeText *out)
{
	Fill fill = { decision, action, out };

	fill_node(&fill, schema->root);
}
