/*
 * fake_decision.c
 *		What a stand-in model makes of a customer's text: keywords decide.
 *
 * The text is looked at as it stands in the request, JSON-escaped once or
 * twice, so that nothing is copied.  A marker [[route=…]] within it decides
 * over all keywords, the last one over the others.
 */
#include "fake_decision.h"

#include <string.h>
#include <strings.h>

typedef struct Keyword
{
	const char *word;			/* a prefix when it ends in * */
	FakeRoute route;
} Keyword;

const char *const fake_route_names[FAKE_ROUTE_COUNT] = {
	[FAKE_ROUTE_AUTOMATED] = "automated",
	[FAKE_ROUTE_HIGH_PRIORITY] = "high_priority",
	[FAKE_ROUTE_RECRUITMENT] = "recruitment",
	[FAKE_ROUTE_CAMPAIGN] = "campaign",
	[FAKE_ROUTE_STOCK_ALERT] = "stock_alert",
};

/* In the order of their weight: the first list that has a word decides. */
static const Keyword keywords[] = {
	{ "angry", FAKE_ROUTE_HIGH_PRIORITY },
	{ "lawyer*", FAKE_ROUTE_HIGH_PRIORITY },
	{ "furious", FAKE_ROUTE_HIGH_PRIORITY },
	{ "manager", FAKE_ROUTE_HIGH_PRIORITY },
	{ "card number", FAKE_ROUTE_HIGH_PRIORITY },
	{ "job*", FAKE_ROUTE_RECRUITMENT },
	{ "apply*", FAKE_ROUTE_RECRUITMENT },
	{ "nurs*", FAKE_ROUTE_RECRUITMENT },
	{ "cv", FAKE_ROUTE_RECRUITMENT },
	{ "vacanc*", FAKE_ROUTE_RECRUITMENT },
	{ "campaign*", FAKE_ROUTE_CAMPAIGN },
	{ "discount*", FAKE_ROUTE_CAMPAIGN },
	{ "stock", FAKE_ROUTE_STOCK_ALERT },
	{ "available", FAKE_ROUTE_STOCK_ALERT },
	{ "size*", FAKE_ROUTE_STOCK_ALERT },
};

static bool
is_word_byte(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') ||
		c == '_' || (c & 0x80) != 0;
}

static bool
matches_word(const Keyword *keyword, const char *at, const char *end)
{
	size_t len = strlen(keyword->word);
	bool is_prefix = keyword->word[len - 1] == '*';

	if (is_prefix)
		len--;
	if ((size_t) (end - at) < len || strncasecmp(at, keyword->word, len) != 0)
		return false;
	return is_prefix || at + len == end || !is_word_byte(at[len]);
}

/* The best keyword's place in the list, or the list's length. */
static size_t
best_keyword(FakeSlice text, bool *has_yes)
{
	size_t count = sizeof(keywords) / sizeof(keywords[0]);
	size_t best = count;
	const char *end = text.at + text.len;
	const char *at = text.at;

	while (at < end)
	{
		if (*at == '\\')
		{
			/* an escape, of whatever depth, and its letter are no word */
			while (at < end && *at == '\\')
				at++;
			at++;
			continue;
		}
		if (!is_word_byte(*at))
		{
			at++;
			continue;
		}
		for (size_t i = 0; i < best; i++)
			if ((*at | 32) == keywords[i].word[0] &&
				matches_word(&keywords[i], at, end))
				best = i;
		if (end - at >= 3 && memcmp(at, "YES", 3) == 0 &&
			(end - at == 3 || !is_word_byte(at[3])))
			*has_yes = true;
		while (at < end && is_word_byte(*at))
			at++;
	}
	return best;
}

/* The value of the last marker [[name=value]] in the text. */
bool
fake_decision_marker(FakeSlice text, const char *name, FakeSlice *value)
{
	size_t len = strlen(name);
	const char *end = text.at + text.len;
	const char *at = text.at;
	bool found = false;

	while (at < end &&
		   (at = memmem(at, (size_t) (end - at), "[[", 2)) != NULL)
	{
		const char *close;

		at += 2;
		if ((size_t) (end - at) <= len || memcmp(at, name, len) != 0 ||
			at[len] != '=')
			continue;
		at += len + 1;
		close = memmem(at, (size_t) (end - at), "]]", 2);
		if (close == NULL)
			return found;
		*value = (FakeSlice) { at, (size_t) (close - at) };
		found = true;
		at = close;
	}
	return found;
}

/*
 * The customer's own words: what follows the member body, content or text
 * where the message is one JSON object in a string, else all of it.
 */
static FakeSlice
customer_words(FakeSlice message)
{
	static const char *const members[] = { "\\\"body\\\":", "\\\"content\\\":",
		"\\\"message\\\":", "\\\"messages\\\":" };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
	{
		const char *at = memmem(message.at, message.len, members[i],
								strlen(members[i]));

		if (at != NULL)
			return (FakeSlice) { at + strlen(members[i]),
				(size_t) (message.at + message.len - at) -
				strlen(members[i]) };
	}
	return message;
}

/* Decides on the last user message, given as it stands in the request. */
FakeDecision
fake_decision_make(FakeSlice message)
{
	size_t count = sizeof(keywords) / sizeof(keywords[0]);
	FakeDecision decision = { FAKE_ROUTE_AUTOMATED, { "", 0 } };
	FakeSlice marked;
	bool has_yes = false;
	size_t best;

	if (message.len == 0)
		return decision;
	decision.text = customer_words(message);
	if (fake_decision_marker(message, "route", &marked))
		for (int i = 0; i < FAKE_ROUTE_COUNT; i++)
			if (fake_slice_is(marked, fake_route_names[i]))
			{
				decision.route = (FakeRoute) i;
				return decision;
			}
	best = best_keyword(decision.text, &has_yes);
	if (best < count)
		decision.route = keywords[best].route;
	if (has_yes && decision.route != FAKE_ROUTE_HIGH_PRIORITY &&
		decision.route != FAKE_ROUTE_RECRUITMENT)
		decision.route = FAKE_ROUTE_CAMPAIGN;
	return decision;
}
