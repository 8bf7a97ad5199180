# A delivery leaves soon after it was marked as being sent, or not at all: an
# owner that stood still meanwhile must not speak after its successor has
# looked and found nothing.  Here it is the connection that takes long.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

my $desk = Frontdesk->start(conf => "frontdesk.settle_time = 300ms\nfrontdesk.http_connect_timeout = 60s\n");
my $account = $desk->account('Clinic', models => 0);

# A Chatwoot that lets nobody in as long as two others stand at its door: the
# kernel drops whoever comes next, who knocks again after a second.
my $door = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
my $port = $door->sockport;
my @idlers = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) // die $! } 1 .. 2;
$desk->sql("UPDATE frontdesk.sites SET url = 'http://127.0.0.1:$port' WHERE account_id = $account->{id}");

sub is_knocking
{
	my $state = sprintf ':%04X 02 ', $port;    # SYN sent to our port
	open my $in, '<', '/proc/net/tcp' or die $!;
	return grep { index($_, $state) > 0 } <$in>;
}

my $event = $desk->message_event($account, 'Hello');
is($desk->post_webhook($account, $event)->{status}, 200, 'a message');
$desk->wait_until(q{SELECT count(*) = 1 FROM frontdesk.deliveries WHERE status = 'sending'}, 'its reply to be marked');
ok($desk->wait_for('a knock', \&is_knocking), 'the connection for it is not made yet');
my $marked = time;
$desk->wait_for('the time to leave to be over', sub { time > $marked + 2 });
$door->accept for 1 .. 2;

# Takes connections and reads what comes on each, until there was a request.
my @heard;
my $select = IO::Select->new;
while (!grep { /\r\n\r\n/ } @heard)
{
	$select->add($door);
	for my $ready ($select->can_read(120))
	{
		last if $ready != $door;
		my $guest = $door->accept;
		my $text = '';
		while (sysread $guest, $text, 65536, length $text)
		{
			last if $text =~ /\r\n\r\n\{.*\}/s;
		}
		push @heard, $text;
		print {$guest} "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\nConnection: close\r\n\r\n{\"id\":9}" if length $text;
	}
}
is(join('', @heard[0 .. $#heard - 1]), '', 'a connection that came too late carries not a byte');
like($heard[-1], qr{^POST /api/v1/accounts/3/conversations/\d+/messages }, 'the next one carries the reply');
$desk->wait_for_rest($account);
is($desk->sql('SELECT status, attempts > 1, remote_id FROM frontdesk.deliveries'), 'sent|t|9', 'it was said once, at a later attempt');

done_testing();
