/*
 * security_sign.c
 *	  A text as masking reads it: one byte for each character.
 *
 * Runs in backends and workers.  Pure.
 *
 * Invariant: any bytes are read, each once; what is no UTF-8 counts as a letter
 * a byte.  No sign but the last is a NUL.
 */
#include "postgres.h"

#include "security/security_letter.h"
#include "security/security_sign.h"

/* Letters of a tag, digits of a numbered character. */
#define MOST_TAG_LETTERS 10
#define MOST_NUMBER_DIGITS 7

/* Characters in a row and what they are read as. */
typedef struct SignRange
{
	uint32		first;
	uint32		last;
	char		sign;			/* of the first one */
	bool		is_row;			/* the next ones are the next signs */
} SignRange;

/* In order. */
static const SignRange ranges[] = {
	{0x0085, 0x0085, '\n', false},
	{0x00a0, 0x00a0, ' ', false},
	{0x00a1, 0x00a1, SECURITY_SIGN_MARK, false},
	{0x00a2, 0x00a5, '$', false},
	{0x00a6, 0x00a9, SECURITY_SIGN_MARK, false},
	{0x00ab, 0x00ac, SECURITY_SIGN_MARK, false},
	{0x00ad, 0x00ad, SECURITY_SIGN_INVISIBLE, false},
	{0x00ae, 0x00b1, SECURITY_SIGN_MARK, false},
	{0x00b4, 0x00b4, SECURITY_SIGN_MARK, false},
	{0x00b7, 0x00b7, '|', false},
	{0x00bb, 0x00bb, SECURITY_SIGN_MARK, false},
	{0x00bf, 0x00bf, SECURITY_SIGN_MARK, false},
	{0x00d7, 0x00d7, SECURITY_SIGN_MARK, false},
	{0x00f7, 0x00f7, SECURITY_SIGN_MARK, false},
	{0x034f, 0x034f, SECURITY_SIGN_INVISIBLE, false},
	{0x060c, 0x060c, ',', false},
	{0x061c, 0x061c, SECURITY_SIGN_INVISIBLE, false},
	{0x066b, 0x066b, '.', false},
	{0x066c, 0x066c, ',', false},
	{0x1680, 0x1680, ' ', false},
	{0x180e, 0x180e, SECURITY_SIGN_INVISIBLE, false},
	{0x2000, 0x200a, ' ', false},
	{0x200b, 0x200f, SECURITY_SIGN_INVISIBLE, false},
	{0x2010, 0x2011, '-', false},
	{0x2012, 0x2015, SECURITY_SIGN_DASH, false},
	{0x2016, 0x2021, SECURITY_SIGN_MARK, false},
	{0x2022, 0x2022, '|', false},
	{0x2023, 0x2026, SECURITY_SIGN_MARK, false},
	{0x2027, 0x2027, '|', false},
	{0x2028, 0x2029, '\n', false},
	{0x202a, 0x202e, SECURITY_SIGN_INVISIBLE, false},
	{0x202f, 0x202f, ' ', false},
	{0x2030, 0x2043, SECURITY_SIGN_MARK, false},
	{0x2044, 0x2044, '/', false},
	{0x2045, 0x205e, SECURITY_SIGN_MARK, false},
	{0x205f, 0x205f, ' ', false},
	{0x2060, 0x206f, SECURITY_SIGN_INVISIBLE, false},
	{0x20a0, 0x20cf, '$', false},
	{0x20e3, 0x20e3, SECURITY_SIGN_INVISIBLE, false},	/* around a key's digit */
	{0x2116, 0x2116, '#', false},
	{0x2190, 0x2211, SECURITY_SIGN_MARK, false},
	{0x2212, 0x2212, SECURITY_SIGN_DASH, false},
	{0x2213, 0x2214, SECURITY_SIGN_MARK, false},
	{0x2215, 0x2215, '/', false},
	{0x2219, 0x2219, '|', false},
	{0x22c5, 0x22c5, '|', false},
	{0x2300, 0x23ff, SECURITY_SIGN_MARK, false},
	{0x2502, 0x2503, '|', false},
	{0x25a0, 0x2bff, SECURITY_SIGN_MARK, false},
	{0x2e3a, 0x2e3b, SECURITY_SIGN_DASH, false},
	{0x3000, 0x3000, ' ', false},
	{0x3001, 0x3001, ',', false},
	{0x3002, 0x3004, SECURITY_SIGN_MARK, false},
	{0x3008, 0x3020, SECURITY_SIGN_MARK, false},
	{0x30fb, 0x30fb, '|', false},
	{0xfe00, 0xfe0f, SECURITY_SIGN_INVISIBLE, false},
	{0xfe58, 0xfe58, SECURITY_SIGN_DASH, false},
	{0xfe63, 0xfe63, '-', false},
	{0xfeff, 0xfeff, SECURITY_SIGN_INVISIBLE, false},
	{0xff01, 0xff5e, '!', true},
	{0xff61, 0xff64, SECURITY_SIGN_MARK, false},
	{0xff65, 0xff65, '|', false},
	{0xffe0, 0xffe1, '$', false},
	{0xffe5, 0xffe6, '$', false},
	{0x1f000, 0x1faff, SECURITY_SIGN_MARK, false},
};

/* The zero of each script's decimal digits, in order; one to nine follow it. */
static const uint32 zeros[] = {
	0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6,
	0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090,
	0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
	0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0,
	0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0,
	0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50,
	0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70,
	0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0,
	0x1e5f1, 0x1e950, 0x1fbf0
};

/* How mails, links and pages write what is no letter and no digit.  Of links
 * only what leaves a card's number behind a percent sign whole. */
static const struct
{
	const char *text;
	char		sign;
}			escapes[] = {
	{"&nbsp;", ' '}, {"&ensp;", ' '}, {"&emsp;", ' '}, {"&thinsp;", ' '},
	{"&shy;", SECURITY_SIGN_INVISIBLE}, {"&ndash;", SECURITY_SIGN_DASH},
	{"&mdash;", SECURITY_SIGN_DASH}, {"&commat;", '@'}, {"&plus;", '+'},
	{"%20", ' '}, {"%C2%A0", ' '}, {"%09", '\t'}, {"%0A", '\n'}, {"%0D", '\r'},
	{"%28", '('}, {"%29", ')'},
	{"%2B", '+'}, {"%2C", ','}, {"%2D", '-'}, {"%2F", '/'}, {"%3A", ':'}, {"%3B", ';'}, {"%7C", '|'}
};

/* The digit of a script; NUL for no digit. */
static char
digit_of(uint32 character)
{
	int			low = 0;
	int			high = lengthof(zeros);

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (character >= zeros[middle])
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && character - zeros[low - 1] < 10 ? '0' + (character - zeros[low - 1]) : '\0';
}

/* Finds the sign of a character by halving the table; letters are what no
 * range names. */
static char
sign_of(uint32 character)
{
	int			low = 0;
	int			high = lengthof(ranges);
	char		digit = digit_of(character);

	if (digit != '\0')
		return digit;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const SignRange *range = &ranges[middle];

		if (character > range->last)
			low = middle + 1;
		else if (character < range->first)
			high = middle;
		else
			return range->sign + (range->is_row ? character - range->first : 0);
	}
	return SECURITY_SIGN_LETTER;
}

static char
ascii_sign_of(char c)
{
	return c < ' ' && strchr("\t\n\v\f\r", c) == NULL ? SECURITY_SIGN_MARK : c;
}

/* Behind a tag without attributes, as <br> or </td>; NULL where none is. */
static const char *
tag_end(const char *p)
{
	const char *name = p[1] == '/' ? p + 2 : p + 1;

	for (p = name; security_letter_is_latin(*p) && p - name < MOST_TAG_LETTERS;)
		p++;
	if (p == name)
		return NULL;
	p += *p == ' ';
	p += *p == '/';
	return *p == '>' ? p + 1 : NULL;
}

static int
hex_value(char c)
{
	if (security_letter_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Behind a character written as its number, &#64; or &#x40;; NULL where none is. */
static const char *
number_end(const char *p, uint32 *character)
{
	int			base = p[1] == '#' && (p[2] | 0x20) == 'x' ? 16 : 10;
	const char *number = p + (base == 16 ? 3 : 2);

	if (p[1] != '#')
		return NULL;
	*character = 0;
	for (p = number; hex_value(*p) < base && p - number < MOST_NUMBER_DIGITS; p++)
		*character = *character * base + hex_value(*p);
	return *p == ';' && *character > 0 ? p + 1 : NULL;
}

/* Takes what stands for a character at *p; NUL where nothing does. */
static char
read_escape(const char **p)
{
	uint32		character = SECURITY_SIGN_MARK; /* a tag is one */
	const char *end = **p == '<' ? tag_end(*p) : **p == '&' ? number_end(*p, &character) : NULL;

	if (end != NULL)
	{
		*p = end;
		return character < 0x80 ? ascii_sign_of(character) : sign_of(character);
	}
	for (int i = 0; i < lengthof(escapes) && (**p == '&' || **p == '%'); i++)
		if (pg_strncasecmp(*p, escapes[i].text, strlen(escapes[i].text)) == 0)
		{
			*p += strlen(escapes[i].text);
			return escapes[i].sign;
		}
	return '\0';
}

/* Takes a character that is not ASCII. */
static char
read_wide_sign(const char **p)
{
	unsigned char lead = *(*p)++;
	int			more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
	uint32		character = lead & (0x3f >> more);

	if (lead < 0xc2 || lead > 0xf4)
		return SECURITY_SIGN_LETTER;
	for (int i = 0; i < more; i++)
	{
		if (((*p)[i] & 0xc0) != 0x80)
			return SECURITY_SIGN_LETTER;
		character = character << 6 | ((*p)[i] & 0x3f);
	}
	*p += more;
	return sign_of(character);
}

/* Takes the character at *p, which is not the end of the text. */
static char
read_sign(const char **p)
{
	char		escaped;

	if (IS_HIGHBIT_SET(**p))
		return read_wide_sign(p);
	escaped = read_escape(p);
	return escaped != '\0' ? escaped : ascii_sign_of(*(*p)++);
}

char *
security_sign_read(const char *text)
{
	char	   *signs = palloc(strlen(text) + 1);
	char	   *end = signs;

	while (*text != '\0')
		*end++ = read_sign(&text);
	*end = '\0';
	return signs;
}

const char *
security_sign_find(SecuritySignPlace *place, int signs)
{
	for (; place->signs < signs; place->signs++)
		(void) read_sign(&place->p);
	return place->p;
}
