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

#define OF_CLOSING (THANKS | ASSENT | LEAVE | RELIEF | NO | COURTESY)
#define OF_ANSWER (THANKS | ASSENT | YES | NO | COURTESY)

/* No word of the table is longer. */
#define LONGEST 20

typedef struct Known
{
	const char *word;
	unsigned	classes;
} Known;

static const Known known[] = {
	{"a", good goed bom boa fijn COURTESY | VALUE}, {"ab", VALUE}, {"abbestellen", CANCEL},
	{"abbrechen", CANCEL}, {"abend", schonen schones schonenabend LEAVE},
	{"abends", schonen schones schonenabend LEAVE}, {"aber", LINK}, {"abmelden", CANCEL},
	{"about", VALUE}, {"abraco", good goed bom boa fijn COURTESY},
	{"abracos", good goed bom boa fijn COURTESY}, {"abril", VALUE}, {"absolutely", YES},
	{"accord", ASSENT}, {"ace", ASSENT}, {"adios", schonen schones schonenabend LEAVE},
	{"again", good goed bom boa fijn COURTESY}, {"agosto", VALUE},
	{"ah", good goed bom boa fijn COURTESY}, {"aide", good goed bom boa fijn COURTESY},
	{"ajuda", good goed bom boa fijn COURTESY}, {"akkoord", ASSENT}, {"alarm", ALERT},
	{"alarme", ALERT}, {"alarms", ALERT}, {"alert", ALERT}, {"alerta", ALERT}, {"alertas", ALERT},
	{"alerte", ALERT}, {"alertes", ALERT}, {"alerts", ALERT},
	{"all", good goed bom boa fijn COURTESY | ALL},
	{"alle", good goed bom boa fijn COURTESY | ALL}, {"alles", ASSENT | ALL},
	{"alright", ASSENT | good goed bom boa fijn COURTESY}, {"also", LINK},
	{"alvast", good goed bom boa fijn COURTESY}, {"am", VALUE},
	{"amable", good goed bom boa fijn COURTESY}, {"amanha", VALUE},
	{"and", good goed bom boa fijn COURTESY | LINK}, {"annule", CANCEL}, {"annuleer", CANCEL},
	{"annuler", CANCEL}, {"annuleren", CANCEL}, {"annulez", CANCEL}, {"anos", VALUE},
	{"ans", VALUE}, {"antwort", good goed bom boa fijn COURTESY}, {"anula", CANCEL},
	{"anular", CANCEL}, {"anule", CANCEL}, {"aout", VALUE}, {"apagar", CANCEL},
	{"apague", CANCEL}, {"appreciate", good goed bom boa fijn COURTESY},
	{"appreciated", good goed bom boa fijn COURTESY}, {"apr", VALUE}, {"april", VALUE},
	{"are", good goed bom boa fijn COURTESY}, {"around", VALUE}, {"arreter", CANCEL},
	{"arretez", CANCEL}, {"as", VALUE}, {"at", VALUE},
	{"ate", schonen schones schonenabend LEAVE}, {"auch", LINK}, {"aug", VALUE},
	{"august", VALUE}, {"augustus", VALUE}, {"auskunft", good goed bom boa fijn COURTESY},
	{"aussi", LINK}, {"aviso", ALERT}, {"avisos", ALERT},
	{"avond", schonen schones schonenabend LEAVE}, {"avril", VALUE}, {"awesome", ASSENT},
	{"ayuda", good goed bom boa fijn COURTESY}, {"bald", schonen schones schonenabend LEAVE},
	{"bcp", good goed bom boa fijn COURTESY}, {"beaucoup", good goed bom boa fijn COURTESY},
	{"bedankt", THANKS}, {"beide", ALL}, {"beleza", ASSENT}, {"benachrichtigung", ALERT},
	{"benachrichtigungen", ALERT}, {"bericht", ALERT}, {"besoin", CANCEL},
	{"best", good goed bom boa fijn COURTESY}, {"bestandsalarm", ALERT}, {"bestellung", VALUE},
	{"bien", ASSENT | YES | good goed bom boa fijn COURTESY},
	{"bientot", schonen schones schonenabend LEAVE}, {"bis", schonen schones schonenabend LEAVE},
	{"bitte", YES}, {"blz", ASSENT}, {"boa", good goed bom boa fijn COURTESY},
	{"bom", good goed bom boa fijn COURTESY}, {"bon", good goed bom boa fijn COURTESY},
	{"bonjour", good goed bom boa fijn COURTESY}, {"bonne", good goed bom boa fijn COURTESY},
	{"borra", CANCEL}, {"borrar", CANCEL}, {"borre", CANCEL}, {"both", ALL}, {"brauche", CANCEL},
	{"brigada", THANKS}, {"brigado", THANKS}, {"brill", ASSENT}, {"brilliant", ASSENT},
	{"buen", good goed bom boa fijn COURTESY}, {"buena", good goed bom boa fijn COURTESY},
	{"buenas", good goed bom boa fijn COURTESY}, {"bueno", ASSENT}, {"but", LINK},
	{"bye", schonen schones schonenabend LEAVE}, {"byebye", schonen schones schonenabend LEAVE},
	{"c", good goed bom boa fijn COURTESY}, {"ca", VALUE},
	{"can", good goed bom boa fijn COURTESY}, {"cancel", CANCEL}, {"cancela", CANCEL},
	{"cancelar", CANCEL}, {"cancele", CANCEL}, {"cancelem", CANCEL}, {"cancelen", CANCEL},
	{"certo", ASSENT}, {"cest", VALUE}, {"cheers", THANKS},
	{"ciao", schonen schones schonenabend LEAVE}, {"circa", VALUE}, {"claro", ASSENT | YES},
	{"clear", ASSENT}, {"close", good goed bom boa fijn COURTESY}, {"cm", VALUE},
	{"commande", VALUE}, {"cool", ASSENT}, {"cordialement", good goed bom boa fijn COURTESY},
	{"cu", schonen schones schonenabend LEAVE}, {"d", good goed bom boa fijn COURTESY},
	{"daag", schonen schones schonenabend LEAVE}, {"dacord", ASSENT},
	{"dag", good goed bom boa fijn COURTESY}, {"dan", good goed bom boa fijn COURTESY},
	{"dank", THANKS}, {"danke", THANKS}, {"dankeschon", THANKS}, {"dankesehr", THANKS},
	{"dankje", THANKS}, {"dankjewel", THANKS}, {"dankuwel", THANKS},
	{"dann", good goed bom boa fijn COURTESY}, {"das", good goed bom boa fijn COURTESY | VALUE},
	{"day", good goed bom boa fijn COURTESY}, {"de", good goed bom boa fijn COURTESY | VALUE},
	{"dec", VALUE}, {"december", VALUE}, {"decembre", VALUE}, {"definitely", YES}, {"del", VALUE},
	{"delete", CANCEL}, {"dem", VALUE}, {"demain", VALUE},
	{"den", good goed bom boa fijn COURTESY | VALUE},
	{"der", good goed bom boa fijn COURTESY | VALUE}, {"des", VALUE}, {"desactivar", CANCEL},
	{"desactive", CANCEL}, {"desactiver", CANCEL}, {"desactivez", CANCEL}, {"desativar", CANCEL},
	{"desde", VALUE}, {"dezember", VALUE}, {"dezembro", VALUE},
	{"dia", good goed bom boa fijn COURTESY | VALUE}, {"dias", good goed bom boa fijn COURTESY},
	{"diciembre", VALUE}, {"die", good goed bom boa fijn COURTESY}, {"dienstag", VALUE},
	{"dimanche", VALUE}, {"dinsdag", VALUE}, {"dir", good goed bom boa fijn COURTESY},
	{"direct", VALUE}, {"doei", schonen schones schonenabend LEAVE}, {"domingo", VALUE},
	{"donderdag", VALUE}, {"done", good goed bom boa fijn COURTESY}, {"donnerstag", VALUE},
	{"drop", CANCEL}, {"du", VALUE}, {"duidelijk", ASSENT},
	{"e", good goed bom boa fijn COURTESY | LINK | VALUE},
	{"el", good goed bom boa fijn COURTESY | VALUE}, {"elimina", CANCEL}, {"eliminar", CANCEL},
	{"elimine", CANCEL}, {"en", good goed bom boa fijn COURTESY | LINK},
	{"encore", good goed bom boa fijn COURTESY}, {"enero", VALUE}, {"entendido", ASSENT},
	{"entendu", ASSENT}, {"entferne", CANCEL}, {"entfernen", CANCEL}, {"environ", VALUE},
	{"erg", good goed bom boa fijn COURTESY}, {"erinnerung", ALERT}, {"erledigt", ASSENT},
	{"es", VALUE}, {"est", good goed bom boa fijn COURTESY},
	{"et", good goed bom boa fijn COURTESY | LINK}, {"euch", good goed bom boa fijn COURTESY},
	{"eur", VALUE}, {"euro", VALUE}, {"euros", VALUE},
	{"evening", schonen schones schonenabend LEAVE},
	{"everyone", good goed bom boa fijn COURTESY}, {"everything", ALL}, {"excelente", ASSENT},
	{"excellent", ASSENT}, {"favor", YES}, {"feb", VALUE}, {"febrero", VALUE}, {"februar", VALUE},
	{"februari", VALUE}, {"february", VALUE}, {"feira", VALUE},
	{"felices", good goed bom boa fijn COURTESY}, {"feliz", good goed bom boa fijn COURTESY},
	{"fevereiro", VALUE}, {"fevrier", VALUE}, {"fijn", good goed bom boa fijn COURTESY},
	{"fijne", good goed bom boa fijn COURTESY}, {"fim", good goed bom boa fijn COURTESY},
	{"fin", good goed bom boa fijn COURTESY}, {"fine", ASSENT},
	{"for", good goed bom boa fijn COURTESY}, {"forget", CANCEL}, {"freitag", VALUE},
	{"friday", VALUE}, {"from", VALUE}, {"fuer", good goed bom boa fijn COURTESY},
	{"fur", good goed bom boa fijn COURTESY}, {"gegen", VALUE}, {"geht", ASSENT},
	{"genial", ASSENT}, {"gentil", good goed bom boa fijn COURTESY}, {"geregeld", ASSENT},
	{"gern", ASSENT}, {"gerne", ASSENT}, {"gleich", schonen schones schonenabend LEAVE},
	{"goed", good goed bom boa fijn COURTESY}, {"goede", good goed bom boa fijn COURTESY},
	{"good", good goed bom boa fijn COURTESY}, {"goodbye", schonen schones schonenabend LEAVE},
	{"gotcha", ASSENT}, {"graag", YES}, {"gracias", THANKS}, {"grazie", THANKS},
	{"great", ASSENT}, {"groet", good goed bom boa fijn COURTESY},
	{"groeten", good goed bom boa fijn COURTESY}, {"groetjes", good goed bom boa fijn COURTESY},
	{"gruesse", good goed bom boa fijn COURTESY}, {"gruss", good goed bom boa fijn COURTESY},
	{"grusse", good goed bom boa fijn COURTESY}, {"gut", ASSENT},
	{"guys", good goed bom boa fijn COURTESY}, {"h", VALUE},
	{"hallo", good goed bom boa fijn COURTESY}, {"hasta", schonen schones schonenabend LEAVE},
	{"have", good goed bom boa fijn COURTESY}, {"heel", good goed bom boa fijn COURTESY},
	{"helder", ASSENT}, {"hello", good goed bom boa fijn COURTESY},
	{"help", good goed bom boa fijn COURTESY}, {"herinnering", ALERT},
	{"herzlich", good goed bom boa fijn COURTESY},
	{"herzlichen", good goed bom boa fijn COURTESY},
	{"het", good goed bom boa fijn COURTESY | VALUE}, {"heure", VALUE}, {"heures", VALUE},
	{"heute", good goed bom boa fijn COURTESY}, {"hey", good goed bom boa fijn COURTESY},
	{"hi", good goed bom boa fijn COURTESY}, {"hilfe", good goed bom boa fijn COURTESY},
	{"hoi", good goed bom boa fijn COURTESY}, {"hoje", good goed bom boa fijn COURTESY},
	{"hola", good goed bom boa fijn COURTESY}, {"hoor", good goed bom boa fijn COURTESY},
	{"hora", VALUE}, {"horas", VALUE}, {"hour", VALUE}, {"hours", VALUE},
	{"hoy", good goed bom boa fijn COURTESY}, {"hrs", VALUE}, {"hs", VALUE},
	{"hulp", good goed bom boa fijn COURTESY}, {"i", good goed bom boa fijn COURTESY},
	{"ihnen", good goed bom boa fijn COURTESY}, {"immediately", VALUE},
	{"info", good goed bom boa fijn COURTESY}, {"infos", good goed bom boa fijn COURTESY},
	{"is", good goed bom boa fijn COURTESY | VALUE},
	{"ist", good goed bom boa fijn COURTESY | VALUE},
	{"it", good goed bom boa fijn COURTESY | VALUE}, {"its", VALUE}, {"ja", YES}, {"jaar", VALUE},
	{"jahr", VALUE}, {"jahre", VALUE}, {"jan", VALUE}, {"janeiro", VALUE}, {"januar", VALUE},
	{"januari", VALUE}, {"january", VALUE}, {"janvier", VALUE}, {"jawohl", YES},
	{"je", good goed bom boa fijn COURTESY}, {"jep", YES}, {"jeudi", VALUE},
	{"jij", good goed bom boa fijn COURTESY}, {"jo", YES},
	{"jour", good goed bom boa fijn COURTESY}, {"journee", schonen schones schonenabend LEAVE},
	{"jueves", VALUE}, {"juillet", VALUE}, {"juin", VALUE}, {"jul", VALUE}, {"julho", VALUE},
	{"juli", VALUE}, {"julio", VALUE}, {"jullie", good goed bom boa fijn COURTESY},
	{"july", VALUE}, {"jun", VALUE}, {"june", VALUE}, {"junho", VALUE}, {"juni", VALUE},
	{"junio", VALUE}, {"jup", YES}, {"just", good goed bom boa fijn COURTESY}, {"k", ASSENT},
	{"kg", VALUE}, {"kind", good goed bom boa fijn COURTESY},
	{"kindly", good goed bom boa fijn COURTESY}, {"kk", ASSENT}, {"klar", ASSENT},
	{"klasse", ASSENT}, {"km", VALUE}, {"l", good goed bom boa fijn COURTESY},
	{"la", good goed bom boa fijn COURTESY}, {"later", schonen schones schonenabend LEAVE},
	{"le", VALUE}, {"lembrete", ALERT}, {"lg", good goed bom boa fijn COURTESY},
	{"lieb", good goed bom boa fijn COURTESY}, {"lieve", good goed bom boa fijn COURTESY},
	{"listo", ASSENT}, {"logo", schonen schones schonenabend LEAVE}, {"los", VALUE},
	{"losch", CANCEL}, {"losche", CANCEL}, {"loschen", CANCEL},
	{"lot", good goed bom boa fijn COURTESY}, {"love", good goed bom boa fijn COURTESY},
	{"lovely", ASSENT}, {"luego", schonen schones schonenabend LEAVE}, {"lundi", VALUE},
	{"lunes", VALUE}, {"maandag", VALUE}, {"maanden", VALUE}, {"maar", LINK}, {"maart", VALUE},
	{"mai", VALUE}, {"maio", VALUE}, {"mais", LINK}, {"man", good goed bom boa fijn COURTESY},
	{"manana", VALUE}, {"many", good goed bom boa fijn COURTESY}, {"mar", VALUE},
	{"march", VALUE}, {"marco", VALUE}, {"mardi", VALUE}, {"mars", VALUE}, {"martes", VALUE},
	{"marz", VALUE}, {"marzo", VALUE}, {"mas", LINK}, {"mate", good goed bom boa fijn COURTESY},
	{"may", VALUE}, {"mayo", VALUE}, {"mei", VALUE}, {"melding", ALERT}, {"meldingen", ALERT},
	{"merci", THANKS | good goed bom boa fijn COURTESY}, {"mercredi", VALUE}, {"mersi", THANKS},
	{"meses", VALUE}, {"mesmo", good goed bom boa fijn COURTESY},
	{"mfg", good goed bom boa fijn COURTESY}, {"miercoles", VALUE},
	{"mil", good goed bom boa fijn COURTESY}, {"mind", RELIEF}, {"mittwoch", VALUE},
	{"moin", good goed bom boa fijn COURTESY}, {"mois", VALUE}, {"monate", VALUE},
	{"monday", VALUE}, {"montag", VALUE}, {"month", VALUE}, {"months", VALUE}, {"mooi", ASSENT},
	{"morgen", VALUE}, {"msm", good goed bom boa fijn COURTESY},
	{"much", good goed bom boa fijn COURTESY}, {"muchas", good goed bom boa fijn COURTESY},
	{"muchisimas", good goed bom boa fijn COURTESY}, {"muita", good goed bom boa fijn COURTESY},
	{"muitas", good goed bom boa fijn COURTESY}, {"muito", good goed bom boa fijn COURTESY},
	{"nachste", VALUE}, {"nachsten", VALUE}, {"nachster", VALUE}, {"naechste", VALUE},
	{"nah", NO}, {"nao", NO}, {"naturlich", YES}, {"natuurlijk", YES}, {"nd", VALUE}, {"ne", NO},
	{"nee", NO}, {"needed", CANCEL}, {"nein", NO}, {"never", RELIEF}, {"next", VALUE},
	{"nice", ASSENT}, {"no", NO | VALUE}, {"noch", good goed bom boa fijn COURTESY},
	{"noche", schonen schones schonenabend LEAVE}, {"nochmal", good goed bom boa fijn COURTESY},
	{"nochmals", good goed bom boa fijn COURTESY}, {"nodig", CANCEL},
	{"nog", good goed bom boa fijn COURTESY}, {"noite", good goed bom boa fijn COURTESY},
	{"non", NO}, {"nop", NO}, {"nope", NO}, {"noted", ASSENT}, {"notificacao", ALERT},
	{"notificacion", ALERT}, {"notification", ALERT}, {"notifications", ALERT}, {"nov", VALUE},
	{"november", VALUE}, {"novembre", VALUE}, {"novembro", VALUE}, {"noviembre", VALUE},
	{"now", good goed bom boa fijn COURTESY}, {"nr", VALUE}, {"number", VALUE}, {"numero", VALUE},
	{"nummer", VALUE}, {"o", good goed bom boa fijn COURTESY | VALUE}, {"obg", THANKS},
	{"obrigada", THANKS}, {"obrigado", THANKS}, {"oclock", VALUE}, {"oct", VALUE},
	{"october", VALUE}, {"octobre", VALUE}, {"octubre", VALUE}, {"oder", LINK},
	{"oh", good goed bom boa fijn COURTESY}, {"ok", ASSENT}, {"okay", ASSENT}, {"oke", ASSENT},
	{"okey", ASSENT}, {"okidoki", ASSENT}, {"oktober", VALUE},
	{"ola", good goed bom boa fijn COURTESY}, {"om", VALUE}, {"on", VALUE}, {"ook", LINK},
	{"op", VALUE}, {"or", LINK}, {"order", VALUE}, {"ou", LINK}, {"ouais", YES}, {"oui", YES},
	{"outubro", VALUE}, {"parfait", ASSENT}, {"partir", VALUE}, {"passt", ASSENT},
	{"pedido", VALUE}, {"pela", good goed bom boa fijn COURTESY},
	{"pelo", good goed bom boa fijn COURTESY}, {"per", VALUE}, {"perfect", ASSENT},
	{"perfecto", ASSENT}, {"perfeita", ASSENT}, {"perfeito", ASSENT}, {"perfekt", ASSENT},
	{"pero", LINK}, {"please", YES}, {"pls", YES}, {"plz", YES}, {"pm", VALUE},
	{"por", good goed bom boa fijn COURTESY}, {"pour", good goed bom boa fijn COURTESY},
	{"prettige", good goed bom boa fijn COURTESY}, {"prima", ASSENT}, {"probleem", RELIEF},
	{"problem", RELIEF}, {"problema", RELIEF}, {"probleme", RELIEF}, {"prochain", VALUE},
	{"prochaine", VALUE}, {"proxima", VALUE}, {"proximo", VALUE}, {"quarta", VALUE},
	{"que", good goed bom boa fijn COURTESY}, {"quinta", VALUE}, {"quita", CANCEL},
	{"quitar", CANCEL}, {"quite", CANCEL}, {"rappel", ALERT},
	{"rasche", good goed bom boa fijn COURTESY}, {"rd", VALUE},
	{"reactie", good goed bom boa fijn COURTESY}, {"really", good goed bom boa fijn COURTESY},
	{"recordatorio", ALERT}, {"regards", good goed bom boa fijn COURTESY}, {"regle", ASSENT},
	{"reminder", ALERT}, {"reminders", ALERT}, {"remova", CANCEL}, {"remove", CANCEL},
	{"remover", CANCEL}, {"reponse", good goed bom boa fijn COURTESY}, {"resolvido", ASSENT},
	{"resuelto", ASSENT}, {"retirar", CANCEL}, {"retire", CANCEL},
	{"revoir", schonen schones schonenabend LEAVE}, {"right", ASSENT}, {"rond", VALUE},
	{"rund", VALUE}, {"sabado", VALUE}, {"saludos", good goed bom boa fijn COURTESY},
	{"samedi", VALUE}, {"samstag", VALUE}, {"saturday", VALUE},
	{"schnelle", good goed bom boa fijn COURTESY}, {"schoen", good goed bom boa fijn COURTESY},
	{"schon", good goed bom boa fijn COURTESY}, {"schone", good goed bom boa fijn COURTESY},
	{"schonen", schonen schones schonenabend LEAVE | good goed bom boa fijn COURTESY},
	{"schonenabend", schonen schones schonenabend LEAVE},
	{"schoner", good goed bom boa fijn COURTESY},
	{"schones", schonen schones schonenabend LEAVE | good goed bom boa fijn COURTESY},
	{"scrap", CANCEL}, {"see", good goed bom boa fijn COURTESY}, {"segunda", VALUE},
	{"sehr", good goed bom boa fijn COURTESY}, {"semana", schonen schones schonenabend LEAVE},
	{"sep", VALUE}, {"sept", VALUE}, {"september", VALUE}, {"septembre", VALUE},
	{"septiembre", VALUE}, {"servus", schonen schones schonenabend LEAVE}, {"setembro", VALUE},
	{"settled", ASSENT}, {"sexta", VALUE}, {"si", YES}, {"sim", YES},
	{"snelle", good goed bom boa fijn COURTESY}, {"so", good goed bom boa fijn COURTESY},
	{"sofort", VALUE}, {"soiree", schonen schones schonenabend LEAVE}, {"sonntag", VALUE},
	{"soon", schonen schones schonenabend LEAVE}, {"sorted", ASSENT}, {"sounds", ASSENT},
	{"st", VALUE}, {"stockalert", ALERT}, {"stop", CANCEL}, {"stopzetten", CANCEL},
	{"storniere", CANCEL}, {"stornieren", CANCEL}, {"storniert", CANCEL},
	{"straks", good goed bom boa fijn COURTESY}, {"stress", RELIEF}, {"stunde", VALUE},
	{"stunden", VALUE}, {"su", good goed bom boa fijn COURTESY}, {"sunday", VALUE},
	{"super", ASSENT}, {"supprime", CANCEL}, {"supprimer", CANCEL}, {"supprimez", CANCEL},
	{"sure", YES}, {"svp", YES}, {"ta", THANKS}, {"tag", good goed bom boa fijn COURTESY},
	{"tambem", LINK}, {"tambien", LINK}, {"tanks", THANKS},
	{"tchau", schonen schones schonenabend LEAVE}, {"te", good goed bom boa fijn COURTESY},
	{"team", good goed bom boa fijn COURTESY}, {"terca", VALUE}, {"th", VALUE}, {"thank", THANKS},
	{"thanks", THANKS}, {"thankyou", THANKS}, {"thanx", THANKS},
	{"that", good goed bom boa fijn COURTESY}, {"the", good goed bom boa fijn COURTESY | VALUE},
	{"then", good goed bom boa fijn COURTESY}, {"this", good goed bom boa fijn COURTESY},
	{"thursday", VALUE}, {"thx", THANKS}, {"ticket", good goed bom boa fijn COURTESY},
	{"to", good goed bom boa fijn COURTESY}, {"toda", good goed bom boa fijn COURTESY},
	{"todas", ALL}, {"today", good goed bom boa fijn COURTESY},
	{"todo", good goed bom boa fijn COURTESY | ALL}, {"todos", ALL}, {"toll", ASSENT},
	{"tomorrow", VALUE}, {"ton", good goed bom boa fijn COURTESY},
	{"too", good goed bom boa fijn COURTESY}, {"top", ASSENT},
	{"tot", good goed bom boa fijn COURTESY}, {"tous", ALL},
	{"tout", good goed bom boa fijn COURTESY | ALL}, {"toutes", ALL},
	{"truly", good goed bom boa fijn COURTESY}, {"tschau", schonen schones schonenabend LEAVE},
	{"tschuss", schonen schones schonenabend LEAVE}, {"tu", good goed bom boa fijn COURTESY},
	{"tudo", good goed bom boa fijn COURTESY | ALL}, {"tuesday", VALUE}, {"ty", THANKS},
	{"u", good goed bom boa fijn COURTESY}, {"uhr", VALUE}, {"um", VALUE},
	{"und", good goed bom boa fijn COURTESY | LINK}, {"understood", ASSENT}, {"undo", CANCEL},
	{"uur", VALUE}, {"vale", ASSENT}, {"van", VALUE}, {"vanaf", VALUE}, {"vendredi", VALUE},
	{"vers", VALUE}, {"verwijder", CANCEL}, {"verwijderen", CANCEL},
	{"very", good goed bom boa fijn COURTESY}, {"viele", good goed bom boa fijn COURTESY},
	{"vielen", good goed bom boa fijn COURTESY}, {"vielmals", good goed bom boa fijn COURTESY},
	{"viernes", VALUE}, {"volgende", VALUE}, {"voor", good goed bom boa fijn COURTESY},
	{"voorraadmelding", ALERT}, {"votre", good goed bom boa fijn COURTESY},
	{"vous", good goed bom boa fijn COURTESY}, {"vrijdag", VALUE}, {"waarschuwing", ALERT},
	{"war", VALUE}, {"was", good goed bom boa fijn COURTESY},
	{"we", good goed bom boa fijn COURTESY}, {"wednesday", VALUE},
	{"weekeinde", schonen schones schonenabend LEAVE},
	{"weekend", schonen schones schonenabend LEAVE}, {"wel", good goed bom boa fijn COURTESY},
	{"wiederhoren", good goed bom boa fijn COURTESY},
	{"wiedersehen", good goed bom boa fijn COURTESY}, {"wissen", CANCEL},
	{"wochenende", schonen schones schonenabend LEAVE}, {"woensdag", VALUE},
	{"wonderful", ASSENT}, {"worries", RELIEF}, {"worry", RELIEF}, {"wunderbar", ASSENT},
	{"x", good goed bom boa fijn COURTESY}, {"xx", good goed bom boa fijn COURTESY},
	{"xxx", good goed bom boa fijn COURTESY}, {"y", good goed bom boa fijn COURTESY | LINK},
	{"yay", ASSENT}, {"yeah", YES}, {"year", VALUE}, {"years", VALUE}, {"yep", YES}, {"yes", YES},
	{"you", good goed bom boa fijn COURTESY}, {"your", good goed bom boa fijn COURTESY},
	{"yrs", VALUE}, {"yup", YES}, {"zaterdag", VALUE}, {"zeer", good goed bom boa fijn COURTESY},
	{"zondag", VALUE},
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
	LlmWordEnd	after;

	while (reading.words < most_words && llm_word_next(&scan, &word, &after))
	{
		unsigned	classes = classes_of(&word);

		if (reading.words++ == 0)
			reading.is_linked = (classes & LINK) != 0;
		reading.of_closing += (classes & OF_CLOSING) != 0;
		reading.of_answer += (classes & OF_ANSWER) != 0;
		reading.of_value += (classes & VALUE) != 0;
		reading.classes |= classes;
		reading.is_question |= after == LLM_WORD_ENDS_QUESTION;
	}
	return reading;
}
