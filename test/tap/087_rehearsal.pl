# Rehearsals: a conversation is forked from a checkpoint, or replayed against
# another version of its graph.  Models see it; Chatwoot, our tables and the
# customer do not, days later either.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\nfrontdesk.workers = 2\n");
my $account = $desk->account('Clinic', signed => 0);

sub post
{
	my ($content, %option) = @_;
	my $event = $desk->message_event($account, $content, %option);
	my $answer = $desk->post_webhook($account, $event);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	$desk->wait_for_rest($account);
	return $event;
}

sub models_asked { return scalar grep { $_->{service} ne 'chatwoot' } $desk->requests }
sub chatwoot_heard { return scalar $desk->requests('chatwoot') }

# Everything of the account that a rehearsal must not change, as one text.
sub footprint
{
	return join "\n", map { $desk->sql("SELECT coalesce(string_agg(x::text, ';' ORDER BY x::text), '') FROM $_ x WHERE account_id = $account->{id}") }
	  'frontdesk.messages', 'frontdesk.conversations', 'frontdesk.leads', 'frontdesk.stock_alerts',
	  q{(SELECT * FROM frontdesk.audit WHERE action NOT IN ('thread.forked', 'thread.replayed', 'conversation.replayed'))},
	  q{(SELECT * FROM frontdesk.deliveries WHERE status <> 'held')}, q{(SELECT * FROM frontdesk.threads WHERE kind <> 'rehearsal')},
	  q{(SELECT c.* FROM frontdesk.checkpoints c JOIN frontdesk.threads t ON t.id = c.thread_id WHERE t.kind <> 'rehearsal')};
}

sub result { my ($rehearsal, $column) = @_; return $desk->sql("SELECT $column FROM frontdesk.rehearsal_results WHERE thread_id = '$rehearsal'") }

my $first = post('What do you do about backs? [[reply=We do everything about backs.]]');
my $display = $first->{conversation}{id};
post('And is it dear? [[reply=It is not.]]', conversation => $display);
post('I am furious, call me now!', conversation => $display);
my $stock = post('Tell me when the red chair is available again [[stock_alert_requested=true]]');
my $kept = post('Where are you? [[reply=Here.]]');
my $thread = $desk->sql("SELECT id FROM frontdesk.conversations WHERE display_id = $display");
is($desk->sql("SELECT string_agg(node, ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$thread'"),
	'classify generate_response classify generate_response classify escalate_to_human', 'a conversation of three turns');

# ---- forks ----

my $before = footprint();
my ($asked, $heard) = (models_asked(), chatwoot_heard());
my $fork = $desk->sql("SELECT frontdesk.fork_conversation('$display', 1)");
my $patched = $desk->sql(qq{SELECT frontdesk.fork_conversation('$thread', 3, '{"route": "high_priority", "needs_human": true}')});
my $ended = $desk->sql("SELECT frontdesk.fork_conversation('$display', 4)");
my $angry = $desk->sql("SELECT frontdesk.fork_conversation('$display', 5)");
my $alert = $desk->sql("SELECT frontdesk.fork_conversation('$stock->{conversation}{id}', 1)");
my $handed = $desk->sql(qq{SELECT frontdesk.fork_conversation('$kept->{conversation}{id}', 1, '{"route": "high_priority"}')});
my $again = $desk->sql("SELECT frontdesk.fork_thread($account->{id}, '$fork', 1)");
$desk->wait_for_rest($account);

is(result($fork, 'status || $$ $$ || path'), 'done generate_response', 'a fork goes on at the next node');
is(result($fork, q{held::text}), '[{"kind": "reply", "content": "We do everything about backs."}]', 'what it would have sent is held');
is(result($fork, 'cost > 0 AND tokens_in > 0'), 't', 'what it cost is booked');
is($desk->sql("SELECT status || attempts || (sent_at IS NULL) FROM frontdesk.deliveries WHERE thread_id = '$fork'"), 'held0true', 'it has not been sent');
is(result($patched, q{path}), 'escalate_to_human', 'a patch of the state changes the way') or diag result($patched, 'status_reason');
is(result($patched, q{(SELECT string_agg(h ->> 'kind', ' ') FROM jsonb_array_elements(held) h)}), 'note priority status', 'with all that would have followed');
is(result($ended, q{coalesce(path, 'none') || held::text}), 'none[{"kind": "reply", "content": "It is not."}]', 'a fork from the end of a turn tells what it had decided');
is(result($angry, q{(SELECT string_agg(h ->> 'kind', ' ') FROM jsonb_array_elements(held) h)}), 'note priority status',
	'a conversation that a person has now can be rehearsed, and is not answered where it was handed over');
is(result($alert, q{path || (state ? 'stock_alert_id')}), "handle_stock_alert \x{e2}\x{86}\x{92} escalate_to_humantrue", 'functions run');
is(result($handed, q{path || ' ' || (state ->> 'assigned_agent')}), 'escalate_to_human human', 'one hands over a conversation that the bot has');
is($desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE display_id = $kept->{conversation}{id}"), 'bot', 'which the bot keeps');
is(result($again, q{held::text}), result($fork, 'held::text'), 'a rehearsal can be forked');
my @since = $desk->requests;
splice @since, 0, $asked + $heard;
is((scalar grep { $_->{service} eq 'anthropic' } @since), 2, 'the model was asked again for each reply');
is((scalar grep { $_->{service} eq 'anthropic' && index(JSON::PP::encode_json($_->{body}), 'dear') >= 0 } @since), 0, 'no rehearsal knows what was said later');

# ---- a replay against another version ----

$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($account->{id}, 'conversation', 7, 'generate_response');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent) VALUES ($account->{id}, 'conversation', 7, 'generate_response', 'llm', 'conversation');
SQL
$desk->rules({ match => { service => 'anthropic' }, action => { content => '{"needs_human": false, "escalation_reason": null, "agent_response": "The other version says hello."}' } });
my $replay = $desk->sql("SELECT frontdesk.replay_conversation('$display', 7)");
$desk->wait_for_rest($account);
is($desk->sql("SELECT string_agg(concat_ws(' ', turn, status, version_before, version_after, path_before, path_after), '; ' ORDER BY turn) FROM frontdesk.replay_comparison WHERE replay_id = '$replay'"),
	"1 done 1 7 classify \x{e2}\x{86}\x{92} generate_response generate_response; "
	  . "2 done 1 7 classify \x{e2}\x{86}\x{92} generate_response generate_response; "
	  . "3 done 1 7 classify \x{e2}\x{86}\x{92} escalate_to_human generate_response", 'each turn side by side: its way');
is($desk->sql("SELECT string_agg(concat_ws(' ', coalesce(reply_before, 'none'), reply_after, reply_differs, path_differs), '; ' ORDER BY turn) FROM frontdesk.replay_comparison WHERE replay_id = '$replay' AND turn < 3"),
	'We do everything about backs. The other version says hello. t t; It is not. The other version says hello. t t', 'and its words');
is($desk->sql("SELECT bool_and(cost_before > 0 AND cost_after > 0 AND cost_after < cost_before) FROM frontdesk.replay_comparison WHERE replay_id = '$replay' AND turn < 3"), 't', 'and its cost');
$desk->rules();
my $same = $desk->sql("SELECT frontdesk.replay_conversation('$display', 1)");
$desk->wait_for_rest($account);
is($desk->sql("SELECT count(*) FILTER (WHERE path_differs OR reply_differs) || ' of ' || count(*) FROM frontdesk.replay_comparison WHERE replay_id = '$same'"),
	'0 of 3', 'the same version says the same of the same');

# ---- and nobody has noticed, days later either ----

cmp_ok(models_asked() - $asked, '>=', 6, 'models were asked');
$desk->sql(q{SELECT frontdesk.shift_clock('3 days')});
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
$desk->wait_until(q{SELECT count(*) = 2 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'}, 'workers');
$desk->sql(sprintf q{SELECT frontdesk.replay_thread(%d, '%s')}, $account->{id}, $fork);
$desk->wait_for_rest($account);
is(result($fork, q{jsonb_array_length(held)}), '2', 'a rehearsal may be walked again');
is(chatwoot_heard(), $heard, 'Chatwoot heard nothing');
ok(footprint() eq $before, 'no message, conversation, lead, alert, audit row, delivery or thread has changed');
# ---- an operator may do all this for the accounts that are theirs ----

$desk->sql(<<"SQL");
CREATE ROLE ana LOGIN IN ROLE frontdesk_operator;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($account->{id}, 'ana', 'Ana');
SQL
my $other = $desk->sql(q{SELECT frontdesk.add_account('Other')});
my $theirs = $desk->sql("SELECT frontdesk.receive_message($other, 'webchat', 'guest', 'hello')");
like($desk->sql("SET ROLE ana; SELECT frontdesk.explain_conversation('$display')"), qr/A person has it since/, 'explain');
like($desk->sql("SET ROLE ana; SELECT frontdesk.fork_conversation('$display', 1)"), qr/^[0-9a-f-]{36}$/, 'fork');
like($desk->sql("SET ROLE ana; SELECT frontdesk.replay_conversation('$display', 7)"), qr/^[0-9a-f-]{36}$/, 'replay');
is($desk->sql("SET ROLE ana; SELECT frontdesk.replay_dead_letters($account->{id})"), '0', 'repair');
$desk->wait_for_rest($account);
cmp_ok($desk->sql('SET ROLE ana; SELECT count(*) FROM frontdesk.replay_comparison'), '>=', 3, 'compare');
for my $forbidden ("explain_conversation('$theirs')", "explain_thread($other, '$theirs')", "fork_thread($other, '$theirs', 1)", "replay_dead_letters($other)", "edit_thread_state($other, '$theirs', '{}')",
	"withdraw_thread($other, '$theirs')", "forget_rehearsals($other)", "replay_thread($other, '$theirs')", "resolve_delivery($other, '$theirs', 1, true)",
	"migrate_some_threads('conversation', $other, 1, 2, '{}', 1, 0, '$theirs')", "lock_resting_thread($account->{id}, '$thread')")
{
	my ($code, $out, $error) = $desk->node->psql('postgres', "SET ROLE ana; SELECT frontdesk.$forbidden");
	like($error, qr/does not exist or is not yours|permission denied|there is no conversation/, "not $forbidden") or diag $out;
}
cmp_ok($desk->sql("SELECT frontdesk.forget_rehearsals($account->{id}, '1 day')"), '>=', 12, 'old rehearsals can be forgotten');
cmp_ok($desk->sql("SELECT frontdesk.forget_rehearsals($account->{id}, '-1 minute')"), '>=', 4, 'and young ones');
is($desk->sql("SELECT count(*) FROM frontdesk.threads WHERE kind = 'rehearsal'"), '0', 'all of them');

done_testing();
