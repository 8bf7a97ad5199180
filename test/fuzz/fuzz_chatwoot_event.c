/*
 * fuzz_chatwoot_event.c
 *	  The decoder of Chatwoot's webhooks.
 *
 * An event that makes sense is complete for its kind, and its texts can be
 * stored; one that makes none says why.  A time that is written is read back.
 */
#include "postgres.h"

#include <time.h>

#include "chatwoot/chatwoot_event.h"
#include "fuzz_target.h"
#include "server_stubs.h"
#include "utils/timestamp.h"

#define EPOCH_SHIFT ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400))

static bool is_text;			/* whether the body was */

static void
check_text(const char *text)
{
	fuzz_require(text == NULL || !is_text || server_stubs_is_text(text, strlen(text)));
}

static void
check_json(const char *text, char kind)
{
	BaseSpan	value;

	if (text == NULL)
		return;
	check_text(text);
	fuzz_require(base_span_parse(text, strlen(text), &value) && value.kind == kind);
}

static void
check_contact(const InboxContact *contact)
{
	check_text(contact->key);
	check_text(contact->name);
	check_text(contact->email);
	check_text(contact->phone);
	check_json(contact->attributes, '{');
}

static void
check_conversation(const InboxConversationView *view)
{
	fuzz_require(view->display_id > 0);
	fuzz_require(view->version >= 0);
	check_text(view->subject_line);
	check_text(view->priority);
	check_text(view->language);
	check_json(view->labels, '[');
	check_json(view->attributes, '{');
	check_contact(&view->contact);
}

static void
check_message(const InboxMessage *message)
{
	fuzz_require(message->external_id != NULL);
	/* what comes in is a customer's, or a bot's of Chatwoot that speaks in his place */
	if (message->author == INBOX_AUTHOR_CUSTOMER)
		fuzz_require(message->incoming);
	else
		fuzz_require(!message->incoming || message->author == INBOX_AUTHOR_BOT);
	fuzz_require(inbox_event_author_name(message->author) != NULL);
	fuzz_require(message->source_id == NULL || strlen(message->source_id) <= 1000);
	check_text(message->content);
	check_text(message->content_type);
	check_text(message->source_id);
	check_text(message->marker);
	check_text(message->failure);
	check_text(message->enclosed);
	check_text(message->opaque);
	check_text(message->reply_to);
	check_text(message->answer);
	check_text(message->answer_enclosed);
	check_text(message->answer_type);
	/* nothing that a customer sends is empty */
	fuzz_require(!message->incoming || message->deleted || message->content ||
				 message->enclosed);
	check_text(message->author_name);
	check_json(message->attributes, '{');
	check_json(message->attachments, '[');
}

static void
check_event(const InboxEvent *event)
{
	check_text(event->name);
	switch (event->kind)
	{
		case INBOX_EVENT_MESSAGE_CREATED:
		case INBOX_EVENT_MESSAGE_UPDATED:
			check_message(&event->message);
			check_conversation(&event->conversation);
			break;
		case INBOX_EVENT_CONVERSATION:
			check_conversation(&event->conversation);
			break;
		case INBOX_EVENT_CONTACT:
			fuzz_require(event->contact.key != NULL);
			check_contact(&event->contact);
			break;
		case INBOX_EVENT_IGNORED:
			break;
	}
}

/* Writes the first bytes as a time between 1970 and 2106 and has it read. */
static void
check_time(const uint8_t *bytes, size_t length)
{
	uint32		seconds = 0;
	time_t		time;
	struct tm	parts;
	char		written[32];
	char		body[512];
	InboxEvent	event;

	memcpy(&seconds, bytes, Min(length, sizeof(seconds)));
	time = seconds;
	strftime(written, sizeof(written), "%Y-%m-%dT%H:%M:%S", gmtime_r(&time, &parts));
	snprintf(body, sizeof(body),
			 "{\"event\":\"message_created\",\"id\":1,\"message_type\":\"incoming\","
			 "\"created_at\":\"%s.25Z\",\"conversation\":{\"id\":1}}", written);
	fuzz_require(chatwoot_event_decode(body, strlen(body), &event));
	fuzz_require(event.message.sent_at == ((int64) seconds - EPOCH_SHIFT) * USECS_PER_SEC + 250000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char	   *body = fuzz_string(bytes, length);
	InboxEvent	event;

	is_text = server_stubs_is_text(body, length);
	if (chatwoot_event_decode(body, (int) length, &event))
		check_event(&event);
	else
		fuzz_require(event.problem[0] != '\0');
	check_time(bytes, length);
	server_stubs_forget();
	free(body);
	return 0;
}
