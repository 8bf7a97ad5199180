/*
 * inbox_part.c
 *	  The length of a text as a channel counts it, and where it may be parted.
 *
 * Pure and linear.  Texts are UTF-8.
 */
#include "postgres.h"

#include "base/base_text.h"
#include "inbox/inbox_part.h"

InboxUnit
inbox_part_unit(const char *word)
{
	return strcmp(word, "bytes") == 0 ? INBOX_UNIT_BYTES :
		strcmp(word, "utf16") == 0 ? INBOX_UNIT_UTF16 : INBOX_UNIT_CHARACTERS;
}

static int
length_of(unsigned int letter, int bytes, InboxUnit unit)
{
	return unit == INBOX_UNIT_BYTES ? bytes : unit == INBOX_UNIT_UTF16 && letter > 0xFFFF ? 2 : 1;
}

int
inbox_part_length(const char *text, InboxUnit unit)
{
	int			length = 0;

	while (*text)
	{
		unsigned int letter;
		int			bytes = base_text_decode(text, &letter);

		length += length_of(letter, bytes, unit);
		text += bytes;
	}
	return length;
}

static bool
is_blank(unsigned int letter)
{
	return letter == ' ' || letter == '\n' || letter == '\t' || letter == 0x3000;
}

/* Whether a sentence ends with this letter; that of Chinese and Japanese needs no blank behind it. */
static bool
is_end(unsigned int letter, const char *behind)
{
	unsigned int next = 0;
	unsigned int first = 0;

	if (*behind)
		behind += base_text_decode(behind, &next);
	if (*behind)
		base_text_decode(behind, &first);
	/* "no. 5", "approx. two": a point that shortens a word */
	if (letter == '.' && next == ' ' && ((first >= '0' && first <= '9') || (first >= 'a' && first <= 'z')))
		return false;
	switch (letter)
	{
		case 0x3002:
		case 0xFF01:
		case 0xFF1F:
			return true;
		case '.':
		case '!':
		case '?':
		case 0x2026:
		case 0x061F:
		case ')':
		case 0x201D:
		case 0x00BB:
			return next == 0 || is_blank(next);
		default:
			return false;
	}
}

/* What belongs to the letter before it: an accent, a joiner, a colour of skin. */
static bool
is_joined(unsigned int letter)
{
	return letter == 0x200D || (letter >= 0x0300 && letter <= 0x036F) ||
		(letter >= 0xFE00 && letter <= 0xFE0F) || (letter >= 0x1F3FB && letter <= 0x1F3FF);
}

/* Places up to which a text may be cut, in bytes; 0 none. */
typedef struct Cuts
{
	int			paragraph;
	int			sentence;
	int			line;
	int			word;
	int			letter;
} Cuts;

static int
best_of(const Cuts *cuts)
{
	if (cuts->paragraph >= cuts->letter / 2)
		return cuts->paragraph;
	if (cuts->sentence >= cuts->letter / 4)
		return cuts->sentence;
	if (cuts->line >= cuts->letter / 4)
		return cuts->line;
	return cuts->word > 0 ? cuts->word : cuts->letter;
}

int
inbox_part_bytes(const char *text, int most, InboxUnit unit)
{
	Cuts		cuts = {0};
	unsigned int former = 0;
	int			length = 0;
	int			at = 0;

	while (text[at])
	{
		unsigned int letter;
		int			bytes = base_text_decode(text + at, &letter);

		if (!is_joined(letter) && former != 0x200D)
			cuts.letter = at;
		length += length_of(letter, bytes, unit);
		if (length > most)
			/* no more than what there is room for may leave, even of one letter */
			return best_of(&cuts) > 0 ? best_of(&cuts) : Max(at, 1);
		if (is_blank(letter))
			cuts.word = at;
		if (letter == '\n')
			cuts.line = at;
		if (letter == '\n' && former == '\n')
			cuts.paragraph = at;
		if (is_end(letter, text + at + bytes))
			cuts.sentence = at + bytes;
		former = letter;
		at += bytes;
	}
	return at;
}
