/*
 * inbox_echo.c
 *	  Our own replies, told to us as somebody else's.
 *
 * Runs in the backend that takes an event in, with the conversation's thread
 * locked.  Channels rewrite what they carry, so letters and digits are compared
 * (inbox_likeness.c).  A reply is in the lane before its first byte
 * leaves, so the echo may well come before the answer to its request.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_spi.h"
#include "inbox/inbox_carriage.h"
#include "inbox/inbox_echo.h"
#include "inbox/inbox_likeness.h"

/* An echo comes so soon, by our clock or by the source's, which may differ. */
#define SOON (2 * USECS_PER_MINUTE)
#define SOON_AT_SOURCE (5 * USECS_PER_MINUTE)

/* Replies that are looked at. */
#define RECENT 8

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
		"SELECT d.payload ->> 'content', coalesce(d.sent_at, d.created_at), (d.payload ->> 'forgotten')::bigint "
		"FROM frontdesk.deliveries AS d "
		"WHERE d.account_id = $1 AND d.thread_id = $2 AND d.kind = 'reply' "
		"AND d.status IN ('sending', 'uncertain', 'sent', 'arrived') "
		"ORDER BY d.seq DESC LIMIT $3",
		{INT4OID, UUIDOID, INT4OID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id),
	UUIDPGetDatum(&conversation->id), Int32GetDatum(RECENT)};
	InboxMarkup markup = inbox_carriage_get(conversation->origin.account_id, conversation->channel)->markup;
	InboxLikeness echo;
	uint64		count;

	if (message->incoming || message->private || message->marker || message->content == NULL)
		return false;
	inbox_likeness_read(message->content, &echo);
	count = base_spi_execute(&statement, values, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		const char *reply = base_spi_text(i, 1);
		bool		isnull;
		TimestampTz said_at = DatumGetTimestampTz(base_spi_value(i, 2, &isnull));

		/* as it was decided, or as it left; the words of one may have been deleted since */
		if (reply != NULL && is_soon(said_at, message) &&
			(inbox_likeness_has(&echo, reply) ||
			 inbox_likeness_has(&echo, inbox_markup_write(reply, markup)) ||
			 base_spi_int64(i, 3, -1) == inbox_likeness_trace(&echo)))
			return true;
	}
	return false;
}
