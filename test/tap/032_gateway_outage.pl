# The gateway when things come and go: the database, the gateway itself, many
# senders at once, and strangers who do not give up.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use PostgreSQL::Test::Utils;
use RawHttp;
use Test::More;
use Time::HiRes qw(time usleep);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $desk = Frontdesk->start(conf => "log_statement = none\nmax_prepared_transactions = 2\nwal_level = replica\nmax_wal_senders = 2\n", gateway_env => { RATE_LIMIT => 0, POOL_SIZE => 18 });
my $account = $desk->account('Clinic', models => 0);

sub get
{
	my ($path, $port) = @_;
	return $desk->{http}->get('http://127.0.0.1:' . ($port // $desk->{gateway_port}) . $path);
}

sub metric
{
	my ($name, $port) = @_;
	my ($value) = get('/metrics', $port)->{content} =~ /^frontdesk_gateway_\Q$name\E (\S+)$/m;
	return $value // 'missing';
}

# Polls until a condition holds.
sub wait_for
{
	my ($condition, $what) = @_;
	my $until = time + 60;

	while (time < $until)
	{
		return 1 if $condition->();
		usleep(20_000);
	}
	diag("gave up waiting for $what");
	return 0;
}

# Sends a signed webhook and returns the socket its answer will come on.
sub send_webhook
{
	my ($event, $port) = @_;
	my $body = $json->encode($event);
	my $socket = raw_connect($port // $desk->{gateway_port});

	syswrite $socket, raw_request('POST', '/rpc/chatwoot_webhook', $desk->webhook_headers($account, $body), $body);
	return $socket;
}

# Reads one answer: its status, and the status in its body.
sub read_answer
{
	my ($socket) = @_;
	my $answer = raw_read($socket, qr/\r\n\r\n.+\}/s);
	my ($status) = $answer =~ m{^HTTP/1\.1 (\d+)};
	my ($body) = $answer =~ /\r\n\r\n(.*)/s;
	my $said = eval { $json->decode($body) } // {};
	return join ' ', $status // 'no answer', $said->{status} // $said->{code} // ();
}

sub hold { $desk->sql("BEGIN; LOCK TABLE frontdesk.messages; PREPARE TRANSACTION 'held'"); return }
sub release { $desk->sql("ROLLBACK PREPARED 'held'"); return }

sub wait_for_locked
{
	my ($count) = @_;
	$desk->wait_until("SELECT count(*) = $count FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator' AND wait_event_type = 'Lock'", "$count webhooks to wait");
	return;
}

sub stored
{
	my ($content) = @_;
	return $desk->sql("SELECT count(*) FROM frontdesk.messages WHERE content = '$content'");
}

subtest 'probes' => sub {
	is(get('/live')->{content}, "live\n", '/live');
	is(get('/ready')->{content}, "ready\n", '/ready');
	my $event = $desk->message_event($account, 'counted');
	my $accepted = metric('requests_total{class="2xx"}');
	is(read_answer(send_webhook($event)), '200 stored', 'a webhook');
	my $answer = get('/metrics');
	like($answer->{headers}{'content-type'}, qr{^text/plain; version=0\.0\.4}, '/metrics in Prometheus\' form');
	cmp_ok(metric('requests_total{class="2xx"}') - $accepted, '>=', 1, 'counts it');
	my %type = $answer->{content} =~ /^# TYPE (\S+) (\S+)$/mg;
	my @bad = grep { !/^(#|[a-z_0-9]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+$)/ } split /\n/, $answer->{content};
	is_deeply(\@bad, [], 'every line is a comment or a sample');
	is_deeply([ grep { !exists $type{$_} } map { "frontdesk_gateway_$_" }
			qw(requests_total request_duration_seconds pool_connections queue_length clients clients_displaced_total clients_refused_total in_flight body_bytes rejected_memory_total rejected_json_total rejected_utf8_total rejected_size_total
			throttled_total timed_out_total webhook_retries_total database_failures_total) ], [], 'all that is promised is there');
	my ($total, $last) = map { $answer->{content} =~ /$_ (\d+)$/m } 'request_duration_seconds_count', 'bucket\{le="\+Inf"\}';
	is($last, $total, 'the histogram adds up');
	$desk->wait_for_rest($account);
};

subtest 'a synchronous standby is gone' => sub {
	my $log = -s $desk->node->logfile;
	my @events = map { $desk->message_event($account, "no standby $_") } 1 .. 4;

	$desk->sql("ALTER SYSTEM SET frontdesk.standby_wait = '300ms'");
	$desk->sql("ALTER SYSTEM SET synchronous_standby_names = 'nowhere'");
	$desk->sql('SELECT pg_reload_conf()');
	# whoever asks before the server knows of it is not held up at all
	my $waits = wait_for(sub {
		read_answer(send_webhook($desk->message_event($account, 'knock')));
		return $desk->node->log_contains(qr/canceling wait for synchronous replication/, $log);
	}, 'a commit to wait in vain');
	ok($waits, 'a commit waits for it, and no longer than the setting says');
	my @sockets = map { send_webhook($_) } @events;
	is_deeply([ map { read_answer($_) } @sockets ], [ ('200 stored') x 4 ], 'webhooks are answered');
	# one after the other, so that they come by connections that have waited
	is(read_answer(send_webhook($desk->message_event($account, "next $_"))), '200 stored', 'and the next') for 1 .. 8;
	my (%last, @again);
	for (split /\n/, substr slurp_file($desk->node->logfile), $log)
	{
		my ($hour, $minute, $second, $pid) = /^\S+ (\d+):(\d+):(\d+)\S* \S+ \[(\d+)\].*canceling wait for synchronous replication/ or next;
		my $at = ($hour * 60 + $minute) * 60 + $second;
		push @again, $_ if defined $last{$pid} && ($at - $last{$pid}) % 86400 < 28;
		$last{$pid} = $at;
	}
	ok(%last, 'the log tells who waited');
	is(join("\n", @again), '', 'who has waited in vain does not wait again for the next ones');
	is(read_answer(send_webhook($events[0])), '200 duplicate', 'one that is sent again is known');
	is(stored("no standby $_"), 1, 'stored once') for 1 .. 4;
	$desk->sql('ALTER SYSTEM RESET synchronous_standby_names');
	$desk->sql('SELECT pg_reload_conf()');
	$desk->wait_for_rest($account);
	is(scalar(my @replies = $desk->replies($_->{conversation}{id})), 1, 'and answered once') for @events;
	$desk->sql('ALTER SYSTEM RESET frontdesk.standby_wait');
	$desk->sql('SELECT pg_reload_conf()');
};

subtest 'eight times the same, at once' => sub {
	for my $round (1 .. 3)
	{
		my $event = $desk->message_event($account, "same $round");
		hold();
		my @sockets = map { send_webhook($event) } 1 .. 8;
		wait_for_locked(8);
		release();
		my @answers = sort map { read_answer($_) } @sockets;
		is_deeply(\@answers, [ ('200 duplicate') x 7, '200 stored' ], 'one is stored, seven are duplicates');
		is(stored("same $round"), 1, 'one message');
		$desk->wait_for_rest($account);
		is($desk->sql("SELECT turns FROM frontdesk.threads AS t JOIN frontdesk.messages AS m ON m.account_id = t.account_id AND m.conversation_id = t.id WHERE m.content = 'same $round'"), 1, 'one turn');
		my $display = $event->{conversation}{id};
		is(scalar(grep { $_->{method} eq 'POST' && $_->{path} =~ m{/$display/messages$} && !$_->{body}{private} } $desk->requests('chatwoot')), 1, 'one reply at Chatwoot');
	}
};

subtest 'the server goes in the middle of a webhook' => sub {
	for my $mode ('fast', 'immediate')
	{
		$desk->end_child($desk->{gateway_pid});
		$desk->start_gateway(RATE_LIMIT => 0);
		my $failures = metric('database_failures_total');
		hold();
		my $socket = send_webhook($desk->message_event($account, "gone $mode"));
		wait_for_locked(1);
		my $started = time;
		$desk->node->stop($mode);
		is(read_answer($socket), '500 PGRST000', "$mode: tried again, then 500, which Chatwoot repeats, and never 503");
		cmp_ok(time - $started, '>=', 2, 'after trying for a while');
		cmp_ok(time - $started, '<', 120, 'but not for ever');
		cmp_ok(metric('database_failures_total'), '>', $failures, 'counted');
		is(get('/live')->{status}, 200, 'alive');
		is(get('/ready')->{status}, 503, 'not ready');
		unlike(get('/ready')->{content}, qr/frontdesk_authenticator|host|port/, 'without a word about where the database is');

		# comes back while one is being tried, however long it takes
		$desk->end_child($desk->{gateway_pid});
		$desk->start_gateway(RATE_LIMIT => 0, WEBHOOK_RETRY_TIME => '2min');
		$socket = send_webhook($desk->message_event($account, "back $mode"));
		$desk->node->start;
		release();
		is(read_answer($socket), '200 stored', 'the server is back within the time: stored');
		is(stored("back $mode") . stored("gone $mode"), '10', 'once; what was refused is not there');
		ok(wait_for(sub { get('/ready')->{status} == 200 }, 'ready'), 'ready again, without a restart');
		is(read_answer(send_webhook($desk->message_event($account, "after $mode"))), '200 stored', 'and serves');
	}
	$desk->wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_frontdesk worker'", 'the worker');
	$desk->wait_for_rest($account);
	is($desk->sql("SELECT count(DISTINCT content) FROM frontdesk.messages AS m WHERE content ~ '^(back|after) ' AND EXISTS (SELECT FROM frontdesk.messages AS r WHERE r.conversation_id = m.conversation_id AND r.direction = 'outgoing' AND r.author = 'bot')"),
		4, 'and each of them was answered');
};

subtest 'a backend dies under a webhook' => sub {
	hold();
	my $retries = metric('webhook_retries_total');
	my $socket = send_webhook($desk->message_event($account, 'terminated'));
	wait_for_locked(1);
	$desk->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'frontdesk_authenticator' AND wait_event_type = 'Lock'");
	wait_for(sub { metric('webhook_retries_total') > $retries }, 'a retry');
	wait_for_locked(1);
	release();
	is(read_answer($socket), '200 stored', 'the webhook is tried again');
	is(stored('terminated'), 1, 'and stored once');
};

subtest 'settings are read again' => sub {
	my $file = PostgreSQL::Test::Utils::tempdir() . '/gateway.conf';
	my $write = sub {
		open my $out, '>', $file or die;
		print $out "database = '" . $desk->node->connstr('postgres') . " user=frontdesk_authenticator'\nport = 0\n$_[0]";
		close $out;
	};
	$write->("body_limit = 1kB\nlog_requests = on\n");
	delete local @ENV{ grep { /^FRONTDESK_/ } keys %ENV };
	my ($pid, $port) = $desk->launch(qr/listening on .* port (\d+)/, "$FindBin::Bin/../../src/gateway/pg_frontdesk_gateway", '--config', $file);
	is(read_answer(send_webhook($desk->message_event($account, 'large', name => 'x' x 2000), $port)), '413 FDGW004', 'a small body_limit');
	$write->("body_limit = 1MB\nlog_requests = off\n");
	kill 'HUP', $pid;
	ok(wait_for(sub { $desk->log_of($pid) =~ /settings were read again/ }, 'SIGHUP'), 'SIGHUP');
	is(read_answer(send_webhook($desk->message_event($account, 'large', name => 'x' x 2000), $port)), '200 stored', 'makes it larger');
	$write->("body_limit = 1kB\nbody_limt = 7\n");
	kill 'HUP', $pid;
	ok(wait_for(sub { $desk->log_of($pid) =~ /settings stay as they were: .*body_limt/ }, 'a refusal'), 'a misspelled file changes nothing');
	is(read_answer(send_webhook($desk->message_event($account, 'large', name => 'x' x 2000), $port)), '200 stored', 'and the gateway goes on');
	is($desk->end_child($pid), 0, 'SIGTERM ends it');
};

subtest 'two gateways at once, and one that leaves' => sub {
	my ($first, $port) = ($desk->{gateway_pid}, $desk->{gateway_port});
	$desk->start_gateway(RATE_LIMIT => 0);
	my $second = $desk->{gateway_pid};
	is($desk->{gateway_port}, $port, 'they share a port');
	my @answers = map { $desk->post_webhook($account, $desk->message_event($account, "shared $_"))->{status} } 1 .. 40;
	is_deeply([ grep { $_ != 200 } @answers ], [], 'forty webhooks are accepted');
	my $event = $desk->message_event($account, 'told to both');
	is(join(',', sort map { read_answer($_) } map { send_webhook($event) } 1 .. 8), join(',', ('200 duplicate') x 7, '200 stored'), 'one message is one message');

	hold();
	my @sockets = map { send_webhook($desk->message_event($account, "drained $_")) } 1 .. 6;
	wait_for_locked(6);
	kill 'TERM', $first;
	ok(wait_for(sub { $desk->log_of($first) =~ /stopping, \d+ requests in flight/ }, 'the drain'), 'SIGTERM: the first gateway stops listening');
	@answers = map { get('/live')->{status} } 1 .. 20;
	is_deeply([ grep { $_ != 200 } @answers ], [], 'who comes now comes to the second');
	is(kill(0, $first), 1, 'the first waits for what is in flight');
	release();
	is(join(',', map { read_answer($_) } @sockets), join(',', ('200 stored') x 6), 'all of which is answered');
	is($desk->end_child($first), 0, 'and ends well');
	is($desk->sql("SELECT count(*) FROM frontdesk.messages WHERE content LIKE 'drained%'"), 6, 'nothing was lost');
	is($desk->end_child($second, 'INT'), 0, 'the second ends on SIGINT');
};

subtest 'rate limit' => sub {
	my $limit = 60; # a token a second
	$desk->start_gateway(RATE_LIMIT => $limit);
	my $event = $desk->message_event($account, 'accepted');
	is($desk->post_webhook($account, $event)->{json}{status}, 'stored', 'a sender is accepted');
	my $audit = $desk->refusals;
	my ($last, %seen);
	my $started = time;
	for my $n (1 .. 5000)
	{
		$last = $desk->post_webhook($account, $event, password => "guess $n");
		$seen{ $last->{status} }++;
		last if $last->{status} == 429;
	}
	is(join(',', sort keys %seen), '401,429', 'guesses are refused, then throttled');
	cmp_ok($seen{401}, '>=', $limit, 'not before the budget is spent');
	# however slow the machine is: what was spent came from the budget or has been refilled meanwhile
	cmp_ok($seen{401}, '<=', $limit + 1 + (time - $started) * $limit / 60, 'and as soon as it is');
	is($last->{json}{code}, 'FDGW006', 'with a reason');
	like($last->{headers}{'retry-after'}, qr/^[1-9]\d?$/, 'and Retry-After');
	is($desk->refusals - $audit, $seen{401}, 'what was throttled never reached SQL');

	# The accepted sender is heard also when its signature is wrong, on its address's account:
	# a debt of ten minutes, so that the clock is out of it from here on.
	my @heard = grep { $desk->post_webhook($account, $event, secret => "wrong $_")->{status} == 401 } 1 .. 10 * $limit;
	is(scalar @heard, 10 * $limit, 'its wrong signatures are refused, not throttled');
	my $throttled = metric('throttled_total');
	is($desk->post_webhook($account, $event, password => 'guess')->{status}, 429, 'a guess') for 1 .. 15;
	is($desk->{http}->post($desk->gateway . '/rpc/classify', { content => '{}' })->{status}, 429, 'nothing anonymous from that address');
	is($desk->post_webhook($account, $desk->message_event($account, "accepted $_"))->{json}{status}, 'stored', 'the accepted sender is served') for 1 .. 20;
	is(get('/live')->{status} . get('/ready')->{status}, '200200', 'probes are not throttled');
	my $others = $desk->account('Newcomer', models => 0);
	is($desk->post_webhook($others, $desk->message_event($others, 'new'))->{status}, 429, 'a sender that was never accepted waits like any stranger');
	is($desk->{http}->post($desk->gateway . '/rpc/chatwoot_webhook', { content => '{}', headers => { 'x-forwarded-for' => '203.0.113.7' } })->{status}, 429,
		'an address that the client names itself is not believed');
	is(metric('throttled_total') - $throttled, 18, 'all counted');
};

$desk->wait_for_rest($account);
unlike($desk->log_of($_), qr/assert|abort|core dumped|Segmentation/i, 'no gateway fell over') for keys %{ $desk->{logs} };

done_testing();
