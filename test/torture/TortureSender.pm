# TortureSender.pm: Chatwoot's side of the webhooks: many at a time, signed
# when they leave, told again until they are acknowledged.
#
#	my $sender = TortureSender->new(desk => $desk);
#	$sender->tell(account => $account, body => $json, acknowledged => sub { … });
#	$sender->drive(0.01);       # moves everything forward, waits that long
#
# Nothing blocks but the connecting, which on loopback does not.
package TortureSender;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

use constant PATIENCE => 20;    # seconds that an answer may take
use constant PAUSE => 0.7;      # between two attempts
use constant ATTEMPTS => 40;

sub new
{
	my ($class, %option) = @_;
	return bless { %option, select => IO::Select->new, open => {}, queue => [], statuses => {}, given_up => 0 }, $class;
}

# Takes a webhook of an account over; `body` is its JSON, `acknowledged` is called
# with the status that a 200 told.
sub tell
{
	my ($self, %webhook) = @_;
	push @{ $self->{queue} }, { attempts => 0, due => 0, %webhook };
	return;
}

sub is_idle { my ($self) = @_; return !@{ $self->{queue} } && !%{ $self->{open} } }
sub waiting { my ($self) = @_; return @{ $self->{queue} } + keys %{ $self->{open} } }

sub post
{
	my ($self, $webhook) = @_;
	my $headers = $self->{desk}->webhook_headers($webhook->{account}, $webhook->{body});
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{desk}{gateway_port}, Timeout => 2);

	$webhook->{attempts}++;
	return $self->try_again($webhook, 'not connected') unless $socket;
	$socket->blocking(0);
	my $sent = syswrite $socket, join('', "POST /rpc/chatwoot_webhook HTTP/1.1\r\nHost: torture\r\nConnection: close\r\n",
		'Content-Length: ' . length($webhook->{body}) . "\r\n", (map { "$_: $headers->{$_}\r\n" } keys %$headers), "\r\n", $webhook->{body});
	return $self->try_again($webhook, 'not sent') unless $sent;
	$self->{open}{ fileno $socket } = { webhook => $webhook, socket => $socket, since => time, answer => '' };
	$self->{select}->add($socket);
	return;
}

sub try_again
{
	my ($self, $webhook, $why) = @_;

	$self->{statuses}{$why}++;
	if ($webhook->{attempts} >= ATTEMPTS)
	{
		$self->{given_up}++;
		return;
	}
	$webhook->{due} = time + PAUSE;
	push @{ $self->{queue} }, $webhook;
	return;
}

sub close_call
{
	my ($self, $call) = @_;
	$self->{select}->remove($call->{socket});
	delete $self->{open}{ fileno $call->{socket} };
	close $call->{socket};
	return;
}

# A whole answer has come, or the connection has gone.
sub finish
{
	my ($self, $call) = @_;
	my ($status) = $call->{answer} =~ m{^HTTP/1\.1 (\d+)};
	my ($said) = $call->{answer} =~ /\r\n\r\n\{"status": "(\w+)"/;

	$self->close_call($call);
	return $self->try_again($call->{webhook}, $status // 'cut off') unless ($status // 0) == 200 && $said;
	$self->{statuses}{"200 $said"}++;
	$call->{webhook}{acknowledged}->($said) if $call->{webhook}{acknowledged};
	return;
}

sub read_more
{
	my ($self, $call) = @_;
	my $got = sysread $call->{socket}, $call->{answer}, 65536, length $call->{answer};

	return if !defined $got && $!{EAGAIN};
	return $self->finish($call) unless $got;
	my ($length) = $call->{answer} =~ /\r\ncontent-length: (\d+)\r\n/i;
	$self->finish($call) if defined $length && $call->{answer} =~ /\r\n\r\n/ && length($call->{answer}) >= $+[0] + $length;
	return;
}

sub drive
{
	my ($self, $seconds) = @_;
	my $now = time;
	my @due = grep { $_->{due} <= $now } @{ $self->{queue} };

	$self->{queue} = [ grep { $_->{due} > $now } @{ $self->{queue} } ] if @due;
	$self->post($_) for @due;
	for my $call (grep { $_->{since} < $now - PATIENCE } values %{ $self->{open} })
	{
		$self->close_call($call);
		$self->try_again($call->{webhook}, 'no answer');
	}
	return Time::HiRes::sleep($seconds) unless %{ $self->{open} };
	$self->read_more($self->{open}{ fileno $_ }) for $self->{select}->can_read($seconds);
	return;
}

1;
