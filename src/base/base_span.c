/*
 * base_span.c
 *	  Reading a few fields out of a JSON text without building a tree.
 *
 * Runs in the backend that takes a webhook in, and in workers that read
 * Chatwoot's answers.  A body is checked once as a whole (balance, depth,
 * strings, numbers, separators); after that objects are walked by skipping, so
 * that the ten fields wanted of a 3 kB body cost a few microseconds.
 *
 * Invariant: every BaseSpan handed out spans one well-formed value of the
 * text that base_span_parse accepted.  Memory: spans point into the caller's
 * text; copies are palloc'd in the current context.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "base/base_span.h"

#define REPLACEMENT 0xFFFD
#define MAX_INT_DIGITS 18
/* numeric holds 131072 digits before the point; stay far below */
#define MAX_NUMBER_BYTES 400
#define MAX_EXPONENT_DIGITS 3
#define MAX_KEYS 32

static const char *check_value(const char *p, const char *end, int depth);

static inline const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

static bool
read_hex4(const char *p, const char *end, unsigned int *code)
{
	unsigned int value = 0;

	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++)
	{
		char		c = p[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if (c >= 'a' && c <= 'f')
			value |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value |= c - 'A' + 10;
		else
			return false;
	}
	*code = value;
	return true;
}

/* The place behind a string, or NULL when it is malformed. */
static const char *
check_string(const char *p, const char *end)
{
	unsigned int code;

	for (p++; p < end; p++)
	{
		if (*p == '"')
			return p + 1;
		if ((unsigned char) *p < 0x20)
			return NULL;
		if (*p != '\\')
			continue;
		if (++p >= end)
			return NULL;
		if (*p == 'u')
		{
			if (!read_hex4(p + 1, end, &code))
				return NULL;
			p += 4;
		}
		else if (*p == '\0' || strchr("\"\\/bfnrt", *p) == NULL)
			return NULL;
	}
	return NULL;
}

static const char *
check_digits(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > start ? p : NULL;
}

static const char *
check_number(const char *p, const char *end)
{
	if (*p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else if ((p = check_digits(p, end)) == NULL)
		return NULL;
	if (p < end && *p == '.' && (p = check_digits(p + 1, end)) == NULL)
		return NULL;
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = check_digits(p, end);
	}
	return p;
}

static const char *
check_word(const char *p, const char *end, const char *word)
{
	size_t		bytes = strlen(word);

	if (end - p < bytes || memcmp(p, word, bytes) != 0)
		return NULL;
	return p + bytes;
}

/* The place behind an object or array, or NULL. */
static const char *
check_container(const char *p, const char *end, int depth)
{
	bool		is_object = *p == '{';
	char		closing = is_object ? '}' : ']';

	if (depth >= BASE_SPAN_MAX_DEPTH)
		return NULL;
	p = skip_space(p + 1, end);
	if (p < end && *p == closing)
		return p + 1;
	for (;;)
	{
		if (is_object)
		{
			if (p >= end || *p != '"' || (p = check_string(p, end)) == NULL)
				return NULL;
			p = skip_space(p, end);
			if (p >= end || *p++ != ':')
				return NULL;
			p = skip_space(p, end);
		}
		p = check_value(p, end, depth + 1);
		if (p == NULL)
			return NULL;
		p = skip_space(p, end);
		if (p >= end)
			return NULL;
		if (*p == closing)
			return p + 1;
		if (*p++ != ',')
			return NULL;
		p = skip_space(p, end);
	}
}

static const char *
check_value(const char *p, const char *end, int depth)
{
	if (p >= end)
		return NULL;
	switch (*p)
	{
		case '{':
		case '[':
			return check_container(p, end, depth);
		case '"':
			return check_string(p, end);
		case 't':
			return check_word(p, end, "true");
		case 'f':
			return check_word(p, end, "false");
		case 'n':
			return check_word(p, end, "null");
		default:
			return check_number(p, end);
	}
}

static char
kind_of(const char *p)
{
	switch (*p)
	{
		case '"':
			return 's';
		case '{':
		case '[':
		case 't':
		case 'f':
		case 'n':
			return *p;
		default:
			return 'd';
	}
}

bool
base_span_parse(const char *text, int bytes, BaseSpan *value)
{
	const char *end = text + bytes;
	const char *start = skip_space(text, end);
	const char *after = check_value(start, end, 0);

	memset(value, 0, sizeof(*value));
	if (after == NULL || skip_space(after, end) != end)
		return false;
	value->start = start;
	value->bytes = after - start;
	value->kind = kind_of(start);
	return true;
}

/* Bytes at which skipping has to look closer. */
static const bool ends_string[256] = {['"'] = true, ['\\'] = true};
static const bool is_structure[256] = {
	['"'] = true, ['{'] = true, ['}'] = true, ['['] = true, [']'] = true,
};

/* The place behind a string that is known to be well formed. */
static inline const char *
skip_string(const char *p)
{
	for (p++;; p += 2)
	{
		while (!ends_string[(unsigned char) *p])
			p++;
		if (*p == '"')
			return p + 1;
	}
}

/* The same for an object or array. */
static const char *
skip_container(const char *p)
{
	int			depth = 0;

	for (;;)
	{
		while (!is_structure[(unsigned char) *p])
			p++;
		if (*p == '"')
			p = skip_string(p);
		else if (*p == '{' || *p == '[')
		{
			depth++;
			p++;
		}
		else if (p++, --depth == 0)
			return p;
	}
}

/* The same for any value. */
static const char *
skip_value(const char *p, const char *end)
{
	if (*p == '"')
		return skip_string(p);
	if (*p == '{' || *p == '[')
		return skip_container(p);
	while (p < end && *p != ',' && *p != '}' && *p != ']' && *p > ' ')
		p++;
	return p;
}

bool
base_span_next(const BaseSpan *container, const char **cursor, BaseSpan *key,
				BaseSpan *value)
{
	const char *end;
	const char *p = *cursor;

	if (container->kind != '{' && container->kind != '[')
		return false;
	end = container->start + container->bytes;
	p = skip_space(p ? p : container->start + 1, end);
	if (*p == ',')
		p = skip_space(p + 1, end);
	if (*p == '}' || *p == ']')
		return false;
	if (container->kind == '{')
	{
		const char *after = skip_string(p);

		if (key)
			*key = (BaseSpan) {p, after - p, 's'};
		p = skip_space(after, end);
		p = skip_space(p + 1, end);
	}
	*value = (BaseSpan) {p, skip_value(p, end) - p, kind_of(p)};
	*cursor = p + value->bytes;
	return true;
}

bool
base_span_is(const BaseSpan *value, const char *text)
{
	size_t		bytes = strlen(text);
	char	   *decoded;
	bool		same;

	if (value->kind != 's')
		return false;
	if (memchr(value->start, '\\', value->bytes) == NULL)
		return value->bytes == bytes + 2 &&
			memcmp(value->start + 1, text, bytes) == 0;
	decoded = base_span_text(value);
	same = strcmp(decoded, text) == 0;
	pfree(decoded);
	return same;
}

void
base_span_find(const BaseSpan *object, const char *const *keys, int count,
				BaseSpan *values)
{
	const char *cursor = NULL;
	BaseSpan	key;
	BaseSpan	value;

	Assert(count <= MAX_KEYS);
	memset(values, 0, sizeof(*values) * count);
	if (object->kind != '{')
		return;
	while (base_span_next(object, &cursor, &key, &value))
	{
		bool		escaped = memchr(key.start, '\\', key.bytes) != NULL;

		for (int i = 0; i < count; i++)
		{
			/* the first byte tells most keys apart without a call */
			if (!escaped && key.start[1] != keys[i][0])
				continue;
			if (base_span_is(&key, keys[i]))
			{
				values[i] = value;
				break;
			}
		}
	}
}

BaseSpan
base_span_reach(const BaseSpan *object, const char *const *path)
{
	BaseSpan	value = *object;

	for (; *path; path++)
	{
		BaseSpan	inner;

		base_span_find(&value, path, 1, &inner);
		value = inner;
	}
	return value;
}

/* Appends one code point in the server's encoding. */
static void
append_code(StringInfo out, unsigned int code)
{
	unsigned char utf8[8];

	if (code == 0 || (code >= 0xD800 && code <= 0xDFFF))
		code = REPLACEMENT;
	if (code < 0x80)
		appendStringInfoChar(out, (char) code);
	else if (GetDatabaseEncoding() == PG_UTF8)
	{
		unicode_to_utf8(code, utf8);
		appendBinaryStringInfo(out, (char *) utf8, pg_utf_mblen(utf8));
	}
	else
		appendStringInfoChar(out, '?');
}

/* Reads the escape \uXXXX (or a pair of them) whose first digit is at p. */
static const char *
read_unicode(const char *p, const char *end, unsigned int *code)
{
	unsigned int low;

	if (!read_hex4(p, end, code))
		*code = REPLACEMENT;
	p += 4;
	if (*code < 0xD800 || *code > 0xDBFF)
		return p;
	if (end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
		read_hex4(p + 2, end, &low) && low >= 0xDC00 && low <= 0xDFFF)
	{
		*code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
		p += 6;
	}
	return p;
}

static char
plain_escape(char letter)
{
	switch (letter)
	{
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		default:
			return letter;
	}
}

char *
base_span_text(const BaseSpan *value)
{
	const char *p;
	const char *end;
	StringInfoData out;

	if (value->kind != 's')
		return NULL;
	p = value->start + 1;
	end = value->start + value->bytes - 1;
	if (memchr(p, '\\', end - p) == NULL)
		return pnstrdup(p, end - p);

	initStringInfo(&out);
	while (p < end)
	{
		const char *escape = memchr(p, '\\', end - p);
		unsigned int code;

		if (escape == NULL)
			escape = end;
		appendBinaryStringInfo(&out, p, escape - p);
		if (escape == end)
			break;
		p = escape + 2;
		if (escape[1] == 'u')
		{
			p = read_unicode(p, end, &code);
			append_code(&out, code);
		}
		else
			appendStringInfoChar(&out, plain_escape(escape[1]));
	}
	return out.data;
}

bool
base_span_int64(const BaseSpan *value, int64 *number)
{
	const char *p = value->start;
	const char *end;
	bool		negative;
	int64		result = 0;

	if (value->kind != 'd')
		return false;
	end = p + value->bytes;
	negative = *p == '-';
	if (negative)
		p++;
	if (p == end || end - p > MAX_INT_DIGITS)
		return false;
	for (; p < end; p++)
	{
		if (*p < '0' || *p > '9')
			return false;
		result = result * 10 + (*p - '0');
	}
	*number = negative ? -result : result;
	return true;
}

bool
base_span_double(const BaseSpan *value, double *number)
{
	char		text[64];

	if (value->kind != 'd' || value->bytes >= sizeof(text))
		return false;
	memcpy(text, value->start, value->bytes);
	text[value->bytes] = '\0';
	*number = strtod(text, NULL);
	return !isnan(*number) && !isinf(*number);
}

/* Copies a string, escapes as they are but for those no jsonb can hold. */
static const char *
clean_string(StringInfo out, const char *p)
{
	const char *after = skip_string(p);

	while (p < after)
	{
		const char *escape = memchr(p, '\\', after - p);
		const char *next;
		unsigned int code;

		if (escape == NULL)
			escape = after;
		appendBinaryStringInfo(out, p, escape - p);
		if (escape == after)
			break;
		next = escape + 2;
		if (escape[1] == 'u')
			next = read_unicode(next, after, &code);
		if (escape[1] == 'u' &&
			(code == 0 || (code >= 0xD800 && code <= 0xDFFF) ||
			 (code > 0x7F && GetDatabaseEncoding() != PG_UTF8)))
			append_code(out, code);
		else
			appendBinaryStringInfo(out, escape, next - escape);
		p = next;
	}
	return after;
}

/* Whether numeric can surely hold the number. */
static bool
is_modest_number(const char *p, int bytes)
{
	const char *exponent = memchr(p, 'e', bytes);

	if (exponent == NULL)
		exponent = memchr(p, 'E', bytes);
	if (bytes > MAX_NUMBER_BYTES)
		return false;
	return exponent == NULL || p + bytes - exponent <= MAX_EXPONENT_DIGITS + 1;
}

char *
base_span_clean(const BaseSpan *value)
{
	const char *p = value->start;
	const char *end = p + value->bytes;
	StringInfoData out;

	initStringInfo(&out);
	while (p < end)
	{
		if (*p == '"')
			p = clean_string(&out, p);
		else if (*p == '-' || (*p >= '0' && *p <= '9'))
		{
			const char *after = skip_value(p, end);
			bool		modest = is_modest_number(p, after - p);

			if (!modest)
				appendStringInfoChar(&out, '"');
			appendBinaryStringInfo(&out, p, after - p);
			if (!modest)
				appendStringInfoChar(&out, '"');
			p = after;
		}
		else
			appendStringInfoChar(&out, *p++);
	}
	return out.data;
}
