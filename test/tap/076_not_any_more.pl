# The same thing twice, late, or not any more: one provider's id is one message,
# history is stored and not answered, what was deleted leaves no trace, contacts are
# merged and conversations split, groups are no customers, and who was blocked or is
# settled while a model thinks hears nothing.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nfrontdesk.quiet_time = 300\n");
my $account = $desk->account('Harbor');
my $id = $account->{id};

sub event
{
	my ($content, %option) = @_;
	my $event = $desk->message_event($account, $content, source_id => 'wamid.' . rand, %option);
	$option{change}->($event) if $option{change};
	return $event;
}

sub post { my ($event) = @_; my $answer = $desk->post_webhook($account, $event); is($answer->{status}, 200, 'accepted'); return $answer->{json}{status} }
sub rest { $desk->wait_for_rest($account); return }
sub hear { my $event = event(@_); post($event); rest(); return $event }
sub said { my ($event) = @_; return map { $_->{body}{content} } grep { !$_->{body}{private} } $desk->replies($event->{conversation}{id}) }
sub noted { my ($event) = @_; return map { $_->{body}{content} } grep { $_->{body}{private} } $desk->replies($event->{conversation}{id}) }
sub key { my ($event) = @_; return $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $id AND display_id = $event->{conversation}{id}") }
sub stored { my ($event) = @_; return $desk->sql("SELECT count(*) FROM frontdesk.messages WHERE conversation_id = '" . key($event) . "'") }
sub rule { $desk->sql("INSERT INTO frontdesk.people_rules (account_id) VALUES ($id) ON CONFLICT DO NOTHING; UPDATE frontdesk.people_rules SET $_[0] WHERE account_id = $id"); return }

# The event as it is told later.
sub later { my ($former, %top) = @_; return { %$former, %top } }
sub deleted { return later($_[0], event => 'message_updated', content => 'This message was deleted', content_attributes => { deleted => JSON::PP::true }) }
# How slowly models answer.
sub think { my ($ms) = @_; $desk->rules(map { { match => { service => $_ }, action => { delay_ms => $ms } } } $ms ? qw(openai anthropic) : ()); return }
sub thinking { $desk->wait_for('a model to think', sub { $desk->in_flight('openai') + $desk->in_flight('anthropic') > 0 }); return }
# Where a word is found: in any row of a table that has words.
sub traces
{
	my ($word) = @_;
	return join ' ', grep { $desk->sql("SELECT count(*) FROM frontdesk.$_ t WHERE t::text LIKE '%$word%'") } qw(messages threads mailbox checkpoints deliveries reply_drafts interrupts audit);
}
sub asked { my ($word) = @_; return scalar grep { $_->{service} ne 'chatwoot' && JSON::PP::encode_json($_->{body}) =~ /\Q$word\E/ } $desk->requests }

# ---- one provider's id ----

my $once = event('Do you have the kettle in red? [[reply=We do.]]', source_id => 'WAHA.false.3EB0AA', channel => 'Channel::Api');
my $twice = event('Do you have the kettle in red? [[reply=We do.]]', source_id => 'WAHA.false.3EB0AA', channel => 'Channel::Api');
is(post($once), 'stored', 'a message');
is(post($twice), 'duplicate', 'told in a second conversation, too, is the same');
rest();
is(scalar(said($once)) + scalar(said($twice)), 1, 'and is answered once');
is(stored($twice), '0', 'stored once');
my $next = hear('And in blue? [[reply=In blue, too.]]', conversation => $twice->{conversation}{id}, channel => 'Channel::Api');
is(join('|', said($next)), 'In blue, too.', 'another message there is answered there');
my @chats = map { hear('/start [[reply=Hello]]', source_id => '17', channel => 'Channel::Telegram') } 1 .. 2;
is(join('|', map { said($_) } @chats), 'Hello|Hello', 'Telegram counts the messages of each chat');
my @imports = map { hear("import $_ [[reply=Hello]]", source_id => 'HIST.0', channel => 'Channel::Api') } 1 .. 2;
is(join('|', map { said($_) } @imports), 'Hello|Hello', 'and other words are another message');
post(event('good morning [[reply=Hello]]', source_id => 'DAY.1', channel => 'Channel::Api', change => sub { $_[0]{created_at} = Frontdesk::iso(time - 2 * 86400) }));
is(join('|', said(hear('good morning [[reply=Hello]]', source_id => 'DAY.1', channel => 'Channel::Api'))), 'Hello', 'as are the same words of another day');

# ---- late ----

sub aged { my ($age) = @_; return sub { $_[0]{created_at} = Frontdesk::iso(time - $age) } }
my $old = hear('Is the desk still for sale? [[reply=unwanted]]', change => aged(25 * 86400));
is(stored($old), '1', 'imported history is stored');
is(scalar(said($old)), 0, 'and not answered');
my $brought = hear('Is the lamp for sale? [[reply=unwanted]]', content_attributes => { external_created_at => time - 25 * 86400 });
is(scalar(said($brought)), 0, 'nor is what says that it was written elsewhere long ago');
post(event('I was there then', conversation => $old->{conversation}{id}, message_type => 'outgoing', sender => { id => 7, name => 'Ana', type => 'user' }, change => aged(24 * 86400)));
is($desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE id = '" . key($old) . "'"), 'bot', 'an old word of a person takes nothing over');
hear('And today? [[reply=Today it is.]]', conversation => $old->{conversation}{id});
is(join('|', said($old)), 'Today it is.', 'what is said today is answered');
my $yesterday = hear('Some hours ago [[reply=Better late.]]', change => aged(5 * 3600));
is(join('|', said($yesterday)), 'Better late.', 'late is not old');
$desk->sql("SELECT frontdesk.open_sweep($id, $account->{site}, '1 day')");
is($desk->sql("SELECT frontdesk.find_stuck($id, $account->{site})"), '0', 'history makes nobody wait');
rule(q{answer_within = '1 hour'});
is(scalar(said(hear('Some hours ago, again [[reply=unwanted]]', change => aged(5 * 3600)))), 0, 'the rules say what is old');
rule(q{answer_within = NULL});
is(join('|', said(hear('Years ago [[reply=A classic.]]', change => aged(900 * 86400)))), 'A classic.', 'or that nothing is');
rule(q{answer_within = '1 day'});

# ---- not any more ----

# The time in which it is quiet, as long as a test needs it.
sub quiet { my ($ms) = @_; $desk->sql("ALTER SYSTEM SET frontdesk.quiet_time = $ms"); $desk->sql('SELECT pg_reload_conf()'); $desk->wait_until("SELECT setting = '$ms' FROM pg_settings WHERE name = 'frontdesk.quiet_time'", 'the quiet time'); return }

quiet(800);
my $unsent = event('my card xylophone ends in 4471 [[reply=unwanted xylophone]]');
post($unsent);
post(deleted($unsent));
rest();
is(scalar(said($unsent)), 0, 'deleted while it was quiet: nothing is said');
is(asked('xylophone'), 0, 'nor asked');
is(traces('xylophone'), '', 'and nothing is left of the words');
my $half = event('zeppelin 4471 [[reply=unwanted]]');
post($half);
post(event('When do you open? [[reply=At nine.]]', conversation => $half->{conversation}{id}));
post(deleted($half));
rest();
is(join('|', said($half)), 'At nine.', 'what else was said is answered');
is(asked('zeppelin') . traces('zeppelin'), '0', 'without what was deleted');
quiet(100);

think(1200);
my $thought = event('marzipan number 998877 [[reply=about marzipan]] [[escalation_reason=marzipan]]');
post($thought);
thinking();
post(deleted($thought));
rest();
think(0);
is(scalar(said($thought)) + scalar(noted($thought)), 0, 'deleted while a model thinks: its answer is withheld');
is(traces('marzipan'), '', 'and nothing is left of the words, or of what a model made of them');
think(1200);
my $rest = event('nougat it is [[reply=about nougat]]');
post($rest);
post(event('Where are you? [[reply=In Main Street.]]', conversation => $rest->{conversation}{id}));
thinking();
post(deleted($rest));
rest();
think(0);
is(join('|', said($rest)), 'In Main Street.', 'what else was said is answered anew');
is(traces('nougat'), '', 'without a trace');

# even when nothing may join the turn any more
$desk->sql('ALTER SYSTEM SET frontdesk.join_limit = 1');
$desk->sql('SELECT pg_reload_conf()');
$desk->wait_until(q{SELECT setting = '1' FROM pg_settings WHERE name = 'frontdesk.join_limit'}, 'the limit');
think(1200);
my $late = event('praline 12 [[reply=about praline]]');
post($late);
thinking();
post(deleted($late));
rest();
is(scalar(said($late)), 0, 'deleted when the turn takes nothing in any more: withheld all the same');
is(traces('praline'), '', 'and without a trace');
$desk->sql('ALTER SYSTEM RESET frontdesk.join_limit');
$desk->sql('SELECT pg_reload_conf()');
think(0);

my $answered = hear('I like truffles, call me [[route=high_priority]] [[escalation_reason=likes truffles]]');
post(deleted($answered));
rest();
is(traces('truffles, call'), '', 'deleted later: the words are gone from state, steps and notes');

rule(q{approval = 'approve'});
my $drafted = hear('I like fudge [[reply=about fudge]]');
post(deleted($drafted));
rest();
is($desk->sql("SELECT string_agg(status, ' ') FROM frontdesk.reply_drafts WHERE conversation_id = '" . key($drafted) . "'"), 'withdrawn', 'a draft about what was deleted is withdrawn');
rule(q{approval = 'auto'});

# what was decided before it came is as true as before
quiet(800);
$desk->rules({ match => { service => 'chatwoot', method => 'POST' }, action => { status => 503 } });
my $pending = event('Until when are you open? [[reply=Until six.]]');
post($pending);
$desk->wait_for('the reply to wait', sub { said($pending) > 0 });
my $slip = event('quince, wrong window [[reply=unwanted]]', conversation => $pending->{conversation}{id});
post($slip);
post(deleted($slip));
$desk->forget_requests;
$desk->rules;
rest();
is(join('|', said($pending)), 'Until six.', 'a reply that waits for its channel leaves though a later message was deleted, once');
is(asked('quince'), 0, 'and nothing is asked of that');
quiet(100);
# the state of the conversation holds part of the words already
for my $words ([ 'flipflops', 'do you sell red flipflops in size 44?', 'red flipflops' ],
	[ 'is the gondola back? [[reply=Not yet.]]', 'is the gondola back? [[reply=Not yet.]]', 'gondola', 1 ])
{
	my ($first, $second, $word, $is_repeated) = @$words;
	my $begun = hear($first);
	think(1200);
	my $taken = event($second, conversation => $begun->{conversation}{id});
	post($taken);
	post(deleted($taken));
	post(deleted($taken));
	rest();
	think(0);
	is(scalar(said($begun)), 1, "'$word' once more, deleted: only the first is answered");
	is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE conversation_id = '" . key($begun) . "' AND direction = 'incoming' AND content LIKE '%$word%'"), $is_repeated ? '1' : '0', 'its row has no words any more');
	is(traces($word), '', 'nor has anything else') unless $is_repeated;
	hear('And lamps? [[reply=Many.]]', conversation => $begun->{conversation}{id});
	is((said($begun))[-1], 'Many.', 'and the conversation goes on');
}

# while its reply is on its way: whatever becomes of that, it keeps none of the words
for my $status (200, 422, 503)
{
	$desk->rules({ match => { service => 'chatwoot', method => 'POST', path_contains => '/messages' }, action => { delay_ms => 1000, $status == 200 ? () : (status => $status) } });
	my $flying = event("tapioca$status 4471 [[reply=tapioca$status 4471]]");
	post($flying);
	$desk->wait_for('the reply to be on its way', sub { $desk->in_flight('chatwoot') > 0 });
	post(deleted($flying));
	$desk->rules;
	rest();
	is($desk->sql("SELECT count(*) FROM frontdesk.deliveries d WHERE d::text LIKE '%tapioca$status%'"), '0', "deleted while a reply is on its way, which ends with $status: no delivery has the words");
	unlike(join('|', noted($flying)), qr/tapioca/, 'and no note');
}

# its echo is known again all the same, and is nobody who takes over
my $echoed = hear('paprika 4471 [[reply=paprika 4471 it is]]');
post(deleted($echoed));
post(event('Paprika 4471: it is', conversation => $echoed->{conversation}{id}, message_type => 'outgoing', sender => undef));
rest();
is($desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE id = '" . key($echoed) . "'"), 'bot', 'an echo of a reply whose words were deleted is ours');

my $edited = event('two chairs [[reply=two]]');
think(1200);
post($edited);
thinking();
post(later($edited, event => 'message_updated', content => 'three chairs [[reply=three]]'));
rest();
think(0);
is(join('|', said($edited)), 'three', 'edited while a model thinks: the new words are answered');

# ---- merged ----

my $merged = hear('Can you resend my invoice? [[reply=To where?]]');
my %stays = (id => 7128, name => 'Lotte Ravn', phone_number => '+15550100128', email => 'lotte@example.org', identifier => undef, custom_attributes => { tier => 'gold' }, blocked => JSON::PP::false);
post({ %stays, account => { id => 3, name => 'Harbor' }, event => 'contact_updated', changed_attributes => [ { phone_number => { previous_value => undef, current_value => '+15550100128' } } ] });
my $stale = event('too early [[reply=hm]]', conversation => $merged->{conversation}{id}, change => sub { $_[0]{conversation}{updated_at} -= 100; $_[0]{sender}{id} = $_[0]{conversation}{meta}{sender}{id} = 4711 });
post($stale);
is($desk->sql("SELECT count(*) FROM frontdesk.leads WHERE chatwoot_contact_id = '4711'"), '0', 'an older description moves nothing');
hear('To my mail please [[reply=Done.]]', conversation => $merged->{conversation}{id}, change => sub { $_[0]{conversation}{updated_at} += 100; $_[0]{sender} = {%stays}; $_[0]{conversation}{meta}{sender} = {%stays} });
is($desk->sql("SELECT l.chatwoot_contact_id || ' ' || l.name || ' ' || l.email FROM frontdesk.conversations c JOIN frontdesk.leads l ON l.account_id = c.account_id AND l.id = c.lead_id WHERE c.id = '" . key($merged) . "'"),
	'7128 Lotte Ravn lotte@example.org', 'the conversation is the one\'s that stayed');
is((said($merged))[-1], 'Done.', 'and goes on');

# ---- split ----

sub contact { my ($key) = @_; return (change => sub { my ($e) = @_; $_->{id} = $key for $e->{sender}, $e->{conversation}{meta}{sender}; $e->{conversation}{contact_inbox}{contact_id} = $key }) }

quiet(500);
my @photo = (attachments => [ { id => 3012, message_id => 1, file_type => 'image', account_id => 3, data_url => 'https://chat.example.com/p.jpeg' } ]);
for my $order ([ 0, 1 ], [ 1, 0 ])
{
	my $person = 7011 + $order->[0];
	my $picture = event('This very one', contact($person));
	my $question = event('is it back in stock soon? [[reply=Soon.]]', contact($person));
	my @both = ({ %$picture, @photo }, $question);
	post($both[$_]) for @$order;
	rest();
	is(join('|', said($picture), said($question)), 'Soon.', "a picture and its question in two conversations get one reply, in order @$order");
	is(scalar(said($question)), 1, 'in the younger one');
	ok(asked('This very one') > 0, 'and the picture is known there');
	$desk->forget_requests;
}
my @apart = map { event("question of $_ [[reply=yes]]", contact($_)) } 7021, 7022;
post($_) for @apart;
rest();
is(join('|', map { said($_) } @apart), 'yes|yes', 'two people are two');
my @mails = map { event("mail $_ [[reply=yes]]", channel => 'Channel::Email', contact(7023)) } 1, 2;
post($_) for @mails;
rest();
is(join('|', map { said($_) } @mails), 'yes|yes', 'two mails of one person are two as well');
quiet(100);

# ---- crowds ----

my $before = $desk->sql('SELECT count(*) FROM frontdesk.leads');
for my $crowd ('120363000000000001@g.us', 'status@broadcast', '120363@newsletter')
{
	my $event = event('who brings the cake? [[reply=unwanted]]', channel => 'Channel::Api', change => sub { $_->{identifier} = $crowd for $_[0]{sender}, $_[0]{conversation}{meta}{sender} });
	is(post($event), 'ignored', "$crowd is no customer");
	is(post({ %{ $event->{conversation} }, event => 'conversation_created' }), 'ignored', 'and has no conversation');
	is(post({ %{ $event->{sender} }, event => 'contact_created' }), 'ignored', 'nor a lead');
}
is(post(event('hello all', channel => 'Channel::Telegram', change => sub { $_[0]{conversation}{additional_attributes} = { chat_id => -100123 } })), 'ignored', 'nor has a group of Telegram');
is(post(event('hello all', channel => 'Channel::Api', change => sub { $_[0]{conversation}{additional_attributes} = { is_group => JSON::PP::true } })), 'ignored', 'nor has what a bridge flags as a group');
is($desk->sql('SELECT count(*) FROM frontdesk.leads'), $before, 'nothing is kept of them');
is(join('|', said(hear('It is only me [[reply=Hello]]', channel => 'Channel::Api', change => sub { $_->{identifier} = '15550102233@c.us' for $_[0]{sender}, $_[0]{conversation}{meta}{sender} }))), 'Hello', 'one person of a bridge is a customer');

# ---- blocked and settled ----

sub state_of { my ($former, $status) = @_; return { %{ $former->{conversation} }, event => 'conversation_status_changed', status => $status, updated_at => time + 10, changed_attributes => undef } }

think(1200);
my $settled = event('Never mind? [[reply=unwanted]]');
post($settled);
thinking();
post(state_of($settled, 'resolved'));
rest();
is(scalar(said($settled)), 0, 'resolved while a model thinks: silence');
my $blocked = event('You idiots [[reply=unwanted]]');
post($blocked);
thinking();
post({ %{ $blocked->{sender} }, blocked => JSON::PP::true, event => 'contact_updated', changed_attributes => [ { blocked => { previous_value => JSON::PP::false, current_value => JSON::PP::true } } ] });
rest();
is(scalar(said($blocked)), 0, 'blocked while a model thinks: silence');
think(0);
hear('Hello? [[reply=unwanted]]', conversation => $blocked->{conversation}{id});
is(scalar(said($blocked)), 0, 'and later on');
post({ %{ $blocked->{sender} }, event => 'contact_updated', changed_attributes => [ { blocked => { previous_value => JSON::PP::true, current_value => JSON::PP::false } } ] });
hear('Sorry [[reply=Never mind.]]', conversation => $blocked->{conversation}{id});
is(join('|', said($blocked)), 'Never mind.', 'one who is blocked no more is answered');
hear('One thing more [[reply=Which?]]', conversation => $settled->{conversation}{id}, change => sub { $_[0]{conversation}{updated_at} = time + 20 });
is(join('|', said($settled)), 'Which?', 'and so is who writes after it was resolved');

# ---- deleted in one of two conversations that are answered as one ----

my $same = sub { my ($e) = @_; $_->{id} = 9901 for $e->{sender}, $e->{conversation}{meta}{sender}; $e->{conversation}{contact_inbox}{contact_id} = 9901; return $e };
my $within = $desk->sql('SELECT split_within FROM frontdesk.people_rules WHERE account_id = 0');
$desk->sql("UPDATE frontdesk.people_rules SET split_within = '1 hour' WHERE account_id = 0; SELECT frontdesk.pause($id, 'two at once')");
my @two = map { $same->(event($_)) } 'Do you sell gyroscopes? [[reply=gyroscopes]]', 'What is this lamp? [[reply=a lamp]]';
post($_) for @two;
is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE content_attributes ? 'told_in' AND content LIKE '%gyroscopes%'"), '1', 'one is answered with the other');
post($same->(deleted($two[0])));
$desk->sql("SELECT frontdesk.resume_work($id)");
rest();
is(traces('gyroscope') . asked('gyroscope'), '0', 'what was deleted is gone from both');
is(join('|', map { said($_) } @two), 'a lamp', 'and the rest is answered, once');
$desk->sql('UPDATE frontdesk.people_rules SET split_within = ' . ($within eq '' ? 'NULL' : "'$within'") . ' WHERE account_id = 0');

done_testing();
