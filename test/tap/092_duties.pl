# What the coordinator sees to: a duty that raises is logged and counted under its
# name in /metrics, keeps no other from its turn, and is taken up again when what it
# needs is back.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use HTTP::Tiny;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $desk = Frontdesk->start;
my $account = $desk->account('Clinic');
my $http = HTTP::Tiny->new;
my @duties = qw(alarms extension notice orphans place pruning sweeps tools workers);

# The failures of each duty, as the gateway tells them.
sub failures
{
	my $text = $http->get($desk->gateway . '/metrics')->{content};

	return { $text =~ /^frontdesk_duty_failures_total\{duty="(\w+)"\} (\d+)$/mg };
}

$desk->post_webhook($account, $desk->message_event($account, 'hello'));
$desk->wait_for_rest($account);
is_deeply(failures(), { map { $_ => 0 } @duties }, 'every duty is named in the metrics, and none has failed');

# ---- one that raises ----

my $log = -s $desk->node->logfile;
$desk->sql('ALTER TABLE frontdesk.alarms RENAME TO mislaid');
$desk->wait_for('a failure', sub { (failures()->{alarms} // 0) > 0 });
$desk->sql(q{SELECT frontdesk.shift_clock('1 minute')});
my $failed = $desk->wait_for('another one after the pause', sub { my $f = failures(); ($f->{alarms} // 0) > 1 ? $f : undef });
is_deeply({ %{ $failed || {} }, alarms => 0 }, { map { $_ => 0 } @duties }, 'it is counted under its name, and nothing else is');
my $said = slurp_file($desk->node->logfile, $log);
like($said, qr/ERROR: .*relation "frontdesk\.alarms" does not exist/, 'the log tells what it raised');
like($said, qr/LOG: .*pg_frontdesk: duty alarms pauses for 5 s: relation "frontdesk\.alarms" does not exist/, 'of which duty, and when it is tried again');

# ---- the others ----

$desk->sql(q{SELECT frontdesk.shift_clock('2 days')});
$desk->wait_until(q{SELECT count(*) > 0 FROM frontdesk.retention_runs WHERE finished_at > frontdesk.clock() - interval '1 day'}, 'pruning');
pass('one that stands behind it in the table is seen to');
my $victim = $desk->sql('SELECT pid FROM frontdesk.workers');
$desk->sql("SELECT pg_terminate_backend($victim)");
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.workers WHERE pid <> $victim", 'another worker');
pass('and one that stands before it');

# ---- afterwards ----

$desk->sql('ALTER TABLE frontdesk.mislaid RENAME TO alarms');
$desk->sql(<<"SQL");
CREATE TABLE public.rung (account_id integer);
CREATE FUNCTION frontdesk.note_ring(account_id integer, thread_id uuid, payload jsonb) RETURNS void
LANGUAGE sql AS 'INSERT INTO public.rung VALUES (account_id)';
INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version)
SELECT $account->{id}, 'd1000000-0000-0000-0000-000000000001', 'probe', graph, graph_account_id, graph_version FROM frontdesk.threads LIMIT 1;
INSERT INTO frontdesk.alarms (account_id, thread_id, name, due_at)
VALUES ($account->{id}, 'd1000000-0000-0000-0000-000000000001', 'note_ring', frontdesk.clock());
SQL
$desk->wait_until("SELECT count(*) = 1 FROM public.rung WHERE account_id = $account->{id}", 'the alarm');
is($desk->sql('SELECT count(*) FROM frontdesk.alarms'), '0', 'when its table is back the duty is seen to again');

done_testing();
