/*
 * inbox_salutation.c
 *	  What of a contact's name is a name, and what to greet by.
 *
 * Pure but for frontdesk.given_name().  Runs in any backend and in workers.  A
 * contact's name is whatever a provider, a program or a stranger has put there;
 * greeting nobody by name is better than greeting "+1".  Letters are those of
 * ASCII and all beyond it, whatever the locale; words are compared with the
 * capitals of ASCII made small.
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/base_domain.h"
#include "base/base_text.h"
#include "inbox/inbox_event.h"
#include "inbox/inbox_salutation.h"

SQL_FUNCTION(given_name);

/* More words than this are a sentence. */
#define MAX_WORDS 5
#define MAX_WORD_BYTES 60

/* Before a name; not to be greeted by. */
static const char *const titles[] = {
	"mr", "mrs", "ms", "miss", "mx", "sir", "madam", "dr", "dra", "prof", "ing", "herr", "frau",
	"familie", "family", "dhr", "mevr", "mw", "meneer", "mevrouw", "dhr/mw", "m", "mme", "mlle",
	"monsieur", "madame", "mademoiselle", "sr", "sra", "srta", "se\xc3\xb1or", "se\xc3\xb1ora", "don",
	"do\xc3\xb1""a", "senhor", "senhora", "dona", "sig", "sig.ra", "signor", "signora", "signore", NULL,
};

/* What no person is called. */
static const char *const nobody[] = {
	"unknown", "anonymous", "guest", "visitor", "user", "customer", "client", "contact", "test",
	"name", "none", "null", "nil", "undefined", "nan", "na", "whatsapp", "telegram", "instagram",
	"facebook", "unbekannt", "anonym", "gast", "kunde", "kundin", "besucher", "benutzer", "klant",
	"onbekend", "anoniem", "bezoeker", "gebruiker", "inconnu", "anonyme", "visiteur",
	"utilisateur", "desconocido", "desconocida", "an\xc3\xb3nimo", "cliente", "visitante", "usuario",
	"usu\xc3\xa1rio", "desconhecido", "sconosciuto", "anonimo", "visitatore", "utente", "admin",
	"administrator", "noreply", "no-reply", "mailer-daemon", "postmaster", "webmaster", "info",
	"support", "sales", "office", "service", "kontakt", "hello", "team", "private", "me", NULL,
};

/* In the names of firms and their departments. */
static const char *const firms[] = {
	"gmbh", "mbh", "ug", "ag", "kg", "ohg", "gbr", "e.v", "ev", "ltd", "llc", "llp", "plc", "inc",
	"corp", "corporation", "co", "company", "group", "holding", "bv", "b.v", "nv", "n.v", "vof",
	"sa", "s.a", "sas", "sarl", "s.a.r.l", "eurl", "sl", "s.l", "slu", "spa", "s.p.a", "srl",
	"s.r.l", "snc", "lda", "ltda", "eireli", "shop", "store", "services", "solutions", "agency",
	"agentur", "consulting", "studio", "hotel", "restaurant", "caf\xc3\xa9", "praxis", "clinic",
	"kundenservice", "kundendienst", "klantenservice", "helpdesk", "verwaltung", "official",
	"oficial", "officiel", "marketing", "newsletter", NULL,
};

/* One word of a name; its dot at the end is left out. */
typedef struct Word
{
	const char *start;
	int			bytes;
} Word;

typedef struct Words
{
	Word		word[MAX_WORDS];
	int			count;
	bool		is_name;		/* no word of it forbids it */
} Words;

static bool
is_letter(unsigned char c)
{
	return isalpha(c) || c >= 0x80;
}

static bool
is_listed(const Word *word, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == word->bytes && pg_strncasecmp(word->start, *list, word->bytes) == 0)
			return true;
	return false;
}

/* Signs in a name that is none: of addresses, numbers, templates, sums. */
static bool
has_foreign_sign(const char *name)
{
	return name[strcspn(name, "0123456789@/\\:;_+=*#&%$<>{}[]|^\"?!~")] != '\0';
}

/* Letters that make no name: emoji, dingbats, arrows. */
static bool
is_sign(unsigned int letter)
{
	return (letter >= 0x2000 && letter <= 0x2BFF) || (letter >= 0x3000 && letter <= 0x303F) ||
		letter >= 0x1F000 || (letter >= 0xFE00 && letter <= 0xFE0F) || letter == 0xFFFD ||
		(letter >= 0xA0 && letter <= 0xBF);
}

/* The name as one line without emoji, "~" before it and brackets behind it. */
static char *
strip(const char *name)
{
	char	   *line = base_text_line(pstrdup(name));
	char	   *out = palloc(strlen(line) + 1);
	char	   *end = out;
	unsigned int letter;
	int			bytes;

	line += strspn(line, "~ \"'");
	for (char *p = line; *p && *p != '('; p += bytes)
	{
		bytes = base_text_decode(p, &letter);
		/* the curled apostrophe is part of names */
		if (letter == 0x2019 || !is_sign(letter))
		{
			memcpy(end, p, bytes);
			end += bytes;
		}
	}
	while (end > out && strchr(" \"',.-", end[-1]))
		end--;
	*end = '\0';
	return base_text_line(out);
}

/* The words of a name, as far as they can be some. */
static Words
split(const char *name)
{
	Words		words = {.is_name = true};

	while (*name)
	{
		int			bytes = strcspn(name, " ,");
		Word		word = {name, bytes};

		name += bytes + (name[bytes] != '\0');
		while (word.bytes > 0 && word.start[word.bytes - 1] == '.')
			word.bytes--;
		if (word.bytes == 0)
			continue;
		if (words.count == MAX_WORDS || word.bytes > MAX_WORD_BYTES ||
			!is_letter((unsigned char) word.start[0]) || is_listed(&word, firms))
			words.is_name = false;
		else
			words.word[words.count++] = word;
	}
	return words;
}

/* Whether the words are a person's. */
static bool
are_a_name(const char *name, const Words *words)
{
	if (words->count == 0 || !words->is_name || has_foreign_sign(name))
		return false;
	/* a handle, as vela.bakes: initials have their dots behind one letter */
	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
		if (dot[1] != '\0' && dot[1] != ' ' && dot[1] != ',' && dot - name > 1 &&
			is_letter(dot[-2]) && is_letter(dot[-1]))
			return false;
	for (int i = 0; i < words->count; i++)
		if (is_listed(&words->word[i], nobody))
			return false;
	return words->count > 1 || words->word[0].bytes > 1;
}

char *
inbox_salutation_name(const char *name)
{
	char	   *stripped = name ? strip(name) : NULL;
	Words		words;

	if (stripped == NULL || has_foreign_sign(stripped))
		return NULL;
	words = split(stripped);
	if (!are_a_name(stripped, &words))
		return NULL;
	/* a title alone is nobody */
	return words.count == 1 && is_listed(&words.word[0], titles) ? NULL : stripped;
}

/* The first name to greet by; NULL when there is none, as of "Herr Weber". */
static char *
find_given(const char *name)
{
	char	   *stripped = inbox_salutation_name(name);
	char	   *comma = stripped ? strchr(stripped, ',') : NULL;
	bool		has_title = false;
	Words		words;
	int			first = 0;

	if (stripped == NULL)
		return NULL;
	/* "Dupont, Aoife Marie" */
	words = split(comma ? comma + 1 : stripped);
	while (first < words.count && is_listed(&words.word[first], titles))
	{
		has_title = true;
		first++;
	}
	/* behind a title a single name is the family's; an initial is no name */
	if (words.count - first < (has_title && !comma ? 2 : 1) || words.word[first].bytes < 2)
		return NULL;
	return pnstrdup(words.word[first].start, words.word[first].bytes);
}

/* given_name(name) */
PGDLLEXPORT Datum
frontdesk_given_name(PG_FUNCTION_ARGS)
{
	char	   *given = find_given(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (given == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(given));
}
