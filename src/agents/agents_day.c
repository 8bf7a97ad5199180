/*
 * agents_day.c
 *	  Which days of the week a text speaks of: in English, German, Spanish,
 *	  French, Dutch and Portuguese.
 *
 * Runs in any backend.  Short names mean much else ("so", "ma", "sex", and the
 * Portuguese ordinals): one counts in a range, beside another day, before a number,
 * behind "on", and where it ends a question.  What holds on some days only, as
 * "except Mondays", is told by a text that names them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "agents/agents_token.h"
#include "base/base_domain.h"

SQL_FUNCTION(asked_days);
SQL_FUNCTION(told_days);
SQL_FUNCTION(without_days);

#define DAY_COUNT 7
#define EVERY_DAY 0x7f
#define WORKING_DAYS 0x1f
#define WEEKEND 0x60
#define CLOSED_DAY 0x80			/* no day of the week is like it */

/* No range has more tokens between its ends. */
#define RANGE_WIDTH 5

/* Days are bits: the first is Monday. */
typedef struct Days
{
	unsigned	days;
	int			ahead;			/* "today" is 0, "tomorrow" 1; -1 nothing such is said */
	bool	   *is_day;			/* by token: it names one, or stands before one */
} Days;

static const char *const names[DAY_COUNT] = {
	"monday* montag montags montagabend* montagmittag* montagmorgen* montagnachmittag* montagvormittag* lunes lundi* maandag*",
	"tuesday* dienstag* martes mardi* dinsdag*",
	"wednesday* mittwoch* miercoles mercredi* woensdag*",
	"thursday* donnerstag* jueves jeudi* donderdag*",
	"friday* freitag* viernes vendredi* vrijdag*",
	"saturday* samstag* sonnabend* sabado* samedi* zaterdag*",
	"sunday* sonntag* domingo* dimanche* zondag*",
};

static const char *const short_names[DAY_COUNT] = {
	"mon mo lun ma seg segunda segundas",
	"tue tues di mar ter terca tercas",
	"wed mi mie mer wo qua quarta quartas",
	"thu thur thurs do jue jeu qui quinta quintas",
	"fri fr vie ven vr sex sexta sextas",
	"sat sa sab sam za",
	"sun so dom dim zo",
};

#define BEFORE_DAY "on am op as aos na nas em los le les every jeden elke cada chaque todas"
#define RANGE_WORDS "to till til until through thru bis tot t au a al hasta ate jusqu jusque"
#define RANGE_FILLERS "en met m le el o la incl including inclusief"
#define JOINING_WORDS "and und en et y e or oder of ou"

/* Several days by one name; what a number stands before is a length of time. */
typedef struct Group
{
	unsigned	days;
	const char *words;
	const char *phrases[14];
} Group;

static const Group groups[] = {
	{WORKING_DAYS, "weekday* workday* werktag* wochentag* werkdag* weekdag* doordeweek* laborable* ouvrable* ouvres habiles uteis",
		{"working days", "business days", "during the week", "unter der woche", "door de week", "en semaine",
			"entre semana", "durante la semana", "durante a semana", "dias de semana", NULL}},
	{WEEKEND, "weekend* wochenende* weekeinde* finde findes",
		{"week end", "week ends", "fin de semana", "fines de semana", "fim de semana", "fins de semana", NULL}},
	{EVERY_DAY, "daily everyday taglich dagelijks diario diariamente quotidien*",
		{"every day", "each day", "all week", "jeden tag", "alle tage", "elke dag", "iedere dag", "alle dagen",
			"tous les jours", "chaque jour", "todos los dias", "cada dia", "todos os dias", NULL}},
};

static const Group aheads[] = {
	{2, "ubermorgen uebermorgen overmorgen",
		{"day after tomorrow", "apres demain", "pasado manana", "depois de amanha", NULL}},
	{1, "tomorrow tomorow tmrw morgen demain manana amanha", {NULL}},
	{0, "today tonight heute vandaag vanavond vanmiddag hoy hoje", {"aujourd hui", NULL}},
};

/* A morning is not tomorrow: "por la mañana", "am Morgen". */
#define BEFORE_MORNING "la am esta this de pela"

static bool
is_sign(const AgentsTokens *tokens, int at, const char *signs)
{
	return at < tokens->count && tokens->list[at].kind == AGENTS_TOKEN_SIGN && tokens->list[at].sign != '\0' &&
		strchr(signs, tokens->list[at].sign) != NULL;
}

/* How many tokens of a group stand here; 0 none. */
static int
match_group(const AgentsTokens *tokens, int at, const Group *group)
{
	if (agents_token_is(&tokens->list[at], group->words))
		return 1;
	return agents_token_match_any(tokens, at, group->phrases);
}

/* The day that a token names, or -1. */
static int
find_day(const AgentsTokens *tokens, int at, const char *const *list)
{
	for (int day = 0; at < tokens->count && day < DAY_COUNT; day++)
		if (agents_token_is(&tokens->list[at], list[day]))
			return day;
	return -1;
}

static int
day_at(const AgentsTokens *tokens, int at)
{
	int			day = find_day(tokens, at, names);

	return day >= 0 ? day : find_day(tokens, at, short_names);
}

/* The token behind a day's name, its "-feira" and the point of a short one. */
static int
behind_day(const AgentsTokens *tokens, int at)
{
	at++;
	if (is_sign(tokens, at, "-") && at + 1 < tokens->count && agents_token_is(&tokens->list[at + 1], "feira feiras"))
		at += 2;
	else if (at < tokens->count && agents_token_is(&tokens->list[at], "feira feiras"))
		at++;
	return is_sign(tokens, at, ".") ? at + 1 : at;
}

/* The day up to which a range goes that begins here; -1 none does. */
static int
range_end(const AgentsTokens *tokens, int at)
{
	int			i = behind_day(tokens, at);
	bool		is_linked = false;

	for (int last = i + RANGE_WIDTH; i < Min(last, tokens->count); i++)
	{
		if (is_linked && day_at(tokens, i) >= 0)
			return i;
		if (is_sign(tokens, i, "-") || agents_token_is(&tokens->list[i], RANGE_WORDS))
			is_linked = true;
		else if (!is_linked || !(is_sign(tokens, i, "/") || agents_token_is(&tokens->list[i], RANGE_FILLERS)))
			break;
	}
	return -1;
}

/* The day that is named beside this one, as in "Sat & Sun"; -1 none is. */
static int
neighbour(const AgentsTokens *tokens, int at)
{
	int			i = behind_day(tokens, at);

	if (i >= tokens->count || !(is_sign(tokens, i, ",/&+") || agents_token_is(&tokens->list[i], JOINING_WORDS)))
		return -1;
	return day_at(tokens, i + 1) >= 0 ? i + 1 : -1;
}

/* Whether a short name is meant as one, by what stands around it. */
static bool
is_meant(const AgentsTokens *tokens, int at, bool is_question)
{
	int			behind = behind_day(tokens, at);

	if (behind > at + 1 && !is_sign(tokens, behind - 1, "."))
		return true;			/* "-feira" */
	if (agents_token_is(&tokens->list[at - 1], BEFORE_DAY) || neighbour(tokens, at) >= 0)
		return true;
	if (behind < tokens->count && (tokens->list[behind].kind == AGENTS_TOKEN_NUMBER || is_sign(tokens, behind, ":")))
		return true;
	while (is_sign(tokens, behind, "?!."))
		behind++;
	return is_question && behind >= tokens->count && strlen(tokens->list[at].word) >= 3 &&
		!agents_token_is(&tokens->list[at], "qui");
}

static void
mark(Days *read, const AgentsTokens *tokens, int from, int to)
{
	for (int i = from; i < to; i++)
		read->is_day[i] = true;
	if (from > 0 && agents_token_is(&tokens->list[from - 1], BEFORE_DAY))
		read->is_day[from - 1] = true;
}

/* The days that begin with the token: a range, else the day alone. */
static void
read_day(Days *read, const AgentsTokens *tokens, int at, bool is_question)
{
	int			day = day_at(tokens, at);
	int			end = range_end(tokens, at);
	int			beside = neighbour(tokens, at);

	if (end >= 0)
	{
		for (int i = day;; i = (i + 1) % DAY_COUNT)
		{
			read->days |= 1U << i;
			if (i == day_at(tokens, end))
				break;
		}
		mark(read, tokens, end, behind_day(tokens, end));
	}
	else if (find_day(tokens, at, names) < 0 && !is_meant(tokens, at, is_question))
		return;
	read->days |= 1U << day;
	mark(read, tokens, at, behind_day(tokens, at));
	if (beside >= 0)
	{
		read->days |= 1U << day_at(tokens, beside);
		mark(read, tokens, beside, behind_day(tokens, beside));
	}
}

/* "7 days a week", "24/7" */
static bool
is_all_week(const AgentsTokens *tokens, int at)
{
	const AgentsToken *token = &tokens->list[at];

	if (token->kind != AGENTS_TOKEN_NUMBER || token->value != 7)
		return false;
	return is_sign(tokens, at - 1, "/") || is_sign(tokens, at + 1, "/") ||
		agents_token_has(tokens, at + 2, at + 5, "week woche semaine semana");
}

/* The days that have a name together, and those that are told from today. */
static void
read_group(Days *read, const AgentsTokens *tokens, int at)
{
	int			count;

	if (is_all_week(tokens, at))
		read->days |= EVERY_DAY;
	for (int i = 0; i < lengthof(groups); i++)
		if (tokens->list[at - 1].kind != AGENTS_TOKEN_NUMBER && (count = match_group(tokens, at, &groups[i])) > 0)
		{
			read->days |= groups[i].days;
			mark(read, tokens, at, at + count);
		}
	for (int i = 0; i < lengthof(aheads); i++)
		if ((count = match_group(tokens, at, &aheads[i])) > 0 &&
			(i != 1 || !agents_token_is(&tokens->list[at - 1], BEFORE_MORNING)))
		{
			/* the longest stands first, and its words are not read again */
			if (!read->is_day[at])
				read->ahead = aheads[i].days;
			mark(read, tokens, at, at + count);
		}
}

/* Reads the days that are named, one by one, as a range ("Mon-Fri") or all together
 * ("daily", "at weekends").  In a question its last word may be a short name. */
static Days
read_days(const AgentsTokens *tokens, bool is_question)
{
	Days		read = {.ahead = -1};

	read.is_day = palloc0((tokens->count + 1) * sizeof(bool));
	for (int at = 0; at < tokens->count; at++)
	{
		if (day_at(tokens, at) >= 0)
			read_day(&read, tokens, at, is_question);
		else
			read_group(&read, tokens, at);
	}
	return read;
}

/* ----- for agents_local.sql ----- */

static bool
is_among(ArrayType *days, DateADT day)
{
	Datum	   *values;
	int			count;

	deconstruct_array(days, DATEOID, sizeof(DateADT), true, TYPALIGN_INT, &values, NULL, &count);
	for (int i = 0; i < count; i++)
		if (DatumGetDateADT(values[i]) == day)
			return true;
	return false;
}

/* asked_days(content, today, closed_days) */
PGDLLEXPORT Datum
frontdesk_asked_days(PG_FUNCTION_ARGS)
{
	AgentsTokens tokens = agents_token_read(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Days		read = read_days(&tokens, true);
	DateADT		day = PG_GETARG_DATEADT(1) + read.ahead;

	/* who says "Saturday morning" in Dutch says "tomorrow", too */
	if (read.days != 0 || read.ahead < 0)
		PG_RETURN_INT32(read.days);
	if (is_among(PG_GETARG_ARRAYTYPE_P(2), day))
		PG_RETURN_INT32(CLOSED_DAY);
	PG_RETURN_INT32(1 << (j2day(day + POSTGRES_EPOCH_JDATE) + DAY_COUNT - 1) % DAY_COUNT);
}

/* told_days(content) */
PGDLLEXPORT Datum
frontdesk_told_days(PG_FUNCTION_ARGS)
{
	AgentsTokens tokens = agents_token_read(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_INT32(read_days(&tokens, false).days);
}

/* without_days(content) */
PGDLLEXPORT Datum
frontdesk_without_days(PG_FUNCTION_ARGS)
{
	char	   *content = text_to_cstring(PG_GETARG_TEXT_PP(0));
	AgentsTokens tokens = agents_token_read(content);
	Days		read = read_days(&tokens, true);
	StringInfoData rest;
	int			from = 0;

	initStringInfo(&rest);
	for (int at = 0; at < tokens.count; at++)
	{
		if (!read.is_day[at])
			continue;
		appendBinaryStringInfo(&rest, content + from, tokens.list[at].start - from);
		from = tokens.list[at].end;
	}
	appendStringInfoString(&rest, content + from);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(rest.data, rest.len));
}
