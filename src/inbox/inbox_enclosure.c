/*
 * inbox_enclosure.c
 *	  What came beside the text of a message, in words.
 *
 * Pure.  Runs wherever an event is made.  The words are English and one thing
 * a line, between brackets; what strangers wrote (names of files, of people, of
 * places) stands in them as one line of at most INBOX_LINE_MAX_CHARS.  Nothing
 * is fetched: an address is told, and what is behind it nobody has seen.
 */
#include "postgres.h"

#include "base/base_text.h"
#include "inbox/inbox_enclosure.h"

/* Things that are told one by one; Chatwoot carries fifteen. */
#define MAX_TOLD 20

/* Per kind, in its order: what it is called, and what it is opaque for. */
static const struct
{
	const char *label;
	const char *opaque;
}			kinds[] = {
	[INBOX_ENCLOSURE_VOICE] = {"voice note", "audio"},
	[INBOX_ENCLOSURE_AUDIO] = {"audio", "audio"},
	[INBOX_ENCLOSURE_CALL] = {"voice call", "audio"},
	[INBOX_ENCLOSURE_VIDEO] = {"video", "video"},
	[INBOX_ENCLOSURE_IMAGE] = {"image", "image"},
	[INBOX_ENCLOSURE_POST] = {"shared post", "post"},
	[INBOX_ENCLOSURE_STORY] = {"in reply to a story of ours", "post"},
	[INBOX_ENCLOSURE_FILE] = {"file", "file"},
	[INBOX_ENCLOSURE_UNSUPPORTED] = {"a message of a kind that cannot be shown here", "unsupported"},
	[INBOX_ENCLOSURE_STICKER] = {"sticker"},
	[INBOX_ENCLOSURE_LINK] = {"link"},
	[INBOX_ENCLOSURE_PLACE] = {"location"},
	[INBOX_ENCLOSURE_CONTACT] = {"contact card"},
};

void
inbox_enclosure_begin(InboxEnclosing *enclosing, InboxMessage *message)
{
	enclosing->message = message;
	enclosing->opaque = -1;
	enclosing->count = 0;
	enclosing->stickers = 0;
	initStringInfo(&enclosing->words);
	initStringInfo(&enclosing->spoken);
}

/* A stranger's words between our brackets, which they do not close. */
static void
append_stranger(StringInfo out, const char *text)
{
	const char *line = inbox_event_line(text);

	for (; line && *line; line++)
		appendStringInfoChar(out, *line == '[' ? '(' : *line == ']' ? ')' : *line);
}

static void
open_words(InboxEnclosing *enclosing, const char *label)
{
	StringInfo	words = &enclosing->words;

	appendStringInfo(words, "%s[%s", words->len ? "\n" : "", label);
}

void
inbox_enclosure_tell(InboxEnclosing *enclosing, const char *label, const char *text)
{
	open_words(enclosing, label);
	if (text)
		appendStringInfoString(&enclosing->words, ": ");
	append_stranger(&enclosing->words, text);
	appendStringInfoChar(&enclosing->words, ']');
}

static void
append_parts(StringInfo words, const InboxEnclosure *enclosure)
{
	const char *parts[] = {enclosure->name, enclosure->detail};
	const char *separator = ": ";

	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i] == NULL || parts[i][0] == '\0')
			continue;
		appendStringInfoString(words, separator);
		append_stranger(words, parts[i]);
		separator = ", ";
	}
	if (enclosure->seconds >= 1 && enclosure->seconds < 360000)
		appendStringInfo(words, ", %d:%02d", (int) enclosure->seconds / 60,
						 (int) enclosure->seconds % 60);
}

void
inbox_enclosure_add(InboxEnclosing *enclosing, const InboxEnclosure *enclosure)
{
	bool		is_opaque = kinds[enclosure->kind].opaque != NULL && enclosure->words == NULL;

	enclosing->stickers += enclosure->kind == INBOX_ENCLOSURE_STICKER;
	if (is_opaque && (enclosing->opaque < 0 || (int) enclosure->kind < enclosing->opaque))
		enclosing->opaque = enclosure->kind;
	if (enclosure->words)
		appendStringInfo(&enclosing->spoken, "%s%s", enclosing->spoken.len ? "\n" : "",
						 enclosure->words);
	if (enclosing->count++ >= MAX_TOLD)
		return;
	open_words(enclosing, kinds[enclosure->kind].label);
	append_parts(&enclosing->words, enclosure);
	appendStringInfoChar(&enclosing->words, ']');
}

/* What a voice note says is what its sender said; a text beside it comes first. */
static void
set_spoken(InboxMessage *message, StringInfo spoken)
{
	if (spoken->len == 0)
		return;
	if (message->content)
		inbox_event_set_content(message, psprintf("%s\n%s", message->content, spoken->data));
	else
		inbox_event_set_content(message, spoken->data);
}

/* Signs that emoji are made of, but for those that say more than yes, no or thanks:
 * SOS, the siren, three angry faces. */
static bool
is_emoji(unsigned int letter)
{
	static const struct
	{
		unsigned int first;
		unsigned int last;
	}			ranges[] = {
		{0x200D, 0x200D}, {0x203C, 0x203C}, {0x2049, 0x2049}, {0x2122, 0x2122}, {0x2139, 0x2139},
		{0x2190, 0x21FF}, {0x2300, 0x23FF}, {0x25A0, 0x27BF}, {0x2900, 0x297F}, {0x2B00, 0x2BFF},
		{0x3030, 0x303D}, {0xFE0E, 0xFE0F}, {0x1F000, 0x1FAFF}, {0xE0020, 0xE007F},
	};

	if (letter == 0x1F198 || letter == 0x1F6A8 || letter == 0x1F620 || letter == 0x1F621 ||
		letter == 0x1F92C)
		return false;
	for (int i = 0; i < lengthof(ranges); i++)
		if (letter >= ranges[i].first && letter <= ranges[i].last)
			return true;
	return false;
}

/* Whether a text is nothing but emoji. */
static bool
is_gesture(const char *text)
{
	bool		has_emoji = false;
	unsigned int letter;

	for (; *text; text += base_text_decode(text, &letter))
	{
		base_text_decode(text, &letter);
		if (is_emoji(letter))
			has_emoji = true;
		else if (letter != ' ' && letter != '\n' && letter != '\r' && letter != '\t')
			return false;
	}
	return has_emoji;
}

void
inbox_enclosure_end(InboxEnclosing *enclosing)
{
	static const InboxEnclosure lost = {INBOX_ENCLOSURE_UNSUPPORTED};
	InboxMessage *message = enclosing->message;

	set_spoken(message, &enclosing->spoken);
	if (message->incoming && message->content == NULL && enclosing->words.len == 0 &&
		!message->deleted)
		inbox_enclosure_add(enclosing, &lost);
	if (enclosing->count > MAX_TOLD)
		appendStringInfo(&enclosing->words, "\n[and %d more]", enclosing->count - MAX_TOLD);
	if (message->content == NULL)
		message->is_gesture = enclosing->stickers > 0 && enclosing->stickers == enclosing->count;
	else
		message->is_gesture = enclosing->words.len == 0 && is_gesture(message->content);
	if (enclosing->words.len > 0)
		message->enclosed = enclosing->words.data;
	if (enclosing->opaque >= 0)
		message->opaque = kinds[enclosing->opaque].opaque;
}
