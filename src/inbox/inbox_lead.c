/*
 * inbox_lead.c
 *	  The people who write to us: one row per account, site and contact.
 *
 * Runs in the backend that takes an event in, inside its transaction.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/base_json.h"
#include "base/base_spi.h"
#include "base/base_uuid.h"
#include "inbox/inbox_lead.h"

/* What agents found out is theirs: attributes of Chatwoot never replace it. */
static BaseStatement save_statement = {
	"INSERT INTO frontdesk.leads AS l (account_id, id, site_id, "
	" chatwoot_contact_id, channel, name, email, phone, profile) "
	"VALUES ($1, $2, $3, $4, coalesce($5, 'other'), $6, $7, $8, coalesce($9, '{}')) "
	"ON CONFLICT ON CONSTRAINT leads_contact_key DO UPDATE SET "
	" channel = CASE WHEN l.channel = 'other' THEN excluded.channel ELSE l.channel END, "
	" name = coalesce(excluded.name, l.name), "
	" email = coalesce(excluded.email, l.email), "
	" phone = coalesce(excluded.phone, l.phone), "
	" profile = l.profile || (excluded.profile - 'candidate' - 'job'), "
	" updated_at = pg_catalog.now() "
	"RETURNING l.id",
	{INT4OID, UUIDOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, JSONBOID}
};

static void
set_text(Datum *values, char *nulls, int i, const char *text)
{
	nulls[i] = text ? ' ' : 'n';
	values[i] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

pg_uuid_t
inbox_lead_save(InboxPlace place, const InboxContact *contact, const char *channel)
{
	Datum		values[9];
	char		nulls[9];
	pg_uuid_t	id;
	bool		isnull;

	base_uuid_draw(&id);
	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int32GetDatum(place.account_id);
	values[1] = UUIDPGetDatum(&id);
	values[2] = Int32GetDatum(place.site_id);
	set_text(values, nulls, 3, contact->key);
	set_text(values, nulls, 4, channel);
	set_text(values, nulls, 5, contact->name);
	set_text(values, nulls, 6, contact->email);
	set_text(values, nulls, 7, contact->phone);
	nulls[8] = contact->attributes ? ' ' : 'n';
	if (contact->attributes)
		values[8] = JsonbPGetDatum(base_jsonb_parse(contact->attributes));
	base_spi_execute(&save_statement, values, nulls);
	return *DatumGetUUIDP(base_spi_value(0, 1, &isnull));
}
