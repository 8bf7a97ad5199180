# An account whose far sides take requests and do not answer fills its share of a
# worker and no more: the others' conversations do not wait.  Nothing here
# ever times out; what counts is what the far sides saw.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.workers = 0
frontdesk.max_in_flight = 16
frontdesk.http_timeout = '1h'
CONF
my $true = JSON::PP::true;
my $is_worker = q{backend_type = 'pg_frontdesk worker'};

sub set_workers
{
	my ($count) = @_;
	$desk->sql("ALTER SYSTEM SET frontdesk.workers = $count");
	$desk->sql('SELECT pg_reload_conf()');
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE $is_worker", "$count workers");
	return;
}

# An account whose conversations are one call each, to Anthropic; nothing but its
# share holds it back.
sub account
{
	my ($name) = @_;
	my $account = $desk->account($name);
	my $id = $account->{id};

	$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'answer');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent) VALUES ($id, 'conversation', 1, 'answer', 'llm', 'conversation');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($id, 'conversation', 1, 'answer', 1, NULL);
UPDATE frontdesk.graphs SET active = true WHERE account_id = $id;
UPDATE frontdesk.providers SET max_concurrent = 1000 WHERE account_id = $id;
UPDATE frontdesk.sites SET max_concurrent = 1000 WHERE account_id = $id;
SQL
	return $account;
}

sub post
{
	my ($account, $content) = @_;
	my $event = $desk->message_event($account, $content);
	my $answer = $desk->post_webhook($account, $event);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

sub unanswered
{
	my (@events) = @_;
	my %said;
	$said{ $_->{path} =~ m{/conversations/(\d+)/messages$} ? $1 : 0 }++
	  for grep { $_->{method} eq 'POST' && ($_->{answer}{status} // 0) == 200 } $desk->requests('chatwoot');
	return scalar grep { ($said{ $_->{conversation}{id} } // 0) != 1 } @events;
}

sub held { return $desk->sql(q{SELECT string_agg(threads::text, ' ') FROM frontdesk.workers}) }

sub stop_workers
{
	$desk->rules();
	set_workers(0);
	return;
}

# ---- nobody else is there ----

my $mute = account('Mute');
$desk->rules({ match => { contains => 'zebra' }, action => { stall => $true } });
my @events = map { post($mute, "zebra $_") } 1 .. 40;
set_workers(2);
$desk->wait_for('the workers to be full', sub { $desk->in_flight('anthropic') == 32 });
is($desk->in_flight('anthropic'), 32, 'the only account there is fills all workers');
stop_workers();

# ---- calls that are not answered, and somebody else ----

my $other = account('Other');
my $third = account('Third');
# behind what it has waiting, much more of the kind
$desk->sql("INSERT INTO frontdesk.ready (account_id, thread_id, class, due_at, first_at)
	SELECT $mute->{id}, gen_random_uuid(), 0, now(), now() FROM generate_series(1, 20000)");
$desk->rules({ match => { contains => 'zebra' }, action => { stall => $true } });
set_workers(2);
$desk->wait_for('the share to be taken', sub { $desk->in_flight('anthropic') == 16 });
my @asked = map { post($other, "hello $_") } 1 .. 12;
$desk->wait_for('the others to be answered', sub { unanswered(@asked) == 0 });
is(unanswered(@asked), 0, 'the others are answered while one account waits for its calls');
is($desk->in_flight('anthropic'), 16, 'which has half of the room, in spite of what it has waiting');
is(held(), '8 8', 'half of each worker');
is(unanswered(@events), 40, 'and none of its own is answered');

push @events, map { post($third, "zebra third $_") } 1 .. 40;
$desk->wait_for('the next share to be taken', sub { $desk->in_flight('anthropic') == 24 });
@asked = map { post($other, "hello again $_") } 1 .. 12;
$desk->wait_for('the others to be answered', sub { unanswered(@asked) == 0 });
is(unanswered(@asked), 0, 'they are beside two of that kind');
is($desk->in_flight('anthropic'), 24, 'of which the second has half of what the first has left');

# ---- what it has waiting is not read ----

my $looks = q{SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'ready_account_idx'};
my $before = $desk->sql($looks);
$desk->wait_until("SELECT ($looks) > $before + 50", 'the workers to look again and again');
# (the sweep for orphans goes by the primary key)
cmp_ok($desk->sql(q{SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'ready' AND indexrelname <> 'ready_pkey'}),
	'<', 20_000, 'what is passed over costs a row of the index, however much it is');
$desk->sql('DELETE FROM frontdesk.ready r WHERE NOT EXISTS (SELECT FROM frontdesk.threads t WHERE t.id = r.thread_id)');

# ---- it goes on as its own come back ----

stop_workers();
set_workers(2);
$desk->wait_for('everybody to be answered', sub { unanswered(@events) == 0 });
is(unanswered(@events), 0, 'everybody is answered once when the calls are');

# ---- replies that are not taken ----

$desk->forget_requests;
$desk->rules({ match => { service => 'chatwoot', method => 'POST', contains => 'unheard' }, action => { stall => $true } });
post($mute, "hello [[reply=unheard $_]]") for 1 .. 40;
$desk->wait_for('the share to be taken', sub { $desk->in_flight('chatwoot') == 16 });
@asked = map { post($other, "hello once more $_") } 1 .. 12;
$desk->wait_for('the others to be answered', sub { unanswered(@asked) == 0 });
is(unanswered(@asked), 0, 'the others are answered beside replies that are not taken');
is($desk->in_flight('chatwoot'), 16, 'which have the same half');

# ---- bulk work ----

stop_workers();
set_workers(2);
$desk->wait_for_rest($_) for $mute, $third, $other;
set_workers(0);
$desk->forget_requests;
$desk->rules({ match => { contains => 'zebra' }, action => { stall => $true } });
post($mute, "zebra bulk $_") for 1 .. 40;
@asked = map { post($other, "a campaign $_") } 1 .. 12;
$desk->sql('UPDATE frontdesk.threads SET class = 1; UPDATE frontdesk.ready SET class = 1');
set_workers(1);
$desk->wait_for('the others to be answered', sub { unanswered(@asked) == 0 });
is(unanswered(@asked), 0, 'a campaign of one account leaves room for those of others');
is($desk->in_flight('anthropic'), 2, 'in the quarter that campaigns have, too');
stop_workers();

# ---- waiting for a permit ----

# Of a worker's sixteen turns four may wait in it for a permit, and hear at once of one
# that is given back; the others come back later.
$desk->forget_requests;
$desk->rules({ match => { contains => 'zebra' }, action => { stall => $true } });
my ($many, $few) = map { account($_) } qw(Many Few);
$desk->sql("UPDATE frontdesk.providers SET max_concurrent = 1 WHERE account_id IN ($many->{id}, $few->{id})");
set_workers(1);
post($many, "zebra many $_") for 1 .. 12;
$desk->wait_until("SELECT count(*) > 0 FROM frontdesk.threads WHERE account_id = $many->{id} AND status = 'waiting'", 'those that may wait here to be as many as may');
post($few, "zebra few $_") for 1 .. 2;
$desk->wait_until("SELECT count(*) = 2 FROM frontdesk.threads WHERE account_id = $few->{id} AND (slot IS NOT NULL OR status = 'waiting')", 'both to be looked at');
is($desk->sql("SELECT count(*) FROM frontdesk.threads WHERE account_id = $few->{id} AND slot IS NOT NULL"), '2', 'where one account waits for permits, another may, too');
stop_workers();

# ---- more waiting than is claimed at once ----

# None of it waits for anybody: each turn is over in the tick that claims it.
$desk->sql('ALTER SYSTEM SET frontdesk.max_in_flight = 512');
$desk->sql("UPDATE frontdesk.agents SET provider = 'local'");
my ($crowd, $single) = map { account($_) } qw(Crowd Single);
$desk->sql("SELECT frontdesk.receive_message($crowd->{id}, 'webchat', 'crowd' || n, 'Hello') FROM generate_series(1, 1200) AS n");
$desk->sql("SELECT frontdesk.receive_message($single->{id}, 'webchat', 'single', 'Hello')");
set_workers(1);
my $answered = q{SELECT count(DISTINCT conversation_id) FROM frontdesk.messages WHERE direction = 'outgoing' AND account_id =};
$desk->wait_until("SELECT ($answered $crowd->{id}) = 1200 AND ($answered $single->{id}) = 1", 'everybody to be answered');
cmp_ok($desk->sql("$answered $crowd->{id} AND created_at < (SELECT min(created_at) FROM frontdesk.messages WHERE direction = 'outgoing' AND account_id = $single->{id})"),
	'<=', 512, 'who is behind a crowd of one account is answered before the most of it');
stop_workers();

done_testing();
