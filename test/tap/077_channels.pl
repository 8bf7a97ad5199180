# What a channel can carry: a reply fits it, or leaves in another form, or a
# person gets the conversation; once.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $account = $desk->account('Harbor');
my $id = $account->{id};
# nobody waits half a minute here
$desk->sql("INSERT INTO frontdesk.refusal_rules (account_id, position, pattern, remedy, wait) VALUES ($id, 1, 'rate limit', 'again', '0'), ($id, 2, 'timeout', 'person', '1 hour'),
	($id, 3, 'server busy', 'again', '1 hour')");

my $version = time + 100;

sub hear
{
	my ($content, %option) = @_;
	my $event = $desk->message_event($account, $content, %option);
	$event->{conversation}{updated_at} = ++$version;
	$event->{conversation}{can_reply} = $option{can_reply} if defined $option{can_reply};
	is($desk->post_webhook($account, $event)->{status}, 200, 'a message comes in');
	return $event;
}

sub rest { $desk->wait_until("SELECT NOT EXISTS (SELECT FROM frontdesk.alarms WHERE account_id = $id AND name = 'mend_refused' AND due_at < frontdesk.clock() + interval '1 minute')", 'what was refused'); $desk->wait_for_rest($account); return }
sub ask { my ($answer, %option) = @_; my $event = hear("Hello? [[reply=$answer]]", %option); $desk->wait_for_rest($account); return $event }
sub key_of { return $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $id AND display_id = $_[0]{conversation}{id}") }
sub posts { return $desk->replies($_[0]{conversation}{id}) }
sub said { return map { $_->{body}{content} } grep { !$_->{body}{private} } posts($_[0]) }
sub notes { return map { $_->{body}{content} } grep { $_->{body}{private} } posts($_[0]) }
sub holder { return $desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE account_id = $id AND display_id = $_[0]{conversation}{id}") }
sub dead { return $desk->sql(sprintf q{SELECT coalesce(string_agg(failure_class || ': ' || failure, ', ' ORDER BY seq), '') FROM frontdesk.dead_letters WHERE thread_id = '%s'}, key_of($_[0])) }

# The provider's word on a reply of ours, as Chatwoot tells it.
sub report
{
	my ($event, $post, %told) = @_;
	my $marker = $post->{body}{content_attributes}{frontdesk};
	my ($seq) = $marker =~ m{/(\d+)$};
	my $told = $desk->message_event($account, $post->{body}{content}, conversation => $event->{conversation}{id}, event => 'message_updated', message_type => 'outgoing',
		id => $told{id} // $desk->sql(sprintf q{SELECT remote_id FROM frontdesk.deliveries WHERE thread_id = '%s' AND seq = %d}, key_of($event), $seq) + 0,
		sender => { id => 12, name => 'Desk', type => 'agent_bot' }, channel => $event->{conversation}{channel},
		source_id => $told{source_id}, content_attributes => { frontdesk => $marker, external_error => $told{error} });
	$told->{conversation}{updated_at} = ++$version;
	$told->{conversation}{messages} = [ { id => $told->{id}, status => $told{status} // 'failed' } ];
	is($desk->post_webhook($account, $told)->{status}, 200, 'a report comes in');
	return;
}

# ---- length and signs ----

my $long = join ' ', map { "Wash the blanket no. $_ by hand in cold water." } 1 .. 30;
my $instagram = ask($long, channel => 'Channel::Instagram');
my @parts = said($instagram);
is(scalar @parts, 2, 'what is longer than a message leaves in parts');
is((grep { length > 1000 } @parts), 0, 'none of which is longer than the channel allows');
is(join(' ', @parts), $long, 'nothing is lost or said twice');
like($parts[0], qr/water\.$/, 'they end with a sentence');
my %marker = map { $_->{body}{content_attributes}{frontdesk} => 1 } posts($instagram);
is(scalar keys %marker, 2, 'each has a marker of its own');
is(join(' ', map { $_->{body}{content} } grep { 1 } posts(ask('**Bold** and *so*', channel => 'Channel::Whatsapp'))), '**Bold** and **so**', 'WhatsApp: one star is bold');
is((said(ask('**Bold**, *so*: 2*3*4', channel => 'Channel::Sms')))[0], 'Bold, so: 2*3*4', 'SMS: letters alone');
is((said(ask('**Bold** [map](https://x.example)', channel => 'Channel::Email')))[0], '**Bold** [map](https://x.example)', 'e-mail: all of it');

# ---- blanks ----

for my $blank ('Dear {{contact.name}}, hello', 'Dear {name}, hello', 'Hello [Your Name], you')
{
	my $event = ask($blank);
	is(join('|', said($event)), 'A colleague takes over and will answer you here.', "$blank: never leaves, the customer hears of a person");
	like(join('|', notes($event)), qr/blank that nobody filled in.*\Q$blank\E/s, 'who is told why') unless $blank =~ /\{\{/;
	unlike(join('|', notes($event)), qr/\{[{%]/, 'in words that open no tag');
	is(holder($event), 'human', 'and has it');
	like(dead($event), qr/^bad_request: the reply has a blank/, 'it is a dead letter');
}

# ---- the window ----

my $shut = ask('Too late', can_reply => JSON::PP::false);
is(join('|', said($shut)), '', 'where Chatwoot lets nothing through nothing is sent');
like(join('|', notes($shut)), qr/did not reach the customer.*Too late/s, 'a person is told, with what would have been said');
is(holder($shut), 'human', 'and has it');
like(dead($shut), qr/^refused: .*no template/, 'a dead letter');
like($desk->sql(sprintf q{SELECT string_agg(s, ' ') FROM frontdesk.explain_conversation('%s') s}, key_of($shut)), qr/nothing but a template/, 'explain_conversation() says so');

$desk->sql(qq{INSERT INTO frontdesk.channel_limits (account_id, channel, max_length, markup, reply_window, templates)
	VALUES ($id, 'whatsapp', 4096, 'stars', '24 hours', '{"en": {"name": "answer_ready", "language": "en_US", "category": "UTILITY", "content": "Our answer: {answer}", "params": {"1": "{answer}"}}}')});
my $template = ask('We *open* at nine', can_reply => JSON::PP::false);
my ($sent) = posts($template);
is($sent->{body}{content}, 'Our answer: We open at nine', 'with a template the answer leaves in it');
is_deeply($sent->{body}{template_params}, { name => 'answer_ready', language => 'en_US', category => 'UTILITY', processed_params => { body => { 1 => 'We open at nine' } } }, 'as the provider wants it');
is(holder($template), 'bot', 'and nobody has to be called');
ask('Inside', conversation => $template->{conversation}{id});
is((posts($template))[-1]{body}{template_params}, undef, 'inside the window it is a message like any');

# ---- refused later ----

my $rate = ask('Passing');
report($rate, (posts($rate))[0], error => '130429: rate limit hit');
rest();
is(join('|', said($rate)), 'Passing|Passing', 'what was passing is sent again');
is(dead($rate), '', 'and is no dead letter any more');
report($rate, (posts($rate))[1], error => '130429: rate limit hit');
rest();
report($rate, (posts($rate))[2], error => '130429: rate limit hit');
rest();
is(scalar(said($rate)), 3, 'twice, not for ever');
is(holder($rate), 'human', 'then a person has it');
like(dead($rate), qr/refused it: 130429/, 'and it is a dead letter');

my $plain = ask('*Bold* ' . $long, channel => 'Channel::Instagram');
report($plain, (posts($plain))[0], error => '100 - Length of param message[text] must be less than or equal to 1000');
rest();
my @again = said($plain);
cmp_ok(scalar @again, '>=', 4, 'too long after all: in another form');
is((grep { length > 500 } @again[2 .. $#again]), 0, 'shorter');
is(join(' ', @again[2 .. $#again]), $again[0], 'the refused part alone, whole');

my $window = ask('Re-engage', channel => 'Channel::Whatsapp');
report($window, (posts($window))[0], error => '131047: Re-engagement message');
rest();
is((posts($window))[-1]{body}{template_params}{name}, 'answer_ready', 'the window was closed after all: as a template');

my $gone = ask('Nobody there');
report($gone, (posts($gone))[0], error => '131026: Message undeliverable');
rest();
is(join('|', said($gone)), 'Nobody there', 'what cannot be mended is not sent again');
is(holder($gone), 'human', 'a person has it');
like(join('|', notes($gone)), qr/131026.*Nobody there/s, 'and knows what and why');
like(dead($gone), qr/^refused: the provider refused it: 131026/, 'a dead letter');
like($desk->sql(sprintf q{SELECT string_agg(s, ' ') FROM frontdesk.explain_conversation('%s') s}, key_of($gone)), qr/the provider refused it: 131026/, 'explain_conversation() says so');

# told again, and told of what is mended
my $resent = ask('By mail', channel => 'Channel::Email');
report($resent, (posts($resent))[0], error => 'SMTP timeout');
$desk->wait_until(sprintf(q{SELECT EXISTS (SELECT FROM frontdesk.dead_letters WHERE thread_id = '%s')}, key_of($resent)), 'the dead letter');
report($resent, (posts($resent))[0], error => undef, status => 'sent', source_id => 'conversation/1/messages/1@example.com');
$desk->wait_until(sprintf(q{SELECT NOT EXISTS (SELECT FROM frontdesk.dead_letters WHERE thread_id = '%s')}, key_of($resent)), 'the mended letter');
is($desk->sql(sprintf q{SELECT status || coalesce(failure, '') FROM frontdesk.messages WHERE conversation_id = '%s' AND direction = 'outgoing'}, key_of($resent)), 'sent', 'sent by a person after all: sent, without failure');
is(join('|', said($resent)), 'By mail', 'and nothing twice');
is(holder($resent), 'bot', 'and nobody is called');
report($resent, (posts($resent))[0], error => undef, status => 'sent');
is(holder($resent), 'bot', 'an old report changes nothing');

# what the customer, or a colleague, has deleted by then is neither sent again nor quoted
my %deleted = (event => 'message_updated', content => 'This message was deleted');
my ($forgotten, $unsaid) = map { ask("gingerbread $_") } 1, 2;
my ($told) = map { (posts($_))[0] } $unsaid;
is($desk->post_webhook($account, { %$forgotten, %deleted, content_attributes => { deleted => JSON::PP::true } })->{status}, 200, 'the customer deletes what was answered');
my $own = $desk->message_event($account, undef, conversation => $unsaid->{conversation}{id}, %deleted, message_type => 'outgoing', sender => { id => 12, name => 'Desk', type => 'agent_bot' },
	id => $desk->sql(sprintf q{SELECT remote_id FROM frontdesk.deliveries WHERE thread_id = '%s' AND kind = 'reply'}, key_of($unsaid)) + 0,
	content_attributes => { deleted => JSON::PP::true, frontdesk => $told->{body}{content_attributes}{frontdesk} });
is($desk->post_webhook($account, $own)->{status}, 200, 'a colleague deletes the answer');
report($forgotten, (posts($forgotten))[0], error => '130429: rate limit hit');
report($unsaid, { body => { %{ $told->{body} }, content => 'This message was deleted' } }, error => '130429: rate limit hit');
rest();
for my $event ($forgotten, $unsaid)
{
	is(scalar(said($event)), 1, 'refused, it is not sent again');
	is(holder($event), 'human', 'but a person is told');
	like(join('|', notes($event)), qr/rate limit hit\nIts words, or what it answered, were deleted/, 'that there was one');
	unlike(join('|', notes($event)), qr/gingerbread/, 'without its words');
	is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.deliveries d WHERE thread_id = '%s' AND d::text LIKE '%%gingerbread%%'}, key_of($event)), '0', 'which are in no delivery');
}

# ---- a late failure and a new message at once: one answer ----

my $both = ask('First answer');
$desk->rules({ match => { service => 'anthropic' }, action => { delay_ms => 1500 } });
my $next = hear('And on Sundays? [[reply=Both answered]]', conversation => $both->{conversation}{id});
$desk->wait_for('the model to be asked', sub { $desk->in_flight('anthropic') });
report($both, (posts($both))[0], error => '130429: rate limit hit');
$desk->rules;
rest();
is(join('|', said($both)), 'First answer|Both answered', 'a failure while the next message is answered leads to one answer');
my ($last) = (grep { $_->{service} eq 'anthropic' } $desk->requests)[-1];
unlike(JSON::PP::encode_json($last->{body}{messages} // []), qr/"assistant"/, 'which does not take for said what never arrived');
like($desk->sql(sprintf q{SELECT state ->> 'content' FROM frontdesk.threads WHERE id = '%s'}, key_of($both)), qr/First answer.*Sundays/s, 'what it answered is read with the next');
is(holder($both), 'bot', 'and the bot has it');
rest();
is(scalar(said($both)), 2, 'then and later');

# ---- a report that is faster than the answer to its reply ----

$desk->rules({ match => { service => 'chatwoot', method => 'POST', path_contains => '/messages', times => 1 }, action => { apply_then_close => JSON::PP::true } });
my $early = hear('Hello? [[reply=Early]]');
$desk->wait_for('the reply', sub { scalar posts($early) });
my ($there) = grep { ($_->{content} // '') eq 'Early' } @{ $desk->fake_control('GET', "conversations/$early->{conversation}{id}/messages?account=3")->{messages} };
report($early, (posts($early))[0], error => '131026: Message undeliverable', id => $there->{id});
$desk->wait_for_rest($account);
rest();
is(holder($early), 'human', 'a report that comes before the reply is settled is not lost');
is(join('|', said($early)), 'Early', 'and nothing is said twice');
is($desk->sql(sprintf q{SELECT string_agg(content || ' ' || status, '|') FROM frontdesk.messages WHERE conversation_id = '%s' AND direction = 'outgoing' AND NOT private}, key_of($early)), 'Early failed', 'one row');

# ---- rules are looked at in bounded number, and none costs more than it is long ----

$desk->sql("INSERT INTO frontdesk.refusal_rules (account_id, position, pattern, remedy) SELECT $id, 1000 + g, CASE g WHEN 98 THEN 'unlikely' ELSE 'no ' || g END, 'plain' FROM generate_series(1, 98) g");
is($desk->sql("SELECT remedy FROM frontdesk.judge_refusal($id, 'webchat', 'unlikely')"), 'person', 'of an account the first 100 rules hold');
is($desk->sql("SELECT remedy FROM frontdesk.judge_refusal($id, 'webchat', 'unlikely 429')"), 'again', '… and behind them those of the house');
is($desk->sql("SELECT frontdesk.remove_refusal_rule($id, 1001)") . $desk->sql("SELECT remedy FROM frontdesk.judge_refusal($id, 'webchat', 'unlikely')"), 'tplain', '… one more when one goes');
$desk->sql("DELETE FROM frontdesk.refusal_rules WHERE account_id = $id AND position > 1000");
for my $pattern ('(a|b){0,200}', '(x)\1', '(?x)(a|b){ 200}', '***:(?x)a{ 200}', '(?b)a\{200\}')
{
	my ($code, $out, $err) = $desk->node->psql('postgres', "INSERT INTO frontdesk.refusal_rules (account_id, position, pattern, remedy) VALUES ($id, 2000, \$q\$$pattern\$q\$, 'person')");
	like($err, qr/refusal_rules_pattern_check/, "refused: $pattern");
}

# ---- what waits to be sent again: a crash, a new message, a person ----

my @late = map { ask('Busy') } 1 .. 3;
report($_, (posts($_))[0], error => 'server busy') for @late;
$desk->wait_until(sprintf(q{SELECT count(*) = 3 FROM frontdesk.dead_letters WHERE failure LIKE '%%server busy'}), 'three dead letters');
like($desk->sql(sprintf q{SELECT string_agg(s, ' ') FROM frontdesk.explain_conversation('%s') s}, key_of($late[0])), qr/by frontdesk.refusal_rules it is seen to at/, 'explain_conversation() says when');
ask('Answered anew', conversation => $late[1]{conversation}{id});
$desk->sql(sprintf q{SELECT frontdesk.take_over(%d, '%s')}, $id, key_of($late[2]));
$desk->node->stop('immediate');
$desk->node->start;
$desk->sql("SELECT frontdesk.shift_clock('2 hours')");
$desk->wait_until(q{SELECT NOT EXISTS (SELECT FROM frontdesk.alarms WHERE name = 'mend_refused' AND due_at < frontdesk.clock() + interval '30 minutes')}, 'what waited');
$desk->wait_for_rest($account);
is(join('|', said($late[0])), 'Busy|Busy', 'sent again once, whatever crashed in between');
is(join('|', said($late[1])), 'Busy|Answered anew', 'not behind the answer to a newer message');
like(join('|', notes($late[1])), qr/has written since and was answered anew.*Busy/s, 'which people can read');
is(join('|', said($late[2])), 'Busy', 'nor where a person has the conversation');
like(join('|', notes($late[2])), qr/server busy.*Busy/s, 'who is told');

# an answer that comes so late that its channel has closed meanwhile
$desk->sql("SELECT frontdesk.pause($id, 'test')");
my $tardy = $desk->message_event($account, 'Hello? [[reply=At last]]');
is($desk->post_webhook($account, $tardy, timestamp => time + 7200)->{status}, 200, 'a message comes in');
$desk->sql("SELECT frontdesk.shift_clock('30 hours')");
$desk->sql("SELECT frontdesk.resume_work($id)");
$desk->wait_for_rest($account);
is(join('|', map { $_->{body}{template_params}{name} // '' } grep { !$_->{body}{private} } posts($tardy)), 'answer_ready', 'behind the window of the channel it leaves as a template');

is($desk->sql(q{SELECT count(*) FROM frontdesk.alarms WHERE attempts > 0}), '0', 'no alarm has raised');
done_testing();
