/*
 * inbox_conversation.c
 *	  Conversations: found, made, kept in step with their source.
 *
 * Runs in backends that take events in, and in workers that sweep.
 *
 * Invariants: a conversation and its thread are made in one transaction and
 * share their key; whoever changes a conversation locks its thread first, so
 * that the end of a turn sees whether a person came in between.
 *
 * What counts as a person taking over: a reply typed by one (inbox_ingest) and
 * an assignment that we did not make, to a person or, if the account's rules say
 * so, to a team.  A status of open alone does not: a
 * Chatwoot without a bot in the inbox opens every conversation, and opens
 * pending ones by itself when a webhook is late.  Only a change to pending or
 * resolved gives the conversation back, because a person may well reply while
 * it stays pending.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/base_json.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "engine/engine_mail.h"
#include "inbox/inbox_channel.h"
#include "inbox/inbox_conversation.h"
#include "inbox/inbox_detail.h"
#include "inbox/inbox_lead.h"
#include "inbox/inbox_return.h"
#include "inbox/inbox_rules.h"
#include "inbox/inbox_speaker.h"
#include "inbox/inbox_table.h"
#include "inbox/inbox_window.h"

/* A word of ours for a stored one, so that nothing needs to be copied. */
static const char *
keep_status(const char *status)
{
	static const char *const statuses[] = {
		"open", "pending", "resolved", "snoozed",
	};

	for (int i = 0; i < lengthof(statuses); i++)
	{
		if (strcmp(statuses[i], status) == 0)
			return statuses[i];
	}
	return "open";
}

/*
 * Finds a conversation by the number its source shows, and locks its thread for
 * the rest of the transaction.
 */
static bool
find_conversation(InboxOrigin origin, int64 display_id, InboxConversation *conversation)
{
	Datum		key[] = {Int64GetDatum(display_id), Int32GetDatum(origin.site_id),
	Int32GetDatum(origin.account_id)};
	BaseRow		row;
	const char *channel;

	if (!base_row_find(&inbox_conversations, 0, key, &row))
		return false;
	conversation->origin = origin;
	conversation->display_id = display_id;
	conversation->id = *DatumGetUUIDP(row.values[CONVERSATION_ID]);
	channel = inbox_channel_find(base_row_text(&row, CONVERSATION_CHANNEL));
	conversation->channel = channel ? channel : "other";
	conversation->status = keep_status(base_row_text(&row, CONVERSATION_STATUS));
	conversation->by_human = strcmp(base_row_text(&row, CONVERSATION_HANDLED_BY), "human") == 0;
	conversation->assignee_id = base_row_int64(&row, CONVERSATION_ASSIGNEE_ID, 0);
	conversation->team_id = base_row_int64(&row, CONVERSATION_TEAM_ID, 0);
	conversation->mute_below = base_row_int64(&row, CONVERSATION_MUTE_BELOW, 0);
	conversation->lead_id = *DatumGetUUIDP(row.values[CONVERSATION_LEAD_ID]);
	conversation->can_reply = DatumGetBool(row.values[CONVERSATION_CAN_REPLY]);
	conversation->version = DatumGetFloat8(row.values[CONVERSATION_SOURCE_VERSION]);
	conversation->is_fresh = false;
	conversation->lead_is_fresh = false;
	conversation->thread = engine_mail_lock(origin.account_id, &conversation->id);
	/* whoever had the lock may have given it back, and not known of this event */
	if (conversation->by_human && base_row_find(&inbox_conversations, 0, key, &row))
		conversation->by_human = strcmp(base_row_text(&row, CONVERSATION_HANDLED_BY), "human") == 0;
	conversation->event_seq = engine_mail_event_seq(conversation->thread);
	return true;
}

/* The labels, priority and attributes of a description, NULL where it has none. */
static void
set_details(Datum *values, char *nulls, const InboxConversationView *view)
{
	memset(nulls, 'n', 3);
	if (view->labels)
	{
		nulls[0] = ' ';
		values[0] = inbox_detail_labels(view->labels);
	}
	if (view->priority)
	{
		nulls[1] = ' ';
		values[1] = CStringGetTextDatum(view->priority);
	}
	if (view->attributes)
	{
		nulls[2] = ' ';
		values[2] = JsonbPGetDatum(inbox_detail_attributes(view->attributes));
	}
}

/* Whether a conversation first met is somebody's already. */
static bool
is_given_away(int account_id, const InboxConversationView *view)
{
	return view->assignee_id != 0 ||
		(view->team_id != 0 && inbox_rules_get(account_id)->team_takes_over);
}

/* What others have set is stored from the first, for labels and attributes are
 * replaced as a whole when we add. */
static void
set_view(BaseRow *row, int account_id, const InboxConversationView *view)
{
	base_row_set_text(row, CONVERSATION_CHANNEL, view->channel ? view->channel : "other");
	base_row_set_text(row, CONVERSATION_STATUS, view->status ? view->status : "pending");
	base_row_set_text(row, CONVERSATION_SUBJECT, view->subject_line);
	base_row_set(row, CONVERSATION_SOURCE_VERSION, Float8GetDatum(view->version));
	base_row_set(row, CONVERSATION_CAN_REPLY, BoolGetDatum(!view->can_reply_told || view->can_reply));
	if (view->inbox_id != 0)
		base_row_set(row, CONVERSATION_INBOX_ID, Int64GetDatum(view->inbox_id));
	if (view->assignee_id != 0)
		base_row_set(row, CONVERSATION_ASSIGNEE_ID, Int64GetDatum(view->assignee_id));
	if (view->team_id != 0)
		base_row_set(row, CONVERSATION_TEAM_ID, Int64GetDatum(view->team_id));
	if (is_given_away(account_id, view))
	{
		base_row_set_text(row, CONVERSATION_HANDLED_BY, "human");
		base_row_set(row, CONVERSATION_TAKEN_OVER_AT,
					 TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	}
	if (view->labels)
		base_row_set(row, CONVERSATION_LABELS, inbox_detail_labels(view->labels));
	if (view->priority && view->priority[0])
		base_row_set_text(row, CONVERSATION_PRIORITY, view->priority);
	if (view->attributes)
		base_row_set(row, CONVERSATION_ATTRIBUTES, JsonbPGetDatum(inbox_detail_attributes(view->attributes)));
}

static void
insert_conversation(InboxOrigin origin, const InboxConversationView *view,
					const pg_uuid_t *id, const pg_uuid_t *lead_id)
{
	BaseRow		row;

	base_row_init(&row, &inbox_conversations);
	base_row_set(&row, CONVERSATION_ACCOUNT_ID, Int32GetDatum(origin.account_id));
	base_row_set(&row, CONVERSATION_ID, UUIDPGetDatum(id));
	base_row_set(&row, CONVERSATION_SITE_ID, Int32GetDatum(origin.site_id));
	base_row_set(&row, CONVERSATION_DISPLAY_ID, Int64GetDatum(view->display_id));
	base_row_set(&row, CONVERSATION_LEAD_ID, UUIDPGetDatum(lead_id));
	set_view(&row, origin.account_id, view);
	base_row_insert(&row);
}

/* What a look at the rows just inserted, and so locked, would find. */
static void
describe_inserted(InboxOrigin origin, const InboxConversationView *view,
				  const pg_uuid_t *id, InboxConversation *conversation)
{
	const char *channel = view->channel ? inbox_channel_find(view->channel) : NULL;

	*conversation = (InboxConversation) {
		.origin = origin,
		.id = *id,
		.display_id = view->display_id,
		.channel = channel ? channel : "other",
		.status = keep_status(view->status ? view->status : "pending"),
		.by_human = is_given_away(origin.account_id, view),
		.assignee_id = view->assignee_id,
		.team_id = view->team_id,
		.can_reply = !view->can_reply_told || view->can_reply,
		.version = view->version,
		.is_fresh = true,
	};
}

/* Makes the conversation, unless somebody else has made it meanwhile. */
static void
make_conversation(InboxOrigin origin, const InboxConversationView *view,
				  InboxConversation *conversation)
{
	uint64		keys[] = {origin.account_id, origin.site_id, view->display_id};
	bool		lead_is_fresh;
	pg_uuid_t	lead_id = inbox_lead_save(origin, &view->contact, view->channel, &lead_is_fresh);
	pg_uuid_t	id;

	base_row_lock_key(&inbox_conversations, lengthof(keys), keys);
	if (find_conversation(origin, view->display_id, conversation))
		return;
	base_uuid_draw(&id);
	insert_conversation(origin, view, &id, &lead_id);
	describe_inserted(origin, view, &id, conversation);
	conversation->lead_id = lead_id;
	conversation->lead_is_fresh = lead_is_fresh;
	conversation->thread = engine_mail_create_thread(origin.account_id, &id, INBOX_THREAD_KIND,
													 INBOX_THREAD_KIND, 0);
}

/*
 * The sender's lead is locked first, so two first messages of one sender at
 * once make one conversation.
 */
void
inbox_conversation_choose(InboxOrigin origin, InboxConversationView *view)
{
	static BaseStatement statement = {
		"SELECT coalesce((SELECT c.display_id FROM frontdesk.conversations AS c "
		" WHERE c.account_id = $1 AND c.site_id = $2 AND c.lead_id = $3 "
		" AND c.channel = $4 AND c.status <> 'resolved' "
		" ORDER BY c.display_id DESC LIMIT 1), "
		" pg_catalog.nextval('frontdesk.conversation_numbers'))",
		{INT4OID, INT4OID, UUIDOID, TEXTOID}
	};
	pg_uuid_t	lead_id = inbox_lead_save(origin, &view->contact, view->channel, NULL);
	Datum		values[] = {
		Int32GetDatum(origin.account_id), Int32GetDatum(origin.site_id),
		UUIDPGetDatum(&lead_id), CStringGetTextDatum(view->channel ? view->channel : "other"),
	};

	base_spi_execute(&statement, values, NULL);
	view->display_id = base_spi_int64(0, 1, 0);
}

bool
inbox_conversation_open(InboxOrigin origin, const InboxConversationView *view,
						InboxConversation *conversation)
{
	if (find_conversation(origin, view->display_id, conversation))
		return true;
	if (view->contact.key == NULL)
		return false;
	make_conversation(origin, view, conversation);
	return true;
}

/* Whether an assignment is one we made ourselves and now hear of; key says to
 * whom, "assignee_id" or "team_id". */
static bool
is_own_assignment(const InboxConversation *conversation, const char *key, int64 id)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.deliveries AS d "
		"WHERE d.account_id = $1 AND d.thread_id = $2 AND d.kind = 'assign' "
		"AND d.payload ->> $4 = $3 "
		"AND d.status IN ('sending', 'uncertain', 'sent') "
		"AND d.created_at > frontdesk.clock() - '1 hour'::interval LIMIT 1",
		{INT4OID, UUIDOID, TEXTOID, TEXTOID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id),
		UUIDPGetDatum(&conversation->id),
		CStringGetTextDatum(psprintf(INT64_FORMAT, id)),
		CStringGetTextDatum(key),
	};

	return base_spi_execute(&statement, values, NULL) > 0;
}

/* What a description makes of the conversation. */
typedef struct Change
{
	const char *status;
	int64		assignee_id;
	int64		team_id;
	int64		mute_below;
	const char *taken_over;		/* who gets it, "assignee_id" or "team_id"; NULL nobody */
	bool		given_back;
	bool		is_any;
} Change;

/* Judges what a description changes, and who speaks from then on. An older one
 * than the known changes nothing. */
static Change
judge_change(const InboxConversation *conversation, const InboxConversationView *view)
{
	Change		change = {conversation->status, conversation->assignee_id,
	conversation->team_id, conversation->mute_below};
	bool		new_status;
	bool		new_person;
	bool		new_team;

	if (view->version != 0 && view->version < conversation->version)
		return change;
	if (view->status)
		change.status = view->status;
	if (view->assignee_told)
		change.assignee_id = view->assignee_id;
	if (view->team_told)
		change.team_id = view->team_id;
	new_status = strcmp(change.status, conversation->status) != 0;
	new_person = change.assignee_id != conversation->assignee_id;
	new_team = change.team_id != conversation->team_id;

	if (new_status && strcmp(change.status, "resolved") == 0)
	{
		change.given_back = true;
		/* what was said so far is settled; what comes next is not */
		change.mute_below = Max(change.mute_below, conversation->event_seq + 1);
	}
	else if (new_person && change.assignee_id != 0)
		change.taken_over = "assignee_id";
	else if (new_team && change.team_id != 0 &&
			 inbox_rules_get(conversation->origin.account_id)->team_takes_over)
		change.taken_over = "team_id";
	else if (new_status && strcmp(change.status, "pending") == 0)
		change.given_back = true;
	change.is_any = new_status || new_person || new_team;
	return change;
}

/* Writes what has changed; an id of 0 is none. */
static void
update_conversation(const InboxConversation *conversation, const Change *change,
					const InboxConversationView *view)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET status = $3, assignee_id = nullif($4, 0), "
		" source_version = greatest(c.source_version, $5), team_id = nullif($6, 0), mute_below = $7, "
		" mute_from = CASE WHEN $7 > c.mute_below THEN 0 ELSE c.mute_from END "
		"WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, TEXTOID, INT8OID, FLOAT8OID, INT8OID, INT8OID}
	};
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id),
		UUIDPGetDatum(&conversation->id),
		CStringGetTextDatum(change->status),
		Int64GetDatum(change->assignee_id),
		Float8GetDatum(view->version),
		Int64GetDatum(change->team_id),
		Int64GetDatum(change->mute_below),
	};

	base_spi_execute(&statement, values, NULL);
}

/* Labels, priority, attributes and subject of a whole description. */
static void
update_details(const InboxConversation *conversation,
			   const InboxConversationView *view)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET source_version = $3, "
		" labels = coalesce($4, c.labels), "
		" priority = CASE WHEN $5 IS NULL THEN c.priority ELSE nullif($5, '') END, "
		" attributes = coalesce($6, c.attributes), "
		" subject = coalesce($7, c.subject) "
		"WHERE c.account_id = $1 AND c.id = $2 AND c.source_version <= $3",
		{INT4OID, UUIDOID, FLOAT8OID, TEXTARRAYOID, TEXTOID, JSONBOID, TEXTOID}
	};
	char		nulls[] = "       ";
	Datum		values[] = {
		Int32GetDatum(conversation->origin.account_id),
		UUIDPGetDatum(&conversation->id),
		Float8GetDatum(view->version ? view->version : conversation->version),
		(Datum) 0, (Datum) 0, (Datum) 0, (Datum) 0,
	};

	set_details(&values[3], &nulls[3], view);
	nulls[6] = view->subject_line ? ' ' : 'n';
	if (view->subject_line)
		values[6] = CStringGetTextDatum(view->subject_line);
	base_spi_execute(&statement, values, nulls);
}

/*
 * Whether a message shows the conversation as it was before we opened it for people:
 * it was described before our own change took place, or is not aware of it.  Who sets
 * it to pending again is told of by an event of its own.
 */
static bool
is_before_own_opening(const InboxConversation *conversation, const InboxConversationView *view)
{
	static BaseStatement statement = {
		"SELECT FROM frontdesk.deliveries AS d "
		"WHERE d.account_id = $1 AND d.thread_id = $2 AND d.kind = 'status' "
		"AND d.payload ->> 'status' = 'open' AND d.status IN ('sending', 'uncertain', 'sent') "
		"AND d.created_at > frontdesk.clock() - '1 hour'::interval LIMIT 1",
		{INT4OID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(conversation->origin.account_id), UUIDPGetDatum(&conversation->id)};

	return conversation->by_human && view->status && strcmp(view->status, "pending") == 0 &&
		strcmp(conversation->status, "open") == 0 && base_spi_execute(&statement, values, NULL) > 0;
}

void
inbox_conversation_observe(InboxConversation *conversation,
						   const InboxConversationView *told, bool whole)
{
	int			account_id = conversation->origin.account_id;
	InboxConversationView known = *told;
	const InboxConversationView *view = &known;
	Change		change;

	if (!whole && is_before_own_opening(conversation, told))
		known.status = NULL;
	inbox_window_observe(conversation, told);
	change = judge_change(conversation, view);
	if (!change.is_any && !whole)
		return;
	engine_mail_save(conversation->thread);
	/* read again under the lock, for another event may have come before it */
	if (!find_conversation(conversation->origin, conversation->display_id, conversation))
		return;
	change = judge_change(conversation, view);
	if (change.is_any)
	{
		update_conversation(conversation, &change, view);
		if (change.given_back)
			inbox_speaker_give_back(account_id, &conversation->id, change.status);
		else if (change.taken_over &&
				 !is_own_assignment(conversation, change.taken_over,
									change.taken_over[0] == 't' ? change.team_id : change.assignee_id))
			inbox_speaker_take_over(account_id, &conversation->id, "assignment");
	}
	if (whole)
	{
		inbox_return_by_label(conversation, view);
		update_details(conversation, view);
	}
	find_conversation(conversation->origin, conversation->display_id, conversation);
}

void
inbox_conversation_follow_contact(InboxConversation *conversation,
								  const InboxConversationView *view)
{
	static BaseStatement statement = {
		"UPDATE frontdesk.conversations AS c SET lead_id = $3, "
		" source_version = greatest(c.source_version, $4) WHERE c.account_id = $1 AND c.id = $2",
		{INT4OID, UUIDOID, UUIDOID, FLOAT8OID}
	};
	pg_uuid_t	lead_id;
	Datum		values[4];

	if (conversation->is_fresh || view->contact.key == NULL ||
		view->version == 0 || view->version < conversation->version ||
		inbox_lead_is(conversation->origin, &conversation->lead_id, &view->contact))
		return;
	lead_id = inbox_lead_save(conversation->origin, &view->contact, view->channel, NULL);
	if (memcmp(&lead_id, &conversation->lead_id, UUID_LEN) == 0)
		return;					/* it was only blocked, or is no more */
	inbox_lead_inherit(conversation->origin, &lead_id, &conversation->lead_id);
	values[0] = Int32GetDatum(conversation->origin.account_id);
	values[1] = UUIDPGetDatum(&conversation->id);
	values[2] = UUIDPGetDatum(&lead_id);
	values[3] = Float8GetDatum(view->version);
	base_spi_execute(&statement, values, NULL);
	conversation->lead_id = lead_id;
}
