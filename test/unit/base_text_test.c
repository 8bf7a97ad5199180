/*
 * base_text_test.c
 *		That making text plain, and reading what is escaped in an address, takes a
 *		bounded number of steps for each byte of any text.
 *
 * Steps are counted as counted_steps.h says.
 */
#include "postgres.h"

#include "base/base_text.h"
#include "counted_steps.h"
#include "gateway_tap.h"
#include "lib/stringinfo.h"

#define BYTES 200000
#define MOST_STEPS 60

static const char *const pieces[] = {
	"%41", "%4", "%", "%C3%A9", "name.pdf", "a\xCC\x81", "\xE2\x80\x8B", "\xFF", " \n",
};

static void
check_piece(const char *piece)
{
	StringInfoData text;

	initStringInfo(&text);
	while (text.len < BYTES)
		appendStringInfoString(&text, piece);
	steps = 0;
	ok(base_text_unescape(text.data, text.len) != NULL && steps < (long) text.len * MOST_STEPS,
	   "what is escaped is read in linear time");
	steps = 0;
	ok(base_text_plain(text.data) != NULL && base_text_line(text.data) != NULL &&
	   steps < (long) text.len * MOST_STEPS, "is made plain in linear time");
}

static void
check_unescape(const char *text, const char *wanted)
{
	is_text(base_text_unescape(text, strlen(text)), wanted, text);
}

int
main(void)
{
	for (int i = 0; i < lengthof(pieces); i++)
		check_piece(pieces[i]);
	check_unescape("my%20photo%5b1%5D.jpeg", "my photo[1].jpeg");
	check_unescape("%C3%A9t%e9%0A%7f.pdf", "%C3%A9t%e9%0A%7f.pdf");
	check_unescape("%", "%");
	check_unescape("%4", "%4");
	check_unescape("%4g%G4%%41", "%4g%G4%A");
	check_unescape("", "");
	/* nothing behind the bytes that were given is read */
	is_text(base_text_unescape("a%41", 3), "a%4", "an escape that is cut off stays");
	return done();
}
