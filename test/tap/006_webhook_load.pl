# The load generator against a gateway of a few lines: what it sends is signed
# and fresh, and a closed loop of conversations waits for every reply.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use FindBin;
use IO::Select;
use IO::Socket::INET;
use IPC::Open3;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Symbol qw(gensym);
use Test::More;

my $bench = "$FindBin::Bin/../bench";
system("make -s -C '$bench' all >&2") == 0 or die "could not build";
my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1')
  or die $!;
my $url = 'http://127.0.0.1:' . $listener->sockport . '/rpc/chatwoot_webhook';

# Takes one request off a buffer: (head, body), or nothing yet.
sub take_request {
  my ($buffer) = @_;
  return unless $$buffer =~ /^(.*?\r\n)\r\n/s;
  my $head = $1;
  my ($length) = $head =~ /^content-length: (\d+)/mi;
  return if length $$buffer < length($head) + 2 + $length;
  my $body = substr $$buffer, length($head) + 2, $length;
  $$buffer = substr $$buffer, length($head) + 2 + $length;
  return ($head, $body);
}

# Tells Chatwoot, that is the load generator, of a message.
sub reply {
  my ($to, $conversation, $note) = @_;
  my $body = encode_json({ content => 'Thank you',
      private => $note ? JSON::PP::true : JSON::PP::false });
  print {$to} "POST /api/v1/accounts/3/conversations/$conversation/messages "
    . "HTTP/1.1\r\nHost: x\r\nContent-Length: " . length($body)
    . "\r\n\r\n$body";
}

# Runs the generator; the callback answers each webhook with
# [status, number of replies, number of notes].
sub run_load {
  my ($decide, @options) = @_;
  my $err = gensym;
  my $pid = open3(my $in, my $out, $err, "$bench/webhook_load", "--url=$url",
    '--json', @options);
  my $replies;
  if (grep { /^--reply-port/ } @options) {
    my ($port) = scalar(<$err>) =~ /^replies (\d+)/;
    $replies = IO::Socket::INET->new("127.0.0.1:$port") or die $!;
    $replies->autoflush(1);
  }
  my $select = IO::Select->new($listener, $out, $replies ? $replies : ());
  my (%buffers, $done, @seen);
  until ($done) {
    for my $ready ($select->can_read(20)) {
      if ($ready == $listener) {
        my $conn = $listener->accept;
        $conn->autoflush(1);
        $select->add($conn);
      } elsif ($ready == $out) {
        $done = <$out>;
        last;
      } elsif (!sysread($ready, $buffers{$ready}, 65536,
          length($buffers{$ready} // ''))) {
        $select->remove($ready);
        close $ready;
      } elsif (!$replies || $ready != $replies) {
        while (my ($head, $body) = take_request(\$buffers{$ready})) {
          my $webhook = { head => $head, raw => $body,
            body => decode_json($body) };
          push @seen, $webhook;
          my ($status, $messages, $notes) = @{ $decide->($webhook) };
          print {$ready} "HTTP/1.1 $status X\r\nContent-Length: 2\r\n\r\n{}";
          my $id = $webhook->{body}{conversation}{id};
          reply($replies, $id, 1) for 1 .. $notes || 0;
          reply($replies, $id, 0) for 1 .. $messages || 0;
        }
      }
    }
  }
  waitpid $pid, 0;
  return (decode_json($done), @seen);
}

my ($report, @seen) = run_load(sub { [200] }, '--total=200',
  '--connections=4', '--secret=s3cr3t', '--user=login:password');
is($report->{acknowledged}, 200, 'all were acknowledged');
is($report->{connections}, 4, 'over connections that stay');
my ($signature) = $seen[7]{head} =~ /^X-Chatwoot-Signature: sha256=(\w+)\r/m;
my ($timestamp) = $seen[7]{head} =~ /^X-Chatwoot-Timestamp: (\d+)\r/m;
is($signature, hmac_sha256_hex("$timestamp.$seen[7]{raw}", 's3cr3t'),
  'signed as Chatwoot signs');
my $basic = encode_base64('login:password', '');
like($seen[7]{head}, qr/^Authorization: Basic \Q$basic\E\r/m, 'credentials');
my %ids = map { $_->{body}{id} => 1 } @seen;
is(scalar keys %ids, 200, 'every message is fresh');
my %routes;
$routes{ $_->{body}{content} =~ /\[\[route=(\w+)\]\]/ ? $1 : '' }++ for @seen;
is(scalar keys %routes, 5, 'a mix of five kinds');
cmp_ok($routes{recruitment}, '>', $routes{automated}, 'in their order');
cmp_ok(abs(length($seen[7]{raw}) - 2700), '<', 300, 'of the usual size');
is($seen[7]{body}{conversation}{messages}[0]{id}, $seen[7]{body}{id},
  'the same id inside');

($report, @seen) = run_load(sub {
    [200, 1];
  }, '--closed-conversations=5', '--total=100', '--reply-port=0',
  '--connections=2');
is($report->{replies}, 100, 'every reply closes its message');
is($report->{missing_replies} + $report->{unexpected_replies}, 0,
  'none missing, none too many');
is(scalar keys %{ { map { $_->{body}{conversation}{id} => 1 } @seen } }, 5,
  'five conversations');
is($report->{reply_ms}{count}, 100, 'every reply was timed');

($report) = run_load(sub { [200, 2] }, '--closed-conversations=1', '--fresh',
  '--total=10', '--reply-port=0', '--connections=1');
is($report->{replies}, 10, 'double replies: each message closes once');
cmp_ok($report->{unexpected_replies}, '>=', 9, 'double replies are noticed');

($report) = run_load(sub {
    $_[0]{body}{content} =~ /high_priority/ ? [200, 0, 1] : [200, 1, 1];
  }, '--closed-conversations=3', '--total=60', '--reply-port=0',
  '--notes-close', '--mix=40,0,0,0,60');
is($report->{replies}, 60, 'urgent ones end with their note');
is($report->{private_notes}, 60, 'notes are counted');

($report) = run_load(sub { [200, 0] }, '--closed-conversations=2',
  '--total=4', '--reply-port=0', '--reply-timeout=0.2');
is($report->{missing_replies}, 4, 'replies that never come are missing');

my $turn = 0;
($report) = run_load(sub { [++$turn % 2 ? 503 : 200] }, '--total=20',
  '--connections=1');
is_deeply($report->{statuses}, { 200 => 10, 503 => 10 }, 'errors by status');

($report) = run_load(sub { [200, 1] }, '--paced', '--total=20',
  '--seconds=0.4', '--reply-port=0');
is($report->{replies}, 20, 'paced conversations are all answered');
cmp_ok($report->{seconds}, '>=', 0.38, 'over the time they were given');

done_testing();
