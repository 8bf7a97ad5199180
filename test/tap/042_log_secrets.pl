# No secret reaches the server's log, its statistics on statements or its list of
# sessions, whatever of them is turned on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Frontdesk;
use JSON::PP;
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64 encode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;

my $jwt_secret = 'a key of more than thirty-two bytes for tokens';
my $has_statistics = -e PostgreSQL::Test::Cluster->new('probe')->config_data('--sharedir') . '/extension/pg_stat_statements.control';
my $contrib = $has_statistics ? ', pg_stat_statements, auto_explain' : '';
my $desk = Frontdesk->start(
	gateway_env => { JWT_SECRET => $jwt_secret },
	conf => <<"CONF");
log_statement = all
log_min_duration_statement = 0
log_error_verbosity = verbose
log_min_messages = debug1
log_parameter_max_length_on_error = -1
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on
auto_explain.log_nested_statements = on
pg_stat_statements.track = all
CONF
# the library comes first in Frontdesk.pm; contrib is added behind it
$desk->node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_frontdesk$contrib'\n");
$desk->node->restart;
$desk->sql('CREATE EXTENSION pg_stat_statements') if $has_statistics;

my $account = $desk->account('Clinic');
my $id = $account->{id};
my $count = 0;
my @secrets = ($account->{secret}, $account->{password}, encode_base64("$account->{login}:$account->{password}", ''), 'bot-token', 'user-token', 'key-openai', 'key-anthropic');

# A value that stands nowhere else.
sub secret
{
	push @secrets, sprintf 'hunter%04dz', ++$count;
	return $secrets[-1];
}

sub run_sql
{
	my ($sql) = @_;
	$desk->node->psql('postgres', $sql, on_error_stop => 0, stdout => \my $out, stderr => \my $err);
	return "$out$err";
}

my $set = sub { "frontdesk.set_secret($id, 'provider:openai', $_[0])" };
my %ways = (
	'a literal' => sub { 'SELECT ' . $set->("'$_[0]'") },
	'a literal of another kind' => sub { 'SELECT ' . $set->("E'$_[0]'") . ', ' . $set->("\$q\$$_[0]\$q\$") },
	'a literal before the name' => sub { "WITH s AS (SELECT '$_[0]'::text AS v) SELECT " . $set->('v') . ' FROM s' },
	'PREPARE and EXECUTE' => sub { "PREPARE p AS SELECT frontdesk.set_secret(\$1, \$2, \$3); EXECUTE p($id, 'provider:openai', '$_[0]'); EXECUTE p($id, 'nosuch', '$_[0]')" },
	'DO' => sub { "DO \$do\$BEGIN PERFORM " . $set->("'$_[0]'") . "; END\$do\$" },
	'DO that fails' => sub { "DO \$do\$BEGIN PERFORM " . $set->("'$_[0]'") . "; PERFORM 1/0; END\$do\$" },
	'EXECUTE in DO' => sub { "DO \$do\$BEGIN EXECUTE 'SELECT frontdesk.set_secret(\$1, \$2, \$3)' USING $id, 'provider:openai', '$_[0]'; END\$do\$" },
	'EXPLAIN ANALYZE' => sub { 'EXPLAIN (ANALYZE, VERBOSE) SELECT ' . $set->("'$_[0]'") },
	'COPY' => sub { 'COPY (SELECT ' . $set->("'$_[0]'") . ') TO STDOUT' },
	'CREATE TABLE AS' => sub { 'CREATE TEMP TABLE t AS SELECT ' . $set->("'$_[0]'") . '::text AS x' },
	'another account' => sub { "SELECT frontdesk.set_secret(999, 'provider:openai', '$_[0]')" },
	'arguments in the wrong order' => sub { "SELECT frontdesk.set_secret('$_[0]', 'provider:openai', '1')" },
	'too few arguments' => sub { "SELECT frontdesk.set_secret('$_[0]')" },
	'capitals' => sub { "SELECT FRONTDESK.Set_Secret(999, 'provider:openai', '$_[0]')" },
	'an identifier of escapes' => sub { qq{SELECT frontdesk.U&"set\\005fsecret"(999, 'provider:openai', '$_[0]')} },
	'a syntax error' => sub { "SELECT frontdesk.set_secret($id, 'provider:openai', '$_[0]'" },
	'an error after it' => sub { 'SELECT ' . $set->("'$_[0]'") . '; SELECT 1/0' },
	'one that waits' => sub { 'SELECT ' . $set->("'$_[0]'") . ', pg_sleep(0.01)' },
	'parameters' => sub { 'SELECT ' . $set->('$1') . " \\bind '$_[0]' \\g" },
	'add_site' => sub { "SELECT frontdesk.add_site($id, 'https://c$count.example.com', 3, '$_[0]', '$_[0]')" },
	'add_site of the same place' => sub { "SELECT frontdesk.add_site($id, 'https://same.example.com', 3, '$_[0]') FROM generate_series(1, 2)" },
	'register_webhook' => sub { "SELECT url_path FROM frontdesk.register_webhook($id, $account->{site}, '$_[0]')" },
	'register_webhook of no site' => sub { "SELECT url_path FROM frontdesk.register_webhook($id, 77, '$_[0]')" },
	'verify_signature' => sub { "SELECT frontdesk.verify_signature('$account->{login}', '$_[0]', 'sha256=x', '1')" },
);
my $told = '';
for my $way (sort keys %ways)
{
	$told .= run_sql($ways{$way}->(secret()));
}
like($told, qr/division by zero/, 'errors reach the client');
like($told, qr/invalid input syntax for type integer/, 'also those that quote what was given');

# the same through the gateway, whose statements have parameters
my $json = JSON::PP->new->utf8->canonical;
$desk->sql("INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($id, 'ann', 'Ann')");
my $token = do
{
	my $signed = join '.', map { encode_base64url($json->encode($_)) } { alg => 'HS256', typ => 'JWT' }, { role => 'frontdesk_operator', sub => 'ann' };
	"$signed." . encode_base64url(hmac_sha256($signed, $jwt_secret));
};
push @secrets, $token;
my $call = sub {
	my ($function, $arguments) = @_;
	return $desk->{http}->post($desk->gateway . "/rpc/$function",
		{ content => $json->encode($arguments), headers => { 'content-type' => 'application/json', authorization => "Bearer $token" } })->{status};
};
is($call->('set_secret', { account_id => $id, purpose => 'provider:openai', value => secret() }), 204, 'set_secret over HTTP');
is($call->('set_secret', { account_id => secret(), purpose => 'provider:openai', value => secret() }), 400, 'one that fails');
is($call->('set_secret', { account_id => 999, purpose => 'provider:openai', value => secret() }), 403, 'one that is refused');
my $event = $desk->message_event($account, 'my password is ' . secret());
is($desk->post_webhook($account, $event)->{status}, 200, 'a webhook');
is($desk->post_webhook($account, $event, signature => 'sha256=' . secret())->{status}, 401, 'a wrong one');
$desk->wait_for_rest($account);

# what should be marked: every function with an argument that can hold a secret
my $marked = slurp_file("$FindBin::RealBin/../../src/security/security_log.c");
for my $name (split /\n/, $desk->sql(q{SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'frontdesk'::regnamespace
	AND proargnames && '{secret,token,bot_token,user_token,password,value,headers,signature,api_key}' ORDER BY 1}))
{
	like($marked, qr/\{"$name", SECRET_/, "$name() is known to carry secrets");
}

my %places = (
	'the log' => slurp_file($desk->node->logfile),
	'the list of sessions' => $desk->sql('SELECT json_agg(a) FROM pg_stat_activity AS a'),
	$has_statistics ? ('the statistics' => $desk->sql('SELECT json_agg(s) FROM pg_stat_statements AS s')) : (),
);
like($places{'the log'}, qr/statement: .*frontdesk\.add_account/, 'the log shows statements');
like($places{'the log'}, qr/plan:\s/, 'and plans') if $has_statistics;
for my $place (sort keys %places)
{
	is(join(',', grep { index($places{$place}, $_) >= 0 } @secrets), '', "no secret in $place");
}

done_testing();
