/*
 * security_digits.c
 *	  What runs of digits in a text are: card numbers, phone numbers, dates.
 *
 * Runs in backends and workers.  Pure; owns no memory.
 *
 * A run is a sequence of groups of digits with short separators between them,
 * cut into things from its left: a date is left alone, then the longest stretch
 * of groups that is a card number by length, first digit and check digit, then
 * the longest that can be a phone number of 8 to 15 digits and is neither a
 * price, a grouped number, a span of years nor the tail of an identifier.
 * Where a number may be either, it is masked.
 *
 * A phone number stands alone.  A card number is found between letters and
 * across whatever a few signs part as well, line ends and commas among them,
 * when it is of a known issuer; then letters around it are no identifier, and
 * the groups no list of amounts.
 *
 * A run is read once, however often it turns out that its first group is
 * nothing and the next one has to be looked at.  Sums over the digits before
 * each group tell the length and the check digit of every stretch without
 * reading it, and whether a card begins at a group is found out once.
 */
#include "postgres.h"

#include "security/security_digits.h"
#include "security/security_letter.h"

/* Groups a judgement looks at behind the one it is about. */
#define LOOKAHEAD 40

#define MIN_PHONE_DIGITS 8
#define MAX_PHONE_DIGITS 15
#define MIN_CARD_DIGITS 13
#define MAX_CARD_DIGITS 19

static const char *
group_end(const SecurityDigits *run, int group)
{
	return run->groups[group].start + run->groups[group].digits;
}

/*
 * Counts a group's digits into the sums of the one behind it.  check[q] is the
 * sum of Luhn's check when the digits at the places q, q + 2, … of the run
 * count once and the others twice; modulo 10, for that is all it tells.
 */
static void
add_digits(SecurityDigits *run, SecurityDigitGroup *group)
{
	const char *p = group->start;
	int			place = group->before;
	int			row = group->row;
	int			sums[2] = {group->check[0], group->check[1]};

	for (; security_letter_is_digit(*p); p++, place++)
	{
		int			digit = *p - '0';

		sums[place & 1] += digit;
		sums[!(place & 1)] += digit > 4 ? digit * 2 - 9 : digit * 2;
		sums[0] %= 10;
		sums[1] %= 10;
	}
	group->digits = p - group->start;
	group->card = -1;
	group[1] = (SecurityDigitGroup) {
		.before = place, .row = group->digits == 1 ? row + 1 : 0, .check = {sums[0], sums[1]}
	};
	run->end = p;
	run->count++;
}

/* Reads the next group, if one follows closely. */
static void
read_group(SecurityDigits *run)
{
	SecurityDigitGroup *group = &run->groups[run->count];
	const char *p = run->end;
	int			separators = 0;

	group->separator = *p;
	group->is_divided = group->is_apart = false;
	for (; separators < SECURITY_LETTER_GAP; separators++, p++)
		if (security_letter_is_divider(*p))
			group->is_divided = true;
		else if (security_letter_is_gap(*p))
			group->is_apart = true;
		else if (!security_letter_is_separator(*p))
			break;
	group->is_apart |= separators > SECURITY_LETTER_SEPARATORS;
	group->is_divided |= group->is_apart;
	run->is_over = !security_letter_is_digit(*p);
	group->start = p;
	if (!run->is_over)
		add_digits(run, group);
}

/* Reads so many groups that the next one can be judged. */
static void
read_on(SecurityDigits *run)
{
	if (run->is_over || run->count - run->next >= LOOKAHEAD)
		return;
	run->count -= run->next;
	memmove(run->groups, run->groups + run->next, sizeof(SecurityDigitGroup) * (run->count + 1));
	run->next = 0;
	while (!run->is_over && run->count < SECURITY_DIGITS_WINDOW)
		read_group(run);
}

/* Puts the run at the group that begins at p; a run that does not have it is
 * behind, and another begins. */
static void
go_to(SecurityDigits *run, const char *p)
{
	while (run->next < run->count && run->groups[run->next].start < p)
		run->next++;
	if (run->next >= run->count || run->groups[run->next].start != p)
	{
		run->next = run->count = 0;
		run->end = p;
		run->is_over = false;
		run->groups[0] = (SecurityDigitGroup) {0};
	}
	read_on(run);
}

static int
digits_of(const SecurityDigits *run, int first, int last)
{
	return run->groups[last + 1].before - run->groups[first].before;
}

/* The value of a short group, -1 for a longer one. */
static int
number_of(const SecurityDigitGroup *group)
{
	int			number = 0;

	if (group->digits > 4)
		return -1;
	for (int i = 0; i < group->digits; i++)
		number = number * 10 + group->start[i] - '0';
	return number;
}

static bool
is_year(const SecurityDigitGroup *group)
{
	int			number = number_of(group);

	return group->digits == 4 && number >= 1900 && number < 2100;
}

/* Whether three groups from one on are a date with the year at an end. */
static bool
is_date(const SecurityDigits *run, int first)
{
	const SecurityDigitGroup *group = &run->groups[first];
	int			a,
				b;

	if (first + 3 > run->count || group[1].separator != group[2].separator ||
		group[1].is_divided || group[2].is_divided ||
		strchr("-./\x03", group[1].separator) == NULL)
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

/* Whether the check digit of a stretch is right, by Luhn's sum. */
static bool
is_checked(const SecurityDigits *run, int first, int last)
{
	const SecurityDigitGroup *behind = &run->groups[last + 1];
	int			once = (behind->before - 1) & 1;	/* the last digit counts once */

	return behind->check[once] == run->groups[first].check[once];
}

/* The first four digits from a group on. */
static int
leading_number(const SecurityDigits *run, int first)
{
	int			number = 0;

	for (int taken = 0; taken < 4; first++)
		for (int i = 0; i < run->groups[first].digits && taken < 4; i++, taken++)
			number = number * 10 + run->groups[first].start[i] - '0';
	return number;
}

/* Whether an issuer has cards of this length that begin so. */
static bool
is_issued(const SecurityDigits *run, int first, int last)
{
	static const struct
	{
		int			digits;
		int			from;
		int			until;
	}			issuers[] = {
		{15, 1000, 1999},
		{14, 3000, 3059}, {14, 3600, 3699}, {14, 3800, 3999},
		{15, 3400, 3499}, {15, 3700, 3799},
		{16, 2200, 2204}, {16, 2221, 2720}, {16, 3528, 3589}, {16, 4000, 5099},
		{16, 5100, 5899}, {16, 6000, 6099}, {16, 6200, 6299}, {16, 6300, 6599},
		{16, 6700, 6799}, {17, 6703, 6703}, {19, 6200, 6299},
		{16, 8100, 8299}, {16, 9792, 9792}
	};
	int			number = leading_number(run, first);
	int			digits = digits_of(run, first, last);

	for (int i = 0; i < lengthof(issuers); i++)
		if (issuers[i].digits == digits && number >= issuers[i].from && number <= issuers[i].until)
			return true;
	return false;
}

static bool
is_divided(const SecurityDigits *run, int first, int last)
{
	while (++first <= last)
		if (run->groups[first].is_divided)
			return true;
	return false;
}

/* Whether a stretch is all of a row of single digits. */
static bool
is_row(const SecurityDigits *run, int first, int last)
{
	return run->groups[first].row == 0 && run->groups[last + 1].row == last - first + 1 &&
		(last + 1 == run->count || run->groups[last + 1].digits > 1);
}

/* Groups as of a card, not as of a list of amounts: few are shorter than four
 * digits, or it is a row of single digits.  Where something stands between them
 * that parts amounts, too, they are as cards show them: four or eight digits
 * first, and a short group but at the end. */
static bool
has_card_groups(const SecurityDigits *run, int first, int last)
{
	int			few = 0;
	bool		is_apart = false;

	for (int group = first; group <= last; group++)
	{
		few += run->groups[group].digits < 4;
		is_apart |= group > first && run->groups[group].is_apart;
	}
	if (is_row(run, first, last))
		return true;
	if (is_apart)
		return run->groups[first].digits % 4 == 0 && few <= (run->groups[last].digits < 4);
	return few <= 2;
}

/* Whether a stretch with a right check digit is a card where it stands. */
static bool
is_card(const SecurityDigits *run, int first, int last)
{
	char		digit = run->groups[first].start[0];
	bool		is_glued = security_letter_is_glue(*group_end(run, last)) ||
		security_letter_is_glue(security_letter_before(run->text, run->groups[first].start));

	if (is_divided(run, first, last))
		return digit != '1' && is_issued(run, first, last) && has_card_groups(run, first, last);
	if (digit == '1')			/* so do many numbers of orders */
		return !is_glued && is_issued(run, first, last);
	return (!is_glued && digit >= '2' && digit <= '6') || is_issued(run, first, last);
}

/* ISO/IEC 7812: length, check digit, and beginning. */
static int
judge_card(const SecurityDigits *run, int first)
{
	char		digit = run->groups[first].start[0];
	int			last = first;

	if (digit == '0' || digit == '7')
		return 0;
	while (last < run->count && digits_of(run, first, last) <= MAX_CARD_DIGITS)
		last++;
	while (--last >= first && digits_of(run, first, last) >= MIN_CARD_DIGITS)
		if (is_checked(run, first, last) && is_card(run, first, last))
			return last - first + 1;
	return 0;
}

/* Groups of the longest card that begins with a group; 0 for none. */
static int
find_card(SecurityDigits *run, int first)
{
	SecurityDigitGroup *group = &run->groups[first];

	if (group->card < 0)
		group->card = judge_card(run, first);
	return group->card;
}

/* 12 345 678 or 12.345.678: one or two digits, then groups of three. */
static bool
is_grouped_number(const SecurityDigits *run, int last)
{
	const SecurityDigitGroup *first = &run->groups[run->next];

	if (last == run->next || first->digits > 2 || first->start[0] == '0')
		return false;
	for (const SecurityDigitGroup *group = first + 1; group <= &run->groups[last]; group++)
		if (group->digits != 3 || group->separator != first[1].separator)
			return false;
	return true;
}

/* Whether the run goes on behind a group in a way a phone number does. */
static bool
has_more(const SecurityDigits *run, int group)
{
	return group + 1 < run->count ? !run->groups[group + 1].is_divided : !run->is_over;
}

/* Dots are part of a phone number only between three or more short groups. */
static bool
is_decimal(const SecurityDigits *run, int last)
{
	return last == run->next + 1 && run->groups[last].separator == '.' &&
		!run->groups[last].is_divided;
}

/* Whether a currency's name ends at `end`, or begins at p when that is NULL. */
static bool
is_currency(const char *p, const char *end)
{
	static const char *const names[] = {
		"$", "EUR", "USD", "GBP", "CHF", "BRL", "PLN", "SEK", "NOK", "DKK", "JPY", "euro", "dollar"
	};

	for (int i = 0; i < lengthof(names); i++)
	{
		int			length = strlen(names[i]);

		if (end ? end - p >= length && pg_strncasecmp(end - length, names[i], length) == 0
			: pg_strncasecmp(p, names[i], length) == 0)
			return true;
	}
	return false;
}

static bool
follows_currency(const SecurityDigits *run)
{
	const char *start = run->groups[run->next].start;

	if (start > run->text && start[-1] == ' ')
		start--;
	return !security_letter_is_digit(security_letter_before(run->text, start)) &&
		is_currency(run->text, start);
}

/* Whether cents or a currency follow. */
static bool
is_price(const char *end)
{
	if (*end == ',' && security_letter_is_digit(end[1]) && security_letter_is_digit(end[2]) &&
		!security_letter_is_digit(end[3]))
		return true;
	if (*end == ' ')
		end++;
	return !security_letter_is_digit(*end) && is_currency(end, NULL);
}

/* Whether the digits are glued to an identifier, as ORD-12345678 or /12345678. */
static bool
is_identifier(const SecurityDigits *run)
{
	const char *start = run->groups[run->next].start;
	char		glue = security_letter_before(run->text, start);

	if (glue == '#')
		return true;
	if ((glue != '-' && glue != '/') || start[0] == '0' ||
		!security_letter_is_word(security_letter_before(run->text, start - 1)))
		return false;
	return !(start - run->text >= 6 && pg_strncasecmp(start - 6, "wa.me/", 6) == 0);
}

static bool
is_phone(const SecurityDigits *run, int last, bool international)
{
	const SecurityDigitGroup *first = &run->groups[run->next];

	if (security_letter_is_glue(*group_end(run, last)))
		return false;
	if (international)
		return true;
	if (last == run->next + 1 && is_year(&first[0]) && is_year(&first[1]))
		return false;
	return !is_grouped_number(run, last) && !is_decimal(run, last) &&
		!is_price(group_end(run, last));
}

/* Groups of the longest phone number that begins with the next group; 0 for none. */
static int
find_phone(SecurityDigits *run, bool international)
{
	int			last = run->next;

	if (!international &&
		(security_letter_is_glue(security_letter_before(run->text, run->groups[last].start)) ||
		 is_identifier(run) || follows_currency(run)))
		return 0;
	/* what comes after may be something of its own */
	while (last < run->count && digits_of(run, run->next, last) <= MAX_PHONE_DIGITS &&
		   (last == run->next ||
			(has_more(run, last - 1) && !is_date(run, last) && find_card(run, last) == 0)))
		last++;
	while (--last >= run->next && digits_of(run, run->next, last) >= MIN_PHONE_DIGITS)
		if (is_phone(run, last, international))
			return last - run->next + 1;
	return 0;
}

/* What the next groups of the run are, and how many. */
static SecurityFindKind
judge_next(SecurityDigits *run, bool international, int *groups)
{
	if (is_date(run, run->next))
	{
		*groups = 3;
		return SECURITY_FOUND_NOTHING;
	}
	*groups = find_card(run, run->next);
	if (*groups > 0 &&
		!(international && digits_of(run, run->next, run->next + *groups - 1) <= MAX_PHONE_DIGITS))
		return SECURITY_FOUND_CARD;
	*groups = find_phone(run, international);
	if (*groups > 0)
		return SECURITY_FOUND_PHONE;
	*groups = run->count > run->next + 1 && is_decimal(run, run->next + 1) &&
		!has_more(run, run->next + 1) ? 2 : 1;
	return SECURITY_FOUND_NOTHING;
}

/* What is nothing is passed over, as far as it is judged. */
SecurityFind
security_digits_match(SecurityDigits *run, const char *p)
{
	const char *digits = p;
	SecurityFind find = {SECURITY_FOUND_NOTHING, 0};
	int			groups;

	while (!security_letter_is_digit(*digits))
		if (++digits - p > 2 ||
			(!security_letter_is_digit(*digits) && *digits != '+' && *digits != '('))
			return find;
	go_to(run, digits);
	find.kind = judge_next(run, memchr(p, '+', digits - p) != NULL, &groups);
	find.signs = group_end(run, run->next + groups - 1) - p;

	/* a bracket that is not closed inside is not part of the number */
	if (find.kind != SECURITY_FOUND_NOTHING && *p == '(' && memchr(p, ')', find.signs) == NULL)
		return (SecurityFind) {SECURITY_FOUND_NOTHING, 0};
	return find;
}
