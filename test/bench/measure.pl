# The measurements of test/bench/run, one sub per part; those of the engine
# alone are in measure_engine.pl.  Every figure is the
# median of its rounds; figures that are compared are measured in turns within
# the same run, because the machine may be slower tomorrow.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use BenchHouse;
use Getopt::Long;
use POSIX ();
use Time::HiRes qw(sleep time);

$| = 1;
our %options = (rounds => 5);
GetOptions(\%options, 'work=s', 'bindir=s', 'tree=s', 'quick', 'rounds=i') or exit 2;
$options{rounds} = 1 if $options{quick};
our %house = map { ($_ => $options{$_}) } qw(work bindir tree);
require "$FindBin::Bin/measure_engine.pl";
my %parts = (workflow => \&measure_workflow, webhook => \&measure_webhook,
  concurrency => \&measure_concurrency, workers => \&measure_workers, calls => \&measure_calls,
  latency => \&measure_latency, history => \&measure_history, recovery => \&measure_recovery,
  storage => \&measure_storage, classify => \&measure_classify);
my @wanted = @ARGV ? @ARGV : qw(workflow webhook concurrency workers calls latency history recovery storage classify);

for my $part (@wanted) {
  die "no such part: $part\n" unless $parts{$part};
}
sub quick { my ($short, $full) = @_; return $options{quick} ? $short : $full }

sub median {
  my @sorted = sort { $a <=> $b } @_;
  return 0 unless @sorted;
  my $middle = int(@sorted / 2);
  return @sorted % 2 ? $sorted[$middle] : ($sorted[$middle - 1] + $sorted[$middle]) / 2;
}

# One figure: its name, the median of the samples, and their range.
sub figure {
  my ($name, $format, @samples) = @_;
  my @sorted = sort { $a <=> $b } @samples;
  my $range = @sorted > 1 ? sprintf("  ($format to $format)", $sorted[0], $sorted[-1]) : '';
  printf "  %-44s $format%s\n", $name, median(@samples), $range;
}

sub describe_machine {
  my $cpus = `nproc`;
  my ($model) = `cat /proc/cpuinfo` =~ /^model name\s*:\s*(.*)$/m;
  my ($memory) = `cat /proc/meminfo` =~ /^MemTotal:\s+(\d+)/;
  my ($kernel, $machine) = (POSIX::uname())[ 2, 4 ];
  my ($place) = (`df --output=fstype '$options{work}'`)[1] =~ /(\S+)/;
  chomp $cpus;
  printf "Machine\n  %d CPUs (%s), %.0f GB, Linux %s %s, %s\n", $cpus, $model // 'unknown',
    $memory / 1048576, $kernel, $machine, $place;
  print '  ', `$options{bindir}/postgres --version`, "  load average ", join(' ', (split ' ', `cat /proc/loadavg`)[ 0 .. 2 ]),
    "; load, stand-ins, gateway and PostgreSQL share these CPUs\n";
}

sub open_house {
  my ($title, %more) = @_;
  my $house = BenchHouse->new(%house, %more);
  print "\n$title\n  settings: ", join(', ', split /\n/, $house->changed_settings), "\n";
  return $house;
}

# ---- workflow ----

sub run_workflows {
  my ($house, $total) = @_;
  return $house->load($house->as_chatwoot, '--closed-conversations=100', '--fresh', "--total=$total");
}

# CPU, WAL and rows of one round, per workflow.
sub cost_of_workflows {
  my ($house, $total) = @_;
  my ($cpu, $counted) = ($house->cpu, $house->counters);
  my $report = run_workflows($house, $total);
  my $spent = $house->cpu;
  die "replies are missing: $report->{missing_replies}\n" if $report->{missing_replies};
  sleep 2;    # sessions flush their counters once a second
  my $now = $house->counters;
  my %cost = (rate => $report->{replies_per_second}, latency => $report->{reply_ms}{p50});
  for my $kind (keys %$spent) {
    $cost{$kind} = ($spent->{$kind} - $cpu->{$kind}) * 1000 / $total;
    $cost{cpu} += $cost{$kind};
  }
  $cost{$_} = ($now->{$_} - $counted->{$_}) / $total for keys %$now;
  $cost{rows} = $cost{inserted} + $cost{updated} + $cost{deleted};
  return \%cost;
}

sub print_workflows {
  my (@costs) = @_;
  my $of = sub { my ($key) = @_; return map { $_->{$key} } @costs };
  figure('CPU per workflow, ms (at most 0.45)', '%.3f', $of->('cpu'));
  figure("  of it $_", '%.3f', $of->($_)) for qw(gateway backends worker others);
  figure('workflows per second', '%.0f', $of->('rate'));
  figure('webhook to reply, ms, p50', '%.1f', $of->('latency'));
  figure('WAL bytes per workflow', '%.0f', $of->('wal_bytes'));
  figure('full page images per workflow', '%.2f', $of->('wal_fpi'));
  figure('rows written per workflow', '%.1f', $of->('rows'));
  figure('commits per workflow', '%.2f', $of->('commits'));
}

sub measure_workflow {
  for my $quiet (0, 1000) {
    my $house = open_house("Workflow, quiet time $quiet ms: 100 conversations in a closed loop, each message a new conversation, models at 0 ms",
      settings => { 'frontdesk.quiet_time' => $quiet });
    my $total = quick(500, $quiet ? 500 : 5000);
    $house->sql('CHECKPOINT');
    run_workflows($house, quick(300, $quiet ? 300 : 8000));
    print_workflows(map { cost_of_workflows($house, $total) } 1 .. ($quiet ? quick(1, 3) : $options{rounds}));
    print "  (WAL: no checkpoint between warm-up and rounds; page images of the warm-up are not in it)\n" unless $quiet;
    measure_inserts($house) unless $quiet;
    $house->stop;
  }
}

# ---- pgbench ----

sub prepare_inserts {
  my ($house) = @_;
  $house->sql('CREATE TABLE public.bench_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)');
  open my $file, '>', "$options{work}/insert.sql" or die $!;
  print {$file} "INSERT INTO public.bench_rows (body) VALUES ('a row of some forty bytes, more or less');\n";
  close $file;
}

sub insert_rate {
  my ($house) = @_;
  return $house->pgbench('frontdesk', '-c', 32, '-j', 1, '-T', quick(1, 3), '-f', "$options{work}/insert.sql");
}

sub measure_inserts {
  my ($house) = @_;
  prepare_inserts($house);
  figure('pgbench: single-row inserts per second', '%.0f', map { insert_rate($house) } 1 .. $options{rounds});
}

# ---- webhook ----

# Webhooks with nothing behind: the quiet time outlasts the run.
sub compare_webhooks {
  my ($house, $calls) = @_;
  my $script = $house->emit_webhooks($calls * 32);
  my %rate;
  $rate{called} = $house->pgbench('frontdesk_authenticator', '-c', 32, '-j', 1, '-t', $calls,
    '-D', 'i=-1', '-D', 'clients=32', '-f', $script);
  my $report = $house->load('--connections=32', '--total=' . $calls * 32);
  $rate{acknowledged} = $report->{acks_per_second};
  $rate{ack_ms} = $report->{ack_ms}{p50};
  $rate{inserted} = insert_rate($house);
  return \%rate;
}

sub measure_webhook {
  my $house = open_house('Webhook: 32 keep-alive connections, nothing behind',
    settings => { 'frontdesk.quiet_time' => "'1h'" });
  my $calls = quick(50, 400);
  prepare_inserts($house);
  compare_webhooks($house, $calls);
  my @rates = map { compare_webhooks($house, $calls) } 1 .. $options{rounds};
  my $of = sub { my ($key) = @_; return map { $_->{$key} } @rates };
  figure('acknowledged per second', '%.0f', $of->('acknowledged'));
  figure('acknowledgement, ms, p50', '%.2f', $of->('ack_ms'));
  figure('pgbench calling the function', '%.0f', $of->('called'));
  figure('pgbench: single-row inserts per second', '%.0f', $of->('inserted'));
  figure('gateway over the function (at least 0.6)', '%.2f', map { $_->{acknowledged} / $_->{called} } @rates);
  figure('gateway over single-row insert (at least 0.4)', '%.2f', map { $_->{acknowledged} / $_->{inserted} } @rates);
  $house->stop;
  measure_burst();
}

# Alternates a burst with the graph behind and one with nothing behind.
sub measure_burst {
  my $house = open_house('Burst of 4,000 webhooks, the graph behind, quiet time 0, models at 0 ms');
  my $total = quick(400, 4000);
  my (@behind, @alone);
  for my $round (0 .. $options{rounds}) {
    $house->set('frontdesk.quiet_time' => "'1h'");
    my $free = $house->load('--connections=32', "--total=$total");
    $house->set('frontdesk.quiet_time' => 0);
    my $busy = $house->load($house->as_chatwoot, '--burst', '--connections=32', "--total=$total");
    $house->sql("DELETE FROM frontdesk.ready WHERE slot IS NULL");
    $house->settle;
    next if $round == 0;
    push @alone, $free->{acks_per_second};
    push @behind, $busy->{acks_per_second};
  }
  figure('acknowledged per second, graph behind', '%.0f', @behind);
  figure('acknowledged per second, nothing behind', '%.0f', @alone);
  figure('behind over alone (at least 0.5)', '%.2f', map { $behind[$_] / $alone[$_] } 0 .. $#alone);
  $house->stop;
}

# ---- concurrency ----

# From the webhook's transaction to the reply's settling, less 500 ms per call.
my $LATENCY = q{
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99, count(*) AS n
  FROM (SELECT extract(epoch FROM d.settled_at - m.created_at) * 1000
      - 500 * (SELECT count(*) FROM frontdesk.checkpoints c
               WHERE c.account_id = m.account_id AND c.thread_id = m.conversation_id AND c.tokens_in > 0) AS ms
    FROM frontdesk.messages m JOIN frontdesk.deliveries d
      ON d.account_id = m.account_id AND d.thread_id = m.conversation_id AND d.seq = 1
    WHERE m.direction = 'incoming' AND m.created_at >= '%s') AS each};

our $WATCH = q{SELECT /* bench watch */ coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) || ' ' || coalesce(max(age(backend_xmin)), 0)
  FROM pg_stat_activity WHERE datname = 'frontdesk' AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'};

sub spread_conversations {
  my ($house, $total, $seconds) = @_;
  my $began = $house->sql('SELECT clock_timestamp()');
  my $watch = $house->watch($WATCH, 0.1);
  my $peak = 0;
  my $sampler = fork // die $!;
  if ($sampler == 0) {
    my $file = "$options{work}/rss";
    my $stop = 0;
    local $SIG{TERM} = sub { $stop = 1 };
    until ($stop) {
      my $kb = BenchHouse::anonymous_kb($house->worker_pid);
      $peak = $kb if $kb > $peak;
      sleep 0.05;
    }
    open my $out, '>', $file or POSIX::_exit(1);
    print {$out} $peak;
    close $out;
    POSIX::_exit(0);
  }
  my $report = $house->load($house->as_chatwoot, '--paced', "--total=$total", "--seconds=$seconds");
  kill 'TERM', $sampler;
  waitpid $sampler, 0;
  my ($oldest) = sort { $b <=> $a } map { (split ' ')[0] } $house->finish_watch($watch);
  die "replies are missing: $report->{missing_replies}\n" if $report->{missing_replies};
  $house->settle;
  my $latency = $house->row(sprintf $LATENCY, $began);
  return { %$latency, memory => `cat $options{work}/rss` / 1024, oldest => $oldest,
    rate => $report->{replies_per_second}, whole => $report->{reply_ms}{p50} };
}

sub measure_concurrency {
  my ($total, $seconds) = (quick(200, 2000), quick(1, 4));
  for my $tls (0, 1) {
    my $house = open_house(sprintf('Concurrency%s: %d conversations arriving evenly over %d s, models at 500 ms, one worker',
        $tls ? ' with TLS to the models' : '', $total, $seconds), tls => $tls);
    run_workflows($house, quick(100, 2000));
    $house->settle;
    $house->delay_models(500);
    spread_conversations($house, $total, $seconds) unless $options{quick};
    my @runs = map { spread_conversations($house, $total, $seconds) } 1 .. $options{rounds};
    my $of = sub { my ($key) = @_; return map { $_->{$key} } @runs };
    figure('commit to reply less model time, ms, p50 (under 50)', '%.1f', $of->('p50'));
    figure('the same, p99', '%.1f', $of->('p99'));
    figure('due to reply, ms, p50', '%.0f', $of->('whole'));
    figure('RssAnon of the worker, MB, peak (under 200)', '%.0f', $of->('memory'));
    figure('oldest transaction seen, s (under 1)', '%.3f', $of->('oldest'));
    $house->stop;
  }
}

# ---- classify ----

sub measure_classify {
  my $house = open_house('Classify: CLINC150, and the default classifier in bulk');
  $house->classify;
  $house->stop;
}

describe_machine();
$parts{$_}->() for @wanted;
