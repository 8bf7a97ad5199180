/*
 * agents_situation.c
 *	  What every model is told of the moment: where, when, to whom it speaks.
 *
 * Runs in engine workers, where a request to a model is written, and in a
 * session that previews one.  The moment is the account's, and known for the
 * minute; the person is read by one statement for a request, which looks rows up
 * by key; a turn that asks no model does not pay for it.  It sees what the step
 * before has written: what extraction has found is known to who answers.
 *
 * What the business states (its hours, jobs and campaigns) goes out as it is, but
 * for numbers of cards and accounts; what came from people is masked as all
 * they said.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "agents/agents_account.h"
#include "agents/agents_excerpt.h"
#include "agents/agents_situation.h"
#include "base/base_cache.h"
#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "inbox/inbox_subject.h"

/* What is left of a campaign's, or a job's, long texts. */
#define MEMBER_CHARS "1500"

/* Jobs that are told, and that the best are looked for among. */
#define TOLD_JOBS "5"
#define WEIGHED_JOBS "50"

#define TOLD_ALERTS "10"

/* As frontdesk.is_open() says it. */
#define OFFICE \
	" CASE WHEN EXISTS (SELECT FROM frontdesk.office_hours AS h WHERE h.account_id = $1) THEN " \
	"  CASE WHEN NOT n.local::date = ANY (r.closed_days) AND EXISTS (SELECT FROM frontdesk.office_hours AS h " \
	"   WHERE h.account_id = $1 AND h.weekday = extract(isodow FROM n.local) " \
	"   AND n.local::time >= h.opens AND n.local::time < h.closes) THEN 'open' ELSE 'closed' END END "

/* The moment, by the clock of the account. */
static BaseStatement read_moment = {
	"SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("
	" 'date', pg_catalog.to_char(n.local, 'YYYY-MM-DD'), 'weekday', pg_catalog.to_char(n.local, 'FMDay'), "
	" 'time', pg_catalog.to_char(n.local, 'HH24:MI'), 'time_zone', z.name, 'office'," OFFICE "))::text "
	"FROM (SELECT * FROM frontdesk.people_rules AS p WHERE p.account_id IN ($1, 0) "
	" ORDER BY p.account_id DESC LIMIT 1) AS r "
	"CROSS JOIN LATERAL (SELECT coalesce(r.time_zone, pg_catalog.current_setting('TimeZone'))) AS z (name) "
	"CROSS JOIN LATERAL (SELECT frontdesk.clock() AT TIME ZONE z.name) AS n (local)",
	{INT4OID}
};

/* What was sent to the person last, for whichever campaign; most were sent nothing. */
#define CAMPAIGN \
	" CASE WHEN EXISTS (SELECT FROM frontdesk.campaign_messages AS s WHERE s.customer_id = $2 AND s.account_id = $1) THEN " \
	" (SELECT pg_catalog.jsonb_build_object('campaign', g.name, 'product', g.product_name, 'url', g.product_url, " \
	"   'description', pg_catalog.left(g.product_description, " MEMBER_CHARS "), " \
	"   'message', pg_catalog.left(m.message_content, " MEMBER_CHARS "), " \
	"   'sent', pg_catalog.to_char(m.sent_at AT TIME ZONE z.name, 'YYYY-MM-DD HH24:MI')) " \
	"  FROM frontdesk.lately_sent($1, $2) AS m JOIN frontdesk.campaigns AS g " \
	"   ON g.account_id = m.account_id AND g.id = m.campaign_id) END "

#define ALERTS \
	" (SELECT pg_catalog.jsonb_agg(a.product_name) FROM (SELECT * FROM frontdesk.stock_alerts AS s " \
	"  WHERE s.account_id = $1 AND s.customer_id = $2 AND s.status = 'pending' " \
	"  ORDER BY s.requested_at DESC LIMIT " TOLD_ALERTS ") AS a) "

static BaseStatement read_person = {
	"SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('campaign'," CAMPAIGN ")), "
	"pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("
	" 'person', nullif(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("
	"  'known_since', pg_catalog.to_char(l.created_at AT TIME ZONE z.name, 'YYYY-MM-DD'), "
	"  'reached_by', (SELECT pg_catalog.jsonb_agg(w.name) FROM (VALUES ('email', l.email), ('phone', l.phone)) AS w (name, value) WHERE w.value <> ''), "
	"  'qualification', nullif(l.qualification_status, 'new'), "
	"  'tags', nullif(pg_catalog.to_jsonb(l.tags), '[]'), "
	"  'profile', nullif(pg_catalog.jsonb_strip_nulls(l.profile #- '{candidate,evidence}'), '{}'))), '{}'), "
	" 'stock_alerts'," ALERTS ")) "
	"FROM frontdesk.leads AS l "
	"CROSS JOIN LATERAL (SELECT * FROM frontdesk.people_rules AS p WHERE p.account_id IN ($1, 0) "
	" ORDER BY p.account_id DESC LIMIT 1) AS r "
	"CROSS JOIN LATERAL (SELECT coalesce(r.time_zone, pg_catalog.current_setting('TimeZone'))) AS z (name) "
	"WHERE l.account_id = $1 AND l.id = $2",
	{INT4OID, UUIDOID}
};

/* Of a talk about jobs, those that fit what is said best. */
static BaseStatement read_jobs = {
	"SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('open_jobs', "
	" (SELECT pg_catalog.jsonb_agg(j.told) FROM (SELECT pg_catalog.jsonb_build_object('title', o.title, 'location', o.location, "
	"   'description', pg_catalog.left(o.description, " MEMBER_CHARS ")) AS told "
	"  FROM (SELECT * FROM frontdesk.job_postings AS p WHERE p.account_id = $1 AND p.status = 'open' "
	"   ORDER BY p.created_at DESC LIMIT " WEIGHED_JOBS ") AS o "
	"  ORDER BY frontdesk.text_similarity(pg_catalog.concat_ws(' ', o.title, o.location), $2) DESC, o.created_at DESC "
	"  LIMIT " TOLD_JOBS ") AS j)))",
	{INT4OID, TEXTOID}
};

/* The moment as JSON text. */
typedef struct Moment
{
	char	   *told;
} Moment;

static BaseCacheFinding
fill_moment(const BaseCacheKey *key, void *value)
{
	Datum		values[] = {Int32GetDatum(key->account_id)};
	Moment	   *moment = value;

	if (base_spi_read(&read_moment, values, NULL) == 0)
		return BASE_CACHE_ABSENT;
	moment->told = base_spi_text(0, 1);
	return BASE_CACHE_LASTING;
}

/* Of this minute; NULL when nothing is known. */
static const char *
tell_moment(int account_id)
{
	static BaseCache moments = {
		.name = "moments", .value_bytes = sizeof(Moment), .fill = fill_moment, .lasts_us = USECS_PER_MINUTE
	};
	const Moment *moment = base_cache_get(&moments, &(BaseCacheKey) {
		.account_id = account_id, .number = (int) (base_clock_now() / USECS_PER_MINUTE)
	}, CurrentMemoryContext);

	return moment ? moment->told : NULL;
}

/* The members of a column, masked as the account wants it, or not. */
static void
add_column(BaseObject *told, int column, const AgentsAccount *account)
{
	bool		isnull;
	Datum		value = base_spi_value(0, column, &isnull);
	JsonbValue	whole;
	const char *text;

	if (isnull)
		return;
	whole.type = jbvBinary;
	whole.val.binary.data = &DatumGetJsonbP(value)->root;
	text = agents_excerpt_member(account, &whole);
	/* one that is too large has become a string */
	if (text[0] == '{')
		base_object_add_members(told, text, strlen(text));
	else
		base_object_add_json(told, "more", text);
}

/* The jobs that are open, where the talk is of jobs. */
static void
add_jobs(BaseObject *told, EngineTurn *turn, const AgentsAccount *account)
{
	char	   *route = base_jsonb_text(turn->state, "route");
	char	   *content = base_jsonb_text(turn->state, "content");
	Datum		values[] = {Int32GetDatum(turn->account_id), CStringGetTextDatum(content ? content : "")};

	if (route && strcmp(route, "recruitment") == 0 && base_spi_execute(&read_jobs, values, NULL) > 0)
		add_column(told, 1, account);
}

const char *
agents_situation_tell(EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;
	const AgentsAccount *account = agents_account_get(turn->account_id);
	const char *moment = tell_moment(turn->account_id);
	AgentsAccount stated = *account;
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&subject->lead_id)};
	BaseObject	told;

	stated.redact = false;
	base_object_begin(&told);
	if (moment)
		base_object_add_members(&told, moment, strlen(moment));
	base_object_add_text(&told, "channel", subject->channel);
	add_jobs(&told, turn, &stated);
	if (base_spi_execute(&read_person, values, NULL) > 0)
	{
		add_column(&told, 1, &stated);
		add_column(&told, 2, account);
	}
	return base_object_end(&told);
}
