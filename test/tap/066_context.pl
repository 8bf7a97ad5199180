# What a short message means is decided by what was asked, sent and said before: the
# local provider alone, in six languages, in both directions; in a database of locale C,
# which knows no accents.
use strict;
use utf8;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(gateway => 0, fakes => 0, initdb => [ '--locale=C', '--encoding=UTF8' ], conf => "frontdesk.quiet_time = 0\n");
my $account = $desk->sql(q{SELECT frontdesk.add_account('Harbor')});
my (%conversations, %before, %now);

sub literal { my ($text) = @_; $text =~ s/'/''/g; utf8::encode($text); return "'$text'" }

sub outcomes
{
	my $rows = decode_json($desk->sql("
		SELECT coalesce(jsonb_object_agg(c.id, jsonb_build_object('person', c.handled_by = 'human', 'state', t.state,
			'alerts', (SELECT coalesce(jsonb_agg(a.product_name ORDER BY a.product_name), '[]') FROM frontdesk.stock_alerts a
				WHERE a.account_id = c.account_id AND a.customer_id = c.lead_id AND a.status = 'pending'),
			'replies', (SELECT coalesce(jsonb_agg(m.content ORDER BY m.seq), '[]') FROM frontdesk.messages m
				WHERE m.account_id = c.account_id AND m.conversation_id = c.id AND m.direction = 'outgoing' AND NOT m.private))), '{}')
		FROM frontdesk.conversations c JOIN frontdesk.threads t ON t.account_id = c.account_id AND t.id = c.id
		WHERE c.account_id = $account"));
	return map { $_ => $rows->{ $conversations{$_} } } keys %conversations;
}

# Says one thing for each visitor; %now has what came of it, with what is new.
sub say_all
{
	my (%said) = @_;
	my @visitors = sort keys %said;
	my @ids = split /\n/, $desk->sql(join '', map { "SELECT frontdesk.receive_message($account, 'webchat', " . literal($_) . ', ' . literal($said{$_}) . ');' } @visitors);
	@conversations{@visitors} = @ids;
	$desk->wait_for_rest({ id => $account });
	%before = %now;
	%now = outcomes();
	for my $visitor (keys %now)
	{
		my @replies = @{ $now{$visitor}{replies} };
		splice @replies, 0, scalar @{ $before{$visitor}{replies} // [] };
		$now{$visitor}{new} = \@replies;
		$now{$visitor}{text} = join ' ', @replies;
		$now{$visitor}{route} = $now{$visitor}{state}{route} // '';
	}
	return;
}

# The same for the six languages: texts in the order en de es fr nl pt.
my @languages = qw(en de es fr nl pt);
sub each_language { my ($name, @texts) = @_; return map { ("$name-$languages[$_]" => $texts[$_]) } grep { defined $texts[$_] } 0 .. $#languages }
sub all_are { my ($name, $what, $test) = @_; my @wrong = grep { !$test->($now{"$name-$_"}) } @languages; ok(!@wrong, $what) or diag(map { "$name-$_: " . JSON::PP->new->canonical->encode({ %{ $now{"$name-$_"} }{qw(route text person alerts)}, intent => $now{"$name-$_"}{state}{intent} }) . "\n" } @wrong); return }

my @rows = (
	en => 'When are you open?', 'We are open on weekdays from 9 to 17, on Sundays we are closed.', de => 'Wann haben Sie geöffnet?', 'Wir haben werktags von 9 bis 17 Uhr geöffnet, sonntags ist geschlossen.',
	es => '¿Cuál es el horario de apertura?', 'Abrimos de lunes a viernes de 9 a 17, los domingos cerramos.', fr => "Quels sont vos horaires d'ouverture ?", 'Nous sommes ouverts de 9 à 17 heures en semaine, le dimanche nous sommes fermés.',
	nl => 'Wanneer zijn jullie open?', 'We zijn op werkdagen open van 9 tot 17, op zondag zijn we gesloten.', pt => 'Qual é o horário de funcionamento?', 'Abrimos de terça a sexta das 9 às 17, aos domingos estamos fechados.',
	en => 'Can I pay by card?', 'You can pay by card, with PayPal or in cash.', de => 'Kann ich mit Karte zahlen?', 'Sie können mit Karte, PayPal oder bar zahlen.',
	es => '¿Puedo pagar con tarjeta?', 'Puede pagar con tarjeta, PayPal o en efectivo.', fr => 'Puis-je payer par carte ?', 'Vous pouvez payer par carte, PayPal ou en espèces.',
	nl => 'Kan ik met pin betalen?', 'Je kunt met pin, PayPal of contant betalen.', pt => 'Posso pagar com cartão?', 'Pode pagar com cartão, PayPal ou em dinheiro.');
while (my ($language, $question, $answer) = splice @rows, 0, 3)
{
	$desk->sql("INSERT INTO frontdesk.knowledge (account_id, language, question, answer) VALUES ($account, '$language', " . literal($question) . ', ' . literal($answer) . ')');
}
$desk->sql("INSERT INTO frontdesk.campaigns (account_id, name, product_name, product_url, status) VALUES
	($account, 'Spring', 'Mira', 'https://harbor.example/mira', 'completed'), ($account, 'Autumn', 'Lina', 'https://harbor.example/lina', 'active')");

my @open = ('When are you open?', 'Wann haben Sie geöffnet?', '¿Cuál es el horario de apertura?', "Quels sont vos horaires d'ouverture ?", 'Wanneer zijn jullie open?', 'Qual é o horário de funcionamento?');
my @job = ('I would like to apply for a job with you', 'Ich möchte mich bei Ihnen als Koch bewerben', 'Quisiera postularme a un empleo con ustedes', 'Je voudrais postuler pour un emploi chez vous', 'Ik wil graag bij jullie solliciteren naar een baan', 'Gostaria de me candidatar a um emprego convosco');

# ---- first words ----

say_all(each_language('thanks', @open), each_language('follow', @open), each_language('sent', @open), each_language('wanted', @open), each_language('alert', @open), each_language('none', @open),
	each_language('job', @job),
	each_language('unsent', 'no thanks', 'nein danke', 'no gracias', 'non merci', 'nee bedankt', 'não, obrigado'),
	each_language('number', '90412', '10 Uhr', 'a las 10', 'à 10 heures', 'om 10 uur', 'às 10 horas'),
	each_language('nostock', 'Is the Oslo shelf in stock?', 'Haben Sie das Regal Oslo auf Lager?', '¿Tienen en stock la estantería Oslo?', "Est-ce que l'étagère est en stock, la Oslo ?", 'Is de Oslo kast op voorraad?', 'Vocês têm a estante Oslo em stock?'),
	each_language('stock', 'Is the Oslo shelf in stock?', 'Haben Sie das Regal Oslo auf Lager?', '¿Tienen en stock la estantería Oslo?', "Est-ce que l'étagère est en stock, la Oslo ?", 'Is de Oslo kast op voorraad?', 'Vocês têm a estante Oslo em stock?'),
	each_language('two', 'When are you open? Can I pay by card?', 'Wann haben Sie geöffnet? Kann ich mit Karte zahlen?', '¿Cuál es el horario de apertura? ¿Puedo pagar con tarjeta?',
		"Quels sont vos horaires d'ouverture ? Puis-je payer par carte ?", 'Wanneer zijn jullie open? Kan ik met pin betalen?', 'Qual é o horário de funcionamento? Posso pagar com cartão?'),
	every => 'When are you open?', which => 'Is it back in stock yet?', first => 'Can I pay by card and when is it taken off?', half => 'When are you open? Do you rent out rowing boats to schools?');

all_are('unsent', 'a "no thanks" to nobody is no answer to a campaign', sub { $_[0]{route} ne 'campaign' && $_[0]{text} !~ /not write|schreiben Ihnen|escribiremos|écrirons|schrijven je|escreveremos/ });
all_are('number', 'a mere number or time is neither payment data nor a wish for stock', sub { $_[0]{route} =~ /automated|high_priority/ && ($_[0]{state}{intent} // '') ne 'payment_data' && !@{ $_[0]{alerts} } && ($_[0]{person} || $_[0]{text} =~ /\?/) });
all_are('stock', 'a question about stock is asked back', sub { $_[0]{route} eq 'stock_alert' && !@{ $_[0]{alerts} } && !$_[0]{person} && $_[0]{text} =~ /\?/ });
all_are('two', 'two questions get two answers', sub { $_[0]{text} =~ /17.*PayPal/ && !$_[0]{person} });
ok($now{half}{person} && $now{half}{text} =~ /from 9 to 17/, 'one that is not known goes to a person, the other is answered') or diag(explain($now{half}));
unlike($now{first}{text}, qr/from 9 to 17/, 'a second half that is about the first is no question of its own');
all_are('job', 'who applies is asked', sub { $_[0]{route} eq 'recruitment' && $_[0]{text} =~ /\?/ });
is_deeply([ map { $now{"thanks-$_"}{state}{language} } @languages ], \@languages, 'each in its language');

# ---- a day of the week, in a range or not ----

my @when = ('When are you open?', @open[1 .. 5]);
say_all(each_language('day', @when));
say_all(each_language('day', 'And on Wednesdays?', 'und mittwochs?', '¿y los miércoles?', 'et le mercredi ?', 'en op woensdag?', 'e às quartas?'));
all_are('day', 'a day within the range of a row is known', sub { $_[0]{text} =~ /17/ && !$_[0]{person} });
say_all(each_language('day', 'And Thursdays?', 'und am Donnerstag?', '¿y el jueves?', 'et jeudi ?', 'en donderdag?', 'e na quinta-feira?'));
all_are('day', 'and the next one, too', sub { $_[0]{text} =~ /17/ && !$_[0]{person} });
say_all(each_language('day', 'And on Saturdays?', 'und samstags?', '¿y los sábados?', 'et le samedi ?', 'en op zaterdag?', 'e às segundas?'));
all_are('day', 'one beyond it is asked back, or told to a person', sub { $_[0]{text} !~ /17/ && ($_[0]{text} =~ /\?/ || $_[0]{person}) });

my @chained = ('Can I pay by card?', 'Are you open Sundays?', 'And on Tuesdays?');
for (@chained) { say_all(chain => $_) }
like($now{chain}{text}, qr/from 9 to 17/, 'what goes on with a question that stands alone goes no further back');

# ---- what was sent, what waits ----

my $people = "frontdesk.conversations c WHERE c.account_id = $account AND c.id::text";
$desk->sql("INSERT INTO frontdesk.campaign_messages (account_id, campaign_id, customer_id, message_content, status, sent_at)
	SELECT g.account_id, g.id, c.lead_id, 'The Mira is here', 'sent', frontdesk.clock() + interval '1 second' FROM frontdesk.campaigns g, $people IN ('"
	  . join("', '", map { @conversations{ "sent-$_", "wanted-$_" } } @languages) . "') AND g.name = 'Spring'");
$desk->sql("INSERT INTO frontdesk.campaign_messages (account_id, campaign_id, customer_id, message_content, status, sent_at)
	SELECT g.account_id, g.id, c.lead_id, 'The Lina is here', 'sent', frontdesk.clock() - interval '40 days' FROM frontdesk.campaigns g, $people IN ('"
	  . join("', '", @conversations{ map { "two-$_" } @languages }) . "') AND g.name = 'Autumn'");
# one that we have spoken of other things since
$desk->sql("INSERT INTO frontdesk.campaign_messages (account_id, campaign_id, customer_id, message_content, status, sent_at)
	SELECT g.account_id, g.id, c.lead_id, 'The Mira is here', 'sent', frontdesk.clock() - interval '1 hour' FROM frontdesk.campaigns g, $people = '$conversations{first}' AND g.name = 'Spring'");
$desk->sql("INSERT INTO frontdesk.stock_alerts (account_id, customer_id, product_name)
	SELECT c.account_id, c.lead_id, v.product FROM (VALUES ('Oslo shelf'), ('Luna')) v (product), $people IN ('" . join("', '", @conversations{ 'every', map { "alert-$_" } @languages }) . "')");

say_all(first => 'no thanks', every => 'please cancel all my alerts', which => 'the grey sofa', each_language('thanks', 'thanks!', 'danke', 'muchas gracias', 'merci beaucoup', 'bedankt hoor', 'obrigado'),
	each_language('follow', 'and on Sundays?', 'und sonntags?', '¿y los domingos?', 'et le dimanche ?', 'en op zondag?', 'e aos domingos?'),
	each_language('sent', 'no thanks', 'nein danke', 'no gracias', 'non merci', 'nee bedankt', 'não obrigado'),
	each_language('unsent', 'no thanks', 'nein danke', 'no gracias', 'non merci', 'nee bedankt', 'não obrigado'),
	each_language('two', 'yes please', 'ja bitte', 'sí, claro', 'oui', 'ja graag', 'sim'),
	each_language('wanted', 'yes please', 'ja bitte', 'sí, claro', 'oui', 'ja graag', 'sim'),
	each_language('alert', 'please cancel that alert for the Luna', 'bitte die Benachrichtigung für Luna löschen', 'cancela el aviso de la Luna por favor', "annulez l'alerte pour la Luna s'il vous plaît", 'annuleer de melding voor Luna graag', 'cancele o aviso da Luna por favor'),
	each_language('none', 'please cancel that alert', 'bitte die Benachrichtigung löschen', 'cancela el aviso por favor', "annulez l'alerte", 'annuleer de melding', 'cancele o aviso'),
	each_language('job', 'from 1 October', 'ab dem 1. Oktober', 'desde el 1 de octubre', 'à partir du 1 octobre', 'vanaf 1 oktober', 'a partir de 1 de outubro'),
	each_language('nostock', 'no', 'nein', 'no', 'non', 'nee', 'não'),
	each_language('stock', 'yes please', 'ja bitte', 'sí, por favor', 'oui', 'ja graag', 'sim, por favor'));

all_are('thanks', 'thanks are answered', sub { @{ $_[0]{new} } == 1 && !$_[0]{person} && $_[0]{text} !~ /\?|17/ });
all_are('follow', 'a short question is read with the one before', sub { $_[0]{text} =~ /closed|geschlossen|cerramos|fermés|gesloten|fechados/ });
is($desk->sql('SELECT string_agg(frontdesk.local_continuation(' . $account . ', q, ' . literal($open[5]) . ", 'pt') IS NOT NULL || '', ' ' ORDER BY n)
	FROM unnest(ARRAY[" . literal('e às terças?') . ', ' . literal('e os cães?') . "]) WITH ORDINALITY AS u (q, n)"), 'true false', 'its answer is repeated where it names what is asked now, with accents, too');
all_are('sent', 'a "no thanks" to a campaign declines it', sub { $_[0]{route} eq 'campaign' && $_[0]{state}{campaign_stage} eq 'declined' && $_[0]{text} =~ /not write|schreiben Ihnen|escribiremos|écrirons|schrijven je|escreveremos/ });
all_are('wanted', 'a "yes" is about the one that was sent, not one that runs', sub { $_[0]{text} =~ m{/mira} && $_[0]{text} !~ /lina/i });
isnt($now{first}{route}, 'campaign', 'nor one to which we have said other things since');
all_are('unsent', 'what was sent to others is nothing to who got none', sub { $_[0]{route} ne 'campaign' });
all_are('two', 'what was sent long ago neither', sub { $_[0]{route} ne 'campaign' });
all_are('alert', 'the alert that is named is cancelled, the other stays', sub { "@{ $_[0]{alerts} }" eq 'Oslo shelf' && $_[0]{text} =~ /Luna/ && !$_[0]{person} });
is_deeply($now{every}{alerts}, [], 'all are, where that is said');
is("@{ $now{which}{alerts} }", 'the grey sofa', 'the name of a product is the answer to which') or diag(explain($now{which}));
all_are('none', 'where there is none nothing is said to be cancelled', sub { $_[0]{text} !~ /is cancelled|ist gelöscht|está cancelado|est annulée|is geannuleerd|foi cancelado/ });
all_are('job', 'a day is the answer of a candidate', sub { $_[0]{route} eq 'recruitment' && ($_[0]{state}{intent} // '') ne 'payment_data' });
all_are('nostock', 'a "no" is none, and needs no answer', sub { !@{ $_[0]{alerts} } && !$_[0]{person} && !@{ $_[0]{new} } });
all_are('stock', 'a "yes" to what we asked about stock is a wish', sub { @{ $_[0]{alerts} } == 1 && $_[0]{alerts}[0] =~ /Oslo|étagère/i && $_[0]{person} });
is($desk->sql("SELECT count(*) FROM frontdesk.campaign_messages WHERE account_id = $account AND status = 'replied'"), 12, 'the answers are noted on the messages');

# ---- thanks without end, and the language ----

my @kind = ([ 'ok', 'ok super', 'vale', "d'accord", 'prima', 'blz' ], [ 'thanks again', 'nochmals danke', 'gracias', 'merci', 'top dankjewel', 'obrigado mesmo' ], [ 'bye', 'schönen Tag noch', 'hasta luego', 'bonne soirée', 'fijne avond', 'tchau' ]);
my $robot = 'Thanks for contacting Corvo Logistics! We will be with you shortly. Reply 1 for tracking, 2 for billing.';
for my $round (0 .. 8)
{
	say_all(each_language('thanks', @{ $kind[ $round % 3 ] }), robot => $robot);
	all_are('thanks', 'thank-you ' . ($round + 2) . ' is heard in silence, and by nobody else', sub { !@{ $_[0]{new} } && !$_[0]{person} });
}
ok($now{robot}{person}, 'a machine that thanks on and on is told to a person') or diag(explain($now{robot}));
ok(@{ $now{robot}{replies} } > 1 && @{ $now{robot}{replies} } < 6, '... after a handful of replies');
is_deeply([ map { $now{"thanks-$_"}{state}{language} } @languages ], \@languages, 'the language has not changed with a short word');
say_all(each_language('job', 'by bus', 'mit dem Bus', 'en autobús', 'en bus', 'met de bus', 'dois filhos'),
	each_language('thanks', 'Thank you so much! In green?', 'Vielen lieben Dank! Auch grün?', '¡Muchas gracias por la ayuda! ¿En verde?', 'Merci beaucoup pour votre aide ! En bleu ?', 'Hartelijk bedankt voor de hulp! In groen?', 'Muito obrigado pela ajuda! Em verde?'),
	each_language('follow', 'Thanks! And can I pay by card?', 'Danke! Und kann ich mit Karte zahlen?', '¡Gracias! ¿Y puedo pagar con tarjeta?', 'Merci ! Et puis-je payer par carte ?', 'Dank je! En kan ik met pin betalen?', 'Obrigado! E posso pagar com cartão?'));
all_are('job', 'so is what is short and asks nothing', sub { $_[0]{route} eq 'recruitment' });
all_are('thanks', 'who asks beside another thank-you is asked back, or told to a person', sub { @{ $_[0]{new} } == 1 && ($_[0]{state}{intent} // '') ne 'thanks' && ($_[0]{text} =~ /\?/ || $_[0]{person}) });
all_are('follow', 'what is known is answered beside a thank-you', sub { $_[0]{text} =~ /PayPal/ && !$_[0]{person} });
say_all(each_language('follow', 'thanks', 'danke', 'gracias', 'merci', 'bedankt', 'obrigado'));
say_all(each_language('follow', 'ok great, but can I pay by card?', 'ok super, aber kann ich mit Karte zahlen?', 'vale, pero ¿puedo pagar con tarjeta?', 'ok super, mais puis-je payer par carte ?', 'oké prima, maar kan ik met pin betalen?', 'ok perfeito, mas posso pagar com cartão?'));
all_are('follow', 'and behind "but"', sub { $_[0]{text} =~ /PayPal/ && !$_[0]{person} });
say_all(each_language('two', 'ok great, but...', 'ok super, aber...', 'vale, pero...', 'ok super, mais...', 'oké prima, maar...', 'ok perfeito, mas...'),
	each_language('follow', 'ok but thanks', 'ok, aber danke', 'vale, pero gracias', 'ok, mais merci', 'ok, maar bedankt', 'ok, mas obrigado'));
all_are('two', 'a "but" alone is asked back, or told to a person', sub { @{ $_[0]{new} } == 1 && ($_[0]{text} =~ /\?/ || $_[0]{person}) });
all_are('follow', 'thanks behind it are thanks', sub { $_[0]{state}{intent} eq 'thanks' && !$_[0]{person} && $_[0]{text} !~ /PayPal|17|\?/ });
say_all('thanks-de' => 'r u open?', 'thanks-nl' => 'Sorry, I do not speak Dutch at all. Could you please tell me when you are open?', 'thanks-en' => 'Somebody got hurt, your shelf fell on my daughter', 'job-en' => 'somebody got hurt in your kitchen');
is($now{'thanks-de'}{state}{language}, 'de', 'nor with three');
is($now{'thanks-nl'}{state}{language}, 'en', 'but with sentences');
ok($now{'thanks-en'}{person}, 'behind all thanks a danger is one');
ok($now{'job-en'}{person}, 'in the talk with a candidate, too');

done_testing();
