/*
 * llm_letter.c
 *	  Letters of a text, folded so that careless writing means the same.
 *
 * Runs in any backend.  Nothing here depends on a locale or on the server's
 * encoding: letters are folded by our own rules, which cover Latin, Greek and
 * Cyrillic, and a byte that is no UTF-8 counts as the Latin-1 character.  Stored
 * models depend on these rules: see llm_ngram.c.
 */
#include "postgres.h"

#include "llm/llm_letter.h"

/* U+00E0 to U+017F without their marks; a blank stands for "keep". */
static const char bare_letters[] =
"aaaaaaaceeeeiiiidnooooo ouuuuyty"
"aaaaaaccccccccddddeeeeeeeeeegggg"
"gggghhhhiiiiiiiiiiiijjkkklllllll"
"lllnnnnnnnnnoooooooorrrrrrssssss"
"ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

uint32
llm_letter_decode(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *p = *at;
	int			more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : 0;
	uint32		letter = *p & (0x3f >> more);

	*at = p + 1;
	if (*p < 0x80)
		return *p;
	if (more == 0 || end - p <= more)
		return *p;
	for (int i = 1; i <= more; i++)
	{
		if ((p[i] & 0xc0) != 0x80)
			return *p;
		letter = letter << 6 | (p[i] & 0x3f);
	}
	*at = p + 1 + more;
	return letter;
}

/* Lower case of Latin Extended-A, where capitals and small letters alternate. */
static uint32
fold_extended(uint32 letter)
{
	bool		odd_capitals = (letter >= 0x139 && letter <= 0x148) ||
		(letter >= 0x179 && letter <= 0x17e);

	if (letter == 0x130)
		return 'i';
	if (letter == 0x178)
		return 0xff;
	if (letter == 0x131 || letter == 0x138 || letter == 0x149 || letter == 0x17f)
		return letter;
	if (odd_capitals)
		return letter + (letter & 1);
	return letter | 1;
}

bool
llm_letter_is_mark(uint32 letter)
{
	return letter >= 0x300 && letter <= 0x36f;
}

bool
llm_letter_is_invisible(uint32 letter)
{
	return letter == 0xad || (letter >= 0x200b && letter <= 0x200f) ||
		(letter >= 0x202a && letter <= 0x202e) || (letter >= 0x2060 && letter <= 0x206f) ||
		(letter >= 0xfe00 && letter <= 0xfe0f) || letter == 0xfeff;
}

/* Plain forms of what some keyboards write: letters of full width, digits of
 * Arabic and Persian. */
static uint32
plain_form(uint32 letter)
{
	if (letter >= 0xff01 && letter <= 0xff5e)
		return letter - 0xfee0;
	if ((letter >= 0x660 && letter <= 0x669) || (letter >= 0x6f0 && letter <= 0x6f9))
		return '0';
	return letter;
}

uint32
llm_letter_fold(uint32 letter)
{
	letter = plain_form(letter);
	if (letter < 0x80)
	{
		if (letter >= 'A' && letter <= 'Z')
			return letter + 32;
		return letter >= '0' && letter <= '9' ? '0' : letter;
	}
	if (letter < 0xc0)
		return letter;
	if (letter <= 0xde)
		return letter == 0xd7 ? letter : letter + 32;
	if (letter >= 0x100 && letter <= 0x17f)
		return fold_extended(letter);
	if (letter == 0x3c2)
		return 0x3c3;			/* the sigma that ends a word */
	if ((letter >= 0x391 && letter <= 0x3a9) ||
		(letter >= 0x410 && letter <= 0x42f))
		return letter + 32;
	if (letter >= 0x400 && letter <= 0x40f)
		return letter + 80;
	return letter;
}

uint32
llm_letter_bare(uint32 letter)
{
	if (letter >= 0xe0 && letter <= 0x17f)
	{
		char		plain = bare_letters[letter - 0xe0];

		return plain == ' ' ? letter : (unsigned char) plain;
	}
	return letter;
}

bool
llm_letter_is_word(uint32 letter)
{
	if (letter < 0x80)
		return letter >= 'a' && letter <= 'z';
	if (letter < 0xc0)
		return letter == 0xaa || letter == 0xb5 || letter == 0xba;
	return !(letter == 0xd7 || letter == 0xf7 ||
			 (letter >= 0x2000 && letter <= 0x2bff) ||
			 (letter >= 0x3000 && letter <= 0x303f) ||
			 (letter >= 0xfe00 && letter <= 0xfe0f) ||
			 (letter >= 0x1f000 && letter <= 0x1fbff));
}
