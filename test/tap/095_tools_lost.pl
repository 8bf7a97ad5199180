# A tool at C code that looks for no interrupts: nothing but SIGKILL would end its
# process, so others go on without it.  Opening a pipe that nobody writes into is
# such a place, for it is begun again after each signal.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Fcntl qw(O_RDWR O_NONBLOCK);
use Frontdesk;
use POSIX qw(mkfifo);
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $desk = Frontdesk->start(gateway => 0, conf => <<'CONF');
frontdesk.node_attempts = 2
frontdesk.tool_workers = 2
CONF
my $pipe = $desk->node->data_dir . '/stuck';
mkfifo($pipe, 0600) or die "mkfifo: $!";

# Lets go of those who wait for somebody to write.
sub let_go
{
	sysopen(my $writer, $pipe, O_RDWR | O_NONBLOCK) or return;
	close($writer);
	return;
}

END { my $code = $?; let_go() if $pipe; $? = $code; }

my $serial = 0;

sub tool
{
	my ($name, $body) = @_;
	my $id = $desk->sql("SELECT frontdesk.add_account('$name')");

	$desk->sql(<<"SQL");
CREATE FUNCTION shop.$name(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE plpgsql AS \$tool\$ $body \$tool\$;
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'tool');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function, timeout) VALUES ($id, 'conversation', 1, 'tool', 'function', 'shop.$name', '1s');
SELECT frontdesk.activate_graph('conversation', $id);
SQL
	return { account => $id, name => $name };
}

sub ask
{
	my ($tool, $text) = @_;
	return $desk->sql("SELECT frontdesk.receive_message($tool->{account}, 'webchat', 'v" . ++$serial . "', '$text')");
}

sub rests
{
	my ($thread) = @_;
	$desk->wait_until("SELECT status IN ('idle', 'failed') AND turns > 0 AND slot IS NULL FROM frontdesk.threads WHERE id = '$thread'", 'the thread to rest');
	return $desk->sql("SELECT coalesce((SELECT (failure ->> 'class') || ': ' || (failure ->> 'text') FROM frontdesk.checkpoints WHERE thread_id = t.id AND failure IS NOT NULL ORDER BY seq LIMIT 1), state ->> 'found') FROM frontdesk.threads t WHERE id = '$thread'");
}

sub runs { return $desk->sql("SELECT string_agg(status, ' ' ORDER BY created_at) FROM frontdesk.tool_runs WHERE account_id = $_[0]{account}") }

$desk->sql('CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO frontdesk_tool; GRANT EXECUTE ON FUNCTION pg_read_file(text) TO frontdesk_tool');
my $body = q{BEGIN IF state ->> 'content' = 'stick' THEN PERFORM pg_read_file('stuck'); END IF; RETURN '{"found": "free"}'; END};
my @stuck = map { tool($_, $body) } qw(one two);
my $quick = tool('quick', $body);

my @threads = map { ask($_, 'stick') } @stuck;
$desk->wait_until("SELECT count(*) = 2 FROM frontdesk.tool_runs WHERE status = 'running'", 'both to be stuck');
is(rests(ask($quick, 'pass')), 'free', 'functions of others are run though all tool workers are stuck');
is(rests($_), 'timeout: it would not end in its time', 'a stuck run has failed while its process is still at it') for @threads;
is(runs($_), 'failed', 'for good') for @stuck;
is($desk->sql("SELECT string_agg(account_id || ' ' || subject, ', ' ORDER BY account_id) FROM frontdesk.check() WHERE problem = 'tool_lost'"), join(', ', map { "$_->{account} shop.$_->{name}" } @stuck), 'check() names them');
like(slurp_file($desk->node->logfile), qr/WARNING:  pg_frontdesk: function shop\.$_->{name} of account $_->{account} would not end in its time/, 'and so does the log') for @stuck;

my @waiting = map { ask($_, 'pass') } @stuck;
$desk->wait_until("SELECT count(*) = 2 FROM frontdesk.tool_runs WHERE status = 'queued'", 'their next runs to be queued');
is(rests(ask($quick, 'pass')), 'free', 'others go on');
is(runs($_), 'failed queued', 'the account gets no other process') for @stuck;

let_go();
is(rests($_), 'free', 'until that one has ended') for @waiting;
is(runs($_), 'failed done', 'whose result falls away') for @stuck;
$desk->wait_until("SELECT count(*) = 0 FROM frontdesk.check() WHERE problem = 'tool_lost'", 'check() to be content');
is($desk->sql('SELECT count(DISTINCT incarnation) FROM frontdesk.tool_runs'), '1', 'the server has lived through it');

done_testing();
