/*
 * security_redact_test.c
 *		That masking takes a bounded number of steps for each byte of any text.
 *
 * Steps are counted as counted_steps.h says.  What the server would provide is
 * stood in for at the end.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/base_version.h"
#include "counted_steps.h"
#include "gateway_tap.h"
#include "security/security_redact.h"

#define BYTES 150000

/* No text needs two thirds of these steps a byte; what reads on from each of its
 * groups anew needs hundreds, and more in a longer text. */
#define MOST_STEPS 250

/* Texts whose repetition asks for work: what may begin at each of its places,
 * what looks far ahead, and what turns out to be nothing. */
static const char *const pieces[] = {
	"1-", "-1", "1/", "/1", "1.", "1 ", " 1", "+1 ", "(1)", "((1", "+(1", "1) ", "#1 ", "12 ",
	"123 ", "1.234.", "4111 ", "4111-", "4-", "2 ", "6.", "4111111111111111 ", "4111111111111112 ",
	"12345678-", "2024-01-15 ", "2024-", "1111111111111111111-", "$1 ", "1 EUR ", "1,00 ",
	"DE44 ", "DE44", "DE89 3704 0044 0532 0130 00 ", "DE44 - - ", "A ", "A-", "AA11 ",
	"a@", "@a.", "a@b.", "a@b.co ", "a@-.", "a.", "+", "(", "'", "a", "ab ", "\xc2\xa0" "1",
	"\xd9\xa1", "\xd9\xa1-", "1\xe2\x80\x93", "\xef\xbc\x91 ", "x1-", "06 12 34 56 78 ", "1-1-1-1-a", "1x",
	"4,", "4\n", "4 | ", "4111,", "4111\r\n", "4111_", "a4111111111111111", "4111111111111111a", "1\xe2\x80\x8b",
	"4\xc2\xad", "\xe2\x80\x9c" "1", "\xef\xbc\x94", "\xd9\xa4, ", "NL91", "NL91, ", "NL91 | ", "IBANNL91ABNA0417164300",
	"4;;;;;;;;", "4********4", "4> \n", "\xe0\xab\xa7", "\xf0\x9d\x9f\x8e ", "1&nbsp;", "&nbsp;", "&#49;", "&#x34; ", "&#", "&", "&&a;",
	"%", "%20", "4%20", "%40", "a%40", "a%40b.", "a%40b.co", "a%40b.co%40", "<", "<b", "<br>", "4<br>", "</td><td>4111", "<aaaaaaaaaa",
	"N--------L--------9--------1--------", "NL91********A", "D********", "8--------", "1354 ", "9792*",
	"A | ", "N,L,9,1,", "a\xc2\xad", "a\xef\xbc\xa0", "a@b\xef\xbc\x8e", "a@b.c.", "1_", "_1", "1.1, ", "\xf0\x9f\x99\x82",
};

static char *
fill_with(const char *piece, int bytes)
{
	char	   *text = malloc(bytes + 1);
	size_t		length = strlen(piece);

	for (int i = 0; i < bytes; i++)
		text[i] = piece[i % length];
	text[bytes] = '\0';
	return text;
}

static double
steps_of(const char *piece, int bytes)
{
	char	   *text = fill_with(piece, bytes);

	steps = 0;
	pfree(security_redact(text));
	(void) security_redact_has_card(text);
	free(text);
	return (double) steps / 2 / bytes;
}

static void
check_piece(const char *piece)
{
	double		once = steps_of(piece, BYTES);
	double		longer = steps_of(piece, BYTES * 4);
	bool		few = once < MOST_STEPS && longer < MOST_STEPS;

	if (!ok(few && longer < once * 1.1 + 1, piece))
		printf("# %.1f steps a byte in %d bytes, %.1f in four times as many\n", once, BYTES, longer);
}

static long
steps_between(int bytes)
{
	char	   *text = fill_with("1-a@", bytes);

	steps = 0;
	pfree(security_redact_between(text, bytes / 2, bytes / 2 + 4000, SECURITY_REDACT_ALL));
	free(text);
	return steps;
}

static void
check_between(void)
{
	const char *text = "my card 4111 1111 1111 1111, mail ana@example.com, call +31 6 12345678";

	is_text(security_redact_between(text, 0, 7, SECURITY_REDACT_ALL), "my card", "nothing but what was asked for");
	is_text(security_redact_between(text, 0, 12, SECURITY_REDACT_ALL), "my card [card]", "a card over the end is masked whole");
	is_text(security_redact_between(text, 20, 28, SECURITY_REDACT_ALL), "[card],", "and over the beginning");
	is_text(security_redact_between(text, 12, 20, SECURITY_REDACT_ALL), "[card]", "and over both");
	is_text(security_redact_between(text, 8, 70, SECURITY_REDACT_PAYMENT),
			"[card], mail ana@example.com, call +31 6 12345678", "numbers of payment alone");
	text = "“４１１１ １１１１ １１１１ １１１１”\xc2\xad, ana＠example．com";
	is_text(security_redact_between(text, 0, 3, SECURITY_REDACT_ALL), "“", "a mark before a number");
	is_text(security_redact_between(text, 0, 20, SECURITY_REDACT_ALL), "“[card]", "wide digits over the end");
	is_text(security_redact_between(text, 20, strlen(text), SECURITY_REDACT_ALL), "[card]”\xc2\xad, [email]",
			"and over the beginning");
	is_text(security_redact_between(text, 20, strlen(text), SECURITY_REDACT_PAYMENT),
			"[card]”\xc2\xad, ana＠example．com", "what is left has its own bytes");
	ok(steps_between(4000000) == steps_between(400000), "a part costs the same in a text ten times as long");
}

int
main(void)
{
	for (int i = 0; i < lengthof(pieces); i++)
		check_piece(pieces[i]);
	check_between();
	return done();
}

/* ---- the server's part ---- */

volatile sig_atomic_t InterruptPending = false;

void
ProcessInterrupts(void)
{
}

char *
text_to_cstring(const text *t)
{
	return pstrdup(VARDATA_ANY(t));
}

text *
cstring_to_text(const char *s)
{
	return (text *) pstrdup(s);
}

struct varlena *
pg_detoast_datum_packed(struct varlena *datum)
{
	return datum;
}
