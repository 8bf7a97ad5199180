/*
 * agents_courtesy.c
 *	  The local decision about a message that thanks and asks in one, or thanks
 *	  and goes on with "but".
 *
 * Runs in engine workers.  Kind words outweigh a short question in the
 * classifier's eyes, and "you are welcome" is no answer to one: where a message
 * is taken for thanks and its last sentence asks something, what decides is that
 * sentence; its last clause, where the message is but one ("love it, do you have
 * it in green?"); and what stands behind "ok great, but".  Where that decides
 * nothing either, nothing is decided: thanks alone are thanks.
 */
#include "postgres.h"

#include "agents/agents_internal.h"
#include "agents/agents_words.h"

/* Nothing is told by fewer words: "in green?". */
#define QUESTION_WORDS 3

/* Questions that want no answer, as they begin. */
static const char *const courtesies[] = {
	"how are you", "how is it going", "how's it going", "how do you do", "is that ok", "is that all right",
	"wie geht", "comment allez", "comment vas", "comment ça va", "cómo est", "como est", "cómo te va",
	"como te va", "hoe gaat", "hoe is het", "como vai", "tudo bem",
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The question mark that a sentence ends with, the last one; not one within a link. */
static const char *
find_mark(const char *content)
{
	const char *end = content + strlen(content);

	for (const char *c = end; c-- > content;)
		if (*c == '?' && c > content && c[-1] != '?' &&
			(c + 1 == end || is_blank(c[1]) || c[1] == '?' || c[1] == '!'))
			return c;
	return NULL;
}

/* What stands between the last of the signs before a mark and the mark. */
static const char *
begin_behind(const char *content, const char *mark, const char *signs)
{
	for (const char *c = mark; c-- > content;)
		if (*c == '\n' || (strchr(signs, *c) != NULL && is_blank(c[1])))
			return c + 1;
	return content;
}

static bool
is_courtesy(const char *question)
{
	/* the sign before a Spanish question */
	if (strncmp(question, "\xc2\xbf", 2) == 0)
		question += 2;
	for (int i = 0; i < lengthof(courtesies); i++)
		if (pg_strncasecmp(question, courtesies[i], strlen(courtesies[i])) == 0)
			return true;
	return false;
}

/* The question that a message ends with, without the thanks before it. */
static const char *
find_question(const char *content, const char *mark, const char *behind)
{
	const char *question = begin_behind(content, mark, ".!?");

	if (question == content)
		question = begin_behind(content, mark, ",;");
	if (question == content)
		question = behind;
	while (is_blank(*question))
		question++;
	return question;
}

/* What a message says beside thanks that wants more than thanks; NULL: nothing. */
static char *
find_rest(const char *content, const char *language)
{
	const char *mark = find_mark(content);
	bool		is_contrary;
	const char *behind = agents_words_behind_closing(content, &is_contrary);
	char	   *rest;
	AgentsReading reading;

	/* "mais" is "more" in Portuguese */
	is_contrary &= strcmp(language, "pt") != 0 || pg_strncasecmp(behind, "mais", 4) != 0;
	if (!is_contrary && mark == NULL)
		return NULL;
	if (!is_contrary)
		behind = find_question(content, mark, behind);
	rest = is_contrary ? pstrdup(behind) : pnstrdup(behind, Max(mark + 1 - behind, 0));
	reading = agents_words_read(rest, PG_INT32_MAX);
	return (reading.of_closing == reading.words && !reading.is_open) || is_courtesy(rest) ? NULL : rest;
}

bool
agents_courtesy_classify(int account_id, const char *content, LlmClassification *found)
{
	LlmClassification asked;
	char	   *rest;

	if (!llm_classifier_classify(account_id, content, strlen(content), found))
		return false;
	if (strcmp(found->intent, "thanks") != 0 || (rest = find_rest(content, found->language)) == NULL ||
		!llm_classifier_classify(account_id, rest, strlen(rest), &asked))
		return true;
	/* more words say better which language they are in */
	strlcpy(asked.language, found->language, sizeof(asked.language));
	*found = asked;
	if (strcmp(asked.priority, "high") == 0 ||
		(strcmp(asked.intent, "thanks") != 0 && agents_words_read(rest, QUESTION_WORDS).words == QUESTION_WORDS))
		return true;
	strlcpy(found->intent, "other", sizeof(found->intent));
	strlcpy(found->route, "automated", sizeof(found->route));
	found->confidence = 0;
	return true;
}
