/*
 * inbox_likeness_test.c
 *		That comparing texts takes a bounded number of steps for each byte of any
 *		text, and what counts as the same.
 *
 * Steps are counted as counted_steps.h says.
 */
#include "postgres.h"

#include "counted_steps.h"
#include "gateway_tap.h"
#include "inbox/inbox_likeness.h"
#include "lib/stringinfo.h"

#define BYTES 150000
#define MOST_STEPS 60

static const char *const pieces[] = {
	"[", "[]", "[a](b)", "](", "words of a reply ", "\xC3\xA9", "**",
};

static void
check_piece(const char *piece, const char *behind)
{
	StringInfoData text;
	InboxLikeness likeness;

	initStringInfo(&text);
	while (text.len < BYTES)
		appendStringInfoString(&text, piece);
	appendStringInfoString(&text, behind);
	steps = 0;
	inbox_likeness_read(text.data, &likeness);
	ok(steps < (long) text.len * MOST_STEPS, "a text is read in linear time");
	ok(inbox_likeness_has(&likeness, text.data), "and is like itself");
}

static void
check_pair(const char *echo, const char *reply, bool wanted)
{
	InboxLikeness likeness;

	inbox_likeness_read(echo, &likeness);
	ok(inbox_likeness_has(&likeness, reply) == wanted, echo);
}

int
main(void)
{
	for (int i = 0; i < lengthof(pieces); i++)
	{
		check_piece(pieces[i], "");
		check_piece(pieces[i], "]");
		check_piece(pieces[i], "](");
	}
	check_pair("*Yes*, gladly", "**Yes**, gladly", true);
	check_pair("https://a.example/b", "[Our page](https://a.example/b)", true);
	check_pair("Look: https://a.example/b and https://c.example",
			   "Look: [one] [page](https://a.example/b) and [](https://c.example)", false);
	check_pair("Look: one https://a.example/b and https://c.example",
			   "Look: [one] [page](https://a.example/b) and [](https://c.example)", true);
	check_pair("Yes", "Yes, gladly", false);
	check_pair("and this is the second part of it", "This is a reply, and this is the second part of it.", true);
	check_pair("!", "!", true);
	check_pair("!", "?", false);
	return done();
}
