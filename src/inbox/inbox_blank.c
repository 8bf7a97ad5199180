/*
 * inbox_blank.c
 *	  Blanks that nobody filled in: what must not leave.
 *
 * A template's field, a language of templates (Liquid runs over what is posted
 * to Chatwoot), or what a model writes where it knows no name.  Pure and linear:
 * a bracket looks for its partner no further than REACH.
 */
#include "postgres.h"

#include "inbox/inbox_blank.h"

#define REACH 80

/* What stands in brackets for what is to be filled in, in any of the languages we
 * speak; each is looked for as a word of its own, whatever its case. */
static const char *const words[] = {
	"name", "first name", "firstname", "last name", "surname", "customer", "company", "business", "agent",
	"insert", "date", "time", "address", "link", "url", "phone", "email", "e-mail", "price", "amount",
	"number", "product", "product_url", "order", "your", "placeholder", "todo", "tbd", "xxx",
	"vorname", "nachname", "kunde", "kundenname", "kundin", "firma", "firmenname", "unternehmen", "einfügen", "datum",
	"uhrzeit", "adresse", "telefonnummer", "preis", "betrag", "nummer", "bestellnummer", "produkt", "ihr", "ihre",
	"naam", "voornaam", "achternaam", "klant", "klantnaam", "bedrijf", "bedrijfsnaam", "invullen", "tijd", "adres",
	"telefoonnummer", "prijs", "bedrag", "bestelnummer", "jouw", "uw",
	"nom", "prénom", "client", "entreprise", "société", "insérer", "heure", "téléphone", "prix", "montant", "numéro",
	"produit", "commande", "votre",
	"nombre", "apellido", "cliente", "empresa", "insertar", "fecha", "hora", "dirección", "teléfono", "precio",
	"importe", "número", "producto", "pedido", "tu", "su",
	"nome", "cognome", "azienda", "inserire", "inserisci", "data", "ora", "indirizzo", "telefono", "prezzo", "importo",
	"numero", "prodotto", "ordine", "tuo", "suo",
	"sobrenome", "inserir", "endereço", "telefone", "preço", "valor", "produto", "seu", "sua",
};

static bool
is_of_word(unsigned char c)
{
	return c >= 0x80 || c == '-' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Whether a word of a given length is in the list. */
static bool
is_listed(const char *word, int length)
{
	for (int i = 0; i < lengthof(words); i++)
		if (strlen(words[i]) == length && pg_strncasecmp(words[i], word, length) == 0)
			return true;
	return false;
}

/* Whether what stands in brackets names what is to be filled in: at most four
 * words, nothing that counts, one of them in the list. */
static bool
names_blank(const char *p, const char *end)
{
	int			count = 0;
	bool		listed = false;

	while (p < end)
	{
		const char *word = p;

		while (p < end && is_of_word((unsigned char) *p))
			p++;
		if (p > word)
		{
			count++;
			listed |= is_listed(word, p - word);
		}
		else if (strchr(" _/.…'", *p) == NULL)
			return false;
		else
			p++;
	}
	return listed && count <= 4;
}

/* Whether it is one word as a program names things: {name}, {product_url}, {1}. */
static bool
is_field(const char *p, const char *end)
{
	if (p == end)
		return false;
	for (; p < end; p++)
		if (*p != '_' && *p != '.' && !((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')))
			return false;
	return true;
}

/* The end of a blank that begins at p; NULL when none does. */
static const char *
blank_end(const char *p)
{
	static const char pairs[] = "{}[]<>";
	const char *pair = strchr(pairs, *p);
	const char *end = p + 1;

	if (*p == '{' && (p[1] == '{' || p[1] == '%'))
	{
		const char *close = strstr(p, p[1] == '{' ? "}}" : "%}");

		return close ? close + 2 : p + 2;
	}
	while (*end && *end != pair[1] && *end != *p && *end != '\n' && end - p < REACH)
		end++;
	if (*end != pair[1])
		return NULL;
	if (*p == '{')
		return is_field(p + 1, end) || names_blank(p + 1, end) ? end + 1 : NULL;
	/* a link's words, or a tag */
	if (end[1] == '(' || p[1] == '/' || !names_blank(p + 1, end))
		return NULL;
	return end + 1;
}

char *
inbox_blank_find(const char *text)
{
	for (const char *p = text; (p = strpbrk(p, "{[<")) != NULL; p++)
	{
		const char *end = blank_end(p);

		if (end != NULL)
			return pnstrdup(p, Min(end - p, REACH));
	}
	return NULL;
}
