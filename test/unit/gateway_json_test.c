/*
 * gateway_json_test.c
 *		The JSON scanner: what passes, what does not, and what is written.
 */
#include "gateway_json.h"

#include <stdlib.h>

#include "gateway_tap.h"

#define LITERAL(text) text, sizeof(text) - 1

static const struct
{
	const char *text;
	size_t length;
	GatewayJsonVerdict verdict;
} cases[] = {
	{LITERAL("{}"), GATEWAY_JSON_VALID},
	{LITERAL("[]"), GATEWAY_JSON_VALID},
	{LITERAL(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"), GATEWAY_JSON_VALID},
	{LITERAL("null"), GATEWAY_JSON_VALID},
	{LITERAL("true"), GATEWAY_JSON_VALID},
	{LITERAL("false"), GATEWAY_JSON_VALID},
	{LITERAL("0"), GATEWAY_JSON_VALID},
	{LITERAL("-0"), GATEWAY_JSON_VALID},
	{LITERAL("-1.5e+10"), GATEWAY_JSON_VALID},
	{LITERAL("1E400"), GATEWAY_JSON_VALID},
	{LITERAL("\"\""), GATEWAY_JSON_VALID},
	{LITERAL("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""), GATEWAY_JSON_VALID},
	{LITERAL("\"a\\u0000b\""), GATEWAY_JSON_VALID},
	{LITERAL("\"\\ud800\""), GATEWAY_JSON_VALID},
	{LITERAL("\"\\udc00\\ud800\""), GATEWAY_JSON_VALID},
	{LITERAL("{\"a\":1,\"a\":2}"), GATEWAY_JSON_VALID},
	{LITERAL("\"h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80\""),
	 GATEWAY_JSON_VALID},
	{LITERAL("\"\xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf\""),
	 GATEWAY_JSON_VALID},
	{LITERAL("\"\x7f\""), GATEWAY_JSON_VALID},
	{LITERAL("[[[[{\"a\":[{}]}]]]]"), GATEWAY_JSON_VALID},
	{LITERAL(""), GATEWAY_JSON_EMPTY},
	{LITERAL(" \n\t"), GATEWAY_JSON_EMPTY},
	{LITERAL("{"), GATEWAY_JSON_SYNTAX},
	{LITERAL("}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("[1,]"), GATEWAY_JSON_SYNTAX},
	{LITERAL("[,1]"), GATEWAY_JSON_SYNTAX},
	{LITERAL("[1 2]"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{\"a\"}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{\"a\":}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{\"a\":1,}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{,}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{1:2}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{a:1}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{'a':1}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("[}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{]"), GATEWAY_JSON_SYNTAX},
	{LITERAL("[1}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{} {}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{}x"), GATEWAY_JSON_SYNTAX},
	{LITERAL("{}\0"), GATEWAY_JSON_SYNTAX},
	{LITERAL("01"), GATEWAY_JSON_SYNTAX},
	{LITERAL("-"), GATEWAY_JSON_SYNTAX},
	{LITERAL("+1"), GATEWAY_JSON_SYNTAX},
	{LITERAL("1."), GATEWAY_JSON_SYNTAX},
	{LITERAL(".5"), GATEWAY_JSON_SYNTAX},
	{LITERAL("1e"), GATEWAY_JSON_SYNTAX},
	{LITERAL("1e+"), GATEWAY_JSON_SYNTAX},
	{LITERAL("0x10"), GATEWAY_JSON_SYNTAX},
	{LITERAL("NaN"), GATEWAY_JSON_SYNTAX},
	{LITERAL("Infinity"), GATEWAY_JSON_SYNTAX},
	{LITERAL("tru"), GATEWAY_JSON_SYNTAX},
	{LITERAL("truex"), GATEWAY_JSON_SYNTAX},
	{LITERAL("True"), GATEWAY_JSON_SYNTAX},
	{LITERAL("nul"), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"abc"), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"abc\\"), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"\\x41\""), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"\\u12\""), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"\\u12g4\""), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"\\\0\""), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"line\nbreak\""), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"tab\tinside\""), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"nul\0inside\""), GATEWAY_JSON_SYNTAX},
	{LITERAL("\xef\xbb\xbf{}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("// comment\n{}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("\xc2\xa0{}"), GATEWAY_JSON_SYNTAX},
	{LITERAL("\"\xff\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\x80\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xc0\xaf\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xc1\xbf\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xc3\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xe0\x80\x80\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xed\xa0\x80\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xf0\x80\x80\x80\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xf4\x90\x80\x80\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"\xf5\x80\x80\x80\""), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("{\"\xe2\x82\":1}"), GATEWAY_JSON_NOT_UTF8},
	{LITERAL("\"cut \xe2\x82"), GATEWAY_JSON_NOT_UTF8},
};

static void
test_verdicts(void)
{
	char name[64];
	GatewayJsonScan scan;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		/* An exact copy, so that a sanitizer sees any look past the end. */
		char *copy = gateway_text_duplicate(cases[i].text, cases[i].length);

		snprintf(name, sizeof(name), "verdict of case %zu", i);
		is_number(gateway_json_scan(copy, cases[i].length, &scan),
				  cases[i].verdict, name);
		free(copy);
	}
}

/* Builds depth openings and, when closed, as many endings. */
static GatewayJsonVerdict
scan_nested(int depth, char open, char close)
{
	GatewayText text = {0};
	GatewayJsonScan scan;
	GatewayJsonVerdict verdict;

	for (int i = 0; i < depth; i++)
	{
		gateway_text_append(&text, &open, 1);
		if (open == '{' && i < depth - 1)
			gateway_text_add(&text, "\"k\":");
	}
	for (int i = 0; i < depth; i++)
		gateway_text_append(&text, &close, 1);
	verdict = gateway_json_scan(text.bytes, text.length, &scan);
	gateway_text_free(&text);
	return verdict;
}

static void
test_depth(void)
{
	is_number(scan_nested(512, '[', ']'), GATEWAY_JSON_VALID,
			  "512 arrays are read");
	is_number(scan_nested(512, '{', '}'), GATEWAY_JSON_VALID,
			  "512 objects are read");
	is_number(scan_nested(513, '[', ']'), GATEWAY_JSON_TOO_DEEP,
			  "513 arrays are too deep");
	is_number(scan_nested(10000, '[', ']'), GATEWAY_JSON_TOO_DEEP,
			  "10,000 arrays are too deep");
	is_number(scan_nested(10000, '{', '}'), GATEWAY_JSON_TOO_DEEP,
			  "10,000 objects are too deep");
}

/* Any prefix of a valid object is invalid, and any byte is looked at. */
static void
test_prefixes(void)
{
	static const char whole[] =
		"{\"content\":\"Ol\xc3\xa1 \\u003cb\\u003e, a longer text\",\"id\":"
		"[1,-2.5e3,true,null,{\"x\":\"\"}]}";
	GatewayJsonScan scan;
	int accepted = 0;
	size_t length = sizeof(whole) - 1;

	for (size_t i = 0; i < length; i++)
	{
		char *copy = gateway_text_duplicate(whole, i);

		accepted += gateway_json_scan(copy, i, &scan) == GATEWAY_JSON_VALID;
		free(copy);
	}
	is_number(accepted, 0, "no true prefix of an object is valid");
	is_number(gateway_json_scan(whole, length, &scan), GATEWAY_JSON_VALID,
			  "the whole object is");

	/* A control character inside a string is found wherever it stands. */
	accepted = 0;
	for (size_t i = 12; i < 40; i++)
	{
		char *copy = gateway_text_duplicate(whole, length);

		copy[i] = '\x01';
		accepted += gateway_json_scan(copy, length, &scan) ==
					GATEWAY_JSON_VALID;
		free(copy);
	}
	is_number(accepted, 0, "a control character is found at every offset");
}

static void
test_keys(void)
{
	static const char text[] =
		"{\"a\":{\"inner\":1},\"b\\u0061\":[{\"c\":2}],\"\":3}";
	GatewayJsonScan scan;
	GatewayText plain = {0};

	gateway_json_scan(text, sizeof(text) - 1, &scan);
	is_number(scan.kind, GATEWAY_JSON_OBJECT, "an object is an object");
	is_number(scan.key_count, 3, "only the outermost keys are reported");
	gateway_json_append_unescaped(&plain, scan.keys[0]);
	is_text(plain.bytes, "a", "a plain key");
	plain.length = 0;
	gateway_json_append_unescaped(&plain, scan.keys[1]);
	is_text(plain.bytes, "ba", "an escaped key");
	is_number((long long) scan.keys[2].length, 0, "an empty key");
	gateway_text_free(&plain);

	gateway_json_scan(LITERAL("[{\"a\":1}]"), &scan);
	is_number(scan.kind, GATEWAY_JSON_ARRAY, "an array is an array");
	is_number(scan.key_count, 0, "and has no keys of its own");
}

static void
test_many_keys(void)
{
	GatewayText text = {0};
	GatewayJsonScan scan;

	gateway_text_add(&text, "{\"k\":0");
	for (int i = 1; i <= GATEWAY_JSON_MAX_KEYS; i++)
		gateway_text_add(&text, ",\"k\":0");
	gateway_text_add(&text, "}");
	gateway_json_scan(text.bytes, text.length, &scan);
	is_number(scan.verdict, GATEWAY_JSON_VALID, "129 keys are valid");
	ok(scan.has_more_keys, "but it is said that not all are listed");
	gateway_text_free(&text);
}

static void
is_written(const char *bytes, size_t length, const char *wanted,
		   const char *name)
{
	GatewayText text = {0};
	GatewayJsonScan scan;

	gateway_json_append_string(&text, bytes, length);
	is_text(text.bytes, wanted, name);
	is_number(gateway_json_scan(text.bytes, text.length, &scan),
			  GATEWAY_JSON_VALID, "and is valid JSON");
	gateway_text_free(&text);
}

static void
test_strings(void)
{
	is_written(LITERAL(""), "\"\"", "an empty string");
	is_written(LITERAL("plain text of some length"),
			   "\"plain text of some length\"", "a plain string");
	is_written(LITERAL("a\"b\\c"), "\"a\\\"b\\\\c\"", "quote and backslash");
	is_written(LITERAL("a\nb\x01"), "\"a\\u000ab\\u0001\"", "control bytes");
	is_written(LITERAL("\xc3\xa9"), "\"\xc3\xa9\"", "UTF-8 stays");
	is_written(LITERAL("\xe9!"), "\"\xc3\xa9!\"", "Latin-1 becomes UTF-8");
}

int
main(void)
{
	test_verdicts();
	test_depth();
	test_prefixes();
	test_keys();
	test_many_keys();
	test_strings();
	ok(gateway_json_is_utf8(LITERAL("\xe2\x82\xac")), "a euro is UTF-8");
	ok(!gateway_json_is_utf8(LITERAL("\xe2\x82")), "two thirds are not");
	return done();
}
