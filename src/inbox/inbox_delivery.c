/*
 * inbox_delivery.c
 *	  The kinds of deliveries that a conversation has: each leaves by the outlet
 *	  of its site's transport, or is a row of ours and nothing else.
 *
 * Runs in workers.  What is the same for every transport is in here: what a
 * person has overtaken, what makes no sense, the look in our own rows for the
 * marker of a message, and the row that a settled delivery becomes.
 *
 * Every reply is held against its channel here, whoever decided it: its signs and
 * its length (inbox_carriage.h); what is longer than a message leaves in parts, of
 * which each is a delivery that the one before it brings about when it settles.
 * One with a blank that nobody filled in does not leave.  Far sides run template
 * languages over outgoing text (Chatwoot runs Liquid), so the openings of their
 * tags are broken up in notes, too.
 *
 * A site whose transport nobody registered gets no request: its deliveries
 * fail, and say why.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "engine/engine_lane.h"
#include "engine/engine_table.h"
#include "inbox/inbox_blank.h"
#include "inbox/inbox_carriage.h"
#include "inbox/inbox_change.h"
#include "inbox/inbox_delivery.h"
#include "inbox/inbox_event.h"
#include "inbox/inbox_message.h"
#include "inbox/inbox_refusal.h"
#include "inbox/inbox_subject.h"
#include "inbox/inbox_transport.h"
#include "inbox/inbox_window.h"

static const EngineDeliveryKind kinds[INBOX_DELIVERY_COUNT];

InboxDeliveryIndex
inbox_delivery_index(const EngineDelivery *delivery)
{
	return delivery->kind - kinds;
}

char *
inbox_delivery_marker(EngineTurn *turn, const EngineDelivery *delivery)
{
	char		id[BASE_UUID_TEXT];

	base_uuid_print(&turn->thread_id, id);
	return psprintf("%s/" INT64_FORMAT, id, delivery->seq);
}

/* Whether at this place something begins that the far side would carry out: a tag of
 * a template, or a person who is to be called by a note, "(mention://user/7/Ann)".
 * Strangers' words are quoted in replies and notes. */
static bool
is_opening(const char *content, const char *p)
{
	if (*p == '{')
		return p[1] == '{' || p[1] == '%';
	return *p == ':' && p - content >= 7 && pg_strncasecmp(p - 7, "mention://", 10) == 0;
}

/* Breaks up what is left of such openings, within the length of a message. */
static char *
without_openings(const char *content)
{
	StringInfoData out;
	int			bytes;

	initStringInfo(&out);
	for (const char *p = content; *p; p++)
	{
		appendStringInfoChar(&out, *p);
		if (is_opening(content, p))
			appendStringInfoChar(&out, ' ');
	}
	bytes = pg_mbcharcliplen(out.data, out.len, INBOX_CONTENT_MAX_CHARS);
	out.data[bytes] = '\0';
	return out.data;
}

static const InboxCarriage *
carriage_of(EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;

	return inbox_carriage_get(turn->account_id, subject ? subject->channel : "other");
}

/* What leaves of a reply now, and what is left for a delivery behind it.  A payload
 * may ask for less than its channel can carry: what was refused once leaves plainer
 * and shorter. */
static InboxForm
form_of(EngineTurn *turn, const EngineDelivery *delivery)
{
	const InboxSubject *subject = turn->subject;
	char	   *content = base_jsonb_text(delivery->payload, "content");
	InboxCarriage carriage = *carriage_of(turn);
	InboxForm	form;

	if (base_jsonb_member(delivery->payload, "template") != NULL)
		return (InboxForm) {.part = without_openings(content)};
	if (base_jsonb_bool(delivery->payload, "plain", false))
	{
		carriage.max_length = Max(carriage.max_length / 2, 20);
		carriage.max_parts *= 2;
		carriage.markup = INBOX_MARKUP_NONE;
	}
	if (subject && subject->transport && !(subject->transport->abilities & INBOX_CAN_MARKUP))
		carriage.markup = INBOX_MARKUP_NONE;
	form = inbox_carriage_form(&carriage, content ? content : "",
							   (int) base_jsonb_number(delivery->payload, "part", 1));
	form.part = without_openings(form.part);
	return form;
}

char *
inbox_delivery_content(EngineTurn *turn, const EngineDelivery *delivery)
{
	char	   *content;

	if (delivery->kind == &kinds[INBOX_REPLY])
		return form_of(turn, delivery).part;
	content = base_jsonb_text(delivery->payload, "content");
	return without_openings(content ? content : "");
}

static bool
fail(EngineDelivery *delivery, HttpFailureClass failure_class, const char *text)
{
	delivery->failure = (EngineFailure) {
		.failure_class = failure_class,
		.code = "",
		.text = text,
		.retry_after_ms = -1,
	};
	return false;
}

/*
 * Finds how the delivery leaves; NULL is an answer, too.  False, with a
 * failure, where nobody knows: a row of sites may come from a library that
 * knows more transports.
 */
static bool
find_outlet(EngineTurn *turn, EngineDelivery *delivery, const InboxOutlet **outlet)
{
	const InboxSubject *subject = turn->subject;

	if (subject == NULL)
		return fail(delivery, HTTP_FAILURE_NOT_FOUND, "the conversation or its site does not exist any more");
	if (subject->transport == NULL)
	{
		fail(delivery, HTTP_FAILURE_UNUSABLE, MemoryContextStrdup(turn->context,
													   psprintf("site %d has transport \"%s\", which this server's library does not know",
																subject->origin.site_id, subject->transport_name)));
		delivery->failure.code = "transport";
		return false;
	}
	*outlet = subject->transport->outlets[inbox_delivery_index(delivery)];
	return true;
}

/* Whether a person has spoken since the conversation was handed over. */
static bool
has_person_spoken(EngineTurn *turn)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.messages AS m WHERE m.account_id = $1 AND m.conversation_id = $2 "
		" AND m.author = 'human' AND NOT m.private AND m.created_at >= (SELECT c.taken_over_at "
		"  FROM frontdesk.conversations AS c WHERE c.account_id = $1 AND c.id = $2) LIMIT 1",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id)};

	return base_spi_execute(&statement, values, NULL) > 0;
}

/*
 * Whether what a reply or a note is about counts no more, for it was deleted or
 * settled; or a person came between the decision to reply and this attempt.  The
 * sentence of a hand-over itself is spoken when the bot is silent already.
 */
static bool
is_overtaken(EngineTurn *turn, const EngineDelivery *delivery)
{
	bool		is_reply = delivery->kind == &kinds[INBOX_REPLY];
	bool		is_first = delivery->attempts == 0 && base_jsonb_number(delivery->payload, "part", 1) <= 1;

	if (!is_reply && delivery->kind != &kinds[INBOX_NOTE])
		return false;
	if (inbox_subject_is_muted(turn))
		return true;
	if (!is_reply || is_first)
		return false;			/* conclude saw to the first attempt */
	if (base_jsonb_bool(delivery->payload, "handover", false))
		return has_person_spoken(turn);
	return inbox_subject_is_silenced(turn);
}

/* Holds a reply against what may leave at all, whatever the channel. */
static bool
is_fit(EngineTurn *turn, EngineDelivery *delivery)
{
	char	   *content = base_jsonb_text(delivery->payload, "content");
	char	   *blank = inbox_blank_find(content ? content : "");

	if (blank != NULL)
	{
		fail(delivery, HTTP_FAILURE_BAD_REQUEST,
			 MemoryContextStrdup(turn->context, psprintf("the reply has a blank that nobody filled in: %s", blank)));
		delivery->failure.code = "blank";
		return false;
	}
	return true;
}

/*
 * Holds a reply against the time in which its channel takes what was not agreed
 * on: later it becomes one of the channel's templates, or people are told.
 */
static bool
is_in_time(EngineTurn *turn, EngineDelivery *delivery)
{
	const InboxSubject *subject = turn->subject;
	bool		is_refused = base_jsonb_bool(delivery->payload, "closed", false);
	Jsonb	   *filled;

	if (subject->transport->stays_here || base_jsonb_member(delivery->payload, "template") != NULL ||
		(!is_refused && inbox_window_is_open(turn, carriage_of(turn)->window)))
		return true;
	filled = subject->transport->abilities & INBOX_CAN_TEMPLATES ?
		inbox_window_template(turn, delivery->payload) : NULL;
	if (filled == NULL)
	{
		fail(delivery, HTTP_FAILURE_REFUSED,
			 "the customer's last message is longer ago than the channel lets us answer, and no template of it fits");
		delivery->failure.code = "window";
		return false;
	}
	delivery->payload = filled;
	return true;
}

static bool
encode(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	const InboxOutlet *outlet;
	const char *fault = inbox_change_fault(inbox_delivery_index(delivery), delivery->payload);

	if (fault)
		return fail(delivery, HTTP_FAILURE_BAD_REQUEST, fault);
	if (delivery->kind == &kinds[INBOX_REPLY] && !is_fit(turn, delivery))
		return false;
	if (!find_outlet(turn, delivery, &outlet) || outlet == NULL)
		return false;
	if (is_overtaken(turn, delivery))
		return fail(delivery, HTTP_FAILURE_WITHDRAWN, inbox_subject_is_muted(turn) ?
					"what it is about was deleted or settled" : "a person has taken over");
	if (delivery->kind == &kinds[INBOX_REPLY] && !is_in_time(turn, delivery))
		return false;
	return outlet->encode(turn, delivery, request);
}

/* Judges the answer; what settled without a request has had its effect. */
static bool
judge(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	const InboxOutlet *outlet;

	if (response == NULL)
		return true;
	if (!find_outlet(turn, delivery, &outlet))
		return false;
	if (outlet == NULL)
		return fail(delivery, HTTP_FAILURE_UNUSABLE, "the transport of the site has changed while the request was under way");
	return outlet->judge(turn, delivery, response);
}

/* What one message could not hold leaves behind it, as a delivery of its own. */
static void
deliver_rest(EngineTurn *turn, const EngineDelivery *delivery)
{
	char	   *rest = form_of(turn, delivery).rest;
	BaseObject	next;

	/* what is withdrawn anyhow would only keep words that were deleted */
	if (rest == NULL || inbox_subject_is_muted(turn))
		return;
	base_object_begin(&next);
	base_object_add_text(&next, "content", rest);
	base_object_add_int(&next, "part", (int64) base_jsonb_number(delivery->payload, "part", 1) + 1);
	base_object_add_int(&next, "answers_up_to", inbox_message_answers(delivery->payload, delivery->mail_seq));
	engine_turn_deliver(turn, "reply", base_jsonb_merge(delivery->payload, base_object_end_jsonb(&next)));
}

/* What was spoken; of a note as its row has it now, for what it quotes may have been
 * deleted while it was on its way. */
static char *
read_spoken(EngineTurn *turn, EngineDelivery *delivery)
{
	EngineDelivery now = *delivery;
	Datum		key[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id), Int64GetDatum(delivery->seq)};
	BaseRow		row;

	if (delivery->kind == &kinds[INBOX_NOTE] && base_row_find(&engine_deliveries, 0, key, &row))
		now.payload = DatumGetJsonbPCopy(row.values[DELIVERY_PAYLOAD]);
	return inbox_delivery_content(turn, &now);
}

/* The message that we have spoken, as a row. */
static void
settle_spoken(EngineTurn *turn, EngineDelivery *delivery)
{
	const InboxSubject *subject = turn->subject;
	char	   *marker = inbox_delivery_marker(turn, delivery);
	InboxSpoken spoken = {
		.account_id = turn->account_id,
		.conversation_id = &turn->thread_id,
		.seq = engine_turn_next_event(turn),
		.channel = subject ? subject->channel : "other",
		.content = read_spoken(turn, delivery),
		.external_id = delivery->remote_id,
		.marker = marker,
		.sent_at = inbox_subject_source_time(turn),
		.answers_up_to = inbox_message_answers(delivery->payload, delivery->mail_seq),
		.private = delivery->kind == &kinds[INBOX_NOTE],
	};

	/* an answer that told no id: the echo may have told it */
	if (spoken.external_id == NULL && delivery->attempts > 0)
		spoken.external_id = inbox_message_find_marker(turn->account_id, &turn->thread_id, marker);
	if (inbox_message_record(&spoken) && delivery->kind == &kinds[INBOX_REPLY])
		inbox_refusal_notice(turn->account_id, &turn->thread_id);
	if (delivery->kind == &kinds[INBOX_REPLY])
		deliver_rest(turn, delivery);
}

/* Whether a failure says that this text cannot reach this customer, while others
 * may: the far side is there, and we may speak to it. */
static bool
is_about_text(const EngineFailure *failure)
{
	return failure->failure_class == HTTP_FAILURE_BAD_REQUEST ||
		failure->failure_class == HTTP_FAILURE_TOO_LARGE ||
		failure->failure_class == HTTP_FAILURE_REFUSED;
}

/* A reply that cannot leave is nobody's silence: people get the conversation, and
 * what would have been said. */
static void
mourn_reply(EngineTurn *turn, EngineDelivery *delivery)
{
	static BaseStatement statement = {
		/* its words may have been deleted while it was on its way */
		"SELECT frontdesk.hand_over_unsaid($1, $2, $3, $4, coalesce((SELECT d.payload FROM frontdesk.deliveries AS d "
		" WHERE d.account_id = $1 AND d.thread_id = $2 AND d.seq = $7 AND d.payload ? 'forgotten'), $5), $6)",
		{INT4OID, UUIDOID, TEXTOID, TEXTOID, JSONBOID, JSONBOID, INT8OID}
	};
	Datum		values[] = {
		Int32GetDatum(turn->account_id), UUIDPGetDatum(&turn->thread_id),
		CStringGetTextDatum(delivery->failure.text), CStringGetTextDatum(delivery->failure.code),
		JsonbPGetDatum(delivery->payload), JsonbPGetDatum(turn->state), Int64GetDatum(delivery->seq),
	};
	bool		isnull;

	if (turn->is_rehearsal || !is_about_text(&delivery->failure))
		return;
	base_spi_execute(&statement, values, NULL);
	engine_lane_add_all(turn, DatumGetJsonbPCopy(base_spi_value(0, 1, &isnull)));
}

static void
settle_change(EngineTurn *turn, EngineDelivery *delivery)
{
	inbox_change_write(turn, inbox_delivery_index(delivery), delivery->payload);
}

/*
 * False when no request is needed (the echo is in our rows already) or none is
 * possible; judge_lookup, asked without an answer, tells the two apart.
 */
static bool
encode_lookup(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	const InboxOutlet *outlet;
	char	   *seen = inbox_message_find_marker(turn->account_id, &turn->thread_id,
												 inbox_delivery_marker(turn, delivery));

	if (seen)
	{
		delivery->remote_id = MemoryContextStrdup(turn->context, seen);
		return false;
	}
	if (!find_outlet(turn, delivery, &outlet))
		return false;
	if (outlet == NULL || outlet->encode_lookup == NULL)
		return fail(delivery, HTTP_FAILURE_UNCERTAIN, "whether the message arrived cannot be looked up there");
	return outlet->encode_lookup(turn, delivery, request);
}

static EngineLookup
judge_lookup(EngineTurn *turn, EngineDelivery *delivery, const HttpResponse *response)
{
	const InboxOutlet *outlet;

	if (response == NULL)
		return delivery->remote_id ? ENGINE_LOOKUP_PRESENT : ENGINE_LOOKUP_UNKNOWN;
	if (!find_outlet(turn, delivery, &outlet) || outlet == NULL || outlet->judge_lookup == NULL)
		return ENGINE_LOOKUP_UNKNOWN;
	return outlet->judge_lookup(turn, delivery, response);
}

#define SPOKEN(kind, undertaker) \
	{ \
		.name = kind, .mourn = undertaker, .when_unknown = ENGINE_UNKNOWN_LOOK_UP, \
		.encode = encode, .judge = judge, .settle = settle_spoken, \
		.encode_lookup = encode_lookup, .judge_lookup = judge_lookup, \
	}

#define CHANGE(kind) \
	{ \
		.name = kind, .when_unknown = ENGINE_UNKNOWN_REPEAT, \
		.encode = encode, .judge = judge, .settle = settle_change, \
	}

static const EngineDeliveryKind kinds[INBOX_DELIVERY_COUNT] = {
	[INBOX_REPLY] = SPOKEN("reply", mourn_reply),
	[INBOX_NOTE] = SPOKEN("note", NULL),
	[INBOX_LABELS] = CHANGE("labels"),
	[INBOX_ATTRIBUTES] = CHANGE("attributes"),
	[INBOX_PRIORITY] = CHANGE("priority"),
	[INBOX_STATUS] = CHANGE("status"),
	[INBOX_ASSIGN] = CHANGE("assign"),
	[INBOX_TYPING] = {
		.name = "typing", .when_unknown = ENGINE_UNKNOWN_FORGET, .encode = encode, .judge = judge,
	},
};

void
inbox_delivery_init(void)
{
	for (int i = 0; i < INBOX_DELIVERY_COUNT; i++)
		engine_turn_register_delivery_kind(&kinds[i]);
}
