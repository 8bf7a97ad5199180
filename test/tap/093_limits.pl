# Limits hold for all workers together: requests in flight, requests per
# minute, waits that a provider asks for, breakers; permits die with their
# worker; and a campaign leaves room for conversations.  The clock is the
# test's; what counts is what the providers saw.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.workers = 0
frontdesk.max_in_flight = 40
frontdesk.http_timeout = '1h'
restart_after_crash = on
CONF
my $true = JSON::PP::true;
my $is_worker = q{backend_type = 'pg_frontdesk worker'};
my $shifted = 0;

sub set_workers
{
	my ($count) = @_;
	$desk->sql("ALTER SYSTEM SET frontdesk.workers = $count");
	$desk->sql('SELECT pg_reload_conf()');
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE $is_worker", "$count workers");
	return;
}

# Lets time pass for the whole server.
sub elapse
{
	my ($seconds) = @_;
	$shifted += $seconds;
	$desk->sql("SELECT frontdesk.shift_clock('$shifted seconds')");
	return;
}

sub post
{
	my ($account, $content) = @_;
	my $event = $desk->message_event($account, $content);
	my $answer = $desk->post_webhook($account, $event, timestamp => time + $shifted);

	BAIL_OUT("webhook: $answer->{status} $answer->{content}") unless $answer->{status} == 200;
	return $event;
}

# An account whose conversations are one call each, to Anthropic; it waits for
# its provider unless it is given a fallback.
sub account
{
	my ($name, %option) = @_;
	my $account = $desk->account($name);
	my $id = $account->{id};
	my $fallback = $option{fallback} // '{}';

	$desk->sql(<<"SQL");
INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($id, 'conversation', 1, 'answer');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, error_node) VALUES ($id, 'conversation', 1, 'answer', 'llm', 'conversation', 'give_up');
INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, function) VALUES ($id, 'conversation', 1, 'give_up', 'function', 'escalate_to_human');
INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES ($id, 'conversation', 1, 'answer', 1, NULL);
UPDATE frontdesk.graphs SET active = true WHERE account_id = $id;
INSERT INTO frontdesk.agents (account_id, name, provider, model, prompt, max_tokens, fallback)
  SELECT $id, name, provider, model, prompt, 100, '$fallback' FROM frontdesk.agents WHERE account_id = 0 AND name = 'conversation';
SQL
	$desk->sql("UPDATE frontdesk.providers SET $option{limits} WHERE account_id = $id AND name = 'anthropic'") if $option{limits};
	return $account;
}

sub asked { return scalar $desk->requests('anthropic') }

sub gate
{
	my ($account, $columns, $provider) = @_;
	$provider //= 'anthropic';
	return $desk->sql("SELECT $columns FROM frontdesk.provider_limits WHERE account_id = $account->{id} AND provider = '$provider'");
}

sub unanswered
{
	my (@events) = @_;
	my %said;
	$said{ $_->{path} =~ m{/conversations/(\d+)/messages$} ? $1 : 0 }++
	  for grep { $_->{method} eq 'POST' && !$_->{body}{private} } $desk->requests('chatwoot');
	return scalar grep { ($said{ $_->{conversation}{id} } // 0) != 1 } @events;
}

# Waits until the workers have looked at the clock, and at what waits: they
# answer somebody who needs no provider.
my $bystander;
sub look
{
	$bystander //= $desk->account('Bystander', models => 0);
	my @seen = map { post($bystander, "hello $_") } 1 .. 8;
	$desk->wait_for('bystanders to be answered', sub { unanswered(@seen) == 0 });
	return;
}

# Lets time pass until the account's conversations are all at rest.
sub drain
{
	my ($account, $seconds) = @_;
	for (1 .. 400)
	{
		return if $desk->sql("SELECT count(*) FROM frontdesk.ready WHERE account_id = $account->{id}") eq '0';
		elapse($seconds);
		Time::HiRes::usleep(100_000);
	}
	diag('gave up waiting for threads to rest');
	return;
}

# ---- requests in flight ----

my $narrow = account('Narrow', limits => 'max_concurrent = 3');
$desk->sql(<<'SQL');
CREATE TABLE public.writers (thread_id uuid, pid integer);
CREATE FUNCTION public.note_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.writers VALUES (NEW.thread_id, pg_backend_pid());
  RETURN NULL;
END $$;
CREATE TRIGGER note_writer AFTER INSERT ON frontdesk.checkpoints FOR EACH ROW EXECUTE FUNCTION public.note_writer();
SQL
my @events = map { post($narrow, "narrow $_") } 1 .. 60;
$desk->fake_control('POST', 'latency', { anthropic => 50 });
set_workers(2);
drain($narrow, 5);
is($desk->fake_control('GET', 'stats')->{anthropic}{max_in_flight}, 3, 'three requests at most were in flight at once');
is(unanswered(@events), 0, 'and all 60 conversations were answered once');
is($desk->sql('SELECT count(DISTINCT pid) FROM public.writers'), '2', 'by two workers');
is(asked(), 60, 'nothing was asked twice');
is(gate($narrow, 'in_use, max_concurrent, breaker'), '0|3|closed', 'the view shows the limit, and that nothing is in use');
like(gate($narrow, 'key_fingerprint'), qr/^[0-9a-f]{8}$/, 'and of the key a fingerprint');
$desk->sql('DROP TRIGGER note_writer ON frontdesk.checkpoints');
$desk->fake_control('POST', 'latency', { anthropic => 0 });

# ---- requests and tokens per minute ----

$desk->forget_requests;
my $slow = account('Slow', limits => 'requests_per_minute = 4');
@events = map { post($slow, "slow $_") } 1 .. 6;
$desk->wait_until(<<"SQL", 'two turns to rest');
SELECT count(*) = 2 FROM frontdesk.threads WHERE account_id = $slow->{id} AND status = 'waiting' AND status_reason LIKE '%requests per minute%'
SQL
is(asked(), 4, 'four requests in the minute, and no fifth');
is($desk->sql("SELECT count(*) FROM frontdesk.checkpoints WHERE account_id = $slow->{id} AND failure IS NOT NULL"), '0', 'waiting is no attempt');
elapse(66);
$desk->wait_for_rest($slow);
is(asked(), 6, 'the others leave when the minute is over');
is(unanswered(@events), 0, 'all are answered');

$desk->forget_requests;
my $terse = account('Terse', limits => 'tokens_per_minute = 4000');
@events = map { post($terse, "terse $_") } 1 .. 12;
$desk->wait_until(<<"SQL", 'turns to rest');
SELECT count(*) > 0 FROM frontdesk.threads WHERE account_id = $terse->{id} AND status = 'waiting' AND status_reason LIKE '%tokens per minute%'
SQL
cmp_ok(asked(), '<', 12, 'tokens are counted');
cmp_ok(gate($terse, 'tokens_in_minute'), '<=', 4000, 'and stay within the limit');
drain($terse, 33);
is(unanswered(@events), 0, 'all are answered in the end');

# ---- told to wait ----

$desk->forget_requests;
my $told = account('Told');
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { status => 429, retry_after => 40 } });
@events = (post($told, 'told 1'));
$desk->wait_for('the provider to say wait', sub { asked() == 1 && gate($told, 'blocked_until IS NOT NULL') eq 't' });
push @events, map { post($told, "told $_") } 2 .. 20;
look();
elapse(30);
look();
is(asked(), 1, 'after Retry-After: 40, none of 20 conversations asks within 30 s');
elapse(15);
drain($told, 7);
is(asked(), 21, 'after 40 s all do');
is(unanswered(@events), 0, 'and are answered');

# ---- told by headers ----

$desk->forget_requests;
my $learned = account('Learned');
my @reset = gmtime(time + $shifted + 50);
my $reset = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $reset[5] + 1900, $reset[4] + 1, @reset[ 3, 2, 1, 0 ];
$desk->rules({ match => { service => 'anthropic', times => 1 }, action => { headers => {
	'anthropic-ratelimit-requests-limit' => '50', 'anthropic-ratelimit-requests-remaining' => '0', 'anthropic-ratelimit-requests-reset' => $reset } } });
@events = (post($learned, 'learned 1'));
$desk->wait_for_rest($learned);
push @events, post($learned, 'learned 2');
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.threads AS t JOIN frontdesk.ready AS r ON r.account_id = t.account_id AND r.thread_id = t.id WHERE t.account_id = $learned->{id} AND t.slot IS NOT NULL", 'the second to be claimed');
elapse(20);
look();
is(asked(), 1, 'a provider that says none remain is not asked before its reset');
elapse(40);
drain($learned, 10);
is(asked(), 2, 'and is afterwards');
is(unanswered(@events), 0, 'both are answered');

# ---- the breaker ----

$desk->forget_requests;
$desk->rules({ match => { service => 'anthropic' }, action => { status => 500 } });
my $broken = account('Broken', limits => 'max_concurrent = 1');
@events = map { post($broken, "broken $_") } 1 .. 12;
$desk->wait_for('the breaker to open', sub { gate($broken, 'breaker') eq 'open' });
is(asked(), 5, 'five failures in a row open the breaker');
like(gate($broken, 'last_failure'), qr/status 500/, 'the view tells of what');
elapse(5);
look();
is(asked(), 5, 'then nobody asks');
$desk->rules();
elapse(6);
drain($broken, 5);
is(unanswered(@events), 0, 'until it is tried again, and closes');

$desk->forget_requests;
$desk->rules({ match => { service => 'anthropic' }, action => { status => 500 } });
my $half = account('Half-open');
@events = map { post($half, "half $_") } 1 .. 12;
$desk->wait_for('the breaker to open', sub { gate($half, 'breaker, in_use') eq 'open|0' });
my $tried = asked();
$desk->rules({ match => { service => 'anthropic' }, action => { stall => $true } });
elapse(11);
$desk->wait_for('a probe', sub { asked() == $tried + 1 });
is(gate($half, 'breaker, in_use'), 'half-open|1', 'after the pause one asks');
elapse(3);
look();
elapse(3);
look();
is($desk->in_flight('anthropic'), 1, 'exactly one, while the eleven others wait');

# its worker dies: the next one is the probe
my $probing = $desk->sql(q{SELECT DISTINCT w.pid FROM frontdesk.in_flight AS f JOIN frontdesk.workers AS w USING (slot) WHERE f.purpose = 'call'});
$desk->rules({ match => { service => 'anthropic' }, action => { status => 503 } });
$desk->sql("SELECT pg_terminate_backend($probing)");
$desk->wait_for('the next probe', sub { asked() >= $tried + 2 });
$desk->wait_for('the breaker to open again', sub { gate($half, 'breaker') eq 'open' });
is(asked(), $tried + 2, 'a probe that dies with its worker is followed by one other');
elapse(11);
look();
is(asked(), $tried + 2, 'a probe that fails doubles the pause');
$desk->rules();
elapse(10);
drain($half, 5);
is(gate($half, 'breaker, in_use'), 'closed|0', 'a probe that succeeds closes the breaker');
is(unanswered(@events), 0, 'and everybody is answered');

# ---- a text that a provider chokes on ----

$desk->forget_requests;
my $choked = account('Choked', fallback => '{local}');
$desk->rules({ match => { service => 'anthropic', contains => 'poison' }, action => { status => 500 } },
	{ match => { service => 'anthropic', contains => 'gibberish' }, action => { status => 403 } });
my $poison = post($choked, 'poison 0');
for my $n (1 .. 3)
{
	drain($choked, 1);
	my $again = $desk->message_event($choked, "poison $n", conversation => $poison->{conversation}{id});
	$desk->post_webhook($choked, $again, timestamp => time + $shifted);
}
drain($choked, 1);
cmp_ok(asked(), '>', 2, 'one conversation whose text makes it fail asks again and again');
is(gate($choked, 'breaker'), 'closed', 'that does not close it to all others');
like(gate($choked, 'last_failure'), qr/status 500/, 'the view tells of it all the same');
my $before = asked();
my $filtered = post($choked, 'gibberish');
drain($choked, 1);
is(asked(), $before + 1, 'a text that a filter answers with 403 is not sent again');
is(gate($choked, 'breaker'), 'closed', 'and breaks no key');
my $other = post($choked, 'sane');
drain($choked, 1);
is(asked(), $before + 2, 'another conversation asks at once');
is(unanswered($filtered, $other), 0, 'all are answered');
$desk->rules();

# ---- a key that is refused ----

$desk->forget_requests;
my $refused = account('Refused', fallback => '{human}');
$desk->rules({ match => { service => 'anthropic' }, action => { status => 401 } });
post($refused, 'refused 1');
$desk->wait_for_rest($refused);
is(gate($refused, q{breaker, open_until - frontdesk.clock() > '4 minutes'}), 'open|t', 'one refusal of the key opens the breaker for minutes');
is($desk->sql("SELECT count(*) FROM frontdesk.audit WHERE account_id = $refused->{id} AND action = 'provider_refused'"), '1', 'the audit trail tells a person');
post($refused, 'refused 2');
$desk->wait_for_rest($refused);
is(asked(), 1, 'nobody asks again');
is($desk->sql("SELECT count(*) FROM frontdesk.conversations WHERE account_id = $refused->{id} AND handled_by = 'human'"), '2', 'people take over, as the fallback says');
elapse(301);
post($refused, 'refused 3');
$desk->wait_for_rest($refused);
is(asked(), 2, 'until the pause is over');
is(gate($refused, q{breaker, open_until - frontdesk.clock() > '9 minutes'}), 'open|t', 'a probe that is refused doubles it');
$desk->rules();
is($desk->sql("SELECT frontdesk.reset_breaker($refused->{id}, 'anthropic')"), '1', 'the breaker is reset by hand');
post($refused, 'refused 4');
$desk->wait_for_rest($refused);
is(asked(), 3, 'and the provider is asked');

# ---- permits die with their worker ----

# After a crash a provider without any limit is not asked by everybody at once.
sub start_slowly
{
	my $was = $shifted;
	$shifted = 0;
	my $cold = account('Cold');
	$desk->rules({ match => { service => 'anthropic', contains => 'yak' }, action => { stall => $true } });
	my @yaks = map { post($cold, "yak $_") } 1 .. 20;
	$desk->wait_for('the first to ask', sub { gate($cold, 'in_use') eq '8' });
	look();
	is(gate($cold, 'in_use'), '8', 'after a crash the first eight of twenty ask');
	$desk->rules();
	set_workers(0);
	set_workers(2);
	$desk->wait_for_rest($cold);
	is(unanswered(@yaks), 0, 'and the others follow');
	$shifted = $was;
	return;
}

$desk->forget_requests;
my $mortal = account('Mortal', limits => 'max_concurrent = 2');
for my $death ('SIGTERM', 'SIGKILL')
{
	$desk->forget_requests;
	$desk->rules({ match => { service => 'anthropic' }, action => { stall => $true } });
	@events = map { post($mortal, "$death $_") } 1 .. 5;
	$desk->wait_for('two requests in flight', sub { $desk->in_flight('anthropic') == 2 });
	is(gate($mortal, 'in_use'), '2', "$death: two permits are in use");
	$desk->rules();
	if ($death eq 'SIGTERM')
	{
		$desk->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $is_worker");
	}
	else
	{
		my $worker = $desk->sql("SELECT min(pid) FROM pg_stat_activity WHERE $is_worker");
		kill 'KILL', $worker;
		$desk->wait_for('the server to come back', sub {
			# psql may be gone before it has read the query
			my ($code, $pids) = eval { $desk->node->psql('postgres', "SELECT pid FROM pg_stat_activity WHERE $is_worker") };
			defined $code && $code == 0 && $pids ne '' && $pids !~ /\b$worker\b/; });
		start_slowly();
		$desk->sql("SELECT frontdesk.shift_clock('$shifted seconds')");
	}
	drain($mortal, 5);
	is(gate($mortal, 'in_use'), '0', "$death: they are given back");
	is(unanswered(@events), 0, "$death: and all conversations are answered");
}

# ---- a campaign leaves room ----

$desk->forget_requests;
set_workers(0);
my $crowd = account('Crowd', limits => 'max_concurrent = 4');
@events = map { post($crowd, "zebra $_") } 1 .. 40;
$desk->sql("UPDATE frontdesk.threads SET class = 1 WHERE account_id = $crowd->{id}; UPDATE frontdesk.ready SET class = 1 WHERE account_id = $crowd->{id}");
$desk->rules({ match => { service => 'anthropic', contains => 'zebra' }, action => { stall => $true } });
set_workers(2);
$desk->wait_for('the campaign to run', sub { $desk->in_flight('anthropic') >= 3 });
look();
is($desk->in_flight('anthropic'), 3, 'a campaign that wants more than there is leaves one permit of four');
is(gate($crowd, 'in_use, in_use_low'), '3|3', 'as the view shows');
my $customer = post($crowd, 'a customer');
$desk->wait_for('the customer to be answered', sub { $desk->replies($customer->{conversation}{id}) });
is(unanswered($customer), 0, 'a conversation is answered while the campaign holds all it can get');
is($desk->in_flight('anthropic'), 3, 'which goes on');
$desk->rules();
set_workers(0);
set_workers(2);
drain($crowd, 9);
is(unanswered(@events), 0, 'the campaign is answered too');

# ---- Chatwoot ----

sub not_sent
{
	my ($account) = @_;
	return $desk->sql("SELECT count(*) FROM frontdesk.deliveries WHERE account_id = $account->{id} AND status <> 'sent'");
}

$desk->forget_requests;
my $house = account('House');
my $site = "chatwoot:$house->{site}";
$desk->sql("UPDATE frontdesk.sites SET max_concurrent = 2 WHERE account_id = $house->{id} AND id = $house->{site}");
$desk->fake_control('POST', 'latency', { chatwoot => 50 });
@events = map { post($house, "house $_") } 1 .. 20;
drain($house, 5);
is($desk->fake_control('GET', 'stats')->{chatwoot}{max_in_flight}, 2, 'no more requests to a site are under way than it allows');
is(unanswered(@events), 0, 'and all arrive, once');
$desk->fake_control('POST', 'latency', { chatwoot => 0 });

$desk->forget_requests;
$desk->rules({ match => { service => 'chatwoot', method => 'POST' }, action => { status => 502 } });
@events = map { post($house, "down $_") } 1 .. 12;
$desk->wait_for('the breaker of the site to open', sub { gate($house, 'breaker', $site) eq 'open' });
cmp_ok(scalar(grep { $_->{method} eq 'POST' } $desk->requests('chatwoot')), '<=', 6, 'a site that fails is left alone');
look_elsewhere();
cmp_ok($desk->sql("SELECT count(*) FROM frontdesk.deliveries WHERE account_id = $house->{id} AND status = 'pending'"), '>=', 6, 'deliveries are not marked as sending before they may leave');
$desk->rules();
drain($house, 12);
is(not_sent($house), '0', 'and leave when it is back');

# Somebody without Chatwoot is answered meanwhile.
sub look_elsewhere
{
	my $local = $desk->sql("SELECT frontdesk.add_account('Local')");
	$desk->sql("SELECT frontdesk.receive_message($local, 'webchat', 'someone', 'hello')");
	$desk->wait_until("SELECT count(*) > 0 FROM frontdesk.messages WHERE account_id = $local AND author = 'bot'", 'an answer elsewhere');
	return;
}

ok(!$desk->node->log_contains('PANIC:', 0), 'no worker has ever waited with a transaction open');
done_testing();
