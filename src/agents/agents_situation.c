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
#include "utils/date.h"
#include "utils/datetime.h"

#include "agents/agents_account.h"
#include "agents/agents_excerpt.h"
#include "agents/agents_situation.h"
#include "base/base_cache.h"
#include "base/base_clock.h"
#include "base/base_json.h"
#include "base/base_object.h"
#include "base/base_spi.h"
#include "inbox/inbox_carriage.h"
#include "inbox/inbox_subject.h"

/* What is left of a campaign's, or a job's, long texts. */
#define MEMBER_CHARS "1500"

/* Jobs that are told, and that the best are looked for among. */
#define TOLD_JOBS "5"
#define WEIGHED_JOBS "50"

#define TOLD_ALERTS "10"

/* The moment, by the clock of the account. */
static BaseStatement read_moment = {
	"SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("
	" 'date', pg_catalog.to_char(n.local, 'YYYY-MM-DD'), 'weekday', pg_catalog.to_char(n.local, 'FMDay'), "
	" 'time', pg_catalog.to_char(n.local, 'HH24:MI'), 'time_zone', z.name, "
	" 'office', CASE frontdesk.is_open($1) WHEN true THEN 'open' WHEN false THEN 'closed' END))::text, z.name "
	"FROM (SELECT coalesce((frontdesk.rules_of($1)).time_zone, pg_catalog.current_setting('TimeZone'))) AS z (name) "
	"CROSS JOIN LATERAL (SELECT frontdesk.clock() AT TIME ZONE z.name) AS n (local)",
	{INT4OID}
};

/*
 * Columns as they are, for documents that SQL builds of them cost ten times the
 * look-up.  What few people have is only looked for: a plan that could read it,
 * too, costs its part each time it is set up.
 */
enum
{
	PERSON_KNOWN_SINCE = 1, PERSON_HAS_EMAIL, PERSON_HAS_PHONE, PERSON_QUALIFICATION,
	PERSON_TAGS, PERSON_PROFILE, PERSON_HAS_CAMPAIGN, PERSON_HAS_ALERTS
};

static BaseStatement read_person = {
	"SELECT (l.created_at AT TIME ZONE $3)::date, coalesce(l.email <> '', false), coalesce(l.phone <> '', false), "
	" nullif(l.qualification_status, 'new'), CASE WHEN l.tags <> '{}' THEN pg_catalog.to_jsonb(l.tags) END, "
	" CASE WHEN l.profile <> '{}' THEN nullif(pg_catalog.jsonb_strip_nulls(l.profile #- '{candidate,evidence}'), '{}') END, "
	" EXISTS (SELECT FROM frontdesk.campaign_messages AS s WHERE s.customer_id = $2 AND s.account_id = $1), "
	" EXISTS (SELECT FROM frontdesk.stock_alerts AS s WHERE s.customer_id = $2 AND s.account_id = $1 AND s.status = 'pending') "
	"FROM frontdesk.leads AS l WHERE l.account_id = $1 AND l.id = $2",
	{INT4OID, UUIDOID, TEXTOID}
};

/* What was sent to the person last, for whichever campaign. */
static BaseStatement read_campaign = {
	"SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('campaign', g.name, "
	" 'product', g.product_name, 'url', g.product_url, "
	" 'description', pg_catalog.left(g.product_description, " MEMBER_CHARS "), "
	" 'message', pg_catalog.left(m.message_content, " MEMBER_CHARS "), "
	" 'sent', pg_catalog.to_char(m.sent_at AT TIME ZONE $3, 'YYYY-MM-DD HH24:MI'))) "
	"FROM frontdesk.lately_sent($1, $2) AS m JOIN frontdesk.campaigns AS g "
	" ON g.account_id = m.account_id AND g.id = m.campaign_id",
	{INT4OID, UUIDOID, TEXTOID}
};

static BaseStatement read_alerts = {
	"SELECT pg_catalog.jsonb_agg(a.product_name) FROM (SELECT * FROM frontdesk.stock_alerts AS s "
	" WHERE s.account_id = $1 AND s.customer_id = $2 AND s.status = 'pending' "
	" ORDER BY s.requested_at DESC LIMIT " TOLD_ALERTS ") AS a",
	{INT4OID, UUIDOID}
};

/* Of a talk about jobs, those that fit what is said best. */
static BaseStatement read_jobs = {
	"SELECT pg_catalog.jsonb_agg(j.told) FROM (SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("
	"   'title', o.title, 'location', o.location, 'description', pg_catalog.left(o.description, " MEMBER_CHARS "))) AS told "
	"  FROM (SELECT * FROM frontdesk.job_postings AS p WHERE p.account_id = $1 AND p.status = 'open' "
	"   ORDER BY p.created_at DESC LIMIT " WEIGHED_JOBS ") AS o "
	"  ORDER BY frontdesk.text_similarity(pg_catalog.concat_ws(' ', o.title, o.location), $2) DESC, o.created_at DESC "
	"  LIMIT " TOLD_JOBS ") AS j",
	{INT4OID, TEXTOID}
};

typedef struct Moment
{
	char	   *told;			/* as JSON text */
	char	   *zone;
} Moment;

static BaseCacheFinding
fill_moment(const BaseCacheKey *key, void *value)
{
	Datum		values[] = {Int32GetDatum(key->account_id)};
	Moment	   *moment = value;

	base_spi_read(&read_moment, values, NULL);
	moment->told = base_spi_text(0, 1);
	moment->zone = base_spi_text(0, 2);
	return BASE_CACHE_LASTING;
}

/* That of this minute. */
static const Moment *
get_moment(int account_id)
{
	static BaseCache moments = {
		.name = "moments", .value_bytes = sizeof(Moment), .fill = fill_moment, .lasts_us = USECS_PER_MINUTE
	};

	return base_cache_get(&moments, &(BaseCacheKey) {
		.account_id = account_id, .number = (int) (base_clock_now() / USECS_PER_MINUTE)
	}, CurrentMemoryContext);
}

/* A document of a column, masked as the account wants it, or not; left out when it is null. */
static void
add_member(BaseObject *told, const char *key, int column, const AgentsAccount *account)
{
	bool		isnull;
	Datum		value = base_spi_value(0, column, &isnull);
	JsonbValue	whole;

	if (isnull)
		return;
	whole.type = jbvBinary;
	whole.val.binary.data = &DatumGetJsonbP(value)->root;
	base_object_add_json(told, key, agents_excerpt_member(account, &whole));
}

/* The day since when the person is known. */
static void
add_known_since(BaseObject *person)
{
	bool		isnull;
	Datum		value = base_spi_value(0, PERSON_KNOWN_SINCE, &isnull);
	int			year;
	int			month;
	int			day;

	if (isnull || DATE_NOT_FINITE(DatumGetDateADT(value)))
		return;
	j2date(DatumGetDateADT(value) + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	base_object_add_text(person, "known_since", psprintf("%04d-%02d-%02d", year, month, day));
}

/* The row that was read. */
static void
add_row(BaseObject *told, const AgentsAccount *account)
{
	bool		has_email = base_spi_bool(0, PERSON_HAS_EMAIL, false);
	bool		has_phone = base_spi_bool(0, PERSON_HAS_PHONE, false);
	char	   *qualification = base_spi_text(0, PERSON_QUALIFICATION);

	base_object_open(told, "person");
	add_known_since(told);
	if (has_email || has_phone)
		base_object_add_json(told, "reached_by",
							 !has_phone ? "[\"email\"]" : !has_email ? "[\"phone\"]" : "[\"email\", \"phone\"]");
	if (qualification)
		base_object_add_text(told, "qualification", agents_excerpt_said(account, qualification));
	add_member(told, "tags", PERSON_TAGS, account);
	add_member(told, "profile", PERSON_PROFILE, account);
	base_object_close(told);
}

/* The person, and what the business has with them; stated is what it says itself. */
static void
add_person(BaseObject *told, Datum *values, const AgentsAccount *account, const AgentsAccount *stated)
{
	bool		has_campaign;
	bool		has_alerts;

	if (base_spi_execute(&read_person, values, NULL) == 0)
		return;
	has_campaign = base_spi_bool(0, PERSON_HAS_CAMPAIGN, false);
	has_alerts = base_spi_bool(0, PERSON_HAS_ALERTS, false);
	add_row(told, account);
	if (has_campaign && base_spi_execute(&read_campaign, values, NULL) > 0)
		add_member(told, "campaign", 1, stated);
	if (has_alerts && base_spi_execute(&read_alerts, values, NULL) > 0)
		add_member(told, "stock_alerts", 1, account);
}

/* The jobs that are open, where the talk is of jobs. */
static void
add_jobs(BaseObject *told, EngineTurn *turn, const AgentsAccount *account)
{
	char	   *route = base_jsonb_text(turn->state, "route");
	char	   *content = base_jsonb_text(turn->state, "content");
	Datum		values[] = {Int32GetDatum(turn->account_id), CStringGetTextDatum(content ? content : "")};

	if (route && strcmp(route, "recruitment") == 0 && base_spi_execute(&read_jobs, values, NULL) > 0)
		add_member(told, "open_jobs", 1, account);
}

/* The channel, and what it carries: a reply that is made for it is neither cut nor
 * robbed of its signs. */
static void
add_channel(BaseObject *told, int account_id, const char *channel)
{
	static const char *const signs[] = {
		[INBOX_MARKUP_NONE] = "none",
		[INBOX_MARKUP_STARS] = "bold, italic",
		[INBOX_MARKUP_INLINE] = "bold, italic, links",
		[INBOX_MARKUP_BLOCKS] = "Markdown",
	};
	const InboxCarriage *carriage = inbox_carriage_get(account_id, channel);

	base_object_add_text(told, "channel", channel);
	base_object_open(told, "channel_limits");
	base_object_add_int(told, "longest_message", carriage->max_length);
	base_object_add_text(told, "counted_in", carriage->unit == INBOX_UNIT_BYTES ? "bytes" : "characters");
	base_object_add_int(told, "most_messages", carriage->max_parts);
	base_object_add_text(told, "signs", signs[carriage->markup]);
	if (carriage->window > 0)
		base_object_add_int(told, "hours_to_reply", carriage->window / USECS_PER_HOUR);
	base_object_close(told);
}

const char *
agents_situation_tell(EngineTurn *turn)
{
	const InboxSubject *subject = turn->subject;
	const AgentsAccount *account = agents_account_get(turn->account_id);
	const Moment *moment = get_moment(turn->account_id);
	AgentsAccount stated = *account;
	Datum		values[] = {Int32GetDatum(turn->account_id), UUIDPGetDatum(&subject->lead_id),
	CStringGetTextDatum(moment->zone)};
	BaseObject	told;

	stated.redact = false;
	base_object_begin(&told);
	base_object_add_members(&told, moment->told, strlen(moment->told));
	add_channel(&told, turn->account_id, subject->channel);
	add_jobs(&told, turn, &stated);
	add_person(&told, values, account, &stated);
	return base_object_end(&told);
}
