# What leaves for Chatwoot: every kind of delivery as the far side saw it, what
# our rows say afterwards, and what happens when Chatwoot misbehaves.
use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $fakes = "$FindBin::Bin/../fakes";
system("make -s -C '$fakes' all >&2") == 0 or die "could not build the fakes";
my $pid = open(my $out, '-|', "$fakes/fake_services") or die $!;
END { local $?; kill 'KILL', $pid if $pid; }
my (undef, $port) = split ' ', scalar <$out>;
my $http = HTTP::Tiny->new;

sub control {
  my ($method, $path, $body) = @_;
  my $answer = $http->request($method, "http://127.0.0.1:$port/_fake/$path",
    { content => defined $body ? encode_json($body) : '' });
  die "$path: $answer->{status} $answer->{content}" unless $answer->{success};
  return $answer->{content} =~ /^[\[{]/ ? decode_json($answer->{content}) : undef;
}

# --- A front desk whose graph says one of everything ------------------------

my $keys = tempdir(CLEANUP => 1);
open(my $key, '>', "$keys/key") or die $!;
print $key '07' x 32, "\n";
close $key;
chmod 0600, "$keys/key";

my $desk = PostgreSQL::Test::Cluster->new('main');
$desk->init;
$desk->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'pg_frontdesk'
frontdesk.databases = 'postgres'
frontdesk.key_file = '$keys/key'
frontdesk.egress_allow_private = on
frontdesk.quiet_time = 0
frontdesk.settle_time = 100
CONF
$desk->start;
$desk->safe_psql('postgres', 'CREATE EXTENSION pg_frontdesk');

my $account = $desk->safe_psql('postgres', q{SELECT frontdesk.add_account('Test')});
my $site = $desk->safe_psql('postgres',
  "SELECT frontdesk.add_site($account, 'http://127.0.0.1:$port', 3, 'bot-1', 'user-1')");
my $credentials = $desk->safe_psql('postgres',
  "SELECT login || ':' || password FROM frontdesk.register_webhook($account, $site, signed => false)");
my $headers = encode_json({ authorization => 'Basic ' . encode_base64($credentials, '') });

# the recorded message is old, of one contact, and says the same each time
$desk->safe_psql('postgres', 'UPDATE frontdesk.people_rules SET answer_within = NULL, split_within = NULL, repeat_limit = NULL, reply_limit = NULL WHERE account_id = 0');

# What a message asks for is what the graph delivers.
$desk->safe_psql('postgres', <<"SQL");
CREATE FUNCTION frontdesk.speak(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb
LANGUAGE sql AS \$\$ SELECT (state ->> 'content')::jsonb \$\$;
-- what belongs to the extension runs in the batch
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.speak(integer, uuid, jsonb);
INSERT INTO frontdesk.graphs (account_id, name, version, entry, active)
VALUES ($account, 'conversation', 1, 'speak', true);
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function)
VALUES ($account, 'conversation', 1, 'speak', 'function', 'speak');
SQL

my $body = PostgreSQL::Test::Utils::slurp_file(
  "$FindBin::Bin/../fixtures/chatwoot/incoming-whatsapp.json");
my $next_id = 500;

# A customer's message in a conversation; the bot will do what `patch` says.
sub hear {
  my ($conversation, $patch) = @_;
  my $event = decode_json($body);
  $event->{id} = ++$next_id;
  $event->{source_id} = "w$next_id";
  $event->{content} = JSON::PP->new->encode($patch);
  $event->{conversation}{id} = $conversation;
  return deliver($event);
}

sub deliver {
  my ($event) = @_;
  my $text = encode_json($event);
  return $desk->safe_psql('postgres',
    "SET request.headers = \$h\$$headers\$h\$; SELECT frontdesk.chatwoot_webhook(convert_from(decode('"
      . encode_base64($text, '') . "', 'base64'), 'UTF8')::json) ->> 'status'");
}

# Waits until nothing of a conversation is under way; its deliveries.
sub settled {
  my ($conversation, $count) = @_;
  my $deliveries = "frontdesk.deliveries AS d JOIN frontdesk.conversations AS c"
    . " ON c.account_id = d.account_id AND c.id = d.thread_id WHERE c.display_id = $conversation";
  $desk->poll_query_until('postgres',
    "SELECT count(*) >= $count AND bool_and(d.status IN ('sent', 'dead')) FROM $deliveries")
    or die "conversation $conversation did not settle: " . $desk->safe_psql('postgres',
    "SELECT d.kind, d.status, d.attempts, d.failure FROM $deliveries");
  return $desk->safe_psql('postgres',
    "SELECT string_agg(d.kind || ' ' || d.status, ', ' ORDER BY d.seq) FROM $deliveries");
}

sub requests {
  my ($conversation) = @_;
  return grep { $_->{path} =~ m{/conversations/$conversation/|/bulk_actions} }
    @{ control('GET', 'requests?service=chatwoot')->{requests} };
}

# --- One of everything ------------------------------------------------------

# bulk actions are applied later; Chatwoot answers with nothing
control('POST', 'rules', [ { match => { path_contains => '/bulk_actions' }, action => { status => 200, body => '' } } ]);

is(hear(11, {
      agent_response => "Ol\x{e1}! \"quoted\"\n",
      deliver => [
        { kind => 'note', content => 'For colleagues of {{contact.name}} {% raw %}, @Ann(mention://user/7/Ann) @all(Mention://team/1/all)' },
        { kind => 'priority', priority => 'urgent' },
        { kind => 'status', status => 'open' },
        { kind => 'assign', assignee_id => 7 },
        { kind => 'attributes', plan => 'gold', visits => 3 },
        { kind => 'typing', on => JSON::PP::true },
        { kind => 'labels', add => ['vip', 'retorno'] },
      ] }), 'stored', 'a message came in');
is(settled(11, 8),
  'note sent, priority sent, status sent, assign sent, attributes sent, typing sent, labels sent, reply sent',
  'all deliveries settled, in order');

my @seen = requests(11);
my %sent = map { ($_->{path} =~ m{([a-z_]+)$})[0] . ($_->{body}{private} ? '/note' : '') => $_ } @seen;
is(scalar @seen, 8, 'one request each');
is_deeply([ grep { $_->{headers}{'api-access-token'} ne 'bot-1' && $_->{path} !~ /bulk/ } @seen ], [],
  'the bot speaks with its own token');
is($sent{bulk_actions}{headers}{'api-access-token'}, 'user-1', 'bulk actions take the user\'s');
is($sent{messages}{path}, '/api/v1/accounts/3/conversations/11/messages', 'the address');
is($sent{messages}{headers}{'content-type'}, 'application/json', 'JSON');
is($sent{messages}{body}{content}, "Ol\x{e1}! \"quoted\"", 'the text');
is($sent{messages}{body}{message_type}, 'outgoing', 'as an outgoing message');
like($sent{messages}{body}{content_attributes}{frontdesk}, qr{^[0-9a-f-]{36}/8$}, 'with our marker');
ok(!$sent{messages}{body}{private}, 'public');
is($sent{'messages/note'}{body}{content}, 'For colleagues of { {contact.name}} { % raw %}, @Ann(mention: //user/7/Ann) @all(Mention: //team/1/all)',
	'the note is private, its Liquid tags broken, and nobody is called by what it quotes');
is_deeply($sent{toggle_priority}{body}, { priority => 'urgent' }, 'priority');
is_deeply($sent{toggle_status}{body}, { status => 'open' }, 'status');
is_deeply($sent{assignments}{body}, { assignee_id => 7 }, 'assignment');
is_deeply($sent{custom_attributes}{body}, { custom_attributes => { plan => 'gold', visits => 3 } }, 'attributes');
is_deeply($sent{toggle_typing_status}{body}, { typing_status => 'on' }, 'typing');
is_deeply($sent{bulk_actions}{body},
  { type => 'Conversation', ids => [11], labels => { add => [ 'vip', 'retorno' ] } }, 'labels are added');

is($desk->safe_psql('postgres',
    "SELECT string_agg(concat_ws(' ', m.direction, m.author, m.private, m.status, m.chatwoot_message_id IS NOT NULL), ', ' ORDER BY m.seq)
     FROM frontdesk.messages AS m JOIN frontdesk.conversations AS c ON c.account_id = m.account_id AND c.id = m.conversation_id
     WHERE c.display_id = 11"),
  'incoming customer f t, outgoing bot t sent t, outgoing bot f sent t', 'what was said is in our rows');
is($desk->safe_psql('postgres',
    "SELECT concat_ws(' ', status, priority, assignee_id, labels, attributes, handled_by) FROM frontdesk.conversations WHERE display_id = 11"),
  'open urgent 7 {retorno,vip} {"plan": "gold", "visits": 3} bot', 'and what was changed');

# --- Our own acts come back -------------------------------------------------

my $echo = decode_json(PostgreSQL::Test::Utils::slurp_file(
    "$FindBin::Bin/../fixtures/chatwoot/outgoing-bot.json"));
$echo->{id} = $desk->safe_psql('postgres',
  "SELECT chatwoot_message_id FROM frontdesk.messages WHERE author = 'bot' AND NOT private LIMIT 1") + 0;
$echo->{conversation}{id} = 11;
$echo->{conversation}{updated_at} += 1000;
$echo->{conversation}{status} = 'open';
$echo->{content_attributes}{frontdesk} = $sent{messages}{body}{content_attributes}{frontdesk};
is(deliver($echo), 'duplicate', 'the echo of our reply is known');

my $assigned = decode_json(PostgreSQL::Test::Utils::slurp_file(
    "$FindBin::Bin/../fixtures/chatwoot/conversation-updated-assignee.json"));
$assigned->{id} = 11;
$assigned->{updated_at} += 2000;
is(deliver($assigned), 'stored', 'the echo of our assignment');
is($desk->safe_psql('postgres', 'SELECT handled_by FROM frontdesk.conversations WHERE display_id = 11'),
  'bot', 'is no person taking over');

# --- Chatwoot misbehaves ----------------------------------------------------

sub misbehave { control('POST', 'rules', [ map { { match => { service => 'chatwoot', path_contains => '/messages', method => 'POST', times => 1 }, action => $_ } } @_ ]) }

sub public_messages {
  my ($conversation) = @_;
  my $there = control('GET', "conversations/$conversation/messages?account=3");
  return scalar grep { ($_->{content} // '') eq 'Once' } @{ $there->{messages} };
}

misbehave({ apply_then_close => JSON::PP::true });
hear(12, { agent_response => 'Once' });
is(settled(12, 1), 'reply sent', 'the connection broke after the effect: found by its marker');
is(public_messages(12), 1, 'and not sent again');

misbehave({ status => 500 });
hear(13, { agent_response => 'Once' });
is(settled(13, 1), 'reply sent', 'an error without effect: looked up, then sent');
is(public_messages(13), 1, 'once');

misbehave({ status => 429 });
hear(14, { agent_response => 'Once' });
is(settled(14, 1), 'reply sent', 'too many requests: sent later');

misbehave({ status => 422, body => '{"error": "Content is too long"}' });
hear(15, { agent_response => 'Once' });
is(settled(15, 4), 'reply dead, note sent, priority sent, status sent', 'refused: a dead letter, and people are told');
is($desk->safe_psql('postgres', "SELECT concat_ws(' ', d.failure ->> 'class', d.failure ->> 'code', d.failure ->> 'text')
    FROM frontdesk.deliveries AS d WHERE d.status = 'dead'"),
  'bad_request 422 Content is too long', 'that says why');

# what Chatwoot says may be no UTF-8, and comes into a row all the same
my $garbled = encode_json([ { match => { service => 'chatwoot', path_contains => '/messages', method => 'POST', times => 1 },
  action => { status => 422, body => '{"error": "Caf@ is closed"}' } } ]);
$garbled =~ s/@/\xE9/;
is($http->post("http://127.0.0.1:$port/_fake/rules", { content => $garbled })->{status}, 200, 'a rule that is no UTF-8');
hear(19, { agent_response => 'Once' });
is(settled(19, 4), 'reply dead, note sent, priority sent, status sent', 'refused in another encoding: a dead letter');
is($desk->safe_psql('postgres', "SELECT d.failure ->> 'text' = E'Caf\\uFFFD is closed'
    FROM frontdesk.deliveries AS d WHERE d.failure ->> 'text' LIKE '%closed'"), 't', 'that says why, as far as it can be read');
control('DELETE', 'rules');

# --- Without a user's token labels are sent as a whole ----------------------

$desk->safe_psql('postgres', "SELECT frontdesk.delete_secret($account, 'chatwoot_user_token:$site')");
hear(16, { deliver => [ { kind => 'labels', add => ['one'] } ] });
settled(16, 1);
hear(16, { deliver => [ { kind => 'labels', add => ['two'] } ] });
is(settled(16, 2), 'labels sent, labels sent', 'labels with the bot\'s token');
is_deeply([ map { $_->{body} } grep { $_->{path} =~ /labels$/ } requests(16) ],
  [ { labels => ['one'] }, { labels => [ 'one', 'two' ] } ], 'are the known ones and ours');

# --- What others have set has a bound, and is not overwritten with a part of it

sub others_set {
  my ($conversation, $labels, $attributes, $patch) = @_;
  my $event = decode_json($body);
  @$event{qw(id source_id content)} = (++$next_id, "w$next_id", JSON::PP->new->encode($patch));
  @{ $event->{conversation} }{qw(id labels custom_attributes)} = ($conversation, $labels, $attributes);
  return deliver($event);
}
sub details { return $desk->safe_psql('postgres', "SELECT cardinality(labels) || ' ' || length(attributes::text) FROM frontdesk.conversations WHERE display_id = $_[0]") }

my @one_of_each = (deliver => [ { kind => 'labels', add => ['three'] }, { kind => 'attributes', vip => JSON::PP::true } ]);
others_set(17, [ map { "label $_" } 1 .. 100 ], { notes => 'x' x 60_000 }, {@one_of_each});
is(settled(17, 2), 'labels sent, attributes sent', 'labels and attributes of others beside ours');
is(details(17), '101 60026', 'both are kept');
others_set(18, [ 'y' x 256, map { "label $_" } 1 .. 300 ], { notes => 'x' x 70_000 }, {@one_of_each});
is(settled(18, 2), 'labels dead, attributes dead', 'more than is kept is not set as a whole');
is((grep { $_->{path} =~ /labels$|attributes$/ } requests(18)), 0, 'Chatwoot hears nothing of it');
is(details(18), '200 29', 'two hundred labels are kept, and how long the attributes are');
like($desk->safe_psql('postgres', "SELECT string_agg(e, ' ') FROM frontdesk.explain_conversation('18', $account) AS e"),
  qr/200: what is behind.*have 70012 bytes/, 'explain_conversation() says so');
for my $told ([ [ 'vip' ], { notes => 'few' } ], [ [ map { "label $_" } 1 .. 300 ], { notes => 'x' x 70_000 } ]) {
  my $event = decode_json($body);
  $event = { %{ $event->{conversation} }, event => 'conversation_updated', account => $event->{account}, id => 18, labels => $told->[0],
    custom_attributes => $told->[1], updated_at => 4e9, changed_attributes => [ { labels => {} } ] };
  deliver($event);
  is(details(18), @{ $told->[0] } == 1 ? '1 16' : '200 29', 'as a description of the whole tells them anew');
}

# --- Transport local: the row is the reply ----------------------------------

my $local = $desk->safe_psql('postgres',
  "SELECT frontdesk.receive_message($account, 'webchat', 'visitor', '{\"agent_response\": \"Hello you\"}')");
$desk->poll_query_until('postgres',
  "SELECT count(*) = 2 FROM frontdesk.messages WHERE conversation_id = '$local'") or die;
is($desk->safe_psql('postgres', "SELECT author || ' ' || content FROM frontdesk.messages
    WHERE conversation_id = '$local' AND direction = 'outgoing'"), 'bot Hello you', 'a local reply');

# --- A person comes in between ----------------------------------------------

$desk->safe_psql('postgres', "SELECT frontdesk.take_over($account, '$local')");
$desk->safe_psql('postgres',
  "SELECT frontdesk.receive_message($account, 'webchat', 'visitor', '{\"agent_response\": \"No\"}', conversation_id => '$local')");
is($desk->safe_psql('postgres', "SELECT count(*) FROM frontdesk.mailbox WHERE thread_id = '$local'"), '0',
  'no turn while a person speaks');

# --- A transport that the library does not know -----------------------------

my $known = grep { $_->{path} =~ m{/conversations/12/} } requests(12);
$desk->safe_psql('postgres', <<"SQL");
ALTER TABLE frontdesk.services DISABLE TRIGGER services_before_write;
UPDATE frontdesk.services SET adapter = 'pigeon' WHERE account_id = $account AND id = $site;
ALTER TABLE frontdesk.services ENABLE TRIGGER services_before_write;
SELECT frontdesk.post_mail(c.account_id, c.id, 'deliver', '{"deliver": [{"kind": "reply", "content": "Coo"}, {"kind": "labels", "add": ["three"]}]}')
FROM frontdesk.conversations AS c WHERE c.account_id = $account AND c.display_id = 12;
SQL
like(settled(12, 3), qr/reply dead, labels dead$/, 'an unknown transport: dead letters');
is($desk->safe_psql('postgres', "SELECT DISTINCT concat_ws(' ', d.failure ->> 'class', d.failure ->> 'code', d.failure ->> 'text')
    FROM frontdesk.deliveries AS d WHERE d.failure ->> 'code' = 'transport'"),
  qq{unusable transport site $site has transport "pigeon", which this server's library does not know}, 'that say why');
is(scalar(grep { $_->{path} =~ m{/conversations/12/} } requests(12)), $known, 'and nothing was sent to what stands at its address');
like($desk->safe_psql('postgres', "SELECT string_agg(e, ' ') FROM frontdesk.explain_conversation(
    (SELECT c.id::text FROM frontdesk.conversations AS c WHERE c.account_id = $account AND c.display_id = 12), $account) AS e"),
  qr/at pigeon.*service_adapters\(\) lists.*replay_delivery\($account/s, 'a person is told what to do');
is(hear(12, {}), 'refused', 'and it is nobody that webhooks of Chatwoot come in for');

$desk->stop;
kill 'TERM', $pid;
close $out;
undef $pid;
done_testing();
