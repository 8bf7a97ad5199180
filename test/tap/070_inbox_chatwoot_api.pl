# What leaves for Chatwoot, and that every effect takes place once, in order,
# however Chatwoot or the way to it misbehaves.
#
# The lanes under test come from a graph of an account's own, whose only step
# names the deliveries; so no model and no chance has a say in them.  Cases of
# a part run at once, each in a conversation of its own.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use JsonSchema;
use RequestFixture;
use Test::More;

my $fixtures = "$FindBin::Bin/../fixtures/chatwoot_api";
my $contracts = $ENV{FRONTDESK_CONTRACTS} // "$FindBin::Bin/../../../shared/contracts";
my $json = JSON::PP->new->utf8->canonical;
my $settle_ms = 1500;

# Cases fail side by side, in any order: five in a row would close the site to all others.
my $desk = Frontdesk->start(
	conf => "frontdesk.router_confidence = 1.01\nfrontdesk.settle_time = ${settle_ms}ms\nfrontdesk.http_timeout = 5s\nfrontdesk.breaker_failures = 1000\n");
my $worker = "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'";
my $worker_before = $desk->sql($worker);

# ---- short words ----

sub send_event
{
	my ($account, $event) = @_;
	my $answer = $desk->post_webhook($account, $event);
	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $answer->{json}{status};
}

# What Chatwoot saw of a conversation, in order.
sub seen
{
	my ($display) = @_;
	return grep { $_->{path} =~ m{/conversations/$display(?:/|$)} || $json->encode([ $_->{body} ]) =~ /"ids":\[$display\]/ }
	  $desk->requests('chatwoot');
}

sub posts { my ($display) = @_; return grep { $_->{method} eq 'POST' && $_->{path} =~ m{/messages$} } seen($display) }
sub lookups { my ($display) = @_; return grep { $_->{method} eq 'GET' && $_->{path} =~ m{/messages$} } seen($display) }

# What became of it: the messages of a conversation at Chatwoot.
sub world { my ($display) = @_; return @{ $desk->fake_control('GET', "conversations/$display/messages")->{messages} } }

sub said { my ($display) = @_; return join ' ', map { $_->{content} } world($display) }

sub thread
{
	my ($account, $display) = @_;
	return $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $account->{id} AND display_id = $display");
}

sub deliveries
{
	my ($account, $display) = @_;
	my $thread = thread($account, $display);
	return $desk->sql("SELECT string_agg(kind || ':' || status, ' ' ORDER BY seq) FROM frontdesk.deliveries
		WHERE account_id = $account->{id} AND thread_id = '$thread'");
}

# Messages that went out, as our own rows have them.
sub spoken
{
	my ($account, $display) = @_;
	my $thread = thread($account, $display);
	return $desk->sql("SELECT string_agg(author || ':' || content, ' ' ORDER BY seq) FROM frontdesk.messages
		WHERE account_id = $account->{id} AND conversation_id = '$thread' AND direction = 'outgoing'");
}

sub wait_for_world
{
	my ($what, $seen) = @_;
	my $until = time + 60;
	until ($seen->() || time > $until) { select undef, undef, undef, 0.02 }
	ok($seen->(), $what);
	return;
}

# Gives an account a graph of one step that names these deliveries.
sub give_lane
{
	my ($account, $name, $lane) = @_;
	my $list = $json->encode($lane);
	$desk->sql(<<"SQL");
CREATE FUNCTION frontdesk.$name(account_id integer, thread_id uuid, state jsonb) RETURNS jsonb LANGUAGE sql
SET search_path = pg_catalog, pg_temp AS \$f\$ SELECT jsonb_build_object('deliver', '$list'::jsonb) \$f\$;
-- what belongs to the extension runs in the batch
ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.$name(integer, uuid, jsonb);
INSERT INTO frontdesk.graphs (account_id, name, version, entry, active) VALUES ($account->{id}, 'conversation', 1, 'speak', true);
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function)
VALUES ($account->{id}, 'conversation', 1, 'speak', 'function', '$name');
SQL
	return;
}

# ---- escalation, as the account's settings say ----

my %expected = (person => '{"escalation": {"assignee_id": 2}}', team => '{"escalation": {"team_id": 5}}', nobody => '{}');
my %escalated;
for my $to (sort keys %expected)
{
	my $account = $desk->account("Escalates to $to");
	$desk->sql("UPDATE frontdesk.accounts SET settings = '$expected{$to}' WHERE id = $account->{id}");
	my $event = $desk->message_event($account, 'I am furious [[route=high_priority]] [[priority=high]] my card is 4111 1111 1111 1111');
	send_event($account, $event);
	$escalated{$to} = [ $account, $event->{conversation}{id} ];
}
$desk->wait_for_rest($_->[0]) for values %escalated;
for my $to (sort keys %escalated)
{
	my ($account, $display) = @{ $escalated{$to} };
	my @wanted = ('reply', 'note', 'priority', 'status', $to eq 'nobody' ? () : "assign_$to");
	my @got = seen($display);

	is(scalar @got, scalar @wanted, "escalation to $to: " . join(', ', @wanted));
	is_deeply([ map { RequestFixture->read_file("$fixtures/$wanted[$_].json")->faults($got[$_] // {}) } 0 .. $#wanted ], [],
		'each as its fixture says, in this order');
	is(deliveries($account, $display), join(' ', map { s/_.*//r . ':sent' } @wanted), 'the lane tells the same');
	my $there = $desk->fake_control('GET', "conversations/$display");
	is("$there->{status} $there->{priority}", 'open urgent', 'Chatwoot has it open and urgent');
	is(join(' | ', map { $_->{content} } grep { !$_->{private} } world($display)), 'Please do not send the numbers of cards or bank accounts here, and delete the message if you can. A colleague takes over and will answer you here.', 'the customer hears one sentence');
	is((world($display))[1]{private} ? 'private' : 'public', 'private', 'with a note that the customer never sees');
	unlike($got[1]{body}{content}, qr/4111 1111/, 'and that does not repeat the card');
}

# ---- stock: a reply, and labels beside those of others ----

my $shop = $desk->account('Shop');
my $small = $desk->account('Bot token only');
$desk->sql("SELECT frontdesk.delete_secret($small->{id}, 'chatwoot_user_token:$small->{site}')");
my %stock;
for my $account ($shop, $small)
{
	my $event = $desk->message_event($account, 'Tell me when it is back [[route=stock_alert]] [[stock_alert_requested=true]]');
	$event->{conversation}{labels} = ['vip'];
	$stock{ $account->{name} } = $event->{conversation}{id};
	$desk->fake_control('POST', 'seed', { conversations => [ { account_id => 3, id => $event->{conversation}{id}, labels => ['vip'] } ] });
	send_event($account, $event);
}
$desk->wait_for_rest($_) for $shop, $small;
for my $case ([ $shop, 'labels_added' ], [ $small, 'labels_replaced' ])
{
	my ($account, $fixture) = @$case;
	my $display = $stock{ $account->{name} };
	my @got = seen($display);
	is_deeply([ RequestFixture->read_file("$fixtures/reply.json")->faults($got[0] // {}) ], [], "$account->{name}: a reply");
	is_deeply([ RequestFixture->read_file("$fixtures/$fixture.json")->faults($got[4] // {}) ], [], 'and behind what people get the labels');
	is(scalar @got, 5, 'nothing else');
	is_deeply([ sort @{ $desk->fake_control('GET', "conversations/$display")->{labels} } ], [qw(fake-tag stock_alert vip)],
		"the label that was there is there still");
}

# ---- attributes, typing, and text that Chatwoot would evaluate ----

my $quiet = $desk->account('Quiet');
give_lane($quiet, 'speak_of_all', [ { kind => 'typing', on => JSON::PP::true }, { kind => 'attributes', seen => JSON::PP::true },
	{ kind => 'reply', content => 'Dear customer, {ok: yes}' } ]);
my $event = $desk->message_event($quiet, 'Hello');
$event->{conversation}{custom_attributes} = { plan => 'gold' };
send_event($quiet, $event);
$desk->wait_for_rest($quiet);
my $display = $event->{conversation}{id};
my @got = seen($display);
is_deeply([ map { RequestFixture->read_file("$fixtures/" . (qw(typing attributes reply))[$_] . '.json')->faults($got[$_] // {}) } 0 .. 2 ],
	[], 'typing, attributes and a reply leave as their fixtures say');
is($got[2]{body}{content}, 'Dear customer, {ok: yes}', 'the text is as it was');

# ---- misbehaviour ----

my $lane = $desk->account('Lane');
give_lane($lane, 'speak_twice', [ { kind => 'reply', content => 'first' }, { kind => 'priority', priority => 'high' }, { kind => 'reply', content => 'last' } ]);
my $speechless = $desk->account('Lane without a user token');
$desk->sql("SELECT frontdesk.delete_secret($speechless->{id}, 'chatwoot_user_token:$speechless->{site}')");
give_lane($speechless, 'speak_blindly', [ { kind => 'reply', content => 'first' }, { kind => 'priority', priority => 'high' }, { kind => 'reply', content => 'last' } ]);

# a token that is refused counts against the site: not against that of the others
my $stale = $desk->account('Lane whose token is refused');
give_lane($stale, 'speak_refused', [ { kind => 'reply', content => 'first' }, { kind => 'priority', priority => 'high' }, { kind => 'reply', content => 'last' } ]);

my $true = JSON::PP::true;
my $all_sent = 'reply:sent priority:sent reply:sent';
my $head_dead = 'reply:dead priority:sent reply:sent';
# name, account, rules on the first POST of a message and on the look-up,
# how often "first" left, how often it was looked up, what Chatwoot has, lane
my @cases = (
	[ 'good', $lane, undef, undef, 1, 0, 'first last', $all_sent ],
	[ 'apply then close', $lane, { apply_then_close => $true }, undef, 1, 1, 'first last', $all_sent ],
	[ 'reset before the effect', $lane, { reset => $true }, undef, 2, 1, 'theirs first last', $all_sent ],
	[ 'answer cut in the middle', $lane, { half_body => $true }, undef, 1, 1, 'first last', $all_sent ],
	[ 'answer that never ends', $lane, { stall => 'half' }, undef, 1, 1, 'first last', $all_sent ],
	[ 'no answer at all', $lane, { stall => $true }, undef, 2, 1, 'first last', $all_sent ],
	[ 'late effect', $lane, { apply_late_ms => 500 }, undef, 1, 1, 'first last', $all_sent ],
	[ '429 with Retry-After', $lane, { status => 429, retry_after => 2 }, undef, 2, 0, 'first last', $all_sent ],
	[ '429 without', $lane, { status => 429 }, undef, 2, 0, 'first last', $all_sent ],
	[ '500', $lane, { status => 500 }, undef, 2, 1, 'first last', $all_sent ],
	[ 'HTML 502', $lane, { status => 502, html => $true }, undef, 2, 1, 'first last', $all_sent ],
	[ 'garbage after the effect', $lane, { garbage => $true }, undef, 1, 0, 'first last', $all_sent ],
	[ '422', $lane, { status => 422, body => '{"error":"Content is not to our taste"}' }, undef, 1, 0, 'last', $head_dead ],
	[ '401', $stale, { status => 401 }, undef, 2, 0, 'first last', $all_sent ],
	[ '401 for want of a right', $stale, { status => 401, body => '{"error":"You are not authorized to do this action"}' }, undef, 1, 0, 'last', $head_dead ],
	[ '404', $lane, { status => 404 }, undef, 1, 0, 'last', $head_dead ],
	[ 'a look-up that fails once', $lane, { apply_then_close => $true }, { status => 500 }, 1, 2, 'first last', $all_sent ],
	[ 'a look-up that is refused', $lane, { apply_then_close => $true }, { status => 401 }, 1, 1, 'first last', $head_dead ],
	[ 'no token to look up with', $speechless, { apply_then_close => $true }, undef, 1, 0, 'first last', $head_dead ],
);
my %display;
my @rules;
for my $case (@cases)
{
	my ($name, $account, $post, $get) = @$case;
	my $told = $desk->message_event($account, "case: $name");
	my $path = "/conversations/$told->{conversation}{id}/messages";
	$display{$name} = $told->{conversation}{id};
	$case->[8] = $told;
	push @rules, { match => { service => 'chatwoot', method => 'POST', path_contains => $path, times => 1 }, action => $post } if $post;
	push @rules, { match => { service => 'chatwoot', method => 'GET', path_contains => $path, times => 1 }, action => $get } if $get;
}
# where the look-up must not take somebody else's message for ours
$desk->fake_control('POST', 'seed', { conversations => [ { account_id => 3, id => $display{'reset before the effect'},
	messages => [ { content => 'theirs', message_type => 1, content_attributes => { frontdesk => 'another/1' } } ] } ] });
$desk->rules(@rules);
send_event($_->[1], $_->[8]) for @cases;
$desk->wait_for_rest($_) for $lane, $speechless, $stale;
# What people are told of a reply that was refused for good.
sub but_people
{
	my ($told) = @_;
	$told =~ s/ (?:bot:)?A reply did not reach the customer: .*?\nIt was: first(?: priority priority)?//s;
	$told =~ s/ note:sent priority:sent status:sent$//;
	return $told;
}

for my $case (@cases)
{
	my ($name, $account, undef, undef, $sent, $looked, $world, $statuses) = @$case;
	my $number = $display{$name};
	my $order = join ' ', map { $_->{body}{content} // 'priority' } grep { $_->{method} eq 'POST' } seen($number);

	is(but_people($order), join(' ', ('first') x $sent, 'priority', 'last'), "$name: what left, in the lane's order");
	is(scalar lookups($number), $looked, "looked up $looked times");
	is(but_people(said($number)), $world, "Chatwoot has: $world");
	is(but_people(deliveries($account, $number)), $statuses, 'and the lane tells how it ended');
	is(but_people(spoken($account, $number)), join(' ', map { "bot:$_" } $statuses eq $head_dead ? 'last' : qw(first last)),
		'our rows hold what is known to be out');
}

like(said($display{'422'}), qr/A reply did not reach the customer: Content is not to our taste/, 'a reply that is refused for good is told to people');

# looked up with the user's token, behind the customer's message, after the settle time
for my $name (grep { $display{$_} } 'apply then close', 'late effect', 'reset before the effect')
{
	my ($post) = posts($display{$name});
	my ($lookup) = lookups($display{$name});
	is_deeply([ RequestFixture->read_file("$fixtures/lookup.json")->faults($lookup) ], [], "$name: looked up as the fixture says");
	like($lookup->{query}, qr/^after=\d+$/, 'from the last message that is known');
	cmp_ok($lookup->{ms} - $post->{ms}, '>=', $settle_ms, 'not before the settle time');
}
my ($late) = (posts($display{'429 with Retry-After'}))[1];
cmp_ok($late->{ms} - (posts($display{'429 with Retry-After'}))[0]{ms}, '>=', 2000, 'Retry-After is honoured');
cmp_ok($late->{ms} - (posts($display{'429 with Retry-After'}))[0]{ms}, '<', 30000, 'and not by much more');

# markers: every message that left twice left with the same one
for my $name (sort keys %display)
{
	my @first = grep { $_->{body}{content} eq 'first' } posts($display{$name});
	my %marker = map { $_->{body}{content_attributes}{frontdesk} => 1 } @first;
	is(scalar keys %marker, 1, "$name: one marker for \"first\"");
}

# remote ids are those of the messages found
for my $name ('good', 'apply then close', 'late effect')
{
	my $thread = thread($lane, $display{$name});
	is($desk->sql("SELECT string_agg(remote_id, ' ' ORDER BY seq) FROM frontdesk.deliveries
			WHERE account_id = $lane->{id} AND thread_id = '$thread' AND kind = 'reply'"),
		join(' ', map { $_->{id} } world($display{$name})), "$name: the deliveries know Chatwoot's ids");
}

# ---- dead letters ----

my %why = (
	'422' => [ 'bad_request', qr/not to our taste/ ], '401 for want of a right' => [ 'forbidden', qr/not authorized/ ], '404' => [ 'not_found', qr/could not be found/ ],
	'a look-up that is refused' => [ 'uncertain', qr/./ ], 'no token to look up with' => [ 'uncertain', qr/user token/ ]);
for my $name (sort keys %why)
{
	my ($account) = map { $_->[1] } grep { $_->[0] eq $name } @cases;
	my $thread = thread($account, $display{$name});
	my ($what, $class, $text) = split /\|/, $desk->sql("SELECT what || ' ' || kind || ' ' || (payload ->> 'content'), failure_class, failure
		FROM frontdesk.dead_letters WHERE account_id = $account->{id} AND thread_id = '$thread'");
	is($what, 'delivery reply first', "$name: the dead letter is listed with what it said");
	is($class, $why{$name}[0], "as $why{$name}[0]");
	like($text, $why{$name}[1], 'with the reason');
}
is($desk->sql('SELECT count(*) FROM frontdesk.dead_letters'), scalar keys %why, 'and there are no others');
my $again = thread($lane, $display{'422'});
$desk->sql("SELECT frontdesk.replay_delivery($lane->{id}, '$again', 1)");
$desk->wait_for_rest($lane);
is(but_people(said($display{'422'})), 'last first', 'a dead letter that is replayed arrives');
$desk->rules;

# ---- our own messages, told back by webhook ----

sub echo_of
{
	my ($account, $number, $message) = @_;
	return $desk->message_event($account, $message->{content}, conversation => $number, id => $message->{id},
		message_type => 'outgoing', content_attributes => $message->{content_attributes},
		sender => { id => 7, name => 'Front desk', type => 'agent_bot' });
}

sub turns { my ($account, $number) = @_; return $desk->sql('SELECT turns FROM frontdesk.threads WHERE id = \'' . thread($account, $number) . '\'') }

my $echoed = $desk->account('Echoed');
give_lane($echoed, 'speak_once', [ { kind => 'reply', content => 'hello' } ]);
my %told = map { $_ => $desk->message_event($echoed, "echo: $_") }
  'before the answer', 'after it', 'before a look-up', 'of an answer without an id', 'before an answer without an id';
my %number = map { $_ => $told{$_}{conversation}{id} } keys %told;
my %misbehaves = ('before an answer without an id' => { delay_ms => 2500, body => '{}' },
	'before the answer' => { delay_ms => 2500 }, 'before a look-up' => { apply_then_close => $true }, 'of an answer without an id' => { garbage => $true });
$desk->rules(map { { match => { service => 'chatwoot', method => 'POST', path_contains => "/conversations/$number{$_}/messages", times => 1 },
		action => $misbehaves{$_} } } sort keys %misbehaves);
send_event($echoed, $told{$_}) for sort keys %told;
for my $when ('before a look-up', 'before the answer', 'before an answer without an id')
{
	wait_for_world("Chatwoot has the message $when", sub { scalar world($number{$when}) });
	is(send_event($echoed, echo_of($echoed, $number{$when}, world($number{$when}))), 'stored', "an echo $when is stored");
}
$desk->wait_for_rest($echoed);
is(scalar(lookups($number{'before a look-up'})), 0, 'and spares the look-up');
for my $when ('after it', 'of an answer without an id')
{
	is(send_event($echoed, echo_of($echoed, $number{$when}, world($number{$when}))), 'duplicate', "an echo $when is a duplicate");
}
$desk->wait_for_rest($echoed);
for my $when (sort keys %number)
{
	is(spoken($echoed, $number{$when}), 'bot:hello', "echo $when: one row, and ours");
	is($desk->sql("SELECT chatwoot_message_id FROM frontdesk.messages WHERE conversation_id = '" . thread($echoed, $number{$when})
			. "' AND direction = 'outgoing'"), (world($number{$when}))[0]{id}, "with Chatwoot's id");
	is(turns($echoed, $number{$when}), 1, 'no turn came of it');
	is(scalar(posts($number{$when})), 1, 'and nothing else was said');
}

# ---- a person answers while the model thinks ----

my $shared = $desk->account('Shared');
$desk->rules({ match => { service => 'anthropic', contains => '#slow#' }, action => { delay_ms => 3000 } });
my $asked = $desk->message_event($shared, 'When are you open? #slow# [[route=automated]]');
my $talk = $asked->{conversation}{id};
send_event($shared, $asked);
wait_for_world('the model is being asked', sub { scalar grep { ($_->{body}{model} // '') =~ /claude/ } $desk->requests('anthropic') });
my $human = $desk->message_event($shared, 'I am on it', conversation => $talk, message_type => 'outgoing',
	sender => { id => 4, name => 'Clara', type => 'user' });
send_event($shared, $human);
is(scalar(grep { $_->{answer}{outcome} eq 'waiting' } $desk->requests('anthropic')), 1, 'the model was still at it when the person had answered');
$desk->wait_for_rest($shared);
is(scalar(seen($talk)), 0, 'the bot says nothing after a person has answered');
is(spoken($shared, $talk), 'human:I am on it', 'the rows say who spoke');
is($desk->sql("SELECT handled_by FROM frontdesk.conversations WHERE id = '" . thread($shared, $talk) . "'"), 'human', 'and whose it is');
my $models = () = $desk->requests('openai');
send_event($shared, $desk->message_event($shared, 'Thanks! [[route=automated]]', conversation => $talk));
$desk->wait_for_rest($shared);
is(scalar($desk->requests('openai')), $models, 'what the customer writes then asks no model');
is(scalar(seen($talk)), 0, 'and gets no answer of ours');

# ---- a person answers while the bot's reply waits to be sent again ----

my $crossed = $desk->message_event($shared, 'When are you open? [[route=automated]]');
my $crossing = $crossed->{conversation}{id};
$desk->rules({ match => { service => 'chatwoot', method => 'POST', path_contains => "/conversations/$crossing/messages", times => 1 },
	action => { status => 429, retry_after => 2 } });
send_event($shared, $crossed);
wait_for_world('the reply was put off', sub { scalar posts($crossing) });
send_event($shared, $desk->message_event($shared, 'Clara here', conversation => $crossing, message_type => 'outgoing',
	sender => { id => 4, name => 'Clara', type => 'user' }));
$desk->wait_for_rest($shared);
is(scalar(posts($crossing)), 1, 'the reply is not sent again after a person has answered');
is($desk->sql("SELECT string_agg(status || ' ' || (failure ->> 'text'), ', ') FROM frontdesk.deliveries WHERE thread_id = '" . thread($shared, $crossing) . "'"),
	'withdrawn a person has taken over', 'it is withdrawn');
is($desk->sql("SELECT count(*) FROM frontdesk.dead_letters WHERE thread_id = '" . thread($shared, $crossing) . "'"), '0', 'and nobody\'s dead letter');
$desk->rules;

# ---- transport local: nothing leaves ----

my $count = () = $desk->requests;
my $local = $desk->account('Local', models => 0);
$desk->sql("INSERT INTO frontdesk.knowledge (account_id, question, answer) VALUES ($local->{id}, 'When are you open?', 'From nine to five.')");
my $chat = $desk->sql("SELECT frontdesk.receive_message($local->{id}, 'webchat', 'visitor', 'When are you open?', 'Ana')");
my $angry = $desk->sql("SELECT frontdesk.receive_message($local->{id}, 'webchat', 'other', 'I will sue you, my lawyer is furious', 'Bea')");
$desk->wait_for_rest($local);
is(scalar($desk->requests), $count, 'transport local sends no request');
is($desk->sql("SELECT string_agg(direction || ':' || author, ' ' ORDER BY seq) FROM frontdesk.messages WHERE conversation_id = '$chat'"),
	'incoming:customer outgoing:bot', 'the reply is there all the same');
is($desk->sql("SELECT string_agg(kind || ':' || status || ':' || (settled_at IS NOT NULL), ' ' ORDER BY seq) FROM frontdesk.deliveries
		WHERE thread_id = '$angry'"), 'reply:sent:true note:sent:true priority:sent:true status:sent:true', 'an escalation settles in its commit');
is($desk->sql("SELECT status || ' ' || priority FROM frontdesk.conversations WHERE id = '$angry'"), 'open urgent', 'and shows in the conversation');

# ---- the published contract, where it is right ----

SKIP:
{
	skip "no published contracts at $contracts", 1 unless -e "$contracts/chatwoot-openapi.json";
	my $contract = JsonSchema->read_file("$contracts/chatwoot-openapi.json");
	my %judged;
	for my $request (grep { $_->{method} eq 'POST' } $desk->requests('chatwoot'))
	{
		my ($path) = grep { my $p = $_ =~ s/\{\w+\}/[^\/]+/gr; $request->{path} =~ /^$p$/ } sort keys %{ $contract->{root}{paths} };
		if (!defined $path)
		{
			# a path that works and that the file does not have
			like($request->{path}, qr{/bulk_actions$}, 'only bulk actions are missing in the contract') unless $judged{bulk}++;
			next;
		}
		my $schema = $contract->{root}{paths}{$path}{post}{requestBody}{content}{'application/json'}{schema};
		push @{ $judged{$path} }, $contract->faults($schema, $request->{body});
		my %spoilt = map { $_ => $true } keys %{ $request->{body} };
		push @{ $judged{$path} }, 'a spoilt one fits as well' unless $contract->faults($schema, \%spoilt);
	}
	delete $judged{bulk};
	is_deeply($judged{$_}, [], "all requests fit the contract of $_") for sort keys %judged;
	cmp_ok(scalar keys %judged, '>=', 7, 'seven kinds of them');
}

is($desk->sql($worker), $worker_before, 'the worker is the one it was');
is_deeply([ PostgreSQL::Test::Utils::slurp_file($desk->node->logfile) =~ /((?:ERROR|FATAL|PANIC): .*)/g ], [], 'the server logged no error');
done_testing();
