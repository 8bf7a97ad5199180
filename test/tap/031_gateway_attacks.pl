# Attacks on the way in, and on the way out: who comes through the gateway can
# do what its role may, read what its role may, and learn nothing of secrets.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512);
use Frontdesk;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64 encode_base64url);
use PostgreSQL::Test::Utils;
use RawHttp;
use Test::More;
use Time::HiRes qw(usleep);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $jwt_secret = 'the key of the tokens, 32 bytes or more';
my $files = PostgreSQL::Test::Utils::tempdir();
mkdir "$files/site";
mkdir "$files/site/inner";
append_to_file("$files/site/index.html", '<p>front desk</p>');
append_to_file("$files/site/inner/page.txt", 'a page');
append_to_file("$files/site/.hidden", 'forbidden fruit');
append_to_file("$files/outside.txt", 'forbidden fruit');
symlink "$files/outside.txt", "$files/site/link.txt";
symlink $files, "$files/site/up";

my $desk = Frontdesk->start(
	conf => <<'CONF',
log_statement = none
max_prepared_transactions = 2
frontdesk.egress_allow_private = off
frontdesk.router_confidence = 1.01
frontdesk.http_timeout = 2s
frontdesk.node_attempts = 1
CONF
	gateway_env => { RATE_LIMIT => 0, RECEIVE_TIMEOUT => '2s', JWT_SECRET => $jwt_secret, STATIC_DIRECTORY => "$files/site", LOG_REQUESTS => 'on' });
my $account = $desk->account('Clinic', models => 0);
my $other = $desk->account('Other', models => 0);
my @pids = ($desk->{gateway_pid}, $desk->node->{_pid});
my @told;    # every body that a stranger was given

sub call
{
	my ($method, $path, $body, %headers) = @_;
	my $answer = $desk->{http}->request($method, $desk->gateway . $path,
		{ defined $body ? (content => $body) : (), headers => { 'content-type' => 'application/json', %headers } });
	$answer->{json} = eval { $json->decode($answer->{content}) };
	push @told, $answer->{content};
	return $answer;
}

sub verdict
{
	my ($answer) = @_;
	my $said = ref $answer->{json} eq 'HASH' ? $answer->{json} : {};
	return $answer->{status} . ' ' . ($said->{code} // $said->{reason} // $said->{status} // '');
}

sub token
{
	my ($claims, %option) = @_;
	my $signed = encode_base64url($json->encode($option{header} // { alg => 'HS256', typ => 'JWT' })) . '.' . encode_base64url($json->encode($claims));
	my $mac = $option{mac} // \&hmac_sha256;

	return "Bearer $signed." . (exists $option{signature} ? $option{signature} : encode_base64url($mac->($signed, $option{secret} // $jwt_secret)));
}

sub signed_request
{
	my ($content, %option) = @_;
	my $body = $json->encode($desk->message_event($account, $content));
	my $headers = $desk->webhook_headers($account, $body);

	return ([ %$headers, @{ $option{more} // [] } ], $body);
}

subtest 'what the roles may' => sub {
	my $may = q{SELECT coalesce(string_agg(DISTINCT what, ' ' ORDER BY what), 'nothing') FROM (
		SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'frontdesk'::regnamespace AND has_function_privilege('%1$s', oid, 'EXECUTE')
		UNION ALL SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'frontdesk'::regnamespace AND CASE relkind
			WHEN 'S' THEN has_sequence_privilege('%1$s', oid, 'USAGE, SELECT, UPDATE')
			WHEN 'i' THEN false WHEN 'I' THEN false WHEN 'c' THEN false
			ELSE has_table_privilege('%1$s', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR has_any_column_privilege('%1$s', oid, 'SELECT, INSERT, UPDATE, REFERENCES') END
		UNION ALL SELECT nspname || ' CREATE' FROM pg_namespace WHERE has_schema_privilege('%1$s', oid, 'CREATE') AND nspname !~ '^pg_'
		UNION ALL SELECT 'member of ' || rolname FROM pg_roles WHERE rolname <> '%1$s' AND pg_has_role('%1$s', oid, 'USAGE')) AS x (what)};
	is($desk->sql(sprintf $may, 'frontdesk_anon'), 'nothing', 'anonymous requests: nothing');
	is($desk->sql(sprintf $may, 'frontdesk_webhook'), 'frontdesk.chatwoot_webhook(json) frontdesk.receive_webhook(json)', 'webhooks: their two functions');
	is($desk->sql(sprintf $may, 'frontdesk_authenticator'), 'frontdesk.metrics() frontdesk.open_request(text,text,text,text,text,boolean)', 'the gateway itself: to open a request, and what it shows at /metrics');

	my $stdout;
	for my $try ('SELECT * FROM frontdesk.messages', 'SELECT * FROM frontdesk.secrets', 'SELECT frontdesk.classify($$x$$)',
		'INSERT INTO frontdesk.audit (account_id, action) VALUES (0, $$x$$)', 'SELECT frontdesk.random_token(5)',
		'SELECT * FROM pg_authid', 'CREATE TABLE public.t ()', 'SELECT pg_read_file($$/etc/passwd$$)', 'COPY (SELECT 1) TO PROGRAM $$true$$')
	{
		for my $role ('anon', 'webhook')
		{
			my $code = $desk->node->psql('postgres', "SET ROLE frontdesk_$role; $try", stdout => \$stdout, stderr => \my $stderr, on_error_stop => 1);
			like($stderr, qr/permission denied|must be superuser/, "$role may not: $try");
		}
	}
	for my $role ('postgres', 'frontdesk_tool', $ENV{USER} // 'pg_monitor', 'pg_read_server_files')
	{
		$desk->node->psql('postgres', "SET ROLE \"$role\"", stderr => \my $stderr, extra_params => [ '-U', 'frontdesk_authenticator' ]);
		like($stderr, qr/permission denied to set role|does not exist/, "the gateway's login cannot become $role");
	}
};

subtest 'injection through names' => sub {
	my @names = ('chatwoot_webhook(json);DROP TABLE frontdesk.messages', q{x' OR '1'='1}, '"; SELECT pg_sleep(9); --', 'chatwoot_webhook"(', '$1', 'x/*',
		'pg_sleep', 'pg_catalog.pg_sleep', '../pg_sleep', "a\0b", 'frontdesk"."classify', 'x' x 4000);
	for my $name (@names)
	{
		my $path = $name =~ s/([^A-Za-z0-9_.])/sprintf '%%%02X', ord $1/egr;
		my $answer = call('POST', "/rpc/$path", '{}');
		like(verdict($answer), qr/^(404 PGRST202|400 FDGW001|400 )/, 'function ' . substr $name =~ s/\0/\\0/r, 0, 50);
	}
	for my $name ('content"; DROP TABLE frontdesk.leads; --', q{content' || pg_sleep(9) || '}, 'content => (SELECT 1)', 'content text, x', '$1', '')
	{
		is(verdict(call('POST', '/rpc/classify', $json->encode({ $name => 'x' }))), '404 PGRST202', "argument $name");
	}
	is(verdict(call('GET', '/rpc/classify?content=x&content%22%20--=y')), '404 PGRST202', 'argument of a query');
	is($desk->sql("SELECT count(*) FROM pg_class WHERE oid IN ('frontdesk.messages'::regclass, 'frontdesk.leads'::regclass)"), 2, 'the tables are there');
};

subtest 'injection through credentials and headers' => sub {
	my $event = $json->encode($desk->message_event($account, 'x'));
	for my $login (q{' OR 1=1 --}, q{x' UNION SELECT 0,0,false,true,''::bytea --}, '%', '*', "$account->{login}\0x", "$account->{login} ", uc $account->{login})
	{
		for my $password ($account->{password}, q{' OR 'a'='a}, '')
		{
			my $answer = call('POST', '/rpc/chatwoot_webhook', $event, authorization => 'Basic ' . encode_base64("$login:$password", ''));
			is(verdict($answer), '401 credentials wrong', 'login ' . $login =~ s/\0/\\0/r);
		}
	}
	my ($headers, $body) = signed_request('headers', more => [ map { ($_, q{'; DROP TABLE frontdesk.messages; -- " \\ \u0000}) } 'X-Odd', "X'Odd", 'X-$1', 'X-Forwarded-For' ]);
	my $socket = raw_connect($desk->{gateway_port});
	syswrite $socket, raw_request('POST', '/rpc/chatwoot_webhook', $headers, $body);
	like(scalar raw_read($socket, qr/\r\n\r\n./s), qr/^HTTP\/1\.1 200 .*"stored"/s, 'odd headers are text');
	($headers, $body) = signed_request('many', more => [ map { ("X-Header-$_", 'x') } 1 .. 1000 ]);
	$socket = raw_connect($desk->{gateway_port});
	syswrite $socket, raw_request('POST', '/rpc/chatwoot_webhook', $headers, $body);
	like(scalar raw_read($socket, qr/\r\n\r\n/), qr/^HTTP\/1\.1 4\d\d /, 'a thousand headers are refused');
	for my $name ('Request.Jwt.Claims', 'request-jwt-claims', 'role', 'X-Role', 'response.status', 'response.headers', 'search_path')
	{
		my $answer = call('POST', '/rpc/classify', '{"content":"x"}', $name => '{"role":"postgres"}');
		is(verdict($answer), '401 42501', "header $name gives nobody a role");
	}
};

subtest 'two readings of one request' => sub {
	my ($headers, $body) = signed_request('smuggled');
	my $inner = raw_request('POST', '/rpc/chatwoot_webhook', $headers, $body);
	my @frames = (
		[ 'two lengths', [ 'Content-Length', 2, 'Content-Length', 2 + length $inner ], "{}$inner" ],
		[ 'the same length twice', [ 'Content-Length', 2, 'Content-Length', 2 ], "{}$inner" ],
		[ 'lengths in one header', [ 'Content-Length', '2, 2' ], "{}$inner" ],
		[ 'a signed length', [ 'Content-Length', '+2' ], "{}$inner" ],
		[ 'a negative length', [ 'Content-Length', '-2' ], "{}$inner" ],
		[ 'a length of another base', [ 'Content-Length', '0x2' ], "{}$inner" ],
		[ 'a length and an encoding', [ 'Content-Length', 5, 'Transfer-Encoding', 'chunked' ], "0\r\n\r\n$inner" ],
		[ 'an encoding and a length', [ 'Transfer-Encoding', 'chunked', 'Content-Length', 5 ], "0\r\n\r\n$inner" ],
		[ 'an encoding twice', [ 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'identity' ], "0\r\n\r\n$inner" ],
		[ 'an unknown encoding', [ 'Transfer-Encoding', 'xchunked' ], "0\r\n\r\n$inner" ],
		[ 'a list of encodings', [ 'Transfer-Encoding', 'gzip, chunked' ], "0\r\n\r\n$inner" ],
		[ 'two credentials', [ 'Authorization', 'Basic eDp4', 'Authorization', 'Basic eTp5', 'Content-Length', 2 ], '{}' ],
		[ 'a space before the colon', [ 'Content-Length ', 2, 'Content-Length', 2 + length $inner ], "{}$inner" ],
	);
	for my $frame (@frames)
	{
		my ($name, $pairs, $bytes) = @$frame;
		my ($answer, $closed) = raw_exchange($desk->{gateway_port}, raw_request('POST', '/rpc/chatwoot_webhook', $pairs, $bytes));
		push @told, $answer;
		ok($closed && $answer =~ m{^(HTTP/1\.1 (400|413|501) |$)}, "$name: refused, and the connection is closed") or diag $answer;
		unlike($answer, qr{HTTP/1\.1 [1-36-9]\d\d }, '… without an answer to what stood behind');
	}
	is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE content = 'smuggled'"), 0, 'nothing was smuggled in');
	for my $bytes ("GET /live HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET\r\n\r\n", "A" x 70_000, "POST / HTTP/1.1\r\n: x\r\n\r\n")
	{
		my $socket = raw_connect($desk->{gateway_port});
		local $SIG{PIPE} = 'IGNORE';
		syswrite $socket, $bytes;
		shutdown $socket, 1;
		my $answer = raw_read($socket);
		unlike($answer, qr/HTTP\/1\.1 (200|500)/, 'no HTTP: ' . substr $bytes =~ s/[^ -~]/?/gr, 0, 20);
	}
};

subtest 'tokens' => sub {
	my $good = { role => 'frontdesk_operator', sub => 'ann' };
	my $ask = sub { return verdict(call('POST', '/rpc/visible_accounts', '{}', authorization => $_[0])) };

	$desk->sql("INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($account->{id}, 'ann', 'Ann')");
	is(call('POST', '/rpc/visible_accounts', '{}', authorization => token($good))->{content}, "[$account->{id}]", 'a good one sees its own account');
	is(call('POST', '/rpc/visible_accounts', '{}', authorization => token({ %$good, sub => 'eve' }))->{content}, '[]', 'another subject sees none');
	is($ask->(token($good, header => { alg => 'none' })), '401 PGRST301', 'alg none');
	is($ask->(token($good, header => { alg => 'none' }, signature => '')), '401 PGRST301', 'alg none without a signature');
	is($ask->(token($good, header => { alg => 'nOnE' })), '401 PGRST301', 'alg nOnE');
	is($ask->(token($good, header => { alg => 'HS512' }, mac => \&hmac_sha512)), '401 PGRST301', 'another algorithm, rightly signed');
	is($ask->(token($good, header => { alg => 'RS256' })), '401 PGRST301', 'a public key\'s algorithm');
	is($ask->(token($good, header => { alg => [ 'HS256' ] })), '401 PGRST301', 'alg of another type');
	is($ask->(token($good, header => { alg => 'HS256', crit => ['x'] })), '401 PGRST301', 'a critical extension');
	is($ask->(token($good, signature => '')), '401 PGRST301', 'no signature');
	is($ask->(token($good, secret => 'another key, of 32 bytes or even more')), '401 PGRST301', 'another key');
	is($ask->(token($good, secret => '')), '401 PGRST301', 'the empty key');
	is($ask->(token($good) . '.x'), '401 PGRST301', 'four parts');
	is($ask->('Bearer '), '401 PGRST301', 'an empty token');
	is($ask->(token({ %$good, exp => time - 60 })), '401 PGRST303', 'expired');
	is($ask->(token({ %$good, exp => 'never' })), '401 PGRST303', 'expires in words');
	is($ask->(token({ %$good, nbf => time + 600 })), '401 PGRST303', 'not valid yet');
	is($ask->(token({ %$good, iat => time + 600 })), '401 PGRST303', 'issued in the future');
	my $tampered = token($good);
	my $claims = encode_base64url($json->encode({ role => 'frontdesk_operator', sub => 'eve' }));
	$tampered =~ s/\.[^.]+\./.$claims./;
	is($ask->($tampered), '401 PGRST301', 'claims changed after signing');
	for my $role ('postgres', 'superuser', 'pg_read_all_data', 'frontdesk_tool', 'frontdesk_authenticator', 'frontdesk_operator"; RESET ROLE; --', 'FRONTDESK_OPERATOR')
	{
		my $exists = $role =~ /^(postgres|pg_read_all_data|frontdesk_[a-z]+)$/;
		is($ask->(token({ %$good, role => $role })), $exists ? '403 42501' : '401 22023', "role $role, rightly signed");
	}
	is($ask->(token({ %$good, role => $_ })), '401 PGRST303', 'a role that is none: ' . $json->encode($_)) for 'none', '', 7, ['postgres'], 'x' x 100;
	is($ask->(token({ role => 'frontdesk_webhook' })), '403 42501', 'the webhook role by token: its function and nothing else');
	my $event = $json->encode($desk->message_event($account, 'by token'));
	is(verdict(call('POST', '/rpc/chatwoot_webhook', $event, authorization => token($good))), '401 credentials wrong', 'a token is no credential of a sender');
	# one account, asked for the things of another
	for my $name ('set_secret', 'register_webhook', 'add_site')
	{
		my %arguments = (set_secret => { purpose => 'webhook:x', value => 'marked-by-ann' }, register_webhook => { site_id => 1, secret => 'marked-by-ann' },
			add_site => { url => 'https://example.org', chatwoot_account_id => 1, bot_token => 'marked-by-ann', user_token => 'marked-by-ann' });
		my $answer = call('POST', "/rpc/$name", $json->encode({ account_id => $other->{id}, %{ $arguments{$name} } }), authorization => token($good));
		is(verdict($answer), '403 42501', "$name for an account that is not hers");
	}
	is(verdict(call('POST', '/rpc/revoke_registration', $json->encode({ login => $other->{login} }), authorization => token($good))), '200 ', 'revoke_registration');
	is($desk->sql("SELECT active FROM frontdesk.registrations WHERE login = '$other->{login}'"), 't', '… leaves the other account\'s sender in');
};

subtest 'answers that functions make' => sub {
	$desk->sql(q{
		CREATE FUNCTION frontdesk.attack_headers(headers text, status text) RETURNS json LANGUAGE sql AS $$
			SELECT set_config('response.headers', headers, true), set_config('response.status', status, true);
			SELECT '{}'::json $$;
		CREATE FUNCTION frontdesk.attack_session() RETURNS json LANGUAGE sql AS $$
			SELECT set_config('response.headers', '[{"X-Stays": "yes"}]', false), set_config('response.status', '418', false),
				set_config('request.jwt.claims', '{"role": "postgres", "sub": "ann"}', false), set_config('role', 'frontdesk_webhook', false);
			SELECT '{}'::json $$;
		CREATE FUNCTION frontdesk.attack_seen() RETURNS json LANGUAGE sql AS $$
			SELECT json_build_object('role', current_user, 'claims', current_setting('request.jwt.claims')) $$;
		CREATE FUNCTION frontdesk.attack_raise(words text) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', words; END $$;
		GRANT EXECUTE ON FUNCTION frontdesk.attack_headers, frontdesk.attack_session, frontdesk.attack_seen, frontdesk.attack_raise TO frontdesk_anon});
	# a new function is noticed within a second
	for (1 .. 500)
	{
		last if call('POST', '/rpc/attack_seen', '{}')->{status} == 200;
		usleep(20_000);
	}
	for my $value ("x\r\nSet-Cookie: a=b", "x\nX-Injected: 1", "x\r\n\r\n<html>")
	{
		my $answer = call('POST', '/rpc/attack_headers', $json->encode({ headers => $json->encode([ { 'X-Value' => $value } ]), status => '200' }));
		is(verdict($answer), '500 PGRST111', 'a header with a line end');
		is($answer->{headers}{'set-cookie'} // $answer->{headers}{'x-injected'}, undef, '… adds no other');
	}
	for my $name ("X-A\r\nX-Injected", 'X Y', 'X:Y', '')
	{
		is(verdict(call('POST', '/rpc/attack_headers', $json->encode({ headers => $json->encode([ { $name => 'v' } ]), status => '200' }))), '500 PGRST111', 'a name that is none');
	}
	for my $headers ('[{"Content-Length": "1"}]', '[{"Transfer-Encoding": "chunked"}]', '[{"Connection": "upgrade"}]')
	{
		my $answer = call('POST', '/rpc/attack_headers', $json->encode({ headers => $headers, status => '200' }));
		is("$answer->{status} $answer->{content} " . ($answer->{headers}{'transfer-encoding'} // ''), '200 {} ', "the framing stays the gateway's: $headers");
	}
	is(verdict(call('POST', '/rpc/attack_headers', $json->encode({ headers => '[]', status => $_ }))), '500 PGRST112', "status $_") for '0', '99', '600', '200 OK', '-1', '1e2', "200\r\nX: y";
	my $answer = call('POST', '/rpc/attack_raise', $json->encode({ words => "<script>\"\r\n\x{1}" }));
	is($answer->{json}{message}, "<script>\"\r\n\x{1}", 'words of an error are a JSON string');
	like($answer->{headers}{'content-type'}, qr{^application/json}, '… of type JSON');
	call('POST', '/rpc/attack_session', '{}') for 1 .. 20;
	for (1 .. 20)
	{
		$answer = call('POST', '/rpc/attack_seen', '{}');
		last unless is("$answer->{status} $answer->{json}{role} $answer->{json}{claims} " . ($answer->{headers}{'x-stays'} // ''),
			'200 frontdesk_anon {"role":"frontdesk_anon"} ', 'what a session was left with reaches no other request');
	}
	$desk->sql('DROP FUNCTION frontdesk.attack_headers, frontdesk.attack_session, frontdesk.attack_seen, frontdesk.attack_raise');
};

subtest 'many arguments' => sub {
	my $get = sub { return scalar raw_exchange($desk->{gateway_port}, "GET /rpc/none?$_[0] HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") };
	like($get->(join '&', map { "a$_=1" } 1 .. 128), qr/^HTTP\/1\.1 404 .*PGRST202/s, 'as many as there may be are looked at');
	like($get->(join '&', map { "a$_=1" } 1 .. $_), qr/^HTTP\/1\.1 400 .*"FDGW001"/s, "$_ are refused, and not without an answer") for 129, 240, 300, 1000, 2000;
	like($get->(join '&', ('a' x 100) x 120), qr/^HTTP\/1\.1 400 .*"FDGW001"/s, '… as are fewer long ones');
};

subtest 'files' => sub {
	my $get = sub { return scalar raw_exchange($desk->{gateway_port}, "GET $_[0] HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") };
	like($get->('/'), qr/front desk/, 'the site is served');
	like($get->('/inner/page.txt'), qr/a page$/, 'and what is in it');
	for my $path ('/../outside.txt', '/inner/../../outside.txt', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/%2e%2e%2foutside.txt', '/....//outside.txt', '/..\\outside.txt',
		'//../outside.txt', '/link.txt', '/up/outside.txt', '/.hidden', '/inner/../.hidden', '/.%2fx', '/etc/passwd', '//etc/passwd', '/%2fetc%2fpasswd', '/index.html%00.png', '/inner', 'file:///etc/passwd',
		"$files/outside.txt", '../outside.txt', '/' . '../' x 50 . 'etc/passwd', '/' . 'a/' x 3000)
	{
		my $answer = $get->($path);
		unlike($answer, qr/forbidden fruit|root:.*:0:0|front desk/, 'not by ' . substr $path, 0, 40);
		unlike($answer, qr/^HTTP\/1\.1 5/, '… and no failure');
	}
};

subtest 'out to private places' => sub {
	my $trap = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20) or die;
	my $port = $trap->sockport;
	my %places = (
		'http://127.0.0.1' => "http://127.0.0.1:$port", 'http://localhost' => "http://localhost:$port",
		'decimal' => "https://2130706433:$port", 'hexadecimal' => "https://0x7f000001:$port", 'short' => "https://127.1:$port",
		'mapped' => "https://[::ffff:127.0.0.1]:$port", 'IPv6' => "https://[::1]:$port", 'any' => "https://0.0.0.0:$port", 'cloud metadata' => 'https://169.254.169.254', 'private' => 'https://10.0.0.1',
		'host agent' => 'https://168.63.129.16', 'documentation' => 'https://[3fff::1]', 'ISATAP' => 'https://[2a00::5efe:10.0.0.1]');
	my %threads;

	for my $place (sort keys %places)
	{
		my $id = $desk->sql("SELECT frontdesk.add_account('At $place')");
		for my $provider ('openai', 'anthropic')
		{
			$desk->sql("INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings)
				SELECT $id, name, kind, '$places{$place}', settings FROM frontdesk.providers WHERE account_id = 0 AND name = '$provider';
				SELECT FROM frontdesk.set_secret($id, 'provider:$provider', 'key-$provider')");
		}
		$threads{$place} = [ $id, $desk->sql("SELECT frontdesk.receive_message($id, 'webchat', 'visitor', 'When do you open on Sunday?')") ];
	}
	for my $place (sort keys %places)
	{
		my ($id, $thread) = @{ $threads{$place} };
		$desk->wait_for_rest({ id => $id });
		is($desk->sql("SELECT DISTINCT failure ->> 'class' FROM frontdesk.checkpoints WHERE thread_id = '$thread' AND failure IS NOT NULL"), 'egress', "$place: no connection, and the checkpoint says why");
		is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE conversation_id = '$thread' AND direction = 'outgoing' AND NOT private"), 1, '… and the customer is answered all the same');
	}
	my @knocks = IO::Select->new($trap)->can_read(0);
	is(scalar @knocks, 0, 'nobody even knocked');

	my $event = $desk->message_event($account, 'hello');
	is($desk->post_webhook($account, $event)->{status}, 200, 'a Chatwoot at a private place');
	$desk->wait_until("SELECT count(*) > 0 FROM frontdesk.deliveries WHERE account_id = $account->{id} AND status = 'dead' AND failure ->> 'code' = 'egress'", 'the delivery to be given up');
	is($desk->sql("SELECT count(*) FROM frontdesk.deliveries WHERE account_id = $account->{id} AND status = 'sent'"), 0, 'gets no delivery');
	is(scalar $desk->requests, 0, 'the outside world saw nothing');
};

subtest 'secrets stay where they are' => sub {
	my @secrets = ($account->{secret}, $other->{secret}, $account->{password}, $other->{password}, $jwt_secret, 'bot-token', 'user-token', 'key-openai', 'key-anthropic', 'marked-by-ann',
		encode_base64("$account->{login}:$account->{password}", ''), slurp_file($desk->node->basedir . '/frontdesk.key') =~ s/\s//gr);
	my ($headers, $body) = signed_request('held up');
	call('GET', '/x%0A1999-01-01T00:00:00.000Z%20error%20a%20forged%20line');
	my $socket = raw_connect($desk->{gateway_port});

	$desk->sql("BEGIN; LOCK TABLE frontdesk.messages; PREPARE TRANSACTION 'held'");
	syswrite $socket, raw_request('POST', '/rpc/chatwoot_webhook', $headers, $body);
	$desk->wait_until("SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator' AND wait_event_type = 'Lock'", 'the webhook to wait');
	my $activity = $desk->sql('SELECT json_agg(a) FROM pg_stat_activity AS a');
	$desk->sql("ROLLBACK PREPARED 'held'");
	like(scalar raw_read($socket, qr/"stored"/), qr/"stored"/, 'a webhook that was held up');
	like($activity, qr/chatwoot_webhook/, 'can be seen at work');

	# one that fails inside the server, so that the server logs it
	$desk->sql('ALTER TABLE frontdesk.messages ADD CONSTRAINT messages_attack_check CHECK (content <> $$poison$$)');
	my $answer = $desk->post_webhook($account, $desk->message_event($account, 'poison'));
	push @told, $answer->{content};
	is("$answer->{status} $answer->{json}{code}", '500 23514', 'a webhook that fails in the server');
	$desk->sql('ALTER TABLE frontdesk.messages DROP CONSTRAINT messages_attack_check');

	my %where = (
		'the log of the server' => slurp_file($desk->node->logfile),
		'the log of the gateway' => $desk->log_of($desk->{gateway_pid}),
		'pg_stat_activity' => $activity,
		'the answers' => join("\n", @told),
		'the audit trail' => $desk->sql('SELECT json_agg(a) FROM frontdesk.audit AS a'),
		'the checkpoints' => $desk->sql('SELECT json_agg(c) FROM frontdesk.checkpoints AS c') . $desk->sql('SELECT json_agg(d) FROM frontdesk.deliveries AS d'),
		'the settings of sessions' => $desk->sql('SELECT json_agg(s) FROM pg_settings AS s'),
	);
	for my $place (sort keys %where)
	{
		cmp_ok(length $where{$place}, '>', 500, "$place: something is there to look at");
		is(join(',', grep { index($where{$place}, $_) >= 0 } @secrets), '', '… and no secret in it');
	}
	like($where{'the log of the gateway'}, qr{POST /rpc/chatwoot_webhook from 127\.0\.0\.1: 401}, 'the gateway logs what it answers');
	like($where{'the log of the gateway'}, qr/forged line/, 'a path with a line end is in it');
	is(scalar(grep { !/^\d{4}-\d\d-\d\dT\S+Z (info|notice|warning|error) / || /^1999/ } split /\n/, $where{'the log of the gateway'}), 0, 'and nobody forged a line of its log');
};

is_deeply([ $desk->{gateway_pid}, $desk->node->{_pid} ], \@pids, 'the same programs as in the beginning');
is(call('GET', '/live')->{status}, 200, 'the gateway is alive');
is($desk->sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'"), 1, 'and so is the worker');
unlike(slurp_file($desk->node->logfile), qr/PANIC|terminated by signal|was terminated/, 'nothing crashed');

done_testing();
