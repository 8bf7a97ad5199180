/*
 * security_redact.c
 *	  Masks e-mail addresses, phone numbers, card numbers and IBANs.
 *
 * Runs in backends and workers.  Pure: no state, no catalog.  The text is read
 * as signs (security_sign.c), so that a number is one however it is written,
 * and what is found is masked on the bytes that it came from.  One pass over
 * the signs from left to right; at every place a thing may begin, the matchers are asked in
 * the order of how sure they are: address, IBAN, then runs of digits
 * (security_digits.c).  Where a thing may be either, it is masked: a log with a
 * hole is better than one with a customer in it.
 *
 * Invariant: the pass takes a bounded number of steps for each byte, whatever
 * the text; no part is read anew from each of its bytes.  Results are palloc'd
 * in the current context.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "security/security_digits.h"
#include "security/security_letter.h"
#include "security/security_redact.h"

SQL_FUNCTION(redact);
SQL_FUNCTION(holds_card_number);

#define MAX_IBAN_CHARS 34

/* A pass over the signs of a text. */
typedef struct Scan
{
	char	   *text;
	const char *p;
	const char *not_email_before;	/* so far it was found not to be the front
									 * of an address */
	SecurityDigits run;
} Scan;

typedef struct Iban
{
	char		text[MAX_IBAN_CHARS];
	int			length;
	bool		is_loose;		/* may be none by the way it is written */
} Iban;

static bool
is_local_part(char c)
{
	return security_letter_is_word(c) || (c != '\0' && strchr(".%+-'\x02", c) != NULL);
}

static bool
is_domain_part(char c)
{
	return security_letter_is_word(c) || (c != '\0' && strchr("-.\x02", c) != NULL);
}

/* Whether a label of two signs or more that begins with no digit follows a dot. */
static bool
has_top_level(const char *domain, const char *end)
{
	for (const char *c = domain + 1; c + 2 < end; c++)
		if (*c == '.' && c[1] != '.' && c[2] != '.' && !security_letter_is_digit(c[1]))
			return true;
	return false;
}

/* The end of a domain that begins at a place; NULL where none does. */
static const char *
domain_end(const char *domain)
{
	const char *end = domain;

	while (is_domain_part(*end))
		end++;
	while (end > domain && strchr("-.\x02", end[-1]) != NULL)
		end--;
	return has_top_level(domain, end) ? end : NULL;
}

/* local@domain.tld, or as links have it local%40domain.tld; *run_end is set past
 * what can be no address's front. */
static int
match_email(const char *p, const char **run_end)
{
	const char *end = p;
	const char *domain = NULL;

	for (; is_local_part(*end) && domain == NULL; end++)
		if (end > p && strncmp(end, "%40", 3) == 0)
			domain = domain_end(end + 3);
	*run_end = end;
	if (domain == NULL && *end == '@' && end > p)
		domain = domain_end(end + 1);
	if (domain == NULL)
		return 0;
	*run_end = domain;
	return domain - p;
}

/* How long an IBAN of a country is; 0 for a country without.  Those of the
 * registry, and those whose banks write one without being in it (but BF and CF,
 * which hashes are full of). */
static int
iban_length(const char *country)
{
	static const char lengths[] =
		"AD24AE23AL28AO25AT20AZ28BA20BE16BG22BH22BI27BJ28BR29BY28CG27CH21"
		"CI28CM27CR22CV25CY28CZ24DE22DJ27DK18DO28DZ26EE20EG29ES24FI18FK18"
		"FO18FR27GA27GB22GE22GI23GL18GQ27GR27GT28GW25HN28HR21HU28IE22IL23"
		"IQ23IR26IS26IT27JO30KM27KW30KZ20LB28LC32LI21LT20LU20LV21LY25MA28"
		"MC27MD24ME22MG27MK19ML28MN20MR27MT31MU30MZ25NE28NI28NL18NO15OM23"
		"PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SN28"
		"SO23ST25SV28TD27TG28TL23TN24TR26UA29VA22VG24XK20YE30";

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

		if (security_letter_is_digit(c))
			rest = (rest * 10 + c - '0') % 97;
		else
			rest = (rest * 100 + c - 'A' + 10) % 97;
	}
	return rest == 1;
}

/* What parts the groups of an IBAN; *is_loose is set where it may part things
 * that are none. */
static const char *
skip_separators(const char *p, bool *is_loose)
{
	int			count = 0;

	for (; count < SECURITY_LETTER_GAP &&
		 (security_letter_is_separator(*p) || security_letter_is_divider(*p) ||
		  security_letter_is_gap(*p));
		 p++)
		*is_loose |= ++count > 1 || strchr(" -\x02", *p) == NULL;
	return p;
}

/* Most of an IBAN is digits; most of what words and hours make up is not. */
static bool
is_mostly_digits(const char *iban, int length)
{
	int			digits = 0;

	for (int i = 0; i < length; i++)
		digits += security_letter_is_digit(iban[i]);
	return digits * 2 >= length;
}

/* Reads so many letters and digits, NULL when there is something else; they and
 * what parts them are counted in. */
static const char *
read_iban(const char *p, Iban *iban, int wanted)
{
	while (iban->length < wanted)
	{
		if (iban->length > 0)
			p = skip_separators(p, &iban->is_loose);
		if (!security_letter_is_digit(*p) && !security_letter_is_latin(*p))
			return NULL;
		iban->text[iban->length++] = pg_ascii_toupper(*p++);
	}
	return p;
}

/* Measures an IBAN: country, length and check digits have to be right, or it
 * is a number of somebody's making. */
static int
match_iban(const Scan *scan)
{
	const char *p = scan->p;
	Iban		iban = {0};
	const char *end;
	int			wanted;

	/* three letters are a word, as nearly everywhere */
	if (security_letter_is_latin(p[1]) && security_letter_is_latin(p[2]))
		return 0;
	iban.is_loose = security_letter_is_glue(security_letter_before(scan->text, p));
	end = read_iban(p, &iban, 4);
	if (end == NULL || !security_letter_is_latin(iban.text[1]) ||
		!security_letter_is_digit(iban.text[2]) || !security_letter_is_digit(iban.text[3]))
		return 0;
	wanted = iban_length(iban.text);
	end = wanted > 0 ? read_iban(end, &iban, wanted) : NULL;
	if (end == NULL || security_letter_is_digit(*end) || !is_iban_genuine(iban.text, iban.length))
		return 0;
	if ((iban.is_loose || security_letter_is_glue(*end)) &&
		!is_mostly_digits(iban.text, iban.length))
		return 0;
	return end - p;
}

/* What begins where the scan stands. */
static SecurityFind
match_here(Scan *scan)
{
	const char *p = scan->p;
	SecurityFind find = {SECURITY_FOUND_EMAIL, 0};

	if (p >= scan->not_email_before && is_local_part(*p))
		find.signs = match_email(p, &scan->not_email_before);
	if (find.signs > 0)
		return find;
	find.kind = SECURITY_FOUND_IBAN;
	if (security_letter_is_latin(*p))
		find.signs = match_iban(scan);
	if (find.signs > 0)
		return find;
	if (security_letter_is_digit(*p) ?
			!security_letter_is_digit(security_letter_before(scan->text, p)) :
			(*p == '+' || *p == '(') &&
				!security_letter_is_glue(security_letter_before(scan->text, p)))
		return security_digits_match(&scan->run, p);
	return (SecurityFind) {SECURITY_FOUND_NOTHING, 0};
}

static void
begin_scan(Scan *scan, const char *text)
{
	scan->text = security_sign_read(text);
	scan->p = scan->not_email_before = scan->run.text = scan->text;
	scan->run.next = scan->run.count = 0;
}

/* Goes on to the next thing; the caller puts the scan behind it.  False at the
 * end of the text. */
static bool
find_next(Scan *scan, SecurityFind *find)
{
	for (; *scan->p != '\0'; scan->p += Max(find->signs, 1))
	{
		CHECK_FOR_INTERRUPTS();
		*find = match_here(scan);
		if (find->kind != SECURITY_FOUND_NOTHING)
			return true;
	}
	return false;
}

static bool
is_masked(SecurityFindKind kind, SecurityRedaction redaction)
{
	return redaction == SECURITY_REDACT_ALL ||
		kind == SECURITY_FOUND_CARD || kind == SECURITY_FOUND_IBAN;
}

/* A text that ends with a NUL, from one place to another, with its masks. */
static char *
mask_between(const char *text, const char *from, const char *until, SecurityRedaction redaction)
{
	static const char *const masks[] = {"", "[email]", "[phone]", "[card]", "[iban]"};
	SecuritySignPlace place = {text, 0};
	const char *shown = from;
	SecurityFind find = {0};
	StringInfoData masked;
	Scan		scan;

	initStringInfo(&masked);
	begin_scan(&scan, text);
	for (; find_next(&scan, &find); scan.p += find.signs)
	{
		const char *start = security_sign_find(&place, scan.p - scan.text);
		const char *end = security_sign_find(&place, scan.p - scan.text + find.signs);

		if (start >= until)
			break;
		if (!is_masked(find.kind, redaction) || end <= from)
			continue;
		if (start > shown)
			appendBinaryStringInfo(&masked, shown, start - shown);
		appendStringInfoString(&masked, masks[find.kind]);
		shown = end;
	}
	if (until > shown)
		appendBinaryStringInfo(&masked, shown, until - shown);
	pfree(scan.text);
	return masked.data;
}

char *
security_redact(const char *text)
{
	return mask_between(text, text, text + strlen(text), SECURITY_REDACT_ALL);
}

char *
security_redact_between(const char *text, int from, int until, SecurityRedaction redaction)
{
	int			lead = Min(from, SECURITY_REDACT_REACH);
	int			bytes = until - from;
	const char *near = text + from - lead;
	char	   *window = pnstrdup(near, lead + bytes + strnlen(text + until, SECURITY_REDACT_REACH));
	char	   *masked = mask_between(window, window + lead, window + lead + bytes, redaction);

	pfree(window);
	return masked;
}

SecurityFindKind
security_redact_find_payment(const char *text)
{
	SecurityFind find = {0};
	Scan		scan;

	begin_scan(&scan, text);
	while (find_next(&scan, &find) && !is_masked(find.kind, SECURITY_REDACT_PAYMENT))
		scan.p += find.signs;
	pfree(scan.text);
	return is_masked(find.kind, SECURITY_REDACT_PAYMENT) ? find.kind : SECURITY_FOUND_NOTHING;
}

bool
security_redact_has_card(const char *text)
{
	SecurityFind find = {0};
	Scan		scan;

	begin_scan(&scan, text);
	while (find_next(&scan, &find) && find.kind != SECURITY_FOUND_CARD)
		scan.p += find.signs;
	pfree(scan.text);
	return find.kind == SECURITY_FOUND_CARD;
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
