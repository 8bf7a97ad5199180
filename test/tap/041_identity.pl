# Who asks is nothing that SQL can say, and a request leaves nothing behind.
#
# The attacker has what a hole would give him: SQL of his choice inside a request.
# In the tests through HTTP a function of the account runs its argument; in the
# others a session of the gateway's login plays the gateway and then the attacker.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Digest::SHA qw(hmac_sha256 hmac_sha384);
use Frontdesk;
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;

my $jwt_secret = 'a key of more than thirty-two bytes for tokens';
my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $desk = Frontdesk->start(gateway_env => { JWT_SECRET => $jwt_secret, POOL_SIZE => 1 });
my $mine = $desk->account('Mine');
my $theirs = $desk->account('Theirs');
my ($m, $t) = ($mine->{id}, $theirs->{id});

$desk->sql(qq{
	CREATE ROLE op_mine LOGIN IN ROLE frontdesk_operator;
	CREATE ROLE op_theirs LOGIN IN ROLE frontdesk_operator;
	INSERT INTO frontdesk.users (account_id, role_name, name) VALUES
		($m, 'ann', 'Ann'), ($m, 'op_mine', 'Ann'), ($t, 'bob', 'Bob'), ($t, 'op_theirs', 'Bob'), (0, 'boss', 'Boss');
	CREATE FUNCTION frontdesk.run(sql text) RETURNS text LANGUAGE plpgsql AS 'DECLARE r text; BEGIN EXECUTE sql INTO r; RETURN r; END';
	GRANT EXECUTE ON FUNCTION frontdesk.run(text) TO frontdesk_operator, frontdesk_anon});
is($desk->sql('SELECT string_agg(role_name || $$ $$ || kind, $$, $$ ORDER BY role_name) FROM frontdesk.users'),
	'ann subject, bob subject, boss subject, op_mine role, op_theirs role', 'a name is a role or a subject, as it was when the row was made');

sub token
{
	my ($claims, %option) = @_;
	my $signed = join '.', map { encode_base64url($json->encode($_)) } { alg => $option{alg} // 'HS256', typ => 'JWT' }, $claims;
	my $mac = $option{mac} // \&hmac_sha256;

	return "$signed." . encode_base64url($mac->($signed, $option{secret} // $jwt_secret));
}

sub call
{
	my ($function, $arguments, $token) = @_;
	my $answer = $desk->{http}->post($desk->gateway . "/rpc/$function",
		{ content => $json->encode($arguments), headers => { 'content-type' => 'application/json', defined $token ? (authorization => "Bearer $token") : () } });

	$answer->{json} = eval { $json->decode($answer->{content}) };
	return $answer;
}

my $ann = token({ role => 'frontdesk_operator', sub => 'ann' });

# SQL in a session of the gateway's login; what psql prints, errors included.
sub session
{
	my ($sql, $login) = @_;
	$desk->node->psql('postgres', $sql, on_error_stop => 0, stdout => \my $out, stderr => \my $err,
		extra_params => [ '-U', $login // 'frontdesk_authenticator' ]);
	return join "\n", grep { length } split /\n/, "$out\n" . $err =~ s/^psql:<stdin>:\d+: //mgr;
}

sub opening
{
	my ($claims, $headers) = @_;
	return sprintf q{SELECT FROM frontdesk.open_request('frontdesk_operator', 'POST', '/rpc/x', '%s', '%s', false);},
	  $json->encode($headers // {}), $json->encode({ role => 'frontdesk_operator', %$claims });
}

# the gateway notices a new function within a second
$desk->wait_for('the gateway to know the function', sub { call('run', { sql => 'SELECT 1' }, $ann)->{success} });

subtest 'SQL over HTTP' => sub {
	my $theft = qq{SELECT 'a' AS content, query_to_xml('SELECT content FROM frontdesk.messages WHERE account_id = $t', true, false, '')::text::int::text AS intent};
	my $answer = call('train_classifier', { name => 'x', account_id => $m, examples => $theft }, $ann);
	is("$answer->{status} $answer->{json}{code}", '403 42501', 'a query for examples is for the owner');
	is(call('train_classifier', { name => 'x', account_id => $t }, $ann)->{status}, 403, 'and nobody trains for others');
	is(call('run', { sql => 'SELECT frontdesk.caller()' }, $ann)->{json}, 'ann', 'SQL of a function of the account knows who asks');

	my %forgeries = (
		'claims' => q{set_config('request.jwt.claims', '{"sub":"bob","role":"frontdesk_operator"}', true)},
		'claims of the house' => q{set_config('request.jwt.claims', '{"sub":"boss"}', false)},
		'no role' => q{set_config('role', 'none', true)},
		'another role' => q{set_config('role', 'frontdesk_webhook', true)},
		'session authorization' => q{set_config('session_authorization', 'frontdesk_authenticator', true)},
		'the headers' => q{set_config('request.headers', '{"authorization":"Bearer x"}', true)},
	);
	for my $name (sort keys %forgeries)
	{
		my $said = call('run', { sql => "SELECT frontdesk.caller() || ' ' || frontdesk.visible_accounts()::text || left($forgeries{$name}, 0)" }, $ann);
		is($said->{json}, "ann {$m}", "forged before it is asked: $name");
		$said = call('run', { sql => "WITH f AS MATERIALIZED (SELECT $forgeries{$name} AS s) SELECT frontdesk.caller_subject() || left(s, 0) FROM f" }, $ann);
		like($said->{content}, qr/^"ann"$|permission denied for function/, '… and after');
	}
	for my $again (q{frontdesk.open_request('frontdesk_operator', 'POST', '/', '{}', '{"sub":"bob"}', false)}, 'frontdesk.accept_request()')
	{
		for my $prefix ('SELECT ', q{SELECT set_config('role', 'none', true)::text || })
		{
			my $said = call('run', { sql => "$prefix($again)::text" }, $ann);
			like($said->{json}{code}, qr/^(42501|55000)$/, "who asks cannot be fixed twice: $again");
		}
	}
};

subtest 'a session of the gateway' => sub {
	is(session('BEGIN;' . opening({ sub => 'ann' }) . 'SELECT frontdesk.visible_accounts(); COMMIT'), "{$m}", 'the one that was told');
	my $forged = q{SELECT set_config('request.jwt.claims', '{"sub":"bob"}', false); RESET ROLE; SET ROLE frontdesk_operator;};
	like(session('BEGIN;' . opening({ sub => 'ann' }) . $forged . 'SELECT frontdesk.visible_accounts(); COMMIT'), qr/\{$m\}$/, '… whatever was set since');
	like(session('BEGIN;' . opening({ sub => 'ann' }) . 'SAVEPOINT s; RESET ROLE;' . opening({ sub => 'bob' }) . 'ROLLBACK TO s; SELECT frontdesk.visible_accounts(); COMMIT'),
		qr/fixed already.*\n?.*\{$m\}|\{$m\}\n.*fixed already/s, 'a second time in the transaction is refused');
	like(session(q{SET request.jwt.claims = '{"sub":"bob"}'; SET ROLE frontdesk_operator; SELECT frontdesk.visible_accounts()}), qr/^\{\}$/m, 'without an opening nobody asks');
	$desk->sql("INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($t, 'frontdesk_operator', 'whoever')");
	like(session('SET ROLE frontdesk_operator; SELECT frontdesk.visible_accounts()'), qr/^\{\}$/m, '… not even where the role itself is mapped');
	$desk->sql("DELETE FROM frontdesk.users WHERE role_name = 'frontdesk_operator'");
	like(session('SELECT frontdesk.open_request($$frontdesk_operator$$, $$$$, $$$$, $$$$, $${"sub":"bob"}$$, false)', 'op_mine'), qr/permission denied/, 'other sessions open none');
	is(session('SELECT frontdesk.visible_accounts()', 'op_mine'), "{$m}", 'people with a login of their own see theirs');
	is(session(q{SET request.jwt.claims = '{"sub":"bob"}'; SELECT frontdesk.visible_accounts()}, 'op_mine'), "{$m}", '… and a setting adds nothing');
	is(call('run', { sql => 'SELECT frontdesk.visible_accounts()::text' }, token({ role => 'frontdesk_operator', sub => 'op_theirs' }))->{json}, '{}',
		'a subject with the name of a role is not that role');
};

subtest 'nothing stays in the session' => sub {
	my $look = q{SELECT json_build_object('pid', pg_backend_pid(), 'user', current_user, 'settings', (SELECT json_object_agg(name, setting) FROM pg_settings WHERE setting IS DISTINCT FROM reset_val AND name !~ '^(request|role$|transaction_)'),
		'claims', current_setting('request.jwt.claims', true), 'own', coalesce(current_setting('my.secret', true), ''), 'listens', (SELECT count(*) FROM pg_listening_channels()),
		'locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), 'temp', (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
		'cursors', (SELECT count(*) FROM pg_cursors WHERE is_holdable), 'statements', (SELECT count(*) FROM pg_prepared_statements WHERE from_sql))};
	my $before = call('run', { sql => $look }, $ann)->{json};
	$before = $json->decode($before);
	my @traces = (
		(map { "SELECT set_config('$_->[0]', '$_->[1]', false)" } [ default_transaction_read_only => 'on' ], [ statement_timeout => '1' ], [ row_security => 'off' ], [ client_encoding => 'LATIN1' ],
			[ search_path => 'pg_temp' ], [ synchronous_commit => 'off' ], [ lock_timeout => '1' ], [ role => 'frontdesk_webhook' ], [ 'my.secret' => 'kept' ], [ 'request.jwt.claims' => '{}' ],
			[ idle_in_transaction_session_timeout => '1' ], [ default_transaction_isolation => 'serializable' ], [ work_mem => '64' ], [ 'response.status' => '418' ]),
		'SELECT pg_advisory_lock(4711)::text', 'SELECT pg_advisory_lock(4712)::text || 1/0', 'CREATE TEMP TABLE kept AS SELECT 1 AS x', 'LISTEN kept',
		'PREPARE kept AS SELECT 1', 'DEALLOCATE ALL', 'DEALLOCATE opening', 'DECLARE kept CURSOR WITH HOLD FOR SELECT 1', q{LOAD '$libdir/plpgsql'},
		'CREATE FUNCTION pg_temp.open_request() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
	);
	for my $trace (@traces)
	{
		call('run', { sql => $trace }, $ann);
		my $said = call('run', { sql => $look }, $ann);
		is_deeply(eval { $json->decode($said->{json}) } // $said->{content}, $before, "after $trace");
	}
	is($desk->post_webhook($theirs, $desk->message_event($theirs, 'hello'))->{status}, 200, 'a webhook of another account is taken in the same session');
	is($desk->sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator'"), 1, 'which is the only one');
	is(call('run', { sql => 'SELECT pg_backend_pid()' }, $ann)->{json}, $before->{pid}, 'and still the first');
	like(call('run', { sql => 'PREPARE kept AS SELECT 1' }, $ann)->{content}, qr/PREPARE is not possible in a request/, 'what cannot be cleaned up is refused');
};

subtest 'a commit is as durable as its transaction wants it' => sub {
	# nobody else flushes the log: neither a worker's commit nor the writer in the background
	$desk->node->append_conf('postgresql.conf', "frontdesk.workers = 0\nwal_writer_delay = 10s\nwal_writer_flush_after = 0\nautovacuum = off\n");
	$desk->sql('ALTER ROLE frontdesk_authenticator SET synchronous_commit = off');
	$desk->node->restart;
	$desk->wait_for('the gateway to find the server', sub { call('run', { sql => 'SELECT 1' }, $ann)->{success} });
	my $event = $desk->message_event($mine, 'do not forget me');
	is($desk->post_webhook($mine, $event)->{status}, 200, 'a webhook is acknowledged by a role that need not wait for the disk');
	$desk->node->stop('immediate');
	$desk->node->start;
	is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE content = 'do not forget me'"), 1, 'and is there after a crash');
	$desk->node->append_conf('postgresql.conf', "frontdesk.workers = 1\n");
	$desk->sql('ALTER ROLE frontdesk_authenticator RESET synchronous_commit');
	$desk->node->restart;
	$desk->wait_for('the gateway to find the server', sub { call('run', { sql => 'SELECT 1' }, $ann)->{success} });
};

subtest 'with the house\'s key' => sub {
	$desk->sql("SELECT frontdesk.set_secret(0, 'jwt', '$jwt_secret')");
	my $see = 'SELECT frontdesk.visible_accounts();';
	my $bearer = sub { { authorization => "Bearer $_[0]" } };
	my $say = sub { session('BEGIN;' . opening($_[0], $_[1]) . "$see COMMIT") };

	is($say->({ sub => 'bob' }), '{}', 'what the gateway says counts no more');
	is($say->({ sub => 'bob' }, $bearer->($ann)), "{$m}", 'only what the token says');
	is(call('run', { sql => 'SELECT frontdesk.caller() || frontdesk.visible_accounts()::text' }, $ann)->{json}, "ann{$m}", 'the gateway hands it on');
	like(call('run', { sql => 'SELECT frontdesk.visible_accounts()::text' })->{content}, qr/permission denied/, 'without a token one is anonymous');
	is($desk->post_webhook($mine, $desk->message_event($mine, 'hello'))->{status}, 200, 'webhooks need none');
	my %bad = (
		'another key' => token({ role => 'frontdesk_operator', sub => 'bob' }, secret => 'x' x 40),
		'another algorithm' => token({ role => 'frontdesk_operator', sub => 'bob' }, alg => 'HS384', mac => \&hmac_sha384),
		'none' => do { token({ role => 'frontdesk_operator', sub => 'bob' }, alg => 'none') =~ s/[^.]*$//r },
		'expired' => token({ role => 'frontdesk_operator', sub => 'bob', exp => time - 100 }),
		'not yet valid' => token({ role => 'frontdesk_operator', sub => 'bob', nbf => time + 1000 }),
		'a time that is none' => token({ role => 'frontdesk_operator', sub => 'bob', exp => undef }),
		'another role' => token({ role => 'frontdesk_webhook', sub => 'bob' }),
		'two parts' => 'a.b', 'garbage' => 'a.b.c', 'four parts' => "$ann.x", 'padded' => "$ann=",
		'a changed claim' => join('.', (split /\./, $ann)[0], encode_base64url('{"role":"frontdesk_operator","sub":"bob"}'), (split /\./, $ann)[2]),
	);
	for my $name (sort keys %bad)
	{
		my $said = $say->({ sub => 'bob' }, $bearer->($bad{$name}));
		like($said, qr/token of this request is not/, "refused: $name");
		unlike($said, qr/\{$t\}/, '… and nothing seen');
	}
	$desk->sql("SELECT frontdesk.delete_secret(0, 'jwt')");
	is($say->({ sub => 'bob' }), "{$t}", 'without the key the gateway is believed again');
};

subtest 'operators that the session has planted' => sub {
	# as in a database whose schema public is everybody's
	$desk->sql(q{CREATE SCHEMA planted; GRANT CREATE, USAGE ON SCHEMA planted TO PUBLIC; CREATE TABLE planted.seen (who name);
		GRANT INSERT ON planted.seen TO PUBLIC});
	session(qq{CREATE FUNCTION planted.same($_, $_) RETURNS boolean LANGUAGE plpgsql VOLATILE COST 0.0001 AS
		'BEGIN INSERT INTO planted.seen VALUES (current_user); RETURN \$1 OPERATOR(pg_catalog.=) \$2; END';
		CREATE OPERATOR planted.= (LEFTARG = $_, RIGHTARG = $_, FUNCTION = planted.same)}) for qw(integer text name);
	session('BEGIN; SET search_path = planted, pg_catalog; SELECT 1 = 1; ' . opening({ sub => 'ann' }) . ' COMMIT');
	is($desk->sql('SELECT string_agg(DISTINCT who, $$, $$) FROM planted.seen'), 'frontdesk_authenticator', 'are not used with the rights of the owner');
	is(session('BEGIN; SET LOCAL search_path = planted, pg_catalog; ' . opening({ sub => 'ann' }) . q{ SELECT current_setting('search_path'); COMMIT}),
		'planted, pg_catalog', '… and the session has its path back');
	$desk->sql('DROP SCHEMA planted CASCADE');
};

subtest 'behind another PostgREST' => sub {
	$desk->sql(q{CREATE ROLE rest_login LOGIN NOINHERIT; CREATE ROLE authenticated; GRANT authenticated TO rest_login;
		GRANT frontdesk_operator TO authenticated; GRANT EXECUTE ON FUNCTION frontdesk.accept_request() TO authenticated});
	$desk->node->append_conf('postgresql.conf', "frontdesk.authenticators = 'rest_login, \"Another One\"'");
	$desk->node->reload;
	$desk->wait_until("SELECT current_setting('frontdesk.authenticators') LIKE 'rest_login%'", 'the setting');
	my $start = q{BEGIN; SELECT FROM (SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', '{"sub":"bob","role":"authenticated"}', true)) s; };
	my $see = 'SELECT frontdesk.visible_accounts();';
	my $forge = q{SELECT FROM (SELECT set_config('request.jwt.claims', '{"sub":"ann"}', true)) s; };

	like(session("$start $see COMMIT", 'rest_login'), qr/^\{\}$/m, 'whose claims nobody has accepted');
	like(session("$start SELECT frontdesk.accept_request(); $forge $see COMMIT", 'rest_login'), qr/^\{$t\}$/m, 'its claims are fixed by the first statement');
	like(session("$start SELECT frontdesk.accept_request(); $forge SELECT frontdesk.accept_request(); COMMIT", 'rest_login'), qr/fixed already/, 'once');
	$desk->sql("SELECT frontdesk.set_secret(0, 'jwt', '$jwt_secret')");
	like(session("$start SELECT frontdesk.accept_request(); $see COMMIT", 'rest_login'), qr/^\{\}$/m, 'with the house\'s key claims alone are none');
	my $headers = $json->encode({ authorization => 'Bearer ' . token({ role => 'authenticated', sub => 'bob' }) });
	like(session("$start SELECT FROM (SELECT set_config('request.headers', '$headers', true)) s; SELECT frontdesk.accept_request(); $see COMMIT", 'rest_login'), qr/^\{$t\}$/m, 'a signed token counts');
	like(session('SELECT frontdesk.accept_request()', 'op_mine'), qr/permission denied/, 'nobody else');
};

unlike(slurp_file($desk->node->logfile), qr/PANIC|terminated by signal|was terminated/, 'nothing crashed');

done_testing();
