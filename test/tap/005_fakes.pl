# The stand-ins of OpenAI, Anthropic and Chatwoot: what they answer when they
# behave, and that every way of misbehaving truly happens on the wire.
# Needs neither PostgreSQL nor a network beyond loopback.
use strict;
use warnings;

use Errno qw(ECONNRESET);
use FindBin;
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Test::More;
use Time::HiRes qw(time);

my $fakes = "$FindBin::Bin/../fakes";
system("make -s -C '$fakes' all >&2") == 0 or die "could not build the fakes";

my $json = JSON::PP->new->utf8->canonical;
my $dir  = tempdir(CLEANUP => 1);
my $has_tls =
  system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    . " -keyout $dir/key -out $dir/cert >/dev/null 2>&1") == 0;

my @tls = $has_tls ? ("--tls-cert=$dir/cert", "--tls-key=$dir/key") : ();
my $pid = open(my $out, '-|', "$fakes/fake_services", @tls) or die $!;
END { local $?; kill 'KILL', $pid if $pid; }
my ($ready, $port, $tls_port) = split ' ', scalar <$out>;
is($ready, 'ready', 'says when it listens');

# --- A client that shows what happened on the wire -------------------------

sub connected {
  my $socket = IO::Socket::INET->new(
    PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or die $!;
  setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
  return $socket;
}

sub request_text {
  my ($method, $path, $body, %headers) = @_;
  $body = '' unless defined $body;
  $body = $json->encode($body) if ref $body;
  $headers{'Content-Length'} = length $body;
  return "$method $path HTTP/1.1\r\nHost: x\r\n"
    . join('', map { "$_: $headers{$_}\r\n" } sort keys %headers)
    . "\r\n$body";
}

# Reads one answer, or what there is of it: {status, headers, body, bytes,
# reads, end}, where end is whole, eof, reset or silence.
sub answer_of {
  my ($socket, $patience) = @_;
  my %seen = (bytes => '', reads => 0, end => 'silence', headers => {});
  my $select = IO::Select->new($socket);
  while ($select->can_read($patience || 10)) {
    my $got = sysread($socket, $seen{bytes}, 1 << 20, length $seen{bytes});
    $seen{end} = !defined $got ? ($! == ECONNRESET ? 'reset' : "error $!")
      : $got == 0 ? 'eof' : $seen{end};
    last unless $got;
    $seen{reads}++;
    next unless $seen{bytes} =~ /^(.*?)\r\n\r\n(.*)$/s;
    my ($head, $body) = ($1, $2);
    ($seen{status}) = $head =~ m{^HTTP/1\.1 (\d+)};
    $seen{headers}{lc $1} = $2 while $head =~ /^([^:\r\n]+): ([^\r\n]*)/mg;
    $seen{body} = $body;
    my $length = $seen{headers}{'content-length'};
    if (defined $length ? length $body >= $length : $body =~ /0\r\n\r\n$/) {
      $seen{end} = 'whole';
      last;
    }
  }
  return \%seen;
}

sub ask {
  my $socket = connected();
  print {$socket} request_text(@_);
  return answer_of($socket);
}

sub control {
  my ($method, $path, $body) = @_;
  my $answer = ask($method, "/_fake/$path", $body);
  return $answer->{status} == 200 ? $json->decode($answer->{body}) : $answer;
}

sub with_rule {
  my ($action, %match) = @_;
  control('POST', 'rules', [{ match => \%match, action => $action }]);
  control('DELETE', 'requests');
}

sub schema {
  my %properties = (
    intent => { type => 'string', enum => ['faq', 'job_application'] },
    priority => { type => 'string', enum => ['high', 'medium', 'low'] },
    route => { type => 'string',
      enum => ['high_priority', 'recruitment', 'campaign', 'stock_alert',
        'automated'] },
    sentiment => { type => 'number' },
    needs_human => { type => 'boolean' },
    escalation_reason => { type => ['string', 'null'] },
    confidence_score => { type => 'number' },
  );
  return { type => 'object', additionalProperties => JSON::PP::false,
    properties => \%properties, required => [sort keys %properties], @_ };
}

my %bearer = (Authorization => 'Bearer key');
my %x_key  = ('x-api-key' => 'key', 'anthropic-version' => '2023-06-01');
my %bot    = ('api_access_token' => 'bot-token');
my %user   = ('Api-Access-Token' => 'user-token');

sub openai {
  my ($text, $schema, %more) = @_;
  my %body = (model => 'gpt-6-luna', max_completion_tokens => 400,
    messages => [{ role => 'developer', content => 'Sort it.' },
      { role => 'user', content => $json->encode({ body => $text }) }], %more);
  $body{response_format} = { type => 'json_schema', json_schema =>
    { name => 'x', strict => JSON::PP::true, schema => $schema } } if $schema;
  return ask('POST', '/v1/chat/completions', \%body, %bearer);
}

sub anthropic {
  my ($text, $schema, %more) = @_;
  my %body = (model => 'claude-haiku-5-5', max_tokens => 400,
    messages => [{ role => 'user', content => $text }], %more);
  $body{output_config} = { format => { type => 'json_schema',
    schema => $schema } } if $schema;
  return ask('POST', '/v1/messages', \%body, %x_key);
}

sub choice { return $json->decode($_[0]->{body})->{choices}[0]; }
sub sorted { return $json->decode(choice($_[0])->{message}{content}); }

my $thread = '/api/v1/accounts/3/conversations/77';

sub post_message {
  return ask('POST', "$thread/messages", { content => $_[0],
    content_attributes => { mark => $_[0] } }, %bot);
}

sub stored {
  return [map { $_->{content} }
    @{ control('GET', 'conversations/77/messages')->{messages} }];
}

# --- Good behaviour --------------------------------------------------------

my %routes = (
  'My lawyer is angry' => 'high_priority',
  'They ask for my card number' => 'high_priority',
  'I want to apply as a nurse' => 'recruitment',
  'YES' => 'campaign',
  'yes of course' => 'automated',
  'Is it available in size 42?' => 'stock_alert',
  'Hello there' => 'automated',
  'angry [[route=stock_alert]]' => 'stock_alert',
);
for my $text (sort keys %routes) {
  is(sorted(openai($text, schema()))->{route}, $routes{$text},
    "route of: $text");
}

my $answer = openai('My lawyer is angry [[confidence_score=0.5]]', schema());
is_deeply(sorted($answer), { intent => 'faq', priority => 'high',
    route => 'high_priority', sentiment => -0.8,
    needs_human => JSON::PP::true, confidence_score => 0.5,
    escalation_reason => 'The customer asks for a person.' },
  'an OpenAI answer satisfies the schema, markers decide');
is($answer->{headers}{'x-ratelimit-reset-tokens'}, '6m0s', 'limit headers');
like($answer->{headers}{'x-request-id'}, qr/^req_/, 'request id header');
my $usage = $json->decode($answer->{body})->{usage};
is($usage->{total_tokens}, $usage->{prompt_tokens} +
  $usage->{completion_tokens}, 'usage adds up');

$answer = anthropic('I want to apply as a nurse', schema());
my $message = $json->decode($answer->{body});
is($json->decode($message->{content}[0]{text})->{route}, 'recruitment',
  'an Anthropic answer satisfies the schema');
is($message->{stop_reason}, 'end_turn', 'and ends its turn');
like(choice(openai('Hello'))->{message}{content}, qr/^Thank you/, 'prose');

# --- Requests the services refuse ------------------------------------------

sub refused {
  my ($answer, $status, $text, $name) = @_;
  is($answer->{status}, $status, "$name: status");
  like($answer->{body}, $text, "$name: text");
}

refused(ask('POST', '/v1/chat/completions', {}), 401, qr/API key/,
  'OpenAI without a key');
refused(openai('x', undef, top_k => 1), 400, qr/argument supplied: top_k/,
  'OpenAI with an unknown member');
refused(openai('x', undef, max_tokens => 1), 400, qr/unsupported_parameter/,
  'OpenAI with max_tokens');
refused(openai('x', schema(required => [])), 400, qr/invalid_json_schema/,
  'OpenAI with a schema that is not strict');
refused(ask('POST', '/v1/chat/completions', '{"a":1} x', %bearer), 400,
  qr/parse the JSON/, 'OpenAI with trailing bytes');
refused(ask('POST', '/v1/messages', {}, 'x-api-key' => 'k'), 400,
  qr/anthropic-version/, 'Anthropic without a version');
refused(ask('POST', '/v1/messages', {}), 401, qr/authentication_error/,
  'Anthropic without a key');
refused(ask('POST', '/v1/messages', { model => 'm', messages => [{}] },
    %x_key), 400, qr/max_tokens: Field required/,
  'Anthropic without max_tokens');
refused(anthropic('x', undef, store => 1), 400,
  qr/store: Extra inputs are not permitted/, 'Anthropic with an OpenAI member');
refused(anthropic(''), 400, qr/must be non-empty/, 'Anthropic without text');
refused(ask('POST', '/v1/messages', '{"a":"\ud800"}', %x_key), 400,
  qr/no low surrogate/, 'Anthropic with half a surrogate');
refused(ask('POST', "$thread/messages", {}), 401, qr/sign in or sign up/,
  'Chatwoot without a token');
refused(ask('GET', "$thread/messages", undef, %bot), 401,
  qr/not authorized for bots/, 'Chatwoot: a bot lists messages');
refused(ask('GET', '/api/v1/profile', undef, api_access_token => 'invalid'),
  401, qr/Invalid Access Token/, 'Chatwoot with an unknown token');

# --- Chatwoot's world ------------------------------------------------------

my $posted = $json->decode(post_message('one')->{body});
is($posted->{conversation_id}, 77, 'a message is created');
is($posted->{sender}{type}, 'agent_bot', 'by the bot');
post_message('two');
my $list = $json->decode(ask('GET', "$thread/messages?after=$posted->{id}",
    undef, %user)->{body});
is_deeply([map { $_->{content} } @{ $list->{payload} }], ['two'],
  'messages after an id');
is_deeply($list->{payload}[0]{content_attributes}, { mark => 'two' },
  'the marker is kept');
ask('POST', "$thread/labels", { labels => ['vip'] }, %bot);
ask('POST', "$thread/toggle_status", { status => 'open' }, %bot);
ask('POST', "$thread/toggle_priority", { priority => 'urgent' }, %bot);
ask('POST', "$thread/assignments", { assignee_id => 2 }, %bot);
ask('POST', "$thread/custom_attributes",
  { custom_attributes => { a => 1 } }, %bot);
my $state = $json->decode(ask('GET', $thread, undef, %bot)->{body});
is_deeply([@$state{qw(status priority labels custom_attributes)},
    $state->{meta}{assignee}{id}], ['open', 'urgent', ['vip'], { a => 1 }, 2],
  'a conversation keeps what it is told');
control('POST', 'seed', { conversations => [{ account_id => 3, id => 500,
      status => 'resolved', messages => [{ content => 'seeded' }] }],
  contacts => [{ name => 'Kim', phone_number => '+311' }] });
is(control('GET', 'conversations/500')->{messages}[0]{content}, 'seeded',
  'a seeded conversation');
my $found = $json->decode(ask('GET',
    '/api/v1/accounts/3/contacts/search?q=%2B311', undef, %user)->{body});
is($found->{payload}[0]{name}, 'Kim', 'a seeded contact');
refused(ask('POST', '/api/v1/accounts/3/contacts',
    { phone_number => '+311' }, %user), 422, qr/taken/, 'a contact twice');

# --- Misbehaviour on the wire ----------------------------------------------

with_rule({ delay_ms => 300 }, service => 'openai');
my $start = time;
is(openai('x')->{status}, 200, 'a delayed answer comes');
cmp_ok(time - $start, '>=', 0.3, 'and not before its time');
my $recorded = control('GET', 'requests?service=openai')->{requests}[0];
cmp_ok($recorded->{answer}{ms} - $recorded->{ms}, '>=', 300,
  'the record says so too');

with_rule({ status => 429, retry_after => 7 });
$answer = openai('x');
is($answer->{headers}{'retry-after'}, 7, '429 with Retry-After');
refused($answer, 429, qr/"rate_limit_exceeded"/, 'OpenAI 429');
refused(post_message('x'), 429, qr/^Retry later/, 'Chatwoot 429');
with_rule({ status => 529 });
refused(anthropic('x'), 529, qr/overloaded_error/, 'Anthropic 529');
with_rule({ status => 429, error_code => 'insufficient_quota' });
refused(openai('x'), 429, qr/"code":"insufficient_quota"/, 'a stop-type 429');
with_rule({ status => 500, error_code_integer => JSON::PP::true });
refused(openai('x'), 500, qr/"code":500/, 'an integer code');
with_rule({ status => 400, error_string => JSON::PP::true });
refused(openai('x'), 400, qr/^\{"error":"/, 'a bare error string');
with_rule({ status => 502, html => JSON::PP::true });
$answer = openai('x');
refused($answer, 502, qr/^<html>/, 'a page');
is($answer->{headers}{'content-type'}, 'text/html', 'says it is a page');
with_rule({ status => 418, body => 'teapot', headers => { 'X-Pot' => 'tea' } });
$answer = openai('x');
refused($answer, 418, qr/^teapot$/, 'a literal body');
is($answer->{headers}{'x-pot'}, 'tea', 'a literal header');

with_rule({ garbage => JSON::PP::true });
ok(!eval { $json->decode(openai('x')->{body}) }, 'garbage is no JSON');

with_rule({ half_body => JSON::PP::true });
$answer = openai('x');
is($answer->{end}, 'eof', 'half a body ends early');
is(length $answer->{body}, int($answer->{headers}{'content-length'} / 2),
  'in its middle');
with_rule({ reset => JSON::PP::true });
$answer = openai('x');
is_deeply([@$answer{qw(end bytes)}], ['reset', ''], 'a reset without a byte');
with_rule({ reset => 'half' });
$answer = openai('x');
is($answer->{end}, 'reset', 'a reset in the middle');
is($answer->{status}, 200, 'after a good head');
with_rule({ close => JSON::PP::true });
is_deeply([@{ openai('x') }{qw(end bytes)}], ['eof', ''], 'a silent close');

with_rule({ stall => JSON::PP::true });
my $socket = connected();
print {$socket} request_text('GET', '/api/v1/profile', undef, %user);
is_deeply([@{ answer_of($socket, 0.2) }{qw(end bytes)}], ['silence', ''],
  'a stalled connection');
is(control('GET', 'stats')->{chatwoot}{in_flight}, 1, 'is in flight');
close $socket;
with_rule({ stall => 'half' });
$socket = connected();
print {$socket} request_text('GET', '/api/v1/profile', undef, %user);
$answer = answer_of($socket, 0.2);
is($answer->{end}, 'silence', 'a stall in the middle');
is($answer->{status}, 200, 'after a good head');

with_rule({ slow_drip => { bytes => 50, ms => 5 } });
$start = time;
$answer = openai('x');
is($answer->{end}, 'whole', 'a slow drip ends');
cmp_ok($answer->{reads}, '>=', 2, 'in more than one read');
cmp_ok(time - $start, '>=', 0.05, 'and some time');

with_rule({ chunked => JSON::PP::true });
$answer = openai('x');
is($answer->{headers}{'transfer-encoding'}, 'chunked', 'a chunked answer');
like($answer->{body}, qr/^[0-9a-f]+\r\n\{"id"/, 'in chunks');
with_rule({ answer_twice => JSON::PP::true });
$socket = connected();
print {$socket} request_text('GET', '/api/v1/profile', undef, %user,
  Connection => 'close');
my $twice = '';
1 while sysread($socket, $twice, 65536, length $twice);
is(scalar(() = $twice =~ m{HTTP/1\.1 200}g), 2, 'an answer sent twice');

# --- Effects that go wrong -------------------------------------------------

control('POST', 'seed', { reset => JSON::PP::true });
with_rule({ duplicate => JSON::PP::true });
post_message('doubled');
is_deeply(stored(), ['doubled', 'doubled'], 'an effect that happens twice');

control('POST', 'seed', { reset => JSON::PP::true });
with_rule({ apply_then_close => JSON::PP::true });
is_deeply([@{ post_message('kept') }{qw(end bytes)}], ['eof', ''],
  'applied and closed: no answer');
is_deeply(stored(), ['kept'], 'applied and closed: effect');

control('POST', 'seed', { reset => JSON::PP::true });
with_rule({ apply_late_ms => 250 });
$start = time;
is(post_message('late')->{end}, 'eof', 'applied late: no answer');
is_deeply(stored(), [], 'applied late: no effect yet');
my $seen = [];
$seen = stored() until @$seen || time - $start > 10;
is_deeply($seen, ['late'], 'applied late: effect');
cmp_ok(time - $start, '>=', 0.25, 'applied late: in its time');

control('POST', 'seed', { reset => JSON::PP::true });
with_rule({ status => 500 });
post_message('refused');
is_deeply(stored(), [], 'an error has no effect');

# --- What models do --------------------------------------------------------

with_rule({ refusal => JSON::PP::true });
my $choice = choice(openai('x', schema()));
is($choice->{message}{content}, undef, 'OpenAI refuses: no content');
like($choice->{message}{refusal}, qr/sorry/, 'OpenAI refuses: refusal');
is($choice->{finish_reason}, 'stop', 'OpenAI refuses: as if it were well');
$message = $json->decode(anthropic('x')->{body});
is_deeply([@$message{qw(content stop_reason)}], [[], 'refusal'],
  'Anthropic refuses');

with_rule({ truncated => JSON::PP::true });
$choice = choice(openai('x', schema()));
is($choice->{finish_reason}, 'length', 'OpenAI cut: reason');
ok(!eval { $json->decode($choice->{message}{content}) }, 'OpenAI cut: JSON');
is($json->decode(anthropic('x')->{body})->{stop_reason}, 'max_tokens',
  'Anthropic cut: reason');

with_rule({ empty_content => JSON::PP::true });
is(choice(openai('x'))->{message}{content}, '', 'OpenAI says nothing');
is_deeply($json->decode(anthropic('x')->{body})->{content}, [],
  'Anthropic says nothing');
with_rule({ empty_choices => JSON::PP::true });
is_deeply($json->decode(openai('x')->{body})->{choices}, [], 'no choices');
with_rule({ content_filter => JSON::PP::true });
is(choice(openai('x'))->{finish_reason}, 'content_filter', 'a filter');
with_rule({ fenced_json => JSON::PP::true });
like(choice(openai('x', schema()))->{message}{content},
  qr/^```json\n\{.*\}\n```$/s, 'fenced JSON');
with_rule({ prose_around => JSON::PP::true });
like(choice(openai('x', schema()))->{message}{content}, qr/^Here .*\}\nLet/s,
  'prose around JSON');
with_rule({ thinking_first => JSON::PP::true });
is_deeply([map { $_->{type} }
    @{ $json->decode(anthropic('x')->{body})->{content} }],
  ['thinking', 'text'], 'thinking comes first');
with_rule({ bad_enum => JSON::PP::true });
is(sorted(openai('x', schema()))->{route}, 'none_of_these', 'a bad enum');
with_rule({ number_as_string => JSON::PP::true });
like(choice(openai('x', schema()))->{message}{content}, qr/"sentiment":"/,
  'a number as a string');
with_rule({ unknown_keys => JSON::PP::true });
ok(exists sorted(openai('x', schema()))->{nobody_asked_for}, 'unknown keys');
with_rule({ duplicate_keys => JSON::PP::true });
is(scalar(() = choice(openai('x', schema()))->{message}{content}
      =~ /"confidence_score"/g), 2, 'duplicate keys');
with_rule({ nul_in_content => JSON::PP::true });
like(openai('x', schema())->{body}, qr/[^\\]\\\\u0000/, 'NUL within JSON');
like(openai('x')->{body}, qr/[^\\]\\u0000/, 'NUL within prose');
with_rule({ lone_surrogate => JSON::PP::true });
like(openai('x', schema())->{body}, qr/[^\\]\\\\ud800/,
  'half a surrogate within JSON');
like(openai('x')->{body}, qr/[^\\]\\ud800/, 'half a surrogate within prose');
with_rule({ missing_usage => JSON::PP::true });
ok(!exists $json->decode(openai('x')->{body})->{usage}, 'no usage');
with_rule({ null_finish_reason => JSON::PP::true });
is(choice(openai('x'))->{finish_reason}, undef, 'no finish reason');
with_rule({ huge => { bytes => 3_000_000 } });
cmp_ok(length openai('x')->{body}, '>', 3_000_000, 'a huge answer');
with_rule({ content => 'just this' });
is(choice(openai('x'))->{message}{content}, 'just this', 'a scripted answer');
with_rule({ finish_reason => 'stop', tool_calls =>
    [{ id => 'c1', name => 'get_order', arguments => { no => '8' } }] });
$choice = choice(openai('x'));
is_deeply([$choice->{finish_reason},
    $choice->{message}{tool_calls}[0]{function}], ['stop',
    { name => 'get_order', arguments => '{"no":"8"}' }],
  'tool calls whose reason is stop');
is_deeply($json->decode(anthropic('x')->{body})->{content}[1]{input},
  { no => '8' }, 'a tool use');

# --- Which requests a rule takes -------------------------------------------

with_rule({ status => 500 }, service => 'openai', every => 3, times => 2);
is(join(' ', map { openai('x')->{status} } 1 .. 10),
  '200 200 500 200 200 500 200 200 200 200', 'every third, twice');
is(anthropic('x')->{status}, 200, 'and no other service');
with_rule({ status => 500 }, skip => 1, contains => 'poison');
is(join(' ', map { openai($_)->{status} } 'poison', 'sweet', 'poison'),
  '200 200 500', 'only what contains a word, after the first');
with_rule({ status => 500 }, path_contains => '/labels', method => 'GET');
is(ask('GET', "$thread/labels", undef, %bot)->{status}, 500, 'a path, GET');
is(ask('POST', "$thread/labels", {}, %bot)->{status}, 200, 'a path, POST');
my @runs;
for my $run (0, 1) {
  with_rule({ status => 500 }, probability => 0.5, seed => 42);
  $runs[$run] = join ' ', map { openai('x')->{status} } 1 .. 40;
}
is($runs[0], $runs[1], 'chance repeats with its seed');
like($runs[0], qr/200.*500|500.*200/, 'and is chance');
refused(ask('POST', '/_fake/rules', [{ action => { dealy_ms => 1 } }]), 400,
  qr/dealy_ms/, 'an unknown action');
refused(ask('POST', '/_fake/rules', [{ match => { serivce => 1 } }]), 400,
  qr/serivce/, 'an unknown match');
control('DELETE', 'rules');

# --- Records ---------------------------------------------------------------

control('DELETE', 'requests');
$socket = connected();
print {$socket} request_text('POST', "$thread/messages",
  { content => "a \"quote\" and \x{e9}" }, %bot);
answer_of($socket);
print {$socket} request_text('POST', "$thread/messages", 'no JSON', %bot);
answer_of($socket);
my ($first, $second) = @{ control('GET', 'requests?path=/messages')->{requests} };
is($first->{body}{content}, "a \"quote\" and \x{e9}", 'a body is kept');
is($first->{headers}{api_access_token}, 'bot-token', 'headers are kept');
is($second->{connection}, $first->{connection}, 'keep-alive is visible');
is_deeply([@$second{qw(body_text)}, $second->{answer}{status}],
  ['no JSON', 400], 'what is no JSON is kept as text');
is(scalar @{ control('GET', "requests?since=$first->{n}")->{requests} }, 1,
  'only later ones');
control('POST', 'recording', { enabled => JSON::PP::false });
openai('x');
is(scalar @{ control('GET', 'requests')->{requests} }, 2, 'recording is off');
control('POST', 'recording', { enabled => JSON::PP::true });

$socket = connected();
print {$socket} "POST $thread/messages HTTP/1.1\r\nHost: x\r\n"
  . "api_access_token: bot\r\nTransfer-Encoding: chunked\r\n\r\n"
  . "6\r\n{\"cont\r\n8\r\nent\":\"c\"\r\n1\r\n}\r\n0\r\n\r\n";
is($json->decode(answer_of($socket)->{body})->{content}, 'c',
  'a chunked request');

# --- Many at once ----------------------------------------------------------

control('POST', 'latency', { chatwoot => 400 });
control('DELETE', 'requests');
$start = time;
my @waiting = map { connected() } 1 .. 300;
print {$_} request_text('GET', '/api/v1/profile', undef, %user) for @waiting;
my $whole = grep { answer_of($_)->{end} eq 'whole' } @waiting;
is($whole, 300, 'three hundred wait together');
cmp_ok(time - $start, '<', 120, 'not one after another');
cmp_ok(control('GET', 'stats')->{chatwoot}{max_in_flight}, '>=', 100,
  'and were in flight together');
control('POST', 'latency', { chatwoot => 0 });

SKIP: {
  skip 'openssl cannot make a certificate', 2 unless $has_tls;
  my $text = request_text('GET', '/api/v1/profile', undef, %user,
    Connection => 'close');
  open(my $file, '>', "$dir/request") or die $!;
  print {$file} $text;
  close $file;
  my $got = `openssl s_client -connect 127.0.0.1:$tls_port -quiet -ign_eof < $dir/request 2>/dev/null`;
  like($got, qr/agent1\@example/, 'the same over TLS');
  ok(control('GET', 'requests?path=profile')->{requests}[-1]{tls},
    'and the record says so');
}

# --- A world that survives -------------------------------------------------

my @keeping = ("$fakes/fake_services", '--no-record', "--journal=$dir/journal");
my ($first_pid, $first_port) = ($pid, $port);
my (%before, %after);
for my $life (\%before, \%after) {
  my $keeper = open(my $told, '-|', @keeping) or die $!;
  (undef, $port) = split ' ', scalar <$told>;
  if ($life == \%before) {
    ask('POST', "/api/v1/accounts/3/conversations/61/messages", { content => "said $_" }, %bot) for 1 .. 3;
    ask('POST', "/api/v1/accounts/3/conversations/61/toggle_status", { status => 'open' }, %bot);
    ask('POST', "/api/v1/accounts/3/conversations/61/toggle_status", { status => 'nonsense' }, %bot);
  }
  $life->{messages} = control('GET', 'conversations/61/messages')->{messages};
  $life->{status} = control('GET', 'conversations/61')->{status};
  $life->{next} = $json->decode(ask('POST', "/api/v1/accounts/3/conversations/62/messages", { content => 'and' }, %user)->{body})->{id};
  kill 'KILL', $keeper;
  waitpid $keeper, 0;
}
($pid, $port) = ($first_pid, $first_port);
is(scalar @{ $after{messages} }, 3, 'a journal brings the messages back');
is_deeply($after{messages}, $before{messages}, 'as they were');
is($after{status}, 'open', 'and what else was done, but not what was refused');
cmp_ok($after{next}, '>', $before{next}, 'ids go on where they were');
open(my $journal, '<', "$dir/journal") or die $!;
my @effects = map { $json->decode($_) } <$journal>;
is(join(' ', map { $_->{path} =~ m{(\w+)$} } @effects), 'messages messages messages toggle_status messages messages', 'one line per effect');
is($effects[0]{body}{content} . $effects[0]{id}, "said 1$before{messages}[0]{id}", 'with what was said, and the id it got');

# --- The end ---------------------------------------------------------------

kill 'TERM', $pid;
waitpid $pid, 0;
is($?, 0, 'SIGTERM ends it with 0');
undef $pid;
done_testing();
