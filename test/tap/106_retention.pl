# Pruning by the schedule while the desk works: nobody waits for it, the
# conversation goes on from what is left, and a lock that somebody holds stops
# pruning alone.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use Test::More;

my $DAY = 86_400;
my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.router_confidence = 1.01
max_logical_replication_workers = 0
CONF
my $account = $desk->account('Clinic');
my $days = 0;
my $display = 7001;

# Moves the desk's clock on.
sub later
{
	$days += $_[0];
	$desk->sql("SELECT frontdesk.shift_clock('$days days')");
	return;
}

sub ask
{
	my ($content) = @_;
	my $replies = $desk->replies($display);
	my $answer = $desk->post_webhook($account, $desk->message_event($account, $content, conversation => $display),
		timestamp => time + $days * $DAY);

	is($answer->{status}, 200, "webhook accepted: $content");
	$desk->wait_for('its reply', sub { $desk->replies($display) > $replies });
	$desk->wait_for_rest($account);
	return scalar($desk->replies($display)) - $replies;
}

sub count_of { return $desk->sql("SELECT count(*) FROM frontdesk.$_[0] WHERE account_id = $account->{id}") }

is(ask("question $_"), 1, 'and answered') for 1 .. 3;
my $steps = count_of('checkpoints');
cmp_ok($steps, '>=', 6, 'three turns have left their steps');
my $thread = $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $account->{id}");

# ---- nobody waits ----

$desk->sql("INSERT INTO frontdesk.retention_policies VALUES ($account->{id}, 'checkpoints', '2 days'), ($account->{id}, 'deliveries', '2 days')");
$desk->sql('ALTER SYSTEM SET frontdesk.prune_interval = 0');
$desk->sql('SELECT pg_reload_conf()');
later(3);
my $pruner = $desk->node->background_psql('postgres');
$pruner->query_safe("BEGIN; SELECT FROM frontdesk.prune($account->{id})");
is(ask('a question while pruning is not committed'), 1, 'a webhook, its claim and its turn do not wait for pruning');
is(count_of('deliveries'), 4, 'nothing is gone before the commit');
$pruner->query_safe('COMMIT');
is($desk->sql("SELECT string_agg(turn || ' ' || (snapshot IS NOT NULL), ', ' ORDER BY seq) FROM frontdesk.checkpoints WHERE account_id = $account->{id} AND turn < 4"),
	'3 true', 'of the turns before, one step is left, with the state in it');
is(count_of('deliveries'), 1, 'of the deliveries, the young one');
is($desk->sql("SELECT frontdesk.state_at($account->{id}, '$thread', step_seq) = state FROM frontdesk.threads WHERE id = '$thread'"), 't',
	'steps and state still tell the same');
is($desk->sql("SELECT state ->> 'content' FROM frontdesk.conversation_state WHERE account_id = $account->{id}"),
	'a question while pruning is not committed', 'so does conversation_state');

# ---- the schedule ----

later(3);
is($desk->sql("SELECT count(*) > 1 FROM frontdesk.checkpoints WHERE account_id = $account->{id}"), 't', 'an interval of 0 leaves pruning to people');
$desk->sql('ALTER SYSTEM SET frontdesk.prune_interval = 3600');
$desk->sql('SELECT pg_reload_conf()');
$desk->wait_until("SELECT count(*) = 1 AND bool_and(snapshot IS NOT NULL) FROM frontdesk.checkpoints WHERE account_id = $account->{id}", 'the coordinator to prune the steps');
$desk->wait_until("SELECT count(*) = 0 FROM frontdesk.deliveries WHERE account_id = $account->{id}", 'and the deliveries');
$desk->wait_until('SELECT bool_and(finished_at IS NOT NULL) FROM frontdesk.retention WHERE keep IS NOT NULL', 'all runs to end');
is(count_of('checkpoints') . ' ' . count_of('deliveries'), '1 0', 'the coordinator prunes by itself');
is(ask('and one more'), 1, 'the conversation goes on');
is($desk->sql("SELECT turns FROM frontdesk.threads WHERE id = '$thread'"), '5', 'with its fifth turn');
is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE account_id = $account->{id} AND direction = 'incoming'"), '5', 'no message is gone');

# ---- a lock that somebody holds ----

$pruner->query_safe('BEGIN; LOCK TABLE frontdesk.retention_runs IN ACCESS EXCLUSIVE MODE');
my $log = -s $desk->node->logfile;
later(3);
$desk->node->wait_for_log(qr/pruning pauses/, $log);
my $victim = $desk->sql('SELECT pid FROM frontdesk.workers');
$desk->sql("SELECT pg_terminate_backend($victim)");
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.workers WHERE pid <> $victim", 'workers to be looked after all the same');
isnt($desk->sql('SELECT pid FROM frontdesk.workers'), $victim, 'workers are looked after all the same');
is(ask('a question while pruning is stopped'), 1, 'and customers are answered');
$pruner->query_safe('ROLLBACK');
later(3);
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.checkpoints WHERE account_id = $account->{id}", 'pruning to go on afterwards');
is(count_of('checkpoints'), 1, 'pruning goes on when the lock has gone');
$pruner->quit;

done_testing();
