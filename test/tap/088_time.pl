# Deliveries of which nobody knows whether they took effect: looked up however
# much was written since, never before the settle time, never overtaken, and
# what stays open is for a person.  The settle time is long and the test owns
# the clock.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use HTTP::Tiny;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.workers = 1
frontdesk.settle_time = '1h'
CONF
my $hours = 0;
my $true = JSON::PP::true;

sub post
{
	my ($account, $content, %option) = @_;
	my $event = $desk->message_event($account, $content, %option);
	my $answer = $desk->post_webhook($account, $event);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

sub thread_of
{
	my ($event) = @_;
	return $desk->sql("SELECT id FROM frontdesk.conversations WHERE display_id = $event->{conversation}{id}");
}

# An account whose graph does what a message says: a JSON patch.
sub obedient_account
{
	my ($name) = @_;
	my $account = $desk->account($name, signed => 0);

	$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry, active) VALUES ($account->{id}, 'conversation', 1, 'obey', true);
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function) VALUES ($account->{id}, 'conversation', 1, 'obey', 'function', 'obey');
SQL
	return $account;
}

sub next_hour { $hours++; $desk->sql("SELECT frontdesk.shift_clock('$hours hours')"); return }

sub delivery
{
	my ($event, $column, $seq) = @_;
	return $desk->sql(sprintf q{SELECT %s FROM frontdesk.deliveries WHERE thread_id = '%s' AND seq = %d}, $column, thread_of($event), $seq // 1);
}

sub wait_for_delivery
{
	my ($event, $condition) = @_;
	$desk->wait_until(sprintf(q{SELECT coalesce((SELECT %s FROM frontdesk.deliveries WHERE thread_id = '%s' AND seq = 1), false)}, $condition, thread_of($event)),
		"a delivery with $condition");
	return;
}

# What Chatwoot holds that carries the marker of the first delivery, or of another.
sub arrived
{
	my ($event, $seq) = @_;
	my $marker = thread_of($event) . '/' . ($seq // 1);
	my $there = $desk->fake_control('GET', "conversations/$event->{conversation}{id}/messages?account=3");
	return scalar grep { ref $_->{content_attributes} && ($_->{content_attributes}{frontdesk} // '') eq $marker } @{ $there->{messages} };
}

# Messages of somebody else, of which no webhook tells.
sub write_to_chatwoot
{
	my ($display, $count) = @_;
	my $world = HTTP::Tiny->new;

	for my $n (1 .. $count)
	{
		my $answer = $world->post($desk->fakes . "/api/v1/accounts/3/conversations/$display/messages",
			{ headers => { 'Api-Access-Token' => 'user-token', 'Content-Type' => 'application/json' }, content => encode_json({ content => "number $n" }) });
		BAIL_OUT("message $n: $answer->{status} $answer->{content}") unless $answer->{success};
	}
	return;
}

# Paths of what was asked to change in a conversation, in order, without the address.
sub changes
{
	my ($event) = @_;
	return join ' ', map { $_->{path} =~ m{/conversations/$event->{conversation}{id}/(\w+)$} ? $1 : () }
	  grep { $_->{method} eq 'POST' } $desk->requests('chatwoot');
}

sub lookups { my ($event) = @_; return grep { $_->{method} eq 'GET' && $_->{path} =~ m{/conversations/$event->{conversation}{id}/messages$} } $desk->requests('chatwoot') }
sub at_message { return ({ match => { service => 'chatwoot', method => 'POST', path_contains => '/messages', %{ $_[1] // {} } }, action => $_[0] }) }

$desk->sql(q{CREATE FUNCTION frontdesk.obey(integer, uuid, jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT ($3 ->> 'content')::jsonb $$;
	ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.obey(integer, uuid, jsonb)});	# which lets it run in the batch

# ---- found however much was written since ----

my $clinic = $desk->account('Clinic', signed => 0);
write_to_chatwoot(7001, 110);
$desk->rules(at_message({ apply_then_close => $true }, { times => 1 }));
my $busy = post($clinic, 'When are you open?', conversation => 7001);
wait_for_delivery($busy, q{status = 'uncertain'});
is(arrived($busy), 1, 'a reply arrived, and the connection broke before it was told');
write_to_chatwoot(7001, 130);
post($clinic, "and number $_", conversation => $busy->{conversation}{id}, id => 950_000 + $_) for 1 .. 15;
is(delivery($busy, 'due_at > frontdesk.clock()'), 't', 'its row tells when it is looked up');
my $due = delivery($busy, 'due_at');
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
wait_for_delivery($busy, "due_at > '$due'");
is(scalar lookups($busy), 0, 'a worker that takes it over lets the whole settle time go by');
next_hour();
wait_for_delivery($busy, q{status = 'sent'});
is(arrived($busy), 1, 'it is found among 240 messages that we were not told of, and not sent again');
is(scalar lookups($busy), 2, 'on the second page of what was written behind the message it answers');
is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.messages WHERE conversation_id = '%s' AND author = 'bot'}, thread_of($busy)) > 0, 1, 'and stored as a message');
$desk->wait_for_rest($clinic);

# ---- looked up after the last attempt too, and the look-up itself may fail ----

$desk->rules(
	at_message({ close => $true }, { times => 5 }), at_message({ apply_then_close => $true }, { times => 1 }),
	{ match => { service => 'chatwoot', method => 'GET', path_contains => '/messages', times => 2 }, action => { garbage => $true } });
my $stubborn = post($clinic, 'Is anybody there?');
$desk->wait_for('six attempts', sub { next_hour(); delivery($stubborn, 'status') =~ /sent|dead/ });
is(delivery($stubborn, 'status || attempts'), 'sent6', 'five attempts that never arrive, a sixth that does: looked up each time');
is(arrived($stubborn), 1, 'one message is there');

$desk->rules(at_message({ close => $true }, { times => 6 }));
my $unlucky = post($clinic, 'Hello?');
$desk->wait_for('six attempts', sub { next_hour(); delivery($unlucky, 'status') =~ /sent|dead/ });
is(delivery($unlucky, q{concat_ws(' ', status, failure ->> 'class', failure ->> 'text')}), 'dead lost it has not arrived in 6 attempts',
	'what is known not to have arrived is no uncertain dead letter');
is(arrived($unlucky), 0, 'it did not');
$desk->rules();
$desk->wait_for_rest($clinic);

# ---- what may be repeated holds the lane as well ----

my $obedient = obedient_account('Order');
$desk->rules({ match => { service => 'chatwoot', path_contains => '/toggle_status', times => 1 }, action => { close => $true } });
my $ordered = post($obedient, encode_json({ deliver => [ { kind => 'status', status => 'open' }, { kind => 'priority', priority => 'high' } ] }));
wait_for_delivery($ordered, q{status = 'uncertain'});
is(changes($ordered), 'toggle_status', 'a change that may have taken effect is not repeated at once, nor overtaken');
$due = delivery($ordered, 'due_at');
$desk->sql(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'});
wait_for_delivery($ordered, "due_at > '$due'");
is(changes($ordered), 'toggle_status', 'nor by the worker that takes it over');
next_hour();
$desk->wait_for_rest($obedient);
is(changes($ordered), 'toggle_status toggle_status toggle_priority', 'when the far side must be done with it, it is repeated, then the next one leaves');

$desk->rules({ match => { service => 'chatwoot', path_contains => '/toggle_typing_status' }, action => { close => $true } });
my $typing = post($obedient, encode_json({ deliver => [ { kind => 'typing', on => $true }, { kind => 'priority', priority => 'low' } ] }));
$desk->wait_for_rest($obedient);
is(changes($typing), 'toggle_typing_status toggle_priority', 'what is worth nothing later holds nobody up');
is(delivery($typing, 'status'), 'withdrawn', 'and is nobody\'s dead letter');
$desk->rules();

# ---- what nobody can tell is for a person ----

$desk->sql("SELECT frontdesk.delete_secret($obedient->{id}, 'chatwoot_user_token:$obedient->{site}')");
for my $arrives (1, 0)
{
	$desk->rules(at_message($arrives ? { apply_then_close => $true } : { close => $true }, { times => 1 }));
	my $open = post($obedient, encode_json({ agent_response => 'Once', deliver => [] }));
	wait_for_delivery($open, q{status = 'uncertain'});
	next_hour();
	$desk->wait_for_rest($obedient);
	is(delivery($open, q{concat_ws(' ', status, failure ->> 'class')}), 'dead uncertain', 'without a token to look with it is a dead letter');
	like($desk->sql(sprintf q{SELECT command FROM frontdesk.dead_letters WHERE thread_id = '%s'}, thread_of($open)), qr/resolve_delivery/, 'that says what to do');
	$desk->sql(sprintf q{SELECT frontdesk.resolve_delivery(%d, '%s', 1, %s, remote_id => %s)}, $obedient->{id}, thread_of($open),
		$arrives ? 'true' : 'false', $arrives ? q{'970001'} : 'NULL');
	$desk->wait_for_rest($obedient);
	is(arrived($open, 2 - $arrives), 1, $arrives ? 'a person says that it arrived: it is not sent again' : 'a person says that it did not: it is sent');
	is($desk->sql(sprintf q{SELECT count(*) FROM frontdesk.messages WHERE conversation_id = '%s' AND author = 'bot' AND content = 'Once'}, thread_of($open)), '1',
		'and it is stored as a message, once');
	is($desk->sql(sprintf q{SELECT string_agg(status, ' ' ORDER BY seq) FROM frontdesk.deliveries WHERE thread_id = '%s'}, thread_of($open)),
		$arrives ? 'sent' : 'dead sent', 'its lane is empty');
}
$desk->rules();

done_testing();
