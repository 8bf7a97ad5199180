# Locks that a DBA holds: what does not need the locked rows goes on, calls in
# flight are driven, nothing is given up, and all is answered once when the lock
# has gone.  And timeouts that a DBA sets for sessions are not for workers.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $account = $desk->account('Clinic');
my $thread_of = q{(SELECT id FROM frontdesk.conversations WHERE display_id = %d)};

sub post
{
	my ($content, %option) = @_;
	my $event = $desk->message_event($account, $content, %option);
	my $answer = $desk->post_webhook($account, $event);
	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

sub replies { return scalar $desk->replies($_[0]{conversation}{id}) }

# Takes a lock in a session of its own, which is returned.
sub hold
{
	my ($sql) = @_;
	my $session = $desk->node->background_psql('postgres', on_error_stop => 1);
	$session->query_safe("BEGIN; $sql");
	return $session;
}

sub let_go { my ($session) = @_; $session->query_safe('COMMIT'); $session->quit; return }

# Waits until a worker has met a lock, which it puts into the log.
my $log_at = 0;
sub wait_for_lock_met
{
	ok($desk->wait_for('a worker to meet the lock', sub { $desk->node->log_contains('canceling statement due to lock timeout', $log_at) }),
		'a worker that meets the lock does not wait for long');
	return;
}

sub nothing_given_up
{
	my ($name) = @_;
	is($desk->sql('SELECT count(*) FROM frontdesk.dead_letters'), '0', "$name: nothing is given up");
	return;
}

# A thread that never looks at a message: two http steps, the first of them slow.
$desk->sql(sprintf <<'SQL', ($account->{id}) x 3, $desk->fakes);
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (%d, 'probe', 1, 'ask');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings) VALUES
  (%2$d, 'probe', 1, 'ask', 'http', '{"url": "%4$s/_fake/stats"}'), (%2$d, 'probe', 1, 'ask_again', 'http', '{"url": "%4$s/_fake/stats"}');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES (%3$d, 'probe', 1, 'ask', 1, 'ask_again');
UPDATE frontdesk.graphs SET active = true WHERE name = 'probe';
SQL

sub probe
{
	my $id = $desk->sql(sprintf q{INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version)
		VALUES (%1$d, frontdesk.uuid(), 'probe', 'probe', %1$d, 1) RETURNING id}, $account->{id});
	$id =~ s/\s.*//s;
	$desk->sql("SELECT frontdesk.post_mail($account->{id}, '$id', 'probe')");
	return $id;
}

sub probed
{
	my ($id, $name) = @_;
	$desk->wait_until("SELECT NOT EXISTS (SELECT FROM frontdesk.ready WHERE thread_id = '$id')", 'the probe to rest');
	is($desk->sql("SELECT string_agg(node, ', ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$id'"), 'ask, ask_again', $name);
	return;
}

my $known = post('hello');
$desk->wait_for_rest($account);
is(replies($known), 1, 'the desk works');

# ---- a row of a thread in flight ----

$desk->rules({ match => { service => 'openai', contains => 'locked turn', times => 1 }, action => { delay_ms => 800 } });
my $locked = post('locked turn');
$desk->wait_for('the router to be asked', sub { grep { index(JSON::PP::encode_json($_->{body} // {}), 'locked turn') >= 0 } $desk->requests('openai') });
my $session = hold('SELECT FROM frontdesk.threads WHERE id = ' . sprintf($thread_of, $locked->{conversation}{id}) . ' FOR UPDATE');
$desk->wait_for('its answer', sub { $desk->in_flight('openai') == 0 });
my @others = map { post("beside it $_") } 1 .. 5;
$desk->wait_for('the others to be answered', sub { 5 == grep { replies($_) == 1 } @others });
pass('while the row of a running turn is locked, others are answered');
is($desk->sql('SELECT count(*) FROM frontdesk.ready'), '1', 'the locked one waits');
ok(!$desk->node->log_contains('lock timeout', 0), 'and nobody waits for it');
let_go($session);
$desk->wait_for_rest($account);
is(replies($locked), 1, 'it goes on when the lock has gone');
is($desk->sql('SELECT max(resumed_count) FROM frontdesk.threads'), '0', 'nothing was taken over');
nothing_given_up('locked row');

# ---- a row that a fresh thread needs ----

my $fresh = post('to be known');
$desk->wait_for_rest($account);
$session = hold('SELECT FROM frontdesk.threads WHERE id = ' . sprintf($thread_of, $fresh->{conversation}{id}) . ' FOR SHARE');
my $ticks = $desk->sql('SELECT sum(ticks) FROM frontdesk.workers');
$desk->sql(qq{INSERT INTO frontdesk.ready (account_id, thread_id, class, due_at, first_at)
	SELECT account_id, id, 0, now() - interval '1 hour', now() FROM frontdesk.threads WHERE id = } . sprintf($thread_of, $fresh->{conversation}{id}));
@others = map { post("behind it $_") } 1 .. 5;
$desk->wait_for('the others to be answered', sub { 5 == grep { replies($_) == 1 } @others });
pass('a locked thread that is due first does not keep the others waiting');
cmp_ok($desk->sql('SELECT sum(ticks) FROM frontdesk.workers') - $ticks, '<', 2000, 'and nobody spins for it');
let_go($session);
$desk->wait_for_rest($account);
nothing_given_up('locked fresh row');

# ---- a table that many need ----

$desk->rules({ match => { service => 'openai', contains => 'in flight', times => 3 }, action => { delay_ms => 1500 } });
my @flying = map { post("in flight $_") } 1 .. 3;
$desk->wait_for('three calls in flight', sub { $desk->in_flight('openai') == 3 });
my @due = map { post("due $_", conversation => $known->{conversation}{id} + 100 + $_) } 1 .. 3;
$log_at = -s $desk->node->logfile;
$session = hold('LOCK TABLE frontdesk.messages IN ACCESS EXCLUSIVE MODE');
my @probes = map { probe() } 1 .. 2;
wait_for_lock_met();
$desk->wait_for('the calls in flight to end', sub { $desk->in_flight('openai') == 0 });
probed($_, 'while messages are locked, a thread that needs none walks its graph') for @probes;
let_go($session);
$desk->wait_for_rest($account);
is(scalar(grep { replies($_) == 1 } @flying, @due), 6, 'all are answered once when the lock has gone');
nothing_given_up('locked messages');

# ---- the table of threads ----

$desk->rules({ match => { service => 'openai', contains => 'once more', times => 3 }, action => { delay_ms => 1000 } },
	{ match => { service => 'chatwoot', method => 'POST', contains => 'slow reply' }, action => { delay_ms => 1500 } });
@flying = map { post("once more $_") } 1 .. 3;
my $sending = post('[[reply=slow reply]]');
$desk->wait_for('everything to be in flight', sub { $desk->in_flight('openai') == 3 && $desk->in_flight('chatwoot') == 1 });
$log_at = -s $desk->node->logfile;
$session = hold('LOCK TABLE frontdesk.threads IN ACCESS EXCLUSIVE MODE');
$desk->wait_for('the calls in flight to end', sub { $desk->in_flight('openai') == 0 && $desk->in_flight('chatwoot') == 0 });
$desk->wait_until(q{SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' AND wait_event_type = 'Lock')}, 'the worker to try');
let_go($session);
$desk->wait_for_rest($account);
is(scalar(grep { replies($_) == 1 } @flying, $sending), 4, 'a lock on all threads: all are answered once when it has gone');
cmp_ok($desk->sql('SELECT sum(errors) FROM frontdesk.workers'), '<', 1000, 'nobody spins meanwhile');
nothing_given_up('locked threads');
is($desk->sql('SELECT max(resumed_count) FROM frontdesk.threads'), '0', 'nothing was taken over');

# ---- the coordinator's sweep ----

$desk->rules({ match => { service => 'openai', contains => 'orphan', times => 2 }, action => { stall => JSON::PP::true } });
my @orphans = map { post("orphan $_") } 1 .. 2;
$desk->wait_for('two calls in flight', sub { $desk->in_flight('openai') == 2 });
$session = hold('SELECT FROM frontdesk.threads WHERE id = ' . sprintf($thread_of, $orphans[0]{conversation}{id}) . ' FOR UPDATE');
my $coordinator = $desk->sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk coordinator'});
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
$desk->wait_for('the other orphan to be answered', sub { replies($orphans[1]) == 1 });
pass('a locked orphan does not keep the others from being taken over');
let_go($session);
$desk->wait_for_rest($account);
is(replies($orphans[0]), 1, 'it is taken over when the lock has gone');
is($desk->sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk coordinator'}), $coordinator, 'the coordinator lives on');
nothing_given_up('locked orphan');

# ---- what one account holds, or asks for, while sweeps of all are planned ----

my ($held, $free) = map { $desk->sql("SELECT frontdesk.add_site($account->{id}, '" . $desk->fakes . "', $_)") } 71, 72;
my $planned = "SELECT string_agg(site_id::text, ' ' ORDER BY site_id) FROM frontdesk.site_sweeps WHERE site_id IN ($held, $free)";
$session = hold("SELECT FROM frontdesk.services WHERE account_id = $account->{id} AND id = $held FOR UPDATE");
$desk->sql(q{UPDATE frontdesk.people_rules SET sweep_every = '1 hour' WHERE account_id = 0});
$desk->node->psql('postgres', q{SET lock_timeout = '1s'; SELECT frontdesk.begin_sweeps()});
is($desk->sql($planned), $free, 'a site that somebody holds keeps no other from being swept');
let_go($session);
$desk->sql('SELECT frontdesk.begin_sweeps()');
is($desk->sql($planned), "$held $free", 'it is planned when the lock has gone');
$desk->sql(q{UPDATE frontdesk.people_rules SET sweep_every = NULL WHERE account_id = 0});
for my $interval (qw(sweep_every return_after stuck_after answer_within))
{
	my ($code, $out, $err) = $desk->node->psql('postgres', "INSERT INTO frontdesk.people_rules (account_id, $interval) VALUES ($account->{id}, '170000000 years')");
	like($err, qr/people_rules_intervals_check/, "$interval that leads out of time, which would fail for all, is no rule");
}

# ---- timeouts and modes for sessions ----

$desk->sql(<<'SQL');
ALTER DATABASE postgres SET statement_timeout = '1ms';
ALTER DATABASE postgres SET lock_timeout = '1ms';
ALTER DATABASE postgres SET idle_in_transaction_session_timeout = '1ms';
ALTER DATABASE postgres SET default_transaction_read_only = on;
ALTER DATABASE postgres SET default_transaction_isolation = 'serializable';
SQL
$desk->sql(q{SET statement_timeout = 0; SET default_transaction_read_only = off; ALTER DATABASE postgres SET transaction_timeout = '1ms'})
  if $desk->node->pg_version >= 17;
local $ENV{PGOPTIONS} = '-c statement_timeout=0 -c lock_timeout=0 -c default_transaction_read_only=off -c default_transaction_isolation=read\ committed'
  . ($desk->node->pg_version >= 17 ? ' -c transaction_timeout=0' : '');
$desk->end_child($desk->{gateway_pid});
$desk->start_gateway;
my $since = $desk->sql('SELECT clock_timestamp()');
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type IN ('pg_frontdesk worker', 'pg_frontdesk coordinator')});
$desk->wait_until(qq{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' AND backend_start > '$since'}, 'a worker with the new settings');
$log_at = -s $desk->node->logfile;
my @strict = map { post("under timeouts $_") } 1 .. 20;
my $stop = post('STOP');
$desk->wait_for_rest($account);
is(replies($stop), 1, 'a statement within a webhook may write, too');
is(scalar(grep { replies($_) == 1 } @strict), 20, 'timeouts and modes that are set for sessions are not for workers');
ok(!$desk->node->log_contains('due to statement timeout|read-only transaction|could not serialize', $log_at), 'and no tick fails for them');
nothing_given_up('timeouts');
ok(!$desk->node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');

done_testing();
