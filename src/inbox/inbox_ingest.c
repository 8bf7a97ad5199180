/*
 * inbox_ingest.c
 *	  The one way in: what an event does to leads, conversations and messages,
 *	  and whether it starts a turn.
 *
 * Runs in the backend that takes the event in, inside its transaction; both
 * transports come through inbox_ingest().
 *
 *	event                                  does
 *	------------------------------------   --------------------------------------
 *	message_created
 *	  incoming                             store; turn
 *	  incoming, private                    store
 *	  incoming, an opt-out or an opt-in    store, record; confirm, no turn
 *	  incoming, handled by a person        store
 *	  incoming, written by a machine       store; first met, people have it at
 *	                                       low priority
 *	  incoming, contact blocked            store
 *	  incoming, older than the rules allow store
 *	  incoming, the provider's id known    nothing
 *	  incoming, from a group or a list     nothing
 *	  incoming, a mention or a reaction    store
 *	  incoming, emoji or sticker alone     store; turn when we asked something
 *	  outgoing by a person                 store; the person has taken over
 *	  outgoing echo of another app         store; the person has taken over
 *	  outgoing echo of our own reply       nothing
 *	  outgoing with our marker             store once (the delivery may be first)
 *	  outgoing by a bot, rule or campaign  store
 *	  template (greeting, survey)          store
 *	  private note                         store; of a person, signed: a command
 *	message_updated
 *	  of a message not known               as message_created; an old one
 *	                                       neither starts a turn nor takes over
 *	  of one known                         content, status, failure; a file or a
 *	                                       transcript that came late: turn
 *	  of one known, deleted                its words go; the turn about it ends
 *	  with a customer's choice             store the choice as incoming; turn
 *	  with a rating, an e-mail address     the same without a turn
 *	either of a source without             goes on in what the sender has going
 *	conversations (no display_id)          on, or in that of the message told of
 *	conversation_created, _updated,        status, assignee, labels, priority;
 *	  _status_changed, _opened, _resolved  taking over, giving back
 *	contact_created, contact_updated       lead; nothing when only bookkeeping
 *	                                       columns changed
 *	activity, typing, web widget, inbox    nothing, and nothing of it is kept
 *	  events, automation, macros
 *
 * The event's view of the conversation is taken in with every message event as
 * well, because events are lost and overtake each other.  A message handled by
 * a person still gets its number, so the bot knows of it when it is asked back.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_object.h"
#include "base/base_settings.h"
#include "base/base_uuid.h"
#include "engine/engine_mail.h"
#include "inbox/inbox_command.h"
#include "inbox/inbox_echo.h"
#include "inbox/inbox_ingest.h"
#include "inbox/inbox_lead.h"
#include "inbox/inbox_message.h"
#include "inbox/inbox_opting.h"
#include "inbox/inbox_retraction.h"
#include "inbox/inbox_rules.h"
#include "inbox/inbox_refusal.h"
#include "inbox/inbox_speaker.h"
#include "inbox/inbox_split.h"

/* Bytes of a message that go into the thread's state. */
#define STATE_CONTENT_BYTES 4096

/* Age from which an unknown message heard of by an update is history. */
#define HISTORY_AGE (10 * USECS_PER_MINUTE)

static void
push_text(JsonbParseState **parse, const char *key, const char *text)
{
	JsonbValue	value = {jbvString};

	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	pushJsonbValue(parse, WJB_KEY, &value);
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	if (value.val.string.len > STATE_CONTENT_BYTES)
		value.val.string.len = pg_mbcliplen(text, value.val.string.len,
											STATE_CONTENT_BYTES);
	pushJsonbValue(parse, WJB_VALUE, &value);
}

/* The part of the state that a message replaces. */
static Jsonb *
make_payload(const InboxConversation *conversation, const InboxEvent *event, const pg_uuid_t *id)
{
	const InboxMessage *message = &event->message;
	JsonbParseState *parse = NULL;
	const char *content = message->content;
	char		display_id[32];
	char		row_id[BASE_UUID_TEXT];

	snprintf(display_id, sizeof(display_id), INT64_FORMAT, conversation->display_id);
	base_uuid_print(id, row_id);
	pushJsonbValue(&parse, WJB_BEGIN_OBJECT, NULL);
	push_text(&parse, "message_id", message->external_id ? message->external_id : row_id);
	push_text(&parse, "conversation_id", display_id);
	push_text(&parse, "channel", conversation->channel);
	if (content == NULL)
		content = message->enclosed ? message->enclosed : "";
	push_text(&parse, "content", content);
	if (event->conversation.language)
		push_text(&parse, "device_language", event->conversation.language);
	return JsonbValueToJsonb(pushJsonbValue(&parse, WJB_END_OBJECT, NULL));
}

static bool
starts_turn(const InboxConversation *conversation, const InboxEvent *event)
{
	return event->message.author == INBOX_AUTHOR_CUSTOMER &&
		!event->message.private &&
		event->message.automaton == INBOX_AUTOMATON_NONE &&
		!event->message.deleted &&
		!event->message.is_aside &&
		!event->conversation.contact.blocked &&
		!conversation->by_human;
}

/* Age from which a message only completes the history; 0: none. */
static int64
history_age(InboxOrigin origin, const InboxEvent *event)
{
	int64		answer_within = inbox_rules_get(origin.account_id)->answer_within;

	if (event->kind == INBOX_EVENT_MESSAGE_UPDATED)
		return answer_within > 0 ? Min(answer_within, HISTORY_AGE) : HISTORY_AGE;
	return event->is_listed ? 0 : answer_within;
}

/* Whether the message is so old that it only completes the history. */
static bool
is_history(InboxOrigin origin, const InboxEvent *event)
{
	int64		age = history_age(origin, event);

	return event->is_history ||
		(age > 0 && event->message.sent_at != 0 && event->message.sent_at < base_clock_now() - age);
}

/*
 * What a machine wrote is answered by nobody; a conversation that begins with it,
 * and one in which a mail of ours came back, are shown to people, at low priority.
 */
static bool
is_for_people(const InboxConversation *conversation, const InboxMessage *message)
{
	return message->automaton != INBOX_AUTOMATON_NONE &&
		(conversation->is_fresh || message->automaton == INBOX_AUTOMATON_BOUNCE) &&
		!conversation->by_human;
}

/* Says what came, in a note, and opens the conversation. */
static void
leave_to_people(InboxConversation *conversation, const InboxMessage *message)
{
	static const char *const notes[] = {
		[INBOX_AUTOMATON_NONE] = "",
		[INBOX_AUTOMATON_NOTICE] = "A system wrote this, which reads no answers. The bot does not answer.",
		[INBOX_AUTOMATON_AUTO_REPLY] = "This is an automatic reply. The bot does not answer it.",
		[INBOX_AUTOMATON_NEWSLETTER] = "This was sent to a list. The bot does not answer it.",
		[INBOX_AUTOMATON_REPORT] = "This is a report of a mail system. The bot does not answer it.",
		[INBOX_AUTOMATON_BOUNCE] = "A mail came back: it did not reach its reader. The bot does not answer this.",
	};
	StringInfoData list;
	BaseObject	payload;

	initStringInfo(&list);
	appendStringInfo(&list, "[{\"kind\": \"note\", \"content\": \"%s\"}, "
					 "{\"kind\": \"priority\", \"priority\": \"low\"}, {\"kind\": \"status\", \"status\": \"open\"}]",
					 notes[message->automaton]);
	base_object_begin(&payload);
	base_object_add_json(&payload, "deliver", list.data);
	conversation->event_seq = engine_mail_post_to(conversation->thread, "deliver",
												  base_object_end_jsonb(&payload), 0);
}

/* Posts mail for a message just stored, or only uses its number up. */
static void
follow_up(InboxConversation *conversation, const InboxEvent *event,
		  const pg_uuid_t *id)
{
	int			account_id = conversation->origin.account_id;
	const InboxMessage *message = &event->message;
	bool		is_old = is_history(conversation->origin, event);

	if (inbox_opting_hear(conversation, event, id, is_old))
		return;
	if (starts_turn(conversation, event) && !is_old)
	{
		conversation->event_seq =
			engine_mail_post_to(conversation->thread, "message",
								make_payload(conversation, event, id),
								setting_quiet_time);
		inbox_split_join(conversation, event);
		return;
	}
	if (is_for_people(conversation, message) && !is_old)
	{
		leave_to_people(conversation, message);
		return;
	}
	conversation->event_seq = engine_mail_draw_event(conversation->thread);
	if (message->author != INBOX_AUTHOR_HUMAN || is_old)
		return;
	if (!message->private)
		inbox_speaker_take_over(account_id, &conversation->id, "reply");
	else if (event->is_proven && event->kind == INBOX_EVENT_MESSAGE_CREATED)
		inbox_command_obey(conversation, message);
}

/* What came late is said now: a turn of its own reads it. */
static void
begin_late(InboxConversation *conversation, const InboxEvent *event,
		   const InboxMessageChange *change)
{
	inbox_message_hear_again(conversation, change);
	conversation->event_seq =
		engine_mail_post_to(conversation->thread, "message",
							make_payload(conversation, event, &change->id), setting_quiet_time);
}

/*
 * Other words, or a file that came late.  For a message that no finished turn
 * has read: the turn to come, or the one under way, reads it as it is now.  For
 * one that was answered, or handed to people because nobody could hear it, what
 * there is more of begins a turn.
 */
static void
take_edit(InboxConversation *conversation, const InboxEvent *event)
{
	int			account_id = conversation->origin.account_id;
	InboxMessageChange change = inbox_message_update(conversation, &event->message);

	if (change.is_refusal)
		inbox_refusal_take(conversation);
	if (!change.is_edit && !change.is_more)
		return;
	if (conversation->by_human && change.is_more && event->message.content &&
		inbox_message_is_left_unheard(conversation))
	{
		inbox_speaker_give_back(account_id, &conversation->id, "its words came late");
		conversation->by_human = false;
	}
	if (!starts_turn(conversation, event))
		return;
	if (engine_mail_is_unread(account_id, &conversation->id, change.seq))
		conversation->event_seq = engine_mail_post_to(conversation->thread, "edit", NULL,
													  setting_quiet_time);
	else if (change.is_more && !is_history(conversation->origin, event))
		begin_late(conversation, event, &change);
}

/*
 * A choice made on a message of ours arrives as an update of that message; it
 * is an incoming message of its own, once per message asked.
 */
static bool
store_answer(InboxConversation *conversation, const InboxEvent *event,
			 pg_uuid_t *id)
{
	InboxEvent	answer = *event;
	BaseObject	attributes;

	memset(&answer.message, 0, sizeof(answer.message));
	answer.kind = INBOX_EVENT_MESSAGE_CREATED;
	answer.message.author = INBOX_AUTHOR_CUSTOMER;
	answer.message.incoming = true;
	answer.message.content = event->message.answer;
	answer.message.enclosed = event->message.answer_enclosed;
	answer.message.is_aside = event->message.answer_is_aside;
	answer.message.reply_to = event->message.external_id;
	answer.message.content_type = event->message.answer_type;
	base_object_begin(&attributes);
	base_object_add_json(&attributes, "in_reply_to", event->message.external_id);
	answer.message.attributes = base_object_end(&attributes);
	answer.message.external_id = psprintf("%s:answer", event->message.external_id);
	if (!inbox_message_store(conversation, &answer.message, id))
	{
		/* a rating comes first, its words behind it */
		inbox_message_update(conversation, &answer.message);
		return false;
	}
	follow_up(conversation, &answer, id);
	return true;
}

/*
 * Sets the number of the conversation where the source knows none: that of the
 * message it reports on, or of what its sender has going on.  False when that
 * is nothing of ours.
 */
static bool
find_conversation(InboxOrigin origin, InboxEvent *event)
{
	const InboxMessage *message = &event->message;

	if (event->kind == INBOX_EVENT_MESSAGE_UPDATED && message->external_id)
		event->conversation.display_id = inbox_message_find_conversation(origin, message->external_id);
	if (event->conversation.display_id == 0 && !message->incoming && message->marker)
		event->conversation.display_id = inbox_message_find_conversation_of(origin, message->marker);
	else if (event->conversation.display_id == 0 && event->conversation.contact.key)
		inbox_conversation_choose(origin, &event->conversation);
	return event->conversation.display_id != 0;
}

/* Takes a message event in: the conversation first, for what others did decides
 * whether this message starts a turn. */
static void
ingest_message(InboxOrigin origin, InboxEvent *event, InboxOutcome *outcome)
{
	InboxConversation conversation;
	bool		stored;

	if (!inbox_conversation_open(origin, &event->conversation, &conversation))
	{
		outcome->kind = INBOX_UNUSABLE;
		outcome->reason = "neither the conversation nor its contact is known";
		return;
	}
	event->message.version = event->conversation.version;
	/* first what others did, so that it decides about this message too */
	inbox_conversation_follow_contact(&conversation, &event->conversation);
	inbox_conversation_observe(&conversation, &event->conversation, false);
	if (event->message.author == INBOX_AUTHOR_HUMAN && inbox_echo_is_ours(&conversation, &event->message))
	{
		engine_mail_save(conversation.thread);
		outcome->kind = INBOX_DUPLICATE;
		return;
	}
	if (event->message.deleted && event->kind == INBOX_EVENT_MESSAGE_UPDATED)
		inbox_retraction_apply(&conversation, &event->message);

	if (event->message.is_gesture && !conversation.is_fresh)
		event->message.is_aside |= !inbox_message_is_asked(&conversation);

	stored = inbox_message_store(&conversation, &event->message, &outcome->message_id);
	if (stored)
		follow_up(&conversation, event, &outcome->message_id);
	engine_mail_save(conversation.thread);
	outcome->has_message = stored;
	outcome->conversation_id = conversation.id;
	outcome->kind = stored ? INBOX_STORED : INBOX_DUPLICATE;
	if (event->kind != INBOX_EVENT_MESSAGE_UPDATED)
		return;
	if (!stored)
	{
		take_edit(&conversation, event);
		outcome->kind = INBOX_STORED;
	}
	if ((event->message.answer || event->message.answer_enclosed) && !event->message.incoming)
		outcome->has_message |= store_answer(&conversation, event,
											 &outcome->message_id);
}

static void
ingest_conversation(InboxOrigin origin, const InboxEvent *event, InboxOutcome *outcome)
{
	InboxConversation conversation;

	if (!inbox_conversation_open(origin, &event->conversation, &conversation))
	{
		outcome->kind = INBOX_UNUSABLE;
		outcome->reason = "neither the conversation nor its contact is known";
		return;
	}
	engine_mail_save(conversation.thread);
	inbox_conversation_follow_contact(&conversation, &event->conversation);
	inbox_conversation_observe(&conversation, &event->conversation, true);
	outcome->conversation_id = conversation.id;
	outcome->kind = INBOX_STORED;
}

void
inbox_ingest(InboxOrigin origin, InboxEvent *event, InboxOutcome *outcome)
{
	memset(outcome, 0, sizeof(*outcome));
	if (event->conversation.contact.is_crowd || event->contact.is_crowd)
	{
		outcome->kind = INBOX_NOTHING;
		outcome->reason = "a group or a list is no customer";
		return;
	}
	switch (event->kind)
	{
		case INBOX_EVENT_MESSAGE_CREATED:
		case INBOX_EVENT_MESSAGE_UPDATED:
			if (event->conversation.display_id != 0 || find_conversation(origin, event))
				ingest_message(origin, event, outcome);
			else
			{
				outcome->kind = INBOX_NOTHING;
				outcome->reason = "it is about no message of ours";
			}
			break;
		case INBOX_EVENT_CONVERSATION:
			ingest_conversation(origin, event, outcome);
			break;
		case INBOX_EVENT_CONTACT:
			outcome->kind = event->is_noise ? INBOX_NOTHING : INBOX_STORED;
			outcome->reason = "only bookkeeping changed";
			if (!event->is_noise)
				inbox_lead_save(origin, &event->contact, NULL, NULL);
			break;
		default:
			outcome->kind = INBOX_NOTHING;
			outcome->reason = "the event means nothing to the front desk";
			break;
	}
}
