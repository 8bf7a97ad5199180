/*
 * inbox_echo.c
 *	  Our own replies, told to us as somebody else's.
 *
 * Runs in the backend that takes an event in, with the conversation's thread
 * locked.  Channels rewrite what they carry (** becomes *, a link its address), so
 * letters and digits are compared.  A reply is in the lane before its first byte
 * leaves, so the echo may well come before the answer to its request.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_spi.h"
#include "inbox/inbox_carriage.h"
#include "inbox/inbox_echo.h"

/* An echo comes so soon, by our clock or by the source's, which may differ. */
#define SOON (2 * USECS_PER_MINUTE)
#define SOON_AT_SOURCE (5 * USECS_PER_MINUTE)

/* Letters from which on a part of a text is known as that part. */
#define PART_LETTERS 20

/* Replies that are looked at. */
#define RECENT 8

/* Steps over the words of [words](address): channels show the address. */
static const char *
skip_link_words(const char *p)
{
	const char *end = *p == '[' ? strchr(p, ']') : NULL;

	return end != NULL && end[1] == '(' ? end + 1 : p;
}

/* What a channel leaves of a text: its letters and digits, in lower case. */
static char *
letters_of(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = text; *p != '\0'; p++)
	{
		p = skip_link_words(p);
		if ((unsigned char) *p >= 0x80 || isalnum((unsigned char) *p))
			appendStringInfoChar(&out, (unsigned char) *p < 0x80 ? tolower((unsigned char) *p) : *p);
	}
	return out.data;
}

static bool
is_same_text(const char *echo, const char *reply)
{
	const char *a = letters_of(echo);
	const char *b = letters_of(reply);

	if (a[0] == '\0' || b[0] == '\0')
		return strcmp(echo, reply) == 0;
	if (strcmp(a, b) == 0)
		return true;
	return strlen(a) < strlen(b) ? strlen(a) >= PART_LETTERS && strstr(b, a) != NULL :
		strlen(b) >= PART_LETTERS && strstr(a, b) != NULL;
}

static bool
is_soon(TimestampTz said_at, const InboxMessage *message)
{
	return base_clock_now() - said_at <= SOON ||
		(message->sent_at != 0 && Abs(message->sent_at - said_at) <= SOON_AT_SOURCE);
}

bool
inbox_echo_is_ours(const InboxConversation *conversation, const InboxMessage *message)
{
	static BaseStatement statement = {
		"SELECT d.payload ->> 'content', coalesce(d.sent_at, d.created_at) "
		"FROM frontdesk.deliveries AS d "
		"WHERE d.account_id = $1 AND d.thread_id = $2 AND d.kind = 'reply' "
		"AND d.status IN ('sending', 'uncertain', 'sent', 'arrived') "
		"ORDER BY d.seq DESC LIMIT $3",
		{INT4OID, UUIDOID, INT4OID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id),
	UUIDPGetDatum(&conversation->id), Int32GetDatum(RECENT)};
	InboxMarkup markup = inbox_carriage_get(conversation->origin.account_id, conversation->channel)->markup;
	uint64		count;

	if (message->incoming || message->private || message->marker || message->content == NULL)
		return false;
	count = base_spi_execute(&statement, values, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		const char *reply = base_spi_text(i, 1);
		bool		isnull;
		TimestampTz said_at = DatumGetTimestampTz(base_spi_value(i, 2, &isnull));

		/* as it was decided, or as it left */
		if (reply != NULL && is_soon(said_at, message) &&
			(is_same_text(message->content, reply) ||
			 is_same_text(message->content, inbox_markup_write(reply, markup))))
			return true;
	}
	return false;
}
