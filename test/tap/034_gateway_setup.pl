# What the gateway says to who sets it up: --check, /ready, and its log, each with
# what to do about what is wrong; and the files that are installed beside it.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $program = "$FindBin::Bin/../../src/gateway/pg_frontdesk_gateway";
my $desk = Frontdesk->start(gateway => 0, fakes => 0);
my $node = $desk->node;
my $place = 'host=' . $node->host . ' port=' . $node->port;
my $login = 'user=frontdesk_authenticator';

$desk->sql('CREATE DATABASE empty');
$desk->sql('CREATE ROLE outsider');

# Runs the program with settings; returns exit code, output and errors.
sub run_program
{
	my ($options, %setting) = @_;
	my ($out, $err) = ('', '');
	local %ENV = %ENV;

	delete $ENV{$_} for grep { /^(FRONTDESK_|PG)/ } keys %ENV;
	$ENV{"FRONTDESK_$_"} = $setting{$_} for keys %setting;
	IPC::Run::run([ $program, @$options ], '<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# A check that fails says what PostgreSQL said, and a hint.
sub fails
{
	my ($name, $message, $hint, %setting) = @_;
	my ($code, $out, $err) = run_program(['--check'], DATABASE => "$place $login dbname=postgres", %setting);

	is($code, 1, "$name: exit code");
	like($err, $message, 'what is wrong');
	like($err, $hint, 'what to do');
	unlike($out . $err, qr/secret word/, 'no password');
	return;
}

# Lets the gateway's login in by one method only, or by none.
sub use_method
{
	my ($method) = @_;
	my $file = $node->data_dir . '/pg_hba.conf';

	open my $out, '>', $file or die "$file: $!";
	print $out "local all frontdesk_authenticator $method\n" if defined $method;
	print $out 'local all ' . getpwuid($<) . " trust\n";
	close $out;
	$node->reload;
	return;
}

subtest '--check, and all is well' => sub {
	my ($code, $out, $err) = run_program(['--check'], DATABASE => "$place $login dbname=postgres");
	is("$code $err", '0 ', 'exit code, no complaint');
	like($out, qr/^connected to database "postgres" as role "frontdesk_authenticator", PostgreSQL \d+/m, 'database, role, version');
	my ($count) = $out =~ /^schema "frontdesk": (\d+) functions$/m;
	is($count, $desk->sql("SELECT count(*) FROM pg_proc WHERE pronamespace = 'frontdesk'::regnamespace AND prokind = 'f' AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)"),
		'how many functions');
	like($out, qr/^anonymous_role "frontdesk_anon" may be taken$/m, 'the role of strangers');
	like($out, qr/^webhook_role "frontdesk_webhook" may be taken$/m, 'the role of webhooks');
	like($out, qr/^function "chatwoot_webhook" for webhooks may be called$/m, 'and what it calls');
	(undef, $out) = run_program(['--check'], DATABASE => "$place $login dbname=postgres", ANONYMOUS_ROLE => '');
	like($out, qr/^anonymous_role is empty: a token is required$/m, 'no role for strangers');
};

subtest '--check, and something is wrong' => sub {
	fails('no dbname', qr/database "frontdesk_authenticator" does not exist/, qr/^hint: set database = 'dbname=/m, DATABASE => "$place $login");
	fails('an unknown login', qr/role "nobody" does not exist/, qr/^hint: run SELECT frontdesk\.setup_roles/m, DATABASE => "$place user=nobody dbname=postgres");
	fails('no server', qr/No such file/, qr/^hint: see that the server runs/m, DATABASE => "host=/nowhere $login dbname=postgres");
	fails('no functions', qr/^schema "frontdesk": 0 functions$/m, qr/^hint: CREATE EXTENSION pg_frontdesk/m, DATABASE => "$place $login dbname=empty");
	fails('an unknown role', qr/role "nobody" does not exist/, qr/^hint: run SELECT frontdesk\.setup_roles/m, ANONYMOUS_ROLE => 'nobody');
	fails('a role of others', qr/permission denied to set role "outsider"/, qr/^hint: run SELECT frontdesk\.setup_roles.*GRANT/m, WEBHOOK_ROLE => 'outsider');
	fails('a login of others', qr/this session carries no requests/, qr/^hint: log in as frontdesk_authenticator/m,
		DATABASE => "$place user=" . getpwuid($<) . ' dbname=postgres');
	fails('an unknown webhook', qr/^function "nothing" for webhooks does not exist$/m, qr/^hint: CREATE EXTENSION/m, WEBHOOK_FUNCTIONS => 'chatwoot_webhook, nothing');
	fails('a webhook for others', qr/^function "classify" for webhooks may not be called/m, qr/^hint: .*GRANT EXECUTE/m, WEBHOOK_FUNCTIONS => 'classify');
	my ($code, undef, $err) = run_program(['--check'], POOL_SIZE => 'many');
	is($code, 2, 'a setting that makes no sense has a code of its own');
	like($err, qr/pool_size/, 'and is named');
};

subtest '--check, and pg_hba.conf' => sub {
	use_method('scram-sha-256');
	fails('no password', qr/no password supplied/, qr/^hint: .*\\password/m);
	fails('a wrong password', qr/password authentication failed/, qr/^hint: .*\\password/m, DATABASE => "$place $login dbname=postgres password='secret word'");
	use_method('peer');
	fails('another Unix user', qr/Peer authentication failed/, qr/^hint: run the gateway as a Unix user/m);
	use_method(undef);
	fails('no way in', qr/pg_hba\.conf/, qr/^hint: add a line/m);
	use_method('trust');
};

subtest 'the log says the same' => sub {
	delete local $ENV{PGDATABASE};
	$desk->start_gateway(DATABASE => "$place $login");
	my $log = sub { $desk->log_of($desk->{gateway_pid}) };
	ok($desk->wait_for('the log', sub { $log->() =~ /database "frontdesk_authenticator" does not exist\s+hint: set database = 'dbname=/ }), 'a hint in the log');
	my $answer = $desk->{http}->get($desk->gateway . '/ready');
	is("$answer->{status} $answer->{content}", "503 not ready: PostgreSQL cannot be reached\n", 'and a reason at /ready');
	$desk->end_child($desk->{gateway_pid});
};

subtest 'a database without the extension' => sub {
	$desk->start_gateway(DATABASE => "$place $login dbname=empty");
	my $ready = sub { $desk->{http}->get($desk->gateway . '/ready') };
	my $call = sub { $desk->{http}->post($desk->gateway . "/rpc/$_[0]", { content => '{}', headers => { 'content-type' => 'application/json' } }) };
	my $log = sub { $desk->log_of($desk->{gateway_pid}) };

	ok($desk->wait_for('the schema', sub { $log->() =~ /has no functions/ }), 'it is noticed');
	my $answer = $ready->();
	is("$answer->{status} $answer->{content}",
		"503 not ready: no functions in schema frontdesk of database empty; hint: CREATE EXTENSION pg_frontdesk there, or set database\n",
		'/ready says what is missing');
	for (1 .. 3)
	{
		$answer = $call->('chatwoot_webhook');
		is("$answer->{status} " . ($answer->{content} =~ /"code":"(\w+)"/)[0], '500 FDGW009', 'a webhook is to be sent again: 404 would silence its sender');
	}
	is(scalar(() = $log->() =~ /a webhook came for function "chatwoot_webhook".*database "empty".*CREATE EXTENSION/g), 1, 'the log says so, once');
	is($call->('anything')->{status}, 404, 'everything else that is not there is 404');

	$node->safe_psql('empty', 'CREATE EXTENSION pg_frontdesk; SELECT FROM frontdesk.setup_roles()');
	ok($desk->wait_for('the extension', sub { $ready->()->{status} == 200 }), 'ready as soon as there is something to serve');
	isnt($call->('chatwoot_webhook')->{status}, 500, 'and webhooks are heard');
	$desk->end_child($desk->{gateway_pid});
};

subtest 'what is installed' => sub {
	my ($code, $sample) = run_program(['--print-config']);
	IPC::Run::run([ $ENV{PG_CONFIG}, '--sharedir' ], '>', \my $shared);
	chomp $shared;
	is(slurp_file("$shared/pg_frontdesk/pg_frontdesk_gateway.conf.sample"), $sample, 'the sample is what the program prints');
	my (undef, $help) = run_program(['--help']);
	my @settings = $help =~ /^  (\w+) +\S.*\n {23}default: /mg;
	cmp_ok(scalar @settings, '>', 20, 'there are settings');
	is(join(' ', $sample =~ /^#(\w+) = /mg), join(' ', @settings), 'each is in the sample');
	(my $whole = $sample) =~ s/^#(?=\w+ = )//mg;
	$whole =~ s/^database = .*/database = '$place $login dbname=postgres'/m;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/gateway.conf';
	append_to_file($file, $whole);
	($code, undef, my $err) = run_program([ '--config', $file, '--check' ]);
	is("$code $err", '0 ', 'with all of it in effect it is valid');
	my $unit = slurp_file("$shared/pg_frontdesk/pg_frontdesk_gateway.service");
	my ($started) = $unit =~ /^ExecStart=(\S+) --config /m;
	ok(-x $started, 'the unit starts the program that was installed');
};

done_testing();
