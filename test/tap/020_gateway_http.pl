# The gateway over a socket, against stand-in functions in a plain database.

use strict;
use warnings;

use FindBin;
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $program = $ENV{GATEWAY_PROGRAM}
  || "$FindBin::RealBin/../../src/gateway/pg_frontdesk_gateway";
plan skip_all => "the gateway is not built" unless -x $program;

my $jwt_secret = 'a secret of more than 32 bytes for tokens';
my $files = PostgreSQL::Test::Utils::tempdir();
my ($gateway_pid, $gateway_log, $base, $port);

my $node = PostgreSQL::Test::Cluster->new('gateway');
$node->init;
$node->start;
$node->safe_psql('postgres', join '', <DATA>);

# Polls until a condition holds, for at most ten seconds.
sub wait_for
{
	my ($condition) = @_;
	my $until = time() + 10;

	while (time() < $until)
	{
		return 1 if $condition->();
		usleep(10_000);
	}
	return 0;
}

# Starts the gateway with settings on a port of its own choice.
sub start_gateway
{
	my (%settings) = @_;

	$gateway_log = "$files/gateway.log";
	unlink $gateway_log;
	$gateway_pid = fork();
	die "cannot fork" unless defined $gateway_pid;
	if ($gateway_pid == 0)
	{
		delete $ENV{$_} for grep { /^FRONTDESK_/ } keys %ENV;
		$ENV{FRONTDESK_DATABASE} =
		  $node->connstr('postgres') . ' user=frontdesk_authenticator';
		$ENV{FRONTDESK_PORT} = 0;
		$ENV{FRONTDESK_JWT_SECRET} = $jwt_secret;
		$ENV{FRONTDESK_RATE_LIMIT} = 0;
		$ENV{ 'FRONTDESK_' . uc $_ } = $settings{$_} for keys %settings;
		open STDERR, '>', $gateway_log or die;
		exec $program or die;
	}
	wait_for(
		sub {
			return 0 unless slurp_log() =~ /listening on \S+ port (\d+)/;
			$port = $1;
			$base = "http://127.0.0.1:$port";
			return HTTP::Tiny->new->get("$base/ready")->{status} == 200;
		}) or die "the gateway did not start: " . slurp_log();
}

# Stops the gateway and returns its exit code.
sub stop_gateway
{
	kill 'TERM', $gateway_pid;
	waitpid $gateway_pid, 0;
	$gateway_pid = undef;
	return $? >> 8;
}

END { kill 'KILL', $gateway_pid if $gateway_pid; }

sub slurp_log
{
	return -e $gateway_log ? slurp_file($gateway_log) : '';
}

# Sends a request and returns status, decoded body and response.
sub ask
{
	my ($method, $path, %options) = @_;
	my $answer = HTTP::Tiny->new(keep_alive => 0, timeout => 20)
	  ->request($method, "$base$path", \%options);
	my $body = eval { JSON::PP->new->allow_nonref->decode($answer->{content}) };

	return ($answer->{status}, $body, $answer);
}

sub call
{
	my ($function, $body, %headers) = @_;

	return ask('POST', "/rpc/$function",
		content => $body,
		headers => { 'Content-Type' => 'application/json', %headers });
}

# Sends raw bytes and returns everything up to the end of the connection.
sub raw
{
	my ($bytes) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die;
	my $answer = '';

	$socket->autoflush(1);
	print $socket $bytes;
	local $SIG{ALRM} = sub { die "no answer\n" };
	alarm 10;
	eval {
		while (sysread $socket, my $part, 65536) { $answer .= $part }
	};
	alarm 0;
	return $answer;
}

sub token
{
	my ($claims, $secret) = @_;
	my $signed = encode_base64url('{"alg":"HS256"}') . '.'
	  . encode_base64url(encode_json($claims));

	return "Bearer $signed."
	  . encode_base64url(hmac_sha256($signed, $secret || $jwt_secret));
}

my ($status, $body, $answer);

# Times within which also a slow machine gets done what is done meanwhile.
start_gateway(
	statement_timeout => '2min',
	drain_timeout => '2min',
	webhook_retry_time => '10s');

subtest 'calls and results' => sub {
	($status, $body) = call('add', '{"a":1,"b":2}');
	is("$status $body", '200 3', 'named arguments');
	($status, $body) = call('add', '{"a":1,"\u0062":2}');
	is("$status $body", '200 3', 'a name with an escape');
	($status, $body) = call('add', '{"a":1}');
	is("$status $body", '200 11', 'a default');
	($status, $body) = ask('GET', '/rpc/add?a=5');
	is("$status $body", '200 15', 'GET');
	($status, $body) = ask('GET', '/rpc/rows?n=2');
	is_deeply($body, [ { i => 1, t => 'x1' }, { i => 2, t => 'x2' } ],
		'a table is an array of objects');
	($status, $body) = ask('GET', '/rpc/rows?n=0');
	is_deeply($body, [], 'an empty table is an empty array');
	($status, $body) = ask('GET', '/rpc/one');
	is_deeply($body, { a => 1, b => 'two' }, 'OUT arguments are an object');
	($status, $body, $answer) = call('nothing', '');
	is("$status $answer->{content}", '204 ', 'void');
	($status) = ask('GET', '/rpc/nothing');
	is($status, 405, 'GET does not call a volatile function');
	($status, $body) = ask('GET', '/rpc/settings');
	is($body->{read_only}, 'on', 'GET is read only');
	is($body->{role}, 'frontdesk_anon', 'the anonymous role');
	($status, $body, $answer) = call('teapot', '{}');
	is("$status $answer->{headers}{'x-tea'}", '418 pot',
		'response.status and response.headers');
	($status, $body) = ask('GET', '/rpc/settings');
	is($status, 200, 'and they do not stay');
};

subtest 'errors' => sub {
	($status, $body) = call('nope', '{}');
	is("$status $body->{code}", '404 PGRST202', 'unknown function');
	($status, $body) = call('add', '{"x":1}');
	is("$status $body->{code}", '404 PGRST202', 'unknown argument');
	is($body->{hint}, undef, 'without a hint, for who has no token');
	my @clerk = (Authorization => token({ role => 'frontdesk_clerk' }));
	($status, $body) = call('over', '{"x":1}', @clerk);
	like($body->{hint}, qr/frontdesk\.over\(a integer, b integer \(optional\)\)$/, 'with one for a role that may execute it, of the overload that it may');
	($status, $body) = call('add', '{"x":1}', @clerk);
	is("$status " . ($body->{hint} // ''), '404 ', 'and none for one that may not');
	($status, $body) = call('add', '{}');
	is($status, 404, 'missing argument');
	($status, $body) = call('add', '{"a":"x"}');
	is("$status $body->{code}", '400 22P02', 'wrong type');
	($status, $body) = call('add', '[1]');
	is("$status $body->{code}", '400 PGRST102', 'no object');
	($status, $body) = call('fail', '{"code":"P0001"}');
	is_deeply(
		[ $status, $body ],
		[   400,
			{   code => 'P0001', message => 'a message',
				details => 'a detail', hint => 'a hint' } ],
		'a raised error');
	($status) = call('fail', '{"code":"PT402"}');
	is($status, 402, 'a raised status');
	($status, $body) = call('private', '{}');
	is("$status $body->{code}", '401 42501', 'no privilege, anonymous');
	($status, $body) = call('deferred', '{}');
	is("$status $body->{code}", '409 23503', 'a failing commit is an error');
	($status) = ask('DELETE', '/rpc/add');
	is($status, 405, 'DELETE');
	($status) = ask('GET', '/');
	is($status, 404, 'no files');
};

subtest 'tokens' => sub {
	($status, $body) = call('settings', '{}',
		Authorization => token({ role => 'frontdesk_clerk', sub => 'me' }));
	is($body->{role}, 'frontdesk_clerk', 'the role of a token');
	is($body->{claims}{sub}, 'me', 'its claims');
	($status, $body) = call('private', '{}',
		Authorization => token({ role => 'frontdesk_clerk' }));
	is($status, 403, 'no privilege, with a token');
	($status) = call('settings', '{}', Authorization =>
		  token({ role => 'frontdesk_clerk' }, 'another secret'));
	is($status, 401, 'wrong signature');
	($status) = call('settings', '{}', Authorization =>
		  token({ role => 'frontdesk_clerk', exp => time() - 3600 }));
	is($status, 401, 'expired');
	($status, $body) = call('settings', '{}',
		Authorization => token({ role => 'postgres' }));
	is($status, 403, 'a role that is not granted');
};

subtest 'webhooks' => sub {
	my $signed = "{ \"a\" : \"\\u003cb\\u003e\", \"a\" : \"\\u0000\" }";

	($status, $body) = call('chatwoot_webhook', $signed,
		Authorization => 'Basic dXNlcjpwYXNz', 'X-Seen' => 'yes');
	is("$status $body->{state}", '200 stored', 'stored');
	is($node->safe_psql('postgres',
			"SELECT body || (headers::json->>'authorization')
			 || (headers::json->>'x-seen') || role FROM frontdesk.deliveries"),
		$signed . 'Basic dXNlcjpwYXNzyesfrontdesk_webhook',
		'the body as it was, the headers, the role');
	($status, $body) = call('chatwoot_webhook', '{}', 'X-Refuse' => '1');
	is("$status $body->{state}", '401 refused', 'refused');
	is($node->safe_psql('postgres',
			'SELECT count(*) FROM frontdesk.deliveries'),
		2, 'a refusal is committed');
	($status) = call('add', '{"a":1}', Authorization => 'Basic dXNlcjpwYXNz');
	is($status, 200, 'Basic credentials mean nothing elsewhere');
};

subtest 'bad bodies' => sub {
	my @bad = (
		[ 'empty', '', 400 ],
		[ 'no JSON', '{bad', 400 ],
		[ 'cut off', '{"a":"b', 400 ],
		[ 'two texts', '{} {}', 400 ],
		[ 'no UTF-8', "{\"a\":\"\xff\"}", 400 ],
		[ 'nesting of 10,000', '[' x 10000 . ']' x 10000, 400 ],
		[ '11 MB', '"' . 'x' x 11_000_000 . '"', 413 ],
	);
	my $before = $node->safe_psql('postgres',
		'SELECT count(*) FROM frontdesk.deliveries');

	for my $bad (@bad)
	{
		($status, $body) = call('chatwoot_webhook', $bad->[1]);
		is($status, $bad->[2], $bad->[0]);
		ok($body->{message}, 'with a message');
	}
	is($node->safe_psql('postgres',
			'SELECT count(*) FROM frontdesk.deliveries'),
		$before, 'none reached SQL');
	($status) = call('chatwoot_webhook', '{"a":"' . 'x' x 5_000_000 . '"}');
	is($status, 200, '5 MB do');
	(undef, undef, $answer) = ask('GET', '/metrics');
	like($answer->{content}, qr/rejected_json_total 5$/m, 'counted');
	like($answer->{content}, qr/rejected_utf8_total 1$/m, 'counted');
	like(slurp_log(), qr/refused a body of 4 bytes .* not JSON/, 'logged');
};

subtest 'framing' => sub {
	my $head = "POST /rpc/chatwoot_webhook HTTP/1.1\r\nHost: x\r\n";

	like(raw("${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
		qr/^HTTP\/1.1 400 /, 'two lengths; the connection is closed');
	like(raw("${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
			  . "2\r\n{}\r\n0\r\n\r\n"),
		qr/^HTTP\/1.1 400 /, 'length and encoding'); # libmicrohttpd refuses it by itself from 1.0 on
	like(raw("${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
			  . "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
		qr/^HTTP\/1.1 200 .*stored/s, 'chunks');
	like(raw("GET /rpc/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
		qr/^HTTP\/1.1 400 /, 'a path that is no UTF-8');
};

subtest 'a schema that changes' => sub {
	$node->safe_psql('postgres', q{
		DROP FUNCTION frontdesk.add(int, int);
		CREATE FUNCTION frontdesk.add(a int, c int DEFAULT 5) RETURNS text
			LANGUAGE sql STABLE AS $$ SELECT 'v' || a + c $$;
		GRANT EXECUTE ON FUNCTION frontdesk.add TO frontdesk_anon});
	my $heals = sub {
		my ($path, $wanted) = @_;

		return wait_for(
			sub {
				($status, $body) = ask('GET', $path);
				return $status == 200 && $body eq $wanted;
			});
	};
	ok($heals->('/rpc/add?a=1', 'v6'), 'another result type');
	ok($heals->('/rpc/add?a=1&c=7', 'v8'), 'another argument');
};

subtest 'PostgreSQL goes and comes' => sub {
	$node->stop('fast');
	($status) = ask('GET', '/ready');
	is($status, 503, 'not ready');
	($status) = ask('GET', '/live');
	is($status, 200, 'but alive');
	($status, $body) = ask('GET', '/rpc/add?a=1');
	is($status, 503, 'a call is told so');
	unlike(encode_json($body), qr/frontdesk_authenticator|host=|port=/,
		'without a word about the connection');
	my $started = time();
	($status) = call('chatwoot_webhook', '{}');
	is($status, 500, 'a webhook gets 500');
	cmp_ok(time() - $started, '>=', 9.9, 'after ten seconds of trying');

	my $child = fork();
	if ($child == 0)
	{
		($status) = call('chatwoot_webhook', '{}');
		POSIX::_exit($status == 200 ? 0 : 1);
	}
	$node->start;
	waitpid $child, 0;
	is($?, 0, 'a webhook that waited for the start is stored');
	ok(wait_for(sub { (ask('GET', '/ready'))[0] == 200 }), 'ready again');
};

subtest 'stopping' => sub {
	my $holder = $node->background_psql('postgres');
	my $child;

	$holder->query_safe('SELECT pg_advisory_lock(1)');
	$child = fork();
	if ($child == 0)
	{
		($status) = call('slow', '{}');
		POSIX::_exit($status == 200 ? 0 : 1);
	}
	ok($node->poll_query_until('postgres',
			"SELECT count(*) = 1 FROM pg_stat_activity
			 WHERE wait_event = 'PgSleep'"),
		'a call is in flight');
	kill 'TERM', $gateway_pid;
	ok(wait_for(sub { slurp_log() =~ /stopping, 1 requests in flight/ }),
		'the gateway stops');
	$holder->query_safe('SELECT pg_advisory_unlock(1)');
	$holder->quit;
	is(stop_gateway(), 0, 'exit code');
	waitpid $child, 0;
	is($?, 0, 'the call was answered');
};

mkdir "$files/site";
append_to_file("$files/site/index.html", '<p>front desk</p>');
append_to_file("$files/secret.txt", 'secret');
symlink "$files/secret.txt", "$files/site/link.txt";
append_to_file("$files/site/.hidden", 'secret');
start_gateway(
	rate_limit => 20,
	static_directory => "$files/site",
	cors_origins => 'https://desk.example',
	receive_timeout => '2s');

subtest 'files' => sub {
	($status, $body, $answer) = ask('GET', '/');
	is($answer->{content}, '<p>front desk</p>', 'index.html');
	like($answer->{headers}{'content-type'}, qr{^text/html}, 'its type');
	($status) = ask('GET', '/index.html',
		headers => { 'If-None-Match' => $answer->{headers}{etag} });
	is($status, 304, 'not modified');
	for my $path ('/link.txt', '/.hidden', '/../secret.txt',
		'/%2e%2e/secret.txt', '/x/../../secret.txt', '//etc/passwd')
	{
		unlike(raw("GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
			qr/secret$|root:/, "not $path");
	}
};

subtest 'browsers' => sub {
	($status, $body, $answer) = ask('OPTIONS', '/rpc/add',
		headers => { Origin => 'https://desk.example' });
	is($answer->{headers}{'access-control-allow-origin'},
		'https://desk.example', 'an origin of the list');
	($status, $body, $answer) = ask('OPTIONS', '/rpc/add',
		headers => { Origin => 'https://evil.example' });
	is($answer->{headers}{'access-control-allow-origin'},
		undef, 'another origin');
};

subtest 'slow senders' => sub {
	is(raw("POST /rpc/chatwoot_webhook HTTP/1.1\r\nHost: x\r\n"
			  . "Content-Length: 9\r\n\r\n{"),
		'', 'a body that does not come');
	is(raw('GET /li'), '', 'a header that does not come');
};

subtest 'rate limit' => sub {
	my @good = (Authorization => 'Basic Z29vZA==');

	($status) = call('chatwoot_webhook', '{}', @good);
	is($status, 200, 'a sender is accepted');
	for (1 .. 1000)
	{
		($status, $body, $answer) =
		  call('chatwoot_webhook', '{}', 'X-Refuse' => 1);
		last if $status == 429;
	}
	is($status, 429, 'a stranger who is refused again and again');
	cmp_ok($answer->{headers}{'retry-after'}, '>=', 1, 'with Retry-After');

	# What the accepted sender has refused is on its address's account too:
	# ten minutes' worth of debt, so that the clock is out of it from here on.
	call('chatwoot_webhook', '{}', @good, 'X-Refuse' => 1) for 1 .. 200;
	($status) = ask('GET', '/rpc/add?a=1');
	is($status, 429, 'nothing anonymous from that address');
	($status) = call('chatwoot_webhook', '{}', @good);
	is($status, 200, 'the accepted sender behind it is served');
	($status) = call('settings', '{}',
		Authorization => token({ role => 'frontdesk_clerk' }));
	is($status, 200, 'so is a token');
};

is(stop_gateway(), 0, 'exit code');

command_fails_like([ $program, '--config', "$files/none.conf" ],
	qr/cannot read/, 'a settings file that is not there');
append_to_file("$files/bad.conf", "prot = 1\n");
command_fails_like([ $program, '--config', "$files/bad.conf", '--check' ],
	qr/perhaps "port"/, 'a misspelled setting');
command_like([ $program, '--help' ], qr/webhook_retry_time/, 'help');
command_like([ $program, '--version' ], qr/\d+\.\d+/, 'version');

done_testing();

__DATA__
CREATE ROLE frontdesk_authenticator LOGIN NOINHERIT;
CREATE ROLE frontdesk_anon;
CREATE ROLE frontdesk_webhook;
CREATE ROLE frontdesk_clerk;
GRANT frontdesk_anon, frontdesk_webhook, frontdesk_clerk
	TO frontdesk_authenticator;
CREATE SCHEMA frontdesk;
GRANT USAGE ON SCHEMA frontdesk
	TO frontdesk_anon, frontdesk_webhook, frontdesk_clerk;
GRANT USAGE ON SCHEMA frontdesk TO frontdesk_authenticator;
-- what the extension's own does, as far as HTTP can tell
CREATE FUNCTION frontdesk.open_request(role text, method text, path text,
	headers text, claims text, read_only boolean) RETURNS void
LANGUAGE sql AS $$
	SELECT set_config('transaction_read_only', CASE WHEN read_only THEN 'on' ELSE 'off' END, true),
		set_config('request.method', method, true), set_config('request.path', path, true),
		set_config('request.headers', headers, true), set_config('request.jwt.claims', claims, true),
		set_config('response.status', '', true), set_config('response.headers', '', true),
		set_config('role', role, true) $$;
CREATE TABLE frontdesk.deliveries (body text, headers text, role text);
CREATE TABLE frontdesk.parents (id int CONSTRAINT parents_pkey PRIMARY KEY);
CREATE TABLE frontdesk.children (id int CONSTRAINT children_id_fkey
	REFERENCES frontdesk.parents DEFERRABLE INITIALLY DEFERRED);

CREATE FUNCTION frontdesk.chatwoot_webhook(json) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	INSERT INTO frontdesk.deliveries
	VALUES ($1::text, current_setting('request.headers'),
			current_setting('role'));
	IF current_setting('request.headers')::json->>'x-refuse' IS NULL THEN
		RETURN '{"state": "stored"}';
	END IF;
	PERFORM set_config('response.status', '401', true);
	RETURN '{"state": "refused"}';
END $$;
CREATE FUNCTION frontdesk.add(a int, b int DEFAULT 10) RETURNS int
LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION frontdesk.rows(n int) RETURNS TABLE (i int, t text)
LANGUAGE sql STABLE AS $$ SELECT g, 'x' || g FROM generate_series(1, n) g $$;
CREATE FUNCTION frontdesk.one(OUT a int, OUT b text)
LANGUAGE sql STABLE AS $$ SELECT 1, 'two' $$;
CREATE FUNCTION frontdesk.nothing() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION frontdesk.settings() RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('role', current_user,
		'read_only', current_setting('transaction_read_only'),
		'claims', current_setting('request.jwt.claims')::json) $$;
CREATE FUNCTION frontdesk.teapot() RETURNS json LANGUAGE sql AS $$
	SELECT set_config('response.status', '418', true),
		set_config('response.headers', '[{"X-Tea": "pot"}]', true);
	SELECT '{}'::json $$;
CREATE FUNCTION frontdesk.fail(code text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = code, MESSAGE = 'a message',
		DETAIL = 'a detail', HINT = 'a hint';
END $$;
CREATE FUNCTION frontdesk.deferred() RETURNS json
LANGUAGE sql SECURITY DEFINER AS $$
	INSERT INTO frontdesk.children VALUES (1);
	SELECT '{"ok": true}'::json $$;
-- lasts for as long as somebody holds the lock
CREATE FUNCTION frontdesk.slow() RETURNS json LANGUAGE plpgsql AS $$
BEGIN
	WHILE NOT pg_try_advisory_xact_lock(1) LOOP
		PERFORM pg_sleep(0.02);
	END LOOP;
	RETURN '{}';
END $$;
CREATE FUNCTION frontdesk.private() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA frontdesk FROM PUBLIC;
GRANT EXECUTE ON FUNCTION frontdesk.chatwoot_webhook(json)
	TO frontdesk_webhook;
GRANT EXECUTE ON FUNCTION frontdesk.add, frontdesk.rows, frontdesk.one,
	frontdesk.nothing, frontdesk.settings, frontdesk.teapot, frontdesk.fail,
	frontdesk.deferred, frontdesk.slow TO frontdesk_anon;
GRANT EXECUTE ON FUNCTION frontdesk.settings TO frontdesk_clerk;
GRANT EXECUTE ON FUNCTION frontdesk.open_request TO frontdesk_authenticator;
CREATE FUNCTION frontdesk.over(a int, b int DEFAULT 10) RETURNS int
LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION frontdesk.over(c text) RETURNS int
LANGUAGE sql IMMUTABLE AS 'SELECT 1';
REVOKE EXECUTE ON FUNCTION frontdesk.over(int, int), frontdesk.over(text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION frontdesk.over(int, int) TO frontdesk_clerk;
