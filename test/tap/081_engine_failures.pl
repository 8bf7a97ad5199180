# Failures stay where they happen: a thread that raises is put aside with the
# reason and can be replayed, its neighbours are answered; a turn that was
# overtaken writes and sends nothing; and nobody waits for the network with a
# transaction open.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nfrontdesk.workers = 0\n");
my $is_worker = q{backend_type = 'pg_frontdesk worker'};

sub set_workers
{
	my ($count) = @_;
	$desk->sql("ALTER SYSTEM SET frontdesk.workers = $count");
	$desk->sql('SELECT pg_reload_conf()');
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE $is_worker", "$count workers");
	return;
}

sub post
{
	my ($account, $content) = @_;
	my $event = $desk->message_event($account, $content);
	my $answer = $desk->post_webhook($account, $event);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

sub thread_of
{
	my ($event) = @_;
	return $desk->sql("SELECT id FROM frontdesk.conversations WHERE display_id = $event->{conversation}{id}");
}

# How many of these conversations got exactly one reply.
sub answered
{
	my (@events) = @_;
	my %replied;
	$replied{$_}++ for map { $_->{path} =~ m{/conversations/(\d+)/messages$} ? $1 : () }
	  grep { $_->{method} eq 'POST' } $desk->requests('chatwoot');
	return scalar grep { ($replied{ $_->{conversation}{id} } // 0) == 1 } @events;
}

# Gives an account a graph of its own: nodes, in order, as "name kind agent-or-function".
sub draw_graph
{
	my ($account, @nodes) = @_;
	my $previous;
	my $sql = "INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($account->{id}, 'conversation', 1, '"
	  . (split / /, $nodes[0])[0] . "');";

	for (@nodes)
	{
		my ($name, $kind, $does) = split / /;
		my $column = $kind eq 'llm' ? 'agent' : 'function';
		$sql .= "INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, $column) VALUES ($account->{id}, 'conversation', 1, '$name', '$kind', "
		  . (defined $does ? "'$does'" : 'NULL') . ');';
		$sql .= "INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($account->{id}, 'conversation', 1, '$previous', 1, '$name');"
		  if defined $previous;
		$previous = $name;
	}
	$desk->sql($sql . "UPDATE frontdesk.graphs SET active = true WHERE account_id = $account->{id}");
	return;
}

sub is_dead
{
	my ($event, $reason, $name) = @_;
	like($desk->sql(sprintf q{SELECT what || ': ' || failure FROM frontdesk.dead_letters WHERE thread_id = '%s'}, thread_of($event)),
		$reason, $name);
	return;
}

# Waits until 49 neighbours are answered and the thread among them is put
# aside, then mends and replays it.
sub poison
{
	my ($place, $account, $reason, $mend) = @_;
	my @events = map { post($account, $_ == 20 ? 'poison' : "message $_") } 1 .. 50;
	my $culprit = splice @events, 19, 1;

	set_workers(1);
	$desk->wait_for_rest($account);
	is(answered(@events), 49, "$place: the 49 neighbours of a thread that raises are answered, once each");
	is(scalar($desk->replies($culprit->{conversation}{id})), 0, "$place: it is not");
	is_dead($culprit, $reason, "$place: it is a dead letter with the reason");
	is($desk->sql("SELECT count(*) FROM frontdesk.dead_letters WHERE account_id = $account->{id}"), '1', "$place: the only one");
	$mend->($culprit);
	$desk->sql(sprintf q{SELECT frontdesk.replay_thread(%d, '%s')}, $account->{id}, thread_of($culprit));
	$desk->wait_for_rest($account);
	is(scalar($desk->replies($culprit->{conversation}{id})), 1, "$place: mended and replayed, it is answered");
	is($desk->sql("SELECT count(*) FROM frontdesk.dead_letters WHERE account_id = $account->{id}"), '0', "$place: and no dead letter any more");
	set_workers(0);
	return;
}

# ---- a thread that raises ----

$desk->sql(<<'SQL');
CREATE FUNCTION frontdesk.fragile(integer, uuid, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  IF $3 ->> 'content' = 'poison' THEN
    RAISE EXCEPTION 'cannot digest this';
  END IF;
  RETURN '{}';
END $$;
CREATE FUNCTION frontdesk.sturdy(integer, uuid, jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$;
-- what belongs to the extension runs in the batch
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.fragile(integer, uuid, jsonb);
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.sturdy(integer, uuid, jsonb);
CREATE FUNCTION public.refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.patch ->> 'content' = 'poison' THEN
    RAISE EXCEPTION 'will not keep this';
  END IF;
  RETURN NEW;
END $$;
SQL
my $mend = sub {
	$desk->sql(sprintf q{UPDATE frontdesk.graph_nodes SET function = 'sturdy' WHERE account_id = (SELECT account_id FROM frontdesk.threads WHERE id = '%s') AND function = 'fragile'},
		thread_of($_[0]));
};

my $first = $desk->account('First step');
draw_graph($first, 'digest function fragile', 'generate_response llm conversation');
poison('first step', $first, qr/^thread: cannot digest this/, $mend);

my $later = $desk->account('Later step');
draw_graph($later, 'classify llm router', 'digest function fragile', 'generate_response llm conversation');
poison('step after a call', $later, qr/^thread: cannot digest this/, $mend);

# ---- a thread that computes, and others that wait for the same worker ----

$desk->sql(<<'SQL');
CREATE FUNCTION frontdesk.endless(integer, uuid, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  WHILE $3 ->> 'content' = 'poison' LOOP
    PERFORM 1;
  END LOOP;
  RETURN '{}';
END $$;
-- a third of a second of processor time, by its own account
CREATE FUNCTION public.ticks() RETURNS integer LANGUAGE sql AS $$
  SELECT f[14]::integer + f[15]::integer FROM string_to_array(pg_catalog.pg_read_file('/proc/self/stat'), ' ') AS f $$;
CREATE FUNCTION frontdesk.laborious(integer, uuid, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  begun integer := public.ticks();
BEGIN
  WHILE public.ticks() < begun + 33 LOOP
    NULL;
  END LOOP;
  RETURN '{}';
END $$;
CREATE FUNCTION frontdesk.brief(integer, uuid, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  begun integer := public.ticks();
BEGIN
  WHILE public.ticks() < begun + 8 LOOP
    NULL;
  END LOOP;
  RETURN '{}';
END $$;
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.brief(integer, uuid, jsonb);
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.endless(integer, uuid, jsonb);
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.laborious(integer, uuid, jsonb);
SQL
$desk->sql(q{ALTER SYSTEM SET frontdesk.step_timeout = '500ms'});
my $endless = $desk->account('Endless');
draw_graph($endless, 'classify llm router', 'digest function endless', 'generate_response llm conversation');
poison('a step without an end', $endless, qr/^thread: it computed for more than frontdesk.step_timeout, 500 ms/, sub {
	$desk->sql(sprintf q{UPDATE frontdesk.graph_nodes SET function = 'sturdy' WHERE account_id = %d AND function = 'endless'}, $endless->{id}) });
my $laborious = $desk->account('Laborious');
draw_graph($laborious, 'digest function laborious', 'generate_response llm conversation');
my @labours = map { post($laborious, "labour $_") } 1 .. 4;
set_workers(1);
$desk->wait_for_rest($laborious);
is(answered(@labours), 4, 'a step that computes long, but not too long, is no failure');
is($desk->sql("SELECT count(DISTINCT xmin::text) FROM frontdesk.checkpoints WHERE account_id = $laborious->{id} AND node = 'digest'"), '4',
	'no two of an account follow each other in one transaction');
set_workers(0);
my $brief = $desk->account('Brief');
draw_graph($brief, 'digest function brief', 'generate_response llm conversation');
my @briefs = map { post($brief, "a little work $_") } 1 .. 16;
set_workers(1);
$desk->wait_for_rest($brief);
is(answered(@briefs), 16, 'nor are many that compute a little');
cmp_ok($desk->sql("SELECT count(DISTINCT xmin::text) FROM frontdesk.checkpoints WHERE account_id = $brief->{id} AND node = 'digest'"), '>=', 2,
	'which are not done in one transaction: others come between');
my $conversation = thread_of($labours[0]);
$desk->sql("SELECT frontdesk.set_alarm($laborious->{id}, '$conversation', 'endless', now() - interval '1 hour', '{\"content\": \"poison\"}');
	SELECT frontdesk.set_alarm($laborious->{id}, '$conversation', 'sturdy', now() - interval '1 minute')");
$desk->wait_until("SELECT NOT EXISTS (SELECT FROM frontdesk.alarms WHERE thread_id = '$conversation' AND name = 'sturdy')", 'the alarm behind one without an end to ring');
is($desk->sql("SELECT attempts FROM frontdesk.alarms WHERE thread_id = '$conversation' AND name = 'endless'"), '1', 'an alarm that computes on is put off');
$desk->sql("DELETE FROM frontdesk.alarms WHERE name = 'endless'");
set_workers(0);
$desk->sql('ALTER SYSTEM RESET frontdesk.step_timeout');

my $commit = $desk->account('Commit');
$desk->sql('CREATE TRIGGER refuse_poison BEFORE INSERT ON frontdesk.checkpoints FOR EACH ROW EXECUTE FUNCTION public.refuse_poison()');
poison('writing', $commit, qr/^thread: will not keep this/, sub { $desk->sql('DROP TRIGGER refuse_poison ON frontdesk.checkpoints') });

my $house = $desk->account('House graph');
my $broken = $desk->account('Broken graph');
draw_graph($broken, 'ask subgraph', 'generate_response llm conversation');
my @events = map { post($house, "neighbour $_") } 1 .. 5;
my $culprit = post($broken, 'cannot be claimed');
push @events, map { post($house, "neighbour $_") } 6 .. 10;
set_workers(1);
$desk->wait_for_rest($_) for $house, $broken;
is(answered(@events), 10, 'claiming: neighbours of a thread whose graph cannot be run are answered');
is_dead($culprit, qr/^thread: .*cannot run/, 'claiming: it is a dead letter with the reason');

# A step that fails for good, with no node to go to.
my $nowhere = $desk->account('Nowhere');
draw_graph($nowhere, 'knock http');
my $lost = post($nowhere, 'knocks nowhere');
$desk->wait_for_rest($nowhere);
is_dead($lost, qr/no "url"/, 'a step that fails for good makes its thread a dead letter');
my $looked = $desk->sql(sprintf q{SELECT epoch FROM frontdesk.threads WHERE id = '%s'}, thread_of($lost));
$desk->sql(sprintf q{SELECT frontdesk.post_mail(%d, '%s', 'lane')}, $nowhere->{id}, thread_of($lost));
$desk->wait_for_rest($nowhere);
cmp_ok($desk->sql(sprintf q{SELECT epoch FROM frontdesk.threads WHERE id = '%s'}, thread_of($lost)), '>', $looked, 'its lane is looked after');
is_dead($lost, qr/no "url"/, 'and it stays a dead letter: its step has not been run');

# ---- a state that is full ----

my $full = $desk->account('Full');
my $greeted = post($full, 'what are your hours');
$desk->wait_for('the first to be answered', sub { answered($greeted) });
$desk->wait_for_rest($full);
my $thread_full = thread_of($greeted);
$desk->sql(qq{SELECT frontdesk.edit_thread_state(account_id, id, jsonb_build_object('filler',
	repeat('x', 262144 - octet_length((state || '{"filler": ""}')::text)))) IS NULL FROM frontdesk.threads WHERE id = '$thread_full'});
$desk->forget_requests;
sub ask_again
{
	my ($content) = @_;
	my $event = $desk->message_event($full, $content, conversation => $greeted->{conversation}{id});
	BAIL_OUT('webhook') unless $desk->post_webhook($full, $event)->{status} == 200;
	$desk->wait_for_rest($full);
	return;
}
ask_again('and on Sundays? ' . 'please ' x 400);
my ($note) = grep { $_->{body}{private} } $desk->replies($greeted->{conversation}{id});
like($note->{body}{content}, qr/^Handed over: /, 'a thread whose state is full is handed to a person, with a note');
is($desk->sql("SELECT count(*) FROM frontdesk.dead_letters WHERE account_id = $full->{id}"), '0', 'and is no dead letter');
is($desk->sql("SELECT read_seq = wake_seq FROM frontdesk.threads WHERE id = '$thread_full'"), 't', 'its mail is read');
like($desk->sql("SELECT string_agg(failure ->> 'text', '') FROM frontdesk.checkpoints WHERE thread_id = '$thread_full' AND failure ->> 'class' = 'too_large'"),
	qr/^the state of the thread would have \d+ bytes, of at most 262144$/, 'the step that had no room says so, once');
like($desk->sql("SELECT frontdesk.explain_conversation('$thread_full')"), qr/person/, 'and people are told who has it');
$desk->sql("SELECT frontdesk.edit_thread_state($full->{id}, '$thread_full', '{\"filler\": null}'); SELECT frontdesk.give_back($full->{id}, '$thread_full')");
$desk->forget_requests;
ask_again('and now?');
is(scalar(grep { !$_->{body}{private} } $desk->replies($greeted->{conversation}{id})), 1, 'with room again, and given back, it is answered');

# ---- a turn that was overtaken ----

my $account = $desk->account('Overtaken');
$desk->rules({ match => { service => 'openai', contains => 'bumped' }, action => { delay_ms => 3000 } });
my $log = -s $desk->node->logfile;
my $bumped = post($account, 'bumped');
$desk->wait_for('the router to be asked', sub { $desk->in_flight('openai') });
$desk->sql(sprintf q{UPDATE frontdesk.threads SET epoch = epoch + 1 WHERE id = '%s'}, thread_of($bumped));
is($desk->in_flight('openai'), 1, 'a call is in flight while its thread is claimed by another');
$desk->wait_for('the result to be dropped', sub { $desk->node->log_contains('was overtaken, its result is dropped', $log) });
is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.checkpoints WHERE thread_id = '%s' AND seq > 0}, thread_of($bumped)), '0', 'no checkpoint was written');
is($desk->sql(sprintf q{SELECT seq, node, model, tokens_in > 0, cost > 0, failure ->> 'class' FROM frontdesk.checkpoints WHERE thread_id = '%s'}, thread_of($bumped)),
	'-1|classify|openai/' . $desk->sql("SELECT model FROM frontdesk.agents WHERE account_id = 0 AND name = 'router'") . '|t|t|overtaken',
	'but what the dropped answer cost is booked');
is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.deliveries WHERE thread_id = '%s'}, thread_of($bumped)), '0', 'no delivery recorded');
is($desk->sql(sprintf q{SELECT state FROM frontdesk.threads WHERE id = '%s'}, thread_of($bumped)), '{}', 'the state did not move');
is(scalar($desk->replies($bumped->{conversation}{id})), 0, 'and no reply left');

# The real thing: a worker that is stopped for so long that its lease ends,
# and wakes up when another has done its work.
set_workers(3);
$desk->sql(<<'SQL');
CREATE TABLE public.writers (thread_id uuid, node text, pid integer);
CREATE FUNCTION public.note_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.writers VALUES (NEW.thread_id, NEW.node, pg_backend_pid());
  RETURN NULL;
END $$;
CREATE TRIGGER note_writer AFTER INSERT ON frontdesk.checkpoints FOR EACH ROW EXECUTE FUNCTION public.note_writer();
SQL
$desk->rules({ match => { service => 'anthropic', contains => 'sleeper', times => 1 }, action => { delay_ms => 1000 } });
my $slept = post($account, 'a sleeper');
my $thread = thread_of($slept);
my $sleeper = $desk->wait_for('the first step to be written', sub { $desk->sql("SELECT pid FROM public.writers WHERE thread_id = '$thread'") });
kill 'STOP', $sleeper;
$desk->wait_for('the second step to be asked for', sub { grep { $_->{service} eq 'anthropic' && index(JSON::PP::encode_json($_->{body}), 'sleeper') >= 0 } $desk->requests });
$desk->sql(q{SELECT frontdesk.shift_clock('1 hour')});
$desk->sql("SELECT pg_terminate_backend((SELECT min(pid) FROM pg_stat_activity WHERE $is_worker AND pid <> $sleeper))");
$desk->wait_for_rest($account = { %$account, id => "$account->{id} AND thread_id = '$thread'" });
is(scalar($desk->replies($slept->{conversation}{id})), 1, 'a stopped worker is overtaken when its lease has ended');
$log = -s $desk->node->logfile;
kill 'CONT', $sleeper;
$desk->wait_for('the sleeper to notice', sub { $desk->node->log_contains('was overtaken, its result is dropped', $log) });
is(scalar($desk->replies($slept->{conversation}{id})), 1, 'when it wakes up it says nothing');
is($desk->sql("SELECT string_agg(node, ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$thread' AND seq > 0"), 'classify generate_response',
	'and writes nothing');
isnt($desk->sql("SELECT pid FROM public.writers WHERE thread_id = '$thread' AND node = 'generate_response'"), $sleeper, 'the other one wrote the end');

# ---- no transaction while the network is waited for ----

set_workers(0);
$desk->sql(q{SELECT frontdesk.shift_clock('0')});
my $crowd = $desk->account('Crowd');
$desk->rules({ match => { service => 'openai' }, action => { stall => JSON::PP::true } });
@events = map { post($crowd, "hanging $_") } 1 .. 100;
set_workers(1);
$desk->wait_for('100 calls in flight', sub { $desk->in_flight('openai') >= 100 });
is($desk->sql(<<"SQL"), '0', 'while 100 calls are in flight, 200 looks find neither a snapshot nor a transaction of a worker');
CREATE FUNCTION pg_temp.look() RETURNS bigint LANGUAGE plpgsql AS \$\$
DECLARE
  open bigint := 0;
BEGIN
  FOR i IN 1 .. 200 LOOP
    PERFORM pg_stat_clear_snapshot(), pg_sleep(0.002);
    open := open + (SELECT count(*) FROM pg_stat_activity WHERE $is_worker AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL OR xact_start IS NOT NULL));
  END LOOP;
  RETURN open;
END \$\$;
SELECT pg_temp.look();
SQL
$desk->rules();
set_workers(0);
set_workers(1);
$desk->wait_for_rest($crowd);
is(answered(@events), 100, 'and all are answered in the end');
ok(!$desk->node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');

done_testing();
