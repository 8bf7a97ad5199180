# The life and death of engine workers: whatever ends one, its threads go on
# where their last checkpoint stands, no step that was written is run again,
# and no reply is made twice.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.router_confidence = 1.01
restart_after_crash = on
max_logical_replication_workers = 0
CONF
my $account = $desk->account('Clinic');
my $is_worker = q{backend_type = 'pg_frontdesk worker'};

sub worker_pids { return split /\n/, $desk->sql("SELECT pid FROM pg_stat_activity WHERE $is_worker ORDER BY pid") }

sub wait_for_workers
{
	my ($count) = @_;
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE $is_worker", "$count workers");
	return;
}

sub thread_of
{
	my ($event) = @_;
	return $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $account->{id} AND display_id = $event->{conversation}{id}");
}

# The steps of a conversation, with their attempts.
sub steps_of
{
	my ($event) = @_;
	return $desk->sql(q{SELECT string_agg(node || ' ' || attempt, ', ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '}
		. thread_of($event) . q{'});
}

# Posts a webhook and returns its event.
sub post
{
	my ($content, %option) = @_;
	my $event = $desk->message_event($account, $content, %option);
	my $answer = $desk->post_webhook($account, $event);

	is($answer->{status}, 200, "webhook accepted: $content") unless $option{quietly};
	return $event;
}

sub model_calls
{
	my ($event_text) = @_;
	return grep { $_->{service} ne 'chatwoot' && index($_->{body} ? JSON::PP::encode_json($_->{body}) : '', $event_text) >= 0 } $desk->requests;
}

# ---- SIGTERM in the middle of a call ----

wait_for_workers(1);
$desk->rules({ match => { service => 'openai', skip => 1, times => 1 }, action => { stall => JSON::PP::true } });
my $event = post('I am a nurse and apply [[route=recruitment]] term');
$desk->wait_for('the extraction to be asked', sub { scalar(model_calls('term')) == 2 });
is(steps_of($event), 'classify 1', 'the first step is written while the second is in flight');
my ($victim) = worker_pids();
is($desk->sql("SELECT pg_terminate_backend($victim)"), 't', 'the worker is terminated');
my $since = time;
$desk->wait_for_rest($account);
cmp_ok(time - $since, '<', 120, 'its thread is taken over without waiting for the lease');
isnt((worker_pids())[0], $victim, 'another worker has taken its place');
is(steps_of($event), 'classify 1, extract_lead_info 1, generate_response 1', 'every step is written once');
is(join(' ', map { $_->{path} =~ m{messages$} ? 'reply' : 'model' } model_calls('term')), 'model model model reply',
	'the step in flight was asked for again, the one written was not');
is(scalar($desk->replies($event->{conversation}{id})), 1, 'one reply left');
is($desk->sql(q{SELECT resumed_count FROM frontdesk.threads WHERE id = '} . thread_of($event) . q{'}), '1', 'the thread was taken over once');

# ---- death inside the transaction of a tick ----

$desk->rules();
$desk->sql(sprintf <<'SQL', ($account->{id}) x 4);
CREATE SEQUENCE public.deaths;
CREATE FUNCTION frontdesk.die_once(integer, uuid, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF $3 ->> 'content' LIKE '%%mortal%%' AND nextval('public.deaths') = 1 THEN
    PERFORM pg_terminate_backend(pg_backend_pid());
    PERFORM pg_sleep(180);
  END IF;
  RETURN '{"survived": true}';
END $$;
-- what belongs to the extension runs in the batch
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.die_once(integer, uuid, jsonb);
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (%d, 'conversation', 1, 'classify');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, function) VALUES
  (%1$d, 'conversation', 1, 'classify', 'llm', 'router', NULL),
  (%1$d, 'conversation', 1, 'danger', 'function', NULL, 'die_once'),
  (%1$d, 'conversation', 1, 'generate_response', 'llm', 'conversation', NULL);
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES
  (%1$d, 'conversation', 1, 'classify', 1, 'danger'), (%1$d, 'conversation', 1, 'danger', 1, 'generate_response');
SELECT frontdesk.activate_graph('conversation', %1$d);
SQL
($victim) = worker_pids();
$event = post('a mortal question');
$since = time;
$desk->wait_for_rest($account);
cmp_ok(time - $since, '<', 120, 'a second death in a row does not keep the desk closed');
isnt((worker_pids())[0], $victim, 'the worker has died inside its transaction');
is(steps_of($event), 'classify 1, danger 1, generate_response 1', 'its successor has taken the steps, each once');
is(scalar(grep { $_->{service} eq 'openai' } model_calls('mortal')), 2,
	'the answer that the lost transaction would have written was asked for again');
is(scalar($desk->replies($event->{conversation}{id})), 1, 'one reply left');
$desk->sql("UPDATE frontdesk.graphs SET active = false WHERE account_id = $account->{id}");

# ---- pg_cancel_backend ----

$desk->rules({ match => { service => 'openai', times => 1 }, action => { delay_ms => 300 } });
($victim) = worker_pids();
$event = post('a question to be cancelled');
$desk->wait_for('the router to be asked', sub { scalar(model_calls('cancelled')) == 1 });
$desk->sql("SELECT pg_cancel_backend($victim)") for 1 .. 3;
$desk->wait_for_rest($account);
is((worker_pids())[0], $victim, 'a cancelled worker lives on');
is(scalar($desk->replies($event->{conversation}{id})), 1, 'and has made its reply');
is($desk->sql(q{SELECT resumed_count FROM frontdesk.threads WHERE id = '} . thread_of($event) . q{'}), '0', 'without being taken over');

# ---- kill -9, with deliveries that nobody knows the fate of ----

$desk->rules(
	{ match => { service => 'chatwoot', method => 'POST', contains => 'arrives', times => 1 }, action => { delay_ms => 600_000 } },
	{ match => { service => 'chatwoot', method => 'POST', contains => 'vanishes', times => 1 }, action => { stall => JSON::PP::true } },
	{ match => { service => 'openai', contains => 'hangs', times => 1 }, action => { stall => JSON::PP::true } });
my $arrived = post('[[reply=this arrives]]');
my $vanished = post('[[reply=this vanishes]]');
my $hanging = post('this hangs');
$desk->wait_for('both replies to be on their way', sub {
	$desk->replies($arrived->{conversation}{id}) == 1 && $desk->replies($vanished->{conversation}{id}) == 1
	  && model_calls('hangs') == 1;
});
is($desk->sql(q{SELECT count(*) FROM frontdesk.deliveries WHERE status = 'sending'}), '2',
	'both are committed as sending before their answer is there');
($victim) = worker_pids();
kill 'KILL', $victim;
$desk->wait_for('the server to restart', sub {
	# the server may still be about to notice, and end this session
	my ($code, $pids) = $desk->node->psql('postgres', "SELECT pid FROM pg_stat_activity WHERE $is_worker");
	$code == 0 && !grep { $_ == $victim } split /\n/, $pids;
});
$desk->wait_for_rest($account);
is(scalar($desk->replies($arrived->{conversation}{id})), 1, 'the reply that had arrived is not made again');
is(scalar($desk->replies($vanished->{conversation}{id})), 2, 'the one that had not is');
is(scalar($desk->replies($hanging->{conversation}{id})), 1, 'the step that hung was run, and its reply made once');
for my $case ([ $arrived, 'arrives' ], [ $vanished, 'vanishes' ])
{
	my $said = $desk->fake_control('GET', "conversations/$case->[0]{conversation}{id}/messages?account=3");
	is(scalar(grep { ($_->{content} // '') eq "this $case->[1]" } @{ $said->{messages} }), 1, "the customer reads \"this $case->[1]\" once");
}
is($desk->sql(q{SELECT count(*) FROM frontdesk.deliveries WHERE status <> 'sent'}), '0', 'no delivery is left in limbo');
is($desk->sql(q{SELECT count(*) FROM frontdesk.messages m JOIN frontdesk.deliveries d ON d.thread_id = m.conversation_id
	WHERE m.content LIKE 'this %' AND m.direction = 'outgoing' AND m.chatwoot_message_id::text = d.remote_id}), '2',
	'both messages carry the id that Chatwoot gave them');
# (a claim that nothing has left for yet may be lost in the crash, and is then simply made anew)
is($desk->sql(q{SELECT resumed_count FROM frontdesk.threads WHERE id = '} . thread_of($arrived) . q{'}), '1', 'its thread was taken over');

# ---- two workers ----

$desk->rules();
$desk->forget_requests;
$desk->fake_control('POST', 'latency', { openai => 50, anthropic => 50 });
$desk->sql(<<'SQL');
CREATE TABLE public.writers (thread_id uuid, seq bigint, pid integer);
CREATE FUNCTION public.note_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.writers VALUES (NEW.thread_id, NEW.seq, pg_backend_pid());
  RETURN NULL;
END $$;
CREATE TRIGGER note_writer AFTER INSERT ON frontdesk.checkpoints FOR EACH ROW EXECUTE FUNCTION public.note_writer();
SQL
$desk->sql('ALTER SYSTEM SET frontdesk.workers = 2');
$desk->sql('ALTER SYSTEM SET frontdesk.max_in_flight = 20');
$desk->sql('SELECT pg_reload_conf()');
wait_for_workers(2);
my @events = map { post("crowd $_", quietly => 1) } 1 .. 200;
$desk->wait_for_rest($account);
my %replied;
$replied{$_}++ for map { m{/conversations/(\d+)/messages$} } map { $_->{path} } grep { $_->{method} eq 'POST' } $desk->requests('chatwoot');
is(scalar(grep { ($replied{ $_->{conversation}{id} } // 0) == 1 } @events), 200, '200 conversations got one reply each');
is(scalar(grep { $_->{service} ne 'chatwoot' } $desk->requests), 400, 'and each step of theirs was asked for once');
is($desk->sql('SELECT count(DISTINCT pid) FROM public.writers'), '2', 'both workers have worked');
# (one that has rested for a permit may go on with the other worker, by a claim of its own)
is($desk->sql('SELECT count(*) FROM (SELECT FROM public.writers w JOIN frontdesk.threads t ON t.id = w.thread_id GROUP BY t.id, t.epoch HAVING count(DISTINCT w.pid) > t.epoch) x'), '0',
	'no turn was run by two');
is($desk->sql(q{SELECT max(t.resumed_count) FROM frontdesk.threads t JOIN public.writers w ON w.thread_id = t.id}), '0', 'and none was taken over');
$desk->sql('DROP TABLE public.writers CASCADE; DROP FUNCTION public.note_writer() CASCADE');
$desk->fake_control('POST', 'latency', { openai => 0, anthropic => 0 });

# ---- SIGHUP ----

for my $count (3, 0)
{
	$desk->sql("ALTER SYSTEM SET frontdesk.workers = $count");
	$desk->sql('SELECT pg_reload_conf()');
	wait_for_workers($count);
	is(scalar(worker_pids()), $count, "a reload makes it $count workers");
}
$event = post('is anybody there');
is($desk->sql(q{SELECT count(*) FROM frontdesk.ready WHERE slot IS NULL}), '1', 'without workers, a message waits');
$desk->sql('ALTER SYSTEM RESET ALL');
$desk->sql('SELECT pg_reload_conf()');
$desk->wait_for_rest($account);
is(scalar($desk->replies($event->{conversation}{id})), 1, 'until there is one again');

# ---- DROP and CREATE EXTENSION ----

wait_for_workers(1);
$desk->sql('SET frontdesk.allow_drop = on; DROP EXTENSION pg_frontdesk CASCADE');
wait_for_workers(0);
pass('DROP EXTENSION ends the workers');
$desk->sql('CREATE EXTENSION pg_frontdesk');
wait_for_workers(1);
pass('CREATE EXTENSION brings them back');
$desk->sql('SELECT FROM frontdesk.setup_roles()');
$account = $desk->account('Bakery');
$event = post('hello again');
$desk->wait_for_rest($account);
is(scalar($desk->replies($event->{conversation}{id})), 1, 'and they work');

# ---- too few worker slots ----

$desk->sql('CREATE DATABASE other');
$desk->node->append_conf('postgresql.conf', "max_worker_processes = 3\nfrontdesk.databases = 'postgres, other'");
my $log = -s $desk->node->logfile;
$desk->node->restart;
$desk->wait_for('a warning', sub { $desk->node->log_contains('found no free background worker slot', $log) });
ok($desk->node->log_contains('HINT:  Raise max_worker_processes', $log), 'too few slots: the log says so, and what to change');
$event = post('no room for me');
is($desk->sql(q{SELECT count(*) FROM frontdesk.ready WHERE slot IS NULL}), '1', 'meanwhile a message waits');
$desk->node->append_conf('postgresql.conf', "frontdesk.databases = 'postgres'");
$desk->node->reload;
$desk->wait_for_rest($account);
is(scalar($desk->replies($event->{conversation}{id})), 1, 'it is answered as soon as a slot is free');
ok(!$desk->node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');

done_testing();
