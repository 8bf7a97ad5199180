# pause(), drain() and resume_work(): nothing begins that was told not to, what
# is in flight is recorded, messages are stored all the while, and afterwards
# everything is answered once.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $clinic = $desk->account('Clinic');
my $bakery = $desk->account('Bakery');
my $recruits = '[[route=recruitment]] I am a nurse';

sub post
{
	my ($account, $content) = @_;
	my $event = $desk->message_event($account, $content);
	is($desk->post_webhook($account, $event)->{status}, 200, "stored: $content");
	return $event;
}

sub steps_of
{
	my ($account, $event) = @_;
	return $desk->sql(qq{SELECT coalesce(string_agg(p.node || ' ' || p.attempt, ', ' ORDER BY p.seq), '')
		FROM frontdesk.checkpoints p JOIN frontdesk.conversations c ON c.id = p.thread_id
		WHERE c.account_id = $account->{id} AND c.display_id = $event->{conversation}{id}});
}

sub models_asked { return scalar grep { $_->{service} ne 'chatwoot' } $desk->requests }
sub replies { return scalar $desk->replies($_[0]{conversation}{id}) }
sub status { return $desk->sql('SELECT state FROM frontdesk.work_status WHERE account_id = 0') }

# Makes one account's conversation known, so that the others can be told apart.
my $known = post($clinic, 'hello');
$desk->wait_for_rest($clinic);
is(replies($known), 1, 'the desk works');

# ---- pause in the middle of a turn ----

$desk->forget_requests;
$desk->rules({ match => { service => 'openai', times => 1 }, action => { delay_ms => 1500 } });
my $running = post($clinic, $recruits);
$desk->wait_for('the router to be asked', sub { models_asked() == 1 });
is($desk->sql(q{SELECT frontdesk.pause(reason => 'prices are wrong')}), '1', 'one thread is at work when the desk is paused');
my $fresh = post($clinic, 'anybody there?');
is($desk->sql(q{SELECT frontdesk.wait_until_idle('3 minutes')}), '0', 'what is in flight ends');
is(steps_of($clinic, $running), 'classify 1', 'the call in flight is recorded');
is(models_asked(), 1, 'and no other begins');
is(status(), 'paused', 'the status says so');
is($desk->sql(q{SELECT reason || ', ' || waiting FROM frontdesk.work_status}), 'prices are wrong, 2', 'and why, and how many wait');
is($desk->sql('SELECT count(*) FROM frontdesk.messages m JOIN frontdesk.conversations c ON c.account_id = m.account_id AND c.id = m.conversation_id'
	. " WHERE c.display_id = $fresh->{conversation}{id}"), '1', 'messages are stored');
$desk->wait_until(q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' AND query LIKE 'paused, %'},
	'the worker to say that it is paused');

$desk->node->restart;
my $held = post($clinic, 'and now?');
$desk->wait_until(q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' AND query LIKE 'paused, %'},
	'the worker to say so after a restart');
is(models_asked(), 1, 'a restart does not end the pause');
is($desk->sql('SELECT frontdesk.resume_work()'), 'working', 'work is resumed');
$desk->wait_for_rest($clinic);
is(steps_of($clinic, $running), 'classify 1, extract_lead_info 1, generate_response 1', 'the turn has gone on where it was');
is(replies($_), 1, 'and is answered once') for $running, $fresh, $held;
is($desk->sql(q{SELECT string_agg(action || ' ' || subject, ', ' ORDER BY at) FROM frontdesk.audit WHERE action LIKE 'work.%'}),
	'work.paused 0, work.resumed 0', 'both are in the audit trail');

# ---- a pause keeps a delivery, and an attempt, back ----

$desk->forget_requests;
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { delay_ms => 1500 } });
my $almost = post($clinic, 'what are your hours?');
$desk->wait_for('the reply to be written', sub { $desk->requests('anthropic') == 1 });
$desk->sql('SELECT frontdesk.pause()');
$desk->sql(q{SELECT frontdesk.wait_until_idle('3 minutes')});
is(steps_of($clinic, $almost), 'classify 1, generate_response 1', 'the reply is written');
is(replies($almost), 0, 'but not sent');
$desk->sql('SELECT frontdesk.resume_work()');
$desk->wait_for_rest($clinic);
is(replies($almost), 1, 'until work is resumed');

$desk->forget_requests;
$desk->rules({ match => { service => 'openai', times => 1 }, action => { status => 500, delay_ms => 1000 } });
my $retried = post($clinic, 'will you try again?');
$desk->wait_for('the router to be asked', sub { models_asked() == 1 });
$desk->sql('SELECT frontdesk.pause()');
$desk->sql(q{SELECT frontdesk.wait_until_idle('3 minutes')});
is(models_asked(), 1, 'a failed step is not tried again while paused');
$desk->sql('SELECT frontdesk.resume_work()');
$desk->wait_for_rest($clinic);
is(steps_of($clinic, $retried), 'classify 1, classify 2, generate_response 1', 'afterwards its second attempt is the second');

# ---- drain ----

$desk->forget_requests;
$desk->rules({ match => { service => 'openai', times => 1 }, action => { delay_ms => 1500 } });
$running = post($clinic, $recruits);
$desk->wait_for('the router to be asked', sub { models_asked() == 1 });
is($desk->sql('SELECT frontdesk.drain()'), '1', 'one thread is at work when draining begins');
like(status(), qr/^drain(ing|ed)$/, 'the status says so');
$fresh = post($clinic, 'too late?');
is($desk->sql(q{SELECT frontdesk.wait_until_idle('3 minutes')}), '0', 'the desk drains');
is(replies($running), 1, 'a turn that had begun goes on to its reply');
is(replies($fresh), 0, 'no other begins');
is(status(), 'drained', 'in the end the desk is drained');
$desk->sql('SELECT frontdesk.resume_work()');
$desk->wait_for_rest($clinic);
is(replies($fresh), 1, 'what waited is answered after resume_work()');

# ---- one account ----

$desk->sql("SELECT frontdesk.pause($clinic->{id})");
my $clinics = post($clinic, 'clinic?');
my $bakerys = post($bakery, 'bakery?');
$desk->wait_for_rest($bakery);
is(replies($bakerys), 1, 'another account is served');
$desk->wait_until("SELECT NOT EXISTS (SELECT FROM frontdesk.ready WHERE account_id = $clinic->{id} AND (slot IS NOT NULL OR due_at <= now()))",
	'the clinic to be held');
is(replies($clinics), 0, 'the paused one is not');
is($desk->sql("SELECT state || ' ' || waiting FROM frontdesk.work_status WHERE account_id = $clinic->{id}"), 'paused 1', 'the status of the account says so');
is(status(), 'working', 'and the database works');
is($desk->sql("SELECT frontdesk.resume_work($clinic->{id})"), 'working', 'its work is resumed');
$desk->wait_for_rest($clinic);
is(replies($clinics), 1, 'and its customer answered');

# ---- who may ----

$desk->sql("CREATE ROLE clara LOGIN IN ROLE frontdesk_operator; INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($clinic->{id}, 'clara', 'Clara')");
my ($code, undef, $error) = $desk->node->psql('postgres', 'SELECT frontdesk.pause()', extra_params => [ '-U', 'clara' ]);
like($error, qr/account 0 does not exist or is not yours/, 'an operator of an account cannot pause the database');
is($desk->sql("SELECT frontdesk.pause($clinic->{id}), (SELECT string_agg(account_id || ' ' || state, ', ' ORDER BY account_id) FROM frontdesk.work_status), frontdesk.resume_work($clinic->{id})",
	extra_params => [ '-U', 'clara' ]), "0|0 working|working", 'but her account') or diag 'clara';
ok(!$desk->node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');

done_testing();
