/*
 * inbox_likeness.c
 *	  Whether a text is another one, as a channel rewrote it.
 *
 * Pure, and read in a number of steps that is linear in the length of a text.
 * Channels rewrite what they carry (** becomes *, a link its address), so letters and
 * digits are compared.  Memory is the current context.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/hashfn.h"
#include "lib/stringinfo.h"

#include "inbox/inbox_likeness.h"

/* Letters from which on a part of a text is known as that part. */
#define PART_LETTERS 20

/* Steps over the words of [words](address): channels show the address.  *end is the
 * next bracket that closes, looked for anew only behind the last one. */
static const char *
skip_link_words(const char *p, const char **end)
{
	if (*p != '[')
		return p;
	if (*end <= p)
		*end = strchrnul(p, ']');
	return **end == ']' && (*end)[1] == '(' ? *end + 1 : p;
}

void
inbox_likeness_read(const char *text, InboxLikeness *likeness)
{
	StringInfoData letters;
	const char *end = text;

	initStringInfo(&letters);
	for (const char *p = text; *p != '\0'; p++)
	{
		p = skip_link_words(p, &end);
		if ((unsigned char) *p >= 0x80 || isalnum((unsigned char) *p))
			appendStringInfoChar(&letters, (unsigned char) *p < 0x80 ? tolower((unsigned char) *p) : *p);
	}
	*likeness = (InboxLikeness) {text, letters.data, letters.len};
}

bool
inbox_likeness_has(const InboxLikeness *likeness, const char *other)
{
	InboxLikeness o;

	inbox_likeness_read(other, &o);
	if (likeness->count == 0 || o.count == 0)
		return strcmp(likeness->text, other) == 0;
	if (likeness->count == o.count)
		return memcmp(likeness->letters, o.letters, o.count) == 0;
	return likeness->count < o.count ?
		likeness->count >= PART_LETTERS && strstr(o.letters, likeness->letters) != NULL :
		o.count >= PART_LETTERS && strstr(likeness->letters, o.letters) != NULL;
}

uint32
inbox_likeness_trace(const InboxLikeness *likeness)
{
	return hash_bytes((const unsigned char *) likeness->letters, likeness->count);
}
