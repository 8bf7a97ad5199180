# RawHttp.pm: HTTP byte by byte, for what no well-behaved client would send.
package RawHttp;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

our @EXPORT = qw(raw_connect raw_read raw_exchange raw_request);

my $patience = 20;

sub raw_connect
{
	my ($port) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
	  or die "cannot connect: $!";
	$socket->autoflush(1);
	return $socket;
}

# Reads until the other side closes, or until the pattern is found; what came
# within the time is returned, and whether the connection was closed.
sub raw_read
{
	my ($socket, $pattern) = @_;
	my $select = IO::Select->new($socket);
	my $until = time + $patience;
	my $answer = '';

	while (time < $until)
	{
		return wantarray ? ($answer, 0) : $answer if defined $pattern && $answer =~ $pattern;
		next unless $select->can_read(0.2);
		my $count = sysread $socket, $answer, 65536, length $answer;
		return wantarray ? ($answer, 1) : $answer unless $count;
	}
	return wantarray ? ($answer, 0) : $answer;
}

# Sends bytes on a connection of their own and returns all that comes back.
sub raw_exchange
{
	my ($port, @parts) = @_;
	my $socket = raw_connect($port);
	local $SIG{PIPE} = 'IGNORE';

	syswrite $socket, $_ for @parts;
	return raw_read($socket);
}

# The bytes of a request; headers are a hash, or pairs in an array where one
# name comes twice.  The length is added unless a header speaks of it.
sub raw_request
{
	my ($method, $path, $headers, $body) = @_;
	my @pairs = ref $headers eq 'HASH' ? map { ($_, $headers->{$_}) } sort keys %$headers : @$headers;
	my $head = "$method $path HTTP/1.1\r\nHost: desk\r\n";

	$body //= '';
	push @pairs, 'Content-Length', length $body
	  unless grep { /^(content-length|transfer-encoding)$/i } @pairs;
	while (my ($name, $value) = splice @pairs, 0, 2)
	{
		$head .= "$name: $value\r\n";
	}
	return "$head\r\n$body";
}

1;
