# What a process knows of the configuration takes no more memory however often
# that changes, and stays whole for a turn that is under way.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use PostgreSQL::Test::Utils;
use Test::More;

my $desk = Frontdesk->start(gateway => 0, conf => "frontdesk.workers = 1\n");
my $account = $desk->sql("SELECT frontdesk.add_account('Change')");
$desk->sql("INSERT INTO frontdesk.people_rules (account_id, reply_limit, repeat_limit) VALUES ($account, NULL, NULL)");
$desk->sql("INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES ($account, 'When are you open?', 'From 9 to 18.')");
my $worker = $desk->sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'");

# What a process says of its memory: bytes in all, and how many graphs it holds.
sub memory
{
	my $log = $desk->node->logfile;
	my $offset = -s $log;
	my $said;

	$desk->sql("SELECT pg_log_backend_memory_contexts($worker)");
	$desk->wait_for('the memory of the worker', sub { ($said = slurp_file($log, $offset)) =~ /Grand total: \d+/ });
	my ($bytes) = $said =~ /Grand total: (\d+)/;
	return { bytes => $bytes, graphs => scalar(() = $said =~ /frontdesk cache: .* used: graphs$/mg) };
}

# Configuration changes, and the worker sees it, so many times.
sub change
{
	my ($times) = @_;
	$desk->sql(<<"SQL");
DO \$\$
DECLARE
  thread uuid;
BEGIN
  FOR i IN 1 .. $times LOOP
    UPDATE frontdesk.graphs SET comment = i::text WHERE account_id = 0 AND name = 'conversation';
    COMMIT;
    thread := frontdesk.receive_message($account, 'webchat', 'visitor-' || i % 50, 'When are you open?');
    COMMIT;
    WHILE EXISTS (SELECT FROM frontdesk.ready WHERE thread_id = thread) LOOP
      PERFORM pg_sleep(0.002);
      COMMIT;
    END LOOP;
  END LOOP;
END \$\$
SQL
	return;
}

change(100);
my $before = memory();
change(1000);
my $after = memory();
cmp_ok($after->{bytes} - $before->{bytes}, '<', 128 * 1024, 'a worker needs no more memory after 1,000 changes')
  or diag("$before->{bytes} bytes became $after->{bytes}");
is($after->{graphs}, 1, 'it holds one graph');

# a turn that waits for an answer keeps the graph it began with
my $slow = $desk->sql("SELECT frontdesk.add_account('Slow')");
my $settings = '{"url": "' . $desk->fakes . '/api/v1/slow"}';
$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($slow, 'conversation', 1, 'ask');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, attempts, settings, error_node)
VALUES ($slow, 'conversation', 1, 'ask', 'http', NULL, 1, '$settings', 'rescue'), ($slow, 'conversation', 1, 'rescue', 'llm', 'conversation', 1, '{}', NULL);
SELECT frontdesk.activate_graph('conversation', $slow);
SQL
$desk->rules({ match => { path => '/api/v1/slow' }, action => { delay_ms => 600_000 } });
my $thread = $desk->sql("SELECT frontdesk.receive_message($slow, 'webchat', 'patient', 'hello')");
$desk->wait_for('the request', sub { grep { $_->{path} eq '/api/v1/slow' } $desk->requests });
change(5);
is(memory()->{graphs}, 2, 'a graph in use stays beside the one that is found now');
$desk->end_child($desk->{fakes_pid}, 'KILL');
$desk->wait_until("SELECT NOT EXISTS (SELECT FROM frontdesk.ready WHERE thread_id = '$thread')", 'the end of the turn');
is($desk->sql("SELECT string_agg(node, ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$thread' AND seq > 0"), 'ask rescue', 'the turn goes on within it');
change(1);
is(memory()->{graphs}, 1, 'and it is gone after that');


done_testing();
