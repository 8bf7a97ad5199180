# The life of the extension in its server, while calls are in flight: it is
# altered, dropped and created, its database is dropped, several are served, its
# processes are cancelled and ended, settings change, the library is newer than
# the SQL, worker slots run out.  Nothing hangs, nothing stays away, and nobody
# is answered twice.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use PostgreSQL::Test::Utils;
use Test::More;

my $desk = Frontdesk->start(conf => "frontdesk.router_confidence = 1.01\n");
my $node = $desk->node;
my $account = $desk->account('Clinic');

sub set { my ($conf) = @_; $node->append_conf('postgresql.conf', "$conf\n"); $node->reload; return }

sub processes
{
	my ($kind, $database) = @_;
	return split /\n/, $desk->sql(sprintf q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk %s' AND %s ORDER BY pid},
		$kind, defined $database ? "datname = '$database'" : 'true');
}

sub wait_for_processes
{
	my ($kind, $database, $count) = @_;
	return $desk->wait_for("$count $kind in $database", sub { my @found = processes($kind, $database); @found == $count });
}

sub post
{
	my ($content) = @_;
	my $event = $desk->message_event($account, $content);
	my $answer = $desk->post_webhook($account, $event);
	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

sub replies { return scalar $desk->replies($_[0]{conversation}{id}) }

# Conversations whose first step hangs at the far side; the next one does not.
my $hung = 0;
sub hang
{
	my ($count) = @_;
	$hung++;
	$desk->rules({ match => { service => 'openai', contains => "hang $hung.", times => $count }, action => { stall => JSON::PP::true } });
	my @events = map { post("hang $hung.$_") } 1 .. $count;
	$desk->wait_for("$count calls in flight", sub {
		$count == grep { index(JSON::PP::encode_json($_->{body} // {}), "hang $hung.") >= 0 } $desk->requests('openai');
	});
	return @events;
}

sub all_answered
{
	my ($name, @events) = @_;
	$desk->wait_for_rest($account);
	is(scalar(grep { replies($_) == 1 } @events), scalar @events, $name);
	return;
}

# ---- cancelled and ended ----

for my $case ([ cancel => 'worker', 'coordinator', 'launcher' ], [ terminate => 'worker' ], [ terminate => 'coordinator' ], [ terminate => 'launcher' ])
{
	my ($act, @kinds) = @$case;
	my @events = hang(3);
	my @pids = map { processes($_) } 'launcher', 'coordinator', 'worker';
	my @struck = map { processes($_) } @kinds;

	$desk->sql("SELECT pg_${act}_backend($_)") for @struck;
	if ($act eq 'cancel')
	{
		is(join(' ', map { processes($_) } 'launcher', 'coordinator', 'worker'), "@pids", 'cancelled, all of them live on');
		is($desk->in_flight('openai'), 3, 'and the calls stay in flight');
		$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
	}
	all_answered("@kinds: told to $act while busy, everybody is answered once", @events);
	$desk->wait_for('one of each', sub { 3 == grep { my @found = processes($_); @found == 1 } 'launcher', 'coordinator', 'worker' });
	my %now = map { $_ => 1 } map { processes($_) } 'launcher', 'coordinator', 'worker';
	is(scalar(grep { $now{$_} } @struck), 0, 'with another process in the place of each that was ended') if $act ne 'cancel';
}

# ---- settings ----

my @slow = hang(2);
set("frontdesk.quiet_time = '1h'\nfrontdesk.quiet_time_limit = '2h'");
$desk->wait_until(q{SELECT current_setting('frontdesk.quiet_time') = '1h'}, 'the reload');
my $quiet = post('is it quiet?');
is($desk->sql(q{SELECT count(*) FROM frontdesk.ready WHERE slot IS NULL AND due_at > now() + interval '50 minutes'}), '1', 'a reload changes what sessions do');
set("frontdesk.quiet_time = 0\nfrontdesk.http_timeout = 500ms\nfrontdesk.workers = 2");
wait_for_processes('worker', 'postgres', 2);
pass('and how many workers there are');
my @impatient = hang(2);
$desk->wait_for('both to be answered', sub { 2 == grep { replies($_) == 1 } @impatient });
is($desk->in_flight('openai'), 2, 'and what running workers do: calls time out by the new limit, those in flight by their own');
$desk->sql('SELECT frontdesk.shift_clock(\'2 hours\')');
$desk->wait_for('the quiet one to be answered', sub { replies($quiet) == 1 });
$desk->sql('SELECT frontdesk.shift_clock(\'0\')');
set("frontdesk.http_timeout = 2min");
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
all_answered('everybody else is answered, too', @slow);

# ---- a full worker leaves the rest to the others ----

wait_for_processes('worker', 'postgres', 2);
set("frontdesk.max_in_flight = 3");
$desk->wait_until(q{SELECT current_setting('frontdesk.max_in_flight') = '3'}, 'the reload');
my @crowd = hang(6);
pass('six threads at three each are in flight at once: a full worker wakes an idle one');
is($desk->sql(q{SELECT string_agg(threads::text, ' ') FROM frontdesk.workers}), '3 3', 'three at each');
set("frontdesk.max_in_flight = 2000");
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
all_answered('and all are answered', @crowd);

# ---- a new library over old SQL ----

my @old = hang(2);
$desk->sql(q{UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'pg_frontdesk'});
wait_for_processes('worker', 'postgres', 0);
ok($node->log_contains('pg_frontdesk 0.0.1 is installed in database "postgres", but the library is', 0), 'old SQL under a new library: the log says so');
ok($node->log_contains('HINT:  Run ALTER EXTENSION pg_frontdesk UPDATE', 0), 'and what to do');
my $stored = post('stored under the old version');
is(replies($stored), 0, 'messages are stored, nobody works');
$desk->sql(q{UPDATE pg_extension SET extversion = (SELECT default_version FROM pg_available_extensions WHERE name = 'pg_frontdesk') WHERE extname = 'pg_frontdesk'});
all_answered('updated, everybody is answered once', @old, $stored);

# ---- ALTER EXTENSION, and DROP EXTENSION with leads ----

my @altered = hang(2);
$desk->sql('CREATE TABLE public.extra (a int); ALTER EXTENSION pg_frontdesk ADD TABLE public.extra; ALTER EXTENSION pg_frontdesk DROP TABLE public.extra; ALTER EXTENSION pg_frontdesk UPDATE');
is($desk->in_flight('openai'), 2, 'ALTER EXTENSION leaves the calls in flight alone');
my ($code, undef, $error) = $node->psql('postgres', 'DROP EXTENSION pg_frontdesk CASCADE');
like($error, qr/cannot drop extension "pg_frontdesk" while it holds leads/, 'DROP EXTENSION is refused while there are leads');
is($desk->in_flight('openai'), 2, 'and disturbs nobody');
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
all_answered('everybody is answered', @altered);

# ---- several databases, and one that goes away while it is busy ----

set('frontdesk.workers = 1');
wait_for_processes('worker', 'postgres', 1);
$node->safe_psql('postgres', "CREATE DATABASE $_") for 'shop', 'later';
set("frontdesk.databases = 'postgres, shop, nowhere, later'");
$node->safe_psql('shop', 'CREATE EXTENSION pg_frontdesk');
wait_for_processes('worker', 'shop', 1);
wait_for_processes('coordinator', 'later', 1);
pass('several databases are served at once');
$desk->wait_for('the log to tell', sub { $node->log_contains('there is no database "nowhere" that could be served', 0) });
my $told = () = slurp_file($node->logfile) =~ /there is no database "nowhere"/g;
is($told, 1, 'one that does not exist is reported once');
$desk->rules({ match => { service => 'chatwoot', method => 'GET' }, action => { stall => JSON::PP::true } });
$node->safe_psql('shop', sprintf <<'SQL', $desk->fakes);
SELECT frontdesk.add_account('Shop');
INSERT INTO frontdesk.graphs (account_id, name, version, entry, active) VALUES (1, 'probe', 1, 'ask', true);
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, settings) VALUES (1, 'probe', 1, 'ask', 'http', '{"url": "%s/api/v1/accounts/3/conversations/1/messages"}');
INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version) SELECT 1, frontdesk.uuid(), 'probe', 'probe', 1, 1 FROM generate_series(1, 3);
SELECT frontdesk.post_mail(1, id, 'probe') FROM frontdesk.threads;
SQL
$desk->wait_for('three calls from the shop', sub { $desk->in_flight('chatwoot') == 3 });
my $untouched = join ' ', processes('worker', 'postgres');
my $log_at = -s $node->logfile;
$node->safe_psql('postgres', 'DROP DATABASE shop');
pass('DROP DATABASE needs no FORCE while its workers are busy');
ok(!$node->log_contains('PANIC|was terminated by signal|database "shop" does not exist', $log_at), 'and leaves no mess in the log');
is(join(' ', processes('worker', 'postgres')), $untouched, 'the other database never noticed');
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop', 'CREATE EXTENSION pg_frontdesk');
wait_for_processes('worker', 'shop', 1);
pass('a database of that name is served as soon as it is there');
my $reader = $node->background_psql('shop', on_error_stop => 0);
$reader->query_safe('SELECT 1');
($code, undef, $error) = $node->psql('postgres', 'DROP DATABASE shop');
like($error, qr/is being accessed by other users/, 'where somebody else is in the way, DROP DATABASE fails');
$reader->quit;
wait_for_processes('worker', 'shop', 1);
pass('and its workers come back');
set("frontdesk.databases = 'postgres'");
wait_for_processes('coordinator', 'shop', 0);
wait_for_processes('worker', 'shop', 0);
$node->safe_psql('postgres', 'CREATE DATABASE twin TEMPLATE shop');
pass('a database that is taken out of frontdesk.databases is left alone');

# ---- DROP EXTENSION while busy ----

my @dropped = hang(3);
$desk->sql(q{SET frontdesk.allow_drop = on; DROP EXTENSION pg_frontdesk CASCADE});
wait_for_processes('worker', 'postgres', 0);
is($desk->in_flight('openai'), 0, 'DROP EXTENSION gives the calls in flight up');
$desk->sql('CREATE EXTENSION pg_frontdesk; SELECT FROM frontdesk.setup_roles()');
wait_for_processes('worker', 'postgres', 1);
$account = $desk->account('Bakery');
$desk->rules;
all_answered('created anew, it works', post('hello again'));
is(scalar(grep { replies($_) > 0 } @dropped), 0, 'and knows nothing of what was dropped');

# ---- too few worker slots ----

my $busy = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'};
$node->append_conf('postgresql.conf', "max_worker_processes = 4\nmax_logical_replication_workers = 0\nfrontdesk.databases = 'postgres, twin'\nfrontdesk.workers = 2\n");
$log_at = -s $node->logfile;
$node->restart;
$desk->wait_for('a warning', sub { $node->log_contains('found no free background worker slot', $log_at) });
ok($node->log_contains('HINT:  Raise max_worker_processes', $log_at), 'too few slots: the log says what to change');
$node->append_conf('postgresql.conf', "frontdesk.databases = 'postgres'\n");
$node->reload;
wait_for_processes('worker', 'postgres', 2);
pass('as soon as slots are free they are taken');
all_answered('and everybody is answered', post('was there room?'));
ok(!$node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');

done_testing();
