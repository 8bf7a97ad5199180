# A copy of the data directory, started beside the original or in its place
# without a thought, must not write to customers; whatever is restarted must.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use PostgreSQL::Test::Utils;
use Test::More;

my $desk = Frontdesk->start(gateway => 0, conf => <<'CONF');
wal_level = replica
max_wal_senders = 4
restart_after_crash = on
CONF
my $home = $desk->node;
my $serial = 0;

$desk->sql(<<"SQL");
SELECT frontdesk.add_account('Clinic');
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES (1, 'conversation', 1, 'tell');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings) VALUES
  (1, 'conversation', 1, 'tell', 'http', '{"url": "@{[ $desk->fakes ]}/api/v1/told"}');
SELECT frontdesk.activate_graph('conversation', 1);
SQL

# Requests of the outside world: one for each message that was acted upon.
sub told { return scalar $desk->requests }

sub receive { my ($node) = @_; return $node->safe_psql('postgres', "SELECT frontdesk.receive_message(1, 'webchat', 'v" . ++$serial . "', 'hello')") }

sub problem_of { return $_[0]->safe_psql('postgres', 'SELECT frontdesk.place_problem()') }

sub answers
{
	my ($node, $what) = @_;
	my $before = told();
	my $thread = receive($node);
	$node->poll_query_until('postgres', "SELECT status = 'idle' AND turns = 1 AND slot IS NULL FROM frontdesk.threads WHERE id = '$thread'") or diag("$what: no answer");
	is(told() - $before, 1, "$what answers");
	return;
}

sub accept_place
{
	my ($node, $what) = @_;
	is($node->safe_psql('postgres', 'SELECT frontdesk.resume_work()'), 'working', "resume_work() accepts $what");
	$node->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM frontdesk.ready)') or diag("$what does not work");
	return;
}

# Stores a message; when the workers have looked around, nothing has left.
sub keeps_silent
{
	my ($node, $why, $what) = @_;
	my $before = told();

	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' AND query LIKE 'frozen%'})
	  or diag("$what: no worker says that it is frozen");
	like(problem_of($node), $why, "$what knows why it is frozen");
	my $thread = receive($node);
	$node->reload;
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' AND query LIKE 'frozen%'});
	is($node->safe_psql('postgres', "SELECT turns FROM frontdesk.threads WHERE id = '$thread'"), '0', "$what has stored the message and done nothing about it");
	is(told(), $before, "$what has told the outside world nothing");
	my ($state, $reason) = split /\|/, $node->safe_psql('postgres', 'SELECT state, reason FROM frontdesk.work_status WHERE account_id = 0');
	is($state, 'frozen', "$what says so in work_status");
	like($reason, qr/run SELECT frontdesk\.resume_work\(\)/, 'with what to do');
	ok($node->log_contains(qr/database "postgres" is frozen.*\n.*run SELECT frontdesk\.resume_work/, 0), "$what says so in its log");
	return;
}

# A node whose data directory somebody else has made; it has no settings of its
# own but its port.
sub adopt
{
	my ($name, $bring) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	mkdir $node->basedir;
	$bring->($node->data_dir);
	$node->append_conf('postgresql.conf', sprintf "port = %d\nunix_socket_directories = '%s'\n", $node->port, $node->host);
	unlink $node->data_dir . '/postmaster.pid';
	return $node;
}

sub copy_directory { my ($from, $to) = @_; system_or_bail('cp', '-a', $from, $to); return }

# ---- the original ----

answers($home, 'the original');
$home->restart;
answers($home, 'the original, restarted');
$desk->sql('CHECKPOINT');    # a call whose commit was lost may be repeated
$home->stop('immediate');
$home->start;
answers($home, 'the original after a crash');
$desk->sql('CHECKPOINT');
my $worker = $desk->sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
kill 'KILL', $worker;
$home->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker' AND pid <> $worker");
answers($home, 'the original after a crash restart');
system_or_bail('chmod', '-R', 'u+w', $home->data_dir);
$home->restart;
answers($home, 'the original, after a change of modes');
is($desk->sql('SELECT accepted_by IS NOT NULL, file_number IS NOT NULL, directory IS NOT NULL FROM frontdesk.place'), 't|t|t', 'its place is recorded');
is($desk->sql(q{SELECT count(*) FROM frontdesk.audit WHERE action LIKE 'place.%'}), '0', 'once');

# ---- a base backup of the running cluster, started beside it ----

$home->command_ok([ 'pg_basebackup', '-D', $home->basedir . '/copy', '-d', $home->connstr('postgres'), '-X', 'stream', '-c', 'fast', '--no-sync' ], 'pg_basebackup');
my $copy = adopt('copy', sub { rename $home->basedir . '/copy', $_[0] or die "rename: $!" });
$copy->start;
keeps_silent($copy, qr/accepted in another data directory/, 'a copy beside the original');
answers($home, 'the original beside it');
is($desk->sql(q{SELECT state FROM frontdesk.work_status WHERE account_id = 0}), 'working', 'and knows of nothing');
my $before = told();
accept_place($copy, 'the copy');
is(told() - $before, 1, 'which answers what was stored meanwhile');
answers($copy, 'the copy, accepted');
$copy->restart;
answers($copy, 'the copy, accepted and restarted,');
is($copy->safe_psql('postgres', q{SELECT detail ->> 'problem' LIKE '%another data directory%' FROM frontdesk.audit WHERE action = 'place.accepted'}), 't', 'and its trail knows');
$copy->stop;

# ---- copies made while the original stands still ----

$home->stop;
my $cold = adopt('cold', sub { copy_directory($home->data_dir, $_[0]) });
$cold->start;
keeps_silent($cold, qr/accepted in another data directory/, 'a cold copy in another path');
$cold->stop;

rename $home->data_dir, $home->basedir . '/original' or die "rename: $!";
copy_directory($home->basedir . '/original', $home->data_dir);
$home->start;
keeps_silent($home, qr/accepted in another data directory/, 'a copy in the original\'s own path');
$home->stop;
system_or_bail('rm', '-rf', $home->data_dir);

my $moved = adopt('moved', sub { rename $home->basedir . '/original', $_[0] or die "rename: $!" });
$moved->start;
keeps_silent($moved, qr/accepted under another path: it was moved, or this is a snapshot/, 'a directory that was moved');
accept_place($moved, 'its place');
answers($moved, 'the original, moved and accepted,');

# ---- backups that are restored over the directory they were made of ----

my $backup = $moved->basedir . '/backup';
my $control = $moved->data_dir . '/global/pg_control';

sub inode { return (stat $_[0])[1] }

# Whether the workers serve the database; the settings are part of a backup.
sub serve
{
	my ($databases) = @_;
	$moved->append_conf('postgresql.conf', "frontdesk.databases = '$databases'\n");
	$moved->reload;
	$moved->poll_query_until('postgres', sprintf q{SELECT %s (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker')}, $databases eq '' ? 'NOT EXISTS' : 'EXISTS');
	return;
}

# A backup that holds a message, which the original answers afterwards; writes the
# backup's files into those that are there, and starts.
sub restore_over
{
	my (%how) = @_;
	serve('');
	my $thread = receive($moved);
	$moved->stop;
	system_or_bail('rm', '-rf', $backup);
	copy_directory($moved->data_dir, $backup);
	$moved->start;
	my $told = told();
	serve('postgres');
	$moved->poll_query_until('postgres', 'SELECT NOT EXISTS (SELECT FROM frontdesk.ready)') or diag('what was backed up is not answered');
	is(told(), $told + 1, 'the original answers what was backed up');
	$moved->stop;

	my $version = inode($moved->data_dir . '/PG_VERSION');
	$how{before}->() if $how{before};
	copy_directory("$backup/.", $moved->data_dir . '/');
	$moved->append_conf('postgresql.conf', "frontdesk.databases = 'postgres'\n" . ($how{conf} // ''));
	append_to_file($moved->data_dir . '/recovery.signal', '') if $how{conf};
	is(inode($moved->data_dir . '/PG_VERSION'), $version, 'the restored PG_VERSION is the file that was there');
	$moved->start;
	$moved->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
	is($moved->safe_psql('postgres', "SELECT turns FROM frontdesk.threads WHERE id = '$thread'"), '0', 'the restored database knows of no answer');
	keeps_silent($moved, $how{why}, $how{what});
	is(told(), $told + 1, 'and nobody was told a second time');
	accept_place($moved, $how{what});
	answers($moved, "$how{what}, accepted");
	$moved->restart;
	answers($moved, "$how{what}, accepted and restarted");
	return;
}

my $of_the_original = inode($control);
restore_over(
	what => 'a backup of which one file replaced that of the original',
	why => qr/global\/pg_control is another one.*a backup was restored over the data directory/,
	before => sub {
		system_or_bail('cp', '-a', $control, "$control.restored");
		rename "$control.restored", $control or die "rename: $!";
	});
isnt(inode($control), $of_the_original, 'the server writes into the file that was restored');
$of_the_original = inode($control);
restore_over(
	what => 'a cluster recovered from an archive into the same files',
	why => qr/gone over to another timeline.*a backup that was restored/,
	conf => "restore_command = 'false'\n");
is(inode($control), $of_the_original, 'neither the server nor recovery has replaced pg_control');
is($moved->safe_psql('postgres', 'SELECT timeline FROM frontdesk.place'), '2', 'the new timeline is recorded');

$moved->safe_psql('postgres', 'UPDATE frontdesk.place SET control_number = NULL, control_born = NULL, timeline = NULL');
$moved->restart;
answers($moved, 'a place recorded without these marks');
$moved->poll_query_until('postgres', 'SELECT control_number IS NOT NULL AND timeline = 2 FROM frontdesk.place') or diag('they are not recorded at the next start');

# ---- another machine, another file of the same number ----

$moved->safe_psql('postgres', q{UPDATE frontdesk.place SET machine = 'that one'});
keeps_silent($moved, qr/accepted on another machine/, 'a disk on another machine');
accept_place($moved, 'it');
$moved->safe_psql('postgres', q{UPDATE frontdesk.place SET file_born = file_born - interval '1 second'});
SKIP:
{
	skip 'the file system does not know when files were made', 6 if $moved->safe_psql('postgres', 'SELECT file_born IS NULL FROM frontdesk.place') eq 't';
	keeps_silent($moved, qr/accepted in another data directory/, 'a file of the same number, made at another time,');
}
accept_place($moved, 'it');
$moved->safe_psql('postgres', q{UPDATE frontdesk.place SET file_born = NULL});
answers($moved, 'a place whose birth nobody knew');

# ---- an original that the copy's user may not look at ----

my $closed = $moved->basedir . '/closed';
mkdir $closed or die "$closed: $!";
chmod 0, $closed;
append_to_file($moved->basedir . '/site.token', "a token of at least sixteen bytes\n");
$moved->append_conf('postgresql.conf', "frontdesk.site_token_file = '" . $moved->basedir . "/site.token'\n");
$moved->reload;
$moved->poll_query_until('postgres', "SELECT current_setting('frontdesk.site_token_file') <> ''");
accept_place($moved, 'a place with a token');
$moved->safe_psql('postgres', "UPDATE frontdesk.place SET directory = '$closed/pgdata'");
keeps_silent($moved, qr/may be on this machine, too; this server may not look at it/, 'a copy beside an original of another user');
$moved->safe_psql('postgres', "UPDATE frontdesk.place SET directory = '$closed-and-gone/pgdata'");
is($moved->safe_psql('postgres', 'SELECT frontdesk.place_problem()'), '', 'where nothing is, there is no original');
chmod 0700, $closed;

done_testing();
