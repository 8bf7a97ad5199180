/*
 * inbox_part.h
 *	  The length of a text as a channel counts it, and where it may be parted.
 */
#ifndef INBOX_PART_H
#define INBOX_PART_H

/* What a channel counts; words of frontdesk.channel_limits.counted_in. */
typedef enum InboxUnit
{
	INBOX_UNIT_CHARACTERS,
	INBOX_UNIT_BYTES,			/* of UTF-8 */
	INBOX_UNIT_UTF16			/* units of UTF-16: an emoji has two */
} InboxUnit;

extern InboxUnit inbox_part_unit(const char *word);

/* How long a text is. */
extern int	inbox_part_length(const char *text, InboxUnit unit);

/*
 * How many bytes at the beginning of a text make a part of at most this length:
 * all of them when it fits, else up to the end of a paragraph, of a sentence, of
 * a line or of a word, whichever leaves a part worth sending.
 */
extern int	inbox_part_bytes(const char *text, int most, InboxUnit unit);

#endif							/* INBOX_PART_H */
