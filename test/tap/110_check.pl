# Steps that were forgotten are said where they happen and by frontdesk.check():
# no preload, a database that is not listed, has no extension or another
# encoding, a key file that cannot be used, no worker slot left.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('forgetful');
my $key = $node->basedir . '/frontdesk.key';

# What psql says on stderr.
sub said
{
	my ($database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, $sql);
	return $err;
}

sub problems
{
	my ($database) = @_;
	return $node->safe_psql($database, q{SELECT string_agg(problem, ' ' ORDER BY problem) FROM frontdesk.check() WHERE account_id = 0 AND problem <> 'role_missing'});
}

sub state_of
{
	my ($database) = @_;
	return $node->safe_psql($database, q{SELECT state || ': ' || reason FROM frontdesk.work_status WHERE account_id = 0});
}

sub wait_for_state
{
	my ($database, $state) = @_;
	$node->poll_query_until($database, "SELECT state = '$state' FROM frontdesk.work_status WHERE account_id = 0")
	  or diag("never $state");
}

sub wait_for_log
{
	my ($pattern, $from) = @_;
	$node->wait_for_log($pattern, $from);
	pass("the log says $pattern");
}

# ---- the library is not preloaded ----

$node->init;
$node->start;
$node->safe_psql('postgres', q{CREATE DATABASE plain; CREATE DATABASE shop; CREATE DATABASE "My Shop";});
$node->safe_psql('postgres', q{CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});

my $err = said('plain', 'CREATE EXTENSION pg_frontdesk');
like($err, qr/WARNING:\s+nothing serves this database: The library pg_frontdesk is not preloaded/, 'CREATE EXTENSION says that the library is not preloaded');
like($err, qr/HINT:\s+Add pg_frontdesk to shared_preload_libraries/, 'and what to do');
like($err, qr/WARNING:\s+nothing serves this database: The setting frontdesk\.databases does not name database "plain"/, 'and that the database is not listed');
like(said('plain', q{SELECT frontdesk.add_account('Clinic')}), qr/NOTICE:\s+nothing serves this account: The library/, 'so does add_account()');
my $conversation = $node->safe_psql('plain', q{SELECT frontdesk.receive_message(1, 'webchat', 'someone', 'hello')});
like(state_of('plain'), qr/^unserved: The library pg_frontdesk is not preloaded/, 'work_status is not "working"');
like(problems('plain'), qr/^database_not_listed key_file library_not_preloaded$/, 'check() lists all of it, and raises nothing');
my $told = $node->safe_psql('plain', "SELECT frontdesk.explain_conversation('$conversation')");
like($told, qr/Nobody works for this database: The library/, 'explain_conversation() says so');
unlike($told, qr/waits for a free worker\. No worker/, 'once');
is($node->safe_psql('plain', 'SELECT frontdesk.resume_work()'), 'unserved: The library pg_frontdesk is not preloaded.', 'resume_work() says so');

# ---- a database of another encoding ----

$err = said('old', 'CREATE EXTENSION pg_frontdesk');
like($err, qr/ERROR:\s+pg_frontdesk needs a database whose encoding is UTF8/, 'a LATIN1 database is refused');
like($err, qr/HINT:\s+CREATE DATABASE/, 'with what to do');
is($node->safe_psql('old', q{SELECT count(*) FROM pg_extension WHERE extname = 'pg_frontdesk'}), '0', 'and nothing is left');

# ---- preloaded; a key file that others may read ----

append_to_file($key, '07' x 32 . "\n");
chmod 0644, $key;
$node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'pg_frontdesk'
frontdesk.databases = 'shop'
frontdesk.key_file = '$key'
max_worker_processes = 3
CONF
my $from = -s $node->logfile;
$node->restart;
wait_for_log(qr/WARNING: .*the key file for secrets cannot be used\n.*DETAIL: .*Its permissions let group or others in\. The file is/, $from);
wait_for_log(qr/LOG: .*pg_frontdesk: database "shop" stands in frontdesk\.databases and has no extension yet/, $from);
like(problems('plain'), qr/^database_not_listed key_file$/, 'a database that is not listed is told apart');
like(said('plain', q{SELECT frontdesk.set_secret(1, 'provider:openai', 'x')}), qr/ERROR:\s+the key file for secrets cannot be used\nDETAIL:\s+Its permissions/, 'and no secret is stored');
like(state_of('plain'), qr/^unserved: The setting frontdesk\.databases does not name database "plain"/, 'and is unserved');

# ---- no slot for a worker ----

$from = -s $node->logfile;
$err = said('shop', 'CREATE EXTENSION pg_frontdesk');
is($err, '', 'CREATE EXTENSION in a listed database says nothing');
is(said('shop', q{SELECT frontdesk.add_account('Clinic')}), '', 'nor does add_account()');
wait_for_log(qr/LOG: .*pg_frontdesk \S+ serves database "shop": workers 1, accounts \d/, $from);
wait_for_log(qr/WARNING: .*no free background worker slot for a worker of database "shop"/, $from);
is(state_of('shop'), 'unserved: No worker runs for this database.', 'work_status: nobody works');
like(problems('shop'), qr/^key_file no_worker_slot$/, 'check() says that there is no slot');
like($node->safe_psql('shop', q{SELECT remedy FROM frontdesk.check() WHERE problem = 'no_worker_slot'}), qr/max_worker_processes = 11;/, 'and what to do');

# ---- all is well ----

$node->append_conf('postgresql.conf', "max_worker_processes = 8\n");
chmod 0600, $key;
$from = -s $node->logfile;
$node->restart;
wait_for_log(qr/LOG: .*pg_frontdesk \S+ serves database "shop": workers 1, accounts 1/, $from);
wait_for_state('shop', 'working');
is(problems('shop'), '', 'check() finds nothing');
unlike(slurp_file($node->logfile, $from), qr/the key file/, 'and the log complains of no key file');
is($node->safe_psql('shop', q{SELECT frontdesk.set_secret(1, 'provider:openai', 'x'); SELECT count(*) FROM frontdesk.check_secrets()}), "\n0", 'secrets decrypt');

# a provider that cannot be reached: its breaker, and who was answered in its place
$node->append_conf('postgresql.conf', "frontdesk.egress_allow_private = on\nfrontdesk.breaker_failures = 1\nfrontdesk.breaker_pause = '1h'\nfrontdesk.node_attempts = 1\nfrontdesk.router_confidence = 1.01\n");
$node->reload;
$node->safe_psql('shop', q{INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings)
	SELECT 1, name, kind, 'http://127.0.0.1:1', '{"key": "none"}' FROM frontdesk.providers WHERE account_id = 0 AND kind <> 'local'});
$conversation = $node->safe_psql('shop', q{SELECT frontdesk.receive_message(1, 'webchat', 'someone', 'what does the blue dress cost?')});
ok($node->poll_query_until('shop', q{SELECT count(*) = 1 FROM frontdesk.messages WHERE direction = 'outgoing' AND NOT private}), 'a customer is answered');
like($node->safe_psql('shop', q{SELECT string_agg(subject || ': ' || message, '; ' ORDER BY subject) FROM frontdesk.check() WHERE problem = 'breaker_open'}),
	qr/^anthropic: The breaker is open until .*; openai: The breaker is open until /, 'check() knows of the breakers');
like($node->safe_psql('shop', q{SELECT message FROM frontdesk.check() WHERE problem = 'answered_by_fallback' LIMIT 1}),
	qr/^The local provider answered in place of a model in 1 turns of 1 conversations within the last day: /, 'and of who was answered in their place');
is($node->safe_psql('shop', q{SELECT DISTINCT conversation_id FROM frontdesk.fallback_answers WHERE answer IS NOT NULL}), $conversation, 'whom a view names');

# a name with capitals needs quotes, and that is said
$err = said('shop', q{ALTER SYSTEM SET frontdesk.databases = 'shop,My Shop'});
like($err, qr/ERROR:\s+invalid value for parameter "frontdesk\.databases"/, 'an odd name without quotes is refused');
like($err, qr/HINT:\s+.*double quotes/, 'with a hint');
$node->append_conf('postgresql.conf', "frontdesk.databases = 'shop,My Shop'\n");
$from = -s $node->logfile;
$node->reload;
wait_for_log(qr/invalid value for parameter "frontdesk\.databases"/, $from);
is(state_of('shop'), 'working: ', 'the old list stays in force');
$err = said('My Shop', 'CREATE EXTENSION pg_frontdesk');
my ($remedy) = $err =~ /HINT:\s+(ALTER SYSTEM SET \S+ = '[^']*')/;
is($remedy, q{ALTER SYSTEM SET frontdesk.databases = 'shop, "My Shop"'}, 'the remedy quotes the name');
$from = -s $node->logfile;
$node->safe_psql('postgres', $remedy);
$node->reload;
wait_for_log(qr/serves database "My Shop": workers 1, accounts 0/, $from);
wait_for_state('My Shop', 'working');

# another key: what is stored does not decrypt
unlink $key;
append_to_file($key, '08' x 32 . "\n");
chmod 0600, $key;
is($node->safe_psql('shop', q{SELECT account_id, purpose, fault FROM frontdesk.check_secrets()}),
	'1|provider:openai|The key of version 1 is not the one it was encrypted with, or the row was altered.', 'check_secrets() lists what another key does not open');
is($node->safe_psql('shop', q{SELECT problem || ' ' || subject FROM frontdesk.check() WHERE problem = 'secret_unreadable'}), 'secret_unreadable provider:openai', 'and check()');
like(said('shop', 'SELECT frontdesk.rotate_secrets()'), qr/ERROR:\s+the secret "provider:openai" of account 1 cannot be decrypted/, 'rotate_secrets() does not pass over it');
unlink $key;
$from = -s $node->logfile;
$node->reload;
wait_for_log(qr/WARNING: .*the key file for secrets cannot be used\n.*It does not exist/, $from);
is($node->safe_psql('shop', 'SELECT fault FROM frontdesk.check_secrets()'), 'the key file for secrets cannot be used', 'without a file none can be read');

# another version; no workers wanted
$node->safe_psql('shop', q{UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'pg_frontdesk'});
like(state_of('shop'), qr/^unserved: The extension is 0\.0\.1 in this database, the library is /, 'a version that differs');
like(problems('shop'), qr/\bversion_differs\b/, 'is a problem');
$node->safe_psql('shop', q{UPDATE pg_extension SET extversion = (SELECT version FROM frontdesk.library_state()) WHERE extname = 'pg_frontdesk'});
wait_for_state('shop', 'working');
$node->safe_psql('postgres', 'ALTER SYSTEM SET frontdesk.workers = 0');
$node->reload;
wait_for_state('shop', 'unserved');
is($node->safe_psql('shop', q{SELECT remedy FROM frontdesk.check() WHERE problem = 'no_workers_wanted'}), 'ALTER SYSTEM SET frontdesk.workers = 1; SELECT pg_reload_conf();', 'nor does a database without workers work');

# the odd name is told at a start as well, and nothing is served
$node->safe_psql('postgres', 'ALTER SYSTEM RESET ALL');
$from = -s $node->logfile;
$node->restart;
wait_for_log(qr/WARNING: .*invalid value for parameter "frontdesk\.databases".*\n(?:.*DETAIL: .*\n)?.*HINT: .*double quotes/, $from);
like(state_of('shop'), qr/^unserved: The setting frontdesk\.databases does not name/, 'and nobody works');

$node->stop;
done_testing();
