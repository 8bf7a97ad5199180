/*
 * inbox_enclosure.h
 *	  What came beside the text of a message, in words: files, voice notes,
 *	  places, contact cards, and what its source alone knows of it.
 */
#ifndef INBOX_ENCLOSURE_H
#define INBOX_ENCLOSURE_H

#include "lib/stringinfo.h"

#include "inbox/inbox_event.h"

/* The first that stands here is what a message with several is opaque for. */
typedef enum InboxEnclosureKind
{
	INBOX_ENCLOSURE_VOICE,
	INBOX_ENCLOSURE_AUDIO,
	INBOX_ENCLOSURE_CALL,
	INBOX_ENCLOSURE_VIDEO,
	INBOX_ENCLOSURE_IMAGE,
	INBOX_ENCLOSURE_POST,		/* of a social network */
	INBOX_ENCLOSURE_STORY,
	INBOX_ENCLOSURE_FILE,
	INBOX_ENCLOSURE_UNSUPPORTED,	/* the source itself could not show it */
	INBOX_ENCLOSURE_STICKER,	/* from here on the words say all */
	INBOX_ENCLOSURE_LINK,
	INBOX_ENCLOSURE_PLACE,
	INBOX_ENCLOSURE_CONTACT
} InboxEnclosureKind;

typedef struct InboxEnclosure
{
	InboxEnclosureKind kind;
	const char *name;			/* of a file, a person, a place; NULL: none; so the others */
	const char *detail;			/* a number, a link, a pair of coordinates */
	const char *words;			/* what is said in it, by whoever has heard it */
	double		seconds;		/* that it lasts; 0 not known */
} InboxEnclosure;

/* The words of a message while they are gathered. */
typedef struct InboxEnclosing
{
	InboxMessage *message;
	StringInfoData words;
	StringInfoData spoken;		/* what voice notes say */
	int			opaque;			/* InboxEnclosureKind; -1 nothing is */
	int			count;
	int			stickers;
} InboxEnclosing;

extern void inbox_enclosure_begin(InboxEnclosing *enclosing, InboxMessage *message);

/* One thing; what comes behind the twentieth is counted alone. */
extern void inbox_enclosure_add(InboxEnclosing *enclosing, const InboxEnclosure *enclosure);

/* A fact of another kind: "[label: text]", "[label]" without a text.  The text is a
 * stranger's; the label is ours. */
extern void inbox_enclosure_tell(InboxEnclosing *enclosing, const char *label, const char *text);

/*
 * Sets the message's words: what was enclosed, what of it is opaque, and, where
 * somebody has written down what a voice note says, its content; and whether it is
 * a gesture.  A message that has no content and came with nothing could not be shown.
 */
extern void inbox_enclosure_end(InboxEnclosing *enclosing);

#endif							/* INBOX_ENCLOSURE_H */
