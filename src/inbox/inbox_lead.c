/*
 * inbox_lead.c
 *	  The people who write to us: one row per account, site and contact.
 *
 * Runs in the backend that takes an event in, inside its transaction; and, when
 * an agent has found something out, in workers.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "inbox/inbox_lead.h"
#include "inbox/inbox_table.h"

/* Bytes of a profile at most: strangers set what their contact has. */
#define PROFILE_BYTES 65536

/* After this time no event is under way that does not know of a block. */
#define BLOCK_SETTLES (10 * USECS_PER_MINUTE)

/* The row as the contact tells it; a lead without a channel is of "other". */
static void
set_lead(BaseRow *row, InboxOrigin origin, const InboxContact *contact, const char *channel)
{
	base_row_init(row, &inbox_leads);
	base_row_set(row, LEAD_ACCOUNT_ID, Int32GetDatum(origin.account_id));
	base_row_set(row, LEAD_SITE_ID, Int32GetDatum(origin.site_id));
	base_row_set_text(row, LEAD_CHATWOOT_CONTACT_ID, contact->key);
	base_row_set_text(row, LEAD_CHANNEL, channel ? channel : "other");
	base_row_set_text(row, LEAD_NAME, contact->name);
	base_row_set_text(row, LEAD_EMAIL, contact->email);
	base_row_set_text(row, LEAD_PHONE, contact->phone);
	base_row_set(row, LEAD_BLOCKED, BoolGetDatum(contact->blocked));
	if (contact->attributes && strlen(contact->attributes) <= PROFILE_BYTES)
		base_row_set(row, LEAD_PROFILE, JsonbPGetDatum(base_jsonb_parse(contact->attributes)));
}

static void
renew_text(BaseRow *row, int column, const char *text)
{
	char	   *known = base_row_text(row, column);

	if (text != NULL && (known == NULL || strcmp(known, text) != 0))
		base_row_set_text(row, column, text);
}

/* What agents found out is theirs: attributes of Chatwoot never replace it.  What
 * would grow too long stays as it was. */
static void
renew_profile(BaseRow *row, const char *attributes)
{
	Jsonb	   *known = DatumGetJsonbP(row->values[LEAD_PROFILE]);
	Datum		told = JsonbPGetDatum(base_jsonb_parse(attributes));
	Jsonb	   *merged;

	told = DirectFunctionCall2(jsonb_delete, told, CStringGetTextDatum("candidate"));
	told = DirectFunctionCall2(jsonb_delete, told, CStringGetTextDatum("job"));
	merged = base_jsonb_merge(known, DatumGetJsonbP(told));
	if (VARSIZE(merged) <= PROFILE_BYTES && compareJsonbContainers(&known->root, &merged->root) != 0)
		base_row_set(row, LEAD_PROFILE, JsonbPGetDatum(merged));
}

/* Takes in what the contact tells anew; writes nothing when that is nothing. */
static void
renew_lead(BaseRow *row, const InboxContact *contact, const char *channel)
{
	if (strcmp(base_row_text(row, LEAD_CHANNEL), "other") == 0)
		renew_text(row, LEAD_CHANNEL, channel);
	renew_text(row, LEAD_NAME, contact->name);
	renew_text(row, LEAD_EMAIL, contact->email);
	renew_text(row, LEAD_PHONE, contact->phone);
	if (contact->blocked_told && contact->blocked != DatumGetBool(row->values[LEAD_BLOCKED]))
		base_row_set(row, LEAD_BLOCKED, BoolGetDatum(contact->blocked));
	if (contact->attributes)
		renew_profile(row, contact->attributes);
	if (row->is_set == 0)
		return;
	base_row_set(row, LEAD_UPDATED_AT, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	base_row_update(row);
}

/* Locks the lead; so it is there for who refers to it, until the commit. */
static bool
lock_lead(InboxOrigin origin, const InboxContact *contact, BaseRow *row)
{
	Datum		key[] = {CStringGetTextDatum(contact->key), Int32GetDatum(origin.site_id),
	Int32GetDatum(origin.account_id)};

	return base_row_lock(&inbox_leads, LEAD_BY_CONTACT, key, row);
}

static void
queue_for_lead(InboxOrigin origin, const char *key)
{
	uint64		keys[] = {origin.account_id, origin.site_id,
	hash_bytes_extended((const unsigned char *) key, strlen(key), 0)};

	base_row_lock_key(&inbox_leads, lengthof(keys), keys);
}

pg_uuid_t
inbox_lead_save(InboxOrigin origin, const InboxContact *contact, const char *channel,
				bool *is_fresh)
{
	BaseRow		row;
	pg_uuid_t	id;
	bool		found = lock_lead(origin, contact, &row);

	if (!found)
	{
		queue_for_lead(origin, contact->key);
		found = lock_lead(origin, contact, &row);
	}
	if (is_fresh)
		*is_fresh = !found;
	if (found)
	{
		renew_lead(&row, contact, channel);
		return *DatumGetUUIDP(row.values[LEAD_ID]);
	}
	base_uuid_draw(&id);
	set_lead(&row, origin, contact, channel);
	base_row_set(&row, LEAD_ID, UUIDPGetDatum(&id));
	base_row_insert(&row);
	return id;
}

static bool
find_lead(InboxOrigin origin, const pg_uuid_t *id, BaseRow *row)
{
	Datum		key[] = {Int32GetDatum(origin.account_id), UUIDPGetDatum(id)};

	return base_row_find(&inbox_leads, LEAD_BY_ID, key, row);
}

/* Whether the contact is told to be blocked, or to be so no more; that by an event of
 * its own, or long after, for other events may be older than the block. */
static bool
is_news_of_block(const BaseRow *row, const InboxContact *contact)
{
	bool		is_blocked = DatumGetBool(row->values[LEAD_BLOCKED]);
	TimestampTz changed_at = DatumGetTimestampTz(row->values[LEAD_UPDATED_AT]);

	if (!contact->blocked_told || contact->blocked == is_blocked)
		return false;
	return contact->blocked || changed_at < GetCurrentTransactionStartTimestamp() - BLOCK_SETTLES;
}

bool
inbox_lead_is(InboxOrigin origin, const pg_uuid_t *id, const InboxContact *contact)
{
	BaseRow		row;
	char	   *known;

	if (!find_lead(origin, id, &row))
		return true;
	known = base_row_text(&row, LEAD_CHATWOOT_CONTACT_ID);
	return (known == NULL || strcmp(known, contact->key) == 0) && !is_news_of_block(&row, contact);
}

/* Who wanted no messages under one name wants none under the other. */
static void
inherit_opt_outs(InboxOrigin origin, const pg_uuid_t *id, const pg_uuid_t *from)
{
	static BaseStatement statement = {
		"INSERT INTO frontdesk.opt_outs (account_id, lead_id, channel, scope, opted_out, message_id, content, recorded_by, recorded_at) "
		"SELECT o.account_id, $2, o.channel, o.scope, o.opted_out, o.message_id, o.content, o.recorded_by, frontdesk.clock() "
		"FROM (SELECT DISTINCT ON (n.channel, n.scope) n.* FROM frontdesk.opt_outs AS n "
		" WHERE n.account_id = $1 AND n.lead_id = $3 ORDER BY n.channel, n.scope, n.id DESC) AS o WHERE o.opted_out",
		{INT4OID, UUIDOID, UUIDOID}
	};
	Datum		values[] = {Int32GetDatum(origin.account_id), UUIDPGetDatum(id), UUIDPGetDatum(from)};

	base_spi_execute(&statement, values, NULL);
}

void
inbox_lead_inherit(InboxOrigin origin, const pg_uuid_t *id, const pg_uuid_t *from)
{
	static const int texts[] = {LEAD_NAME, LEAD_EMAIL, LEAD_PHONE};
	BaseRow		row;
	BaseRow		former;
	Jsonb	   *profile;

	if (!find_lead(origin, id, &row) || !find_lead(origin, from, &former))
		return;
	inherit_opt_outs(origin, id, from);
	for (int i = 0; i < lengthof(texts); i++)
		if (row.nulls[texts[i]] && !former.nulls[texts[i]])
			base_row_set(&row, texts[i], former.values[texts[i]]);
	profile = base_jsonb_merge(DatumGetJsonbP(former.values[LEAD_PROFILE]), DatumGetJsonbP(row.values[LEAD_PROFILE]));
	if (VARSIZE(profile) <= PROFILE_BYTES)
		base_row_set(&row, LEAD_PROFILE, JsonbPGetDatum(profile));
	if (row.is_set == 0)
		return;
	base_row_set(&row, LEAD_UPDATED_AT, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	base_row_update(&row);
}

/* Fills in what is not known yet of the person. */
static void
complete_lead(BaseRow *row, Jsonb *candidate)
{
	static const struct
	{
		int			column;
		const char *fact;
	}			facts[] = {{LEAD_NAME, "full_name"}, {LEAD_EMAIL, "email"}, {LEAD_PHONE, "phone"}};

	for (int i = 0; candidate != NULL && i < lengthof(facts); i++)
		if (row->nulls[facts[i].column])
			base_row_set_text(row, facts[i].column, inbox_event_line(base_jsonb_text(candidate, facts[i].fact)));
}

void
inbox_lead_learn(int account_id, const pg_uuid_t *conversation_id, Jsonb *facts)
{
	Datum		key[] = {Int32GetDatum(account_id), UUIDPGetDatum(conversation_id)};
	BaseRow		conversation;
	BaseRow		row;
	Jsonb	   *known;

	if (!base_row_find(&inbox_conversations, CONVERSATION_BY_ID, key, &conversation))
		return;
	key[1] = conversation.values[CONVERSATION_LEAD_ID];
	if (!base_row_lock(&inbox_leads, LEAD_BY_ID, key, &row))
		return;
	known = DatumGetJsonbP(row.values[LEAD_PROFILE]);
	if (base_jsonb_contains(known, facts))
		return;
	base_row_set(&row, LEAD_PROFILE, JsonbPGetDatum(base_jsonb_merge(known, facts)));
	complete_lead(&row, base_jsonb_member(facts, "candidate"));
	if (strcmp(base_row_text(&row, LEAD_QUALIFICATION_STATUS), "new") == 0)
		base_row_set_text(&row, LEAD_QUALIFICATION_STATUS, "in_progress");
	base_row_set(&row, LEAD_UPDATED_AT, TimestampTzGetDatum(base_clock_now()));
	base_row_update(&row);
}
