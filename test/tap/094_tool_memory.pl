# A tool that has filled its memory and leaves much to be done at its commit does
# not take the server with it: behind the commit record nothing may fail.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Frontdesk;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $desk = Frontdesk->start(gateway => 0, conf => <<'CONF');
frontdesk.node_attempts = 1
frontdesk.tool_workers = 1
frontdesk.tool_memory = 128MB
restart_after_crash = on
max_locks_per_transaction = 1024
CONF

# 2000 files to remove, made with the rights of another role, whose objects the
# bound of a run does not count; then memory is filled to the last 21 kB, each part
# in a block of its own, for a rollback would give everything back
$desk->sql(<<'SQL');
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO frontdesk_tool;
CREATE FUNCTION shop.pile() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $f$
BEGIN FOR i IN 1 .. 2000 LOOP CREATE TEMP TABLE piled (x integer); DROP TABLE piled; END LOOP; END $f$;
CREATE FUNCTION shop.fill(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE plpgsql AS $f$
DECLARE size integer; filled integer := 0;
BEGIN
  PERFORM shop.pile();
  FOREACH size IN ARRAY ARRAY[1000000, 100000, 21000] LOOP
    LOOP
      BEGIN
        filled := filled + 1;
        PERFORM set_config('my.f' || filled, repeat('x', size), false);
      EXCEPTION WHEN out_of_memory THEN EXIT;
      END;
    END LOOP;
  END LOOP;
  RETURN '{"found": "no more room"}';
END $f$;
SQL
my $id = $desk->sql("SELECT frontdesk.add_account('Filling')");
$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'tool');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function, timeout) VALUES ($id, 'conversation', 1, 'tool', 'function', 'shop.fill', '120s');
SELECT frontdesk.activate_graph('conversation', $id);
SELECT frontdesk.receive_message($id, 'webchat', 'visitor', 'hello');
SQL
$desk->wait_for('the tool to have run', sub {
	return 1 if slurp_file($desk->node->logfile) =~ /PANIC/;
	my ($code, $ended) = $desk->node->psql('postgres', q{SELECT count(*) FROM frontdesk.tool_runs WHERE status IN ('done', 'failed')});
	return $code == 0 && $ended > 0;
});
unlike(slurp_file($desk->node->logfile), qr/PANIC|AbortTransaction while in COMMIT state/, 'the server lives');
is($desk->sql(q{SELECT status || ' ' || coalesce(patch ->> 'found', failure ->> 'text') FROM frontdesk.tool_runs}), 'done no more room', 'and the run has committed');

done_testing();
