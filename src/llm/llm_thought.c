/*
 * llm_thought.c
 *	  What a model thought aloud, taken out of what it says.
 *
 * Servers that know a model's template hand its thoughts over apart.  Others
 * leave them in the text: between marks, behind a mark of which the template has
 * swallowed the first half, or in channels.  What is written here may be read by
 * a customer, so of two mistakes the house makes the smaller one: in doubt a text
 * is not used.
 *
 * A mark that is quoted, or stands alone within a sentence, is spoken of and no
 * mark: customers may ask about it.
 *
 * Pure; memory is the current context.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "llm/llm_thought.h"

#define BLANKS " \t\r\n"

/* No honest text has more marks, and one with any of them is no longer. */
#define MARKS_MAX 200
#define TEXT_BYTES (256 * 1024)

/* Quoted code is no longer. */
#define CODE_BYTES 200

/* Pairs of marks; letters in any case. */
static const struct
{
	const char *opens;
	const char *closes;
}			pairs[] = {
	{"<think>", "</think>"},
	{"<thinking>", "</thinking>"},
	{"<thought>", "</thought>"},
	{"<thoughts>", "</thoughts>"},
	{"<reasoning>", "</reasoning>"},
	{"<reflection>", "</reflection>"},
	{"<scratchpad>", "</scratchpad>"},
	{"<analysis>", "</analysis>"},
	{"<antThinking>", "</antThinking>"},
	{"<seed:think>", "</seed:think>"},
	{"<|think|>", "<|/think|>"},
	{"<|thinking|>", "<|/thinking|>"},
	{"<|START_THINKING|>", "<|END_THINKING|>"},
	{"<|begin_of_thought|>", "<|end_of_thought|>"},
	{"<|channel>thought", "<channel|>"},
	{"<unused94>thought", "<unused95>"},
	{"[THINK]", "[/THINK]"},
	{"[THINKING]", "[/THINKING]"},
	{"\xE2\x97\x81think\xE2\x96\xB7", "\xE2\x97\x81/think\xE2\x96\xB7"},	/* ◁think▷ */
	{"Here is my thought process:", "Here is my response:"},
	{"Here's my thought process:", "Here's my response:"},
};

/* With one of these a turn ends; whatever follows was made up. */
static const char *const ends[] = {
	"<|end|>", "<|return|>", "<|call|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|eot|>",
	"<|endoftext|>", "<|end_of_text|>", "<end_of_turn>", "<|END_OF_TURN_TOKEN|>",
	"<|END_RESPONSE|>", "<|end_of_solution|>", "<|end_of_response|>",
	("<\xEF\xBD\x9C" "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>"),
};

/* With these it begins. */
static const char *const begins[] = {
	"<|im_start|>assistant", "<|start|>assistant", "<|START_RESPONSE|>", "<|begin_of_solution|>",
	"<|start_header_id|>assistant<|end_header_id|>", "<start_of_turn>model",
};

/* A mark that was found. */
typedef struct Mark
{
	const char *start;			/* NULL: none */
	const char *end;
	int			pair;
	bool		is_opening;
} Mark;

static bool
is_blank(char c)
{
	return c != '\0' && strchr(BLANKS, c) != NULL;
}

/* Whether a mark stands in quotation marks, or in code, of its own line. */
static bool
is_quoted(const char *text, const Mark *mark)
{
	static const char *const quotes[][2] = {
		{"`", "`"}, {"\"", "\""}, {"'", "'"}, {"\xE2\x80\x9C", "\xE2\x80\x9D"},
		{"\xE2\x80\x9E", "\xE2\x80\x9C"}, {"\xC2\xAB", "\xC2\xBB"}, {"\xE2\x80\x98", "\xE2\x80\x99"},
	};
	int			ticks = 0;

	for (int i = 0; i < lengthof(quotes); i++)
	{
		size_t		width = strlen(quotes[i][0]);

		if (mark->start - text >= width && strncmp(mark->start - width, quotes[i][0], width) == 0 &&
			strncmp(mark->end, quotes[i][1], strlen(quotes[i][1])) == 0)
			return true;
	}
	for (const char *p = mark->start; p > text && p[-1] != '\n' && mark->start - p < CODE_BYTES; p--)
		ticks += p[-1] == '`';
	return ticks % 2 == 1 && mark->end[strcspn(mark->end, "`\n")] == '`';
}

/* Whether a sentence is under way before the mark. */
static bool
interrupts(const char *text, const Mark *mark)
{
	const char *before = mark->start;

	while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
		before--;
	return before > text && before < mark->start &&
		(isalnum((unsigned char) before[-1]) || before[-1] == ',' || (before[-1] & 0x80) != 0);
}

/* Whether a sentence goes on behind it. */
static bool
goes_on(const Mark *mark)
{
	const char *next = mark->end + strspn(mark->end, " ");

	if (next == mark->end)
		return *next != '\0' && strchr(".,;:!?)", *next) != NULL;
	return islower((unsigned char) *next);
}

/* The first mark from a place on that is not merely quoted, of one pair or of any (-1). */
static Mark
find_mark(const char *text, const char *from, int pair)
{
	for (; *from != '\0'; from++)
	{
		if (strchr("<[Hh\xE2", *from) == NULL)
			continue;
		for (int i = Max(pair, 0); i < (pair < 0 ? lengthof(pairs) : pair + 1); i++)
			for (int side = 0; side < 2; side++)
			{
				const char *word = side == 0 ? pairs[i].opens : pairs[i].closes;
				Mark		mark = {from, from + strlen(word), i, side == 0};

				if (pg_strncasecmp(from, word, strlen(word)) == 0 && !is_quoted(text, &mark))
					return mark;
			}
	}
	return (Mark) {0};
}

/* The mark that closes this one, others of its kind within; the last one of its
 * kind when they do not come in pairs. */
static Mark
find_close(const char *text, const Mark *opening)
{
	Mark		last = {0};
	int			depth = 1;
	int			room = MARKS_MAX;

	for (Mark mark = find_mark(text, opening->end, opening->pair);
		 mark.start != NULL && depth > 0 && room-- > 0;
		 mark = find_mark(text, mark.end, opening->pair))
	{
		depth += mark.is_opening ? 1 : -1;
		if (!mark.is_opening)
			last = mark;
	}
	return last;
}

/* A copy without blanks around it. */
static char *
trim(const char *text)
{
	size_t		bytes;

	text += strspn(text, BLANKS);
	bytes = strlen(text);
	while (bytes > 0 && is_blank(text[bytes - 1]))
		bytes--;
	return pnstrdup(text, bytes);
}

/* Takes the sign away that many models end with, which is HTML's as well. */
static char *
trim_end(const char *text)
{
	char	   *trimmed = trim(text);
	size_t		bytes = strlen(trimmed);

	if (bytes < 4 || strcmp(trimmed + bytes - 4, "</s>") != 0 || strstr(trimmed, "<s>") != NULL)
		return trimmed;
	trimmed[bytes - 4] = '\0';
	return trim(trimmed);
}

/*
 * What is for the customer in a text with channels: the last final one, none
 * else.  Servers that drop a template's signs leave their words behind, glued to
 * the text.  NULL when there are no channels.
 */
static const char *
read_channels(const char *text)
{
	static const char final[] = "<|channel|>final";
	static const char bare[] = "assistantfinal";
	const char *found = NULL;
	const char *start;

	if (strstr(text, "<|channel|>") != NULL || strstr(text, "<|message|>") != NULL)
	{
		for (const char *p = strstr(text, final); p != NULL; p = strstr(p + 1, final))
			found = p;
		if (found != NULL)
			found = strstr(found, "<|message|>");
		return found != NULL ? found + strlen("<|message|>") : "";
	}
	for (const char *p = strstr(text, bare); p != NULL; p = strstr(p + 1, bare))
		found = p + strlen(bare);
	if (found != NULL)
		return found;
	start = text + strspn(text, BLANKS);
	return strncmp(start, "analysis", 8) == 0 && isupper((unsigned char) start[8]) ? "" : NULL;
}

/* The text of one turn, without the signs around it. */
static const char *
cut_turn(const char *text)
{
	const char *turn = text + strspn(text, BLANKS);
	const char *end = NULL;

	for (int i = 0; i < lengthof(begins); i++)
		if (strncmp(turn, begins[i], strlen(begins[i])) == 0)
			turn += strlen(begins[i]);
	for (int i = 0; i < lengthof(ends); i++)
	{
		const char *found = strstr(turn, ends[i]);

		if (found != NULL && (end == NULL || found < end))
			end = found;
	}
	return end != NULL ? pnstrdup(turn, end - turn) : turn;
}

/*
 * Appends what stands outside of pairs.  A mark that closes what nobody opened
 * ends thoughts that began with the text; one that opens what nobody closes
 * begins thoughts to its end, unless a sentence is merely speaking of it.
 */
static bool
append_spoken(const char *text, StringInfo spoken)
{
	const char *from = text;
	int			room = strlen(text) > TEXT_BYTES ? 0 : MARKS_MAX;

	for (Mark mark = find_mark(text, text, -1); mark.start != NULL; mark = find_mark(text, mark.end, -1))
	{
		Mark		close = mark.is_opening ? find_close(text, &mark) : mark;

		if (room-- <= 0)
			return false;
		if (close.start == NULL && interrupts(text, &mark))
			continue;
		if (close.start != NULL && interrupts(text, &mark) && goes_on(&close))
			return false;
		if (mark.is_opening)
			appendBinaryStringInfo(spoken, from, mark.start - from);
		else
			resetStringInfo(spoken);
		if (close.start == NULL)
			return true;
		from = close.end;
		if (spoken->len > 0 && is_blank(spoken->data[spoken->len - 1]))
			from += strspn(from, BLANKS);
		mark = close;
	}
	appendStringInfoString(spoken, from);
	return true;
}

bool
llm_thought_remove(const char *text, const char **answer)
{
	const char *channel = read_channels(text);
	StringInfoData spoken;

	initStringInfo(&spoken);
	if (!append_spoken(cut_turn(channel != NULL ? channel : text), &spoken))
		return false;
	*answer = trim_end(cut_turn(spoken.data));
	if (strcmp(*answer, trim(text)) == 0)
		*answer = text;
	return true;
}
