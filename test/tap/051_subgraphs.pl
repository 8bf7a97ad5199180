# Subgraphs: a node stands for a graph, whose steps run within the same turn
# under path names, wherever the turn is interrupted; versions are pinned.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Encode ();
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(gateway => 0, conf => "frontdesk.workers = 2\nfrontdesk.node_attempts = 1\nrestart_after_crash = on\n");
my $url = $desk->fakes . '/api/v1/sub';
my $account = $desk->sql("SELECT frontdesk.add_account('Nest')");

sub nodes
{
	my ($owner, $graph, $version, $entry, @nodes) = @_;
	$desk->sql("INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($owner, '$graph', $version, '$entry')");
	for (@nodes)
	{
		my ($name, $kind, $settings, $error, @targets) = @$_;
		$error = defined $error ? "'$error'" : 'NULL';
		$desk->sql("INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings, error_node) VALUES ($owner, '$graph', $version, '$name', '$kind', '$settings', $error)");
		$desk->sql("INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($owner, '$graph', $version, '$name', 1, '$_')") for @targets;
	}
	return;
}

sub call_to { return qq({"url": "$url/$_[0]"}) }
sub problems { return $desk->sql("SELECT string_agg(p, '; ' ORDER BY p) FROM frontdesk.graph_problems('$_[0]', $account, $_[1]) p") }

# the house's, two levels down
nodes(0, 'deep', 1, 'd1', [ 'd1', 'http', call_to('d1'), undef ]);
$desk->sql("SELECT frontdesk.activate_graph('deep', 0)");
nodes($account, 'inner', 1, 'i1',
	[ 'i1', 'http', call_to('i1'), undef, 'down' ], [ 'down', 'subgraph', '{"graph": "deep"}', undef, 'ask' ],
	[ 'ask', 'interrupt', '{"question": "Go on?"}', undef, 'i2' ], [ 'i2', 'http', call_to('i2'), undef ]);
$desk->sql("SELECT frontdesk.activate_graph('inner', $account)");
nodes($account, 'conversation', 1, 'a',
	[ 'a', 'http', call_to('a'), undef, 'sub' ], [ 'sub', 'subgraph', '{"graph": "inner"}', 'rescue', 'z' ],
	[ 'z', 'http', call_to('z'), undef ], [ 'rescue', 'http', call_to('rescue'), undef ]);
is(problems('conversation', 1), '', 'a graph with subgraphs has no problems');
$desk->sql("SELECT frontdesk.activate_graph('conversation', $account)");
is($desk->sql("SELECT settings FROM frontdesk.graph_nodes WHERE account_id = $account AND graph = 'conversation' AND name = 'sub'"),
	qq({"graph": "inner", "version": 1, "account_id": $account}), 'activation pins the version of a subgraph');

my $serial = 0;
sub say { return $desk->sql("SELECT frontdesk.receive_message($account, 'webchat', 'v" . ++$serial . "', 'hello')") }
sub until_status { $desk->wait_until("SELECT status = '$_[1]' AND slot IS NULL AND turns > 0 FROM frontdesk.threads WHERE id = '$_[0]'", $_[1]); return $_[0] }
sub steps { return join ' ', map { m{/sub/(\w+)} ? $1 : () } map { $_->{path} } $desk->requests }
sub story { return $desk->sql("SELECT string_agg(node || '>' || coalesce(next_node, 'end'), ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$_[0]' AND seq > 0") }
sub answer { $desk->sql("SELECT frontdesk.answer_interrupt(account_id, interrupt, '\"yes\"') FROM frontdesk.questions WHERE thread_id = '$_[0]'"); return }

my $thread = until_status(say(), 'asking');
is(steps(), 'a i1 d1', 'a subgraph in a subgraph runs in its place');
is($desk->sql("SELECT node FROM frontdesk.questions WHERE thread_id = '$thread'"), 'sub/ask', 'a question in it is asked');

# another version comes while the thread waits
nodes($account, 'inner', 2, 'j1', [ 'j1', 'http', call_to('j1'), undef ]);
$desk->sql("SELECT frontdesk.activate_graph('inner', $account)");
answer($thread);
until_status($thread, 'idle');
is(steps(), 'a i1 d1 i2 z', 'at its end the outer graph goes on');
is(story($thread), 'a>sub/i1 sub/i1>sub/down/d1 sub/down/d1>sub/ask sub/ask>sub/ask sub/ask>sub/i2 sub/i2>z z>end', 'the checkpoints name paths');
$desk->forget_requests;
my $pinned = until_status(say(), 'asking');
is(steps(), 'a i1 d1', 'a pinned subgraph stays as it was');

# a rehearsal goes on from inside
my $seq = $desk->sql("SELECT max(seq) FROM frontdesk.checkpoints WHERE thread_id = '$thread' AND node = 'sub/ask'");
my $fork = $desk->sql("SELECT frontdesk.fork_thread($account, '$thread', $seq)");
until_status($fork, 'idle');
is($desk->sql("SELECT string_agg(node, ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$fork' AND seq > 1"), 'sub/i2 z', 'a thread can be forked from inside a subgraph');

# a worker dies inside
$desk->forget_requests;
$desk->rules({ match => { path => '/api/v1/sub/i2' }, action => { delay_ms => 5000 } });
answer($pinned);
$desk->wait_for('the step inside', sub { steps() =~ /i2/ });
kill 'TERM', $_ for split /\n/, $desk->sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'");
$desk->rules();
until_status($pinned, 'idle');
like(steps(), qr/^i2 (?:i2 )?z$/, 'a turn that is taken over goes on inside the subgraph');

# what fails inside is the outer node's failure
$desk->forget_requests;
$desk->rules({ match => { path => '/api/v1/sub/d1' }, action => { status => 500 } });
my $failed = until_status(say(), 'idle');
$desk->rules();
is(steps(), 'a i1 d1 rescue', 'a step inside fails to the error node of the outer one');

# whatever bytes come back, the state holds letters: the 4096th byte is half of one
for my $case ([ { body => "a" . "\x{e9}" x 3000 }, qr/^a\x{e9}{2047}$/ ], [ { garbage => JSON::PP::true }, qr/^\?\?\{"choices": \[nonsense\}$/ ])
{
	$desk->rules({ match => { path => '/api/v1/sub/rescue' }, action => $case->[0] }, { match => { path => '/api/v1/sub/d1' }, action => { status => 500 } });
	my $odd = until_status(say(), 'idle');
	my $body = $desk->sql("SELECT convert_to(state -> 'rescue' ->> 'body', 'UTF8')::text FROM frontdesk.threads WHERE id = '$odd'");
	like(Encode::decode('UTF-8', pack('H*', substr $body, 2)), $case->[1], 'an answer of ' . join(' ', keys %{ $case->[0] }));
	is($desk->sql("SELECT length(state::text) > 0 FROM frontdesk.threads WHERE id = '$odd'"), 't', '… is text that can be read');
}
$desk->rules();

# ---- lints ----

nodes($account, 'loop', 1, 'x', [ 'x', 'subgraph', '{"graph": "back"}', undef ]);
nodes($account, 'back', 1, 'y', [ 'y', 'subgraph', '{"graph": "loop"}', undef ]);
$desk->sql("UPDATE frontdesk.graphs SET active = true WHERE account_id = $account AND name IN ('loop', 'back')");
is(problems('loop', 1), 'node "x" leads back to this graph', 'a graph that contains itself is refused');
nodes($account, 'round', 1, 'x', [ 'x', 'subgraph', '{"graph": "loop"}', undef ]);
is(problems('round', 1), 'node "x" nests subgraphs deeper than 8', 'so is one that contains such a graph');
nodes($account, 'bad', 1, 'a/b', [ 'a/b', 'subgraph', '{"graph": "nowhere"}', 'c' ], [ 'c', 'subgraph', '{}', undef ]);
is(problems('bad', 1), 'node "a/b" has a "/" in its name, which is for nodes of subgraphs; node "a/b" stands for the graph "nowhere", which has no such version or none that is active; node "c" stands for the graph (none), which has no such version or none that is active',
	'and one that names none');
like($desk->sql("SELECT frontdesk.graph_diagram('conversation', $account)"), qr/sub\["sub<br\/>subgraph inner"\]/, 'the diagram names it');

# a thread that meets a loop nevertheless is a dead letter, and no more
$desk->sql("UPDATE frontdesk.graphs SET active = false WHERE account_id = $account AND name = 'conversation'");
nodes($account, 'conversation', 9, 'x', [ 'x', 'subgraph', '{"graph": "loop"}', undef ]);
$desk->sql("UPDATE frontdesk.graphs SET active = true WHERE account_id = $account AND name = 'conversation' AND version = 9");
my $stuck = say();
$desk->wait_until("SELECT status = 'failed' FROM frontdesk.threads WHERE id = '$stuck'", 'the dead letter');
like($desk->sql("SELECT status_reason FROM frontdesk.threads WHERE id = '$stuck'"), qr/nested too deeply/, 'the engine does not follow a loop for ever');

done_testing();
