# Rows of knowledge that nobody asks for, in seven languages: what a large shop
# has beside the rows that are asked for.  Returns them by language, each a
# question and an answer.
use strict;
use utf8;
use warnings;

my %words = (
	en => {
		templates => [ 'Do you have %s in stock?|Yes, %s are on the shelf.', 'What do %s cost?|%s start at 20 euros.', 'How do I clean %s?|Wipe %s with a damp cloth.',
			'Are %s made in Europe?|Our %s come from Portugal.', 'Can %s be repaired?|We repair %s within a week.', 'How heavy are %s?|%s weigh less than a kilogram.',
			'Which colours do %s come in?|%s come in black, red and blue.', 'What are %s made of?|%s are made of recycled material.', 'Do you deliver %s abroad?|We send %s to all of Europe.', 'How long do %s last?|%s last about five years.' ],
		kinds => [ 'small %s', 'large %s' ],
		things => [ qw(tents lamps mirrors gloves saddles racks pumps bells locks helmets baskets trailers jackets trousers socks shoes bottles cages tyres tubes chains pedals brakes cables wheels spokes rims hubs forks frames handlebars grips stems bags covers stands) ],
	},
	de => {
		templates => [ 'Haben Sie %s vorrätig?|Ja, %s liegen im Regal.', 'Was kosten %s?|%s gibt es ab 20 Euro.', 'Wie reinige ich %s?|Wischen Sie %s feucht ab.',
			'Kommen %s aus Europa?|Unsere %s kommen aus Portugal.', 'Kann man %s reparieren?|%s reparieren wir in einer Woche.', 'Wie schwer sind %s?|%s wiegen unter einem Kilo.',
			'In welchen Farben gibt es %s?|%s gibt es in Schwarz, Rot und Blau.', 'Woraus sind %s?|%s sind aus wiederverwertetem Material.', 'Liefern Sie %s ins Ausland?|%s verschicken wir in ganz Europa.', 'Wie lange halten %s?|%s halten etwa fünf Jahre.' ],
		kinds => [ 'kleine %s', 'große %s' ],
		things => [ qw(Zelte Lampen Spiegel Handschuhe Sättel Gepäckträger Pumpen Klingeln Schlösser Helme Körbe Anhänger Jacken Hosen Socken Schuhe Flaschen Halter Reifen Schläuche Ketten Pedale Bremsen Kabel Laufräder Speichen Felgen Naben Gabeln Rahmen Lenker Griffe Vorbauten Taschen Hüllen Ständer) ],
	},
	nl => {
		templates => [ 'Hebben jullie %s op voorraad?|Ja, %s liggen in het schap.', 'Wat kosten %s?|%s zijn er vanaf 20 euro.', 'Hoe maak ik %s schoon?|Neem %s af met een vochtige doek.',
			'Komen %s uit Europa?|Onze %s komen uit Portugal.', 'Kun je %s repareren?|We repareren %s binnen een week.', 'Hoe zwaar zijn %s?|%s wegen minder dan een kilo.',
			'In welke kleuren zijn er %s?|%s zijn er in zwart, rood en blauw.', 'Waar zijn %s van gemaakt?|%s zijn van gerecycled materiaal.', 'Sturen jullie %s naar het buitenland?|We sturen %s door heel Europa.', 'Hoe lang gaan %s mee?|%s gaan ongeveer vijf jaar mee.' ],
		kinds => [ 'kleine %s', 'grote %s' ],
		things => [ qw(tenten lampen spiegels handschoenen zadels bagagedragers pompen bellen sloten helmen manden aanhangers jassen broeken sokken schoenen flessen houders banden binnenbanden kettingen pedalen remmen kabels wielen spaken velgen naven vorken frames sturen handvatten stuurpennen tassen hoezen standaards) ],
	},
	fr => {
		templates => [ 'Avez-vous des %s en stock ?|Oui, les %s sont en rayon.', 'Combien coûtent les %s ?|Les %s coûtent à partir de 20 euros.', 'Comment nettoyer les %s ?|Essuyez les %s avec un chiffon humide.',
			'Les %s viennent-ils d\'Europe ?|Nos %s viennent du Portugal.', 'Peut-on réparer les %s ?|Nous réparons les %s en une semaine.', 'Combien pèsent les %s ?|Les %s pèsent moins d\'un kilo.',
			'En quelles couleurs existent les %s ?|Les %s existent en noir, rouge et bleu.', 'En quoi sont faits les %s ?|Les %s sont en matière recyclée.', 'Envoyez-vous des %s à l\'étranger ?|Nous envoyons les %s dans toute l\'Europe.', 'Combien de temps durent les %s ?|Les %s durent environ cinq ans.' ],
		kinds => [ 'petits %s', 'grands %s' ],
		things => [ qw(abris phares miroirs gants pneus supports outils klaxons cadenas bidons paniers chariots blousons pantalons bonnets souliers gobelets filets maillots joints cliquets ressorts freins tuyaux moyeux rayons disques axes guidons cadres leviers bouchons capteurs sacs tapis pieds) ],
	},
	es => {
		templates => [ '¿Tienen %s en existencias?|Sí, hay %s en la estantería.', '¿Cuánto cuestan los %s?|Los %s cuestan desde 20 euros.', '¿Cómo limpio los %s?|Limpie los %s con un paño húmedo.',
			'¿Los %s vienen de Europa?|Nuestros %s vienen de Portugal.', '¿Se pueden reparar los %s?|Reparamos los %s en una semana.', '¿Cuánto pesan los %s?|Los %s pesan menos de un kilo.',
			'¿En qué colores hay %s?|Hay %s en negro, rojo y azul.', '¿De qué están hechos los %s?|Los %s son de material reciclado.', '¿Envían %s al extranjero?|Enviamos los %s a toda Europa.', '¿Cuánto duran los %s?|Los %s duran unos cinco años.' ],
		kinds => [ '%s pequeños', '%s grandes' ],
		things => [ qw(toldos faros espejos guantes sillines portabultos infladores timbres candados cascos cestos remolques abrigos pantalones calcetines zapatos bidones soportes neumáticos tubos eslabones pedales frenos cables aros radios discos bujes manillares cuadros puños tornillos bolsos forros caballetes ejes) ],
	},
	pt => {
		templates => [ 'Vocês têm %s em estoque?|Sim, há %s na prateleira.', 'Quanto custam os %s?|Os %s custam a partir de 20 euros.', 'Como limpo os %s?|Limpe os %s com um pano úmido.',
			'Os %s vêm da Europa?|Nossos %s vêm de Portugal.', 'Dá para consertar os %s?|Consertamos os %s em uma semana.', 'Quanto pesam os %s?|Os %s pesam menos de um quilo.',
			'Em que cores há %s?|Há %s em preto, vermelho e azul.', 'De que são feitos os %s?|Os %s são de material reciclado.', 'Vocês enviam %s para o exterior?|Enviamos os %s para toda a Europa.', 'Quanto tempo duram os %s?|Os %s duram uns cinco anos.' ],
		kinds => [ '%s pequenos', '%s grandes' ],
		things => [ qw(toldos faróis espelhos punhos bagageiros infladores apitos cadeados capacetes cestos reboques casacos calções gorros sapatos cantis suportes pneus tubos elos pedais freios cabos aros raios discos cubos guidões quadros selins parafusos bolsos forros cavaletes eixos rolamentos) ],
	},
	it => {
		templates => [ 'Avete %s in magazzino?|Sì, i %s sono sullo scaffale.', 'Quanto costano i %s?|I %s costano da 20 euro.', 'Come si puliscono i %s?|Passate i %s con un panno umido.',
			'I %s vengono dall\'Europa?|I nostri %s vengono dal Portogallo.', 'Si possono riparare i %s?|Ripariamo i %s in una settimana.', 'Quanto pesano i %s?|I %s pesano meno di un chilo.',
			'In che colori ci sono i %s?|I %s ci sono in nero, rosso e blu.', 'Di che cosa sono fatti i %s?|I %s sono di materiale riciclato.', 'Spedite %s all\'estero?|Spediamo i %s in tutta Europa.', 'Quanto durano i %s?|I %s durano circa cinque anni.' ],
		kinds => [ '%s piccoli', '%s grandi' ],
		things => [ qw(teli fari specchi guanti sellini portapacchi gonfiatori campanelli lucchetti caschi cestini rimorchi giubbotti pantaloni calzini stivali bicchieri supporti copertoni tubi anelli pedali freni cavi cerchi raggi dischi mozzi manubri telai tappi bulloni borsoni teloni cavalletti perni) ],
	});

my %rows;
for my $language (sort keys %words)
{
	my $of = $words{$language};
	for my $template (@{ $of->{templates} })
	{
		for my $thing (map { my $kind = $_; map { sprintf $kind, $_ } @{ $of->{things} } } @{ $of->{kinds} })
		{
			my ($question, $answer) = map { sprintf $_, $thing } split /\|/, $template;
			push @{ $rows{$language} }, [ ucfirst $question, ucfirst $answer ];
		}
	}
}
\%rows;
