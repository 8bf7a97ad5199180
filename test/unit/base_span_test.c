/*
 * base_span_test.c
 *		That reading JSON takes a bounded number of steps for each byte of any
 *		text: finding and cleaning with spans, and a tree of models' answers.
 *
 * Steps are counted as counted_steps.h says.
 */
#include "postgres.h"

#include "base/base_span.h"
#include "counted_steps.h"
#include "gateway_tap.h"
#include "lib/stringinfo.h"
#include "llm/llm_json.h"

#define BYTES 200000

/* No text needs half of these steps a byte; what reads once for each level of
 * nesting needs hundreds. */
#define MOST_STEPS 60
#define LEVELS (BASE_SPAN_MAX_DEPTH - 1)

/* What is repeated, and what stands before and behind it all. */
static const struct
{
	const char *name;
	const char *before;
	const char *piece;
	const char *behind;
	bool		nests;			/* LEVELS times more of both */
}			shapes[] = {
	{"a long string", "\"", "words of a message ", "\""},
	{"escapes", "\"", "\\u0000\\ud800\\n\\ud83d\\ude00", "\""},
	{"bytes that are no UTF-8", "\"", "\xFF\xE2\x82", "\""},
	{"many numbers", "[0", ",-12.5e+7", "]"},
	{"many members", "{\"x\":0", ",\"id\":{\"i\":[]}", "}"},
	{"blanks", "[0", " ", "]"},
	{"a long string deep inside", "[", "words of a message ", "]", true},
	{"a long string in members of members", "{\"m\":", "words of a message ", "}", true},
};

static StringInfoData
build(int shape, int bytes)
{
	int			levels = shapes[shape].nests ? LEVELS : 1;
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < levels; i++)
		appendStringInfoString(&text, shapes[shape].before);
	if (shapes[shape].nests)
		appendStringInfoChar(&text, '"');
	while (text.len < bytes)
		appendStringInfoString(&text, shapes[shape].piece);
	if (shapes[shape].nests)
		appendStringInfoChar(&text, '"');
	for (int i = 0; i < levels; i++)
		appendStringInfoString(&text, shapes[shape].behind);
	return text;
}

static void
check_shape(int shape)
{
	static const char *const keys[] = {"id", "content", "m"};
	StringInfoData text = build(shape, BYTES);
	const char *name = shapes[shape].name;
	const char *problem;
	BaseSpan	value;
	BaseSpan	found[lengthof(keys)];

	steps = 0;
	ok(base_span_parse_bytes(text.data, text.len, BASE_SPAN_BYTES, &value) == NULL, name);
	base_span_find(&value, keys, lengthof(keys), found);
	ok(base_span_clean(&value) != NULL && steps < (long) text.len * MOST_STEPS, "is found in and cleaned in linear time");
	steps = 0;
	ok(llm_json_parse(text.data, text.len, &problem) != NULL && steps < (long) text.len * MOST_STEPS,
	   "is made a tree in linear time");
}

int
main(void)
{
	for (int i = 0; i < lengthof(shapes); i++)
		check_shape(i);
	return done();
}
