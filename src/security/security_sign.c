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

#include "security/security_sign.h"

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
	{0x034f, 0x034f, SECURITY_SIGN_INVISIBLE, false},
	{0x060c, 0x060c, ',', false},
	{0x061c, 0x061c, SECURITY_SIGN_INVISIBLE, false},
	{0x0660, 0x0669, '0', true},
	{0x066b, 0x066b, '.', false},
	{0x066c, 0x066c, ',', false},
	{0x06f0, 0x06f9, '0', true},
	{0x0966, 0x096f, '0', true},
	{0x09e6, 0x09ef, '0', true},
	{0x0e50, 0x0e59, '0', true},
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
	{0x1d7ce, 0x1d7d7, '0', true},
	{0x1d7d8, 0x1d7e1, '0', true},
	{0x1d7e2, 0x1d7eb, '0', true},
	{0x1d7ec, 0x1d7f5, '0', true},
	{0x1d7f6, 0x1d7ff, '0', true},
	{0x1f000, 0x1faff, SECURITY_SIGN_MARK, false},
};

/* Finds the sign of a character by halving the table; letters are what no
 * range names. */
static char
sign_of(uint32 character)
{
	int			low = 0;
	int			high = lengthof(ranges);

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

/* Takes the character at *p, which is not the end of the text. */
static char
read_sign(const char **p)
{
	unsigned char lead = *(*p)++;
	int			more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
	uint32		character = lead & (0x3f >> more);

	if (lead < 0x80)
		return lead < ' ' && strchr("\t\n\v\f\r", lead) == NULL ? SECURITY_SIGN_MARK : lead;
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
