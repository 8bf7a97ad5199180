/*
 * inbox_markup_test.c
 *		That writing a text as a channel shows it takes a number of steps that
 *		grows as the text does, whatever signs have no partner in it.
 *
 * Steps are counted as counted_steps.h says.
 */
#include "postgres.h"

#include "counted_steps.h"
#include "gateway_tap.h"
#include "inbox/inbox_markup.h"
#include "lib/stringinfo.h"

#define BYTES 20000

static const char *const pieces[] = {
	"*a ", "_a ", "**a ", "~~", "`a", "[a", "[a](", "<a ", "<a href=\"b\">", "<b ", "<http", "| a ", "![",
};

static long
count_steps(const char *piece, int bytes)
{
	StringInfoData text;

	initStringInfo(&text);
	while (text.len < bytes)
		appendStringInfoString(&text, piece);
	steps = 0;
	inbox_markup_write(text.data, INBOX_MARKUP_NONE);
	return steps;
}

int
main(void)
{
	for (int i = 0; i < lengthof(pieces); i++)
		ok(count_steps(pieces[i], 4 * BYTES) < 6 * count_steps(pieces[i], BYTES), pieces[i]);
	return done();
}
