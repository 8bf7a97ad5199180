# The gateway among those who hold connections and ask for nothing: an address
# gets its share, and whoever comes finds room at the cost of who has been of no
# use longest.  Addresses are those of loopback.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use IO::Socket::INET;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use RawHttp;
use Test::More;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $desk = Frontdesk->start(conf => "log_statement = none\n", gateway => 0);
my $account = $desk->account('Clinic', models => 0);
my $admin_port = PostgreSQL::Test::Cluster::get_free_port(); # so that who asks for numbers is none of them
my %patient = (ADMIN_PORT => $admin_port, RATE_LIMIT => 0, STATEMENT_TIMEOUT => '2min', RECEIVE_TIMEOUT => '1h', KEEPALIVE_TIMEOUT => '1h');

# Half of what a sender would say.
my $half_header = "POST /rpc/chatwoot_webhook HTTP/1.1\r\nHost: desk\r\nX-Half: ";
my $half_body = "POST /rpc/chatwoot_webhook HTTP/1.1\r\nHost: desk\r\nContent-Length: 9\r\n\r\n{";

sub restart_gateway
{
	my (%setting) = @_;
	$desk->end_child(delete $desk->{gateway_pid}) if $desk->{gateway_pid};
	$desk->start_gateway(%patient, %setting);
	return;
}

# Connects from an address of loopback, 127.0.0.N, and says something.
sub come_from
{
	my ($n, $bytes) = @_;
	my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.$n", PeerAddr => "127.0.0.1:$desk->{gateway_port}", Proto => 'tcp')
	  or die "cannot connect from 127.0.0.$n: $!";
	syswrite $socket, $bytes if length $bytes;
	return $socket;
}

# The same several times; returned when the gateway has seen them all.
sub crowd_from
{
	my ($n, $count, $bytes) = @_;
	my $before = clients();
	my @sockets = map { come_from($n, $bytes) } 1 .. $count;
	ok(wait_for(sub { clients() - $before == $count }), "$count from 127.0.0.$n are in");
	return @sockets;
}

sub metric
{
	my ($name) = @_;
	my ($value) = $desk->{http}->get("http://127.0.0.1:$admin_port/metrics")->{content} =~ /^frontdesk_gateway_\Q$name\E (\S+)$/m;
	return $value // 'missing';
}

# Connections but the one that asks.
sub clients { return metric('clients') - 1 }

sub wait_for { return $desk->wait_for('a number of the gateway', @_) }

# Sends a signed webhook; its answer comes on the socket.
sub send_webhook
{
	my ($n, $content) = @_;
	my $body = $json->encode($desk->message_event($account, $content));
	return come_from($n, raw_request('POST', '/rpc/chatwoot_webhook', $desk->webhook_headers($account, $body), $body));
}

sub read_answer
{
	my ($socket) = @_;
	my $answer = raw_read($socket, qr/\r\n\r\n.*\}/s);
	return join ' ', $answer =~ m{^HTTP/1\.1 (\d+)}, $answer =~ /"status": ?"(\w+)"/;
}

# Whether the gateway has closed a connection without a word.
sub is_closed
{
	my ($socket) = @_;
	$socket->blocking(0);
	my $count = sysread $socket, my $bytes, 1;
	return defined $count && $count == 0;
}

# A call that is being served until release().
$desk->sql(q{
	CREATE FUNCTION frontdesk.linger() RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		WHILE NOT pg_catalog.pg_try_advisory_xact_lock_shared(1) LOOP
			PERFORM pg_catalog.pg_sleep(0.02);
		END LOOP;
		RETURN 'served';
	END $$;
	GRANT EXECUTE ON FUNCTION frontdesk.linger() TO frontdesk_anon});
my $holder = $desk->node->background_psql('postgres');
$holder->set_query_timer_restart; # it is there for the whole of a long test

sub hold { return $holder->query_safe('SELECT pg_advisory_lock(1)') }
sub release { return $holder->query_safe('SELECT pg_advisory_unlock(1)') }
sub linger { return come_from($_[0], raw_request('POST', '/rpc/linger', {}, '{}')) }

sub is_served
{
	my ($socket, $name) = @_;
	return like(raw_read($socket, qr/"served"/), qr{^HTTP/1\.1 200 .*"served"}s, $name);
}

sub wait_for_lingering
{
	my ($count) = @_;
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator' AND wait_event = 'PgSleep'", "$count calls to linger");
	return;
}

subtest 'an address gets its share' => sub {
	restart_gateway(MAX_CONNECTIONS => 40, ADDRESS_CONNECTIONS => 10, TRUSTED_PROXIES => '127.0.0.9');
	my @sockets = crowd_from(2, 10, '');
	for (1 .. 3)
	{
		my ($answer, $closed) = raw_read(come_from(2, "GET /nothing HTTP/1.1\r\nHost: desk\r\n\r\n"));
		is("$answer, $closed", ', 1', 'one more is closed at once');
	}
	is(metric('clients_refused_total'), 3, 'and counted');
	is(scalar(() = $desk->log_of($desk->{gateway_pid}) =~ /127\.0\.0\.2 holds 10 connections.*trusted_proxies/g), 1, 'and logged, once, with what to do');
	is(read_answer(send_webhook(3, 'neighbour')), '200 stored', 'another address is served');
	shift @sockets;
	ok(wait_for(sub { clients() == 9 }), 'one of them leaves');
	like(raw_read(come_from(2, "GET /nothing HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n")), qr/PGRST205/, 'and its place is free');
	my @proxied = crowd_from(9, 20, '');
	is(metric('clients_refused_total'), 3, 'a trusted proxy may hold more');
	is(scalar(grep { is_closed($_) } @sockets, @proxied), 0, 'nobody had to leave');
};

subtest 'the share is an eighth where nothing is set' => sub {
	restart_gateway(MAX_CONNECTIONS => 40);
	my @sockets = crowd_from(2, 5, '');
	my ($answer, $closed) = raw_read(come_from(2, ''));
	is("$answer, $closed", ', 1', 'the sixth of forty is closed');
};

subtest 'who has been idle longest makes room' => sub {
	restart_gateway(MAX_CONNECTIONS => 30, ADDRESS_CONNECTIONS => 10);
	hold();
	my $served = linger(10);
	wait_for_lingering(1);
	my @silent = crowd_from(12, 10, '');
	my @receiving = crowd_from(11, 9, $half_header);
	my @kept = map { come_from(13, "GET /nothing HTTP/1.1\r\nHost: desk\r\n\r\n") } 1 .. 10;
	raw_read($_, qr/PGRST205.*\}/s) for @kept;
	release();
	is_served($served, 'a request in progress is not given up');

	my @guests;
	for my $n (1 .. 10)
	{
		push @guests, send_webhook(20, "guest $n");
		is(read_answer($guests[-1]), '200 stored', "guest $n is served, though all places are taken");
	}
	ok(wait_for(sub { clients() <= 30 }), 'the number of connections comes back to the limit');
	my $displaced = metric('clients_displaced_total');
	is($displaced, 10, 'as many are closed as are too many');
	is(join(' ', map { scalar grep { is_closed($_) } @$_ } \@silent, \@kept, \@receiving, \@guests, [$served]), '10 0 0 0 0',
		'the silent ones, and nobody else');
};

subtest 'half a request is no way to stay' => sub {
	for my $half ($half_header, $half_body)
	{
		restart_gateway(MAX_CONNECTIONS => 20, ADDRESS_CONNECTIONS => 10);
		my @first = crowd_from(11, 10, $half);
		my @second = crowd_from(12, 10, $half);
		for my $n (1 .. 3)
		{
			is(read_answer(send_webhook(20, "guest of halves $n")), '200 stored', "guest $n is served");
		}
		my @third = map { come_from(13, $half) } 1 .. 3;
		ok(wait_for(sub { scalar(grep { is_closed($_) } @first) >= 3 }), 'who began first is closed for who begins last');
		is(scalar(grep { is_closed($_) } @second, @third), 0, 'and nobody after him');
	}
};

subtest 'a crowd much larger than the house' => sub {
	restart_gateway(MAX_CONNECTIONS => 10, ADDRESS_CONNECTIONS => 60);
	my @crowd = map { my $n = $_; map { come_from($n, '') } 1 .. 60 } 11 .. 13;
	is(read_answer(send_webhook(20, "guest of the crowd $_")), '200 stored', "guest $_ is served") for 1 .. 5;
	ok(wait_for(sub { clients() <= 10 }), 'no more stay than there are places');
};

subtest 'nobody is given up where all are served' => sub {
	restart_gateway(MAX_CONNECTIONS => 4, ADDRESS_CONNECTIONS => 4);
	hold();
	my @served = map { linger(30) } 1 .. 4;
	wait_for_lingering(4);
	is($desk->{http}->get($desk->gateway . '/nothing')->{status}, 404, 'one more is let in');
	is(read_answer(send_webhook(31, 'late')), '200 stored', 'and is heard');
	release();
	is_served($_, 'those are answered who were there') for @served;
};

# ---- the memory that bodies take ----

# The head of a request, and so much of its body; without a length it comes in
# chunks.
sub begin_body
{
	my ($n, $length, $sent) = @_;
	my $head = $length ? "Content-Length: $length" : 'Transfer-Encoding: chunked';
	my $part = 'x' x $sent;

	$part = sprintf "%x\r\n%s\r\n", $sent, $part unless $length;
	return come_from($n, "POST /rpc/linger HTTP/1.1\r\nHost: desk\r\n$head\r\n\r\n" . ($sent ? $part : ''));
}

# What comes back: status, code, and whether the connection was closed.
sub read_refusal
{
	my ($socket) = @_;
	my ($answer, $closed) = raw_read($socket);
	return join ' ', $answer =~ m{^HTTP/1\.1 (\d+)}, $answer =~ /"code":"(\w+)"/, $answer =~ /^connection: (close)/mi, $closed ? 'closed' : 'open';
}

# Bodies of so many kB, all but a byte of each.
my $uncounted = 64;
sub begin_bodies
{
	my ($n, $count, $kilobytes) = @_;
	my $before = metric('body_bytes');
	my @sockets = map { begin_body($n, $kilobytes * 1024 + 1, $kilobytes * 1024) } 1 .. $count;
	ok(wait_for(sub { metric('body_bytes') - $before == $count * ($kilobytes - $uncounted) * 1024 }), "$count bodies of $kilobytes kB from 127.0.0.$n are there but for a byte");
	return @sockets;
}

sub large { return $_[0] . 'y' x 200_000 }

subtest 'what an address sends has a limit' => sub {
	restart_gateway(BODY_LIMIT => '400kB', BODY_MEMORY => '2MB', TRUSTED_PROXIES => '127.0.0.9');
	my @bodies = begin_bodies(2, 2, 300); # 472 kB of 512
	is(read_refusal(begin_body(2, 300 * 1024, 0)), '429 FDGW010 close closed', 'one more is refused before it is sent');
	my $unannounced = begin_body(2, undef, 300 * 1024);
	ok(wait_for(sub { metric('rejected_memory_total') == 2 }), 'as is one whose length nobody knew');
	is(metric('body_bytes'), 2 * (300 - $uncounted) * 1024, 'and is not kept');
	syswrite $unannounced, "0\r\n\r\n";
	is(read_refusal($unannounced), '429 FDGW010 close closed', 'its sender is told at its end');
	is(scalar(() = $desk->log_of($desk->{gateway_pid}) =~ /127\.0\.0\.2 sends bodies of more than 524288 bytes.*trusted_proxies/g), 1, 'this is logged, once, with what to do');
	is(read_answer(send_webhook(2, 'small')), '200 stored', 'a small body has room');
	is(read_answer(send_webhook(3, large('neighbour'))), '200 stored', 'a large one of another address has');
	is(metric('body_bytes'), 2 * (300 - $uncounted) * 1024, 'and gives it back');

	syswrite $bodies[0], 'x';
	like(scalar raw_read($bodies[0], qr/\}/), qr{^HTTP/1\.1 400 }, 'what is there is looked at when its end comes');
	@bodies = ();
	ok(wait_for(sub { metric('body_bytes') == 0 }), 'and what will never be complete is given back');
	is(read_answer(send_webhook(2, large('again'))), '200 stored', 'then the address has room');
	begin_bodies(9, 3, 300);
};

subtest 'what all send has a limit' => sub {
	restart_gateway(BODY_LIMIT => '400kB', BODY_MEMORY => '2MB');
	my @bodies = map { begin_bodies($_, 2, 300) } 11 .. 14; # 1888 kB of 2048
	is(read_refusal(begin_body(15, 300 * 1024, 0)), '503 FDGW010 close closed', 'one more is refused, whoever sends it');
	is(read_answer(send_webhook(20, 'small to the full')), '200 stored', 'a small body has room');
	@bodies[0, 1] = ();
	ok(wait_for(sub { metric('body_bytes') == 6 * (300 - $uncounted) * 1024 }), 'one sender leaves');
	is(read_answer(send_webhook(20, large('room'))), '200 stored', 'and there is room for a large one');
};

$holder->quit;
$desk->wait_for_rest($account);
unlike($desk->log_of($_), qr/assert|abort|core dumped|Segmentation|runtime error/i, 'no gateway fell over') for keys %{ $desk->{logs} };

done_testing();
