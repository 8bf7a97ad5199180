# Functions that an account adds run in the tool worker: one per transaction, as
# a session of the tool role, within a time, with nothing left behind.  A tool
# is a stranger: what it tries here must come to nothing.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $desk = Frontdesk->start(gateway => 0, conf => <<'CONF');
frontdesk.workers = 2
frontdesk.node_attempts = 1
frontdesk.tool_workers = 1
frontdesk.tool_memory = 128MB
restart_after_crash = on
CONF
my $fakes = $desk->fakes;

$desk->sql(<<'SQL');
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO frontdesk_tool;
CREATE TABLE shop.seen (at bigserial, run uuid, what text);
GRANT INSERT, SELECT ON shop.seen TO frontdesk_tool;
GRANT USAGE ON SEQUENCE shop.seen_at_seq TO frontdesk_tool;
CREATE TABLE shop.held (name text PRIMARY KEY, open boolean);
GRANT SELECT ON shop.held TO frontdesk_tool;
SQL

my $serial = 0;

# A tool of that body, an account whose conversations run it, and a message.
sub tool
{
	my ($name, $body, %option) = @_;
	my $timeout = $option{timeout} ? "'$option{timeout}'" : 'NULL';
	my $attempts = $option{attempts} // 'NULL';
	my $returns = $option{returns} // 'jsonb';

	$desk->sql("CREATE FUNCTION shop.$name(account_id integer, thread_id uuid, state jsonb) RETURNS $returns LANGUAGE plpgsql AS \$tool\$ $body \$tool\$");
	my $id = $option{account} // $desk->sql("SELECT frontdesk.add_account('$name')");
	$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'tool');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function, settings, error_node, timeout, attempts) VALUES
  ($id, 'conversation', 1, 'tool', 'function', 'shop.$name', '{}', 'failed', $timeout, $attempts),
  ($id, 'conversation', 1, 'done', 'http', NULL, '{"url": "$fakes/api/v1/tool/$name/done"}', NULL, NULL, NULL),
  ($id, 'conversation', 1, 'failed', 'http', NULL, '{"url": "$fakes/api/v1/tool/$name/failed"}', NULL, NULL, NULL);
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($id, 'conversation', 1, 'tool', 1, 'done');
SELECT frontdesk.activate_graph('conversation', $id);
SQL
	return { account => $id, name => $name };
}

sub ask
{
	my ($tool, $text) = @_;
	return $desk->sql("SELECT frontdesk.receive_message($tool->{account}, 'webchat', 'v" . ++$serial . "', '" . ($text // 'hello') . "')");
}

sub rests
{
	my ($thread) = @_;
	$desk->wait_until("SELECT status IN ('idle', 'failed') AND turns > 0 AND slot IS NULL FROM frontdesk.threads WHERE id = '$thread'", 'the thread to rest');
	return $thread;
}

sub steps { return join ' ', map { m{^/api/v1/tool/$_[0]/(\w+)} ? $1 : () } map { $_->{path} } $desk->requests }
sub state { return $desk->sql("SELECT $_[1] FROM frontdesk.threads WHERE id = '$_[0]'") }
sub run_of { return $desk->sql("SELECT $_[1] FROM frontdesk.tool_runs WHERE thread_id = '$_[0]' ORDER BY seq LIMIT 1") }
sub failure { return $desk->sql("SELECT (failure ->> 'class') || ': ' || (failure ->> 'text') FROM frontdesk.checkpoints WHERE thread_id = '$_[0]' AND failure IS NOT NULL ORDER BY seq LIMIT 1") }

# What a tool finds out about itself goes into its patch.
sub finding
{
	my ($name, $body, %option) = @_;
	my $thread = rests(ask(tool($name, $body, %option)));
	return state($thread, "state ->> 'found'");
}

# ---- the role ----

is($desk->sql("SELECT rolcanlogin, rolconnlimit, rolpassword IS NULL FROM pg_authid WHERE rolname = 'frontdesk_tool'"), 't|0|t', 'the tool role has no password and room for no client');
my ($out, $err);
isnt($desk->node->psql('postgres', 'SELECT 1', connstr => $desk->node->connstr('postgres') . ' user=frontdesk_tool', stdout => \$out, stderr => \$err), 0, 'no client gets in as the tool role, even where everybody is trusted');
like($err, qr/too many connections for role/, 'for its connection limit is 0');

# ---- a tool that does its work ----

my $good = tool('good', q{BEGIN
  INSERT INTO shop.seen (run, what) VALUES (frontdesk.current_tool_run(), session_user || ' ' || current_user || ' ' || (state ->> 'content'));
  RETURN jsonb_build_object('stock', 7, 'account', account_id, 'deliver', jsonb_build_array(jsonb_build_object('kind', 'reply', 'content', 'seven left'))); END});
my $thread = rests(ask($good, 'how many'));
is(state($thread, "state ->> 'stock'"), '7', 'its patch is in the state');
is($desk->sql("SELECT what FROM shop.seen"), 'frontdesk_tool frontdesk_tool how many', 'it ran as the tool role, and got the state');
is($desk->sql("SELECT s.run = r.id FROM shop.seen s, frontdesk.tool_runs r WHERE r.thread_id = '$thread'"), 't', 'and knew its run');
is($desk->sql("SELECT content FROM frontdesk.messages WHERE conversation_id = '$thread' AND direction = 'outgoing'"), 'seven left', 'the delivery it asked for has left');
is(steps('good'), 'done', 'the graph went on');
is($desk->sql("SELECT string_agg(node || '>' || coalesce(next_node, 'end'), ' ' ORDER BY seq) FROM frontdesk.checkpoints WHERE thread_id = '$thread'"), 'tool>tool tool>done done>end', 'the checkpoints tell of the wait');
is($desk->sql("SELECT frontdesk.current_tool_run() IS NULL"), 't', 'nobody else is in a run');

# shipped functions stay in the batch
my $shipped = $desk->sql("SELECT frontdesk.add_account('shipped')");
my $ordinary = rests($desk->sql("SELECT frontdesk.receive_message($shipped, 'webchat', 'x', 'I am furious, call me now, my lawyer will hear of it!')"));
is(state($ordinary, "state ->> 'needs_human'"), 'true', 'a function of the product was run');
is($desk->sql("SELECT count(*) FROM frontdesk.tool_runs WHERE thread_id = '$ordinary'"), '0', 'without the tool worker');

# ---- errors are data ----

my $loud = rests(ask(tool('loud', q{BEGIN RAISE EXCEPTION 'no such product'; END}, attempts => 2)));
is(failure($loud), 'tool: no such product', 'what a tool raises is the failure of its step');
is(steps('loud'), 'failed', 'whose error node is next');
is($desk->sql("SELECT count(*) FROM frontdesk.tool_runs WHERE thread_id = '$loud'"), '2', 'after its attempts');
like(failure(rests(ask(tool('scalar', q{BEGIN RETURN '7'; END})))), qr/^invalid: it returned no JSON object/, 'a patch is an object');
for my $nothing ([ 'null', 'BEGIN RETURN NULL; END', {} ], [ 'no row', 'BEGIN RETURN; END', { returns => 'SETOF jsonb' } ])
{
	my ($what, $body, $option) = @$nothing;
	my $name = 'nothing_' . length $body;
	my $quiet = rests(ask(tool($name, $body, %$option)));
	is(failure($quiet), '', "$what is no failure");
	is(steps($name), 'done', 'the graph goes on');
	is(state($quiet, "state - 'content' - 'message_id' - 'conversation_id' - 'channel' - 'done'"), '{}', 'with the state as it was');
}
# the same of a function of the product
my $product = $desk->sql("SELECT frontdesk.add_account('product')");
$desk->sql(<<"SQL");
CREATE FUNCTION frontdesk.find_nothing(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.find_nothing(integer, uuid, jsonb);
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($product, 'conversation', 1, 'tool');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function, settings) VALUES
  ($product, 'conversation', 1, 'tool', 'function', 'find_nothing', '{}'),
  ($product, 'conversation', 1, 'done', 'http', NULL, '{"url": "$fakes/api/v1/tool/product/done"}');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($product, 'conversation', 1, 'tool', 1, 'done');
SELECT frontdesk.activate_graph('conversation', $product);
SQL
is(failure(rests($desk->sql("SELECT frontdesk.receive_message($product, 'webchat', 'x', 'hello')"))), '', 'a function of the product may return null, too');
is(steps('product'), 'done', 'and the graph goes on');
like(failure(rests(ask(tool('strange', q{BEGIN RETURN '{"deliver": [{"kind": "bomb"}]}'; END})))), qr/^invalid: .*"bomb"/, 'an unknown delivery is its failure, not the batch\'s');
like(failure(rests(ask(tool('wrong', q{BEGIN RETURN '{"deliver": {"kind": "bomb"}}'; END})))), qr/^invalid: .*no array/, 'nor is one that is no list');
like(failure(rests(ask(tool('endless', q{BEGIN LOOP END LOOP; END}, timeout => '300ms')))), qr/^timeout: it took longer than 300 ms/, 'a tool that loops is ended');

# one that will not be ended takes its process along, and nobody else
my $stubborn = ask(tool('stubborn', q{BEGIN LOOP BEGIN LOOP PERFORM pg_sleep(0.01); END LOOP; EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END}, timeout => '300ms'));
my $after = ask($good, 'after');
is(failure(rests($stubborn)), 'timeout: it would not end in its time', 'a tool that catches its end loses its process');
rests($after);
is($desk->sql("SELECT count(*) FROM shop.seen WHERE what LIKE '% after'"), '1', 'the next one runs in another');
is($desk->sql("SELECT count(*) FROM frontdesk.threads WHERE resumed_count > 0"), '0', 'no engine worker was lost over it');

# ---- what a tool tries ----

is(finding('whoami', q{BEGIN RESET SESSION AUTHORIZATION; RESET ROLE; RETURN jsonb_build_object('found', session_user || current_user); END}), 'frontdesk_toolfrontdesk_tool', 'RESET SESSION AUTHORIZATION leads nowhere');
for my $try (
	[ 'setrole', 'SET ROLE postgres', '42501' ],
	[ 'setauth', 'SET SESSION AUTHORIZATION postgres', '42501' ],
	[ 'operator', 'SET ROLE frontdesk_operator', '42501' ],
	[ 'secrets', 'PERFORM 1 FROM frontdesk.secrets', '42501' ],
	[ 'runs', 'PERFORM 1 FROM frontdesk.tool_runs', '42501' ],
	[ 'threads', 'PERFORM 1 FROM frontdesk.threads', '42501' ],
	[ 'taking', 'PERFORM frontdesk.take_tool_run()', '42501' ],
	[ 'finishing', 'PERFORM frontdesk.finish_tool_run()', '42501' ],
	[ 'answering', "PERFORM frontdesk.answer_interrupt(1, frontdesk.current_tool_run(), '{}')", '42501' ],
	[ 'posting', "PERFORM frontdesk.post_mail(account_id, thread_id, 'message')", '42501' ],
	[ 'program', "COPY shop.seen FROM PROGRAM 'id'", '42501' ],
	[ 'committing', 'COMMIT', '2D000' ],
	[ 'grants', 'GRANT frontdesk_operator TO frontdesk_tool', '42501' ],
	[ 'ending', 'PERFORM pg_terminate_backend(pg_backend_pid())', '42501' ],
	[ 'cancelling', 'PERFORM pg_cancel_backend(pg_backend_pid())', '42501' ],
	[ 'password', q{ALTER ROLE frontdesk_tool PASSWORD 'known'}, '42501' ],
	[ 'roleset', 'ALTER ROLE CURRENT_USER SET search_path = pg_temp', '42501' ],
	[ 'disowning', 'DROP OWNED BY frontdesk_tool', '42501' ],
	[ 'locking', 'PERFORM pg_advisory_lock(1)', '42501' ],
	[ 'locking_two', 'PERFORM pg_advisory_xact_lock_shared(1, 2)', '42501' ],
	[ 'locking_perhaps', 'PERFORM pg_try_advisory_lock(1)', '42501' ],
	[ 'emitting', q{PERFORM pg_logical_emit_message(false, 'a', 'b')}, '42501' ],
	[ 'making', q{FOR i IN 1 .. 300 LOOP EXECUTE format('CREATE TEMP TABLE t%s (x integer)', i); END LOOP}, '54000' ],
	[ 'making_functions', q{FOR i IN 1 .. 300 LOOP EXECUTE format('CREATE FUNCTION pg_temp.f%s() RETURNS integer LANGUAGE sql AS %L', i, 'SELECT 1'); END LOOP}, '54000' ],
	[ 'listening', 'LISTEN something', '0A000' ])
{
	my ($name, $statement, $state) = @$try;
	is(finding("try_$name", "BEGIN $statement; RETURN '{\"found\": \"let in\"}'; EXCEPTION WHEN OTHERS THEN RETURN jsonb_build_object('found', sqlstate); END"), $state, "$name is refused");
}
like(finding('disowning_aloud', q{BEGIN DROP OWNED BY CURRENT_USER; RETURN '{}'; EXCEPTION WHEN OTHERS THEN RETURN jsonb_build_object('found', sqlerrm); END}),
	qr/may not change its role, or drop what the role owns/, 'whatever else would refuse it');
is(finding('strangers', q{BEGIN RETURN jsonb_build_object('found', (SELECT count(*) FILTER (WHERE l.account_id = strangers.account_id) || ' ' || count(*) FROM frontdesk.leads l)); END}), '1 1', 'row security shows a tool the rows of the account it runs for, and no others');
is($desk->sql("SET ROLE frontdesk_tool; SELECT count(*) FROM frontdesk.leads"), '0', 'the role itself sees none');

# a large object outlives its tool: none is made, and what an earlier version
# left is out of reach
$desk->sql("SELECT lo_from_bytea(4711, 'left by a tool'); ALTER LARGE OBJECT 4711 OWNER TO frontdesk_tool");
for my $try (
	[ 'creat', 'PERFORM lo_creat(-1)' ],
	[ 'create', 'PERFORM lo_create(4712)' ],
	[ 'from_bytea', q{PERFORM lo_from_bytea(0, 'x')} ],
	[ 'open', 'PERFORM lo_open(4711, 262144)' ],
	[ 'get', 'PERFORM lo_get(4711)' ],
	[ 'get_part', 'PERFORM lo_get(4711, 0, 4)' ],
	[ 'put', q{PERFORM lo_put(4711, 0, 'x')} ],
	[ 'unlink', 'PERFORM lo_unlink(4711)' ],
	[ 'temp', q{CREATE FUNCTION pg_temp.peek() RETURNS bytea LANGUAGE sql SECURITY DEFINER AS 'SELECT lo_get(4711)'; PERFORM pg_temp.peek()} ],
	[ 'operator', q{CREATE OPERATOR pg_temp.!!! (RIGHTARG = oid, FUNCTION = lo_unlink); PERFORM OPERATOR(pg_temp.!!!) 4711::oid} ])
{
	my ($name, $statement) = @$try;
	is(finding("lo_$name", "BEGIN $statement; RETURN '{\"found\": \"let in\"}'; EXCEPTION WHEN OTHERS THEN RETURN jsonb_build_object('found', sqlstate); END"), '42501', "large objects: $name is refused");
}
is($desk->sql("SELECT string_agg(m.oid || ' ' || convert_from(lo_get(m.oid), 'UTF8'), ',') FROM pg_largeobject_metadata m"), '4711 left by a tool', 'none was made, read or changed');
$desk->sql("CREATE FUNCTION shop.attach(content bytea) RETURNS oid LANGUAGE sql SECURITY DEFINER AS 'SELECT lo_from_bytea(4713, content)'");
is(finding('attaching', q{BEGIN RETURN jsonb_build_object('found', shop.attach('x')); END}), '4713', 'but by a function that somebody made for it');

# everything a tool runs, it runs in its own process
is(finding('parallel', q{BEGIN
  PERFORM set_config(CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'force_parallel_mode' ELSE 'debug_parallel_query' END, 'on', true);
  CREATE FUNCTION pg_temp.whose() RETURNS integer LANGUAGE plpgsql PARALLEL SAFE AS $f$ BEGIN RETURN pg_backend_pid(); END $f$;
  CREATE TEMP TABLE whereabouts AS SELECT pg_temp.whose() AS pid;
  RETURN jsonb_build_object('found', (SELECT pid = pg_backend_pid() FROM whereabouts)); END}), 'true', 'no tool has parallel workers');

# what is deferred runs as the tool role, too
is(finding('deferred', q{BEGIN
  CREATE TEMP TABLE trap (x integer);
  CREATE FUNCTION pg_temp.spring() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO shop.seen (what) VALUES ('deferred as ' || session_user || ' ' || current_user); RETURN NULL; END $f$;
  CREATE CONSTRAINT TRIGGER later AFTER INSERT ON trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.spring();
  INSERT INTO trap VALUES (1);
  RETURN '{"found": "set"}'; END}), 'set', 'a tool may defer something');
is($desk->sql("SELECT what FROM shop.seen WHERE what LIKE 'deferred%'"), 'deferred as frontdesk_tool frontdesk_tool', 'which runs as the tool role at its commit');
like(failure(rests(ask(tool('bomb', q{BEGIN
  CREATE TEMP TABLE trap (x integer);
  CREATE FUNCTION pg_temp.spring() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN LOOP END LOOP; END $f$;
  CREATE CONSTRAINT TRIGGER later AFTER INSERT ON trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.spring();
  INSERT INTO trap VALUES (1);
  RETURN '{}'; END}, timeout => '300ms')))), qr/^timeout/, 'within the time of its run');

# ---- what a tool leaves behind ----

$desk->sql("CREATE FUNCTION shop.lock() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT pg_advisory_lock(4711)'");
my $messy = tool('messy', q{BEGIN
  IF state ->> 'content' = 'leave' THEN
    CREATE TEMP TABLE left_over (x integer);
    CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''-infinity''::timestamptz';
    EXECUTE 'PREPARE left_plan AS SELECT 1';
    EXECUTE 'DECLARE left_cursor CURSOR WITH HOLD FOR SELECT 1';
    PERFORM shop.lock();
    PERFORM set_config('search_path', 'pg_temp, shop', false), set_config('work_mem', '64kB', false), set_config('my.secret', 'left', false);
    RETURN jsonb_build_object('pid', pg_backend_pid());
  END IF;
  RETURN jsonb_build_object('pid', pg_backend_pid(), 'found', concat_ws(',',
    (SELECT count(*) FROM pg_class WHERE relname = 'left_over'), (SELECT count(*) FROM pg_proc WHERE proname = 'now' AND pronamespace <> 'pg_catalog'::regnamespace),
    (SELECT count(*) FROM pg_prepared_statements WHERE name = 'left_plan'), (SELECT count(*) FROM pg_cursors WHERE name = 'left_cursor'), (SELECT count(*) FROM pg_listening_channels()), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    current_setting('search_path'), current_setting('my.secret', true))); END});
my $dirty = rests(ask($messy, 'leave'));
my $clean = rests(ask($messy, 'look'));
isnt(state($dirty, "state ->> 'pid'"), '', 'a tool leaves all it can behind');
is(state($clean, "state ->> 'pid'"), state($dirty, "state ->> 'pid'"), 'the next run of an account may find the same process');
like(state($clean, "state ->> 'found'"), qr/^0,0,0,0,0,0,"\$user", public,,?$/, 'but no temporary table, function, plan, lock or setting');
my $stranger = rests(ask($good, 'stranger'));
isnt($desk->sql("SELECT generation FROM frontdesk.tool_runs WHERE thread_id = '$stranger'"), $desk->sql("SELECT generation FROM frontdesk.tool_runs WHERE thread_id = '$clean'"), 'another account\'s run finds another process');

# what somebody does to the role is mended before the next tool
$desk->sql(q{ALTER ROLE frontdesk_tool SET default_transaction_read_only = on; ALTER ROLE frontdesk_tool SET search_path = pg_temp; ALTER ROLE frontdesk_tool PASSWORD 'known'});
$thread = rests(ask($good, 'after sabotage'));
is($desk->sql("SELECT count(*) FROM shop.seen WHERE what LIKE '% after sabotage'"), '1', 'settings of the role do not stop the next tool');
is($desk->sql("SELECT (SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'frontdesk_tool'::regrole), rolpassword IS NULL FROM pg_authid WHERE rolname = 'frontdesk_tool'"), '0|t', 'and are gone, with its password');

# ---- memory ----

# 200 megabytes, in pieces
my $keep = q{keep text[]; BEGIN FOR i IN 1 .. 8 LOOP keep := array_append(keep, repeat(chr(64 + i), 25000000)); END LOOP; RETURN jsonb_build_object('found', cardinality(keep) || ' pieces')};
my $greedy = tool('greedy', qq{DECLARE $keep; END});
my $eaten = rests(ask($greedy));
is(failure($eaten), 'tool: out of memory', 'a tool that takes more memory than frontdesk.tool_memory has failed');
is($desk->sql("SELECT failure ->> 'code' FROM frontdesk.tool_runs WHERE thread_id = '$eaten'"), '53200', 'by itself');
is(steps('greedy'), 'failed', 'its error node is next');
my $again = rests(ask($greedy));
isnt(run_of($again, 'generation'), run_of($eaten, 'generation'), 'its process, whose memory is in pieces, is not used again');
is(run_of($eaten, 'takes'), '1', 'and did not have to be started twice');
is(finding('frugal', qq{DECLARE $keep; EXCEPTION WHEN out_of_memory THEN RETURN '{"found": "less will do"}'; END}), 'less will do', 'a tool may make do with less');

# what would run at the commit runs before it, for the commit is not under the limit
my $spread = rests(ask(tool('spread', qq{BEGIN
  CREATE TEMP TABLE trap (x integer);
  CREATE FUNCTION pg_temp.spring() RETURNS trigger LANGUAGE plpgsql AS \$f\$ DECLARE keep text[]; BEGIN FOR i IN 1 .. 8 LOOP keep := array_append(keep, repeat(chr(64 + i), 25000000)); END LOOP; RETURN NULL; END \$f\$;
  CREATE CONSTRAINT TRIGGER later AFTER INSERT ON trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.spring();
  INSERT INTO trap VALUES (1);
  RETURN '{}'; END})));
is(failure($spread), 'tool: out of memory', 'what it has deferred is under the limit');
my $holding = rests(ask(tool('holding', q{BEGIN
  EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT array_agg(repeat(chr(64 + i), 25000000)) FROM generate_series(1, 8) i';
  RETURN '{}'; END})));
is(failure($holding), 'tool: out of memory', 'and what its cursors hold');
unlike(slurp_file($desk->node->logfile), qr/PANIC/, 'the server has not ended over it');
$desk->node->append_conf('postgresql.conf', "frontdesk.tool_memory = 1GB\n");
$desk->node->reload;
$desk->wait_until("SELECT current_setting('frontdesk.tool_memory') = '1GB'", 'the setting');
is(finding('sated', qq{DECLARE $keep; END}), '8 pieces', 'what the setting allows is there');
is($desk->sql("SELECT count(DISTINCT incarnation) FROM frontdesk.tool_runs"), '1', 'the cluster has lived through all of it');

# ---- the disk ----

# 20 MB a round: a page is written when it is added, and when it is full
my $writing = q{SET LOCAL temp_buffers = '800kB'; CREATE TEMP TABLE big (t text);
  FOR i IN 1 .. 150 LOOP INSERT INTO big SELECT repeat('x', 1900) FROM generate_series(1, 5000); TRUNCATE big; END LOOP;};
my $full = rests(ask(tool('spilling', qq{BEGIN $writing RETURN '{}'; END})));
is(failure($full), 'tool: it wrote more than 1 GB into temporary tables', 'a tool that writes without end into temporary tables has failed');
is($desk->sql("SELECT failure ->> 'code' FROM frontdesk.tool_runs WHERE thread_id = '$full'"), '53400', 'for a limit');

my $chatty = tool('chatty', q{BEGIN
  RAISE LOG 'chatty begins';
  FOR i IN 1 .. 30 LOOP RAISE LOG 'chatty %', repeat('x', 100000); END LOOP;
  RETURN '{}'; END});
my $before = length slurp_file($desk->node->logfile);
is(failure(rests(ask($chatty))), '', 'a tool that writes 3 MB into the log has not failed');
is(failure(rests(ask($chatty))), '', 'nor has it the next time');
my $lines = substr slurp_file($desk->node->logfile), $before;
my $written = () = $lines =~ /LOG:  chatty x/g;
cmp_ok($written, '>=', 2, 'some of it is there');
cmp_ok($written, '<=', 20, 'but of each run not more than 1 MB');
is(scalar(() = $lines =~ /LOG:  chatty begins/g), 2, 'each of which begins anew');
is(scalar(() = $lines =~ /the log has no more of what this run writes, for it is more than 1 MB \(account $chatty->{account}: shop\.chatty\)/g), 2, 'and is said to be cut short, once');

# ---- crashes ----

$desk->sql("INSERT INTO shop.held VALUES ('slow', false)");
my $slow = tool('slow', q{BEGIN
  WHILE NOT (SELECT open FROM shop.held WHERE name = 'slow') LOOP PERFORM pg_sleep(0.02); END LOOP;
  INSERT INTO shop.seen (run, what) VALUES (frontdesk.current_tool_run(), 'slow'); RETURN '{"found": "slow"}'; END});
my $crashed = ask($slow);
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.tool_runs WHERE thread_id = '$crashed' AND status = 'running'", 'the slow tool to run');
is(state($crashed, "status || ': ' || status_reason"), 'waiting: function shop.slow runs in the tool worker', 'the thread says what it waits for');
is(state($crashed, 'slot IS NULL'), 't', 'and nobody holds it');
my $run = run_of($crashed, 'id');
my $pid = $desk->sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk tool worker'");
kill 'KILL', $pid;
$desk->wait_for('the server to come back', sub { $desk->node->psql('postgres', 'SELECT 1') == 0 });
$desk->wait_until("SELECT takes = 2 AND status = 'running' FROM frontdesk.tool_runs WHERE thread_id = '$crashed'", 'the run to be repeated');
$desk->sql("UPDATE shop.held SET open = true");
rests($crashed);
is(state($crashed, "state ->> 'found'"), 'slow', 'a killed tool worker loses no run');
is($desk->sql("SELECT run = '$run' FROM shop.seen WHERE what = 'slow'"), 't', 'which is repeated under its own id');

# a tool that takes its process along every time is given up
$desk->sql("CREATE FUNCTION shop.terminate() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT FROM pg_terminate_backend(pg_backend_pid())'; GRANT EXECUTE ON FUNCTION shop.terminate() TO frontdesk_tool");
my $deadly = rests(ask(tool('deadly', q{BEGIN PERFORM shop.terminate(); PERFORM pg_sleep(10); RETURN '{}'; END})));
is(failure($deadly), 'lost: its worker was lost again and again', 'a tool that ends its process each time has failed');
is(run_of($deadly, 'takes'), '3', 'after three times');

# ---- waiting, and not waiting any more ----

$desk->sql("UPDATE shop.held SET open = false");
my $busy = ask($slow);
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.tool_runs WHERE thread_id = '$busy' AND status = 'running'", 'the slow tool to run');
$desk->sql("SELECT frontdesk.take_over($slow->{account}, '$busy')");
$desk->sql("SELECT frontdesk.post_mail($slow->{account}, '$busy', 'replay')");
rests($busy);
is(run_of($busy, 'status'), 'withdrawn', 'a person who takes over does not wait for the tool');
$desk->sql("UPDATE shop.held SET open = true");
$after = rests(ask($good, 'last'));
is(run_of($busy, 'status'), 'withdrawn', 'whose result falls away');

# paused work is held back, though it was queued before
$desk->sql("UPDATE shop.held SET open = false");
my $blocking = ask($slow);
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.tool_runs WHERE thread_id = '$blocking' AND status = 'running'", 'the slow tool to run');
my $held = ask($good, 'held');
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.tool_runs WHERE thread_id = '$held' AND status = 'queued'", 'a run to be queued behind it');
$desk->sql("SELECT frontdesk.pause($good->{account}, 'a test')");
$desk->sql("UPDATE shop.held SET open = true");
rests($blocking);
rests(ask($messy, 'look'));
is($desk->sql("SELECT count(*) FROM shop.seen WHERE what LIKE '% held'"), '0', 'a paused account runs no tool');
$desk->sql("SELECT frontdesk.resume_work($good->{account})");
rests($held);
is($desk->sql("SELECT count(*) FROM shop.seen WHERE what LIKE '% held'"), '1', 'until it is resumed');

# ---- accounts take turns ----

# The accounts whose runs of these threads were begun, in order.
sub order
{
	my (@threads) = @_;
	my $list = join ',', map { "'$_'" } @threads;
	return $desk->sql("SELECT string_agg(a.name, ' ' ORDER BY r.started_at) FROM frontdesk.tool_runs r JOIN frontdesk.accounts a ON a.id = r.account_id WHERE r.thread_id IN ($list)");
}

sub count_runs { return $desk->sql("SELECT count(*) FROM frontdesk.tool_runs WHERE account_id = $_[0]{account} AND status = '$_[1]'") }

sub wait_for_runs
{
	my ($tool, $status, $count) = @_;
	$desk->wait_until("SELECT count(*) = $count FROM frontdesk.tool_runs WHERE account_id = $tool->{account} AND status = '$status'", "$count runs of $tool->{name} to be $status");
	return;
}

sub set_workers
{
	my ($count) = @_;
	$desk->node->append_conf('postgresql.conf', "frontdesk.tool_workers = $count\n");
	$desk->node->reload;
	$desk->wait_until("SELECT current_setting('frontdesk.tool_workers') = '$count'", 'the setting');
	return;
}

my $workers = "FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk tool worker'";

rests(ask($good, 'before'));
rests(ask($messy, 'look'));
$desk->sql("UPDATE shop.held SET open = false");
my @queued = map { ask($slow) } 1 .. 5;
wait_for_runs($slow, 'running', 1);
wait_for_runs($slow, 'queued', 4);
push @queued, ask($good, 'in turn');
wait_for_runs($good, 'queued', 1);
push @queued, ask($good, 'in turn'), ask($messy, 'look');
wait_for_runs($good, 'queued', 2);
wait_for_runs($messy, 'queued', 1);
is($desk->sql("SELECT count(*) $workers"), '1', 'with one tool worker');
$desk->sql("UPDATE shop.held SET open = true");
rests($_) for @queued;
is(order(@queued), 'slow good messy slow good slow slow slow', 'each account waits for one run of the others, the one served longest ago first');

set_workers(2);
$desk->sql("UPDATE shop.held SET open = false");
@queued = map { ask($slow) } 1 .. 3;
wait_for_runs($slow, 'running', 1);
wait_for_runs($slow, 'queued', 2);
rests(ask($good, 'beside'));
is(count_runs($slow, 'running'), '1', 'with two, a quick tool does not wait for another account\'s slow one');
rests(ask($messy, 'look'));
is(count_runs($slow, 'running') . ' ' . count_runs($slow, 'queued'), '1 2', 'which leaves one of them to others');
set_workers(3);
wait_for_runs($slow, 'running', 2);
rests(ask($good, 'beside'));
is(count_runs($slow, 'running') . ' ' . count_runs($slow, 'queued'), '2 1', 'with three, it has two');
is($desk->sql("SELECT count(DISTINCT generation) FROM frontdesk.tool_runs WHERE account_id = $slow->{account} AND status = 'running'"), '2', 'in processes of their own');
set_workers(1);
$desk->sql("UPDATE shop.held SET open = true");
rests($_) for @queued;
is(order(@queued), 'slow slow slow', 'and all are run');
$desk->wait_until("SELECT count(*) <= 1 $workers", 'the others to leave');

# a killed worker's run is free, and its neighbour's is not touched
set_workers(2);
$desk->sql("UPDATE shop.held SET open = false");
$desk->sql("INSERT INTO shop.held VALUES ('other', false)");
my $other = tool('other', q{BEGIN
  WHILE NOT (SELECT open FROM shop.held WHERE name = 'other') LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN '{"found": "other"}'; END});
my ($one, $two) = (ask($slow), ask($other));
wait_for_runs($slow, 'running', 1);
wait_for_runs($other, 'running', 1);
$desk->sql("SELECT pg_terminate_backend(pid) $workers AND query LIKE 'account $slow->{account}:%'");
$desk->wait_until("SELECT takes = 2 AND status = 'running' FROM frontdesk.tool_runs WHERE thread_id = '$one'", 'the run to be repeated');
set_workers(3);
rests(ask($good, 'third'));
rests(ask($messy, 'look'));
$desk->sql("UPDATE shop.held SET open = true");
is(state(rests($one), "state ->> 'found'"), 'slow', 'a run whose worker was ended is repeated');
is(state(rests($two), "state ->> 'found'"), 'other', 'and the other worker\'s');
is(run_of($two, 'takes'), '1', 'is not');

# ---- lints ----

$desk->sql("CREATE FUNCTION shop.closed(integer, uuid, jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT \$3'; REVOKE EXECUTE ON FUNCTION shop.closed(integer, uuid, jsonb) FROM PUBLIC");
my $lint = $desk->sql("SELECT frontdesk.add_account('lint')");
$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($lint, 'g', 1, 'a');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, function, error_node) VALUES
  ($lint, 'g', 1, 'a', 'function', NULL, 'shop.closed', 'b'), ($lint, 'g', 1, 'b', 'llm', 'conversation', 'shop.good', 'c'), ($lint, 'g', 1, 'c', 'function', NULL, 'shop.gone', NULL);
SQL
is($desk->sql("SELECT string_agg(p, E'\\n' ORDER BY p) FROM frontdesk.graph_problems('g', $lint) p"), join("\n",
	'node "a" names the function shop.closed, which the role frontdesk_tool may not execute',
	'node "b" names the function shop.good, which is not shipped and therefore needs a node of its own, of kind function',
	'node "c" names the function shop.gone, but shop.gone(integer, uuid, jsonb) does not exist'), 'graph_problems() knows what the tool worker needs');

done_testing();
