# What strangers get from the gateway: neither the engine's figures nor the names
# of functions, no more tries from a /48 than from a few addresses, and nothing
# for tokens whose times are none.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Digest::SHA qw(hmac_sha256);
use Frontdesk;
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use PostgreSQL::Test::Cluster;
use Test::More;
use Time::HiRes qw(time);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $secret = 'a secret of more than 32 bytes for tokens';
my $desk = Frontdesk->start(conf => "log_statement = none\n", fakes => 0, gateway => 0);

sub restart_gateway
{
	my (%setting) = @_;
	$desk->end_child(delete $desk->{gateway_pid}) if $desk->{gateway_pid};
	$desk->start_gateway(RATE_LIMIT => 0, JWT_SECRET => $secret, %setting);
	return;
}

sub ask
{
	my ($method, $path, %option) = @_;
	my $url = 'http://127.0.0.1:' . ($option{port} // $desk->{gateway_port}) . $path;
	my $answer = $desk->{http}->request($method, $url,
		{ content => $option{body} // '', headers => { 'content-type' => 'application/json', %{ $option{headers} // {} } } });
	$answer->{json} = eval { $json->decode($answer->{content}) };
	return $answer;
}

# A token whose claims are written as given.
sub token
{
	my ($claims) = @_;
	my $signed = encode_base64url('{"alg":"HS256"}') . '.' . encode_base64url($claims);
	return (authorization => "Bearer $signed." . encode_base64url(hmac_sha256($signed, $secret)));
}

sub code { return "$_[0]{status} " . ($_[0]{json}{code} // '') }

subtest 'figures are for the machine itself' => sub {
	restart_gateway(TRUSTED_PROXIES => '127.0.0.1');
	is(ask('GET', '/metrics')->{status}, 200, 'on loopback they are served');
	is(code(ask('GET', '/metrics', headers => { 'x-forwarded-for' => '203.0.113.7' })), '404 PGRST125', 'but not to those behind a proxy');
	is(ask('GET', '/metrics', headers => { 'x-forwarded-for' => '203.0.113.7, 127.0.0.5' })->{status}, 200, 'who a stranger says he is does not count');
	restart_gateway(LISTEN_ADDRESS => '0.0.0.0');
	is(code(ask('GET', '/metrics')), '404 PGRST125', 'on a port that is open to others there are none');
	for my $path ('live', 'ready')
	{
		ok($desk->wait_for("/$path", sub { ask('GET', "/$path")->{status} == 200 }), "/$path is there");
	}
	like($desk->log_of($desk->{gateway_pid}), qr/\/metrics is not served.*admin_port/, 'the log says so at the start');
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	restart_gateway(LISTEN_ADDRESS => '0.0.0.0', ADMIN_PORT => $port);
	is(ask('GET', '/metrics', port => $port)->{status}, 200, 'with a port of their own they are there');
	is(ask('GET', '/metrics')->{status}, 404, 'and only there');
	unlike($desk->log_of($desk->{gateway_pid}), qr/not served/, 'and the log has no complaint');
};

subtest 'hints are for those who may execute' => sub {
	restart_gateway();
	for my $name ('set_secret', 'add_site', 'classify', 'chatwoot_bot')
	{
		my $answer = ask('POST', "/rpc/$name", body => '{"no_such_argument":1}');
		is(code($answer), '404 PGRST202', "$name with wrong arguments, without a token");
		is($answer->{json}{hint}, undef, 'tells nothing');
	}
	my $answer = ask('POST', '/rpc/set_secret', body => '{"no_such_argument":1}', headers => { token('{"role":"frontdesk_operator"}') });
	is(code($answer), '404 PGRST202', 'an operator');
	like($answer->{json}{hint}, qr/frontdesk\.set_secret\(account_id /, 'is told how it is called');
	$answer = ask('POST', '/rpc/set_secret', body => '{"no_such_argument":1}', headers => { token('{"role":"frontdesk_webhook"}') });
	is($answer->{json}{hint}, undef, 'another role is not');
};

subtest 'times of tokens' => sub {
	my @claims = ('"exp":null', '"exp":1e400', '"exp":-1e400', '"exp":"soon"', '"nbf":null', '"nbf":-1e400', '"iat":null', '"iat":-1e400', '"exp":1');
	my $never = '{"role":"frontdesk_operator"}';
	my $later = sprintf '{"role":"frontdesk_operator","exp":%d}', time + 3600;
	my $ask = sub { return code(ask('POST', '/rpc/nothing', headers => { token($_[0]) })) };

	is($ask->("{\"role\":\"frontdesk_operator\",$_}"), '401 PGRST303', $_) for @claims;
	is($ask->($never), '404 PGRST202', 'no exp at all passes');
	is($ask->($later), '404 PGRST202', 'a time to come does');
	restart_gateway(JWT_REQUIRE_EXP => 'on');
	is($ask->($never), '401 PGRST303', 'where one is a must it does not');
	is($ask->($later), '404 PGRST202', 'a time to come still does');
	is($ask->("{\"role\":\"frontdesk_operator\",$_}"), '401 PGRST303', $_) for @claims;
};

# Sends wrong webhooks, each from the next address of a pattern, until one is
# throttled; returns how many were refused before, and how many may have been:
# the budget, and what it has refilled by meanwhile.
sub guess
{
	my ($pattern, $budget) = @_;
	my $started = time;
	my $refused = 0;

	for my $n (1 .. 1000)
	{
		my $answer = ask('POST', '/rpc/chatwoot_webhook', body => '{}',
			headers => { authorization => "Basic guess$n", 'x-forwarded-for' => sprintf $pattern, $n });
		last if $answer->{status} == 429;
		$refused++;
	}
	return ($refused, $budget + 1 + (time - $started) * $budget / 60);
}

subtest 'a /48 has the budget of four addresses' => sub {
	restart_gateway(RATE_LIMIT => 5, TRUSTED_PROXIES => '127.0.0.1');
	my $audit = $desk->refusals;
	my ($refused, $most) = guess('2001:db8:2:%x::1', 20);
	cmp_ok($refused, '>=', 20, 'twenty guesses from as many /64');
	cmp_ok($refused, '<=', $most, 'and no more');
	my ($other, $most_other) = guess('2001:db8:3:1::%x', 5);
	cmp_ok($other, '>=', 5, 'another /48 has its own, of which one /64 gets its share');
	cmp_ok($other, '<=', $most_other, 'and no more');
	is($desk->refusals - $audit, $refused + $other, 'what was throttled was not even counted');
};

unlike($desk->log_of($_), qr/assert|abort|core dumped|Segmentation|runtime error/i, 'no gateway fell over') for keys %{ $desk->{logs} };

done_testing();
