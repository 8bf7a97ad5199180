/*
 * agents_duration.c
 *	  Lengths of time, and which of them is experience.
 *
 * Runs in any backend.  Years are experience when the sentence speaks of work,
 * and never when they are somebody's age: "I am 25", "tengo 31 años".
 */
#include "postgres.h"

#include <math.h>

#include "agents/agents_duration.h"

#define LONGEST_CAREER 60		/* years */
#define EXPERIENCE_WITHIN 6		/* words behind the years */

typedef struct Amount
{
	const char *words;
	double		value;
} Amount;

static const Amount amounts[] = {
	{"half halbes halbe", 0.5},
	{"one a an ein eine einen einem een un une uno una um uma", 1},
	{"anderthalb anderthalbe eineinhalb anderhalf anderhalve", 1.5},
	{"two zwei twee deux dos dois duas due", 2},
	{"zweieinhalb tweeeneenhalf tweeenhalf tweeenhalve", 2.5},
	{"three drei drie trois tres tre", 3},
	{"dreieinhalb drieenhalf drieeneenhalf", 3.5},
	{"four vier quatre cuatro quatro quattro", 4},
	{"viereinhalb vierenhalf", 4.5},
	{"five funf fuenf vijf cinq cinco cinque", 5},
	{"funfeinhalb vijfenhalf", 5.5},
	{"six sechs zes seis sei", 6},
	{"seven sieben zeven sept siete sete sette", 7},
	{"eight acht huit ocho oito otto", 8},
	{"nine neun negen neuf nueve nove", 9},
	{"ten zehn tien dix diez dez dieci", 10},
	{"eleven elf onze once undici", 11},
	{"twelve zwolf zwoelf twaalf douze doce doze dodici", 12},
	{"fifteen funfzehn vijftien quinze quince quindici", 15},
	{"twenty zwanzig twintig vingt veinte vinte venti", 20},
	{"thirty dreissig dertig trente treinta trinta trenta", 30},
	{NULL, 0}
};

static const Amount units[] = {
	{"year years yrs yr jahr jahre jahren jaar jaren an ans annee annees ano anos anno anni", 12},
	{"month months mth mths monat monate monaten maand maanden mois mes meses mese mesi", 1},
	{"week weeks woche wochen weken semaine semaines semana semanas settimana settimane", 12 / 52.0},
	{"day days tag tage tagen dag dagen jour jours dia dias giorno giorni", 12 / 365.0},
	{NULL, 0}
};

/* A half behind the unit, or between number and unit. */
static const char *const halves[] = {
	"and a half", "und ein halbes", "en een half", "en een halve", "et demi", "et demie",
	"y medio", "y media", "e meio", "e meia", "e mezzo", "e mezza", NULL
};

static double
find_amount(const Amount *amount, const AgentsToken *token)
{
	for (; amount->words != NULL; amount++)
		if (agents_token_is(token, amount->words))
			return amount->value;
	return 0;
}

/* The number that begins at a token: "2", "2.5", "2 1/2", "10+", "two and a half". */
static int
read_amount(const AgentsTokens *tokens, int at, double *value)
{
	const AgentsToken *list = tokens->list;
	int			length;

	if (list[at].kind == AGENTS_TOKEN_WORD)
	{
		*value = find_amount(amounts, &list[at]);
		if (*value == 0)
			return at;
		at++;
	}
	else if (list[at].kind == AGENTS_TOKEN_NUMBER)
	{
		*value = list[at++].value;
		if (at + 2 < tokens->count && list[at].kind == AGENTS_TOKEN_NUMBER && list[at].value == 1 &&
			list[at + 1].sign == '/' && list[at + 2].value == 2)
		{
			*value += 0.5;
			at += 3;
		}
		if (list[at].sign == '+')
			at++;
	}
	else
		return at;
	length = agents_token_match_any(tokens, at, halves);
	*value += length ? 0.5 : 0;
	return at + length;
}

bool
agents_duration_read(const AgentsTokens *tokens, int at, AgentsDuration *duration)
{
	double		value = 0;
	int			end = read_amount(tokens, at, &value);
	double		unit;
	int			length;

	/* "half a year", "una media anata": the article counts nothing */
	if (value == 0.5 && agents_token_is(&tokens->list[end], "a an"))
		end++;
	unit = end < tokens->count ? find_amount(units, &tokens->list[end]) : 0;
	if (unit == 0)
		return false;
	length = agents_token_match_any(tokens, end + 1, halves);
	/* "año y medio" has no number */
	if (end == at)
	{
		if (length == 0)
			return false;
		value = 1;
	}
	duration->end = end + 1 + length;
	duration->months = (value + (length ? 0.5 : 0)) * unit;
	return true;
}

/* ---- experience ---- */

#define EXPERIENCE \
	"experience* experienced expertise erfahrung* berufserfahrung* ervaring* werkervaring experiencia* " \
	"esperienza* anciennete praxis seniority"
#define WORK \
	"worked working work works gearbeitet arbeite tatig gelernt gewerkt werk werkzaam travaille travaillais " \
	"travail trabajando trabajado trabajo trabaje trabalhei trabalho trabalhando lavoro lavorato lavorando " \
	"llevo seit depuis sinds barista employed angestellt beruf vak metier oficio"
#define LIVING "live* living lived wohn* gewohnt woon* habit* viv* abit* married verheiratet gehuwd"
#define AGED "old alt oud jung young jong"

/* What stands right before somebody's age, and not before years of anything. */
static const char *const ages[] = {
	"i am", "i m", "im", "am", "is", "he s", "she s", "are", "turned", "turn", "aged", "age",
	"ich bin", "bin", "ist", "ik ben", "ben", "j ai", "ai", "il a", "elle a", "a", "tengo", "tiene",
	"tenho", "tem", "ho", "ha", NULL
};

static bool
ends_here(const AgentsTokens *tokens, int at, const char *const *phrases)
{
	for (; *phrases != NULL; phrases++)
	{
		int			words = 1;

		for (const char *c = *phrases; *c; c++)
			words += *c == ' ';
		if (at >= words && agents_token_match(tokens, at - words, *phrases) == words)
			return true;
	}
	return false;
}

static bool
is_age(const AgentsTokens *tokens, int at, const AgentsDuration *duration)
{
	static const char *const suffixes[] = {"d age", "de idade", "de edad", "di eta", "of age", NULL};
	bool		has_adverb = agents_token_is(&tokens->list[at - 1],
											 "now just already only almost nearly jetzt erst schon nu al net bijna deja ya ja gia quase casi quasi");

	return agents_token_is(&tokens->list[duration->end], AGED) ||
		agents_token_match_any(tokens, duration->end, suffixes) > 0 ||
		ends_here(tokens, has_adverb ? at - 1 : at, ages);
}

/* How surely a length of time is experience; 0 when it is not. */
static int
judge(const AgentsTokens *tokens, int at, const AgentsDuration *duration)
{
	int			begin = agents_token_begin_sentence(tokens, at);
	int			end = agents_token_end_sentence(tokens, at);
	int			near = Min(end, duration->end + EXPERIENCE_WITHIN);

	if (agents_token_is(&tokens->list[duration->end], AGED) || duration->months > 12 * LONGEST_CAREER)
		return 0;
	if (agents_token_is(&tokens->list[at - 1], "nach after after within innerhalb fur binnen dans"))
		return 0;
	if (agents_token_has(tokens, duration->end, near, EXPERIENCE))
		return 3;
	if (is_age(tokens, at, duration))
		return 0;
	if (agents_token_has(tokens, begin, end, LIVING))
		return 0;
	if (agents_token_has(tokens, begin, at, EXPERIENCE))
		return 2;
	if (agents_token_has(tokens, begin, end, WORK))
		return 2;
	return agents_token_is(&tokens->list[duration->end],
						   "in im bei als as at dans comme chez en como na no numa num nella nel come") ? 1 : 0;
}

int
agents_duration_experience(const AgentsTokens *tokens)
{
	int			sureness = 0;
	int			months = -1;

	for (int i = 0; i < tokens->count; i++)
	{
		AgentsDuration duration;
		int			found;

		if (!agents_duration_read(tokens, i, &duration))
			continue;
		/* days and weeks are of notices and holidays */
		found = duration.months >= 1 ? judge(tokens, i, &duration) : 0;
		if (found > sureness)
		{
			sureness = found;
			months = (int) rint(duration.months);
		}
		i = duration.end - 1;
	}
	return months;
}
