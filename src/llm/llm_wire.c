/*
 * llm_wire.c
 *	  Text between the server's encoding and JSON on the wire.
 *
 * Escaping runs three times per workflow over some kilobytes, so it looks at
 * eight bytes at once and copies whole runs.  Memory is the caller's current
 * context.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"

#include "llm/llm_wire.h"

#define EVERY_BYTE(b)	(UINT64CONST(0x0101010101010101) * (b))

/* Sets the high bit of each byte that is zero in `word`; bytes above the first
 * such one may be marked by mistake, which costs a second look, no more. */
#define ZERO_BYTES(word) \
	(((word) - EVERY_BYTE(0x01)) & ~(word) & EVERY_BYTE(0x80))

static bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* Length of the run from `p` on that may be copied as it is. */
static size_t
plain_run(const char *p, const char *end)
{
	const char *start = p;

	for (; end - p >= 8; p += 8)
	{
		uint64		word;

		memcpy(&word, p, 8);
		if (((word - EVERY_BYTE(0x20)) & ~word & EVERY_BYTE(0x80)) |
			ZERO_BYTES(word ^ EVERY_BYTE('"')) |
			ZERO_BYTES(word ^ EVERY_BYTE('\\')) |
			ZERO_BYTES(word ^ EVERY_BYTE(0x7f)))
			break;
	}
	while (p < end && !needs_escape((unsigned char) *p))
		p++;
	return p - start;
}

/* Writes a character that JSON may not hold as it is, the short way if it has
 * one. */
static void
append_escape(StringInfo out, unsigned char c)
{
	switch (c)
	{
		case '"':
			appendBinaryStringInfo(out, "\\\"", 2);
			break;
		case '\\':
			appendBinaryStringInfo(out, "\\\\", 2);
			break;
		case '\n':
			appendBinaryStringInfo(out, "\\n", 2);
			break;
		case '\r':
			appendBinaryStringInfo(out, "\\r", 2);
			break;
		case '\t':
			appendBinaryStringInfo(out, "\\t", 2);
			break;
		default:
			appendStringInfo(out, "\\u%04x", c);
	}
}

/* Replaces what is not UTF-8 by U+FFFD: a SQL_ASCII database holds anything. */
static char *
repair_utf8(const char *text)
{
	StringInfoData out;
	const unsigned char *p = (const unsigned char *) text;
	const unsigned char *end = p + strlen(text);

	initStringInfo(&out);
	while (p < end)
	{
		int			bytes = pg_utf_mblen(p);

		if (bytes > end - p || !pg_utf8_islegal(p, bytes))
		{
			appendStringInfoString(&out, "\xEF\xBF\xBD");
			bytes = 1;
		}
		else
			appendBinaryStringInfo(&out, (const char *) p, bytes);
		p += bytes;
	}
	return out.data;
}

void
llm_wire_append_escaped(StringInfo out, const char *text)
{
	if (GetDatabaseEncoding() == PG_SQL_ASCII)
		text = repair_utf8(text);
	else if (GetDatabaseEncoding() != PG_UTF8)
		text = pg_server_to_any(text, strlen(text), PG_UTF8);
	llm_wire_append_escaped_utf8(out, text);
}

void
llm_wire_append_escaped_utf8(StringInfo out, const char *text)
{
	const char *end = text + strlen(text);

	enlargeStringInfo(out, end - text + 2);
	while (text < end)
	{
		size_t		run = plain_run(text, end);

		if (run > 0)
			appendBinaryStringInfo(out, text, run);
		text += run;
		if (text < end)
			append_escape(out, (unsigned char) *text++);
	}
}

void
llm_wire_append_string(StringInfo out, const char *text)
{
	appendStringInfoChar(out, '"');
	llm_wire_append_escaped(out, text);
	appendStringInfoChar(out, '"');
}

/* Converts stretch by stretch, putting "?" where the encoding has no sign. */
static const char *
convert_from_utf8(Oid conversion, const char *utf8, int bytes)
{
	int			room = bytes * 4 + MAX_CONVERSION_GROWTH;
	unsigned char *buffer = palloc_extended(room, MCXT_ALLOC_HUGE);
	StringInfoData out;

	initStringInfo(&out);
	while (bytes > 0)
	{
		int			done = pg_do_encoding_conversion_buf(conversion, PG_UTF8,
														 GetDatabaseEncoding(),
														 (unsigned char *) unconstify(char *, utf8),
														 bytes, buffer, room, true);

		appendStringInfoString(&out, (char *) buffer);
		utf8 += done;
		bytes -= done;
		if (bytes > 0)
		{
			int			skipped = Min(pg_utf_mblen((const unsigned char *) utf8), bytes);

			appendStringInfoChar(&out, '?');
			utf8 += skipped;
			bytes -= skipped;
		}
	}
	return out.data;
}

const char *
llm_wire_to_server(const char *utf8, int bytes)
{
	int			encoding = GetDatabaseEncoding();
	Oid			conversion;

	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
		return utf8;
	conversion = FindDefaultConversionProc(PG_UTF8, encoding);
	if (OidIsValid(conversion))
		return convert_from_utf8(conversion, utf8, bytes);
	return "?";
}

bool
llm_wire_is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n\f\v")] == '\0';
}

char *
llm_wire_one_line(const char *text, int max_bytes)
{
	int			bytes = strlen(text);
	char	   *line;
	char	   *out;

	line = out = pnstrdup(text, pg_mbcliplen(text, bytes, Min(bytes, max_bytes)));
	for (const char *p = line; *p; p++)
	{
		bool		blank = (unsigned char) *p <= ' ' || *p == 0x7f;

		if (!blank)
			*out++ = *p;
		else if (out > line && out[-1] != ' ')
			*out++ = ' ';
	}
	while (out > line && out[-1] == ' ')
		out--;
	*out = '\0';
	return line;
}
