/*
 * agents_words.c
 *	  Small words of talk, by what they do: in English, German, Spanish, French,
 *	  Dutch and Portuguese.
 *
 * Runs in engine workers.  Words are compared without case and accents, as
 * llm_word.c reads them.  The table is in C order.
 */
#include "postgres.h"

#include "agents/agents_words.h"

#define THANKS AGENTS_WORD_THANKS
#define ASSENT AGENTS_WORD_ASSENT
#define LEAVE AGENTS_WORD_LEAVE
#define RELIEF AGENTS_WORD_RELIEF
#define YES AGENTS_WORD_YES
#define NO AGENTS_WORD_NO
#define COURTESY AGENTS_WORD_COURTESY
#define LINK AGENTS_WORD_LINK
#define VALUE AGENTS_WORD_VALUE
#define CANCEL AGENTS_WORD_CANCEL
#define ALERT AGENTS_WORD_ALERT
#define ALL AGENTS_WORD_ALL
#define ASKS AGENTS_WORD_ASKS
#define BUT AGENTS_WORD_BUT

#define OF_CLOSING (THANKS | ASSENT | LEAVE | RELIEF | NO | COURTESY)
#define OF_ANSWER (THANKS | ASSENT | YES | NO | COURTESY)

/* So many words are a question that goes on. */
#define FOLLOW_UP_WORDS 4

/* No word of the table is longer. */
#define LONGEST 20

typedef struct Known
{
	const char *word;
	unsigned	classes;
} Known;

static const Known known[] = {
	{"a", COURTESY | VALUE}, {"ab", VALUE}, {"abbestellen", CANCEL}, {"abbrechen", CANCEL},
	{"abend", LEAVE}, {"abends", LEAVE}, {"aber", LINK | BUT}, {"abmelden", CANCEL},
	{"about", VALUE}, {"abraco", COURTESY}, {"abracos", COURTESY}, {"abril", VALUE},
	{"absolutely", YES}, {"accord", ASSENT}, {"ace", ASSENT}, {"adios", LEAVE},
	{"again", COURTESY}, {"agosto", VALUE}, {"ah", COURTESY}, {"aide", COURTESY},
	{"ajuda", COURTESY}, {"akkoord", ASSENT}, {"alarm", ALERT}, {"alarme", ALERT},
	{"alarms", ALERT}, {"alert", ALERT}, {"alerta", ALERT}, {"alertas", ALERT},
	{"alerte", ALERT}, {"alertes", ALERT}, {"alerts", ALERT}, {"all", COURTESY | ALL},
	{"alle", COURTESY | ALL}, {"alles", ASSENT | ALL}, {"alright", ASSENT | COURTESY},
	{"also", LINK}, {"alvast", COURTESY}, {"am", VALUE}, {"amable", COURTESY},
	{"amanha", VALUE}, {"and", COURTESY | LINK}, {"annule", CANCEL}, {"annuleer", CANCEL},
	{"annuler", CANCEL}, {"annuleren", CANCEL}, {"annulez", CANCEL}, {"anos", VALUE},
	{"ans", VALUE}, {"antwort", COURTESY}, {"anula", CANCEL}, {"anular", CANCEL},
	{"anule", CANCEL}, {"aout", VALUE}, {"apagar", CANCEL}, {"apague", CANCEL},
	{"appreciate", COURTESY}, {"appreciated", COURTESY}, {"apr", VALUE}, {"april", VALUE},
	{"are", COURTESY}, {"around", VALUE}, {"arreter", CANCEL}, {"arretez", CANCEL},
	{"as", VALUE}, {"at", VALUE}, {"ate", LEAVE}, {"auch", LINK}, {"aug", VALUE},
	{"august", VALUE}, {"augustus", VALUE}, {"auskunft", COURTESY}, {"aussi", LINK},
	{"aviso", ALERT}, {"avisos", ALERT}, {"avond", LEAVE}, {"avril", VALUE},
	{"awesome", ASSENT}, {"ayuda", COURTESY}, {"bald", LEAVE}, {"bcp", COURTESY},
	{"beaucoup", COURTESY}, {"bedankt", THANKS}, {"beide", ALL}, {"beleza", ASSENT},
	{"benachrichtigung", ALERT}, {"benachrichtigungen", ALERT}, {"bericht", ALERT},
	{"besoin", CANCEL}, {"best", COURTESY}, {"bestandsalarm", ALERT}, {"bestellung", VALUE},
	{"bien", ASSENT | YES | COURTESY}, {"bientot", LEAVE}, {"bis", LEAVE}, {"bitte", YES},
	{"blz", ASSENT}, {"boa", COURTESY}, {"bom", COURTESY}, {"bon", COURTESY},
	{"bonjour", COURTESY}, {"bonne", COURTESY}, {"borra", CANCEL}, {"borrar", CANCEL},
	{"borre", CANCEL}, {"both", ALL}, {"brauche", CANCEL}, {"brigada", THANKS},
	{"brigado", THANKS}, {"brill", ASSENT}, {"brilliant", ASSENT}, {"buen", COURTESY},
	{"buena", COURTESY}, {"buenas", COURTESY}, {"bueno", ASSENT}, {"but", LINK | BUT},
	{"bye", LEAVE}, {"byebye", LEAVE}, {"c", COURTESY}, {"ca", VALUE}, {"can", COURTESY},
	{"cancel", CANCEL}, {"cancela", CANCEL}, {"cancelar", CANCEL}, {"cancele", CANCEL},
	{"cancelem", CANCEL}, {"cancelen", CANCEL}, {"cependant", BUT}, {"certo", ASSENT},
	{"cest", VALUE}, {"cheers", THANKS}, {"ciao", LEAVE}, {"circa", VALUE},
	{"claro", ASSENT | YES}, {"clear", ASSENT}, {"close", COURTESY}, {"cm", VALUE},
	{"commande", VALUE}, {"cool", ASSENT}, {"cordialement", COURTESY}, {"cu", LEAVE},
	{"cual", ASKS}, {"cuando", ASKS}, {"d", COURTESY}, {"daag", LEAVE}, {"dacord", ASSENT},
	{"dag", COURTESY}, {"dan", COURTESY}, {"dank", THANKS}, {"danke", THANKS},
	{"dankeschon", THANKS}, {"dankesehr", THANKS}, {"dankje", THANKS}, {"dankjewel", THANKS},
	{"dankuwel", THANKS}, {"dann", COURTESY}, {"das", COURTESY | VALUE}, {"day", COURTESY},
	{"de", COURTESY | VALUE}, {"dec", VALUE}, {"december", VALUE}, {"decembre", VALUE},
	{"definitely", YES}, {"del", VALUE}, {"delete", CANCEL}, {"dem", VALUE}, {"demain", VALUE},
	{"den", COURTESY | VALUE}, {"der", COURTESY | VALUE}, {"des", VALUE},
	{"desactivar", CANCEL}, {"desactive", CANCEL}, {"desactiver", CANCEL},
	{"desactivez", CANCEL}, {"desativar", CANCEL}, {"desde", VALUE}, {"dezember", VALUE},
	{"dezembro", VALUE}, {"dia", COURTESY | VALUE}, {"dias", COURTESY}, {"diciembre", VALUE},
	{"die", COURTESY}, {"dienstag", VALUE}, {"dimanche", VALUE}, {"dinsdag", VALUE},
	{"dir", COURTESY}, {"direct", VALUE}, {"doch", BUT}, {"doei", LEAVE}, {"domingo", VALUE},
	{"donde", ASKS}, {"donderdag", VALUE}, {"done", COURTESY}, {"donnerstag", VALUE},
	{"drop", CANCEL}, {"du", VALUE}, {"duidelijk", ASSENT}, {"e", COURTESY | LINK | VALUE},
	{"echter", BUT}, {"el", COURTESY | VALUE}, {"elimina", CANCEL}, {"eliminar", CANCEL},
	{"elimine", CANCEL}, {"en", COURTESY | LINK}, {"encore", COURTESY}, {"enero", VALUE},
	{"entendido", ASSENT}, {"entendu", ASSENT}, {"entferne", CANCEL}, {"entfernen", CANCEL},
	{"environ", VALUE}, {"erg", COURTESY}, {"erinnerung", ALERT}, {"erledigt", ASSENT},
	{"es", VALUE}, {"est", COURTESY}, {"et", COURTESY | LINK}, {"euch", COURTESY},
	{"eur", VALUE}, {"euro", VALUE}, {"euros", VALUE}, {"evening", LEAVE},
	{"everyone", COURTESY}, {"everything", ALL}, {"excelente", ASSENT}, {"excellent", ASSENT},
	{"favor", YES}, {"feb", VALUE}, {"febrero", VALUE}, {"februar", VALUE}, {"februari", VALUE},
	{"february", VALUE}, {"feira", VALUE}, {"felices", COURTESY}, {"feliz", COURTESY},
	{"fevereiro", VALUE}, {"fevrier", VALUE}, {"fijn", COURTESY}, {"fijne", COURTESY},
	{"fim", COURTESY}, {"fin", COURTESY}, {"fine", ASSENT}, {"for", COURTESY},
	{"forget", CANCEL}, {"freitag", VALUE}, {"friday", VALUE}, {"from", VALUE},
	{"fuer", COURTESY}, {"fur", COURTESY}, {"gegen", VALUE}, {"geht", ASSENT},
	{"genial", ASSENT}, {"gentil", COURTESY}, {"geregeld", ASSENT}, {"gern", ASSENT},
	{"gerne", ASSENT}, {"gleich", LEAVE}, {"goed", COURTESY}, {"goede", COURTESY},
	{"good", COURTESY}, {"goodbye", LEAVE}, {"gotcha", ASSENT}, {"graag", YES},
	{"gracias", THANKS}, {"grazie", THANKS}, {"great", ASSENT}, {"groet", COURTESY},
	{"groeten", COURTESY}, {"groetjes", COURTESY}, {"gruesse", COURTESY}, {"gruss", COURTESY},
	{"grusse", COURTESY}, {"gut", ASSENT}, {"guys", COURTESY}, {"h", VALUE},
	{"hallo", COURTESY}, {"hasta", LEAVE}, {"have", COURTESY}, {"heel", COURTESY},
	{"helder", ASSENT}, {"hello", COURTESY}, {"help", COURTESY}, {"herinnering", ALERT},
	{"herzlich", COURTESY}, {"herzlichen", COURTESY}, {"het", COURTESY | VALUE},
	{"heure", VALUE}, {"heures", VALUE}, {"heute", COURTESY}, {"hey", COURTESY},
	{"hi", COURTESY}, {"hilfe", COURTESY}, {"hoi", COURTESY}, {"hoje", COURTESY},
	{"hola", COURTESY}, {"hoor", COURTESY}, {"hora", VALUE}, {"horas", VALUE}, {"hour", VALUE},
	{"hours", VALUE}, {"however", BUT}, {"hoy", COURTESY}, {"hrs", VALUE}, {"hs", VALUE},
	{"hulp", COURTESY}, {"i", COURTESY}, {"ihnen", COURTESY}, {"immediately", VALUE},
	{"info", COURTESY}, {"infos", COURTESY}, {"is", COURTESY | VALUE},
	{"ist", COURTESY | VALUE}, {"it", COURTESY | VALUE}, {"its", VALUE}, {"ja", YES},
	{"jaar", VALUE}, {"jahr", VALUE}, {"jahre", VALUE}, {"jan", VALUE}, {"janeiro", VALUE},
	{"januar", VALUE}, {"januari", VALUE}, {"january", VALUE}, {"janvier", VALUE},
	{"jawohl", YES}, {"je", COURTESY}, {"jedoch", BUT}, {"jep", YES}, {"jeudi", VALUE},
	{"jij", COURTESY}, {"jo", YES}, {"jour", COURTESY}, {"journee", LEAVE}, {"jueves", VALUE},
	{"juillet", VALUE}, {"juin", VALUE}, {"jul", VALUE}, {"julho", VALUE}, {"juli", VALUE},
	{"julio", VALUE}, {"jullie", COURTESY}, {"july", VALUE}, {"jun", VALUE}, {"june", VALUE},
	{"junho", VALUE}, {"juni", VALUE}, {"junio", VALUE}, {"jup", YES}, {"just", COURTESY},
	{"k", ASSENT}, {"kg", VALUE}, {"kind", COURTESY}, {"kindly", COURTESY}, {"kk", ASSENT},
	{"klar", ASSENT}, {"klasse", ASSENT}, {"km", VALUE}, {"l", COURTESY}, {"la", COURTESY},
	{"later", LEAVE}, {"le", VALUE}, {"lembrete", ALERT}, {"lg", COURTESY}, {"lieb", COURTESY},
	{"lieve", COURTESY}, {"listo", ASSENT}, {"logo", LEAVE}, {"los", VALUE}, {"losch", CANCEL},
	{"losche", CANCEL}, {"loschen", CANCEL}, {"lot", COURTESY}, {"love", COURTESY},
	{"lovely", ASSENT}, {"luego", LEAVE}, {"lundi", VALUE}, {"lunes", VALUE},
	{"maandag", VALUE}, {"maanden", VALUE}, {"maar", LINK | BUT}, {"maart", VALUE},
	{"mai", VALUE}, {"maio", VALUE}, {"mais", LINK | BUT}, {"man", COURTESY}, {"manana", VALUE},
	{"many", COURTESY}, {"mar", VALUE}, {"march", VALUE}, {"marco", VALUE}, {"mardi", VALUE},
	{"mars", VALUE}, {"martes", VALUE}, {"marz", VALUE}, {"marzo", VALUE}, {"mas", LINK | BUT},
	{"mate", COURTESY}, {"may", VALUE}, {"mayo", VALUE}, {"mei", VALUE}, {"melding", ALERT},
	{"meldingen", ALERT}, {"merci", THANKS | COURTESY}, {"mercredi", VALUE}, {"mersi", THANKS},
	{"meses", VALUE}, {"mesmo", COURTESY}, {"mfg", COURTESY}, {"miercoles", VALUE},
	{"mil", COURTESY}, {"mind", RELIEF}, {"mittwoch", VALUE}, {"moin", COURTESY},
	{"mois", VALUE}, {"monate", VALUE}, {"monday", VALUE}, {"montag", VALUE}, {"month", VALUE},
	{"months", VALUE}, {"mooi", ASSENT}, {"morgen", VALUE}, {"msm", COURTESY},
	{"much", COURTESY}, {"muchas", COURTESY}, {"muchisimas", COURTESY}, {"muita", COURTESY},
	{"muitas", COURTESY}, {"muito", COURTESY}, {"nachste", VALUE}, {"nachsten", VALUE},
	{"nachster", VALUE}, {"naechste", VALUE}, {"nah", NO}, {"nao", NO}, {"naturlich", YES},
	{"natuurlijk", YES}, {"nd", VALUE}, {"ne", NO}, {"nee", NO}, {"needed", CANCEL},
	{"nein", NO}, {"never", RELIEF}, {"next", VALUE}, {"nice", ASSENT}, {"no", NO | VALUE},
	{"noch", COURTESY}, {"noche", LEAVE}, {"nochmal", COURTESY}, {"nochmals", COURTESY},
	{"nodig", CANCEL}, {"nog", COURTESY}, {"noite", COURTESY}, {"non", NO}, {"nop", NO},
	{"nope", NO}, {"noted", ASSENT}, {"notificacao", ALERT}, {"notificacion", ALERT},
	{"notification", ALERT}, {"notifications", ALERT}, {"nov", VALUE}, {"november", VALUE},
	{"novembre", VALUE}, {"novembro", VALUE}, {"noviembre", VALUE}, {"now", COURTESY},
	{"nr", VALUE}, {"number", VALUE}, {"numero", VALUE}, {"nummer", VALUE},
	{"o", COURTESY | VALUE}, {"obg", THANKS}, {"obrigada", THANKS}, {"obrigado", THANKS},
	{"oclock", VALUE}, {"oct", VALUE}, {"october", VALUE}, {"octobre", VALUE},
	{"octubre", VALUE}, {"oder", LINK}, {"oh", COURTESY}, {"ok", ASSENT}, {"okay", ASSENT},
	{"oke", ASSENT}, {"okey", ASSENT}, {"okidoki", ASSENT}, {"oktober", VALUE},
	{"ola", COURTESY}, {"om", VALUE}, {"on", VALUE}, {"onde", ASKS}, {"ook", LINK},
	{"op", VALUE}, {"or", LINK}, {"order", VALUE}, {"ou", LINK}, {"ouais", YES}, {"oui", YES},
	{"outubro", VALUE}, {"parfait", ASSENT}, {"partir", VALUE}, {"passt", ASSENT},
	{"pedido", VALUE}, {"pela", COURTESY}, {"pelo", COURTESY}, {"per", VALUE},
	{"perfect", ASSENT}, {"perfecto", ASSENT}, {"perfeita", ASSENT}, {"perfeito", ASSENT},
	{"perfekt", ASSENT}, {"pero", LINK | BUT}, {"please", YES}, {"pls", YES}, {"plz", YES},
	{"pm", VALUE}, {"por", COURTESY}, {"porem", BUT}, {"pour", COURTESY},
	{"prettige", COURTESY}, {"prima", ASSENT}, {"probleem", RELIEF}, {"problem", RELIEF},
	{"problema", RELIEF}, {"probleme", RELIEF}, {"prochain", VALUE}, {"prochaine", VALUE},
	{"proxima", VALUE}, {"proximo", VALUE}, {"qual", ASKS}, {"quand", ASKS}, {"quando", ASKS},
	{"quarta", VALUE}, {"que", COURTESY}, {"quel", ASKS}, {"quelle", ASKS}, {"quem", ASKS},
	{"qui", ASKS}, {"quien", ASKS}, {"quinta", VALUE}, {"quita", CANCEL}, {"quitar", CANCEL},
	{"quite", CANCEL}, {"rappel", ALERT}, {"rasche", COURTESY}, {"rd", VALUE},
	{"reactie", COURTESY}, {"really", COURTESY}, {"recordatorio", ALERT}, {"regards", COURTESY},
	{"regle", ASSENT}, {"reminder", ALERT}, {"reminders", ALERT}, {"remova", CANCEL},
	{"remove", CANCEL}, {"remover", CANCEL}, {"reponse", COURTESY}, {"resolvido", ASSENT},
	{"resuelto", ASSENT}, {"retirar", CANCEL}, {"retire", CANCEL}, {"revoir", LEAVE},
	{"right", ASSENT}, {"rond", VALUE}, {"rund", VALUE}, {"sabado", VALUE},
	{"saludos", COURTESY}, {"samedi", VALUE}, {"samstag", VALUE}, {"saturday", VALUE},
	{"schnelle", COURTESY}, {"schoen", COURTESY}, {"schon", COURTESY}, {"schone", COURTESY},
	{"schonen", LEAVE | COURTESY}, {"schonenabend", LEAVE}, {"schoner", COURTESY},
	{"schones", LEAVE | COURTESY}, {"scrap", CANCEL}, {"see", COURTESY}, {"segunda", VALUE},
	{"sehr", COURTESY}, {"semana", LEAVE}, {"sep", VALUE}, {"sept", VALUE},
	{"september", VALUE}, {"septembre", VALUE}, {"septiembre", VALUE}, {"servus", LEAVE},
	{"setembro", VALUE}, {"settled", ASSENT}, {"sexta", VALUE}, {"si", YES}, {"sim", YES},
	{"snelle", COURTESY}, {"so", COURTESY}, {"sofort", VALUE}, {"soiree", LEAVE},
	{"sonntag", VALUE}, {"soon", LEAVE}, {"sorted", ASSENT}, {"sounds", ASSENT}, {"st", VALUE},
	{"stockalert", ALERT}, {"stop", CANCEL}, {"stopzetten", CANCEL}, {"storniere", CANCEL},
	{"stornieren", CANCEL}, {"storniert", CANCEL}, {"straks", COURTESY}, {"stress", RELIEF},
	{"stunde", VALUE}, {"stunden", VALUE}, {"su", COURTESY}, {"sunday", VALUE},
	{"super", ASSENT}, {"supprime", CANCEL}, {"supprimer", CANCEL}, {"supprimez", CANCEL},
	{"sure", YES}, {"svp", YES}, {"ta", THANKS}, {"tag", COURTESY}, {"tambem", LINK},
	{"tambien", LINK}, {"tanks", THANKS}, {"tchau", LEAVE}, {"te", COURTESY},
	{"team", COURTESY}, {"terca", VALUE}, {"th", VALUE}, {"thank", THANKS}, {"thanks", THANKS},
	{"thankyou", THANKS}, {"thanx", THANKS}, {"that", COURTESY}, {"the", COURTESY | VALUE},
	{"then", COURTESY}, {"this", COURTESY}, {"thursday", VALUE}, {"thx", THANKS},
	{"ticket", COURTESY}, {"to", COURTESY}, {"toda", COURTESY}, {"todas", ALL},
	{"today", COURTESY}, {"todo", COURTESY | ALL}, {"todos", ALL}, {"toll", ASSENT},
	{"tomorrow", VALUE}, {"ton", COURTESY}, {"too", COURTESY}, {"top", ASSENT},
	{"tot", COURTESY}, {"tous", ALL}, {"tout", COURTESY | ALL}, {"toutes", ALL},
	{"truly", COURTESY}, {"tschau", LEAVE}, {"tschuss", LEAVE}, {"tu", COURTESY},
	{"tudo", COURTESY | ALL}, {"tuesday", VALUE}, {"ty", THANKS}, {"u", COURTESY},
	{"uhr", VALUE}, {"um", VALUE}, {"und", COURTESY | LINK}, {"understood", ASSENT},
	{"undo", CANCEL}, {"uur", VALUE}, {"vale", ASSENT}, {"van", VALUE}, {"vanaf", VALUE},
	{"vendredi", VALUE}, {"vers", VALUE}, {"verwijder", CANCEL}, {"verwijderen", CANCEL},
	{"very", COURTESY}, {"viele", COURTESY}, {"vielen", COURTESY}, {"vielmals", COURTESY},
	{"viernes", VALUE}, {"volgende", VALUE}, {"voor", COURTESY}, {"voorraadmelding", ALERT},
	{"votre", COURTESY}, {"vous", COURTESY}, {"vrijdag", VALUE}, {"waar", ASKS},
	{"waarschuwing", ALERT}, {"wann", ASKS}, {"wanneer", ASKS}, {"war", VALUE},
	{"was", COURTESY}, {"we", COURTESY}, {"wednesday", VALUE}, {"weekeinde", LEAVE},
	{"weekend", LEAVE}, {"wel", COURTESY}, {"welche", ASKS}, {"welcher", ASKS},
	{"welches", ASKS}, {"welke", ASKS}, {"wer", ASKS}, {"when", ASKS}, {"where", ASKS},
	{"which", ASKS}, {"who", ASKS}, {"wie", ASKS}, {"wiederhoren", COURTESY},
	{"wiedersehen", COURTESY}, {"wissen", CANCEL}, {"wo", ASKS}, {"wochenende", LEAVE},
	{"woensdag", VALUE}, {"wonderful", ASSENT}, {"worries", RELIEF}, {"worry", RELIEF},
	{"wunderbar", ASSENT}, {"x", COURTESY}, {"xx", COURTESY}, {"xxx", COURTESY},
	{"y", COURTESY | LINK}, {"yay", ASSENT}, {"yeah", YES}, {"year", VALUE}, {"years", VALUE},
	{"yep", YES}, {"yes", YES}, {"you", COURTESY}, {"your", COURTESY}, {"yrs", VALUE},
	{"yup", YES}, {"zaterdag", VALUE}, {"zeer", COURTESY}, {"zondag", VALUE},
};

static int
compare_word(const void *word, const void *entry)
{
	return strcmp(word, ((const Known *) entry)->word);
}

/* A number is a value; a word beyond the table does nothing. */
static unsigned
classes_of(const LlmWord *word)
{
	char		text[LONGEST + 1];
	const Known *found;

	if (word->is_number)
		return VALUE;
	if (word->length > LONGEST)
		return 0;
	for (int i = 0; i < word->length; i++)
	{
		if (word->letters[i] > 0x7f)
			return 0;
		text[i] = word->letters[i];
	}
	text[word->length] = '\0';
	found = bsearch(text, known, lengthof(known), sizeof(Known), compare_word);
	return found ? found->classes : 0;
}

/* Stops early: what is long is never about its small words alone. */
AgentsReading
agents_words_read(const char *text, int most_words)
{
	LlmWordScan scan = {(const unsigned char *) text, (const unsigned char *) text + strlen(text)};
	AgentsReading reading = {0};
	LlmWord		word;
	LlmWordEnd	after = LLM_WORD_GOES_ON;

	while (reading.words < most_words)
	{
		bool		is_first = reading.words == 0 || after != LLM_WORD_GOES_ON ||
			(reading.classes & (THANKS | ASSENT)) != 0;
		unsigned	classes;

		if (!llm_word_next(&scan, &word, &after))
			break;
		classes = classes_of(&word);
		if (reading.leading == reading.words++)
		{
			reading.is_linked |= is_first && (classes & LINK) != 0;
			reading.leading += (classes & OF_CLOSING) != 0;
		}
		reading.of_closing += (classes & (OF_CLOSING | BUT)) != 0;
		reading.is_open = (classes & BUT) != 0;
		reading.of_answer += (classes & OF_ANSWER) != 0;
		reading.of_value += (classes & VALUE) != 0;
		reading.classes |= classes;
		reading.is_question |= after == LLM_WORD_ENDS_QUESTION;
	}
	return reading;
}

bool
agents_words_is_closing(const AgentsReading *reading)
{
	return reading->words > 0 && reading->words <= AGENTS_WORDS_CLOSING && reading->of_closing == reading->words &&
		!reading->is_question && !reading->is_open && (reading->classes & (THANKS | ASSENT | LEAVE | RELIEF)) != 0 &&
		((reading->classes & NO) == 0 || (reading->classes & (THANKS | RELIEF)) != 0);
}

bool
agents_words_is_short_question(const AgentsReading *reading)
{
	return reading->is_question && reading->words <= reading->leading + FOLLOW_UP_WORDS;
}

const char *
agents_words_behind_closing(const char *text, bool *is_contrary)
{
	LlmWordScan scan = {(const unsigned char *) text, (const unsigned char *) text + strlen(text)};
	const char *behind = text;
	LlmWord		word;
	LlmWordEnd	after;

	*is_contrary = false;
	for (;;)
	{
		const char *start = (const char *) scan.at;
		unsigned	classes = llm_word_next(&scan, &word, &after) ? classes_of(&word) : 0;

		if (classes & (THANKS | ASSENT | LEAVE))
			behind = (const char *) scan.at;
		*is_contrary = (classes & BUT) != 0 && behind != text;
		if (*is_contrary || (classes & OF_CLOSING) == 0)
			return *is_contrary ? start : behind;
	}
}
