/*
 * inbox_delivery.c
 *	  The kinds of deliveries that a conversation has: each leaves by the outlet
 *	  of its site's transport, or is a row of ours and nothing else.
 *
 * Runs in workers.  What is the same for every transport is in here: what a
 * person has overtaken, what makes no sense, the look in our own rows for the
 * marker of a message, and the row that a settled delivery becomes.
 *
 * Far sides run template languages over outgoing text (Chatwoot runs Liquid), so
 * the openings of their tags are broken up in whatever a model wrote.
 *
 * A site whose transport nobody registered gets no request: its deliveries
 * fail, and say why.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "base/base_json.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "inbox/inbox_change.h"
#include "inbox/inbox_delivery.h"
#include "inbox/inbox_event.h"
#include "inbox/inbox_message.h"
#include "inbox/inbox_subject.h"
#include "inbox/inbox_transport.h"

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

char *
inbox_delivery_content(const EngineDelivery *delivery)
{
	char	   *content = base_jsonb_text(delivery->payload, "content");
	StringInfoData out;
	int			bytes;

	if (content == NULL)
		content = "";
	initStringInfo(&out);
	for (const char *p = content; *p; p++)
	{
		appendStringInfoChar(&out, *p);
		if (*p == '{' && (p[1] == '{' || p[1] == '%'))
			appendStringInfoChar(&out, ' ');
	}
	bytes = pg_mbcharcliplen(out.data, out.len, INBOX_CONTENT_MAX_CHARS);
	out.data[bytes] = '\0';
	return out.data;
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

	if (!is_reply && delivery->kind != &kinds[INBOX_NOTE])
		return false;
	if (inbox_subject_is_muted(turn))
		return true;
	if (!is_reply || delivery->attempts == 0)
		return false;			/* conclude saw to the first attempt */
	if (base_jsonb_bool(delivery->payload, "handover", false))
		return has_person_spoken(turn);
	return inbox_subject_is_silenced(turn);
}

static bool
encode(EngineTurn *turn, EngineDelivery *delivery, HttpRequest *request)
{
	const InboxOutlet *outlet;
	const char *fault = inbox_change_fault(inbox_delivery_index(delivery), delivery->payload);

	if (fault)
		return fail(delivery, HTTP_FAILURE_BAD_REQUEST, fault);
	if (!find_outlet(turn, delivery, &outlet) || outlet == NULL)
		return false;
	if (is_overtaken(turn, delivery))
		return fail(delivery, HTTP_FAILURE_WITHDRAWN, inbox_subject_is_muted(turn) ?
					"what it is about was deleted or settled" : "a person has taken over");
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
		.content = inbox_delivery_content(delivery),
		.external_id = delivery->remote_id,
		.marker = marker,
		.sent_at = inbox_subject_source_time(turn),
		.private = delivery->kind == &kinds[INBOX_NOTE],
	};

	/* an answer that told no id: the echo may have told it */
	if (spoken.external_id == NULL && delivery->attempts > 0)
		spoken.external_id = inbox_message_find_marker(turn->account_id, &turn->thread_id, marker);
	inbox_message_record(&spoken);
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

#define SPOKEN(kind) \
	{ \
		.name = kind, .when_unknown = ENGINE_UNKNOWN_LOOK_UP, \
		.encode = encode, .judge = judge, .settle = settle_spoken, \
		.encode_lookup = encode_lookup, .judge_lookup = judge_lookup, \
	}

#define CHANGE(kind) \
	{ \
		.name = kind, .when_unknown = ENGINE_UNKNOWN_REPEAT, \
		.encode = encode, .judge = judge, .settle = settle_change, \
	}

static const EngineDeliveryKind kinds[INBOX_DELIVERY_COUNT] = {
	[INBOX_REPLY] = SPOKEN("reply"),
	[INBOX_NOTE] = SPOKEN("note"),
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
