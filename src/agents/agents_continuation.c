/*
 * agents_continuation.c
 *	  What a message goes on with: "and on Sundays?", "thanks! and in green?"
 *
 * Runs in engine workers, as part of the step of the agent that answers.  It goes
 * by small words (agents_words.c) and the history that was loaded.
 */
#include "postgres.h"

#include "agents/agents_continuation.h"
#include "agents/agents_words.h"
#include "base/base_clock.h"
#include "base/base_json.h"
#include "inbox/inbox_subject.h"

#define MOST_WORDS 25

/* So many messages may go on with each other: "and on Mondays?", "and on Tuesdays?" */
#define MOST_CHAINED 4

/* What was said before this time is not gone on with. */
#define TALK_LASTS (3 * USECS_PER_DAY)

static bool
goes_on(const AgentsReading *reading)
{
	return reading->is_linked ||
		(agents_words_is_short_question(reading) && (reading->classes & AGENTS_WORD_ASKS) == 0);
}

const char *
agents_continuation_before(EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;
	char	   *content = base_jsonb_text(turn->state, "content");
	AgentsReading reading = {0};
	char	   *before = NULL;
	int			chained = 0;

	if (content && !base_jsonb_bool(turn->state, "wordless", false))
		reading = agents_words_read(content, MOST_WORDS);
	for (int i = subject ? subject->history_count - 1 : -1; i >= 0 && chained < MOST_CHAINED; i--)
	{
		const InboxUtterance *said = &subject->history[i];
		AgentsReading former;

		/* a short question of before may well stand alone: only a word that links goes further back */
		if (!(chained == 0 ? goes_on(&reading) : reading.is_linked))
			break;
		if (!said->incoming || said->content == NULL || said->seq >= turn->first_mail ||
			said->sent_at <= base_clock_now() - TALK_LASTS)
			continue;
		former = agents_words_read(said->content, MOST_WORDS);
		if (agents_words_is_closing(&former))
			continue;
		before = before ? psprintf("%s %s", said->content, before) : pstrdup(said->content);
		reading = former;
		chained++;
	}
	return before;
}
