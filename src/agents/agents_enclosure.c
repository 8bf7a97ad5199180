/*
 * agents_enclosure.c
 *	  What the desk does with what came beside words.
 *
 * Runs in engine workers, as part of the router's step.  It goes by the state of
 * the turn: "enclosed" has the words of what came, "opaque" says what of it must
 * be heard or seen, "wordless" that the customer wrote nothing (all three are
 * set where the turn begins).  A voice note is never guessed at; a picture whose
 * caption says all is answered by the caption.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "agents/agents_enclosure.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "inbox/inbox_subject.h"
#include "llm/llm_letter.h"

/* So few words say nothing without the picture they stand under. */
#define CAPTION_WORDS 5

/* Words that point at something, or name a picture; in C order, none longer than this. */
#define POINTING_BYTES 16
static const char *const pointing[] = {
	"adjunta", "adjunto", "afbeelding", "allegata", "allegato", "anbei", "anexa", "anexo",
	"angeh\xc3\xa4ngt", "anhang", "aqui", "aqu\xc3\xad", "attached", "attachment",
	"beigef\xc3\xbcgt", "bijgevoegd", "bijlage", "bild", "bilder", "captura", "capture", "ceci",
	"celle", "celles", "celui", "cet", "cette", "ceux", "ci", "deze", "dies", "diese", "diesem",
	"diesen", "dieser", "dieses", "dit", "ecco", "enclosed", "essa", "esse", "esta", "estas",
	"este", "estes", "esto", "estos", "file", "foto", "fotos", "here", "hier", "image", "imagem",
	"imagen", "images", "immagine", "isso", "isto", "it", "joint", "jointe", "look", "photo",
	"photos", "pic", "pics", "picture", "pictures", ("pi\xc3\xa8" "ce"), "plaatje", "print",
	"questa", "queste", "questi", "questo", "qui", "screenshot", "see", "siehe", "them", "these",
	"this", "video", "voici", "zie",
};

/* Why people are needed for each kind, and as what intent; the sentence that the
 * customer hears is the template "handover_" and the intent. */
static const struct
{
	const char *opaque;			/* "": any other */
	const char *intent;
	const char *reason;
}			kinds[] = {
	{"audio", "unheard", "The customer sent something that has to be heard"},
	{"unsupported", "unshown", "The customer sent something that only the app on a phone can show"},
	{"", "unseen", "The customer sent something that has to be looked at"},
};

static bool
is_wordless(EngineTurn *turn)
{
	return base_jsonb_bool(turn->state, "wordless", false);
}

bool
agents_enclosure_is_opaque(EngineTurn *turn)
{
	return base_jsonb_text(turn->state, "opaque") != NULL;
}

/* What is spoken where a telephone number is from; "en" where nothing is known. */
static const char *
language_of_number(const char *number)
{
	static const struct
	{
		const char *prefix;
		const char *language;
	}			countries[] = {
		{"+31", "nl"}, {"+32", "nl"}, {"+33", "fr"}, {"+34", "es"}, {"+351", "pt"}, {"+352", "fr"},
		{"+39", "it"}, {"+41", "de"}, {"+43", "de"}, {"+49", "de"}, {"+51", "es"}, {"+52", "es"},
		{"+54", "es"}, {"+55", "pt"}, {"+56", "es"}, {"+57", "es"}, {"+58", "es"}, {"+59", "es"},
	};

	for (int i = 0; number && i < lengthof(countries); i++)
		if (strncmp(number, countries[i].prefix, strlen(countries[i].prefix)) == 0)
			return countries[i].language;
	return "en";
}

/* The language of words that there were, else of the conversation, else of the
 * device that wrote, else of its number. */
static const char *
judge_language(EngineTurn *turn, const char *language)
{
	const InboxSubject *subject = turn->subject;

	if (language == NULL)
		language = base_jsonb_text(turn->state, "language");
	if (language == NULL)
		language = base_jsonb_text(turn->state, "device_language");
	return language ? language : language_of_number(subject ? subject->lead_phone : NULL);
}

/* Whether words that came with it are a matter for people by themselves. */
static bool
is_danger(const LlmClassification *found)
{
	return found != NULL && strcmp(found->route, "high_priority") == 0;
}

/* The patch that hands the turn over; found is what words there were are like, NULL
 * where there were none. */
static Jsonb *
pass_on(EngineTurn *turn, const LlmClassification *found)
{
	char	   *opaque = base_jsonb_text(turn->state, "opaque");
	const char *reason = "The customer sent something without words";
	const char *intent = "enclosure";
	BaseObject	patch;

	for (int i = 0; opaque && i < lengthof(kinds); i++)
		if (kinds[i].opaque[0] == '\0' || strcmp(kinds[i].opaque, opaque) == 0)
		{
			reason = kinds[i].reason;
			intent = kinds[i].intent;
			break;
		}
	base_object_begin(&patch);
	if (is_danger(found))
		reason = psprintf("%s, and wrote of what people see to (%s)", reason, found->intent);
	base_object_add_text(&patch, "intent", is_danger(found) ? found->intent : intent);
	base_object_add_text(&patch, "route", "high_priority");
	base_object_add_text(&patch, "priority", is_danger(found) ? "high" : "medium");
	base_object_add_text(&patch, "language", judge_language(turn, found ? found->language : NULL));
	base_object_add_real(&patch, "sentiment", 0, 0);
	base_object_add_real(&patch, "confidence_score", 1, 0);
	base_object_add_bool(&patch, "needs_human", true);
	base_object_add_text(&patch, "escalation_reason", reason);
	return base_object_end_jsonb(&patch);
}

/* A command by which Telegram opens a chat is a greeting. */
static bool
is_opening(EngineTurn *turn)
{
	char	   *content = base_jsonb_text(turn->state, "content");
	char	   *channel = base_jsonb_text(turn->state, "channel");
	int			bytes;

	if (content == NULL || channel == NULL || strcmp(channel, "telegram") != 0)
		return false;
	bytes = strcspn(content, " @\n");
	return (bytes == 6 && strncmp(content, "/start", 6) == 0) ||
		(bytes == 5 && strncmp(content, "/help", 5) == 0 && strchr(content, ' ') == NULL);
}

static Jsonb *
greet(EngineTurn *turn)
{
	BaseObject	patch;

	base_object_begin(&patch);
	base_object_add_text(&patch, "intent", "greeting");
	base_object_add_text(&patch, "route", "automated");
	base_object_add_text(&patch, "priority", "low");
	base_object_add_text(&patch, "language", judge_language(turn, NULL));
	base_object_add_real(&patch, "sentiment", 0, 0);
	base_object_add_real(&patch, "confidence_score", 1, 0);
	base_object_add_bool(&patch, "needs_human", false);
	return base_object_end_jsonb(&patch);
}

Jsonb *
agents_enclosure_route(EngineTurn *turn)
{
	char	   *opaque = base_jsonb_text(turn->state, "opaque");
	char	   *content = base_jsonb_text(turn->state, "content");
	LlmClassification found;

	if (opaque && is_wordless(turn))
		return pass_on(turn, NULL);
	if (opaque && content && strcmp(opaque, "audio") == 0)
		return pass_on(turn, llm_classifier_classify(turn->account_id, content, strlen(content), &found) ?
					   &found : NULL);
	return is_opening(turn) ? greet(turn) : NULL;
}

/* ----- words that point ----- */

static int
compare_word(const void *word, const void *known)
{
	return strcmp(word, *(const char *const *) known);
}

/* Reads a word as small letters, whatever the locale, into a buffer; one that does
 * not fit is cut, and none of ours.  False at the end. */
static bool
next_word(const unsigned char **at, const unsigned char *end, char word[POINTING_BYTES + 8])
{
	int			bytes = 0;

	while (*at < end)
	{
		uint32		letter = llm_letter_fold(llm_letter_decode(at, end));

		if (llm_letter_is_invisible(letter))
			continue;
		if (llm_letter_is_word(letter))
		{
			if (bytes > POINTING_BYTES)
				continue;
			unicode_to_utf8(letter, (unsigned char *) word + bytes);
			bytes += pg_utf_mblen((unsigned char *) word + bytes);
		}
		else if (bytes > 0)
			break;
	}
	word[bytes] = '\0';
	return bytes > 0;
}

/* Whether a text is about what it came with, as far as words tell. */
static bool
points_at_it(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + strlen(text);
	char		word[POINTING_BYTES + 8];
	int			words = 0;

	while (next_word(&at, end, word))
	{
		if (bsearch(word, pointing, lengthof(pointing), sizeof(pointing[0]), compare_word) != NULL)
			return true;
		words++;
	}
	return words <= CAPTION_WORDS;
}

Jsonb *
agents_enclosure_route_locally(EngineTurn *turn, const LlmClassification *found)
{
	char	   *content = base_jsonb_text(turn->state, "content");

	if (is_wordless(turn))
		return pass_on(turn, NULL);
	if (found == NULL || content == NULL || !agents_enclosure_is_opaque(turn))
		return NULL;
	/* what was found to be dangerous is so with or without a picture; of a
	 * candidate a file is expected */
	if (is_danger(found) || strcmp(found->route, "recruitment") == 0)
		return NULL;
	return points_at_it(content) ? pass_on(turn, found) : NULL;
}
