# Nothing a worker reads with a superuser's rights can be somebody else's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Frontdesk;
use PostgreSQL::Test::Utils;
use Test::More;

my $desk = Frontdesk->start(gateway => 0, fakes => 0, conf => "frontdesk.databases = 'postgres, planted, given'\n");
my $node = $desk->node;

# what a command in a database says, errors included
sub said
{
	my ($database, $sql, $role) = @_;
	$node->psql($database, $sql, stdout => \my $out, stderr => \my $err, on_error_stop => 0,
		defined $role ? (extra_params => [ '-U', $role ]) : ());
	return "$out\n$err";
}

# Frontdesk.pm puts its own list behind ours; the last one counts
$node->append_conf('postgresql.conf', "frontdesk.databases = 'postgres, planted, given'\n");
$desk->sql('CREATE ROLE dbo LOGIN');
$desk->sql("CREATE DATABASE $_ OWNER dbo") for 'planted', 'given';
$node->reload;

subtest 'a planted schema' => sub {
	said('planted', 'CREATE SCHEMA frontdesk; CREATE TABLE frontdesk.bait ()', 'dbo');
	my $answer = said('planted', 'CREATE EXTENSION pg_frontdesk');
	like($answer, qr/ERROR:  schema "frontdesk" exists already/, 'is not adopted');
	like($answer, qr/belongs to role "dbo" and holds 1 objects/, '… and one learns whose it is');
	like(said('planted', 'CREATE EXTENSION pg_frontdesk SCHEMA frontdesk'), qr/ERROR/, 'not by its name either');
	said('planted', 'DROP SCHEMA frontdesk CASCADE', 'dbo');
	unlike(said('planted', 'CREATE EXTENSION pg_frontdesk'), qr/ERROR/, 'without it the extension makes its own');
};

subtest 'the owner of the database' => sub {
	for my $try ('ALTER SCHEMA frontdesk RENAME TO fd_old', 'DROP SCHEMA frontdesk CASCADE', 'DROP EXTENSION pg_frontdesk', 'ALTER SCHEMA frontdesk OWNER TO dbo',
		'CREATE TABLE frontdesk.planted ()', 'CREATE OR REPLACE VIEW frontdesk.tool_runs AS SELECT 1', 'ALTER TABLE frontdesk.tool_runs RENAME TO x',
		'CREATE FUNCTION frontdesk.place_problem() RETURNS text LANGUAGE sql AS $$SELECT NULL::text$$')
	{
		like(said('planted', $try, 'dbo'), qr/ERROR:  (must be owner|permission denied)/, "cannot: $try");
	}
	is($node->safe_psql('planted', q{SELECT n.nspowner::regrole::text = current_user FROM pg_namespace n WHERE nspname = 'frontdesk'}), 't', 'the schema is the superuser\'s');
	is($node->safe_psql('planted', q{SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pg_frontdesk'
		WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND (SELECT relnamespace FROM pg_class WHERE oid = d.objid) <> 'frontdesk'::regnamespace}), 0, 'and nothing of ours lies elsewhere');
	$node->safe_psql('planted', 'DROP SCHEMA public CASCADE');
	is($node->safe_psql('planted', q{SELECT count(*) FROM pg_extension WHERE extname = 'pg_frontdesk'}), 1, 'it does not hang on schema public, which is his');
};

# What a superuser gives away is found before it is used.
my %gifts = (
	'the schema' => [ 'ALTER SCHEMA frontdesk OWNER TO dbo', 'ALTER SCHEMA frontdesk OWNER TO CURRENT_USER', qr/its schema frontdesk belongs to role dbo, who is no superuser/ ],
	'a table' => [ 'ALTER TABLE frontdesk.tool_runs OWNER TO dbo', 'ALTER TABLE frontdesk.tool_runs OWNER TO CURRENT_USER', qr/its table or view tool_runs belongs to role dbo/ ],
	'a function' => [ 'ALTER FUNCTION frontdesk.place_problem() OWNER TO dbo', 'ALTER FUNCTION frontdesk.place_problem() OWNER TO CURRENT_USER', qr/its function place_problem\(\) belongs to role dbo/ ],
	'room for more' => [ 'GRANT CREATE ON SCHEMA frontdesk TO dbo', 'REVOKE CREATE ON SCHEMA frontdesk FROM dbo', qr/role dbo may create objects in schema frontdesk/ ],
	'room for all' => [ 'GRANT CREATE ON SCHEMA frontdesk TO PUBLIC', 'REVOKE CREATE ON SCHEMA frontdesk FROM PUBLIC', qr/role PUBLIC may create objects in schema frontdesk/ ],
);
for my $gift (sort keys %gifts)
{
	my ($give, $take, $finding) = @{ $gifts{$gift} };
	said('planted', $give);
	like(said('planted', 'SELECT frontdesk.setup_roles()'), $finding, "setup_roles() finds that somebody was given $gift");
	said('planted', $take);
}
unlike(said('planted', 'SELECT frontdesk.setup_roles()'), qr/ERROR/, 'and works when nobody was');

subtest 'workers look first' => sub {
	# made and given away in one transaction, so that no worker can have come before
	my $log = -s $node->logfile;
	said('given', 'BEGIN; CREATE EXTENSION pg_frontdesk; ALTER SCHEMA frontdesk OWNER TO dbo; COMMIT');
	$desk->wait_for('the coordinator to say so', sub { slurp_file($node->logfile, $log) =~ /does not serve database "given": its schema is not safe to use/ });
	like(slurp_file($node->logfile, $log), qr/does not serve database "given"/, 'one log line tells');
	like(slurp_file($node->logfile, $log), qr/DETAIL:  Found that its schema frontdesk belongs to role dbo/, 'and why');
	is($desk->sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'given' AND backend_type ~ 'worker'"), 0, 'no worker comes');

	# the owner of the schema swaps it for his own, which would make him a superuser
	said('given', q{BEGIN; ALTER SCHEMA frontdesk RENAME TO fd_old; CREATE SCHEMA frontdesk; CREATE TABLE frontdesk.threads ();
		CREATE FUNCTION frontdesk.place_problem() RETURNS text LANGUAGE sql AS 'SELECT NULL::text'; COMMIT;
		CREATE FUNCTION frontdesk.pwn() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
		IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN EXECUTE 'ALTER ROLE dbo SUPERUSER'; END IF; RETURN 'queued'; END $$;
		CREATE VIEW frontdesk.tool_runs AS SELECT frontdesk.pwn() AS status}, 'dbo');
	$log = -s $node->logfile;
	$node->restart;
	$desk->wait_for('the coordinator to say so again', sub { slurp_file($node->logfile, $log) =~ /does not serve database "given"/ });
	$desk->wait_until("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'postgres' AND backend_type = 'pg_frontdesk worker'", 'workers elsewhere');
	is($desk->sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'dbo'"), 'f', 'nobody became a superuser');
};

done_testing();
