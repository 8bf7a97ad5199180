/*
 * base_span.c
 *	  Reading a few fields out of a JSON text without building a tree.
 *
 * Runs in the backend that takes a webhook in, in workers that read what
 * Chatwoot and models' servers answer, and in sessions.  A text is checked once
 * as a whole (base_span_check.c); after that objects are walked by skipping, so
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
#include "base/base_span_check.h"

#define REPLACEMENT 0xFFFD
#define REPLACEMENT_UTF8 "\xEF\xBF\xBD"
/* a byte that is no UTF-8 becomes the three of U+FFFD; escapes never grow */
#define GROWTH 3
#define MAX_INT_DIGITS 18
/* numeric holds 131072 digits before the point; stay far below */
#define MAX_NUMBER_BYTES 400
#define MAX_EXPONENT_DIGITS 3
#define MAX_KEYS 32

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

const char *
base_span_parse_bytes(const char *text, int bytes, BaseSpanCare care, BaseSpan *value)
{
	const char *start;
	const char *after;
	const char *problem = base_span_check(text, text + bytes, &start, &after);

	memset(value, 0, sizeof(*value));
	if (problem == NULL)
		*value = (BaseSpan) {start, after - start, kind_of(start), care};
	return problem;
}

bool
base_span_parse(const char *text, int bytes, BaseSpan *value)
{
	return base_span_parse_bytes(text, bytes, BASE_SPAN_TEXT, value) == NULL;
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

/*
 * The value behind *cursor, which moves on to it, and its key.  At the end of
 * the container *cursor comes to stand behind its bracket.
 */
static inline bool
find_next(const BaseSpan *container, const char **cursor, BaseSpan *key, BaseSpan *value)
{
	const char *end = container->start + container->bytes;
	const char *p = base_span_skip_space(*cursor ? *cursor : container->start + 1, end);

	if (*p == ',')
		p = base_span_skip_space(p + 1, end);
	if (*p == '}' || *p == ']')
	{
		*cursor = p + 1;
		return false;
	}
	if (container->kind == '{')
	{
		const char *after = skip_string(p);

		if (key)
			*key = (BaseSpan) {p, after - p, 's', container->care};
		p = base_span_skip_space(after, end);
		p = base_span_skip_space(p + 1, end);
	}
	*value = (BaseSpan) {p, end - p, kind_of(p), container->care};
	*cursor = p;
	return true;
}

bool
base_span_next(const BaseSpan *container, const char **cursor, BaseSpan *key, BaseSpan *value)
{
	if (container->kind != '{' && container->kind != '[')
		return false;
	if (!find_next(container, cursor, key, value))
		return false;
	*cursor = skip_value(value->start, value->start + value->bytes);
	value->bytes = *cursor - value->start;
	return true;
}

bool
base_span_step(const BaseSpan *container, const char **cursor, BaseSpan *key, BaseSpan *value)
{
	if (!find_next(container, cursor, key, value))
		return false;
	if (value->kind == '{' || value->kind == '[')
		return true;
	*cursor = skip_value(value->start, value->start + value->bytes);
	value->bytes = *cursor - value->start;
	return true;
}

/* Whether a string means what it is written as. */
static bool
is_literal(const BaseSpan *string)
{
	if (string->care == BASE_SPAN_TEXT)
		return memchr(string->start, '\\', string->bytes) == NULL;
	for (const char *p = string->start; p < string->start + string->bytes; p++)
		if (*p == '\\' || (unsigned char) *p >= 0x7F)
			return false;
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
	if (is_literal(value))
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

/* Puts one code point in UTF-8, or U+FFFD for one that no text can hold. */
static char *
put_code(char *out, unsigned int code, BaseSpanCare care)
{
	bool		is_control = code < 0x20 && code != '\t' && code != '\n' && code != '\r';

	if (care == BASE_SPAN_PLAIN && (is_control || code == 0x7F))
		return out;
	if (code == 0 || (code >= 0xD800 && code <= 0xDFFF))
		code = REPLACEMENT;
	unicode_to_utf8(code, (unsigned char *) out);
	return out + pg_utf_mblen((unsigned char *) out);
}

/* Copies what holds no escape; what grows most is a byte that is no UTF-8. */
static char *
put_run(char *out, const char *p, const char *end, BaseSpanCare care)
{
	if (care == BASE_SPAN_TEXT)
	{
		memcpy(out, p, end - p);
		return out + (end - p);
	}
	while (p < end)
	{
		int			bytes;

		/* nearly all there is */
		if ((unsigned char) *p < 0x7F)
		{
			*out++ = *p++;
			continue;
		}
		bytes = pg_utf_mblen((const unsigned char *) p);
		if (bytes > end - p || !pg_utf8_islegal((const unsigned char *) p, bytes))
		{
			out = put_code(out, REPLACEMENT, care);
			bytes = 1;
		}
		else if (*p != 0x7F || care != BASE_SPAN_PLAIN)
		{
			memcpy(out, p, bytes);
			out += bytes;
		}
		p += bytes;
	}
	return out;
}

/* Reads the escape \uXXXX (or a pair of them) whose first digit is at p. */
static const char *
read_unicode(const char *p, const char *end, unsigned int *code)
{
	unsigned int low;

	if (!base_span_read_hex4(p, end, code))
		*code = REPLACEMENT;
	p += 4;
	if (*code < 0xD800 || *code > 0xDBFF)
		return p;
	if (end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
		base_span_read_hex4(p + 2, end, &low) && low >= 0xDC00 && low <= 0xDFFF)
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
	char	   *text;
	char	   *out;

	if (value->kind != 's')
		return NULL;
	p = value->start + 1;
	end = value->start + value->bytes - 1;
	if (value->care == BASE_SPAN_TEXT && memchr(p, '\\', end - p) == NULL)
		return pnstrdup(p, end - p);
	text = out = palloc_extended((end - p) * (value->care == BASE_SPAN_TEXT ? 1 : GROWTH) + 1,
								 MCXT_ALLOC_HUGE);
	while (p < end)
	{
		const char *escape = memchr(p, '\\', end - p);
		unsigned int code;

		out = put_run(out, p, escape ? escape : end, value->care);
		if (escape == NULL)
			break;
		p = escape + 2;
		if (escape[1] == 'u')
			p = read_unicode(p, end, &code);
		else
			code = plain_escape(escape[1]);
		out = put_code(out, code, value->care);
	}
	*out = '\0';
	return text;
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

/* Appends what holds no escape. */
static void
append_run(StringInfo out, const char *p, const char *end, BaseSpanCare care)
{
	if (care == BASE_SPAN_TEXT)
		appendBinaryStringInfo(out, p, end - p);
	else
	{
		enlargeStringInfo(out, (end - p) * GROWTH);
		out->len = put_run(out->data + out->len, p, end, care) - out->data;
		out->data[out->len] = '\0';
	}
}

/* Copies a string, escapes as they are but for those no jsonb can hold. */
static const char *
clean_string(StringInfo out, const char *p, BaseSpanCare care)
{
	const char *after = skip_string(p);

	while (p < after)
	{
		const char *escape = memchr(p, '\\', after - p);
		const char *next = escape ? escape + 2 : after;
		unsigned int code = ' ';

		append_run(out, p, escape ? escape : after, care);
		if (escape == NULL)
			break;
		if (escape[1] == 'u')
			next = read_unicode(next, after, &code);
		if (code == 0 || (code >= 0xD800 && code <= 0xDFFF))
			appendStringInfoString(out, REPLACEMENT_UTF8);
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
			p = clean_string(&out, p, value->care);
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
