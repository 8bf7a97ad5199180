# Who spoke in a conversation: echoes of our own replies, an owner in another app,
# machines of every kind, a team, and clocks that differ.  What counts is what
# Chatwoot and the models were asked.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nfrontdesk.quiet_time = 100\n");
my $account = $desk->account('Harbor');
my $id = $account->{id};
my %user = (id => 7, name => 'Ana', type => 'user');

# An event; change => sub changes it before it is posted.
sub event
{
	my ($content, %option) = @_;
	my $event = $desk->message_event($account, $content, source_id => "wamid.$content." . rand, %option);
	$option{change}->($event) if $option{change};
	return $event;
}

sub post { my ($event) = @_; my $answer = $desk->post_webhook($account, $event); is($answer->{status}, 200, 'accepted'); return $answer->{json}{status} }

# The customer writes, and the turn is over.
sub hear { my $event = event(@_); post($event); $desk->wait_for_rest($account); return $event }

# Goes on in the conversation of an event.
sub again { my ($former, $content, %option) = @_; return hear($content, conversation => $former->{conversation}{id}, %option) }

sub said { my ($event) = @_; return map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($event->{conversation}{id}) }
sub noted { my ($event) = @_; return map { $_->{body}{content} } grep { $_->{body}{private} } $desk->replies($event->{conversation}{id}) }
sub row { my ($event, $column) = @_; return $desk->sql("SELECT $column FROM frontdesk.conversations WHERE account_id = $id AND display_id = $event->{conversation}{id}") }
sub handled_by { return row($_[0], 'handled_by') }
sub told { my ($event, $path) = @_; return grep { $_->{path} =~ m{/$event->{conversation}{id}/\Q$path\E$} } $desk->requests('chatwoot') }
sub rule { $desk->sql("INSERT INTO frontdesk.people_rules (account_id) VALUES ($id) ON CONFLICT DO NOTHING; UPDATE frontdesk.people_rules SET $_[0] WHERE account_id = $id"); return }

# ---- echoes ----

# The words that a channel carried for somebody, told as an echo.
sub echo
{
	my ($former, $content, %option) = @_;
	my $event = event($content, conversation => $former->{conversation}{id}, message_type => 'outgoing', sender => undef,
		content_attributes => { external_echo => JSON::PP::true }, %option);
	my $status = post($event);
	$desk->wait_for_rest($account);
	return $status;
}

my $asked = hear('Do you open on Sundays? [[reply=We open at **ten** on Sundays, see [our page](https://a.example/h). Bye!]]');
my ($reply) = said($asked);
is(echo($asked, $reply), 'duplicate', 'the echo of our own reply is known');
is(echo($asked, 'We open at *ten* on Sundays, see https://a.example/h. Bye!'), 'duplicate', 'so it is as the channel rewrote it');
is(echo($asked, "$reply\n", content_attributes => {}, source_id => 'wamid.unflagged'), 'duplicate', 'without a flag, too');
is(echo($asked, $reply, sender => {%user}, content_attributes => {}), 'duplicate', 'or in the name of the user whose token a bridge has');
is(handled_by($asked), 'bot', 'nobody has taken over');
is($desk->sql(q{SELECT count(*) FROM frontdesk.messages WHERE direction = 'outgoing'}), '1', 'and it is stored once');
again($asked, 'And on Mondays? [[reply=At nine.]]');
is((said($asked))[-1], 'At nine.', 'the next question is answered');

is(echo($asked, 'I am on my way, wait for me'), 'stored', 'an owner who writes from the phone');
is(handled_by($asked), 'human', 'has taken over');
again($asked, 'Thanks [[reply=unwanted]]');
is((said($asked))[-1], 'At nine.', 'and the bot is silent');

my $other = hear('Hello there [[reply=Hello, what can we do for you today?]]');
echo($other, 'Typed in another application', content_attributes => {}, source_id => 'mid.app');
is(handled_by($other), 'human', 'so has one whose echo has no flag, but the id of the provider');
my $flagged = hear('Hello out there [[reply=Hello, and what can we do for you?]]');
echo($flagged, 'Typed on the phone', source_id => undef);
is(handled_by($flagged), 'human', 'or the flag, and no id');
my $rule = hear('Hello again [[reply=Hello once more, how are you?]]');
echo($rule, 'We got your message', content_attributes => { automation_rule_id => 3 }, source_id => undef);
echo($rule, 'Nothing tells who wrote this', content_attributes => {}, source_id => undef);
post(event('Beep', conversation => $rule->{conversation}{id}, message_type => 'outgoing', sender => { id => 99, name => 'Another', type => 'agent_bot' }));
is(handled_by($rule), 'bot', 'automation and another bot have not');
my $incoming = hear('I come in, and am a bot [[reply=unwanted]]', change => sub { $_[0]{sender}{type} = 'agent_bot' });
is(scalar(said($incoming)), 0, 'what a bot writes as a customer is not answered');

# the echo comes before the answer to our request
$desk->rules({ match => { service => 'chatwoot', method => 'POST', path_contains => '/messages' }, action => { delay_ms => 1500 } });
my $early = event('A quick one? [[reply=A quick answer to it, indeed.]]');
post($early);
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.deliveries d JOIN frontdesk.conversations c ON c.id = d.thread_id WHERE c.display_id = $early->{conversation}{id} AND d.status = 'sending'", 'the reply to leave');
post(event('A quick answer to it, indeed.', conversation => $early->{conversation}{id}, message_type => 'outgoing', sender => undef, content_attributes => { external_echo => JSON::PP::true }));
$desk->wait_for_rest($account);
$desk->rules;
is(handled_by($early), 'bot', 'an echo that overtakes the answer is ours as well');

# ---- machines ----

my $mails = 0;

# A mail: address, subject, text, headers.
sub mail
{
	my ($from, $subject, $text, %option) = @_;
	my $n = ++$mails;
	return event($text, channel => 'Channel::Email', name => 'Somebody', source_id => "m$n\@example.org",
		change => sub {
			my ($e) = @_;
			$e->{content_type} = 'incoming_email';
			$e->{sender}{email} = $e->{conversation}{meta}{sender}{email} = $from;
			$e->{conversation}{additional_attributes} = { source => 'email', mail_subject => $subject };
			$e->{content_attributes} = { email => { subject => $subject, from => [$from], auto_reply => JSON::PP::false, headers => $option{headers},
				in_reply_to => $option{in_reply_to}, text_content => { full => $text, reply => $text, quoted => $option{quoted} // $text } } };
		}, $option{conversation} ? (conversation => $option{conversation}) : ());
}

my @machines = (
	[ 'noreply-dmarc@reports.example.net', 'Report Domain: example.com Submitter: reports.example.net', 'This is an aggregate report.' ],
	[ 'no-reply@news.example.org', '7 trends', 'The summer issue is here.' ],
	[ 'hello@brand.example', 'Sale!', "Everything must go.\nUnsubscribe here: https://n.example/u/1" ],
	[ 'hallo@marke.example', 'Sommer', "Alles muss raus.\nNewsletter abbestellen: https://n.example/u/2" ],
	[ 'promo@x.example', 'News', 'Our week.', headers => { 'List-Unsubscribe' => '<https://x.example>' } ],
	[ 'promo@y.example', 'News', 'Our week.', headers => [ { name => 'Precedence', value => 'bulk' } ] ],
	[ 'ben@example.org', 'Re: order', 'I got it.', headers => { 'auto-submitted' => 'auto-replied' } ],
	[ 'MAILER-DAEMON@mx.example', 'Undelivered Mail Returned to Sender', 'The mail system' ],
	[ 'a@example.org', 'Unzustellbar: Ihre Anfrage', 'Zustellung fehlgeschlagen' ],
	[ 'a@example.org', 'Automatic reply: Your order', 'I am away.' ],
	[ 'a@example.org', 'Out of office', 'I am away.' ],
	[ 'a@example.org', 'Abwesenheitsnotiz: Re: Ihre Bestellung', 'Ich bin nicht da.' ],
	[ 'a@example.org', 'Automatisch antwoord: bestelling', 'Ik ben er niet.' ],
	[ 'a@example.org', 'Réponse automatique : commande', 'Je suis absent.' ],
	[ 'a@example.org', 'Respuesta automática: pedido', 'No estoy.' ],
	[ 'a@example.org', 'Risposta automatica: ordine', 'Non ci sono.' ],
	[ 'a@example.org', 'Your order', 'I am out of the office until Monday. For urgent matters write to my colleague.' ],
	[ 'a@example.org', 'Bestellung', 'Ich bin bis Montag nicht im Büro. In dringenden Fällen wenden Sie sich an Frau Kurz.' ],
	[ 'a@example.org', 'Bestelling', 'Ik ben tot maandag niet op kantoor. Neem contact op met mijn collega.' ],
	[ 'a@example.org', 'Commande', "Je suis absent jusqu'à lundi. En cas d'urgence, veuillez contacter ma collègue." ],
	[ 'a@example.org', 'Pedido', 'Estoy fuera de la oficina hasta el lunes. Para asuntos urgentes, contacte con mi compañera.' ],
	[ 'a@example.org', 'Resposta automática: encomenda', 'Volto segunda.' ],
	[ 'a@example.org', 'Encomenda', 'Estou fora do escritório até segunda. Para assuntos urgentes, contacte a minha colega.' ],
	[ 'ola@marca.example', 'Promoção', "Tudo com desconto.\nCancelar a inscrição: https://n.example/u/3" ],
	[ 'a@example.org', 'Ordine', 'Sono fuori ufficio fino a lunedì. Per urgenze, contattare la mia collega.' ],
);
# ---- one burst in two conversations ----

# First messages of one contact, each in a conversation of its own, while no turn runs.
sub burst
{
	my ($contact, @contents) = @_;
	my $same = sub { $_->{id} = $contact for $_[0]{sender}, $_[0]{conversation}{meta}{sender}; $_[0]{conversation}{contact_inbox}{contact_id} = $contact };

	$desk->sql("SELECT frontdesk.pause($id, 'a burst')");
	my @events = map { event($_, change => $same) } @contents;
	post($_) for @events;
	my $copied = $desk->sql("SELECT count(*) || ' ' || coalesce(sum(length(content)), 0) FROM frontdesk.messages WHERE account_id = $id AND content_attributes ? 'told_in'
		AND conversation_id IN (SELECT id FROM frontdesk.conversations WHERE account_id = $id AND display_id IN (" . join(', ', map { $_->{conversation}{id} } @events) . '))');
	$desk->sql("SELECT frontdesk.resume_work($id)");
	$desk->wait_for_rest($account);
	return ($copied, scalar grep { said($_) } @events);
}

rule(q{split_within = '1 hour'});
is(join(' ', burst(8801, 'a photo', 'What is it? [[reply=a lamp]]')), '1 7 1', 'a burst in two conversations is answered once, in one');
is(join(' ', burst(8802, 'x' x 40_000 . ' [[reply=long]]', 'What is it? [[reply=short]]')), '0 0 2', 'more than a burst holds is not copied: both are answered');
my ($copied, $answered) = burst(8803, map { "$_ [[reply=it]]" } 1 .. 26);
like($copied, qr/^(\d+) /, 'many at once');
my ($rows) = $copied =~ /^(\d+)/;
cmp_ok($rows, '<=', 20 * 26 / 2 + 21, 'of which no more than twenty are copied on');
cmp_ok($answered, '<=', 3, 'are few bursts');
rule('split_within = NULL');

$desk->sql('UPDATE frontdesk.people_rules SET split_within = NULL WHERE account_id = 0');
$desk->forget_requests;
my @sent = map { my $event = mail(@$_); post($event); $event } @machines;
$desk->wait_for_rest($account);
is(scalar(grep { $_->{service} ne 'chatwoot' } $desk->requests), 0, 'no model reads what a machine wrote');
for my $i (0 .. $#sent)
{
	is(join('|', said($sent[$i])), '', "no reply to: $machines[$i][1]");
	is(join('|', map { $_->{body}{priority} } told($sent[$i], 'toggle_priority')), 'low', 'people have it, at low priority');
	is(join('|', map { $_->{body}{status} } told($sent[$i], 'toggle_status')), 'open', 'and see it');
}
is($desk->sql(q{SELECT count(DISTINCT author) || max(author) FROM frontdesk.messages WHERE content_attributes ? 'automaton'}), '1automation', 'stored as what it is');

my @people = (
	[ 'a@example.org', 'Out of office hours', 'When do you open? [[reply=yes]]' ],
	[ 'a@example.org', 'Re: Automatic reply: order', 'Thank you, I can wait. [[reply=yes]]' ],
	[ 'a@example.org', 'Urlaub', 'Ich bin bis Freitag im Urlaub, bitte liefern Sie am Montag. [[reply=yes]]' ],
	[ 'a@example.org', 'Holiday', 'I am on holiday until Friday, please deliver on Monday. [[reply=yes]]' ],
	[ 'a@example.org', 'Absence', "Je suis en vacances jusqu'à vendredi, livrez lundi. [[reply=yes]]" ],
	[ 'a@example.org', 'Vacances', 'Estoy de vacaciones, contacte conmigo el lunes. [[reply=yes]]' ],
	[ 'a@example.org', 'Vakantie', 'Ik ben op vakantie, neem contact op met mij na maandag. [[reply=yes]]' ],
	[ 'a@example.org', 'Ferie', 'Sono in ferie, mi potete contattare da martedì. [[reply=yes]]' ],
	[ 'a@example.org', 'Férias', 'Estou de férias, contacte-me depois de sexta. [[reply=yes]]' ],
	[ 'a@example.org', 'Newsletter', 'Please unsubscribe me from your newsletter. [[reply=yes]]' ],
	[ 'a@example.org', 'Sale', "Yes please [[reply=yes]]\n> Unsubscribe here: https://n.example", quoted => 'Yes please [[reply=yes]]', in_reply_to => 'x@y' ],
	[ 'a@example.org', 'Help', 'All I ever get is "This is an automated message". [[reply=yes]]' ],
	[ 'norah.play@example.org', 'Hello', 'Is the desk there? [[reply=yes]]' ],
	[ 'a@example.org', 'Team', 'Is the desk there, too? [[reply=yes]]', headers => { 'List-ID' => '<support.example.com>', Precedence => 'list', 'X-Google-Group-Id' => '77' } ],
	[ 'a@example.org', 'Plain', 'Is the chair there? [[reply=yes]]', headers => { 'Auto-Submitted' => 'no', 'X-Mailer' => 'Mail' } ],
);
my @written = map { my $event = mail(@$_); post($event); $event } @people;
$desk->wait_for_rest($account);
is(join('|', said($written[$_])), 'yes', "answered: $people[$_][1], $people[$_][2]") for 0 .. $#people;

# in a conversation that goes on an automatic reply is stored, and nothing else
my $going = $written[-1];
post(mail('a@example.org', 'Automatic reply: Plain', 'I am away.', conversation => $going->{conversation}{id}));
$desk->wait_for_rest($account);
is(join('|', said($going)), 'yes', 'an automatic reply to our reply is not answered');
is(scalar(told($going, 'toggle_status')), 0, 'nor shown to people');
post(mail('postmaster@mx.example', 'Undeliverable: Plain', 'No such user.', conversation => $going->{conversation}{id}));
$desk->wait_for_rest($account);
like((noted($going))[-1], qr/came back/, 'that our mail came back is');
my $confessed = hear('This is an automated message. Our office is closed.');
is(scalar(said($confessed)), 0, 'a machine that says so on WhatsApp is not answered either');
my $quoting = hear('Why do I only get "this is an automated message"? [[reply=sorry]]');
is(join('|', said($quoting)), 'sorry', 'one who complains of it is');

sub give
{
	my ($former, %meta) = @_;
	my $conversation = $former->{conversation};
	my $event = { %$conversation, event => 'conversation_updated', status => $meta{status} // 'open', updated_at => time + 5,
		meta => { %{ $conversation->{meta} }, %meta }, changed_attributes => [ { team_id => { previous_value => undef, current_value => 4 } } ] };
	delete $event->{meta}{status};
	post($event);
	return;
}

# ---- two machines ----

my $robot = hear('Thanks for contacting Corvo Logistics! Ticket 1001. Reply 1 for tracking, 2 for billing.');
again($robot, 'Thanks for contacting Corvo Logistics! Ticket ' . (1001 + $_) . '. Reply 1 for tracking, 2 for billing.') for 1 .. 6;
is(scalar(said($robot)), 4, 'a machine that repeats itself is answered a few times, and told once that people take over');
is(handled_by($robot), 'human', 'then people have the conversation');
is(scalar(noted($robot)), 1, 'and are told once');
like((noted($robot))[0], qr/answered 3 times and is asked again/, 'why');
give($robot, status => 'pending', team => undef);
is(handled_by($robot), 'bot', 'a person who sets it to pending gives it back');
my $person = hear('yes');
again($person, 'yes') for 1 .. 5;
is(scalar(said($person)), 6, 'short answers may be repeated');

rule(q{reply_limit = 8});
my $chatty = hear('Some first words of a machine');
again($chatty, join(' ', 'Other words', map { chr(97 + ($_ * 7 + 3) % 26) x 6 } $_ .. $_ + 6)) for 1 .. 11;
is(scalar(said($chatty)), 8, 'one that varies is stopped by the limit of the rules');
is(handled_by($chatty), 'human', 'people have it');
like(join("\n", noted($chatty)), qr/8 replies within 10 minutes/, 'and read the number');
rule(q{reply_limit = NULL});
my $unlimited = hear('Other first words of a machine');
again($unlimited, join(' ', 'Yet other words', map { chr(97 + ($_ * 5 + 1) % 26) x 6 } $_ .. $_ + 6)) for 1 .. 9;
is(scalar(said($unlimited)), 10, 'without a limit all are answered');
rule(q{reply_limit = 12});

# ---- teams ----

my %team = (id => 4, name => 'returns');
my $returned = hear('I want to return the lamp [[reply=Why?]]');
give($returned, team => {%team});
is(handled_by($returned), 'human', 'a conversation given to a team is the team\'s');
again($returned, 'Which address? [[reply=unwanted]]');
is(join('|', said($returned)), 'Why?', 'and the bot is silent');
my $opened = hear('I want to return the chair [[reply=Why the chair?]]');
give($opened);
is(handled_by($opened), 'bot', 'one that was only opened is not');
my $first = hear('A first word [[reply=unwanted]]', change => sub { $_[0]{conversation}{meta}{team} = {%team} });
is(scalar(said($first)), 0, 'nor is one answered that a team has from the first');
rule('team_takes_over = false');
my $kept = hear('I want to return the bed [[reply=Why the bed?]]');
give($kept, team => {%team});
again($kept, 'It squeaks [[reply=Oil it.]]');
is((said($kept))[-1], 'Oil it.', 'the rules of an account may say otherwise');
rule('team_takes_over = true');

# ---- clocks ----

for my $skew (4, -4, 3600, -3600)
{
	my $when = time + $skew;
	my @timed = (change => sub { $_[0]{created_at} = Frontdesk::iso($when) });
	my $first = hear("first $skew [[reply=one]]", @timed);
	$when += 60;
	again($first, "second $skew [[reply=two]]", @timed);
	$when += 60;
	$desk->forget_requests;
	again($first, "third $skew [[reply=three]]", @timed);
	my ($call) = grep { $_->{service} eq 'anthropic' } $desk->requests;
	my $whole = join ' ', map { ref $_->{content} ? join(' ', map { $_->{text} } @{ $_->{content} }) : $_->{content} } @{ $call->{body}{messages} };
	like($whole, qr/first.*\bone\b(?!\]).*second.*\btwo\b(?!\]).*third/s, "replies stand behind their questions with a clock that is $skew s off");
}

# ---- an echo comes soon ----

my $repeated = hear('When do you open on Mondays? [[reply=We open at nine on Mondays, see you then.]]');
$desk->sql(q{SELECT frontdesk.shift_clock('1 hour')});
my $typed = event((said($repeated))[0], conversation => $repeated->{conversation}{id}, message_type => 'outgoing', sender => undef, content_attributes => { external_echo => JSON::PP::true });
is($desk->post_webhook($account, $typed, timestamp => time + 3600)->{json}{status}, 'stored', 'our words of an hour ago are no echo');
is(handled_by($repeated), 'human', 'but a person who says the same');

done_testing();
