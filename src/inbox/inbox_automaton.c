/*
 * inbox_automaton.c
 *	  What betrays that no person wrote a message.
 *
 * Pure.  Runs in backends that take events in.
 *
 * Texts are compared folded (llm_letter.h): small, accents gone, blanks one, so that a
 * phrase stands here once however it is written and in any locale.  What a person
 * could say as well ("I am on holiday") needs a second sign beside it: a machine
 * that is answered is a nuisance, a person who is not is a harm.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "inbox/inbox_automaton.h"
#include "llm/llm_letter.h"

/* Bytes of a text that are looked at: machines say early what they are. */
#define READ_BYTES 8000

/* Folded bytes within which a text says that its writer is away. */
#define AWAY_BYTES 240

const char *
inbox_automaton_name(InboxAutomaton automaton)
{
	static const char *const names[] = {
		"none", "notice", "auto_reply", "newsletter", "report", "bounce",
	};

	return names[automaton];
}

/* Takes one character off a text, folded; '\0' is none, a blank all that is no letter
 * of ours. */
static char
take_folded(const unsigned char **at, const unsigned char *end)
{
	uint32		letter = llm_letter_bare(llm_letter_fold(llm_letter_decode(at, end)));

	if (letter == 0x2018 || letter == 0x2019)
		return '\'';
	if (letter < 0x80)
		return (char) letter;
	return llm_letter_is_mark(letter) || llm_letter_is_invisible(letter) ? '\0' : ' ';
}

/* Folds a text; blanks are one, lines end as sentences do. */
static char *
fold(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;
	const unsigned char *end = at + strnlen(text, READ_BYTES);
	StringInfoData out;

	initStringInfo(&out);
	while (at < end)
	{
		char		c = take_folded(&at, end);

		if (c == '\n' || c == '\r')
			c = '\n';
		else if (c != '\0' && isspace((unsigned char) c))
			c = ' ';
		if (c == '\0' || ((c == ' ' || c == '\n') &&
						  (out.len == 0 || out.data[out.len - 1] == ' ' || out.data[out.len - 1] == '\n')))
			continue;
		appendStringInfoChar(&out, c);
	}
	return out.data;
}

static bool
contains_any(const char *text, const char *const *phrases)
{
	for (; *phrases; phrases++)
		if (strstr(text, *phrases) != NULL)
			return true;
	return false;
}

/* ---- addresses ---- */

/* The part before the @, folded, without what separates words. */
static char *
fold_local_part(const char *address)
{
	char	   *folded = fold(address);
	char	   *out = folded;

	for (const char *p = folded; *p != '\0' && *p != '@'; p++)
		if (strchr("-_.+ \"<", *p) == NULL)
			*out++ = *p;
	*out = '\0';
	return folded;
}

static const char *const nobody[] = {
	"noreply", "donotreply", "dontreply", "nichtantworten", "keineantwort", "nietbeantwoorden",
	"geenantwoord", "nepasrepondre", "noreponse", "noresponder", "noresponda", "nonrispondere",
	"norispondere", "naoresponda", "naoresponder", "semresposta", NULL
};

InboxAutomaton
inbox_automaton_of_address(const char *address)
{
	static const struct
	{
		const char *name;
		InboxAutomaton automaton;
	}			whole[] = {
		{"mailerdaemon", INBOX_AUTOMATON_BOUNCE}, {"postmaster", INBOX_AUTOMATON_BOUNCE},
		{"bounce", INBOX_AUTOMATON_BOUNCE}, {"bounces", INBOX_AUTOMATON_BOUNCE},
		{"newsletter", INBOX_AUTOMATON_NEWSLETTER}, {"newsletters", INBOX_AUTOMATON_NEWSLETTER},
		{"mailinglist", INBOX_AUTOMATON_NEWSLETTER}, {"news", INBOX_AUTOMATON_NEWSLETTER},
		{"notification", INBOX_AUTOMATON_NOTICE}, {"notifications", INBOX_AUTOMATON_NOTICE},
		{"autoresponder", INBOX_AUTOMATON_AUTO_REPLY}, {"autoreply", INBOX_AUTOMATON_AUTO_REPLY},
	};
	char	   *local;

	if (address == NULL || strchr(address, '@') == NULL)
		return INBOX_AUTOMATON_NONE;
	local = fold_local_part(address);
	if (strstr(local, "dmarc") != NULL || strstr(local, "tlsrpt") != NULL)
		return INBOX_AUTOMATON_REPORT;
	for (int i = 0; i < lengthof(whole); i++)
		if (strcmp(local, whole[i].name) == 0)
			return whole[i].automaton;
	return contains_any(local, nobody) ? INBOX_AUTOMATON_NOTICE : INBOX_AUTOMATON_NONE;
}

/* ---- headers ---- */

static char *
fold_name(const char *name)
{
	char	   *folded = fold(name);

	for (char *p = folded; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
	return folded;
}

bool
inbox_automaton_is_group(const char *name)
{
	return strcmp(fold_name(name), "x-google-group-id") == 0;
}

static InboxAutomaton
of_precedence(const char *value)
{
	if (strstr(value, "auto") != NULL)
		return INBOX_AUTOMATON_AUTO_REPLY;
	return strcmp(value, "bulk") == 0 || strcmp(value, "junk") == 0 || strcmp(value, "list") == 0 ?
		INBOX_AUTOMATON_NEWSLETTER : INBOX_AUTOMATON_NONE;
}

/* What is reported on in a mail of type multipart/report. */
static InboxAutomaton
of_report(const char *type)
{
	if (strstr(type, "multipart/report") == NULL)
		return INBOX_AUTOMATON_NONE;
	if (strstr(type, "disposition-notification") != NULL)
		return INBOX_AUTOMATON_AUTO_REPLY;
	return strstr(type, "delivery-status") != NULL ? INBOX_AUTOMATON_BOUNCE : INBOX_AUTOMATON_REPORT;
}

InboxAutomaton
inbox_automaton_of_header(const char *name, const char *value)
{
	static const struct
	{
		const char *name;
		InboxAutomaton automaton;
	}			there[] = {
		{"list-unsubscribe", INBOX_AUTOMATON_NEWSLETTER}, {"list-unsubscribe-post", INBOX_AUTOMATON_NEWSLETTER},
		{"list-id", INBOX_AUTOMATON_NEWSLETTER}, {"feedback-id", INBOX_AUTOMATON_NEWSLETTER},
		{"x-failed-recipients", INBOX_AUTOMATON_BOUNCE},
		{"x-autoreply", INBOX_AUTOMATON_AUTO_REPLY}, {"x-autorespond", INBOX_AUTOMATON_AUTO_REPLY},
		{"x-autoresponder", INBOX_AUTOMATON_AUTO_REPLY}, {"x-auto-reply", INBOX_AUTOMATON_AUTO_REPLY},
	};

	if (name == NULL || value == NULL)
		return INBOX_AUTOMATON_NONE;
	name = fold_name(name);
	value = fold(value);
	if (strcmp(name, "auto-submitted") == 0)
		return strncmp(value, "no", 2) == 0 ? INBOX_AUTOMATON_NONE :
			strstr(value, "replied") != NULL ? INBOX_AUTOMATON_AUTO_REPLY : INBOX_AUTOMATON_NOTICE;
	if (strcmp(name, "precedence") == 0 || strcmp(name, "x-precedence") == 0)
		return of_precedence(value);
	if (strcmp(name, "content-type") == 0)
		return of_report(value);
	if (strcmp(name, "return-path") == 0)
		return strcmp(value, "<>") == 0 ? INBOX_AUTOMATON_BOUNCE : INBOX_AUTOMATON_NONE;
	for (int i = 0; i < lengthof(there); i++)
		if (strcmp(name, there[i].name) == 0 && value[0] != '\0' && strcmp(value, "no") != 0)
			return there[i].automaton;
	return INBOX_AUTOMATON_NONE;
}

/* ---- subjects ---- */

typedef struct Phrase
{
	const char *text;
	InboxAutomaton automaton;
} Phrase;

static const Phrase subjects[] = {
	/* English */
	{"automatic reply", INBOX_AUTOMATON_AUTO_REPLY}, {"auto reply", INBOX_AUTOMATON_AUTO_REPLY},
	{"auto-reply", INBOX_AUTOMATON_AUTO_REPLY}, {"autoreply", INBOX_AUTOMATON_AUTO_REPLY},
	{"automated reply", INBOX_AUTOMATON_AUTO_REPLY}, {"automatic response", INBOX_AUTOMATON_AUTO_REPLY},
	{"auto response", INBOX_AUTOMATON_AUTO_REPLY}, {"out of office", INBOX_AUTOMATON_AUTO_REPLY},
	{"out of the office", INBOX_AUTOMATON_AUTO_REPLY}, {"ooo", INBOX_AUTOMATON_AUTO_REPLY},
	{"undeliverable", INBOX_AUTOMATON_BOUNCE}, {"undelivered mail returned to sender", INBOX_AUTOMATON_BOUNCE},
	{"delivery status notification", INBOX_AUTOMATON_BOUNCE}, {"mail delivery failed", INBOX_AUTOMATON_BOUNCE},
	{"mail delivery failure", INBOX_AUTOMATON_BOUNCE}, {"mail delivery system", INBOX_AUTOMATON_BOUNCE},
	{"delivery failure", INBOX_AUTOMATON_BOUNCE}, {"failure notice", INBOX_AUTOMATON_BOUNCE},
	{"returned mail", INBOX_AUTOMATON_BOUNCE},
	/* German */
	{"automatische antwort", INBOX_AUTOMATON_AUTO_REPLY}, {"abwesenheitsnotiz", INBOX_AUTOMATON_AUTO_REPLY},
	{"abwesenheitsnachricht", INBOX_AUTOMATON_AUTO_REPLY}, {"abwesenheitsassistent", INBOX_AUTOMATON_AUTO_REPLY},
	{"abwesenheit", INBOX_AUTOMATON_AUTO_REPLY}, {"nicht im buro", INBOX_AUTOMATON_AUTO_REPLY},
	{"nicht im buero", INBOX_AUTOMATON_AUTO_REPLY}, {"automatische ruckmeldung", INBOX_AUTOMATON_AUTO_REPLY},
	{"unzustellbar", INBOX_AUTOMATON_BOUNCE}, {"nicht zustellbar", INBOX_AUTOMATON_BOUNCE},
	/* Dutch */
	{"automatisch antwoord", INBOX_AUTOMATON_AUTO_REPLY}, {"automatische reactie", INBOX_AUTOMATON_AUTO_REPLY},
	{"afwezigheidsbericht", INBOX_AUTOMATON_AUTO_REPLY}, {"afwezigheidsmelding", INBOX_AUTOMATON_AUTO_REPLY},
	{"afwezig", INBOX_AUTOMATON_AUTO_REPLY}, {"niet op kantoor", INBOX_AUTOMATON_AUTO_REPLY},
	{"onbestelbaar", INBOX_AUTOMATON_BOUNCE},
	/* French */
	{"reponse automatique", INBOX_AUTOMATON_AUTO_REPLY}, {"message d'absence", INBOX_AUTOMATON_AUTO_REPLY},
	{"absence du bureau", INBOX_AUTOMATON_AUTO_REPLY}, {"absent du bureau", INBOX_AUTOMATON_AUTO_REPLY},
	{"absente du bureau", INBOX_AUTOMATON_AUTO_REPLY}, {"notification d'absence", INBOX_AUTOMATON_AUTO_REPLY},
	{"non remis", INBOX_AUTOMATON_BOUNCE}, {"non distribuable", INBOX_AUTOMATON_BOUNCE},
	{"echec de remise", INBOX_AUTOMATON_BOUNCE}, {"echec de la remise", INBOX_AUTOMATON_BOUNCE},
	/* Spanish */
	{"respuesta automatica", INBOX_AUTOMATON_AUTO_REPLY}, {"fuera de la oficina", INBOX_AUTOMATON_AUTO_REPLY},
	{"fuera de oficina", INBOX_AUTOMATON_AUTO_REPLY}, {"mensaje de ausencia", INBOX_AUTOMATON_AUTO_REPLY},
	{"no se puede entregar", INBOX_AUTOMATON_BOUNCE}, {"no se ha podido entregar", INBOX_AUTOMATON_BOUNCE},
	{"correo devuelto", INBOX_AUTOMATON_BOUNCE},
	/* Italian */
	{"risposta automatica", INBOX_AUTOMATON_AUTO_REPLY}, {"fuori ufficio", INBOX_AUTOMATON_AUTO_REPLY},
	{"fuori sede", INBOX_AUTOMATON_AUTO_REPLY}, {"messaggio di assenza", INBOX_AUTOMATON_AUTO_REPLY},
	{"non recapitabile", INBOX_AUTOMATON_BOUNCE}, {"mancato recapito", INBOX_AUTOMATON_BOUNCE},
	{"mancata consegna", INBOX_AUTOMATON_BOUNCE},
	/* Portuguese */
	{"resposta automatica", INBOX_AUTOMATON_AUTO_REPLY}, {"fora do escritorio", INBOX_AUTOMATON_AUTO_REPLY},
	{"ausente do escritorio", INBOX_AUTOMATON_AUTO_REPLY}, {"ausencia do escritorio", INBOX_AUTOMATON_AUTO_REPLY},
	{"mensagem de ausencia", INBOX_AUTOMATON_AUTO_REPLY}, {"nao entregue", INBOX_AUTOMATON_BOUNCE},
	{"nao foi possivel entregar", INBOX_AUTOMATON_BOUNCE}, {"falha na entrega", INBOX_AUTOMATON_BOUNCE},
};

/* Whether a phrase at the beginning of a subject is all that it names: a person
 * who asks about "out of office hours" goes on with a word. */
static bool
ends_phrase(const char *rest)
{
	static const char *const words[] = {
		" re:", " re ", " aw:", " until ", " till ", " from ", " bis ", " vom ", " ab ", " tot ", " van ",
		" jusqu", " du ", " hasta ", " del ", " fino ", " dal ", " notification", " message",
	};

	if (rest[0] == '\0' || strchr(":!.,;()[]|/\n-", rest[0]) != NULL)
		return true;
	if (rest[0] == ' ' && (rest[1] == '\0' || strchr(":!;()[]|/-", rest[1]) != NULL))
		return true;
	for (int i = 0; i < lengthof(words); i++)
		if (strncmp(rest, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

InboxAutomaton
inbox_automaton_of_subject(const char *subject)
{
	const char *folded;

	if (subject == NULL)
		return INBOX_AUTOMATON_NONE;
	folded = fold(subject);
	if (strncmp(folded, "report domain:", 14) == 0 ||
		(strstr(folded, "report domain:") != NULL && strstr(folded, "submitter:") != NULL))
		return INBOX_AUTOMATON_REPORT;
	folded += strspn(folded, "[(*< ");
	for (int i = 0; i < lengthof(subjects); i++)
	{
		int			bytes = strlen(subjects[i].text);

		if (strncmp(folded, subjects[i].text, bytes) == 0 && ends_phrase(folded + bytes) &&
			strchr(folded, '?') == NULL)
			return subjects[i].automaton;
	}
	return INBOX_AUTOMATON_NONE;
}

/* ---- texts ---- */

/* What only a machine says of its text; at the beginning of a sentence. */
static const char *const confessions[] = {
	"this is an automated ", "this is an automatic ", "this is an auto-generated", "this is an autogenerated",
	"this message was automatically ", "this message was generated automatically",
	"this e-mail was automatically ", "this email was automatically ", "this mailbox is not monitored",
	"please do not reply to this ", "do not reply to this ", "automatic reply:", "automated reply:",
	"dies ist eine automatisch", "das ist eine automatisch", "diese nachricht wurde automatisch",
	"diese e-mail wurde automatisch", "diese mail wurde automatisch", "automatische antwort:",
	"bitte antworten sie nicht auf diese", "bitte nicht auf diese",
	"dit is een automatisch", "dit bericht is automatisch", "deze e-mail is automatisch",
	"deze mail is automatisch", "automatisch antwoord:", "gelieve niet te antwoorden op",
	"ceci est une reponse automatique", "ceci est un message automatique", "ceci est un e-mail automatique",
	"ce message a ete genere automatiquement", "ce message est genere automatiquement",
	"ce message a ete envoye automatiquement", "cet e-mail a ete envoye automatiquement",
	"cet e-mail a ete genere automatiquement", "reponse automatique:", "reponse automatique :",
	"merci de ne pas repondre a ce", "veuillez ne pas repondre a ce",
	"este es un mensaje automatic", "esta es una respuesta automatic", "este mensaje se ha generado automaticamente",
	"este mensaje ha sido generado automaticamente", "este correo se ha generado automaticamente",
	"este correo ha sido generado automaticamente", "respuesta automatica:", "por favor, no responda a este",
	"por favor no responda a este", "no responda a este",
	"questo e un messaggio automatic", "questa e una risposta automatic", "questa e un'e-mail automatic",
	"questo messaggio e stato generato automaticamente", "questa e-mail e stata generata automaticamente",
	"risposta automatica:", "si prega di non rispondere a quest",
	"esta e uma mensagem automatic", "esta e uma resposta automatic", "este e um e-mail automatic",
	"este e um email automatic", "esta mensagem foi gerada automaticamente", "este e-mail foi gerado automaticamente",
	"este email foi gerado automaticamente", "resposta automatica:", "por favor, nao responda a est",
	"por favor nao responda a est", "nao responda a est", "favor nao responder",
	"this is an aggregate report for", "this is a dmarc aggregate report",
	NULL
};

/* That somebody is away, which people say of themselves, too. */
static const char *const away[] = {
	"out of office", "out of the office", "on annual leave", "on vacation", "on holiday", "on parental leave",
	"on maternity leave", "on sick leave", "away from the office", "on leave",
	"nicht im buro", "nicht im buero", "nicht im hause", "ausser haus", "auer haus", "auser haus", "abwesend",
	"im urlaub", "in elternzeit", "nicht erreichbar", "in urlaub",
	"niet op kantoor", "niet aanwezig", "afwezig", "op vakantie", "met verlof", "met vakantie", "buiten kantoor",
	"absent", "en conge", "en vacances", "hors du bureau", "en deplacement",
	"fuera de la oficina", "fuera de oficina", "de vacaciones", "ausente", "de baja", "fuera del despacho",
	"fuori ufficio", "fuori sede", "in ferie", "assente", "in vacanza", "in congedo",
	"fora do escritorio", "fora da empresa", "de ferias", "em licenca", "de licenca",
	NULL
};

/* What a machine adds for whoever may have written: whom to ask meanwhile, what
 * becomes of the message.  A person says when to be asked. */
static const char *const instead[] = {
	"limited access to", "in my absence", "during my absence", "upon my return", "on my return",
	"will reply to your", "will respond to your", "will answer your",
	"for urgent matters", "for urgent issues", "in urgent cases", "for anything urgent", "if your request is urgent",
	"if your matter is urgent", "if your message is urgent", "not be forwarded",
	"in dringenden", "bei dringenden", "wenden sie sich", "nicht weitergeleitet", "nach meiner ruckkehr",
	"nach meiner rueckkehr", "eingeschrankt erreichbar", "meine vertretung", "an meine kolleg", "an meinen kolleg",
	"ihre e-mail werde ich", "ihre nachricht werde ich", "werde ich ihre",
	"in dringende gevallen", "bij dringende", "voor dringende", "contact op met mijn", "contact op met onze",
	"contact opnemen met mijn", "contact opnemen met onze", "bij mijn terugkeer", "na mijn terugkeer",
	"beperkt bereikbaar", "tijdens mijn afwezigheid", "niet doorgestuurd", "beantwoord ik uw", "zal ik uw",
	"en cas d'urgence", "pour toute urgence", "pour toute demande urgente", "a mon retour", "des mon retour",
	"veuillez contacter", "vous pouvez contacter", "merci de contacter", "acces limite a", "en mon absence",
	"pendant mon absence", "repondrai a votre", "vous pouvez vous adresser",
	"para asuntos urgentes", "en caso de urgencia", "a mi regreso", "a mi vuelta", "contacto con mi ",
	"contacto con nuestr", "contacte con mi ", "contacte con nuestr", "contactar con mi ", "contactar con nuestr",
	"contacte a mi ", "acceso limitado", "en mi ausencia", "durante mi ausencia", "respondere a su", "respondere su",
	"per urgenze", "in caso di urgenza", "per questioni urgenti", "al mio rientro", "al mio ritorno",
	"contattare il mio", "contattare la mia", "contattare i miei", "rivolgersi a", "accesso limitato",
	"in mia assenza", "durante la mia assenza", "rispondero alla", "rispondero al vostro", "rispondero al suo",
	"em caso de urgencia", "para assuntos urgentes", "em casos urgentes", "no meu regresso", "no meu retorno",
	"ao meu retorno", "contato com meu", "contato com minha", "contato com o meu", "contato com a minha",
	"contacto com o meu", "contacto com a minha", "contacte o meu", "contacte a minha", "acesso limitado",
	"na minha ausencia", "durante a minha ausencia", "responderei a sua", "responderei ao seu",
	NULL
};

/* Whether one of the phrases begins a sentence. */
static bool
begins_sentence(const char *text, const char *const *phrases)
{
	for (; *phrases; phrases++)
	{
		const char *found = text;

		while ((found = strstr(found, *phrases)) != NULL)
		{
			const char *before = found;

			while (before > text && strchr(" *_(-[", before[-1]) != NULL)
				before--;
			if (before == text || strchr(".!:\n*_[(", before[-1]) != NULL)
				return true;
			found++;
		}
	}
	return false;
}

static bool
says_away(char *folded)
{
	char	   *copy = pstrdup(folded);

	if (strlen(copy) > AWAY_BYTES)
		copy[AWAY_BYTES] = '\0';
	return contains_any(copy, away) && contains_any(folded, instead);
}

/* How one leaves a list, how its mail is read elsewhere, why one gets it. */
static const char *const leaving[] = {
	"unsubscribe", "opt out here", "manage your preferences", "manage preferences",
	"abmelden", "abbestellen", "austragen", "uitschrijven", "afmelden",
	"desabonner", "desinscrire", "desinscription", "desabonnement",
	"darse de baja", "date de baja", "cancelar la suscripcion", "cancelar suscripcion", "anular la suscripcion",
	"cancelar a inscricao", "cancelar inscricao", "cancelar a subscricao", "cancelar subscricao", "descadastr",
	"remover da lista", "disiscriv", "annulla l'iscrizione", "annullare l'iscrizione", "cancella l'iscrizione", "cancellati dalla", NULL
};
static const char *const elsewhere[] = {
	"http://", "https://", "in your browser", "in browser", "read it online", "read online", "view online",
	"web version", "im browser", "online ansehen", "online lesen", "webversion", "in uw browser", "in je browser",
	"online bekijken", "dans votre navigateur", "version en ligne", "en su navegador", "en tu navegador",
	"version web", "nel browser", "versione online", "versione web",
	"because you subscribed", "because you signed up", "because you are subscribed", "you are receiving this",
	"you receive this", "you get this", "sie erhalten diese", "du erhaltst diese", "weil sie sich", "u ontvangt deze",
	"je ontvangt deze", "vous recevez cet", "vous recevez ce", "recibe este", "recibes este", "ha recibido este",
	"no seu navegador", "no navegador", "versao online", "voce recebeu este", "voce esta recebendo",
	"recebeu esta mensagem porque", "recebe este", "ricevi questa", "riceve questa", "hai ricevuto questa", NULL
};

InboxAutomaton
inbox_automaton_of_text(const char *text, bool is_mail)
{
	char	   *folded;

	if (text == NULL)
		return INBOX_AUTOMATON_NONE;
	folded = fold(text);
	if (is_mail && contains_any(folded, leaving) && contains_any(folded, elsewhere))
		return INBOX_AUTOMATON_NEWSLETTER;
	if (strchr(folded, '?') != NULL)
		return INBOX_AUTOMATON_NONE;	/* machines tell, people ask */
	if (begins_sentence(folded, confessions))
		return INBOX_AUTOMATON_AUTO_REPLY;
	return is_mail && says_away(folded) ? INBOX_AUTOMATON_AUTO_REPLY : INBOX_AUTOMATON_NONE;
}

/* ---- crowds ---- */

bool
inbox_automaton_is_crowd(const char *sender)
{
	static const char *const ends[] = {"@g.us", "@broadcast", "@newsletter"};
	int			bytes = sender ? strlen(sender) : 0;

	for (int i = 0; i < lengthof(ends); i++)
	{
		int			end = strlen(ends[i]);

		if (bytes >= end && pg_strcasecmp(sender + bytes - end, ends[i]) == 0)
			return true;
	}
	return false;
}
