/*
 * inbox_carriage.c
 *	  What a channel can carry, and what a reply becomes on it.
 *
 * Runs in workers, and in any backend for frontdesk.preview_reply().  The form of
 * a reply is made of its text and the row alone, so it is the same whoever makes
 * it: the worker that sends it, the one that settles it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "base/base_cache.h"
#include "base/base_domain.h"
#include "base/base_spi.h"
#include "inbox/inbox_blank.h"
#include "inbox/inbox_carriage.h"
#include "security/security_policy.h"

SQL_FUNCTION(find_blank);
SQL_FUNCTION(preview_reply);

/* Behind what was shortened. */
#define ELLIPSIS " …"

static BaseStatement read_statement = {
	"SELECT l.max_length, l.counted_in, l.max_parts, l.markup, "
	" (1e6 * extract(epoch FROM l.reply_window))::bigint, nullif(l.templates, '{}') "
	"FROM frontdesk.channel_limits AS l WHERE l.account_id IN ($1, 0) AND l.channel IN ($2, 'other') "
	"ORDER BY l.channel = $2 DESC, l.account_id DESC LIMIT 1",
	{INT4OID, TEXTOID}
};

/* Reads the row; that of "other" always is there. */
static BaseCacheFinding
fill(const BaseCacheKey *key, void *value)
{
	Datum		values[] = {Int32GetDatum(key->account_id), CStringGetTextDatum(key->name)};
	InboxCarriage *carriage = value;
	bool		isnull;
	Datum		templates;

	if (base_spi_read(&read_statement, values, NULL) == 0)
		elog(ERROR, "account 0 has no row \"other\" in frontdesk.channel_limits");
	carriage->max_length = base_spi_int32(0, 1, 0);
	carriage->unit = inbox_part_unit(base_spi_text(0, 2));
	carriage->max_parts = base_spi_int32(0, 3, 1);
	carriage->markup = inbox_markup_of(base_spi_text(0, 4));
	carriage->window = base_spi_int64(0, 5, 0);
	templates = base_spi_value(0, 6, &isnull);
	if (!isnull)
		carriage->templates = DatumGetJsonbPCopy(templates);
	return BASE_CACHE_LASTING;
}

const InboxCarriage *
inbox_carriage_get(int account_id, const char *channel)
{
	static BaseCache carriages = {
		.name = "channel limits", .value_bytes = sizeof(InboxCarriage), .fill = fill
	};

	return base_cache_get(&carriages, &(BaseCacheKey) {
		.account_id = account_id, .name = channel
	}, CurrentMemoryContext);
}

/* The beginning of a text that nothing follows, with a sign that more was said. */
static char *
shorten(const InboxCarriage *carriage, const char *text)
{
	int			sign = inbox_part_length(ELLIPSIS, carriage->unit);
	int			bytes = inbox_part_bytes(text, carriage->max_length - sign, carriage->unit);

	while (bytes > 0 && strchr(" \n\t", text[bytes - 1]) != NULL)
		bytes--;
	return psprintf("%.*s" ELLIPSIS, bytes, text);
}

InboxForm
inbox_carriage_form(const InboxCarriage *carriage, const char *content, int number)
{
	char	   *text = inbox_markup_write(content, carriage->markup);
	InboxForm	form = {.part = text};
	int			bytes;

	/* signs that are parted from their partners would be read */
	if (inbox_part_length(text, carriage->unit) > carriage->max_length)
		text = inbox_markup_write(text, INBOX_MARKUP_NONE);
	form.part = text;
	if (inbox_part_length(text, carriage->unit) <= carriage->max_length)
		return form;
	if (number >= carriage->max_parts)
	{
		form.part = shorten(carriage, text);
		return form;
	}
	bytes = inbox_part_bytes(text, carriage->max_length, carriage->unit);
	form.rest = text + bytes;
	while (*form.rest && strchr(" \n\t", *form.rest) != NULL)
		form.rest++;
	if (*form.rest == '\0')
		form.rest = NULL;
	while (bytes > 1 && strchr(" \n\t", text[bytes - 1]) != NULL)
		bytes--;
	form.part = pnstrdup(text, bytes);
	return form;
}

/* find_blank(content) */
PGDLLEXPORT Datum
frontdesk_find_blank(PG_FUNCTION_ARGS)
{
	char	   *blank = inbox_blank_find(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (blank == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(blank));
}

/* preview_reply(account_id, channel, content) */
PGDLLEXPORT Datum
frontdesk_preview_reply(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *rest = text_to_cstring(PG_GETARG_TEXT_PP(2));
	char	   *blank = inbox_blank_find(rest);
	const InboxCarriage *carriage;

	SPI_connect();
	security_policy_require_account(PG_GETARG_INT32(0));
	SPI_finish();
	InitMaterializedSRF(fcinfo, 0);
	carriage = inbox_carriage_get(PG_GETARG_INT32(0), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	for (int number = 1; rest != NULL; number++)
	{
		InboxForm	form = inbox_carriage_form(carriage, rest, number);
		bool		nulls[] = {blank != NULL, blank != NULL, blank == NULL};
		Datum		values[] = {
			Int32GetDatum(number), CStringGetTextDatum(form.part),
			blank ? CStringGetTextDatum(psprintf("nobody filled in %s", blank)) : (Datum) 0,
		};

		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
		rest = blank ? NULL : form.rest;
	}
	return (Datum) 0;
}
