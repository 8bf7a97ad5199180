# What the local provider does with what it is sure of, with dangers, with numbers,
# and with what it can only guess at: asks back once, then hands over.
use strict;
use utf8;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(gateway => 0, fakes => 0, conf => "frontdesk.quiet_time = 0\n");
my $account = $desk->sql("SELECT frontdesk.add_account('Corner Shop')");
$desk->sql("INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES ($account, 'Is there a car park?', 'There is one behind the house.')");
my %threads;

sub literal { my ($text) = @_; $text =~ s/'/''/g; utf8::encode($text); return "'$text'" }

# Has each visitor say something and waits until all were heard.
sub say_all
{
	my (%said) = @_;
	my @visitors = sort keys %said;
	my @ids = split /\n/, $desk->sql(join '', map { "SELECT frontdesk.receive_message($account, 'webchat', " . literal($_) . ', ' . literal($said{$_}) . ');' } @visitors);
	@threads{@visitors} = @ids;
	$desk->wait_for_rest({ id => $account });
	return;
}

# What became of a visitor: by whom he is served, where the turn went, what he read last.
sub outcome
{
	my ($visitor) = @_;
	return decode_json($desk->sql("SELECT jsonb_build_object('by', c.handled_by, 'route', t.state ->> 'route', 'intent', t.state ->> 'intent', 'guesses', t.state -> 'guesses',
		'read', coalesce((SELECT m.content FROM frontdesk.messages m WHERE m.account_id = c.account_id AND m.conversation_id = c.id AND m.direction = 'outgoing' AND NOT m.private ORDER BY m.seq DESC LIMIT 1), ''))
		FROM frontdesk.conversations c JOIN frontdesk.threads t USING (account_id, id) WHERE c.id = '$threads{$visitor}'"));
}

my %dangers = (
	'danger-en' => 'my little boy drank from a bottle that your cleaner left out',
	'danger-nl' => 'de lamp die jullie ophingen vonkt en stinkt naar rook',
	'danger-pt' => 'depois da depilação estou com queimaduras e febre',
	'danger-de' => 'im Treppenhaus riecht es stark nach Gas',
	'danger-es' => 'quiero que borréis todo lo que tenéis de mí',
	'danger-fr' => 'je pense à me tuer ce soir');
my %numbers = (
	'number-en' => 'has order 55120-9931 left yet?',
	'number-nl' => 'kan het ook om 16:40 in plaats van 15:20',
	'number-pt' => 'tem no tamanho 44?',
	'number-de' => 'Tisch für 12 Personen um 19:30 bitte',
	'number-es' => 'mi pedido 884 213 0077 sigue sin llegar',
	'number-fr' => 'vous livrez au 118 rue des Lilas, 44300 ?');
say_all(%dangers, %numbers, guess => 'zzzxqk wqpfj', known => 'xyzzy car park?', sure => 'hello', relieved => 'qwrtz plm');
for my $visitor (sort keys %dangers)
{
	my $what = outcome($visitor);
	is_deeply([ @$what{qw(by route)} ], [ 'human', 'high_priority' ], "$visitor: a person has it") or diag explain $what;
}
for my $visitor (sort keys %numbers)
{
	my $what = outcome($visitor);
	isnt($what->{route}, 'high_priority', "$visitor: is no alarm") or diag explain $what;
}

my $what = outcome('guess');
is_deeply([ @$what{qw(by route guesses)} ], [ 'bot', 'automated', 1 ], 'what nobody understands stays with the bot') or diag explain $what;
like($what->{read}, qr/not sure what you mean|zeker wat je bedoelt|nicht sicher, was|certeza do que|seguro de qu|certain de comprendre/, 'which asks what is meant');
is(outcome('known')->{read}, 'There is one behind the house.', 'a guess whose question is known is answered');
is(outcome('sure')->{guesses}, undef, 'what is sure is no guess');

say_all(guess => 'zzzxqk wqpfj wqpfj', relieved => 'when are you open on sundays?');
$what = outcome('guess');
is_deeply([ @$what{qw(by guesses)} ], [ 'human', 2 ], 'asked once, a person has it') or diag explain $what;
is(outcome('relieved')->{guesses}, undef, 'who is understood the second time begins anew');

# Thanks that ask something are a question, and thanks alone are not.
my %asking = (
	'asking-en' => 'this scarf is damn soft, love it, u have it in blue?',
	'asking-nl' => 'Wat een fijne sjaal, dankjewel! Heb je hem ook in het blauw?',
	'asking-pt' => 'Adorei o cachecol, obrigada! Tem em azul?',
	'asking-de' => 'Danke für die nette Beratung! Haben Sie den Schal auch in Blau?',
	'asking-es' => '¡Me encanta la bufanda, gracias! ¿La tienen en azul?',
	'asking-fr' => "Merci beaucoup, l'écharpe est superbe ! Vous l'avez en bleu ?");
my %thanking = (
	'thanking-en' => 'Thank you so much, how are you?',
	'thanking-nl' => 'Dankjewel voor alles! Tot gauw',
	'thanking-pt' => 'Muito obrigada por tudo! Tudo bem?',
	'thanking-de' => 'Vielen Dank, alles gut angekommen!',
	'thanking-es' => '¡Muchas gracias! ¿Cómo estáis por ahí?',
	'thanking-fr' => 'Merci beaucoup ! Comment allez-vous ce matin ?');
say_all(%asking, %thanking);
isnt(outcome($_)->{intent}, 'thanks', "$_: the question is heard") or diag explain outcome($_) for sort keys %asking;
is(outcome($_)->{intent}, 'thanks', "$_: is thanks") or diag explain outcome($_) for sort keys %thanking;

# The costs are the account's to say, and so is the gate.
$desk->sql("INSERT INTO frontdesk.error_costs (account_id, missed_danger, false_alarm) VALUES ($account, 1, 1000000)");
$desk->sql("ALTER SYSTEM SET frontdesk.local_confidence = 0");
$desk->sql("SELECT pg_reload_conf()");
$desk->wait_until("SELECT current_setting('frontdesk.local_confidence') = '0'");
say_all(calm => 'im Treppenhaus riecht es stark nach Gas', taken => 'zzzxqk wqpfj');
isnt(outcome('calm')->{route}, 'high_priority', 'with other costs a danger is none') or diag explain outcome('calm');
is(outcome('taken')->{guesses}, undef, 'without the gate a guess is taken for what it says');

done_testing();
