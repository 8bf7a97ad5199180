/*
 * security_redact.c
 *	  Masks e-mail addresses, phone numbers, card numbers and IBANs.
 *
 * Pure: no state, no catalog.  One pass from left to right; at every place a
 * thing may begin, the matchers are asked in the order of how sure they are:
 * address, IBAN, then runs of digits.  A matcher answers with the number of
 * bytes that it covers, 0 for "not mine".
 *
 * A run is a sequence of groups of digits with short separators between them,
 * cut into things from its left: a date is left alone, then the longest stretch
 * of groups that is a card number by length, first digit and check digit, then
 * the longest that can be a phone number of 8 to 15 digits and is neither a
 * price, a grouped number, a span of years nor the tail of an identifier.
 * Where a number may be either, it is masked: a log with a hole is better than
 * one with a customer in it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "security/security_redact.h"

SQL_FUNCTION(redact);
SQL_FUNCTION(holds_card_number);

#define MAX_GROUPS 24
#define MAX_SEPARATOR 3			/* separators in a row, as ") " or " - " */
#define MIN_PHONE_DIGITS 8
#define MAX_PHONE_DIGITS 15
#define MIN_CARD_DIGITS 13
#define MAX_CARD_DIGITS 19
#define MAX_IBAN_CHARS 34

typedef struct Group
{
	const char *start;
	int			digits;
	char		separator;		/* first byte of what stands before it */
} Group;

/* Groups of digits that follow each other, from where a scan stands. */
typedef struct Run
{
	const char *text;			/* the whole text, to look behind */
	int			count;
	Group		groups[MAX_GROUPS];
} Run;

typedef struct Match
{
	int			bytes;			/* 0: nothing to see here */
	const char *mask;			/* NULL: leave as it is */
} Match;

static Match match_at(const char *text, const char *p, const char **not_email_before);
static int	match_email(const char *p, const char **run_end);
static int	match_iban(const char *p);
static Match match_digits(const char *text, const char *p);

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters of any script count: every byte above ASCII is part of a word. */
static bool
is_word(char c)
{
	return is_digit(c) || is_letter(c) || c == '_' || IS_HIGHBIT_SET(c);
}

static bool
is_local_part(char c)
{
	return is_word(c) || (c != '\0' && strchr(".%+-'", c) != NULL);
}

static char
before(const char *text, const char *p)
{
	return p > text ? p[-1] : ' ';
}

char *
security_redact(const char *text)
{
	StringInfoData masked;
	const char *not_email_before = text;
	const char *p = text;

	initStringInfo(&masked);
	while (*p != '\0')
	{
		Match		match = match_at(text, p, &not_email_before);

		CHECK_FOR_INTERRUPTS();
		if (match.mask)
			appendStringInfoString(&masked, match.mask);
		else
			appendBinaryStringInfo(&masked, p, Max(match.bytes, 1));
		p += Max(match.bytes, 1);
	}
	return masked.data;
}

bool
security_redact_has_card(const char *text)
{
	const char *not_email_before = text;
	const char *p = text;

	while (*p != '\0')
	{
		Match		match = match_at(text, p, &not_email_before);

		if (match.mask && strcmp(match.mask, "[card]") == 0)
			return true;
		p += Max(match.bytes, 1);
	}
	return false;
}

/*
 * What begins at p.  *not_email_before remembers how far the text was already
 * found not to be the front of an address, so that no part is read twice.
 */
static Match
match_at(const char *text, const char *p, const char **not_email_before)
{
	Match		match = {0, NULL};

	if (p >= *not_email_before && is_local_part(*p))
	{
		match.bytes = match_email(p, not_email_before);
		match.mask = "[email]";
	}
	if (match.bytes == 0 && is_letter(*p) && !is_word(before(text, p)))
	{
		match.bytes = match_iban(p);
		match.mask = "[iban]";
	}
	if (match.bytes > 0)
		return match;
	if ((is_digit(*p) || *p == '+' || *p == '(') && !is_word(before(text, p)))
		return match_digits(text, p);
	match.mask = NULL;
	return match;
}

/* local@domain.tld; *run_end is set past what can be no address's front. */
static int
match_email(const char *p, const char **run_end)
{
	const char *end = p;
	const char *domain;
	const char *dot = NULL;

	while (is_local_part(*end))
		end++;
	*run_end = end;
	if (*end != '@' || end == p)
		return 0;
	domain = ++end;
	while (is_word(*end) || *end == '-' || *end == '.')
		end++;
	while (end > domain && (end[-1] == '.' || end[-1] == '-'))
		end--;
	for (const char *c = domain + 1; c < end; c++)
		if (*c == '.')
			dot = c;
	if (dot == NULL || end - dot < 3 || is_digit(dot[1]))
		return 0;
	*run_end = end;
	return end - p;
}

/* How long an IBAN of a country is; 0 for a country without. */
static int
iban_length(const char *country)
{
	static const char lengths[] =
		"AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24"
		"DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27"
		"GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20"
		"LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24"
		"PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25"
		"SV28TL23TN24TR26UA29VA22VG24XK20YE30";

	for (const char *entry = lengths; *entry != '\0'; entry += 4)
		if (entry[0] == country[0] && entry[1] == country[1])
			return (entry[2] - '0') * 10 + entry[3] - '0';
	return 0;
}

/* ISO 7064 mod 97-10 over the text with its first four characters last. */
static bool
is_iban_genuine(const char *iban, int length)
{
	int			rest = 0;

	for (int i = 0; i < length; i++)
	{
		char		c = iban[(i + 4) % length];

		if (is_digit(c))
			rest = (rest * 10 + c - '0') % 97;
		else
			rest = (rest * 100 + c - 'A' + 10) % 97;
	}
	return rest == 1;
}

static int
match_iban(const char *p)
{
	char		iban[MAX_IBAN_CHARS];
	const char *end = p;
	int			wanted = 4;
	int			length = 0;

	while (length < wanted)
	{
		if (is_digit(*end) || is_letter(*end))
			iban[length++] = pg_ascii_toupper(*end++);
		else if (length > 0 && (*end == ' ' || *end == '-') && end[-1] != *end)
			end++;
		else
			return 0;
		if (length == 4 && wanted == 4)
		{
			if (!is_letter(iban[1]) || !is_digit(iban[2]) || !is_digit(iban[3]))
				return 0;
			wanted = iban_length(iban);
		}
	}
	if (wanted == 0 || is_word(*end) || !is_iban_genuine(iban, length))
		return 0;
	return end - p;
}

/* Bytes of one separator between groups of digits; 0 when there is none. */
static int
separator_bytes(const char *p)
{
	static const char *const wide[] = {
		"\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\x90", "\xe2\x80\x91",
		"\xe2\x80\x93", "\xe2\x80\xaf"
	};

	if (*p != '\0' && strchr(" -./()", *p) != NULL)
		return 1;
	for (int i = 0; i < lengthof(wide); i++)
		if (strncmp(p, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	return 0;
}

static const char *
group_end(const Run *run, int group)
{
	return run->groups[group].start + run->groups[group].digits;
}

/* Collects the groups from p on, as many as follow closely on each other. */
static void
read_run(Run *run, const char *text, const char *p)
{
	run->text = text;
	run->count = 0;
	while (run->count < MAX_GROUPS)
	{
		Group	   *group = &run->groups[run->count];
		int			separators = 0;
		int			bytes;

		group->separator = *p;
		while (!is_digit(*p) && separators < MAX_SEPARATOR &&
			   (bytes = separator_bytes(p)) > 0)
		{
			p += bytes;
			separators++;
		}
		if (!is_digit(*p))
			break;
		group->start = p;
		for (group->digits = 0; is_digit(*p); p++)
			group->digits++;
		run->count++;
	}
}

static int
digits_of(const Run *run, int first, int last)
{
	int			digits = 0;

	/* more than a card has is as good as many */
	for (int i = first; i <= last && digits <= MAX_CARD_DIGITS; i++)
		digits += Min(run->groups[i].digits, MAX_CARD_DIGITS + 1);
	return digits;
}

/* The value of a short group, -1 for a longer one. */
static int
number_of(const Group *group)
{
	int			number = 0;

	if (group->digits > 4)
		return -1;
	for (int i = 0; i < group->digits; i++)
		number = number * 10 + group->start[i] - '0';
	return number;
}

static bool
is_year(const Group *group)
{
	int			number = number_of(group);

	return group->digits == 4 && number >= 1900 && number < 2100;
}

/* Whether three groups from one on are a date with the year at an end. */
static bool
is_date(const Run *run, int first)
{
	const Group *group = &run->groups[first];
	int			a,
				b;

	if (first + 3 > run->count || group[1].separator != group[2].separator ||
		strchr("-./", group[1].separator) == NULL)
		return false;
	if (is_year(&group[0]) && group[1].digits <= 2 && group[2].digits <= 2)
	{
		a = number_of(&group[1]);
		b = number_of(&group[2]);
	}
	else if (is_year(&group[2]) && group[0].digits <= 2 && group[1].digits <= 2)
	{
		a = number_of(&group[0]);
		b = number_of(&group[1]);
	}
	else
		return false;
	/* day and month in either order */
	return a >= 1 && b >= 1 && a <= 31 && b <= 31 && Min(a, b) <= 12;
}

/* ISO/IEC 7812: length, a first digit that payment cards have, Luhn's check. */
static bool
is_card(const Run *run, int first, int last)
{
	int			digits = digits_of(run, first, last);
	int			place = digits;
	int			sum = 0;

	if (digits < MIN_CARD_DIGITS || digits > MAX_CARD_DIGITS ||
		run->groups[first].start[0] < '2' || run->groups[first].start[0] > '6' ||
		is_word(*group_end(run, last)))
		return false;
	for (int i = first; i <= last; i++)
		for (int k = 0; k < run->groups[i].digits; k++, place--)
		{
			int			digit = run->groups[i].start[k] - '0';

			if (place % 2 == 0)
				digit = digit > 4 ? digit * 2 - 9 : digit * 2;
			sum += digit;
		}
	return sum % 10 == 0;
}

/* 12 345 678 or 12.345.678: one or two digits, then groups of three. */
static bool
is_grouped_number(const Run *run, int last)
{
	if (last < 1 || run->groups[0].digits > 2 || run->groups[0].start[0] == '0')
		return false;
	for (int i = 1; i <= last; i++)
		if (run->groups[i].digits != 3 ||
			run->groups[i].separator != run->groups[1].separator)
			return false;
	return true;
}

/* Dots are part of a phone number only between three or more short groups. */
static bool
is_decimal(const Run *run, int last)
{
	return last == 1 && run->groups[1].separator == '.';
}

static bool
is_currency(const char *p, const char *end)
{
	static const char *const names[] = {
		"$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5", "EUR", "USD", "GBP",
		"CHF", "BRL", "PLN", "SEK", "NOK", "DKK", "JPY", "R$", "euro", "dollar"
	};

	for (int i = 0; i < lengthof(names); i++)
	{
		int			length = strlen(names[i]);

		/* a name ends at end, or begins at p when there is no end */
		if (end ? end - p >= length && pg_strncasecmp(end - length, names[i], length) == 0
			: pg_strncasecmp(p, names[i], length) == 0)
			return true;
	}
	return false;
}

/* Whether a currency stands beside, or cents follow. */
static bool
is_price(const Run *run, int last)
{
	const char *start = run->groups[0].start;
	const char *end = group_end(run, last);

	if (*end == ',' && is_digit(end[1]) && is_digit(end[2]) && !is_digit(end[3]))
		return true;
	if (*end == ' ')
		end++;
	if (before(run->text, start) == ' ' && start > run->text)
		start--;
	return is_currency(end, NULL) || is_currency(run->text, start);
}

/* Whether the digits are glued to an identifier, as ORD-12345678 or /12345678. */
static bool
is_identifier(const Run *run)
{
	const char *start = run->groups[0].start;
	char		glue = before(run->text, start);

	if (glue == '#')
		return true;
	if ((glue != '-' && glue != '/') || start[0] == '0' ||
		!is_word(before(run->text, start - 1)))
		return false;
	return !(start - run->text >= 6 && pg_strncasecmp(start - 6, "wa.me/", 6) == 0);
}

static bool
is_phone(const Run *run, int last, bool international)
{
	int			digits = digits_of(run, 0, last);

	if (digits < MIN_PHONE_DIGITS || digits > MAX_PHONE_DIGITS ||
		is_word(*group_end(run, last)))
		return false;
	if (international)
		return true;
	if (last == 1 && is_year(&run->groups[0]) && is_year(&run->groups[1]))
		return false;
	return !is_grouped_number(run, last) && !is_decimal(run, last) &&
		!is_price(run, last) && !is_identifier(run);
}

/* The last group of the longest card that begins with a group; -1 for none. */
static int
find_card(const Run *run, int first)
{
	int			last = first;

	while (last < run->count && digits_of(run, first, last) <= MAX_CARD_DIGITS)
		last++;
	while (--last >= first)
		if (is_card(run, first, last))
			return last;
	return -1;
}

/* The last group of the longest phone number from the first on; -1 for none. */
static int
find_phone(const Run *run, bool international)
{
	int			last = 0;

	/* what comes after may be something of its own */
	while (last < run->count && digits_of(run, 0, last) <= MAX_PHONE_DIGITS &&
		   (last == 0 || (!is_date(run, last) && find_card(run, last) < 0)))
		last++;
	while (--last >= 0)
		if (is_phone(run, last, international))
			return last;
	return -1;
}

/* What the digits from p on are; what is nothing is passed over. */
static Match
match_digits(const char *text, const char *p)
{
	const char *digits = p;
	Match		match = {0, NULL};
	bool		international;
	int			last = 2;
	Run			run;

	while (!is_digit(*digits))
		if (++digits - p > 2 || (!is_digit(*digits) && *digits != '+' && *digits != '('))
			return match;
	international = memchr(p, '+', digits - p) != NULL;
	read_run(&run, text, digits);
	if (is_date(&run, 0))
		match.mask = NULL;
	else if ((last = find_card(&run, 0)) >= 0 &&
			 !(international && digits_of(&run, 0, last) <= MAX_PHONE_DIGITS))
		match.mask = "[card]";
	else if ((last = find_phone(&run, international)) >= 0)
		match.mask = "[phone]";
	else
		last = is_decimal(&run, run.count - 1) ? 1 : 0;
	match.bytes = group_end(&run, last) - p;

	/* a bracket that is not closed inside is not part of the number */
	if (match.mask && *p == '(' && memchr(p, ')', match.bytes) == NULL)
		match = (Match) {0, NULL};
	return match;
}

/* redact(content) */
PGDLLEXPORT Datum
frontdesk_redact(PG_FUNCTION_ARGS)
{
	char	   *content = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_TEXT_P(cstring_to_text(security_redact(content)));
}

/* holds_card_number(content) */
PGDLLEXPORT Datum
frontdesk_holds_card_number(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(security_redact_has_card(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}
