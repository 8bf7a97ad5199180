/*
 * inbox_volley.c
 *	  Two machines that talk to each other are stopped.
 *
 * Runs in workers, at the end of a turn, with the thread locked.  What the turn has
 * read of the history tells it, but where all of that is of the last minutes: only
 * then are replies counted in the table.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_spi.h"
#include "engine/engine_lane.h"
#include "inbox/inbox_rules.h"
#include "inbox/inbox_subject.h"
#include "inbox/inbox_volley.h"

/* Letters of a message that is no short answer, which a person may well repeat. */
#define LONG_LETTERS 20

/* A text without what a machine counts up in it. */
static char *
letters_of(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = text ? text : ""; *p != '\0'; p++)
		if ((unsigned char) *p >= 0x80 || isalpha((unsigned char) *p))
			appendStringInfoChar(&out, (unsigned char) *p < 0x80 ? tolower((unsigned char) *p) : *p);
	return out.data;
}

/* How often the customer has said before, and we have answered, what it says now. */
static int
count_repeats(const InboxSubject *subject)
{
	const InboxUtterance *newest = NULL;
	const char *letters;
	bool		answered = false;
	int			count = 0;

	for (int i = 0; i < subject->history_count; i++)
		if (subject->history[i].incoming && (newest == NULL || subject->history[i].seq > newest->seq))
			newest = &subject->history[i];
	if (newest == NULL || strlen(letters = letters_of(newest->content)) < LONG_LETTERS)
		return 0;
	for (int i = subject->history_count - 1; i >= 0; i--)
	{
		const InboxUtterance *u = &subject->history[i];

		answered |= !u->incoming && strcmp(u->author, "bot") == 0;
		if (u == newest || !u->incoming || !answered)
			continue;
		count += strcmp(letters_of(u->content), letters) == 0;
	}
	return count;
}

static TimestampTz
newest_time(const InboxSubject *subject)
{
	TimestampTz newest = 0;

	for (int i = 0; i < subject->history_count; i++)
		newest = Max(newest, subject->history[i].sent_at);
	return newest;
}

/* Replies since a time and since a person's last word, in the table. */
static int
count_in_table(EngineTurn *turn, TimestampTz since, int limit)
{
	static BaseStatement statement = {
		"SELECT count(*)::integer FROM ("
		" SELECT m.author, m.sent_at, pg_catalog.bool_or(m.author = 'human') OVER (ORDER BY m.seq DESC) AS by_person "
		" FROM frontdesk.messages AS m WHERE m.account_id = $1 AND m.conversation_id = $2 "
		" AND NOT m.private ORDER BY m.seq DESC LIMIT $4) AS k "
		"WHERE k.author = 'bot' AND k.sent_at > $3 AND NOT k.by_person",
		{INT4OID, UUIDOID, TIMESTAMPTZOID, INT4OID}
	};
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
	TimestampTzGetDatum(since), Int32GetDatum(4 * limit)};

	base_spi_execute(&statement, values, NULL);
	return base_spi_int32(0, 1, 0);
}

/* Replies of the last minutes, as far as they count against the limit. */
static int
count_replies(EngineTurn *turn, const InboxRules *rules)
{
	const InboxSubject *subject = turn->subject;
	TimestampTz since = newest_time(subject) - rules->reply_limit_window;
	int			count = 0;

	for (int i = subject->history_count - 1; i >= 0; i--)
	{
		const InboxUtterance *u = &subject->history[i];

		if (u->sent_at <= since || strcmp(u->author, "human") == 0)
			return count;
		count += !u->incoming && strcmp(u->author, "bot") == 0;
	}
	/* more were said than the turn has read */
	if (subject->history_count < INBOX_HISTORY_LENGTH || count >= rules->reply_limit)
		return count;
	return count_in_table(turn, since, rules->reply_limit);
}

bool
inbox_volley_find_fault(EngineTurn *turn, InboxVolleyFault *fault)
{
	const InboxRules *rules = inbox_rules_get(turn->account_id);
	const InboxSubject *subject = turn->subject;
	int			count;

	if (subject == NULL || turn->is_rehearsal)
		return false;
	fault->is_machine = false;
	if (rules->repeat_limit > 0 && (count = count_repeats(subject)) >= rules->repeat_limit)
	{
		fault->text = psprintf("the same was answered %d times and is asked again: a machine writes, "
							   "or the answers do not help", count);
		return true;
	}
	if (rules->reply_limit == 0 || (count = count_replies(turn, rules)) < rules->reply_limit)
		return false;
	fault->is_machine = true;
	fault->text = psprintf("the bot has sent %d replies within " INT64_FORMAT " minutes: two machines "
						   "may be talking to each other", count, rules->reply_limit_window / USECS_PER_MINUTE);
	return true;
}

void
inbox_volley_stop(EngineTurn *turn, const InboxVolleyFault *fault)
{
	static BaseStatement statement = {
		"SELECT frontdesk.begin_handover($1, $2, 'volley', 'Handed over: ' || $3, 'medium', "
		" ($4 - 'agent_response') || CASE WHEN $5 THEN '{\"intent\": \"machine\"}' ELSE '{}' END::jsonb)",
		{INT4OID, UUIDOID, TEXTOID, JSONBOID, BOOLOID}
	};
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		CStringGetTextDatum(fault->text), JsonbPGetDatum(turn->state), BoolGetDatum(fault->is_machine),
	};
	bool		isnull;

	base_spi_execute(&statement, values, NULL);
	engine_lane_add_all(turn, DatumGetJsonbPCopy(base_spi_value(0, 1, &isnull)));
}
