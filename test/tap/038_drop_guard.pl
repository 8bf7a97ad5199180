# Leads are not dropped by accident where the library is not preloaded, which is
# how a server is left on the way to removing the extension.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('bare');
$node->init;
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION pg_frontdesk; SELECT frontdesk.add_account('Clinic'); INSERT INTO frontdesk.leads (account_id, name) VALUES (1, 'Ann')");

# Each in a session of its own, which nothing has loaded the library into.
sub refused
{
	my ($sql, $what) = @_;
	$node->psql('postgres', $sql, stderr => \my $err, on_error_stop => 0);
	like($err, qr/cannot tell whether this would drop extension "pg_frontdesk"|cannot (drop extension "pg_frontdesk"|truncate frontdesk\.(leads|accounts)) while (it holds|there are) leads|requires it|cannot drop .* because/, $what);
	is($node->safe_psql('postgres', 'SELECT count(*) FROM frontdesk.leads'), 1, '… and they are there');
	return $err;
}

like(refused('DROP EXTENSION pg_frontdesk', 'DROP EXTENSION'), qr/HINT:  Dump the database, then set frontdesk\.allow_drop to on/, 'with what to do');
refused('DROP EXTENSION pg_frontdesk CASCADE', '… with CASCADE');
refused('DROP EXTENSION plpgsql CASCADE', '… of what it needs');
refused(q{DO $$BEGIN EXECUTE 'DROP EXTENSION ' || 'pg_' || 'frontdesk'; END$$}, '… by a name that the statement does not show');
refused('DROP SCHEMA frontdesk CASCADE', 'DROP SCHEMA');
refused('TRUNCATE frontdesk.leads CASCADE', 'TRUNCATE');
refused('TRUNCATE frontdesk.accounts CASCADE', '… of accounts');
refused('SET session_replication_role = replica; DROP EXTENSION pg_frontdesk CASCADE', '… past ordinary triggers');
refused('SET session_replication_role = replica; TRUNCATE frontdesk.leads CASCADE', '… past ordinary triggers');
# the library's file is gone, too: then nobody can tell what such a statement takes along
$node->safe_psql('postgres', q{UPDATE pg_proc SET probin = '$libdir/pg_frontdesk_that_is_gone' WHERE oid = 'frontdesk.arm_drop_guard()'::regprocedure});
refused('DROP EXTENSION pg_frontdesk', 'DROP EXTENSION without the library\'s file');
refused(q{DO $$BEGIN EXECUTE 'DROP EXTENSION pg_'||'frontdesk'; END$$}, '… by a name that the statement does not show');
refused('DROP EXTENSION plpgsql CASCADE', '… of what it needs');
refused('DROP OWNED BY CURRENT_USER CASCADE', 'DROP OWNED');
$node->psql('postgres', 'CREATE SCHEMA unrelated; CREATE TABLE unrelated.t (); DROP SCHEMA unrelated CASCADE', stderr => \my $err, on_error_stop => 0);
unlike($err, qr/ERROR/, 'schemas and tables are dropped as ever');

is($node->psql('postgres', 'SET frontdesk.allow_drop = on; DROP EXTENSION pg_frontdesk'), 0, 'who has said so drops it');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_namespace WHERE nspname = 'frontdesk'"), 0, 'and nothing stays');

done_testing();
