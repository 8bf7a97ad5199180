/*
 * gateway_json.c
 *		Strict JSON and UTF-8 validation, and writing of JSON strings.
 *
 * Runs in the gateway; pure.  Bytes of strangers are read here first: what
 * passes is RFC 8259 in valid UTF-8, so the server's parser never sees
 * anything else.  Duplicate keys, \u0000 and lone surrogates are grammar and
 * pass: what they mean is decided in SQL.
 *
 * The scanner allocates nothing and does not recurse: the kinds of the open
 * containers are bits in a fixed array, so nesting costs no stack.
 */
#include "gateway_json.h"

#include <stdint.h>
#include <string.h>

/* What may come next. */
typedef enum Expectation
{
	WANT_VALUE,		   /* any value */
	WANT_VALUE_OR_END, /* just after '[' */
	WANT_KEY,		   /* after ',' in an object */
	WANT_KEY_OR_END,   /* just after '{' */
	WANT_COLON,
	WANT_COMMA_OR_END, /* after a value inside a container */
	WANT_NOTHING	   /* after the outermost value */
} Expectation;

typedef struct Scanner
{
	const unsigned char *at;
	const unsigned char *end;
	int depth;
	Expectation want;
	GatewayJsonScan *scan;
	uint64_t is_object[GATEWAY_JSON_MAX_DEPTH / 64 + 1];
} Scanner;

static bool scan_token(Scanner *scanner);
static bool scan_string(Scanner *scanner);
static bool scan_number(Scanner *scanner);
static bool scan_word(Scanner *scanner, const char *word, size_t length);
static bool open_container(Scanner *scanner, bool is_object);
static bool close_container(Scanner *scanner, bool is_object);
static bool scan_key(Scanner *scanner);

static bool
fail(Scanner *scanner, GatewayJsonVerdict verdict)
{
	scanner->scan->verdict = verdict;
	return false;
}

static bool
is_space(unsigned char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static void
skip_space(Scanner *scanner)
{
	while (scanner->at < scanner->end && is_space(*scanner->at))
		scanner->at++;
}

/*
 * Returns how many bytes the UTF-8 character at "at" has, 0 when it is not
 * one: overlong forms, surrogates and values above U+10FFFF are refused.
 */
static size_t
utf8_length(const unsigned char *at, const unsigned char *end)
{
	size_t left = (size_t) (end - at);

	if (at[0] < 0x80)
		return 1;
	if (at[0] >= 0xC2 && at[0] <= 0xDF)
		return left >= 2 && (at[1] & 0xC0) == 0x80 ? 2 : 0;
	if ((at[0] & 0xF0) == 0xE0)
	{
		if (left < 3 || (at[1] & 0xC0) != 0x80 || (at[2] & 0xC0) != 0x80)
			return 0;
		if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F))
			return 0;
		return 3;
	}
	if (at[0] >= 0xF0 && at[0] <= 0xF4)
	{
		if (left < 4 || (at[1] & 0xC0) != 0x80 || (at[2] & 0xC0) != 0x80 ||
			(at[3] & 0xC0) != 0x80)
			return 0;
		if ((at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
			return 0;
		return 4;
	}
	return 0;
}

/*
 * Moves over bytes that need no attention inside a string, eight at a time:
 * neither quote nor backslash nor control character nor part of a longer
 * character.
 */
static const unsigned char *
skip_plain(const unsigned char *at, const unsigned char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t highs = UINT64_C(0x8080808080808080);

	while (end - at >= 8)
	{
		uint64_t word;
		uint64_t quote;
		uint64_t slash;
		uint64_t found;

		memcpy(&word, at, sizeof(word));
		quote = word ^ (ones * '"');
		slash = word ^ (ones * '\\');
		found = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
				((word - ones * 0x20) & ~word) | word;
		if (found & highs)
			break;
		at += 8;
	}
	return at;
}

/*
 * Validates a text and reports the kind of its outermost value and, for an
 * object, its keys.  The keys point into the text.
 */
GatewayJsonVerdict
gateway_json_scan(const char *text, size_t length, GatewayJsonScan *scan)
{
	Scanner scanner;

	scanner.at = (const unsigned char *) text;
	scanner.end = scanner.at + length;
	scanner.depth = 0;
	scanner.want = WANT_VALUE;
	scanner.scan = scan;
	scan->verdict = GATEWAY_JSON_VALID;
	scan->kind = GATEWAY_JSON_SCALAR;
	scan->key_count = 0;
	scan->has_more_keys = false;

	skip_space(&scanner);
	if (scanner.at == scanner.end)
		scan->verdict = GATEWAY_JSON_EMPTY;
	else
	{
		while (scanner.at < scanner.end)
		{
			if (!scan_token(&scanner))
				break;
			skip_space(&scanner);
		}
		if (scan->verdict == GATEWAY_JSON_VALID && scanner.want != WANT_NOTHING)
			scan->verdict = GATEWAY_JSON_SYNTAX;
	}
	scan->offset = (size_t) (scanner.at - (const unsigned char *) text);
	return scan->verdict;
}

/* Notes that a value is complete. */
static bool
finish_value(Scanner *scanner)
{
	scanner->want = scanner->depth > 0 ? WANT_COMMA_OR_END : WANT_NOTHING;
	return true;
}

static bool
is_in_object(const Scanner *scanner)
{
	int level = scanner->depth - 1;

	return scanner->depth > 0 &&
		   (scanner->is_object[level / 64] >> (level % 64) & 1);
}

/* Scans the beginning of a value: a scalar to its end, of a container only the
 * bracket, for the scanner does not recurse. */
static bool
scan_value(Scanner *scanner)
{
	switch (*scanner->at)
	{
		case '{':
			return open_container(scanner, true);
		case '[':
			return open_container(scanner, false);
		case ']':
			if (scanner->want != WANT_VALUE_OR_END)
				return fail(scanner, GATEWAY_JSON_SYNTAX);
			return close_container(scanner, false);
		case '"':
			return scan_string(scanner) && finish_value(scanner);
		case 't':
			return scan_word(scanner, "true", 4);
		case 'f':
			return scan_word(scanner, "false", 5);
		case 'n':
			return scan_word(scanner, "null", 4);
		default:
			return scan_number(scanner) && finish_value(scanner);
	}
}

/* Scans what may come next, as the state says; false at the first byte that
 * may not. */
static bool
scan_token(Scanner *scanner)
{
	unsigned char byte = *scanner->at;

	switch (scanner->want)
	{
		case WANT_VALUE:
		case WANT_VALUE_OR_END:
			return scan_value(scanner);
		case WANT_KEY_OR_END:
			if (byte == '}')
				return close_container(scanner, true);
			return scan_key(scanner);
		case WANT_KEY:
			return scan_key(scanner);
		case WANT_COLON:
			if (byte != ':')
				return fail(scanner, GATEWAY_JSON_SYNTAX);
			scanner->at++;
			scanner->want = WANT_VALUE;
			return true;
		case WANT_COMMA_OR_END:
			if (byte != ',')
				return close_container(scanner, is_in_object(scanner));
			scanner->at++;
			scanner->want = is_in_object(scanner) ? WANT_KEY : WANT_VALUE;
			return true;
		case WANT_NOTHING:
			break;
	}
	return fail(scanner, GATEWAY_JSON_SYNTAX);
}

static bool
open_container(Scanner *scanner, bool is_object)
{
	int level = scanner->depth;

	if (level >= GATEWAY_JSON_MAX_DEPTH)
		return fail(scanner, GATEWAY_JSON_TOO_DEEP);
	if (level == 0)
		scanner->scan->kind =
			is_object ? GATEWAY_JSON_OBJECT : GATEWAY_JSON_ARRAY;
	if (level % 64 == 0)
		scanner->is_object[level / 64] = 0;
	scanner->is_object[level / 64] &= ~(UINT64_C(1) << (level % 64));
	scanner->is_object[level / 64] |= (uint64_t) is_object << (level % 64);
	scanner->depth++;
	scanner->at++;
	scanner->want = is_object ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
	return true;
}

static bool
close_container(Scanner *scanner, bool is_object)
{
	if (*scanner->at != (is_object ? '}' : ']'))
		return fail(scanner, GATEWAY_JSON_SYNTAX);
	scanner->at++;
	scanner->depth--;
	return finish_value(scanner);
}

/* Scans a key; those of the outermost object are noted, because they choose
 * the function that is called. */
static bool
scan_key(Scanner *scanner)
{
	GatewayJsonScan *scan = scanner->scan;
	const char *start = (const char *) scanner->at + 1;

	if (*scanner->at != '"')
		return fail(scanner, GATEWAY_JSON_SYNTAX);
	if (!scan_string(scanner))
		return false;
	if (scanner->depth == 1)
	{
		if (scan->key_count == GATEWAY_JSON_MAX_KEYS)
			scan->has_more_keys = true;
		else
		{
			GatewayJsonKey *key = &scan->keys[scan->key_count++];

			key->start = start;
			key->length = (size_t) ((const char *) scanner->at - 1 - start);
		}
	}
	scanner->want = WANT_COLON;
	return true;
}

static bool
is_hex(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
		   (byte >= 'A' && byte <= 'F');
}

/* Moves over one escape sequence; "at" stands on the backslash. */
static bool
scan_escape(Scanner *scanner)
{
	const unsigned char *at = scanner->at;
	ptrdiff_t left = scanner->end - at;

	if (left >= 2 && at[1] == 'u')
	{
		if (left < 6 || !is_hex(at[2]) || !is_hex(at[3]) || !is_hex(at[4]) ||
			!is_hex(at[5]))
			return fail(scanner, GATEWAY_JSON_SYNTAX);
		scanner->at += 6;
		return true;
	}
	if (left < 2 || at[1] == '\0' || strchr("\"\\/bfnrt", at[1]) == NULL)
		return fail(scanner, GATEWAY_JSON_SYNTAX);
	scanner->at += 2;
	return true;
}

/* Moves over a string; "at" stands on the opening quote. */
static bool
scan_string(Scanner *scanner)
{
	scanner->at++;
	for (;;)
	{
		unsigned char byte;

		scanner->at = skip_plain(scanner->at, scanner->end);
		if (scanner->at == scanner->end)
			return fail(scanner, GATEWAY_JSON_SYNTAX);
		byte = *scanner->at;
		if (byte == '"')
		{
			scanner->at++;
			return true;
		}
		if (byte < 0x20)
			return fail(scanner, GATEWAY_JSON_SYNTAX);
		if (byte == '\\')
		{
			if (!scan_escape(scanner))
				return false;
		}
		else
		{
			size_t length = utf8_length(scanner->at, scanner->end);

			if (length == 0)
				return fail(scanner, GATEWAY_JSON_NOT_UTF8);
			scanner->at += length;
		}
	}
}

static bool
scan_digits(Scanner *scanner)
{
	const unsigned char *start = scanner->at;

	while (scanner->at < scanner->end && *scanner->at >= '0' &&
		   *scanner->at <= '9')
		scanner->at++;
	return scanner->at > start || fail(scanner, GATEWAY_JSON_SYNTAX);
}

static bool
is_next(const Scanner *scanner, unsigned char byte)
{
	return scanner->at < scanner->end && *scanner->at == byte;
}

/* Scans a number by the grammar of RFC 8259, which knows neither leading zeros
 * nor a bare point. */
static bool
scan_number(Scanner *scanner)
{
	if (is_next(scanner, '-'))
		scanner->at++;
	if (is_next(scanner, '0'))
		scanner->at++;
	else if (!scan_digits(scanner))
		return false;
	if (is_next(scanner, '.'))
	{
		scanner->at++;
		if (!scan_digits(scanner))
			return false;
	}
	if (is_next(scanner, 'e') || is_next(scanner, 'E'))
	{
		scanner->at++;
		if (is_next(scanner, '+') || is_next(scanner, '-'))
			scanner->at++;
		return scan_digits(scanner);
	}
	return true;
}

static bool
scan_word(Scanner *scanner, const char *word, size_t length)
{
	if ((size_t) (scanner->end - scanner->at) < length ||
		memcmp(scanner->at, word, length) != 0)
		return fail(scanner, GATEWAY_JSON_SYNTAX);
	scanner->at += length;
	return finish_value(scanner);
}

/* Tells whether the bytes are valid UTF-8. */
bool
gateway_json_is_utf8(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + length;

	while (at < end)
	{
		size_t bytes = utf8_length(at, end);

		if (bytes == 0)
			return false;
		at += bytes;
	}
	return true;
}

/* Adds one byte that cannot stand in a JSON string as it is. */
static void
append_escaped(GatewayText *text, unsigned char byte)
{
	if (byte == '"' || byte == '\\')
	{
		char pair[2] = {'\\', (char) byte};

		gateway_text_append(text, pair, 2);
	}
	else if (byte < 0x20)
		gateway_text_format(text, "\\u%04x", byte);
	else
	{
		/* Not UTF-8: read it as Latin-1, the old meaning of header bytes. */
		char pair[2] = {(char) (0xC0 | byte >> 6),
						(char) (0x80 | (byte & 0x3F))};

		gateway_text_append(text, pair, 2);
	}
}

/*
 * Adds a JSON string with its quotes.  Whatever the bytes are, the result is
 * valid JSON in valid UTF-8: bytes that are no UTF-8 are read as Latin-1.
 */
void
gateway_json_append_string(GatewayText *text, const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *) bytes;
	const unsigned char *end = at + length;
	const unsigned char *plain = at;

	gateway_text_append(text, "\"", 1);
	while (at < end)
	{
		size_t step;

		at = skip_plain(at, end);
		if (at == end)
			break;
		step =
			*at < 0x20 || *at == '"' || *at == '\\' ? 0 : utf8_length(at, end);
		if (step > 0)
		{
			at += step;
			continue;
		}
		gateway_text_append(text, (const char *) plain, (size_t) (at - plain));
		append_escaped(text, *at);
		plain = ++at;
	}
	gateway_text_append(text, (const char *) plain, (size_t) (end - plain));
	gateway_text_append(text, "\"", 1);
}

/* Adds a code point in UTF-8. */
static void
append_code_point(GatewayText *text, unsigned int point)
{
	char bytes[4];
	size_t length;

	if (point < 0x80)
	{
		bytes[0] = (char) point;
		length = 1;
	}
	else if (point < 0x800)
	{
		bytes[0] = (char) (0xC0 | point >> 6);
		bytes[1] = (char) (0x80 | (point & 0x3F));
		length = 2;
	}
	else
	{
		bytes[0] = (char) (0xE0 | point >> 12);
		bytes[1] = (char) (0x80 | (point >> 6 & 0x3F));
		bytes[2] = (char) (0x80 | (point & 0x3F));
		length = 3;
	}
	gateway_text_append(text, bytes, length);
}

static unsigned int
hex_value(const char *digits)
{
	unsigned int value = 0;

	for (int i = 0; i < 4; i++)
	{
		unsigned char digit = (unsigned char) digits[i];

		value <<= 4;
		if (digit <= '9')
			value += (unsigned int) (digit - '0');
		else
			value += (unsigned int) ((digit | 0x20) - 'a' + 10);
	}
	return value;
}

/*
 * Adds a scanned key without its escapes.  Only names of arguments are
 * compared with the result; no such name needs a surrogate pair, so a pair
 * becomes a replacement character and matches nothing.
 */
void
gateway_json_append_unescaped(GatewayText *text, GatewayJsonKey key)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *at = key.start;
	const char *end = at + key.length;

	while (at < end)
	{
		if (*at != '\\')
			gateway_text_append(text, at++, 1);
		else if (at[1] == 'u')
		{
			unsigned int point = hex_value(at + 2);

			if (point == 0 || (point >= 0xD800 && point <= 0xDFFF))
				point = 0xFFFD;
			append_code_point(text, point);
			at += 6;
		}
		else
		{
			gateway_text_append(
				text, meanings + (strchr(letters, at[1]) - letters), 1);
			at += 2;
		}
	}
}
