/*
 * llm_lexicon_rows.c
 *	  The words that the lexicon knows: those that hold a sentence together, and
 *	  those that mean one thing in several languages.
 *
 * Read once per process by llm_lexicon.c.  Words are folded: small letters
 * without accents, as llm_word.c makes them.  "open*" stands for all words that
 * begin so, "*versand*" for all in which it stands, which compounds need.
 *
 * A row of meanings is what customers ask of any business, whatever it sells;
 * what one business sells is in its own rows of knowledge.
 */
#include "postgres.h"

#include "llm/llm_lexicon.h"

const LlmFillers llm_lexicon_fillers[] = {
	{"en",
	"until till a an the and or but if so to of in on at by for from with without "
	"into as than then too also just only even still yet is am are was were be been "
	"being do does did done doing have has had having can could may might must "
	"shall should will would i me my mine we us our ours you your yours u ur he him "
	"his she her hers it its they them their theirs this that these those there "
	"here what which who whom whose when where why how any some all both each every "
	"no not nor yes please pls hi hello hey dear thanks thank good morning "
	"afternoon evening day today tomorrow now sir madam guys guy want wanted like "
	"need know tell let get got give go going goes come make made take put see say "
	"one about out up down over again im ive id dont doesnt isnt cant whats hows "
	"wheres theres thing things something anything much many lot really very ok "
	"okay possible able question wondering wonder looking look accept takes sell "
	"sells buy offer use bring monday tuesday wednesday thursday friday saturday "
	"sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays weekend "
	"weekends"},
	{"de",
	"der die das den dem des ein eine einen einem einer eines und oder aber wenn ob "
	"so zu zum zur von vom in im an am auf aus bei beim mit nach ohne um uber unter "
	"vor fur bis als wie auch nur noch schon mal denn doch ja nein nicht kein keine "
	"keinen ist bin bist sind seid war waren ware sein habe hab hast hat haben habt "
	"hatte werden wird werde wurde wurden kann kannst konnen konnt konnte konnten "
	"darf durfen muss mussen soll sollte will wollen mochte mochten mag ich mir "
	"mich mein meine meinen meinem meiner du dir dich dein deine wir uns unser "
	"unsere ihr euch euer eure sie ihnen ihre ihren ihrem ihrer er ihm ihn es man "
	"dies diese dieser dieses diesen jetzt heute morgen was wer wen wem wo wohin "
	"woher wann warum wieso welche welcher welches welchen wieviel viel viele etwas "
	"alle alles gibt gibts geht gehen machen macht mache bekomme bekommen hallo hi "
	"guten tag bitte danke gern gerne sehr eigentlich da hier dort frage wissen "
	"sagen bzw nen ne sich einmal also dann gleich lange verkaufen verkauft kaufen "
	"nehmen nehmt bieten bietet anbieten akzeptieren bringen kommen komme kommt "
	"sagt benutzen brauche montag dienstag mittwoch donnerstag freitag samstag "
	"sonnabend sonntag montags dienstags mittwochs donnerstags freitags samstags "
	"sonntags wochenende"},
	{"nl",
	"de het een en of maar als om te van in op aan bij met naar uit voor door over "
	"onder tot zonder dan ook nog al wel niet geen ja nee is ben bent zijn was "
	"waren wordt worden heb hebt heeft hebben had kan kun kunt kunnen kon mag mogen "
	"moet moeten wil willen wilt zou zouden zal zullen ik me mij mijn je jij jou "
	"jouw jullie u uw we wij ons onze hij hem zij ze hen hun haar er hier daar dit "
	"dat deze die wat wie waar waarom wanneer hoe welk welke hoeveel veel iets alle "
	"alles vandaag morgen nu even graag hallo hoi goedemorgen goedemiddag goedendag "
	"dag dank bedankt alstublieft alsjeblieft gaat gaan doen doe krijg krijgen "
	"vraag weten zeggen echt heel erg eigenlijk zich eens verkopen kopen nemen "
	"bieden accepteren brengen gebruiken kom komen terecht nodig maandag dinsdag "
	"woensdag donderdag vrijdag zaterdag zondag weekend"},
	{"fr",
	"le la les l un une des du de d et ou mais si a au aux en dans sur sous par "
	"pour avec sans chez vers que qu qui quoi dont quand comment pourquoi quel "
	"quelle quels quelles combien est suis es sommes etes sont etait etaient etre "
	"ai as avons avez ont avait avoir peut peux pouvez puis pouvons pourrais "
	"pourriez dois doit devez faut veux veut voulez voudrais aimerais je j me m moi "
	"mon ma mes tu te t toi ton ta tes il elle on nous notre nos vous votre vos ils "
	"elles leur leurs se s sa son ses ce c cet cette ces ca cela y ne n pas plus "
	"non oui aussi encore deja tres bien bonjour bonsoir salut merci svp stp plait "
	"aujourd hui demain maintenant fait faire faites va aller tout tous toute "
	"toutes quelque chose savoir dire question ici meme peu beaucoup vendez acheter "
	"prenez proposez acceptez offrez apporter utiliser venir besoin lundi mardi "
	"mercredi jeudi vendredi samedi dimanche week end"},
	{"es",
	"el la los las lo un una unos unas de del al a y e o u pero si en con sin por "
	"para sobre entre hasta desde que quien cual cuales cuando donde como porque "
	"cuanto cuanta cuantos es soy eres somos son era ser esta estoy estan estar ha "
	"he hay han habia haber tengo tiene tienen teneis tener puede puedo pueden "
	"podeis podria podrian poder debo debe quiero quiere queremos queria querria "
	"quisiera gustaria yo me mi mis tu te ti tus ella usted ustedes vosotros "
	"nosotros nos os su sus se le les ellos ese esa eso este esto estos estas aqui "
	"ahi alli no ya tambien muy mas menos mucho muchos algo alguna alguno algun "
	"alguien todo todos toda todas hola buenos buenas dias tardes noches gracias "
	"favor hoy manana ahora hace hacer hacen voy va ir van saber decir pregunta "
	"venden comprar aceptan ofrecen traer usar venir vengo necesito tenga busco "
	"lunes martes miercoles jueves viernes sabado sabados domingo domingos semana"},
	{"pt",
	"o a os as um uma uns umas de do da dos das em no na nos nas ao aos e ou mas se "
	"com sem por pelo pela para pra pro sobre entre ate desde que qual quais quem "
	"quando onde como porque quanto quanta quantos quantas sou somos sao era ser "
	"esta estou estao ta to estar tem tenho temos ter ha haver pode posso podem "
	"poderia poder devo deve quero quer queria gostaria eu me meu minha meus minhas "
	"tu te teu tua ele ela voce voces vcs vc nosso nossa eles elas seu sua seus "
	"suas lhe isso isto aquilo esse essa este aqui ai ali la nao sim ja tambem "
	"muito muita mais menos algo algum alguma alguem todo todos toda todas ola oi "
	"bom boa dia tarde noite obrigado obrigada favor hoje amanha agora faz fazer "
	"fazem vou vai ir dar saber dizer pergunta cade vendem comprar aceitam oferecem "
	"trazer usar vir venho preciso procuro segunda terca quarta quinta sexta feira "
	"sabado sabados domingo domingos semana"},
	{"it",
	"il lo la i gli le l un uno una di del dello della dei degli delle d a al allo "
	"alla ai agli alle da dal dalla in nel nella nei con su sul sulla per tra fra e "
	"o ma se anche solo ancora gia che chi cosa quale quali quando dove come perche "
	"quanto quanta quanti quante sono sei siamo siete era essere ho hai ha abbiamo "
	"avete hanno aveva avere posso puoi puo possiamo potete possono potrei potrebbe "
	"devo deve dovete voglio vuole vorrei volevo io mi me mio mia miei mie tu ti te "
	"tuo tua lui lei noi ci voi vi vostro vostra vostri vostre loro suo sua si non "
	"no piu meno molto tanto qualcosa qualche qualcuno tutto tutti tutta tutte "
	"questo questa questi queste quello quella qui li ciao salve buongiorno "
	"buonasera grazie prego favore oggi domani adesso ora fare fate fa vado va "
	"andare sapere dire domanda c vendete comprare accettate offrite portare usare "
	"venire vengo bisogno cerco passare lunedi martedi mercoledi giovedi venerdi "
	"sabato domenica settimana"},
	{NULL, NULL}
};

/* At most 64: each is a bit, and the first are those of LLM_LEXICON_VAGUE. */
const char *const llm_lexicon_meanings[] = {
	/* price */
	"much amount sum betrag montant importe importo valore bedrag combien wieviel "
	"hoeveel price* pricing cost costs cheap expensive charge charges fee fees "
	"preis* *preis* kostet kosten *kosten* teuer gebuhr* *gebuhr* prijs* kost "
	"tarief* tarieven prix cout* coute* tarif* cher chere precio* cuesta* cuestan "
	"coste* costo* tarifa* vale cobra* cobran caro cara preco* custa* custo* "
	"valor costa* costi prezz* tariff* viene billig* gunstig* teurer cheaper "
	"barat* pay paying zahl zahle zahlen pago pagar paga payer paie paye betaal "
	"betaalt betalen pagare",
	/* time */
	"long fast quick* soon days time wann *zeit* zeiten dauer* lange schnell tage "
	"fertig *tijd* snel lang wanneer klaar dagen delai* jours duree vite quand "
	"pret* temps plazo* tarda* cuando lista dias prazo* demora* pronta pronto "
	"quando tempi tempo giorni durata",
	/* hours */
	"time open opens opened opening hours close closes closed closing geoffnet "
	"offen offn* *offnungszeit* schliess* geschlossen *geschaftszeit* sprechzeit* "
	"openingstijd* openings* sluit* gesloten dicht openingsuren ouvert* ouvr* "
	"ferm* horaire* abre abren abris abierto* abiert* apertura* cierra* cierre* "
	"cerrad* cerrais horario* abrir abrem aberto* aberta* abertura fecha* fecham "
	"fechad* funcionamento apert* aprite apre orari* chiud* chiusura* chius* hora "
	"horas ore ora heure heures laat uhr uur shut shuts shutting geht today "
	"tonight heute heut vandaag vanavond hoy hoje aujourdhui tomorrow morgen "
	"demain amanha cierran monday tuesday wednesday thursday friday saturday "
	"sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays "
	"weekends montag dienstag mittwoch donnerstag freitag samstag sonnabend "
	"sonntag montags dienstags mittwochs donnerstags freitags samstags sonntags "
	"wochenende maandag dinsdag woensdag donderdag vrijdag zaterdag zondag lundi "
	"mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves "
	"viernes sabado sabados domingo domingos terca quarta quinta sexta lunedi "
	"martedi mercoledi giovedi venerdi sabato domenica",
	/* parking */
	"park parking parks *parkplatz* *parkhaus* parken *stellplatz* parkeer* "
	"parkeren *parkeerplaats* garer stationn* parking* aparca* aparcamiento* "
	"estacion* parcheggi*",
	/* vehicle */
	"car cars auto autos wagen voiture* coche* carro* macchina* automobil*",
	/* where */
	"address adress location directions adresse anschrift adres wegbeschreibung "
	"standort route direccion ubicacion endereco localizacao localiz* indirizzo "
	"adresse* find vind* queda befind* trovo trovate encuentro encontrar trouver "
	"trouve finde finden where wo waar donde onde dove located situated exact* "
	"situe* gelegen ubicad* fica ficam localizad* strasse straat street rua calle "
	"rue lost perdu perdid* address* addresse",
	/* repair */
	"repair* fix fixes fixed fixing reparatur* *reparatur* reparier* repariert "
	"flick* flicken repareren repareer* reparatie* repar* repara* arregl* "
	"reparacion* reparo* consert* arrum* arranja* ripar* riparazion* aggiust* "
	"mend mends mended mending fiks* fiksen maken reparo kaputt kapot reparan",
	/* service */
	"service servicing maintenance checkup inspection *inspektion* wartung* "
	"durchsicht *durchsicht* onderhoud* *onderhoudsbeurt* beurt revision* "
	"entretien* mantenimiento* revisao* revisao manutencao* manutencao tagliand* "
	"manutenzion*",
	/* rent */
	"rent rental* rents hire hiring miet* vermiet* *verleih* leihen ausleih* huur* "
	"huren verhuur* verhuren lou* location* alquil* alug* aluguel aluguer nolegg*",
	/* shipping */
	"ship ships shipping shipped shipment* postage deliver* delivery deliveries "
	"liefer* *liefer* *versand* versend* verschick* zustell* verzend* *verzend* "
	"verstur* bezorg* *bezorg* lever* levertijd* livr* livraison* expedi* envoi* "
	"envoy* port entreg* frete fretes despach* spedi* spedizion* consegn* envio* "
	"envio envia* enviar* porto portokosten posten post send sends sending sent "
	"schick* verstuur* versturen manda* mandan enviar envoie envoyez enviam stuur "
	"sturen",
	/* arrive */
	"arrive* arrives arrival parcel* package* ankomm* ankommt *paket* paket* "
	"pakket* aankom* colis arriv* recoi* recevr* paquete* lleg* pacote* encomenda* "
	"cheg* pacc*",
	/* return */
	"return* exchange* ruckgabe* *ruckgabe* zuruckgeb* zuruckschick* zurucksend* "
	"umtausch* retour* *retour* retourneren terugstur* terugbreng* terugsturen "
	"ruilen ruil* omruilen renvoy* echang* devol* devuelv* cambiar* troca* "
	"trocar* devoluc* resti* reso resi rendere renderli renderlo rende back "
	"zuruck terug vuelta volta rendre reprendre reprend rapporter ramener tausch* "
	"wechsel* cambio wissel* rapporte",
	/* refund */
	"refund* reimburse* money erstatt* *erstattung* geld terugbetal* rembours* "
	"argent reembols* dinero dinheiro rimbors* soldi",
	/* pay */
	"pay paying payment* paid card cards visa mastercard cash paypal bezahl* "
	"*zahlung* zahlen *zahlungs* karte karten *kreditkarte* girokarte bar "
	"uberweis* betal* afrekenen *betaal* creditcard* ideal contant pin pinnen "
	"pay* carte cb especes virement pag* tarjeta* efectivo transferencia* cartao "
	"cartoes pix dinheiro carta contanti bonifico paie* paiement* payer* paye "
	"payez amex maestro bizum liquide paiements apple klarna twint",
	/* instalment */
	"instalment* installment* rate ratenzahl* *raten* termijn* mensualite* "
	"plusieurs plazos cuotas parcel* prestac* vezes rateizz*",
	/* warranty */
	"warrant* guarantee* garantie* *garantie* gewahrleist* garanti* garantia* "
	"garanzi*",
	/* voucher */
	"voucher* gift* *gutschein* geschenk* cadeaubon* cadeau* bonnen cheque* "
	"regalo* presente* buoni buono bonos vouchers gutscheine* bon tegoedbon vale "
	"vales",
	/* discount */
	"discount* *rabatt* rabatt* nachlass ermassig* korting* *korting* remise* "
	"reduc* rabais descuent* descont* scont* rebate money off billiger goedkoper",
	/* appointment */
	"appointment* book booking *termin* termine buch* reservier* afspra* *afspra* "
	"boeken reserver* rendez* rdv reserv* cita citas agend* marcacao* "
	"appuntament* prenot* booked bookings marcar marco reschedul* slot slots "
	"verschieb* verleg* verzet* decaler deplacer remarcar reagendar aplazar "
	"verplaats*",
	/* cancel */
	"cancel* stornier* storno kundig* absag* annuler* opzeg* annul* resili* anul* "
	"desmarc* disdi* annull*",
	/* invoice */
	"invoice* receipt* bill *rechnung* quittung* beleg *beleg* factuur* bonnetje "
	"factur* recu factura* recibo* fatura* nota fattur* ricevut* scontrino",
	/* secondhand */
	"used secondhand gebraucht* tweedehands* gebruikt* occasion* usad* segunda "
	"seminov* usat* usato",
	/* tradein */
	"trade old inzahlung* altes alten inruil* oude ancien* vieux vieja* viejo* "
	"antigu* velh* vecchi* ritir* reprise reprenez",
	/* size */
	"size sizes sizing grosse* *grosse* maat maten *maat* taille* talla* tallas "
	"tamanho* taglia taglie misura*",
	/* dog */
	"dog dogs pet pets hund* hunde haustier* hond* honden huisdier* chien* "
	"animaux perro* mascota* cachorro* cao caes cane cani animali perros "
	"cachorros chiens",
	/* wheelchair */
	"wheelchair* accessible accessib* barrierefrei* rollstuhl* rolstoel* "
	"toegankelijk* fauteuil* accessible* accesib* ruedas cadeirante* acessi* "
	"acessib* rodas sedia rotelle disabil* handicap* lift elevator aufzug "
	"ascenseur ascensor elevador ascensore",
	/* child */
	"child* kid kids baby *kinder* kind kinder kinderen enfant* bebe* nin* "
	"infantil* crianca* crianc* infanti* bambin* neonat* pram buggy kinderwagen "
	"poussette carrito",
	/* battery */
	"batter* akku* *akku* accu* *accu* batterij* batterie* bateria*",
	/* range */
	"range kilomet* reichweite* bereik actieradius autonomie autonomia*",
	/* test */
	"test try trial probe* *probefahrt* *probe* proefrit* proef essai* essay* "
	"prueba* probar* teste* experiment* prova* provare",
	/* insurance */
	"insur* *versicher* verzeker* assur* segur* asegur* assicur*",
	/* weekday */
	"monday tuesday wednesday thursday friday saturday sunday mondays tuesdays "
	"wednesdays thursdays fridays saturdays sundays weekend weekends montag "
	"dienstag mittwoch donnerstag freitag samstag sonnabend sonntag montags "
	"dienstags mittwochs donnerstags freitags samstags sonntags wochenende maandag "
	"dinsdag woensdag donderdag vrijdag zaterdag zondag lundi mardi mercredi jeudi "
	"vendredi samedi dimanche week end lunes martes miercoles jueves viernes sabado "
	"sabados domingo domingos semana segunda terca quarta quinta sexta feira lunedi "
	"martedi mercoledi giovedi venerdi sabato domenica settimana",
	/* free */
	"free gratis kostenlos* *frei* umsonst gratuit* gratuita*",
	/* order */
	"order orders bestell* *bestell* bestelling* command* pedido* encomend* ordin* "
	"ordine",
	/* theft */
	"theft* stolen steal* *diebstahl* gestohlen geklaut diefstal* gestolen vol "
	"vole* robo* robad* furto* roub* furto rubat*",
	/* abroad */
	"abroad international* overseas foreign ausland* buitenland* etranger* "
	"extranjero* exterior estrangeir* estero",
	/* pickup */
	"pickup collect collection abhol* *abholung* ophal* afhal* retir* recup* recog* "
	"retirar* ritir*",
	/* course */
	"course* class classes workshop* lesson* kurs* *kurs* kurse unterricht cursus* "
	"lessen cours atelier* curso* clase* taller* aula* oficina* corso corsi lezion*",
	/* student */
	"student* studierende* *student* studi* etudiant* estudiante* estudant* uni "
	"studi studis college campus",
	/* company */
	"company companies business corporate firma* firmen* unternehm* bedrijf* "
	"bedrijv* zaak societe* entreprise* empresa* aziend* ditta",
	/* coffee */
	"coffee cafe kaffee* koffie* bar caffe",
	/* wash */
	"wash* cleaning clean wasch* *wasche* reinig* wassen wasbeurt nettoy* limp* "
	"pulit* lavagg* lave laver lavage lavar lavan lavado lavagem lavam lavano "
	"lavare lavaggio lavate",
	/* wifi */
	"wifi wlan internet",
	/* toilet */
	"toilet* restroom* bathroom* wc toilette* toiletten aseo* bano* banheiro* bagno",
	/* shop */
	"shop store boutique magasin laden geschaft geschafte winkel zaak tienda loja "
	"negozio praxis praktijk cabinet consulta clinica practice clinic filiale "
	"branch",
	/* floor */
	"floor floors etage etages stockwerk verdieping* piso pisos andar planta "
	"piano",
	NULL
};
