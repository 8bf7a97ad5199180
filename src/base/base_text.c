/*
 * base_text.c
 *	  Text of strangers, made plain.
 *
 * Pure, and linear in the length of the text; runs wherever something comes
 * in.  No table of the server's locale is asked, so it means the same in every
 * database.  A byte that is no UTF-8 stays as it is.
 */
#include "postgres.h"

#include "common/unicode_norm.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "base/base_text.h"

/* Accents that one letter may have; what has more is left as it is, for sorting
 * them takes the square of their number. */
#define MAX_ACCENTS 30

/* A text on its way through. */
typedef struct Plain
{
	const char *p;				/* what is read next */
	StringInfoData out;
	unsigned int last;			/* the letter written last; 0 none */
	bool		is_line;
} Plain;

typedef struct Range
{
	unsigned int first;
	unsigned int last;
} Range;

/* Signs without a width of their own, and those that turn the direction. */
static const Range invisible[] = {
	{0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
	{0x180B, 0x180F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},
	{0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
};

/* What makes one letter with the letter before it. */
static const Range accents[] = {
	{0x0300, 0x034E}, {0x0350, 0x036F}, {0x0653, 0x0655}, {0x1161, 0x11FF}, {0x1AB0, 0x1AFF},
	{0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x3099, 0x309A}, {0xFE20, 0xFE2F},
};

static bool
is_in(unsigned int letter, const Range *ranges, int count)
{
	for (int i = 0; i < count && letter >= ranges[i].first; i++)
		if (letter <= ranges[i].last)
			return true;
	return false;
}

int
base_text_decode(const char *p, unsigned int *letter)
{
	const unsigned char *byte = (const unsigned char *) p;
	int			more = *byte >= 0xf0 ? 3 : *byte >= 0xe0 ? 2 : *byte >= 0xc2 ? 1 : 0;

	*letter = *byte;
	if (more == 0 || *byte > 0xf4)
		return 1;
	for (int i = 1; i <= more; i++)
		if ((byte[i] & 0xc0) != 0x80)
			return 1;
	*letter = *byte & (0x3f >> more);
	for (int i = 1; i <= more; i++)
		*letter = *letter << 6 | (byte[i] & 0x3f);
	return more + 1;
}

/*
 * Joiners and the signs that choose a picture mean something between letters
 * above ASCII, and behind the digit of a key; the letters of a flag's region
 * behind the flag.
 */
static bool
is_needed(unsigned int letter, unsigned int last, const char *next)
{
	unsigned int following;

	if (letter == 0x200C || letter == 0x200D)
		return last >= 0x80 && base_text_decode(next, &following) > 1;
	if (letter >= 0xFE00 && letter <= 0xFE0F)
		return last >= 0x80 || (last >= '0' && last <= '9') || last == '#' || last == '*';
	if (letter >= 0xE0020 && letter <= 0xE007F)
		return last == 0x1F3F4 || (last >= 0xE0020 && last <= 0xE007F);
	return false;
}

static bool
is_break(unsigned int letter)
{
	return letter == '\n' || letter == '\r' || letter == '\t' ||
		letter == 0x2028 || letter == 0x2029;
}

static bool
is_control(unsigned int letter, int bytes)
{
	return (letter < ' ' && !is_break(letter)) || letter == 0x7f ||
		(bytes == 2 && letter < 0xa0);
}

/* In a line breaks are blanks, of which one is enough. */
static void
write_letter(Plain *plain, unsigned int letter, int bytes)
{
	if (letter == 0x2028 || letter == 0x2029 || (plain->is_line && is_break(letter)))
	{
		letter = plain->is_line ? ' ' : '\n';
		if (letter != ' ' || (plain->last != ' ' && plain->last != 0))
			appendStringInfoChar(&plain->out, (char) letter);
	}
	else if (!plain->is_line || letter != ' ' || (plain->last != ' ' && plain->last != 0))
		appendBinaryStringInfo(&plain->out, plain->p, bytes);
	plain->last = letter;
}

/* Writes a letter and its accents as one; `count` of them, the letter first. */
static void
write_composed(Plain *plain, const pg_wchar *letters, const char *end)
{
	pg_wchar   *composed = unicode_normalize(UNICODE_NFC, letters);
	unsigned char bytes[MAX_MULTIBYTE_CHAR_LEN];

	for (const pg_wchar *c = composed; *c; c++)
	{
		unicode_to_utf8(*c, bytes);
		appendBinaryStringInfo(&plain->out, (char *) bytes, pg_utf_mblen(bytes));
		plain->last = *c;
	}
	pfree(composed);
	plain->p = end;
}

/*
 * Reads a letter's accents, if it has any.  False when it has none, or so many
 * that they are no writing.
 */
static bool
take_composed(Plain *plain, unsigned int letter, int bytes)
{
	pg_wchar	letters[MAX_ACCENTS + 2];
	const char *p = plain->p + bytes;
	unsigned int accent;
	int			count = 0;

	letters[count++] = letter;
	while ((bytes = base_text_decode(p, &accent)) > 1 && is_in(accent, accents, lengthof(accents)))
	{
		if (count > MAX_ACCENTS)
			return false;
		letters[count++] = accent;
		p += bytes;
	}
	letters[count] = 0;
	if (count > 1)
		write_composed(plain, letters, p);
	return count > 1;
}

static void
take_letter(Plain *plain)
{
	unsigned int letter;
	int			bytes = base_text_decode(plain->p, &letter);

	if (is_control(letter, bytes) ||
		(bytes > 1 && is_in(letter, invisible, lengthof(invisible)) &&
		 !is_needed(letter, plain->last, plain->p + bytes)))
		plain->p += bytes;
	else if (is_in(letter, accents, lengthof(accents)) || (letter >= 0x80 && bytes == 1) ||
			 !take_composed(plain, letter, bytes))
	{
		write_letter(plain, letter, bytes);
		plain->p += bytes;
	}
}

/* Whether there is anything to look at: most texts are plain ASCII. */
static bool
is_plain(const char *text, bool is_line)
{
	const char *p = text;

	for (; *p; p++)
	{
		if ((unsigned char) *p >= 0x7f || (*p < ' ' && (is_line || !is_break(*p))) ||
			(is_line && *p == ' ' && (p == text || p[-1] == ' ')))
			return false;
	}
	return !is_line || p == text || p[-1] != ' ';
}

static char *
make_plain(char *text, bool is_line)
{
	Plain		plain = {.p = text, .is_line = is_line};

	if (is_plain(text, is_line))
		return text;
	initStringInfo(&plain.out);
	while (*plain.p)
		take_letter(&plain);
	if (is_line && plain.out.len > 0 && plain.out.data[plain.out.len - 1] == ' ')
		plain.out.data[--plain.out.len] = '\0';
	return plain.out.data;
}

char *
base_text_plain(char *text)
{
	return make_plain(text, false);
}

char *
base_text_line(char *text)
{
	return make_plain(text, true);
}

/* What a digit of a base of 16 counts; -1 for what is none. */
static int
value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
base_text_unescape(const char *text, int bytes)
{
	char	   *out = palloc(bytes + 1);
	int			length = 0;

	for (int i = 0; i < bytes; i++)
	{
		int			high = text[i] == '%' && i + 2 < bytes ? value_of(text[i + 1]) : -1;
		int			low = high >= 0 ? value_of(text[i + 2]) : -1;
		int			byte = high * 16 + low;

		if (low >= 0 && byte >= ' ' && byte < 0x7f)
		{
			out[length++] = (char) byte;
			i += 2;
		}
		else
			out[length++] = text[i];
	}
	out[length] = '\0';
	return out;
}
