/*
 * llm_format.c
 *	  The formats of JSON Schema that SQL types are read from.
 *
 * What passes here can be cast: a day that does not exist must not make a
 * statement fail later.  Formats without a type of their own pass as text.
 *
 * Pure.
 */
#include "postgres.h"

#include "llm/llm_format.h"

static bool
matches_mask(const char *text, const char *mask)
{
	for (; *mask; mask++, text++)
	{
		if (*mask == '9' ? !(*text >= '0' && *text <= '9') :
			*mask == 'x' ? !isxdigit((unsigned char) *text) : *text != *mask)
			return false;
	}
	return true;
}

/* Two digits as a number. */
static int
pair(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

static bool
is_date(const char *text)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int			year,
				month,
				day;
	bool		leap;

	if (!matches_mask(text, "9999-99-99"))
		return false;
	year = pair(text) * 100 + pair(text + 2);
	month = pair(text + 5);
	day = pair(text + 8);
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return year > 0 && month >= 1 && month <= 12 && day >= 1 &&
		day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* A time of day; `rest` is set behind it. */
static bool
is_time(const char *text, const char **rest)
{
	if (!matches_mask(text, "99:99") || pair(text) > 23 || pair(text + 3) > 59)
		return false;
	text += 5;
	if (matches_mask(text, ":99"))
	{
		if (pair(text + 1) > 59)
			return false;
		text += 3;
		if (text[0] == '.' && isdigit((unsigned char) text[1]))
			text += 1 + strspn(text + 1, "0123456789");
	}
	*rest = text;
	return true;
}

static bool
is_date_time(const char *text)
{
	const char *zone;

	if (!is_date(text) || (text[10] != 'T' && text[10] != ' ') ||
		!is_time(text + 11, &zone))
		return false;
	if ((zone[0] == 'Z' && zone[1] == '\0') || zone[0] == '\0')
		return true;
	return strlen(zone) == 6 && (matches_mask(zone, "+99:99") ||
								 matches_mask(zone, "-99:99")) &&
		pair(zone + 1) <= 14 && pair(zone + 4) <= 59;
}

bool
llm_format_matches(const char *text, const char *format)
{
	const char *rest;

	if (strcmp(format, "date") == 0)
		return is_date(text) && text[10] == '\0';
	if (strcmp(format, "date-time") == 0)
		return is_date_time(text);
	if (strcmp(format, "time") == 0)
		return is_time(text, &rest) && *rest == '\0';
	if (strcmp(format, "uuid") == 0)
		return strlen(text) == 36 &&
			matches_mask(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
	return true;
}
