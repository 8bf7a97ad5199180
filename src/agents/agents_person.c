/*
 * agents_person.c
 *	  Who a candidate is, as patterns read it.
 *
 * Runs in any backend.  Rather nothing than something wrong: a name stands after
 * words that introduce one, or below a closing; a telephone number is one by its
 * country's code or by the word before it, for orders have numbers, too.
 */
#include "postgres.h"

#include "agents/agents_person.h"
#include "security/security_redact.h"

#define NAME_WORDS 4			/* that begin with a capital */

/* After these only a name can follow, whatever its first letter. */
static const char *const introductions[] = {
	"my name is", "my name s", "i am called", "name is",
	"mein name ist", "ich heisse", "ich heise", "name ist",
	"mijn naam is", "ik heet", "naam is",
	"je m appelle", "mon nom est", "je me nomme", "me llamo", "mi nombre es",
	"meu nome e", "me chamo", "chamo me", "mi chiamo", "il mio nome e", NULL
};

/* After these may follow what somebody is: two capitals make a name. */
static const char *const presentations[] = {
	"i am", "i m", "im", "this is", "here is", "ich bin", "hier ist", "hier schreibt", "ik ben",
	"je suis", "ici", "soy", "le escribe", "sou", "sou o", "sou a", "aqui e", "aqui e o", "aqui e a",
	"sono", NULL
};

/* Below these stands who wrote; thanks only when a comma or line parts them. */
static const char *const closings[] = {
	"best regards", "kind regards", "warm regards", "regards", "sincerely", "yours sincerely",
	"yours truly", "best wishes", "cheers", "mit freundlichen grussen", "mit freundlichem gruss",
	"freundliche grusse", "viele grusse", "liebe grusse", "beste grusse", "herzliche grusse",
	"gruss", "grusse", "mfg", "lg", "vg", "met vriendelijke groet", "met vriendelijke groeten",
	"vriendelijke groet", "hartelijke groet", "groet", "groeten", "groetjes", "mvg", "cordialement",
	"bien cordialement", "bien a vous", "salutations", "sinceres salutations", "un saludo",
	"saludos", "saludos cordiales", "un cordial saludo", "atentamente", "atenciosamente",
	"cumprimentos", "os meus cumprimentos", "melhores cumprimentos", "abracos", "abraco",
	"cordiali saluti", "distinti saluti", "saluti", "un saluto", NULL
};
static const char *const thanks[] = {
	"thanks", "thank you", "many thanks", "danke", "vielen dank", "dank", "bedankt", "alvast bedankt",
	"merci", "merci beaucoup", "merci d avance", "gracias", "muchas gracias", "obrigado", "obrigada",
	"muito obrigado", "muito obrigada", "grazie", "grazie mille", NULL
};

#define PARTICLES "d de da do dos das del della di la el al du van von zu der den ten ter bin ibn e y"

/* What begins with a capital and is nobody's name. */
#define NO_NAME \
	"i a the and und ich wir sie je nous yo eu io team* customer* kunden* service support hr sales " \
	"manager* senior junior lead head assistant* developer* engineer* nurse* driver* teacher* cook* " \
	"student* sales* product* project* office* software data mechanic* mechaniker* verkauf* koch* " \
	"fahrer* pflege* erzieher* fach* diplom* staatlich* gelernte* ausgebildet* very really not no yes " \
	"happy sorry interested available looking writing currently also still just sehr leider nicht " \
	"english german dutch french spanish italian portuguese american british deutsch* english* " \
	"espan* portugu* italian* franc* monday tuesday wednesday thursday friday saturday sunday " \
	"mr mrs ms miss herr frau mevrouw meneer monsieur madame senor senora dear hello hi hallo bonjour " \
	"sent gesendet envoye enviado inviato verzonden tel* mobile phone email e http www iphone android"

/* ---- names ---- */

static bool
is_name_word(const AgentsToken *token)
{
	return token->kind == AGENTS_TOKEN_WORD && token->is_capital && !agents_token_is(token, NO_NAME);
}

/* A particle that a capital follows, at once or after another one. */
static bool
is_particle(const AgentsTokens *tokens, int at)
{
	if (!agents_token_is(&tokens->list[at], PARTICLES))
		return false;
	if (at + 1 < tokens->count && agents_token_is(&tokens->list[at + 1], PARTICLES))
		at++;
	return at + 1 < tokens->count && is_name_word(&tokens->list[at + 1]) &&
		!agents_token_is(&tokens->list[at], "e y");
}

/*
 * The token behind the name that begins here, and how many words of it begin with
 * a capital; `at` when none does.  A hyphen and an apostrophe join.
 */
static int
find_name_end(const AgentsTokens *tokens, int at, int *capitals)
{
	int			end = at;

	*capitals = 0;
	while (at < tokens->count && *capitals < NAME_WORDS)
	{
		const AgentsToken *token = &tokens->list[at];

		if (is_name_word(token))
		{
			*capitals += !(token->is_glued && end == at && at > 0 && *capitals > 0);
			end = ++at;
			if (strlen(token->word) == 1 && tokens->list[at].sign == '.' && tokens->list[at].is_glued)
				at++;
		}
		else if (*capitals > 0 && token->sign == '-' && token->is_glued &&
				 tokens->list[at + 1].is_glued && is_name_word(&tokens->list[at + 1]))
			at++;
		else if (*capitals > 0 && is_particle(tokens, at))
			at++;
		else
			break;
	}
	return end;
}

static bool
is_boundary(const AgentsToken *token)
{
	return token->kind == AGENTS_TOKEN_END || token->kind == AGENTS_TOKEN_SIGN ||
		agents_token_is(token, "and und en et y e ed i ich ik");
}

/* The name after "my name is"; one in small letters is a single word, and nothing
 * but a sign or an "and" follows it. */
static char *
read_introduced(const AgentsTokens *tokens, int at)
{
	int			capitals;
	int			end = find_name_end(tokens, at, &capitals);

	if (capitals > 0)
		return agents_token_text(tokens, at, end);
	if (at < tokens->count && tokens->list[at].kind == AGENTS_TOKEN_WORD &&
		strlen(tokens->list[at].word) > 2 && !agents_token_is(&tokens->list[at], NO_NAME) &&
		is_boundary(&tokens->list[at + 1]))
		return agents_token_text(tokens, at, at + 1);
	return NULL;
}

static char *
read_presented(const AgentsTokens *tokens, int at)
{
	int			capitals;
	int			end = find_name_end(tokens, at, &capitals);

	return capitals >= 2 && is_boundary(&tokens->list[end]) ? agents_token_text(tokens, at, end) : NULL;
}

/* The name below a closing: alone in its line, the last of it. */
static char *
read_signed(const AgentsTokens *tokens, int at, bool is_thanks)
{
	bool		is_parted = false;
	int			capitals;
	int			end;

	while (at < tokens->count && tokens->list[at].kind == AGENTS_TOKEN_SIGN &&
		   strchr(",\n-.!", tokens->list[at].sign))
		is_parted |= strchr(",\n-", tokens->list[at++].sign) != NULL;
	if (is_thanks && !is_parted)
		return NULL;
	end = find_name_end(tokens, at, &capitals);
	if (capitals == 0)
		return NULL;
	if (tokens->list[end].kind == AGENTS_TOKEN_END ||
		(tokens->list[end].kind == AGENTS_TOKEN_SIGN && strchr("\n,", tokens->list[end].sign)) ||
		(tokens->list[end].sign == '.' && end + 1 == tokens->count))
		return agents_token_text(tokens, at, end);
	return NULL;
}

char *
agents_person_name(const AgentsTokens *tokens)
{
	char	   *presented = NULL;
	char	   *signed_by = NULL;

	for (int i = 0; i < tokens->count; i++)
	{
		int			length = agents_token_match_any(tokens, i, introductions);
		char	   *name = length ? read_introduced(tokens, i + length) : NULL;

		/* "her name is": somebody else's */
		if (name && !agents_token_is(&tokens->list[i - 1], "her his their ihr sein haar zijn son sa su seu sua suo dog*"))
			return name;
		length = agents_token_match_any(tokens, i, presentations);
		if (length && presented == NULL)
			presented = read_presented(tokens, i + length);
		length = agents_token_match_any(tokens, i, closings);
		name = length ? read_signed(tokens, i + length, false) : NULL;
		length = agents_token_match_any(tokens, i, thanks);
		if (name == NULL && length)
			name = read_signed(tokens, i + length, true);
		if (name)
			signed_by = name;
	}
	return presented ? presented : signed_by;
}

/* ---- telephone ---- */

#define PHONE_WORDS \
	"phone* telephone* tel telefon* mobile mobil* cell* handy call reach* ring text whatsapp wa zap " \
	"telefoon* mobiel* gsm bel bellen bereik* nummer number telefone* telemovel celular ligar ligue " \
	"joindre joignable appel* portable telef* movil llam* cellulare chiam* rufnummer erreich* anruf* " \
	"sms contact* kontakt* rappel*"
#define OTHER_NUMBERS \
	"order* bestell* commande* pedido* ordine* encomenda* invoice* rechnung* factu* fatura* fattura* " \
	"iban konto* account* rekening* compte cuenta conta conto customer* kunden* klant* client* clien* " \
	"ref reference referentie referenz* ticket* tracking sendung* kvk siret nif cif id job stelle* vacature* " \
	"article* artikel* serial*"

/* The digits of a number that may be grouped, and the token behind it. */
static int
count_phone_digits(const AgentsTokens *tokens, int at, int *after)
{
	int			digits = 0;
	int			last = at;

	while (at < tokens->count)
	{
		const AgentsToken *token = &tokens->list[at];

		if (token->kind == AGENTS_TOKEN_NUMBER)
		{
			for (int i = token->start; i < token->end; i++)
				digits += tokens->text[i] >= '0' && tokens->text[i] <= '9';
			last = ++at;
		}
		else if (token->kind == AGENTS_TOKEN_SIGN && strchr("+()-/.", token->sign) && at < last + 3)
			at++;
		else
			break;
	}
	*after = last;
	return digits;
}

/* Whether the words before tell that it is a telephone's, or its code does. */
static bool
is_called(const AgentsTokens *tokens, int at, bool is_international)
{
	int			begin = Max(agents_token_begin_sentence(tokens, at), at - 7);

	if (agents_token_has(tokens, Max(begin, at - 4), at, OTHER_NUMBERS))
		return false;
	return is_international || agents_token_has(tokens, begin, at, PHONE_WORDS) ||
		agents_token_has(tokens, at - 3, at, PHONE_WORDS);
}

/* The first number of 7 to 15 digits that is called so and is no card's. */
char *
agents_person_phone(const AgentsTokens *tokens)
{
	for (int i = 0; i < tokens->count; i++)
	{
		const AgentsToken *token = &tokens->list[i];
		bool		is_international = token->sign == '+';
		int			after;
		int			digits;
		char	   *found;

		if (token->kind != AGENTS_TOKEN_NUMBER && !is_international && token->sign != '(')
			continue;
		digits = count_phone_digits(tokens, i, &after);
		if (after == i)
			continue;
		found = agents_token_text(tokens, i, after);
		if (digits >= 7 && digits <= 15 && !security_redact_has_card(found) &&
			is_called(tokens, i, is_international))
			return found;
		i = after - 1;
	}
	return NULL;
}

/* ---- e-mail ---- */

static bool
is_address_letter(char c, const char *signs)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(c != '\0' && strchr(signs, c) != NULL);
}

/* The first address: what stands around an @. */
char *
agents_person_email(const AgentsTokens *tokens)
{
	const char *text = tokens->text;

	for (int i = 0; i < tokens->count; i++)
	{
		int			at = tokens->list[i].start;
		int			from = at;
		int			to = at + 1;

		if (tokens->list[i].sign != '@')
			continue;
		while (from > 0 && is_address_letter(text[from - 1], "._%+-"))
			from--;
		while (is_address_letter(text[to], ".-"))
			to++;
		while (to > at && strchr(".-", text[to - 1]))
			to--;
		if (from < at && memchr(text + at, '.', to - at) != NULL)
			return pnstrdup(text + from, to - from);
	}
	return NULL;
}

/* ---- job ---- */

#define TITLES \
	"nurse caregiver carer doctor driver cook chef waiter waitress cleaner developer engineer teacher " \
	"electrician plumber receptionist mechanic barista cashier verpleegkundige verzorgende chauffeur " \
	"kok monteur verkoper verkoopster schoonmaker enfermeiro enfermeira cuidador cuidadora motorista " \
	"cozinheiro cozinheira mecanico mecanica vendedor vendedora pfleger pflegerin krankenschwester " \
	"fahrer fahrerin koch kochin mechaniker mechanikerin verkaufer verkauferin kellner kellnerin " \
	"enfermero enfermera conductor conductora cocinero cocinera camarero camarera dependiente " \
	"dependienta infirmier infirmiere serveur serveuse mecanicien mecanicienne vendeur vendeuse " \
	"cuisinier cuisiniere infermiere infermiera autista cuoco cuoca cameriere cameriera commesso commessa"

char *
agents_person_title(const AgentsTokens *tokens)
{
	for (int i = 0; i < tokens->count; i++)
	{
		const AgentsToken *token = &tokens->list[i];

		/* "den Chef", "le chef": whom one wants to speak */
		if (!agents_token_is(token, TITLES) ||
			(agents_token_is(token, "chef") &&
			 agents_token_is(&tokens->list[i - 1], "den der dem mein meinem le mon au el mi o meu de lo")))
			continue;
		return agents_token_text(tokens, i, i + 1);
	}
	return NULL;
}
