/*
 * chatwoot_enclosure.c
 *	  What comes beside the text of a message of Chatwoot's: attachments,
 *	  choices, ratings, advertisements, stories.
 *
 * Pure, as the decoder whose part it is; runs where that runs.  A field of a
 * wrong type counts as absent.
 */
#include "postgres.h"

#include <math.h>

#include "base/base_text.h"
#include "chatwoot/chatwoot_enclosure.h"
#include "inbox/inbox_enclosure.h"

enum
{
	ATTRIBUTE_SUBMITTED, ATTRIBUTE_EMAIL, ATTRIBUTE_ITEMS, ATTRIBUTE_REPLY_TO,
	ATTRIBUTE_REFERRAL, ATTRIBUTE_UNSUPPORTED, ATTRIBUTE_REACTION, ATTRIBUTE_IMAGE_TYPE,
	ATTRIBUTE_STORY_ID, ATTRIBUTE_STORY_SENDER, ATTRIBUTE_PRODUCT, ATTRIBUTE_COUNT
};

static const char *const attribute_keys[ATTRIBUTE_COUNT] = {
	"submitted_values", "submitted_email", "items", "in_reply_to",
	"referral", "is_unsupported", "is_reaction", "image_type",
	"story_id", "story_sender", "referred_product",
};

/* Text of a string, digits of a number; NULL for all else. */
static const char *
words_of(const BaseSpan *value)
{
	if (value->kind == 'd')
		return pnstrdup(value->start, Min(value->bytes, INBOX_LINE_MAX_CHARS));
	return value->kind == 's' && value->bytes > 2 ? base_span_text(value) : NULL;
}

static const char *
words_at(const BaseSpan *object, const char *key)
{
	const char *const path[] = {key, NULL};
	BaseSpan	value = base_span_reach(object, path);

	return words_of(&value);
}

/* A number, or a text that is one; false when it is neither. */
static bool
number_of(const BaseSpan *value, double *number)
{
	char	   *text = base_span_text(value);
	char	   *end;

	if (text == NULL)
		return base_span_double(value, number);
	*number = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*number);
}

static void
append_word(StringInfo out, const char *separator, const char *word)
{
	if (word)
		appendStringInfo(out, "%s%s", out->len ? separator : "", word);
}

/* ----- what was chosen or filled in ----- */

/* One choice by its title, one field by its name and value. */
static void
append_choice(StringInfo out, const BaseSpan *item)
{
	static const char *const keys[] = {"title", "value", "name", "label"};
	BaseSpan	v[lengthof(keys)];
	const char *name;
	const char *value;

	if (item->kind != '{')
	{
		append_word(out, ", ", words_of(item));
		return;
	}
	base_span_find(item, keys, lengthof(keys), v);
	value = words_of(&v[0]) ? words_of(&v[0]) : words_of(&v[1]);
	name = words_of(&v[3]) ? words_of(&v[3]) : words_of(&v[2]);
	if (value)
		append_word(out, ", ", name ? psprintf("%s: %s", name, value) : value);
}

/* An array of choices, or an object of fields; NULL when neither holds any. */
static const char *
read_choices(const BaseSpan *choices)
{
	StringInfoData out;
	const char *cursor = NULL;
	BaseSpan	key;
	BaseSpan	item;

	initStringInfo(&out);
	while ((choices->kind == '[' || choices->kind == '{') &&
		   base_span_next(choices, &cursor, &key, &item))
	{
		if (choices->kind == '[')
			append_choice(&out, &item);
		else if (words_of(&item))
			append_word(&out, ", ", psprintf("%s: %s", base_span_text(&key), words_of(&item)));
	}
	return out.len ? out.data : NULL;
}

/* A rating is no wish: it is told, and starts nothing. */
static void
read_rating(const BaseSpan *rating, InboxMessage *message)
{
	const char *stars = words_at(rating, "rating");
	InboxMessage gathered = {.incoming = true};
	InboxEnclosing enclosing;

	message->answer = words_at(rating, "feedback_message");
	message->answer_is_aside = true;
	if (stars == NULL && message->answer == NULL)
		return;
	inbox_enclosure_begin(&enclosing, &gathered);
	inbox_enclosure_tell(&enclosing, "answer to the survey", stars ? psprintf("%s of 5", stars) : NULL);
	inbox_enclosure_end(&enclosing);
	message->answer_enclosed = gathered.enclosed;
}

void
chatwoot_enclosure_read_answer(const ChatwootEnclosed *enclosed, InboxMessage *message)
{
	static const char *const rating_path[] = {"csat_survey_response", NULL};
	BaseSpan	v[ATTRIBUTE_COUNT];
	BaseSpan	rating;

	base_span_find(enclosed->attributes, attribute_keys, ATTRIBUTE_COUNT, v);
	rating = base_span_reach(&v[ATTRIBUTE_SUBMITTED], rating_path);
	message->answer_type = message->content_type;
	if (rating.kind == '{')
		read_rating(&rating, message);
	else
		message->answer = read_choices(&v[ATTRIBUTE_SUBMITTED]);
	if (message->answer == NULL && v[ATTRIBUTE_EMAIL].kind == 's')
	{
		message->answer = words_of(&v[ATTRIBUTE_EMAIL]);
		message->answer_is_aside = true;
	}
}

/* ----- attachments ----- */

/* The name of the file that an address ends in; NULL when it ends in none. */
static const char *
file_name(const char *url)
{
	int			bytes = url ? strcspn(url, "?#") : 0;
	int			start = bytes;

	while (start > 0 && url[start - 1] != '/')
		start--;
	if (start == 0 || memchr(url + start, '.', bytes - start) == NULL)
		return NULL;
	return base_text_unescape(url + start, bytes - start);
}

enum
{
	FILE_TYPE, FILE_CONTENT_TYPE, FILE_EXTENSION, FILE_URL, FILE_TITLE, FILE_META,
	FILE_LATITUDE, FILE_LONGITUDE, FILE_TRANSCRIPT, FILE_DURATION, FILE_COUNT
};

static const char *const file_keys[FILE_COUNT] = {
	"file_type", "content_type", "extension", "data_url", "fallback_title", "meta",
	"coordinates_lat", "coordinates_long", "transcribed_text", "duration",
};

static bool
begins(const BaseSpan *text, const char *with)
{
	int			bytes = strlen(with);

	return text->kind == 's' && text->bytes >= bytes + 2 && memcmp(text->start + 1, with, bytes) == 0;
}

/* What kind of thing it is: Chatwoot's word for it goes before the file's own type. */
static InboxEnclosureKind
judge_file(const BaseSpan *v)
{
	static const struct
	{
		const char *file_type;
		InboxEnclosureKind kind;
	}			types[] = {
		{"location", INBOX_ENCLOSURE_PLACE},
		{"contact", INBOX_ENCLOSURE_CONTACT},
		{"fallback", INBOX_ENCLOSURE_LINK},
		{"share", INBOX_ENCLOSURE_POST},
		{"embed", INBOX_ENCLOSURE_POST},
		{"ig_reel", INBOX_ENCLOSURE_POST},
		{"ig_post", INBOX_ENCLOSURE_POST},
		{"ig_story", INBOX_ENCLOSURE_POST},
		{"story_mention", INBOX_ENCLOSURE_POST},
	};

	for (int i = 0; i < lengthof(types); i++)
		if (base_span_is(&v[FILE_TYPE], types[i].file_type))
			return types[i].kind;
	/* a photo sent by mail counts as a file there */
	if (base_span_is(&v[FILE_TYPE], "image") || begins(&v[FILE_CONTENT_TYPE], "image/"))
		return INBOX_ENCLOSURE_IMAGE;
	if (base_span_is(&v[FILE_TYPE], "video") || begins(&v[FILE_CONTENT_TYPE], "video/"))
		return INBOX_ENCLOSURE_VIDEO;
	if (!base_span_is(&v[FILE_TYPE], "audio") && !begins(&v[FILE_CONTENT_TYPE], "audio/"))
		return INBOX_ENCLOSURE_FILE;
	/* music is sent as a file of these; what a phone records is not */
	if (begins(&v[FILE_CONTENT_TYPE], "audio/mpeg") || begins(&v[FILE_CONTENT_TYPE], "audio/flac"))
		return INBOX_ENCLOSURE_AUDIO;
	return INBOX_ENCLOSURE_VOICE;
}

/* Both coordinates, with what digits they need; zero is a place like any other. */
static const char *
read_place(const BaseSpan *v)
{
	double		at[2];

	if (!number_of(&v[FILE_LATITUDE], &at[0]) || !number_of(&v[FILE_LONGITUDE], &at[1]) ||
		fabs(at[0]) > 90 || fabs(at[1]) > 180)
		return NULL;
	return psprintf("%.9g, %.9g", at[0], at[1]);
}

/* A card's name, first and last in one; as WhatsApp or Telegram call them. */
static const char *
read_person(const BaseSpan *meta)
{
	static const char *const keys[] = {"firstName", "first_name", "lastName", "last_name"};
	BaseSpan	v[lengthof(keys)];
	StringInfoData name;

	initStringInfo(&name);
	base_span_find(meta, keys, lengthof(keys), v);
	for (int i = 0; i < lengthof(keys); i++)
		append_word(&name, " ", words_of(&v[i]));
	return name.data;
}

static double
read_seconds(const BaseSpan *v)
{
	static const char *const path[] = {"duration", NULL};
	BaseSpan	meta = base_span_reach(&v[FILE_META], path);
	double		seconds;

	if (number_of(&v[FILE_DURATION], &seconds) || number_of(&meta, &seconds))
		return seconds;
	return 0;
}

/* Tells one attachment, by what each kind is known by. */
static void
add_file(InboxEnclosing *enclosing, const BaseSpan *file)
{
	BaseSpan	v[FILE_COUNT];
	InboxEnclosure enclosure = {0};

	base_span_find(file, file_keys, FILE_COUNT, v);
	enclosure.kind = judge_file(v);
	enclosure.seconds = read_seconds(v);
	switch (enclosure.kind)
	{
		case INBOX_ENCLOSURE_PLACE:
			enclosure.name = words_of(&v[FILE_TITLE]);
			enclosure.detail = read_place(v);
			break;
		case INBOX_ENCLOSURE_CONTACT:
			enclosure.name = read_person(&v[FILE_META]);
			enclosure.detail = words_of(&v[FILE_TITLE]);
			break;
		case INBOX_ENCLOSURE_LINK:
		case INBOX_ENCLOSURE_POST:
			enclosure.name = words_of(&v[FILE_TITLE]);
			enclosure.detail = words_of(&v[FILE_URL]);
			break;
		case INBOX_ENCLOSURE_VOICE:
		case INBOX_ENCLOSURE_AUDIO:
			enclosure.words = words_of(&v[FILE_TRANSCRIPT]);
			break;
		default:
			enclosure.name = file_name(words_of(&v[FILE_URL]));
			break;
	}
	inbox_enclosure_add(enclosing, &enclosure);
}

/* A sticker of WhatsApp or Telegram counts as a picture there. */
static bool
is_sticker(const ChatwootEnclosed *enclosed, const InboxMessage *message, const BaseSpan *file)
{
	static const char *const path[] = {"content_type", NULL};
	BaseSpan	type = base_span_reach(file, path);

	return message->content == NULL && base_span_is(&type, "image/webp") && enclosed->channel &&
		(strcmp(enclosed->channel, "whatsapp") == 0 || strcmp(enclosed->channel, "telegram") == 0);
}

static void
add_files(const ChatwootEnclosed *enclosed, InboxEnclosing *enclosing)
{
	static const InboxEnclosure sticker = {INBOX_ENCLOSURE_STICKER};
	const char *cursor = NULL;
	BaseSpan	file;

	while (enclosed->attachments->kind == '[' &&
		   base_span_next(enclosed->attachments, &cursor, NULL, &file))
	{
		if (is_sticker(enclosed, enclosing->message, &file))
			inbox_enclosure_add(enclosing, &sticker);
		else if (file.kind == '{')
			add_file(enclosing, &file);
	}
}

/* The text of a shared card is its name, and nothing that was said. */
static void
drop_card_name(const ChatwootEnclosed *enclosed, InboxMessage *message)
{
	const char *cursor = NULL;
	BaseSpan	file;
	BaseSpan	v[FILE_COUNT];

	if (message->content == NULL || enclosed->attachments->kind != '[' ||
		!base_span_next(enclosed->attachments, &cursor, NULL, &file))
		return;
	base_span_find(&file, file_keys, FILE_COUNT, v);
	if (base_span_is(&v[FILE_TYPE], "contact") &&
		strcmp(message->content, read_person(&v[FILE_META])) == 0)
		message->content = NULL;
}

/* ----- what else is told ----- */

/* What brought the customer here: an advertisement's words, its product, the ids and
 * the address it is known by. */
static void
tell_referral(InboxEnclosing *enclosing, const BaseSpan *referral)
{
	static const char *const context_path[] = {"ads_context_data", NULL};
	static const char *const titles[] = {"headline", "ad_title", "body"};
	static const char *const others[] = {"product_id", "ref", "ad_id", "source_id", "source_url"};
	BaseSpan	context = base_span_reach(referral, context_path);
	const BaseSpan *objects[] = {referral, &context};
	StringInfoData out;

	if (referral->kind != '{')
		return;
	initStringInfo(&out);
	for (int o = 0; o < lengthof(objects); o++)
		for (int i = 0; i < lengthof(titles); i++)
			append_word(&out, ", ", words_at(objects[o], titles[i]));
	for (int i = 0; i < lengthof(others); i++)
		for (int o = 0; o < lengthof(objects); o++)
		{
			const char *word = words_at(objects[o], others[i]);

			if (word)
				append_word(&out, ", ", psprintf("%s %s", others[i], word));
		}
	if (out.len > 0)
		inbox_enclosure_tell(enclosing, "came by an advertisement or a link", out.data);
}

static void
tell_product(InboxEnclosing *enclosing, const BaseSpan *product)
{
	const char *id = words_at(product, "product_retailer_id");

	if (id)
		inbox_enclosure_tell(enclosing, "asks about the product", id);
}

/* Telegram's links open a chat with this command and what the link carries. */
static void
tell_start(const ChatwootEnclosed *enclosed, InboxEnclosing *enclosing)
{
	const char *content = enclosing->message->content;
	const char *parameter;

	if (content == NULL || enclosed->channel == NULL || strcmp(enclosed->channel, "telegram") != 0 ||
		strncmp(content, "/start", 6) != 0 || (parameter = strchr(content, ' ')) == NULL)
		return;
	inbox_enclosure_tell(enclosing, "opened the chat by a link with the parameter", parameter + 1);
}

/* A person of ours, or we, let the customer choose. */
static void
tell_choices(InboxEnclosing *enclosing, const BaseSpan *items)
{
	const char *choices = enclosing->message->incoming ? NULL : read_choices(items);

	if (choices)
		inbox_enclosure_tell(enclosing, "to choose from", choices);
}

/* Clears what Chatwoot, and not the customer, has written. */
static void
judge_content(const ChatwootEnclosed *enclosed, const BaseSpan *v, InboxEnclosing *enclosing)
{
	static const InboxEnclosure sticker = {INBOX_ENCLOSURE_STICKER};
	static const InboxEnclosure unsupported = {INBOX_ENCLOSURE_UNSUPPORTED};
	static const InboxEnclosure call = {INBOX_ENCLOSURE_CALL};
	InboxMessage *message = enclosing->message;
	const char *content = message->content;

	if (v[ATTRIBUTE_UNSUPPORTED].kind == 't')
		inbox_enclosure_add(enclosing, &unsupported);
	else if (base_span_is(&v[ATTRIBUTE_IMAGE_TYPE], "story_mention"))
		inbox_enclosure_tell(enclosing, "mentioned us in a story", words_of(&v[ATTRIBUTE_STORY_SENDER]));
	else if (v[ATTRIBUTE_REACTION].kind == 't' || base_span_is(enclosed->content_type, "reaction"))
		inbox_enclosure_tell(enclosing, "reacted with", content);
	else if (base_span_is(enclosed->content_type, "sticker"))
		inbox_enclosure_add(enclosing, &sticker);
	else if (base_span_is(enclosed->content_type, "voice_call"))
		inbox_enclosure_add(enclosing, &call);
	else
		return;
	message->content = NULL;
	message->is_aside = base_span_is(&v[ATTRIBUTE_IMAGE_TYPE], "story_mention") ||
		v[ATTRIBUTE_REACTION].kind == 't' || base_span_is(enclosed->content_type, "reaction");
}

static void
tell_facts(const ChatwootEnclosed *enclosed, const BaseSpan *v, InboxEnclosing *enclosing)
{
	InboxMessage *message = enclosing->message;

	if (message->incoming && message->content == NULL && read_choices(&v[ATTRIBUTE_SUBMITTED]))
		inbox_event_set_content(message, pstrdup(read_choices(&v[ATTRIBUTE_SUBMITTED])));
	tell_referral(enclosing, &v[ATTRIBUTE_REFERRAL]);
	tell_product(enclosing, &v[ATTRIBUTE_PRODUCT]);
	tell_start(enclosed, enclosing);
	if (message->hides_words)
		inbox_enclosure_tell(enclosing, "the mail had words in it that it does not show", NULL);
	tell_choices(enclosing, &v[ATTRIBUTE_ITEMS]);
}

void
chatwoot_enclosure_read(const ChatwootEnclosed *enclosed, InboxMessage *message)
{
	static const InboxEnclosure story = {INBOX_ENCLOSURE_STORY};
	BaseSpan	v[ATTRIBUTE_COUNT];
	InboxEnclosing enclosing;
	int64		reply_to;

	base_span_find(enclosed->attributes, attribute_keys, ATTRIBUTE_COUNT, v);
	inbox_enclosure_begin(&enclosing, message);
	if (base_span_int64(&v[ATTRIBUTE_REPLY_TO], &reply_to) && reply_to > 0)
		message->reply_to = psprintf(INT64_FORMAT, reply_to);
	judge_content(enclosed, v, &enclosing);
	if (!message->is_aside)
	{
		if (words_of(&v[ATTRIBUTE_STORY_ID]) && message->incoming)
			inbox_enclosure_add(&enclosing, &story);
		drop_card_name(enclosed, message);
		add_files(enclosed, &enclosing);
		tell_facts(enclosed, v, &enclosing);
	}
	inbox_enclosure_end(&enclosing);
}
