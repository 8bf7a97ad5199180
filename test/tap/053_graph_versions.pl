# Graph versions under living conversations: a turn ends on the version it began
# on, a conversation moves by rule, and workers see every edit of a graph.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.workers = 1\nfrontdesk.router_confidence = 1.01\nfrontdesk.fallback_after = '1h'\n");
my $account = $desk->account('Clinic', signed => 0);
my $other = $desk->account('Other', signed => 0);

sub post
{
	my ($at, $content, %option) = @_;
	my $event = $desk->message_event($at, $content, %option);
	my $answer = $desk->post_webhook($at, $event);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

sub explained { my ($event) = @_; return $desk->sql("SELECT frontdesk.explain_conversation('$event->{conversation}{id}')") }

# What Chatwoot was asked to say in a conversation.
sub said { my ($event) = @_; return join ' ', map { $_->{body}{content} } $desk->replies($event->{conversation}{id}) }
sub version_of
{
	my ($event) = @_;
	return $desk->sql("SELECT graph_version FROM frontdesk.threads t JOIN frontdesk.conversations c USING (account_id, id) WHERE c.display_id = $event->{conversation}{id}");
}

# A version that asks the router and then says its word.
sub draw
{
	my ($version, $word) = @_;
	$desk->sql(<<"SQL");
CREATE FUNCTION frontdesk.say_$word(integer, uuid, jsonb) RETURNS jsonb LANGUAGE sql AS \$\$ SELECT '{"agent_response": "$word"}'::jsonb \$\$;
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($account->{id}, 'conversation', $version, 'classify');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, function) VALUES
  ($account->{id}, 'conversation', $version, 'classify', 'llm', 'router', NULL), ($account->{id}, 'conversation', $version, 'say_$word', 'function', NULL, 'say_$word');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($account->{id}, 'conversation', $version, 'classify', 1, 'say_$word');
SQL
	return;
}

# ---- by rule ----

draw(1, 'one');
draw(2, 'two');
$desk->sql("SELECT frontdesk.activate_graph('conversation', $account->{id}, 1)");
my $resting = post($account, 'first');
$desk->wait_for_rest($account);
is(said($resting), 'one', 'a conversation on version 1');
$desk->rules({ match => { service => 'openai', contains => 'slow' }, action => { delay_ms => 2000 } });
my $walking = post($account, 'slow');
$desk->wait_for('the router to be asked', sub { $desk->in_flight('openai') });
like(explained($walking), qr/Worker \d+ runs step classify: it waits for openai\S* since \d{4}-\S+ \S+ \(attempt 1\)/, 'a turn in flight explains itself');
$desk->sql("SELECT frontdesk.activate_graph('conversation', $account->{id}, 2)");
post($account, 'second', conversation => $resting->{conversation}{id});
my $later = post($account, 'third');
$desk->wait_for_rest($account);
is(said($resting), 'one one', 'stay: the next turn too is version 1');
is(said($later), 'two', 'a new conversation begins on version 2');
my $asked = post($account, 'slow again', conversation => $walking->{conversation}{id});
$desk->wait_for('the router to be asked', sub { $desk->in_flight('openai') });
is($desk->sql("SELECT frontdesk.activate_graph('conversation', $account->{id}, 2, migrate => 'at_rest')"), '2', 'at_rest, in the middle of a turn');
post($account, 'fourth', conversation => $resting->{conversation}{id});
$desk->wait_for_rest($account);
is(said($resting), 'one one two', 'a conversation at rest moves with its next turn');
is(version_of($resting), '2', 'and its thread says so');
is(said($walking), 'one one', 'a turn that had begun ends on its own version');
is(version_of($walking), '1', 'and its thread has not moved yet');
$desk->rules();
post($account, 'fifth', conversation => $walking->{conversation}{id});
$desk->wait_for_rest($account);
is(said($walking), 'one one two', 'it moves with the next one');

# ---- an interrupted turn, through the map and without it ----

$desk->sql("SELECT frontdesk.activate_graph('conversation', $account->{id}, 1)");
$desk->rules({ match => { service => 'openai', contains => 'overloaded' }, action => { status => 529, retry_after => 900 } });
my ($mapped, $lost) = map { post($_, 'overloaded') } $account, $other;
for ($mapped, $lost)
{
	$desk->wait_until("SELECT t.status = 'waiting' AND t.slot IS NULL FROM frontdesk.threads t JOIN frontdesk.conversations c USING (account_id, id) WHERE c.display_id = $_->{conversation}{id}", 'a turn that waits');
}
like(explained($mapped), qr/It waits until .*openai asked to wait|It waits until .*step classify is tried again/s, 'a turn that waits for a provider explains itself');
my ($result, $out, $notices) = $desk->node->psql('postgres', qq{CALL frontdesk.migrate_threads('conversation', $account->{id}, 1, 2)});
like($notices, qr/0 of 1 threads moved/, 'a turn that waits for another attempt is not moved without a map');
($result, $out, $notices) = $desk->node->psql('postgres', qq{CALL frontdesk.migrate_threads('conversation', $account->{id}, 1, 2, '{"classify": "say_two"}')});
like($notices, qr/1 of 1 threads moved/, 'with it, it is');
$desk->sql("UPDATE frontdesk.checkpoints SET next_node = 'say_one' WHERE account_id = $other->{id}");
$desk->rules();
$desk->sql(q{SELECT frontdesk.shift_clock('1 hour')});
$desk->wait_for_rest($_) for $account, $other;
is(said($mapped), 'two', 'and goes on where the map says');
is(said($lost), '', 'a turn that stands at a node its version does not have says nothing');
like($desk->sql("SELECT failure FROM frontdesk.dead_letters WHERE account_id = $other->{id}"), qr/stands at node "say_one"/, 'but is a dead letter that tells');

# ---- edits are seen at once ----

draw(3, 'three');
$desk->sql("UPDATE frontdesk.graph_nodes SET function = 'say_three' WHERE account_id = $account->{id} AND version = 2 AND function = 'say_two'");
post($account, 'after an edit', conversation => $resting->{conversation}{id});
$desk->wait_for_rest($account);
is(said($resting), 'one one two three', 'a graph that was edited is read anew');
$desk->sql("UPDATE frontdesk.graph_edges SET target = NULL WHERE account_id = $account->{id} AND version = 2");
post($account, 'after another edit', conversation => $resting->{conversation}{id});
$desk->wait_for_rest($account);
is($desk->sql(sprintf q{SELECT node || coalesce(next_node, ', the end') FROM frontdesk.checkpoints WHERE thread_id = (SELECT id FROM frontdesk.conversations WHERE display_id = %d) ORDER BY seq DESC LIMIT 1}, $resting->{conversation}{id}),
	'classify, the end', 'its edges too');

done_testing();
