/*
 * agents_terms.c
 *	  On which terms a candidate would come, as patterns read it.
 *
 * Runs in any backend.  An amount, a date, a length of time mean nothing by
 * themselves: each is taken only beside a word that tells what it is, and never
 * out of a question.
 */
#include "postgres.h"

#include "agents/agents_duration.h"
#include "agents/agents_terms.h"

static bool
is_question(const AgentsTokens *tokens, int at)
{
	return tokens->list[agents_token_end_sentence(tokens, at)].sign == '?';
}

/* ---- notice ---- */

#define NOTICE_WORDS \
	"notice kundigungsfrist* kuendigungsfrist* opzegtermijn* preavis preaviso preavviso"
#define NOTICE_WITHIN 8			/* words behind it */

static const char *const notice_phrases[] = {"aviso previo", "avisar con", "avisar com", NULL};

char *
agents_terms_notice(const AgentsTokens *tokens)
{
	for (int i = 0; i < tokens->count; i++)
	{
		int			end = agents_token_end_sentence(tokens, i);
		AgentsDuration duration;

		if (is_question(tokens, i))
			continue;
		/* "four weeks' notice", "15 días de preaviso" */
		if (agents_duration_read(tokens, i, &duration) && duration.months <= 12 &&
			(agents_token_has(tokens, duration.end, Min(duration.end + 2, end), NOTICE_WORDS) ||
			 agents_token_match(tokens, duration.end + 1, "aviso previo")))
			return agents_token_text(tokens, i, duration.end);
		if (!agents_token_is(&tokens->list[i], NOTICE_WORDS) &&
			agents_token_match_any(tokens, i, notice_phrases) == 0)
			continue;
		for (int j = i + 1; j < end && j <= i + NOTICE_WITHIN; j++)
			if (agents_duration_read(tokens, j, &duration) && duration.months <= 12)
				return agents_token_text(tokens, j, duration.end);
	}
	return NULL;
}

/* ---- pay ---- */

#define PAY \
	"expect* salary pay wage wages earn compensation desired gehalt* gehaltsvorstellung* lohn* verdienen " \
	"verguten vergutung vorstellung* wunsch* hatte gern gerne salaris* loon verdienen verwacht* " \
	"pretention* salaire* salarial* salariale* souhaite* gagner remuneration salario sueldo ganar " \
	"pretension* pretendo aspir* pretensao pretensoes ganhar remuneracao stipendio guadagnare " \
	"retribuzione ral compenso pretese"
#define FORMER \
	"currently current earned earning was previous derzeit* aktuell* bisher* verdiente verdiene momenteel " \
	"huidig* verdiende verdien actuellement actuel* gagnais gagne actualmente actual ganaba gano " \
	"atualmente atual ganhava ganho attualmente attuale guadagnavo guadagno paid charged bezahlt " \
	"abgebucht betaald debite cobrado cobrad* addebitat* preis price kostet costs"
#define CURRENCY \
	"euro euros eur dollar dollars usd pound pounds gbp chf franken francs real reais brl k"
#define OF_PAY \
	"a an per pro im in the die der je al por par le la il o ao all month year hour monat jahr stunde " \
	"maand jaar uur mois an heure mes ano hora mese anno ora monthly yearly hourly gross net brutto " \
	"netto bruto neto brut bruta neta lordi netti lordo monatlich jahrlich before after tax"
#define WEAK_OF_PAY "a an per pro im in the die der je al por par le la il o ao all before after"

static bool
is_currency(const AgentsToken *token)
{
	return agents_token_is(token, CURRENCY) ||
		(token->kind == AGENTS_TOKEN_SIGN && strchr("E$P", token->sign) != NULL);
}

/* The token behind an amount: thousands may be parted by a blank. */
static int
find_amount_end(const AgentsTokens *tokens, int at)
{
	int			end = at + 1;

	if (end < tokens->count && tokens->list[end].kind == AGENTS_TOKEN_NUMBER &&
		tokens->list[end].end - tokens->list[end].start == 3)
		end++;
	return end;
}

/* The token behind "euros a month before tax". */
static int
find_pay_end(const AgentsTokens *tokens, int at)
{
	while (at < tokens->count && (is_currency(&tokens->list[at]) ||
								  agents_token_is(&tokens->list[at], OF_PAY)))
		at++;
	while (agents_token_is(&tokens->list[at - 1], WEAK_OF_PAY) &&
		   !agents_token_match(tokens, at - 2, "par an"))
		at--;
	return at;
}

/* The first amount of money in a sentence that speaks of pay, and of no former one. */
char *
agents_terms_pay(const AgentsTokens *tokens)
{
	for (int i = 0; i < tokens->count; i++)
	{
		int			begin = agents_token_begin_sentence(tokens, i);
		int			end = agents_token_end_sentence(tokens, i);
		int			after;

		if (tokens->list[i].kind != AGENTS_TOKEN_NUMBER)
			continue;
		after = find_amount_end(tokens, i);
		if (!(is_currency(&tokens->list[after]) || (i > begin && is_currency(&tokens->list[i - 1]))) ||
			!agents_token_has(tokens, begin, end, PAY) || agents_token_has(tokens, begin, end, FORMER) ||
			is_question(tokens, i))
		{
			i = after - 1;
			continue;
		}
		if (i > begin && tokens->list[i - 1].kind == AGENTS_TOKEN_SIGN && is_currency(&tokens->list[i - 1]))
			i--;
		return agents_token_text(tokens, i, find_pay_end(tokens, after));
	}
	return NULL;
}

/* ---- first day ---- */

#define START \
	"start* starting available availability begin* join from anfang* beginn* verfugbar* verfuegbar* ab zum " \
	"eintritt* fruhestens beschikbaar* vanaf per aan commencer disponible* disponibilite* disponibilidad " \
	"partir des empezar incorpor* desde comecar disponivel* disponibilidade iniciar inicio iniziare " \
	"disponibile dal cominciare"
#define UNTIL "to until till bis tot jusqu* hasta ate fino al"
#define BORN "born geboren geb* ne nee naci nacido nacida nascido nascida nato nata since seit sinds depuis"
#define START_WITHIN 5			/* words before the date */

static const char *const month_names[] = {
	"january jan januar janner januari janvier enero ene janeiro gennaio",
	"february feb februar februari fevrier febrero fevereiro fev febbraio",
	"march mar marz maerz maart mars marzo marco",
	"april apr avril abril abr aprile",
	"may mai mei mayo maio maggio",
	"june jun juni juin junio junho giugno",
	"july jul juli juillet julio julho luglio",
	"august aug augustus aout agosto ago",
	"september sep sept septembre septiembre setembro set settembre",
	"october oct oktober okt octobre octubre outubro ottobre",
	"november nov novembre noviembre novembro",
	"december dec dezember dez decembre diciembre dezembro dicembre",
};

typedef struct Day
{
	int			year;			/* 0: not told */
	int			month;
	int			day;
} Day;

static int
find_month(const AgentsToken *token)
{
	for (int i = 0; i < lengthof(month_names); i++)
		if (agents_token_is(token, month_names[i]))
			return i + 1;
	return 0;
}

/* Takes a whole number of so many digits. */
static bool
take_number(const AgentsTokens *tokens, int *at, int digits, int *value)
{
	const AgentsToken *token = &tokens->list[*at];

	if (token->kind != AGENTS_TOKEN_NUMBER || token->end - token->start > digits ||
		token->value != (int) token->value)
		return false;
	*value = (int) token->value;
	(*at)++;
	return true;
}

/* "1 March 2027", "1er mars", "1. August 2027", "1 de febrero de 2027", "March 1st, 2027". */
static bool
read_named_day(const AgentsTokens *tokens, int at, Day *day)
{
	bool		month_first = (day->month = find_month(&tokens->list[at])) > 0;

	if (month_first)
		at++;
	if (!take_number(tokens, &at, 2, &day->day))
		return false;
	if (agents_token_is(&tokens->list[at], "st nd rd th er e o de of") || tokens->list[at].sign == '.')
		at++;
	if (!month_first && agents_token_is(&tokens->list[at], "of de"))
		at++;
	if (!month_first && (day->month = find_month(&tokens->list[at++])) == 0)
		return false;
	if (agents_token_is(&tokens->list[at], "de del do") || tokens->list[at].sign == ',')
		at++;
	if (!take_number(tokens, &at, 4, &day->year) || day->year < 1000)
		day->year = 0;
	return true;
}

/* The parts of a date in digits, which one token or several hold. */
static int
read_digits(const AgentsTokens *tokens, int at, int *parts, char *separator)
{
	const char *p = tokens->text + tokens->list[at].start;
	int			count = 0;

	while (count < 3 && *p >= '0' && *p <= '9')
	{
		int			digits = 0;

		parts[count] = 0;
		for (; *p >= '0' && *p <= '9' && digits < 5; digits++)
			parts[count] = parts[count] * 10 + (*p++ - '0');
		count++;
		if (count == 3 || *p == '\0' || strchr("./-", *p) == NULL || p[1] < '0' || p[1] > '9')
			break;
		*separator = *p++;
	}
	return count;
}

/* "2027-03-01", "01.08.2027", "15/01/2027"; 03/04/2027 is somebody's guess in English. */
static bool
read_digital_day(const AgentsTokens *tokens, int at, Day *day)
{
	int			parts[3];
	char		separator = '\0';

	if (tokens->list[at].kind != AGENTS_TOKEN_NUMBER ||
		read_digits(tokens, at, parts, &separator) != 3)
		return false;
	if (parts[0] >= 1000)
		*day = (Day) {parts[0], parts[1], parts[2]};
	else if (parts[2] < 1000)
		return false;
	else if (parts[1] > 12 && separator == '/')
		*day = (Day) {parts[2], parts[0], parts[1]};
	else if (separator == '/' && parts[0] <= 12 && parts[0] != parts[1] &&
			 agents_token_has(tokens, 0, tokens->count, "i the my and is"))
		return false;
	else
		*day = (Day) {parts[2], parts[1], parts[0]};
	return true;
}

static char *
write_day(Day day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		is_leap = (day.year % 4 == 0 && day.year % 100 != 0) || day.year % 400 == 0;

	if (day.month < 1 || day.month > 12 || day.year > 9999 || day.day < 1 ||
		day.day > days[day.month - 1] + (day.month == 2 && is_leap))
		return NULL;
	return psprintf("%04d-%02d-%02d", day.year, day.month, day.day);
}

/* A day without a year is the next one that there is. */
static char *
complete_day(Day day, const char *today)
{
	char	   *written;

	if (day.year > 0)
		return write_day(day);
	day.year = atoi(today);
	written = write_day(day);
	if (written && strcmp(written, today) >= 0)
		return written;
	day.year++;
	return write_day(day);
}

char *
agents_terms_start(const AgentsTokens *tokens, const char *today)
{
	for (int i = 0; i < tokens->count; i++)
	{
		int			begin = Max(agents_token_begin_sentence(tokens, i), i - START_WITHIN);
		Day			day = {0};
		char	   *written;

		if (!read_digital_day(tokens, i, &day) && !read_named_day(tokens, i, &day))
			continue;
		if (!agents_token_has(tokens, begin, i, START) || agents_token_has(tokens, begin, i, BORN) ||
			agents_token_has(tokens, begin, i, UNTIL) ||
			agents_token_has(tokens, i, Min(i + 8, agents_token_end_sentence(tokens, i)), UNTIL))
			continue;
		written = complete_day(day, today);
		if (written && strcmp(written, today) >= 0)
			return written;
	}
	return NULL;
}
