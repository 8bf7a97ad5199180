/*
 * fake_json.c
 *		A strict JSON scanner that allocates nothing.
 *
 * The stand-ins read thousands of requests per second beside the program that
 * is measured, so bodies are scanned in place.  fake_json_check() accepts RFC
 * 8259 in valid UTF-8 only, with escaped surrogates in pairs, as the model
 * services do; the walks below it must be used on checked text.
 */
#include "fake_json.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 200

typedef struct Scan
{
	const char *at;
	const char *end;
	const char *error;
	int depth;
} Scan;

static bool scan_value(Scan *scan);

static bool
fail(Scan *scan, const char *error)
{
	if (scan->error == NULL)
		scan->error = error;
	return false;
}

static const char *
skip_blank(const char *at, const char *end)
{
	while (at < end &&
		   (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	return at;
}

/* Length of the UTF-8 sequence at `at`, or 0 when it is not one. */
static int
utf8_length(const char *at, const char *end)
{
	const unsigned char *s = (const unsigned char *) at;
	int len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] < 0xc2 || s[0] > 0xf4 || end - at < len)
		return 0;
	for (int i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static int
hex4(const char *at, const char *end)
{
	int code = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		char c = at[i];

		if (c >= '0' && c <= '9')
			code = code * 16 + (c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			code = code * 16 + ((c | 32) - 'a' + 10);
		else
			return -1;
	}
	return code;
}

/* Scans what follows a backslash; `at` stands on the escape's letter. */
static bool
scan_escape(Scan *scan)
{
	int code;

	if (scan->at >= scan->end)
		return fail(scan, "unexpected end of data");
	if (*scan->at != 'u')
	{
		if (strchr("\"\\/bfnrt", *scan->at) == NULL || *scan->at == '\0')
			return fail(scan, "invalid escape in string");
		scan->at++;
		return true;
	}
	code = hex4(scan->at + 1, scan->end);
	if (code < 0)
		return fail(scan, "invalid escape in string");
	scan->at += 5;
	if (code >= 0xdc00 && code <= 0xdfff)
		return fail(scan, "no high surrogate in string");
	if (code < 0xd800 || code > 0xdbff)
		return true;
	if (scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u')
		return fail(scan, "no low surrogate in string");
	code = hex4(scan->at + 2, scan->end);
	if (code < 0xdc00 || code > 0xdfff)
		return fail(scan, "no low surrogate in string");
	scan->at += 6;
	return true;
}

static bool
scan_string(Scan *scan)
{
	for (scan->at++; scan->at < scan->end;)
	{
		unsigned char c = (unsigned char) *scan->at;

		if (c == '"')
		{
			scan->at++;
			return true;
		}
		if (c < 0x20)
			return fail(scan, "unexpected control character in string");
		if (c == '\\')
		{
			scan->at++;
			if (!scan_escape(scan))
				return false;
		}
		else if (c < 0x80)
			scan->at++;
		else
		{
			int len = utf8_length(scan->at, scan->end);

			if (len == 0)
				return fail(scan, "invalid UTF-8 in string");
			scan->at += len;
		}
	}
	return fail(scan, "unexpected end of data");
}

static bool
scan_digits(Scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > start || fail(scan, "invalid number");
}

static bool
scan_number(Scan *scan)
{
	if (*scan->at == '-')
		scan->at++;
	if (scan->at < scan->end && *scan->at == '0')
		scan->at++;
	else if (!scan_digits(scan))
		return false;
	if (scan->at < scan->end && *scan->at == '.')
	{
		scan->at++;
		if (!scan_digits(scan))
			return false;
	}
	if (scan->at < scan->end && (*scan->at | 32) == 'e')
	{
		scan->at++;
		if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
			scan->at++;
		return scan_digits(scan);
	}
	return true;
}

static bool
scan_word(Scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t) (scan->end - scan->at) < len ||
		memcmp(scan->at, word, len) != 0)
		return fail(scan, "unexpected character");
	scan->at += len;
	return true;
}

/* Scans one `"key":`. */
static bool
scan_key(Scan *scan)
{
	scan->at = skip_blank(scan->at, scan->end);
	if (scan->at >= scan->end || *scan->at != '"')
		return fail(scan, "expected a key");
	if (!scan_string(scan))
		return false;
	scan->at = skip_blank(scan->at, scan->end);
	if (scan->at >= scan->end || *scan->at != ':')
		return fail(scan, "expected a colon");
	scan->at++;
	return true;
}

static bool
scan_container(Scan *scan, char close)
{
	scan->at = skip_blank(scan->at + 1, scan->end);
	if (scan->at < scan->end && *scan->at == close)
	{
		scan->at++;
		return true;
	}
	for (;;)
	{
		if (close == '}' && !scan_key(scan))
			return false;
		if (!scan_value(scan))
			return false;
		scan->at = skip_blank(scan->at, scan->end);
		if (scan->at >= scan->end)
			return fail(scan, "unexpected end of data");
		if (*scan->at == close)
		{
			scan->at++;
			return true;
		}
		if (*scan->at != ',')
			return fail(scan, "expected a comma");
		scan->at++;
	}
}

static bool
scan_value(Scan *scan)
{
	bool good;

	scan->at = skip_blank(scan->at, scan->end);
	if (scan->at >= scan->end)
		return fail(scan, "unexpected end of data");
	switch (*scan->at)
	{
		case '"':
			return scan_string(scan);
		case '{':
		case '[':
			if (++scan->depth > MAX_DEPTH)
				return fail(scan, "nested too deeply");
			good = scan_container(scan, *scan->at == '{' ? '}' : ']');
			scan->depth--;
			return good;
		case 't':
			return scan_word(scan, "true");
		case 'f':
			return scan_word(scan, "false");
		case 'n':
			return scan_word(scan, "null");
		default:
			if (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'))
				return scan_number(scan);
			return fail(scan, "unexpected character");
	}
}

/* Whether the whole text is one JSON value; names the fault when it is not. */
bool
fake_json_check(FakeSlice json, const char **error)
{
	Scan scan = { json.at, json.at + json.len, NULL, 0 };

	*error = NULL;
	if (scan_value(&scan) &&
		skip_blank(scan.at, scan.end) < scan.end)
		fail(&scan, "trailing characters");
	*error = scan.error;
	return scan.error == NULL;
}

/* Starts a walk over an object or array; of anything else it yields nothing. */
FakeJsonWalk
fake_json_walk(FakeSlice container)
{
	FakeJsonWalk walk = { NULL, NULL };
	const char *end = container.at + container.len;
	const char *at;

	if (container.len == 0)
		return walk;
	at = skip_blank(container.at, end);
	if (at < end && (*at == '{' || *at == '['))
		walk = (FakeJsonWalk) { at + 1, end };
	return walk;
}

/* The end of the checked value that starts at `at`. */
static const char *
value_end(const char *at, const char *end)
{
	int depth = 0;

	for (; at < end; at++)
	{
		if (*at == '"')
		{
			for (at++; at < end && *at != '"'; at++)
				if (*at == '\\')
					at++;
			if (depth == 0)
				return at + 1;
		}
		else if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
		{
			if (depth == 0)
				return at;
			if (--depth == 0)
				return at + 1;
		}
		else if (depth == 0 && strchr(", \n\r\t", *at) != NULL)
			return at;
	}
	return end;
}

/* The next element of an array. */
bool
fake_json_element(FakeJsonWalk *walk, FakeSlice *value)
{
	const char *at = walk->at;

	if (at == NULL)
		return false;
	at = skip_blank(at, walk->end);
	if (at < walk->end && *at == ',')
		at = skip_blank(at + 1, walk->end);
	if (at >= walk->end || *at == ']' || *at == '}')
		return false;
	value->at = at;
	walk->at = value_end(at, walk->end);
	value->len = (size_t) (walk->at - at);
	return true;
}

/* The next member of an object; the key comes without quotes, undecoded. */
bool
fake_json_member(FakeJsonWalk *walk, FakeSlice *key, FakeSlice *value)
{
	FakeSlice quoted;

	if (!fake_json_element(walk, &quoted) || quoted.at[0] != '"')
		return false;
	*key = fake_json_inside(quoted);
	walk->at = skip_blank(walk->at, walk->end);
	if (walk->at < walk->end && *walk->at == ':')
		walk->at++;
	return fake_json_element(walk, value);
}

/* The value of a member, or an empty slice. */
FakeSlice
fake_json_find(FakeSlice object, const char *key)
{
	FakeJsonWalk walk = fake_json_walk(object);
	FakeSlice name;
	FakeSlice value;

	while (fake_json_member(&walk, &name, &value))
		if (fake_slice_is(name, key))
			return value;
	return (FakeSlice) { NULL, 0 };
}

/* What stands between a string's quotes, undecoded; empty for other values. */
FakeSlice
fake_json_inside(FakeSlice string)
{
	if (string.len < 2 || string.at[0] != '"')
		return (FakeSlice) { "", 0 };
	return (FakeSlice) { string.at + 1, string.len - 2 };
}

static void
append_code_point(FakeText *text, unsigned code)
{
	char s[4];
	size_t len = 0;

	if (code < 0x80)
		s[len++] = (char) code;
	else if (code < 0x800)
		s[len++] = (char) (0xc0 | code >> 6);
	else if (code < 0x10000)
		s[len++] = (char) (0xe0 | code >> 12);
	else
		s[len++] = (char) (0xf0 | code >> 18);
	if (code >= 0x10000)
		s[len++] = (char) (0x80 | (code >> 12 & 63));
	if (code >= 0x800)
		s[len++] = (char) (0x80 | (code >> 6 & 63));
	if (code >= 0x80)
		s[len++] = (char) (0x80 | (code & 63));
	fake_text_append(text, s, len);
}

/* Appends what a checked string means, its escapes resolved. */
void
fake_json_decode(FakeText *text, FakeSlice string)
{
	static const char letters[] = "bfnrt";
	static const char meanings[] = "\b\f\n\r\t";
	FakeSlice in = fake_json_inside(string);
	const char *end = in.at + in.len;

	for (const char *at = in.at; at < end; at++)
	{
		const char *letter;
		int code;

		if (*at != '\\')
		{
			fake_text_append(text, at, 1);
			continue;
		}
		at++;
		if (*at != 'u')
		{
			letter = strchr(letters, *at);
			fake_text_append(text, letter ? meanings + (letter - letters) : at,
							 1);
			continue;
		}
		code = hex4(at + 1, end);
		at += 4;
		if (code >= 0xd800 && code <= 0xdbff)
		{
			code = 0x10000 + ((code - 0xd800) << 10) +
				(hex4(at + 3, end) - 0xdc00);
			at += 6;
		}
		append_code_point(text, (unsigned) code);
	}
}
