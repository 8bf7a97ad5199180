# Measurements of the engine alone: what a second worker costs, ten thousand
# calls at a time, from commit to the wire, a long history, recovery, and what
# is stored.  Part of measure.pl, whose subs print the figures.
use strict;
use warnings;

use Time::HiRes qw(sleep time);

our (%options, %house, $WATCH);

# A percentile of the samples.
sub percentile {
  my ($share, @samples) = @_;
  my @sorted = sort { $a <=> $b } @samples;
  return $sorted[ int($share * $#sorted + 0.5) ];
}

# ---- workers ----

# Rounds with one worker and with two, in turns, in one cluster.
sub measure_workers {
  my $house = open_house('Workers: the workflows of part "workflow" with one worker and with two, in turns',
    settings => { 'frontdesk.workers' => 2 });
  my $total = quick(500, 3000);
  my (@one, @two);
  $house->await_workers(2);
  run_workflows($house, quick(300, 4000));
  for my $round (1 .. $options{rounds}) {
    for my $count ($round % 2 ? (1, 2) : (2, 1)) {
      $house->settle;    # who is told to end shall leave no reply of uncertain fate
      $house->set('frontdesk.workers' => $count);
      $house->await_workers($count);
      run_workflows($house, quick(100, 500));
      push @{ $count == 1 ? \@one : \@two }, cost_of_workflows($house, $total);
    }
  }
  figure('CPU per workflow, one worker, ms', '%.3f', map { $_->{cpu} } @one);
  figure('CPU per workflow, two workers, ms', '%.3f', map { $_->{cpu} } @two);
  figure('two over one (at most 1.15)', '%.2f', map { $two[$_]{cpu} / $one[$_]{cpu} } 0 .. $#one);
  figure('workflows per second, one worker', '%.0f', map { $_->{rate} } @one);
  figure('workflows per second, two workers', '%.0f', map { $_->{rate} } @two);
  $house->stop;
}

# ---- calls ----

# Writes the largest anonymous memory of any worker, and the most calls the
# models had at a time, into a file until told to end.
sub sample_calls {
  my ($house, $file) = @_;
  my $pid = fork // die $!;
  return $pid if $pid;
  my ($stop, $peak, $calls) = (0, 0, 0);
  local $SIG{TERM} = sub { $stop = 1 };
  my @workers = $house->worker_pids;
  until ($stop) {
    for my $worker (@workers) {
      my $kb = BenchHouse::anonymous_kb($worker);
      $peak = $kb if $kb > $peak;
    }
    my $stats = $house->control('GET', 'stats');
    my $now = $stats->{openai}{in_flight} + $stats->{anthropic}{in_flight};
    $calls = $now if $now > $calls;
    sleep 0.1;
  }
  open my $out, '>', $file or POSIX::_exit(1);
  print {$out} "$peak $calls";
  close $out;
  POSIX::_exit(0);
}

sub measure_calls {
  my ($total, $latency, $seconds) = (quick(1000, 10_000), quick(2, 10), quick(1, 8));
  my ($files) = `sh -c 'ulimit -Hn'` =~ /(\d+)/;
  if (defined $files && $files < $total + 2000) {
    print "\nCalls: left out, the limit of open files is $files\n";
    return;
  }
  my $house = open_house("Calls: $total conversations within $seconds s, two calls of $latency s each, two workers",
    settings => { 'frontdesk.workers' => 2, 'frontdesk.max_in_flight' => int($total * 0.55),
      'frontdesk.http_timeout' => "'5min'" });
  $house->await_workers(2);
  run_workflows($house, quick(100, 1000));
  $house->settle;
  $house->delay_models($latency * 1000);
  my $watch = $house->watch($WATCH, 0.1);
  my $sampler = sample_calls($house, "$options{work}/rss");
  my $report = $house->load($house->as_chatwoot, '--paced', "--total=$total", "--seconds=$seconds",
    '--mix=0,100,0,0,0', '--reply-timeout=180');
  kill 'TERM', $sampler;
  waitpid $sampler, 0;
  my ($oldest) = sort { $b <=> $a } map { (split ' ')[0] } $house->finish_watch($watch);
  $house->delay_models(0);
  $house->settle(120);
  my ($memory, $calls) = split ' ', `cat '$options{work}/rss'`;
  figure('calls in flight at the models, peak', '%.0f', $calls);
  figure("conversations answered, of $total", '%.0f', $total - $report->{missing_replies});
  figure('due to reply, s, p50', '%.1f', $report->{reply_ms}{p50} / 1000);
  figure('oldest transaction seen, s (under 1)', '%.3f', $oldest // 0);
  figure('RssAnon of a worker, MB, peak (under 400)', '%.0f', $memory / 1024);
  $house->stop;
  die "replies are missing: $report->{missing_replies}\n" if $report->{missing_replies};
}

# ---- latency ----

# Webhooks one by one through the function that the gateway calls, with a pause
# long enough for everything to come to rest.
sub call_slowly {
  my ($house, $count) = @_;
  my $script = $house->emit_webhooks($count);
  open my $in, '<', $script or die "$script: $!";
  my @lines = <$in>;
  close $in;
  open my $out, '>', "$script.slow" or die $!;
  print {$out} "\\sleep 40 ms\n", @lines;
  close $out;
  my $prefix = "$options{work}/acks";
  unlink glob "$prefix.*";
  $house->pgbench('frontdesk_authenticator', '-c', 1, '-j', 1, '-t', $count, '-D', 'i=-1', '-D', 'clients=1',
    '-l', "--log-prefix=$prefix", '-f', "$script.slow");
  my ($log) = glob "$prefix.*";
  open my $acks, '<', $log or die "$log: $!";
  return map { my @f = split ' '; $f[4] + $f[5] / 1e6 } <$acks>;
}

# For each time, how much later the first of the requests came.
sub delays_after {
  my ($times, $arrivals) = @_;
  my @left = sort { $a <=> $b } @$arrivals;
  my @delays;
  for my $i (0 .. $#$times) {
    shift @left while @left && $left[0] < $times->[$i] - 0.02;
    last unless @left;
    next if $i < $#$times && $left[0] >= $times->[ $i + 1 ] - 0.02;
    push @delays, ($left[0] - $times->[$i]) * 1000;
  }
  return @delays;
}

sub measure_latency {
  my $house = open_house('Latency: webhooks one at a time, the system idle before each, quiet time 0, models at 0 ms',
    settings => { 'track_commit_timestamp' => 'on' });
  my $count = quick(50, 500);
  $house->answer_to_fakes;
  call_slowly($house, quick(20, 100));
  $house->settle;
  $house->control('POST', 'recording', { enabled => JSON::PP::true });
  $house->control('DELETE', 'requests');
  my $began = $house->sql('SELECT clock_timestamp()');
  my @acknowledged = sort { $a <=> $b } call_slowly($house, $count);
  $house->settle;
  my @committed = split /\n/, $house->sql("SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM frontdesk.messages
    WHERE direction = 'incoming' AND created_at >= '$began' ORDER BY 1");
  my @arrivals = map { $_->{at} } grep { $_->{service} ne 'chatwoot' } $house->recorded('');
  my @since_commit = delays_after(\@committed, \@arrivals);
  my @since_ack = delays_after(\@acknowledged, \@arrivals);
  die "too few of the requests were found\n" if @since_commit < 0.9 * $count || @since_ack < 0.9 * $count;
  figure('committed to request on the wire, ms, p50 (under 2)', '%.2f', percentile(0.5, @since_ack));
  figure('the same, p99 (under 10)', '%.2f', percentile(0.99, @since_ack));
  figure('from the begin of the commit, fsync included, p50', '%.2f', percentile(0.5, @since_commit));
  figure('the same, p99', '%.2f', percentile(0.99, @since_commit));
  printf "  (%d webhooks; committed is when the client has heard so)\n", scalar @since_ack;
  $house->stop;
}

# ---- history ----

# Rows of a year behind us, written without the engine: conversations at rest,
# ten messages each, and what the engine keeps of their last turn.
my @HISTORY = (
  q{SET session_replication_role = replica},
  # keys in the order of time, as the product makes them
  q{CREATE FUNCTION pg_temp.past(kind text, n integer) RETURNS uuid LANGUAGE sql AS $$
    SELECT (lpad(to_hex(1700000000000 + n * 1000::bigint), 12, '0') || '7' || substr(md5(kind || n), 1, 3) || '8' || substr(md5(kind || n), 4, 15))::uuid $$},
  q{INSERT INTO frontdesk.leads (account_id, id, site_id, chatwoot_contact_id, name, created_at)
    SELECT %account, pg_temp.past('l', n), 1, 'past-' || n, 'Guest ' || n, now() - interval '1 year' FROM generate_series(1, %count) n},
  q{INSERT INTO frontdesk.conversations (account_id, id, site_id, display_id, lead_id, channel, created_at)
    SELECT %account, pg_temp.past('t', n), 1, n, pg_temp.past('l', n), 'whatsapp', now() - interval '1 year' FROM generate_series(1, %count) n},
  q{INSERT INTO frontdesk.threads (account_id, id, kind, graph, graph_account_id, graph_version, created_at, epoch, event_seq, wake_seq,
      read_seq, step_seq, lane_seq, lane_head, turns, updated_at, state)
    SELECT %account, pg_temp.past('t', n), 'conversation', 'conversation', 0, 1, now() - interval '1 year', 5, 15, 13, 13, 15, 5, 6, 5,
      now() - interval '1 year', jsonb_build_object('content', repeat('thank you ', 10), 'intent', 'question', 'route', 'automated',
        'priority', 'medium', 'sentiment', 0, 'agent_response', repeat('we are open ', 20), 'confidence_score', 0.9, 'channel', 'whatsapp')
    FROM generate_series(1, %count) n},
  q{INSERT INTO frontdesk.messages (account_id, id, conversation_id, seq, direction, author, content, chatwoot_message_id, sent_at, created_at)
    SELECT %account, pg_temp.past('w', n * 10 + m), pg_temp.past('t', n), m, CASE m % 2 WHEN 1 THEN 'incoming' ELSE 'outgoing' END,
      CASE m % 2 WHEN 1 THEN 'customer' ELSE 'bot' END, repeat('some words of theirs ', 8), lpad((n * 10 + m)::text, 10, '0'),
      now() - interval '1 year', now() - interval '1 year'
    FROM generate_series(1, %count) n, generate_series(1, 10) m},
  q{INSERT INTO frontdesk.checkpoints (account_id, thread_id, seq, turn, node, next_node, patch, model, tokens_in, tokens_out, cost, duration_ms, created_at)
    SELECT %account, pg_temp.past('t', n), 12 + m, 5, (ARRAY['classify', 'answer', 'close'])[m], CASE WHEN m < 3 THEN 'answer' END,
      jsonb_build_object('intent', 'question', 'agent_response', repeat('we are open ', 10)), 'openai/some', 900, 60, 0.0005, 700,
      now() - interval '1 year' FROM generate_series(1, %count) n, generate_series(1, 3) m},
  q{INSERT INTO frontdesk.deliveries (account_id, thread_id, seq, kind, payload, created_at, status, attempts, sent_at, settled_at, remote_id)
    SELECT %account, pg_temp.past('t', n), m, 'reply', jsonb_build_object('text', repeat('we are open ', 20)), now() - interval '1 year', 'sent', 1,
      now() - interval '1 year', now() - interval '1 year', m::text FROM generate_series(1, %count) n, generate_series(1, 5) m},
  q{RESET session_replication_role},
);

sub fill_history {
  my ($house, $conversations) = @_;
  my $began = time;
  $house->sql('SET synchronous_commit = off', map { my $sql = $_; $sql =~ s/%account/$house->{account}/g; $sql =~ s/%count/$conversations/g; $sql } @HISTORY);
  $house->sql('VACUUM ANALYZE');
  $house->sql('CHECKPOINT');
  printf "  (%s messages and %d conversations written in %.0f s)\n",
    $house->sql('SELECT count(*) FROM frontdesk.messages'), $conversations, time - $began;
}

sub measure_history {
  my $conversations = quick(2000, 100_000);
  my $total = quick(300, 2000);
  my $young = open_house('History: two clusters in turns, one empty, one with '
      . $conversations * 10 . " messages and $conversations conversations at rest", name => 'young');
  my $old = BenchHouse->new(%house, name => 'old');
  run_workflows($young, quick(200, 3000));
  run_workflows($old, quick(200, 3000));
  fill_history($old, $conversations);
  $young->sql('VACUUM ANALYZE');
  $young->sql('CHECKPOINT');
  my (@young, @old);
  for my $round (0 .. $options{rounds}) {
    for my $house ($round % 2 ? ($young, $old) : ($old, $young)) {
      my $cost = cost_of_workflows($house, $total);
      push @{ $house == $young ? \@young : \@old }, $cost if $round > 0;
    }
  }
  figure('workflows per second, empty', '%.0f', map { $_->{rate} } @young);
  figure('workflows per second, with the history', '%.0f', map { $_->{rate} } @old);
  figure('with over without (at least 0.9)', '%.2f', map { $old[$_]{rate} / $young[$_]{rate} } 0 .. $#old);
  figure('CPU per workflow, with over without', '%.2f', map { $old[$_]{cpu} / $young[$_]{cpu} } 0 .. $#old);
  $_->stop for $old, $young;
}

# ---- recovery ----

# Seconds from a moment to when each of the threads asked its model again.
sub asked_again {
  my ($house, $count, $since) = @_;
  my @again;
  $house->await('the threads to run again', sub {
      @again = grep { $_->{at} > $since } $house->recorded('service=openai');
      @again >= $count }, 60);
  return map { $_->{at} - $since } @again[ 0 .. $count - 1 ];
}

# Threads that wait for their model, which will answer whoever asks again.
sub hold_threads {
  my ($house, $count) = @_;
  $house->control('DELETE', 'requests');
  $house->delay_models(60_000);
  $house->receive($count, 'a question [[route=high_priority]]');
  $house->await('the models to be asked', sub { scalar(my @asked = $house->recorded('service=openai')) >= $count });
  $house->delay_models(0);
}

sub recover_from_term {
  my ($house, $count) = @_;
  hold_threads($house, $count);
  my $since = time;
  kill 'TERM', $house->worker_pid;
  my @seconds = asked_again($house, $count, $since);
  $house->settle;
  return percentile(0.5, @seconds);
}

# A tick that raises is undone and its threads run again; the time of the error
# stands in its text.
sub recover_from_error {
  my ($house) = @_;
  $house->sql("SELECT setval('public.stumbles', 1, false)");
  $house->control('DELETE', 'requests');
  $house->receive(1, 'a question that stumbles [[route=automated]]');
  my $log = $house->server_log;
  my ($raised) = @{ $house->await('the error', sub {
      my @found = `grep -a 'bench stumbles at' '$log'` =~ /ERROR:  bench stumbles at ([\d.]+)/g;
      @found > $house->{stumbles}++ ? [ $found[-1] ] : ($house->{stumbles}-- && 0) }) };
  my ($again) = asked_again($house, 1, $raised);
  $house->settle;
  return $again;
}

sub recover_from_kill {
  my ($house, $count) = @_;
  hold_threads($house, $count);
  kill 'KILL', $house->worker_pid;
  my $log = $house->server_log;
  my $known = $house->{readies} // 1;
  my @ready = @{ $house->await('the server to be ready again', sub {
      my @found = `grep -a 'ready to accept connections' '$log'` =~ /^([\d.]+) /gm;
      @found > $known ? \@found : 0 }) };
  $house->{readies} = @ready;
  my @seconds = asked_again($house, $count, $ready[-1]);
  $house->settle;
  return percentile(0.5, @seconds);
}

# The default graph with a step that raises once per round.
sub add_stumble {
  my ($house) = @_;
  my $account = $house->{account};
  $house->sql('CREATE SEQUENCE public.stumbles', q{CREATE FUNCTION frontdesk.stumble(integer, uuid, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
    BEGIN
      IF $3 ->> 'content' LIKE '%stumbles%' AND nextval('public.stumbles') = 1 THEN
        RAISE EXCEPTION 'bench stumbles at %', extract(epoch FROM clock_timestamp()) USING ERRCODE = 'serialization_failure';
      END IF;
      RETURN '{}';
    END $$},
    # as if shipped: what accounts add runs in a worker of its own
    'ALTER EXTENSION pg_frontdesk ADD FUNCTION frontdesk.stumble(integer, uuid, jsonb)',
    "INSERT INTO frontdesk.graphs (account_id, name, version, entry) VALUES ($account, 'conversation', 1, 'stumble')",
    "INSERT INTO frontdesk.graph_nodes (account_id, graph, version, name, kind, agent, function) VALUES
       ($account, 'conversation', 1, 'stumble', 'function', NULL, 'stumble'), ($account, 'conversation', 1, 'classify', 'llm', 'router', NULL)",
    "INSERT INTO frontdesk.graph_edges (account_id, graph, version, source, position, target) VALUES
       ($account, 'conversation', 1, 'stumble', 1, 'classify')",
    "SELECT frontdesk.activate_graph('conversation', $account)");
}

sub measure_recovery {
  my $count = quick(10, 200);
  my $house = open_house("Recovery: $count threads wait for their models when their worker ends",
    settings => { 'log_line_prefix' => "'%n '", 'restart_after_crash' => 'on' });
  $house->answer_to_fakes;
  add_stumble($house);
  $house->{stumbles} = 0;
  $house->control('POST', 'recording', { enabled => JSON::PP::true });
  $house->receive(10, 'a question');
  $house->settle;
  my $rounds = quick(1, 7);
  figure('SIGTERM until threads run again, s, p50 (under 1.5)', '%.3f', map { recover_from_term($house, $count) } 1 .. $rounds);
  figure('ERROR in a tick, the same (under 1.5)', '%.3f', map { recover_from_error($house) } 1 .. $rounds);
  figure('kill -9, from "ready to accept connections" (under 1.5)', '%.3f', map { recover_from_kill($house, $count) } 1 .. $rounds);
  $house->stop;
}

# ---- storage ----

sub print_stored {
  my ($name, $before, $after, $count) = @_;
  my %each = map { ($_ => ($after->{$_} - $before->{$_}) / $count) } qw(heap indexes toast);
  printf "  %-44s %.0f  (rows %.0f, indexes %.0f, TOAST %.0f)\n", $name,
    $each{heap} + $each{indexes} + $each{toast}, @each{qw(heap indexes toast)};
}

sub measure_storage {
  my $house = open_house('Storage: bytes on disk after VACUUM, all tables of the product');
  my ($total, $talks, $turns) = (quick(500, 5000), quick(5, 50), quick(20, 100));
  run_workflows($house, 300);
  $house->settle;
  $house->sql('VACUUM');
  my $empty = $house->stored;
  run_workflows($house, $total);
  $house->settle;
  $house->sql('VACUUM');
  my $full = $house->stored;
  print_stored('stored per workflow in a new conversation', $empty, $full, $total);
  $house->load($house->as_chatwoot, "--closed-conversations=$talks", '--total=' . $talks * $turns, '--mix=55,30,10,5,0');
  $house->settle;
  $house->sql('VACUUM');
  print_stored("stored per conversation of $turns turns", $full, $house->stored, $talks);
  $house->stop;
}

1;
