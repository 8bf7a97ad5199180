# What an operator can see of the engine while it works: the workers, the
# requests in flight, the queue, the turns and their cost, in views, in
# pg_stat_activity and in the gateway's metrics; and that nobody sees what
# belongs to an account that is not his.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use HTTP::Tiny;
use Test::More;

delete $ENV{PGAPPNAME};    # the tests' own, which the gateway would take over
my $desk = Frontdesk->start(conf => <<'CONF');
frontdesk.router_confidence = 1.01
frontdesk.in_flight_shown = 64
max_logical_replication_workers = 0
CONF
my $clinic = $desk->account('Clinic');
my $bakery = $desk->account('Bakery');

sub post
{
	my ($account, $content) = @_;
	my $event = $desk->message_event($account, $content);

	is($desk->post_webhook($account, $event)->{status}, 200, "webhook accepted: $content");
	return $event;
}

sub thread_of
{
	my ($account, $event) = @_;
	return $desk->sql("SELECT id FROM frontdesk.conversations WHERE account_id = $account->{id} AND display_id = $event->{conversation}{id}");
}

sub stall { $desk->rules({ match => { service => 'openai' }, action => { stall => JSON::PP::true } }); return }

sub seen { return $desk->sql('SELECT count(*) FROM frontdesk.in_flight') }

# ---- who runs ----

$desk->wait_until(q{SELECT count(*) = 1 FROM frontdesk.workers WHERE state = 'idle'}, 'an idle worker');
is($desk->sql(q{SELECT string_agg(application_name, ',' ORDER BY application_name) FROM pg_stat_activity WHERE backend_type LIKE 'pg\_frontdesk%'}),
	'pg_frontdesk coordinator for postgres,pg_frontdesk launcher,pg_frontdesk worker 0',
	'launcher, coordinator and worker tell their names');
$desk->wait_until(q{SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'pg_frontdesk_gateway'}, 'the gateway to tell its name');
is($desk->sql(q{SELECT w.database || ' ' || (w.pid = a.pid) || ' ' || (w.memory > 100000) || ' ' || (w.started_at <= now())
	FROM frontdesk.workers w JOIN pg_stat_activity a ON a.backend_type = 'pg_frontdesk worker'}),
	'postgres true true true', 'the row of the worker names database, process and memory');

# ---- what is in flight ----

stall();
my $event = post($clinic, 'a question that hangs');
$desk->wait_until('SELECT count(*) = 1 FROM frontdesk.in_flight', 'the request to be seen');
my $port = $desk->{fakes_port};
my $model = $desk->sql(q{SELECT model FROM frontdesk.agents WHERE account_id = 0 AND name = 'router'});
is($desk->sql('SELECT account_id, thread_id, kind, purpose, step, model, host, attempt, slot FROM frontdesk.in_flight'),
	join('|', $clinic->{id}, thread_of($clinic, $event), 'conversation', 'call', 'classify', "openai/$model", "127.0.0.1:$port", 1, 0),
	'in_flight tells thread, node, model, host and attempt');
is($desk->sql('SELECT state, threads, conversations, requests_in_flight FROM frontdesk.workers'), 'working|1|1|1', 'so does the row of the worker in numbers');
is($desk->sql('SELECT account_id, class, threads, due, waiting, owned FROM frontdesk.queue'), "$clinic->{id}|conversations|1|0|0|1",
	'and the queue: owned by a worker');
like($desk->sql(q{SELECT query FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'}),
	qr{^1 threads, 1 requests in flight; conversation \Q${\ thread_of($clinic, $event)}\E of account $clinic->{id}: classify by openai/\Q$model\E at 127\.0\.0\.1:$port$},
	'pg_stat_activity names conversation, node, model and host');

# ---- who may see it ----

$desk->sql(<<"SQL");
CREATE ROLE baker LOGIN IN ROLE frontdesk_operator;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($bakery->{id}, 'baker', 'Baker');
CREATE ROLE nurse LOGIN IN ROLE frontdesk_operator;
INSERT INTO frontdesk.users (account_id, role_name, name) VALUES ($clinic->{id}, 'nurse', 'Nurse');
SQL
for my $rows ('in_flight', 'queue', 'board_requests()')
{
	is($desk->sql("SET ROLE baker; SELECT count(*) FROM frontdesk.$rows"), '0', "another account's operator sees nothing in $rows");
	is($desk->sql("SET ROLE nurse; SELECT count(*) FROM frontdesk.$rows"), '1', "its own operator does in $rows");
}

# ---- more than the board has room for ----

$desk->sql("SELECT frontdesk.receive_message($bakery->{id}, 'webchat', 'guest ' || n, 'good day') FROM generate_series(1, 100) n");
$desk->wait_until('SELECT requests_in_flight = 101 FROM frontdesk.workers', 'all to be asked');
is(seen(), '64', 'the board shows as many as it has room for');
like($desk->sql('SELECT frontdesk.metrics()'), qr{^frontdesk_requests_unlisted 37$}m, 'and tells how many it does not show');
is($desk->sql("SET ROLE baker; SELECT count(*) FROM frontdesk.in_flight WHERE account_id <> $bakery->{id}"), '0', 'no row of another account among many');

# ---- a worker ends: nothing stays on the board ----

my $pid = $desk->sql('SELECT pid FROM frontdesk.workers');
$desk->sql("SELECT pg_terminate_backend($pid)");
$desk->wait_until("SELECT count(*) = 1 FROM frontdesk.workers WHERE pid <> $pid AND requests_in_flight = 101", 'its successor to ask them all again');
is(seen(), '64', 'its successor has the board for itself');
$desk->rules();
$desk->sql("SELECT pg_terminate_backend((SELECT pid FROM frontdesk.workers))");
$desk->wait_for_rest($_) for $clinic, $bakery;
is(seen(), '0', 'at rest nothing is in flight');
$desk->wait_until(q{SELECT state = 'idle' AND requests_in_flight = 0 AND turns_finished >= 101 FROM frontdesk.workers}, 'the worker to be idle');
is($desk->sql('SELECT count(*) FROM frontdesk.queue'), '0', 'at rest the queue is empty');

# ---- held back ----

$desk->sql('ALTER SYSTEM SET frontdesk.quiet_time = 600000; SELECT pg_reload_conf()');
$desk->wait_until(q{SELECT setting = '600000' FROM pg_settings WHERE name = 'frontdesk.quiet_time'}, 'the quiet time');
$desk->sql('ALTER SYSTEM SET frontdesk.quiet_time_limit = 900000; SELECT pg_reload_conf()');
$desk->wait_until(q{SELECT setting = '900000' FROM pg_settings WHERE name = 'frontdesk.quiet_time_limit'}, 'its limit');
post($clinic, 'the first of a burst');
is($desk->sql('SELECT class, threads, due, waiting, held_by_quiet_time, held_by_retry, owned, oldest_due > now() FROM frontdesk.queue'),
	'conversations|1|0|1|1|0|0|t', 'a conversation held by the quiet time is waiting');
$desk->sql('ALTER SYSTEM RESET ALL; SELECT pg_reload_conf()');
$desk->sql(q{SELECT frontdesk.shift_clock('20 minutes')});
$desk->wait_for_rest($clinic);
$desk->sql(q{SELECT frontdesk.shift_clock('0')});

# ---- turns ----

$event = post($clinic, 'I am a nurse and apply [[route=recruitment]]');
$desk->wait_for_rest($clinic);
my $thread = thread_of($clinic, $event);
is($desk->sql(qq{SELECT turn, steps, failures, (SELECT string_agg(k, ',' ORDER BY k) FROM jsonb_object_keys(node_ms) k), replies, ended,
	tokens_in = (SELECT sum(tokens_in) FROM frontdesk.checkpoints WHERE thread_id = '$thread') AND tokens_in > 0,
	cost = (SELECT sum(cost) FROM frontdesk.checkpoints WHERE thread_id = '$thread') AND cost > 0, array_length(models, 1) >= 2, duration > '0'
	FROM frontdesk.turns WHERE account_id = $clinic->{id} AND thread_id = '$thread'}),
	'1|3|0|classify,extract_lead_info,generate_response|1|t|t|t|t|t', 'a turn tells its steps, cost and replies');
$desk->post_webhook($clinic, $desk->message_event($clinic, 'and one thing more [[route=automated]]', conversation => $event->{conversation}{id}));
$desk->wait_until("SELECT count(*) = 2 FROM frontdesk.turns WHERE account_id = $clinic->{id} AND thread_id = '$thread'", 'a second turn');
$desk->wait_for_rest($clinic);
is($desk->sql("SELECT string_agg(turn || ':' || replies, ' ' ORDER BY turn) FROM frontdesk.turns WHERE account_id = $clinic->{id} AND thread_id = '$thread'"),
	'1:1 2:1', 'each turn has its own reply');
is($desk->sql('SET ROLE baker; SELECT count(*) FROM frontdesk.turns WHERE account_id = ' . $clinic->{id}), '0', 'turns of others are not seen');

# ---- metrics ----

sub metrics { return HTTP::Tiny->new->get($desk->gateway . '/metrics')->{content} }

# The value of a metric, named with its labels.
sub value
{
	my ($text, $name) = @_;
	return $text =~ /^\Q$name\E ([\d.e+-]+)$/m ? $1 : undef;
}

# A scrape that shows what the database knows now.
sub metrics_now
{
	my ($name, $wanted) = @_;
	return $desk->wait_for("$name to be $wanted", sub { my $text = metrics(); (value($text, $name) // '') eq $wanted ? $text : undef });
}

my $turns = $desk->sql(q{SELECT sum(turns) FROM frontdesk.threads});
my $text = metrics_now('frontdesk_turns_total{outcome="finished"}', $turns);
is(value($text, 'frontdesk_up'), 1, 'the engine was asked');
is(value($text, 'frontdesk_workers'), 1, 'one worker');
is(value($text, 'frontdesk_requests_in_flight'), 0, 'nothing is in flight');
is(value($text, 'frontdesk_queue_threads{class="conversations",state="due"}'), 0, 'the queue is empty');
is(value($text, 'frontdesk_tokens_total{direction="in"}'), $desk->sql('SELECT sum(tokens_in) FROM frontdesk.checkpoints'), 'tokens are counted');
is(sprintf('%.5f', value($text, 'frontdesk_cost_dollars_total')), $desk->sql('SELECT round(sum(cost), 5) FROM frontdesk.checkpoints'), 'cost is counted');
is(value($text, 'frontdesk_steps_total{outcome="done"}'), $desk->sql('SELECT count(*) FROM frontdesk.checkpoints WHERE failure IS NULL'), 'steps are counted');
is(value($text, 'frontdesk_deliveries_total{outcome="sent"}'), $desk->sql(q{SELECT count(*) FROM frontdesk.deliveries WHERE status = 'sent'}), 'deliveries are counted');
is(value($text, 'frontdesk_turn_duration_seconds_count'), $turns, 'and the duration of every turn');
is(value($text, 'frontdesk_request_duration_seconds_count{purpose="call"}'),
	scalar(grep { $_->{service} ne 'chatwoot' && $_->{answer}{outcome} eq 'sent' } $desk->requests), 'and every request that the models have answered');
cmp_ok(value($text, 'frontdesk_worker_starts_total'), '>=', 3, 'starts of workers are counted beyond their lives');
like($text, qr/^frontdesk_gateway_requests_total/m, "the gateway's own are there, too");

my (%typed, @wrong);
for (split /\n/, $text)
{
	$typed{$1} = $2 if /^# TYPE (\S+) (counter|gauge|histogram)$/;
	next if /^# (?:HELP|TYPE) /;
	push(@wrong, $_), next unless /^([a-z0-9_]+?)(?:_bucket|_sum|_count)?(?:\{(?:[a-z]+="[^"]*",?)+\})? -?[\d.e+Inf-]+$/;
	my ($name) = /^([a-z0-9_]+)/;
	my $base = $name =~ s/_(?:bucket|sum|count)$//r;
	push @wrong, $_ unless $typed{$name} || ($typed{$base} // '') eq 'histogram';
	push @wrong, $_ if ($typed{$name} // '') eq 'counter' && $name !~ /_total$/;
}
is(join("\n", @wrong), '', 'every line is of a declared type, counters end in _total');
unlike($text, qr/account|Clinic|Bakery|[0-9a-f]{8}-[0-9a-f]{4}/, 'no label names an account or a thread');

my $asked = sub { return $desk->sql(q{SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'metrics'}) };
$desk->sql('ALTER SYSTEM SET track_functions = "all"; SELECT pg_reload_conf()');
$desk->wait_for('functions to be counted', sub { metrics(); $asked->() > 0 });
my ($before, $began) = ($asked->(), time);
metrics() for 1 .. 200;
$desk->wait_for('the counters to be flushed', sub { metrics(); $asked->() > $before });
cmp_ok($asked->() - $before, '<=', 3 + (time - $began) / 5, '200 scrapes cost a statement every five seconds');

for my $function ('board_metrics', 'metrics')
{
	my ($status, $out, $problem) = $desk->node->psql('postgres', "SET ROLE nurse; SELECT frontdesk.$function()");
	like($problem, qr/permission denied/, "an operator may not call $function");
}
$desk->node->stop('immediate');
$text = $desk->wait_for('a scrape without a database', sub { my $t = metrics(); (value($t, 'frontdesk_up') // 1) == 0 ? $t : undef });
like($text, qr/^frontdesk_gateway_requests_total/m, 'without the database the counters of the gateway are still served');

done_testing();
