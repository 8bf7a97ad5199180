/*
 * agents_knowledge.c
 *	  What of an account's knowledge an agent is told.
 *
 * Runs in engine workers.  Rows and search are llm_knowledge.c's; what is
 * decided here is how many there is room for.
 */
#include "postgres.h"

#include "agents/agents_excerpt.h"
#include "agents/agents_knowledge.h"
#include "base/base_settings.h"
#include "llm/llm_knowledge.h"

#define ROOM 16384				/* bytes of all rows that are told */
#define MOST_ROWS 40			/* of those that were searched for */

typedef struct Telling
{
	const LlmKnowledge *knowledge;
	bool	   *is_told;		/* by row */
	int			room;			/* bytes that are left */
	StringInfo	text;
} Telling;

static int
bytes_of(const LlmKnowledgeRow *row)
{
	return strlen("\nQ: \nA: ") + strlen(row->question) + strlen(row->answer);
}

static bool
is_in(const LlmKnowledgeRow *row, const char *language)
{
	return language == NULL || strcmp(row->language, language) == 0;
}

static void
tell(Telling *telling, int row)
{
	const LlmKnowledgeRow *told = &telling->knowledge->rows[row];

	appendStringInfo(telling->text, "\nQ: %s\nA: %s", agents_excerpt_stated(told->question),
					 agents_excerpt_stated(told->answer));
	telling->is_told[row] = true;
	telling->room -= bytes_of(told);
}

/* Tells all rows of a language, or of all, unless they are too many. */
static bool
tell_all(Telling *telling, const char *language)
{
	int			bytes = 0;

	for (int i = 0; i < telling->knowledge->row_count && bytes <= telling->room; i++)
		if (is_in(&telling->knowledge->rows[i], language))
			bytes += bytes_of(&telling->knowledge->rows[i]);
	if (bytes > telling->room)
		return false;
	for (int i = 0; i < telling->knowledge->row_count; i++)
		if (is_in(&telling->knowledge->rows[i], language))
			tell(telling, i);
	return true;
}

/* Tells those that fit best and were not told so far, while there is room.  The
 * first is told whatever its length: it is cut as any text is. */
static void
tell_best(Telling *telling, const AgentsAsked *asked)
{
	LlmFinding	found[MOST_ROWS];
	int			count = llm_knowledge_search(telling->knowledge, &(LlmAsked) {asked->text, asked->language},
											 found, MOST_ROWS);

	for (int i = 0; i < count; i++)
		if (!telling->is_told[found[i].row] &&
			(i == 0 || bytes_of(&telling->knowledge->rows[found[i].row]) <= telling->room))
			tell(telling, found[i].row);
}

void
agents_knowledge_append(const AgentsAsked *asked, StringInfo text)
{
	Telling		telling = {
		.knowledge = llm_knowledge_get(asked->account_id, CurrentMemoryContext),
		.room = Min(ROOM, setting_prompt_limit * 1024 / 2),
		.text = text
	};

	if (telling.knowledge->row_count == 0)
		return;
	telling.is_told = palloc0(telling.knowledge->row_count * sizeof(bool));
	appendStringInfoString(text, "\n\nWhat you may state as fact:");
	if (tell_all(&telling, NULL))
		return;
	if (asked->language)
		tell_all(&telling, asked->language);
	tell_best(&telling, asked);
}
