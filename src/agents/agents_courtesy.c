/*
 * agents_courtesy.c
 *	  The local decision about a message that thanks and asks in one.
 *
 * Runs in engine workers.  Kind words outweigh a short question in the
 * classifier's eyes, and "you are welcome" is no answer to one: where a message
 * is taken for thanks and its last sentence asks something, what decides is that
 * sentence; its last clause, where the message is but one ("love it, do you have
 * it in green?").
 */
#include "postgres.h"

#include "agents/agents_internal.h"

/* Fewer words are a courtesy themselves: "all good?". */
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

static int
count_words(const char *from, const char *until)
{
	int			words = 0;

	for (const char *c = from; c < until; c++)
		words += !is_blank(*c) && (c == from || is_blank(c[-1]));
	return words;
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

/* The question of a message that says more than that; NULL: none. */
static const char *
find_question(const char *content, const char *mark)
{
	const char *question = begin_behind(content, mark, ".!?");

	if (question == content)
		question = begin_behind(content, mark, ",;");
	while (is_blank(*question))
		question++;
	if (question == content || count_words(question, mark) < QUESTION_WORDS || is_courtesy(question))
		return NULL;
	return question;
}

bool
agents_courtesy_classify(int account_id, const char *content, LlmClassification *found)
{
	LlmClassification asked;
	const char *mark;
	const char *question;

	if (!llm_classifier_classify(account_id, content, strlen(content), found))
		return false;
	if (strcmp(found->intent, "thanks") != 0 || (mark = find_mark(content)) == NULL ||
		(question = find_question(content, mark)) == NULL ||
		!llm_classifier_classify(account_id, question, mark + 1 - question, &asked))
		return true;
	/* more words say better which language they are in */
	strlcpy(asked.language, found->language, sizeof(asked.language));
	*found = asked;
	return true;
}
