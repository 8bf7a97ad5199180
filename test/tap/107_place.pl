# The guard against copies: a database that does not stand where it was accepted
# stores messages and does nothing else, until somebody accepts its place; a
# legitimate standby goes on by itself.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use PostgreSQL::Test::Utils;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.databases = ''
wal_level = replica
max_wal_senders = 4
hot_standby = on
CONF
my $home = $desk->node;
my $account = $desk->account('Clinic');
my $token = $home->basedir . '/site.token';

sub post
{
	my ($content) = @_;
	my $event = $desk->message_event($account, $content);
	is($desk->post_webhook($account, $event)->{status}, 200, "stored: $content");
	return $event;
}

# Requests to the outside world that belong to no rehearsal.
sub seen { return scalar $desk->requests }

sub problem_of { my ($node, $database) = @_; return $node->safe_psql($database // 'postgres', 'SELECT frontdesk.place_problem()') }

# Waits until the workers of a node say what they are.
sub workers_say
{
	my ($node, $what, $database) = @_;
	$node->poll_query_until('postgres', sprintf q{SELECT count(*) = 1 FROM pg_stat_activity
		WHERE backend_type = 'pg_frontdesk worker' AND datname = '%s' AND query LIKE '%s%%'}, $database // 'postgres', $what)
	  or diag("no worker says that it is $what");
	return;
}

sub messages_in { my ($node, $database) = @_; return $node->safe_psql($database // 'postgres', 'SELECT count(*) FROM frontdesk.messages') }

is(problem_of($home), '', 'CREATE EXTENSION accepts the place');

# One conversation waits for its turn, another for a reply whose fate is unknown.
my $waiting = post('are you open?');
my $sending = post('how much is it?');
$desk->sql("UPDATE frontdesk.threads SET lane_seq = 1, status = 'waiting', slot = 0, generation = 1, incarnation = 1
	WHERE id = (SELECT id FROM frontdesk.conversations WHERE display_id = $sending->{conversation}{id});
	UPDATE frontdesk.ready SET slot = 0, generation = 1, incarnation = 1
	WHERE thread_id = (SELECT id FROM frontdesk.conversations WHERE display_id = $sending->{conversation}{id})");
$desk->sql(q{SELECT frontdesk.receive_message(} . $account->{id} . q{, 'email', 'nobody@example.com', 'locally?')});

$desk->end_child($desk->{gateway_pid});

# ---- a dump, restored into a database that is being served ----

my $dump = $home->basedir . '/dump';
$home->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $home->connstr('postgres') ], 'pg_dump');
$home->safe_psql('postgres', 'CREATE DATABASE restored');
$home->append_conf('postgresql.conf', "frontdesk.workers = 1\nfrontdesk.databases = 'restored'\n");
$home->reload;
$home->command_ok([ 'pg_restore', '--section=pre-data', '-d', $home->connstr('restored'), $dump ], 'pg_restore brings the extension');
workers_say($home, '0 threads', 'restored');
# the row of the place comes among the last, and rows that make the workers look
# around come before it
my ($list) = run_command([ 'pg_restore', '-l', '--section=data', '--section=post-data', $dump ]);
my ($its_row) = $list =~ /^(.* TABLE DATA frontdesk place .*)$/m;
append_to_file("$dump.rest", $list =~ s/\Q$its_row\E\n//r);
append_to_file("$dump.place", "$its_row\n");
$home->command_ok([ 'pg_restore', '-L', "$dump.rest", '-d', $home->connstr('restored'), $dump ], 'and then the rows');
my $ticks = $home->safe_psql('restored', 'SELECT ticks FROM frontdesk.workers');
$home->safe_psql('restored', 'DELETE FROM frontdesk.pauses');
$home->poll_query_until('restored', "SELECT ticks > $ticks FROM frontdesk.workers");
$home->reload;
$home->poll_query_until('restored', "SELECT ticks > $ticks + 1 FROM frontdesk.workers");
is($home->safe_psql('restored', 'SELECT count(*) FROM frontdesk.checkpoints'), '0', 'rows of a dump are not acted upon while it is restored');
$home->command_ok([ 'pg_restore', '-L', "$dump.place", '-d', $home->connstr('restored'), $dump ], 'the place last of all');
is(messages_in($home, 'restored'), messages_in($home), 'the messages are there');
like(problem_of($home, 'restored'), qr/^A dump was restored/, 'a restored dump knows that it is one');
workers_say($home, 'frozen', 'restored');
ok($home->log_contains('database "restored" is frozen', 0), 'the log says so');
is($home->safe_psql('restored', 'SELECT state FROM frontdesk.work_status'), 'frozen', 'and the status');
my $stored = messages_in($home, 'restored');
$home->safe_psql('restored', "SELECT frontdesk.receive_message($account->{id}, 'email', 'nobody\@example.com', 'and here?')");
is(messages_in($home, 'restored'), $stored + 1, 'a message is still stored');

# The workers look around at every message and at every reload.
$home->reload;
workers_say($home, 'frozen', 'restored');
is($home->safe_psql('restored', 'SELECT count(*) FROM frontdesk.checkpoints'), '0', 'a frozen database takes no step');
is($home->safe_psql('restored', 'SELECT count(*) FROM frontdesk.ready WHERE slot = 0 AND generation = 1 AND incarnation = 1'), '1',
	'and leaves the rows of workers that it does not know alone');
is(seen(), 0, 'the outside world has heard nothing of it');
my $lines = () = slurp_file($home->logfile) =~ /database "restored" is frozen/g;
is($lines, 1, 'the log has said so once');

# ---- a database made from a template ----

$home->append_conf('postgresql.conf', "frontdesk.databases = ''\n");
$home->reload;
$home->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname IN ('restored', 'postgres') AND backend_type LIKE 'pg_frontdesk%')});
$home->safe_psql('template1', 'CREATE DATABASE copied TEMPLATE postgres');
$home->append_conf('postgresql.conf', "frontdesk.databases = 'copied'\n");
$home->reload;
workers_say($home, 'frozen', 'copied');
like(problem_of($home, 'copied'), qr/another database of this cluster/, 'a database made from a template is frozen');
is(seen(), 0, 'the outside world has heard nothing of it');

# ---- the site token, and copies of the data directory ----

append_to_file($token, "a token of at least sixteen bytes\n");
$home->append_conf('postgresql.conf', "frontdesk.databases = ''\nfrontdesk.site_token_file = '$token'\n");
$home->reload;
$home->poll_query_until('postgres', "SELECT current_setting('frontdesk.site_token_file') = '$token'");
is(problem_of($home), '', 'a token that was not there before is no other place');
is($desk->sql('SELECT site_token IS NULL FROM frontdesk.place'), 't', 'which has yet to be recorded');
like($desk->sql('SELECT frontdesk.resume_work()'), qr/^(working|unserved)/, 'by the coordinator or by resume_work()');
is($desk->sql('SELECT site_token IS NULL FROM frontdesk.place'), 'f', 'it is');
is($desk->sql(q{SELECT count(*) FROM frontdesk.audit WHERE action = 'place.settled'}), '1', 'which the audit trail knows');
append_to_file("$token.other", "another token of at least sixteen bytes\n");
for my $case ([ "'$token.other'", qr/with another site token/ ], [ q{''}, qr/frontdesk\.site_token_file is not set/ ])
{
	$home->append_conf('postgresql.conf', "frontdesk.site_token_file = $case->[0]\n");
	$home->reload;
	$home->poll_query_until('postgres', "SELECT current_setting('frontdesk.site_token_file') = $case->[0]");
	like(problem_of($home), $case->[1], "a place that had a token wants that one: $case->[1]");
}
for my $case ([ $home->data_dir . '/inside', qr/in the data directory/ ], [ $home->basedir . '/none', qr/does not exist/ ])
{
	append_to_file($case->[0], 'a token of at least sixteen bytes') if $case->[0] =~ /inside/;
	$home->append_conf('postgresql.conf', "frontdesk.site_token_file = '$case->[0]'\n");
	$home->reload;
	$home->poll_query_until('postgres', "SELECT current_setting('frontdesk.site_token_file') = '$case->[0]'");
	like(problem_of($home), $case->[1], "a token file may not be: $case->[1]");
}
$home->append_conf('postgresql.conf', "frontdesk.site_token_file = '$token'\n");
$home->reload;

$home->backup('copy');
my %nodes;
for my $name ('thief', 'standby')
{
	my $node = $nodes{$name} = PostgreSQL::Test::Cluster->new($name);
	$node->init_from_backup($home, 'copy', $name eq 'standby' ? (has_streaming => 1) : ());
	$node->append_conf('postgresql.conf', "frontdesk.databases = 'postgres'\nmax_worker_processes = 16\n"
		. ($name eq 'thief' ? "frontdesk.site_token_file = ''\n" : ''));
	$node->start;
}
workers_say($nodes{thief}, 'frozen');
like(problem_of($nodes{thief}), qr/accepted with a site token/, 'a copy of the data directory without the token is frozen');
my $thiefs = messages_in($nodes{thief});
$nodes{thief}->safe_psql('postgres', "SELECT frontdesk.receive_message($account->{id}, 'email', 'nobody\@example.com', 'stolen?')");
is(messages_in($nodes{thief}), $thiefs + 1, 'it stores messages');
is($nodes{thief}->safe_psql('postgres', 'SELECT count(*) FROM frontdesk.checkpoints'), '0', 'and takes no step');
is(seen(), 0, 'the outside world has heard nothing of it');
$nodes{thief}->stop;

# ---- the legitimate standby takes over ----

$home->wait_for_catchup($nodes{standby});
is($nodes{standby}->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'pg_frontdesk%'}), '0', 'no worker runs on a standby');
like(problem_of($nodes{standby}), qr/is on this machine, too/, 'a standby says what it will be once it is promoted');
$home->stop;
$nodes{standby}->promote;
workers_say($nodes{standby}, 'frozen');
is(seen(), 0, 'beside the original\'s data directory the token does not make it another');
rename $home->data_dir, $home->data_dir . '.elsewhere' or die "rename: $!";
$nodes{standby}->reload;
$nodes{standby}->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM frontdesk.ready)') or diag('the standby does not work');
is(problem_of($nodes{standby}), '', 'where that is not, a promoted standby with the token is in its place');
is(scalar($desk->replies($_->{conversation}{id})), 1, 'and answers what waited, once') for $waiting, $sending;
$nodes{standby}->poll_query_until('postgres', q{SELECT count(*) = 2 FROM frontdesk.audit WHERE action = 'place.settled'});
is($nodes{standby}->safe_psql('postgres', q{SELECT directory = current_setting('data_directory') AND timeline = 2 FROM frontdesk.place}), 't', 'the place is recorded anew, from where the next copy is told');

done_testing();
