/*
 * inbox_event.c
 *	  One event of an inbox in our own words: how its parts are stored.
 *
 * Pure.  Runs wherever an event is made: in the backend that takes a webhook
 * or a message in, in the worker that asks a source what it has.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/base_text.h"
#include "inbox/inbox_event.h"

const char *
inbox_event_author_name(InboxAuthorKind author)
{
	static const char *const names[] = {
		"customer", "bot", "human", "automation", "template",
	};

	return names[author];
}

const char *
inbox_event_line(const char *text)
{
	const char *line = text ? base_text_line(unconstify(char *, text)) : NULL;
	int			bytes = line ? strlen(line) : 0;
	int			kept = line ? pg_mbcharcliplen(line, bytes, INBOX_LINE_MAX_CHARS) : 0;

	if (kept == 0)
		return NULL;
	return kept < bytes ? pnstrdup(line, kept) : line;
}

/* Cuts content at a character boundary, remembering the size of the whole. */
void
inbox_event_set_content(InboxMessage *message, char *content)
{
	int			bytes;
	int			kept;

	content = base_text_plain(content);
	bytes = strlen(content);
	message->content = content[strspn(content, " \t\r\n")] == '\0' ? NULL : content;
	if (bytes <= INBOX_CONTENT_MAX_CHARS)
		return;
	kept = pg_mbcharcliplen(content, bytes, INBOX_CONTENT_MAX_CHARS);
	if (kept < bytes)
	{
		content[kept] = '\0';
		message->content_cut_bytes = bytes;
	}
}
