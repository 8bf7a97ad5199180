# Nobody's calls keep the gateway's connections to PostgreSQL from the others.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Digest::SHA qw(hmac_sha256);
use Frontdesk;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use RawHttp;
use Test::More;

my $jwt_secret = 'a key of more than thirty-two bytes for tokens';
my $json = JSON::PP->new->utf8->canonical;
my $desk = Frontdesk->start(fakes => 1,
	gateway_env => { JWT_SECRET => $jwt_secret, POOL_SIZE => 8, QUEUE_SIZE => 8, STATEMENT_TIMEOUT => '600s', QUEUE_TIMEOUT => '600s', RATE_LIMIT => 0 });
my $account = $desk->account('Clinic');
my $bakery = $desk->account('Bakery');
my $garage = $desk->account('Garage');

# Lets people in.
sub admit
{
	my ($where, @people) = @_;

	$desk->sql("INSERT INTO frontdesk.users (account_id, role_name, kind, name) VALUES ($where->{id}, '$_', 'subject', '$_')") for @people;
	return;
}

admit($account, map { "clerk $_" } 1 .. 40);
admit($bakery, 'bob', 'bea');
admit($garage, 'gil');
admit($_, 'carl', 'cora') for $account, $bakery;

# a function that takes until the gate is opened, and one that does not
$desk->sql(q{
	CREATE TABLE public.gate (is_open boolean); INSERT INTO public.gate VALUES (false);
	CREATE FUNCTION frontdesk.dawdle() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
		BEGIN WHILE NOT (SELECT is_open FROM public.gate) LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN 'done'; END$$;
	CREATE FUNCTION frontdesk.hurry() RETURNS text LANGUAGE sql AS $$SELECT 'done'$$;
	GRANT EXECUTE ON FUNCTION frontdesk.dawdle(), frontdesk.hurry() TO frontdesk_operator});

# Each time another token of the same person, written in another way.
my $tokens = 0;

sub token
{
	my ($who) = @_;
	my $signed = join '.', map { encode_base64url($json->encode($_)) } { alg => 'HS256', typ => 'JWT' },
		{ role => 'frontdesk_operator', sub => $who, jti => $tokens++ };

	return ($tokens % 2 ? 'Bearer' : 'bEARER') . ' ' x (1 + $tokens) . "$signed." . encode_base64url(hmac_sha256($signed, $jwt_secret));
}

# Sends a request and does not wait for its answer.
sub send_call
{
	my ($function, $who) = @_;
	my $socket = IO::Socket::INET->new(PeerHost => '127.0.0.1', PeerPort => $desk->{gateway_port}, Timeout => 30) or die "cannot connect: $!";

	syswrite $socket, "POST /rpc/$function HTTP/1.1\r\nHost: x\r\nAuthorization: " . token($who) . "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
	return $socket;
}

sub status_of
{
	my ($socket) = @_;
	my $answer = raw_read($socket);

	return $answer =~ m{^HTTP/1\.1 (\d+)} ? $1 : "no answer: $answer";
}

my $at_work = q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator' AND state = 'active' AND query ~ 'dawdle'};

$desk->wait_for('the gateway to know the functions', sub { status_of(send_call('hurry', 'bob')) eq '200' });
# of eight connections calls may have four, and those of one account two of
# these, whoever of its people asks and whether he has ever asked before; with
# six in the queue of eight that is all it gets
my $clerks = 0;
my @slow = map { send_call('dawdle', 'clerk ' . ++$clerks) } 1 .. 8;
my $refused = IO::Select->new;
$desk->wait_until("SELECT ($at_work) >= 2", 'two of their calls to be at work');
is(status_of(send_call('hurry', 'bob')), '200', 'another account\'s call is answered while those of one account\'s people wait');
is(status_of(send_call('hurry', 'bea')), '200', '… also the first one that somebody ever makes');
is($desk->post_webhook($account, $desk->message_event($account, 'hello'))->{status}, 200, 'a webhook is taken while somebody\'s calls wait');
$desk->wait_for('one call too many to be refused', sub { $refused->add(send_call('dawdle', 'clerk ' . ++$clerks)) if $refused->count < 20; return $refused->can_read(0.1) });
my ($first) = $refused->can_read(0);
$refused->remove($first);
like(status_of($first), qr/^503/, 'when its share of the queue is taken an account\'s calls are refused');
is($desk->post_webhook($account, $desk->message_event($account, 'hello again'))->{status}, 200, '… and a webhook is taken all the same');
is(status_of(send_call('hurry', 'bob')), '200', '… as is another account\'s call');
is($desk->sql($at_work), 2, 'two connections are left to other accounts\' calls');
push @slow, send_call('dawdle', 'bob');
$desk->wait_until("SELECT ($at_work) >= 3", 'another account\'s slow call to be at work');
my $second = send_call('dawdle', 'bea');
is(status_of(send_call('hurry', 'gil')), '200', 'a third account\'s call is answered while those of two wait');
is($desk->post_webhook($account, $desk->message_event($account, 'hello to both'))->{status}, 200, '… and a webhook is taken');
is($desk->sql($at_work), 3, 'which have what those two may not take');

$desk->sql('UPDATE public.gate SET is_open = true');
is(scalar(grep { status_of($_) eq '200' } @slow, $second, $refused->handles), 10, 'those that were taken are answered in the end');
is(status_of(send_call('dawdle', 'clerk 1')), '200', 'and the account is served as before');

# ---- people of several accounts, and of none ----

for my $case ([ 'several accounts', 'carl', 'cora' ], [ 'no account', 'nobody', 'noone' ])
{
	my ($whose, @people) = @$case;

	$desk->sql('UPDATE public.gate SET is_open = false');
	my @taken = map { send_call('dawdle', $people[ $_ % 2 ]) } 1 .. 5;
	$desk->wait_until("SELECT ($at_work) >= 2", 'two of their calls to be at work');
	is(status_of(send_call('hurry', $_)), '200', "people of $whose leave room to one") for 'clerk 1', 'bob';
	is($desk->sql($at_work), 2, '… for they are one sender together');
	$desk->sql('UPDATE public.gate SET is_open = true');
	is(scalar(grep { status_of($_) eq '200' } @taken), 5, '… and are served');
}

# ---- an account whose webhooks wait ----

# The account through another registration of its own.
sub registered_again
{
	my ($login, $password) = split /\|/, $desk->sql("SELECT login, password FROM frontdesk.register_webhook($account->{id}, $account->{site}, '$account->{secret}')");
	return { %$account, login => $login, password => $password };
}

# Sends a webhook and does not wait for its answer.
sub send_webhook
{
	my ($way, $event) = @_;
	my $body = $json->encode($event);
	my $headers = $desk->webhook_headers($way, $body);
	my $socket = IO::Socket::INET->new(PeerHost => '127.0.0.1', PeerPort => $desk->{gateway_port}, Timeout => 30) or die "cannot connect: $!";

	# blanks that mean nothing
	$headers->{authorization} =~ s/ /' ' x (1 + int rand 50)/e;
	syswrite $socket, join "\r\n", 'POST /rpc/chatwoot_webhook HTTP/1.1', 'Host: x', (map { "$_: $headers->{$_}" } sort keys %$headers),
		'Content-Length: ' . length($body), 'Connection: close', '', $body;
	return $socket;
}

my $opening = $desk->message_event($account, "good morning");
my $owner = $desk->node->background_psql('postgres', on_error_stop => 0);
my $waiting = q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator' AND wait_event_type = 'Lock'};

is($desk->post_webhook($account, $opening)->{status}, 200, 'a conversation is there');
$owner->query_safe("BEGIN; SELECT FROM frontdesk.threads WHERE account_id = $account->{id} FOR UPDATE");
my @held = map { send_webhook(registered_again(), $desk->message_event($account, "behind the lock $_", conversation => $opening->{conversation}{id})) } 1 .. 8;
$desk->wait_until("SELECT ($waiting) >= 4", 'webhooks to wait for the lock');
is($desk->post_webhook($bakery, $desk->message_event($bakery, 'hello'))->{status}, 200, 'a webhook of another account is taken while one account\'s wait');
is($desk->sql($waiting), 4, 'however many registrations they come through, and however their credentials are spelled');
$owner->query_safe('ROLLBACK');
$owner->quit;
is(scalar(grep { status_of($_) eq '200' } @held), 8, 'those that waited are taken in the end');

# ---- a lock that somebody holds ----

$desk->end_child($desk->{gateway_pid});
$desk->start_gateway(PGOPTIONS => '', RATE_LIMIT => 0);
my $holder = $desk->node->background_psql('postgres', on_error_stop => 0);
$holder->query_safe('BEGIN; LOCK TABLE frontdesk.messages IN ACCESS EXCLUSIVE MODE');
my $answer = $desk->post_webhook($account, $desk->message_event($account, 'wait for me'));
is("$answer->{status} $answer->{json}{code}", '500 55P03', 'a webhook does not wait for a lock until its sender has gone');
$holder->query_safe('COMMIT');
$holder->quit;
is($desk->post_webhook($account, $desk->message_event($account, 'now'))->{status}, 200, 'without the lock it is taken');

# ---- backends that do not hear that they are given up ----

$desk->end_child($desk->{gateway_pid});
$desk->start_gateway(JWT_SECRET => $jwt_secret, POOL_SIZE => 8, STATEMENT_TIMEOUT => '1s', QUEUE_TIMEOUT => '1s', RATE_LIMIT => 0);
$desk->sql('UPDATE public.gate SET is_open = false');
$desk->wait_for('the gateway to know the functions', sub { status_of(send_call('hurry', 'bob')) eq '200' });
my @deaf;
END { kill 'CONT', @deaf if @deaf }
for my $who ('clerk 1', 'clerk 2')
{
	my $call = send_call('dawdle', $who);
	$desk->wait_until("SELECT ($at_work) > " . @deaf, 'a call to be at work');
	@deaf = split /\|/, $desk->sql(q{SELECT string_agg(pid::text, '|') FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator' AND state = 'active' AND query ~ 'dawdle'});
	kill 'STOP', @deaf;
	like(status_of($call), qr/^5/, 'a call whose backend hears nothing is given up');
}
like(raw_read(send_call('dawdle', 'clerk 3')), qr/PGRST003/, 'who has made two of them hang gets no third');
is($desk->sql($at_work), 2, '… for they still are his share');
is(status_of(send_call('hurry', 'bob')), '200', '… and nobody else\'s');
kill 'CONT', @deaf;
$desk->wait_until("SELECT ($at_work) = 0", 'them to end');
is(status_of(send_call('hurry', 'clerk 3')), '200', 'when they have ended the account is served as before');

done_testing();
