package BenchHouse;

# A whole front desk for a measurement: a private cluster with settings close
# to the stock ones, the stand-ins for the models, the gateway, one account
# whose Chatwoot is the load generator; and probes that read what it cost.
#
# Everything listens on the loopback address or on a socket in the workplace.
# Processes are ended by their id, by stop() or when the object goes away.

use strict;
use warnings;

use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

# Objects are destroyed on exit, not by a signal.
$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub { exit 143 };

my $SECRET = 'bench-signing-secret';
my $TICKS = POSIX::sysconf(POSIX::_SC_CLK_TCK());

# Settings of every part; a part adds its own.  The load generator, which is
# Chatwoot, leaves while the last conversations still have labels to set: that
# is no reason to leave the site alone in the next round.
our %SETTINGS = (
  'frontdesk.breaker_failures' => 1000,
  'listen_addresses' => "''",
  'max_worker_processes' => 16,
  'shared_preload_libraries' => "'pg_frontdesk'",
  'frontdesk.databases' => "'frontdesk'",
  'frontdesk.egress_allow_private' => 'on',
  'frontdesk.router_confidence' => 1.01,
  'frontdesk.quiet_time' => 0,
);

# new(work => DIR, bindir => DIR, tree => CHECKOUT, settings => {…}, tls => 0|1,
#	name => NAME): the name tells houses apart that stand at the same time.
sub new {
  my ($class, %options) = @_;
  my $self = bless { %options, pids => [], runs => 0 }, $class;
  $self->{name} //= 'house';
  $self->{place} = "$self->{work}/$self->{name}";
  system('rm', '-rf', $self->{place});
  mkdir $_ or die "$_: $!" for $self->{place}, "$self->{place}/run";
  $self->{stands} = 1;
  $self->_start_cluster;
  $self->_start_fakes;
  $self->_furnish;
  $self->_start_gateway;
  return $self;
}

sub stop {
  my ($self) = @_;
  for my $pid (reverse @{ $self->{pids} }) {
    kill 'TERM', $pid;
    waitpid $pid, 0;
  }
  $self->{pids} = [];
  $self->_run("$self->{bindir}/pg_ctl", '-D', $self->_data, '-m', 'fast', '-w', 'stop')
    if delete $self->{up};
  system('rm', '-rf', $self->{place}) if delete $self->{stands};
}

sub DESTROY { my ($self) = @_; local ($?, $@); $self->stop }

# ---- building it ----

sub _data { "$_[0]{place}/cluster" }
sub server_log { "$_[0]{work}/log/$_[0]{name}-postgresql.log" }

sub _run {
  my ($self, @command) = @_;
  my $log = "$self->{work}/log/commands.log";
  my $pid = fork // die "fork: $!";
  if ($pid == 0) {
    open STDOUT, '>>', $log or die "$log: $!";
    open STDERR, '>&', \*STDOUT;
    exec @command or die "$command[0]: $!";
  }
  waitpid $pid, 0;
  die "failed: @command (see $log)\n" if $? != 0;
}

# Starts a program that stays; its output goes to a log, whose name is returned.
sub _spawn {
  my ($self, $name, %options) = @_;
  my $log = "$self->{work}/log/$self->{name}-$name.log";
  unlink $log;
  my $pid = fork // die "fork: $!";
  if ($pid == 0) {
    $ENV{$_} = $options{env}{$_} for keys %{ $options{env} || {} };
    open STDOUT, '>', $log or die "$log: $!";
    open STDERR, '>&', \*STDOUT;
    exec @{ $options{command} } or die "$options{command}[0]: $!";
  }
  push @{ $self->{pids} }, $pid;
  $self->{pid}{$name} = $pid;
  return $log;
}

# Polls until the code returns something true, which is returned.
sub _await {
  my ($self, $what, $code, $seconds) = @_;
  my $limit = time + ($seconds || 30);
  while (time < $limit) {
    my $found = $code->();
    return $found if $found;
    sleep 0.02;
  }
  die "$what did not come about in time\n";
}

sub _read {
  my ($name) = @_;
  open my $file, '<', $name or return '';
  local $/;
  return scalar(<$file>) // '';
}

sub _free_port {
  my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die $!;
  return $socket->sockport;
}

sub _start_cluster {
  my ($self) = @_;
  my %settings = (%SETTINGS, 'unix_socket_directories' => "'$self->{place}/run'",
    'frontdesk.key_file' => "'$self->{place}/key'", %{ $self->{settings} || {} });

  open my $key, '>', "$self->{place}/key" or die $!;
  chmod 0600, "$self->{place}/key";
  print {$key} join('', map { sprintf '%02x', int rand 256 } 1 .. 32), "\n";
  close $key;
  if ($self->{tls}) {
    $self->_make_certificate;
    $settings{'frontdesk.http_ca_file'} = "'$self->{place}/cert.pem'";
  }
  unlink $self->server_log;
  $self->_run("$self->{bindir}/initdb", '-D', $self->_data, '-U', 'frontdesk', '-A', 'trust',
    '-E', 'UTF8', '--locale=C.UTF-8');
  open my $conf, '>>', $self->_data . '/postgresql.conf' or die $!;
  print {$conf} "$_ = $settings{$_}\n" for sort keys %settings;
  close $conf;
  $self->_run("$self->{bindir}/pg_ctl", '-D', $self->_data, '-w', '-l',
    $self->server_log, 'start');
  $self->{up} = 1;
  ($self->{pid}{postmaster}) = _read($self->_data . '/postmaster.pid') =~ /^(\d+)/;
  $self->_run("$self->{bindir}/createdb", '-h', "$self->{place}/run", '-U', 'frontdesk', 'frontdesk');
}

sub _make_certificate {
  my ($self) = @_;
  $self->_run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', "$self->{place}/cert.key", '-out', "$self->{place}/cert.pem");
}

sub _start_fakes {
  my ($self) = @_;
  my @tls = $self->{tls} ? ("--tls-cert=$self->{place}/cert.pem", "--tls-key=$self->{place}/cert.key") : ();
  my $log = $self->_spawn('fakes', command => [
      "$self->{tree}/test/fakes/fake_services", '--port=0', '--no-record', @tls ]);
  my $ready = $self->_await('the stand-ins', sub { _read($log) =~ /^ready (\d+)(?: (\d+))?/m ? [ $1, $2 ] : 0 });
  $self->{fake} = "http://127.0.0.1:$ready->[0]";
  $self->{model_url} = $self->{tls} ? "https://127.0.0.1:$ready->[1]" : $self->{fake};
}

sub _furnish {
  my ($self) = @_;
  $self->{reply_port} = _free_port();
  $self->sql('CREATE EXTENSION pg_frontdesk', 'SELECT FROM frontdesk.setup_roles()');
  # customers who say the same all day long are no machines here; a revision that is compared may not know the limits
  for my $limit (split /\n/, $self->sql(q{SELECT attname FROM pg_attribute
    WHERE attrelid = 'frontdesk.people_rules'::regclass AND attname IN ('reply_limit', 'repeat_limit')})) {
    $self->sql("UPDATE frontdesk.people_rules SET $limit = NULL WHERE account_id = 0");
  }
  my $account = $self->{account} = $self->sql("SELECT frontdesk.add_account('Bench')");
  my $site = $self->sql("SELECT frontdesk.add_site($account, 'http://127.0.0.1:$self->{reply_port}', 3, 'bot-token', 'user-token')");
  for my $name ('openai', 'anthropic') {
    $self->sql("INSERT INTO frontdesk.providers (account_id, name, kind, base_url, settings)
      SELECT $account, name, kind, '$self->{model_url}' || coalesce(substring(base_url from '://[^/]+(/.*)'), ''), settings
      FROM frontdesk.providers WHERE account_id = 0 AND name = '$name'",
      "SELECT frontdesk.set_secret($account, 'provider:$name', 'bench-key')");
  }
  my $way = $self->sql("SELECT login || ':' || password FROM frontdesk.register_webhook($account, $site, '$SECRET', 'bench')");
  $self->{user} = $way;
}

sub _start_gateway {
  my ($self) = @_;
  my $log = $self->_spawn('gateway', command => ["$self->{bindir}/pg_frontdesk_gateway"], env => {
      FRONTDESK_DATABASE => "host=$self->{place}/run dbname=frontdesk user=frontdesk_authenticator",
      FRONTDESK_PORT => 0 });
  my $port = $self->_await('the gateway', sub { _read($log) =~ /listening on .* port (\d+)$/m ? $1 : 0 });
  $self->{url} = "http://127.0.0.1:$port/rpc/chatwoot_webhook";
  my $client = HTTP::Tiny->new;
  $self->_await('a ready gateway', sub { $client->get("http://127.0.0.1:$port/ready")->{success} });
  $self->_await("a worker", sub { $self->worker_pid });
}

# ---- using it ----

# Runs statements in one session and returns their output.
sub sql {
  my ($self, @statements) = @_;
  my @command = ("$self->{bindir}/psql", '-XqAt', '-v', 'ON_ERROR_STOP=1', '-h',
    "$self->{place}/run", '-U', 'frontdesk', '-d', 'frontdesk', map { ('-c', $_) } @statements);
  open my $out, '-|', @command or die "psql: $!";
  local $/;
  my $text = <$out> // '';
  close $out or die "psql failed on: @statements\n";
  return $text =~ s{\n\z}{}r;
}

# One row of named columns, as a hash.
sub row { my ($self, $query) = @_; return decode_json($self->sql("SELECT row_to_json(r) FROM ($query) AS r")) }

sub set {
  my ($self, %settings) = @_;
  my $before = $self->sql('SELECT pg_conf_load_time()');
  $self->sql((map { "ALTER SYSTEM SET $_ = $settings{$_}" } sort keys %settings), 'SELECT pg_reload_conf()');
  $self->_await('the new settings', sub { $self->sql('SELECT pg_conf_load_time()') ne $before });
}

# Tells or asks the stand-ins something.
sub control {
  my ($self, $method, $path, $content) = @_;
  my $answer = HTTP::Tiny->new(timeout => 120)->request($method, "$self->{fake}/_fake/$path",
    $content ? { headers => { 'content-type' => 'application/json' }, content => encode_json($content) } : {});
  die "the stand-ins do not take $method $path: $answer->{content}\n" unless $answer->{success};
  return length $answer->{content} ? decode_json($answer->{content}) : undef;
}

# Milliseconds that every answer of the models takes.
sub delay_models { my ($self, $ms) = @_; $self->control('POST', 'latency', { openai => $ms, anthropic => $ms }) }

# Requests that the stand-ins have kept, with the time of their arrival as
# seconds since 1970 ("at"): both clocks are this machine's.
sub recorded {
  my ($self, $query) = @_;
  my $ahead = time - Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC());
  my @requests = @{ $self->control('GET', "requests?$query")->{requests} };
  $_->{at} = $_->{ms} / 1000 + $ahead for @requests;
  return @requests;
}

# Lets the stand-ins be the account's Chatwoot, when no load generator runs.
sub answer_to_fakes {
  my ($self) = @_;
  $self->sql("UPDATE frontdesk.sites SET url = '$self->{fake}' WHERE account_id = $self->{account} AND transport = 'chatwoot'");
}

# Messages of so many new conversations, through SQL, each in a turn of its own.
sub receive {
  my ($self, $count, $text) = @_;
  my $run = $self->{runs}++;
  $self->sql("SELECT frontdesk.receive_message($self->{account}, 'webchat', 'guest $run/' || n, '$text') FROM generate_series(1, $count) n");
}

# Runs the load generator and returns its report.  Every run has conversations
# and messages of its own.
sub load {
  my ($self, @options) = @_;
  my $run = $self->{runs}++;
  my @command = ("$self->{tree}/test/bench/webhook_load", "--url=$self->{url}",
    "--user=$self->{user}", "--secret=$SECRET", '--json',
    '--first-conversation=' . (10000001 + $run * 200000),
    '--first-message=' . (1000000001 + $run * 1000000), @options);
  open my $out, '-|', 'sh', '-c', 'exec "$@" 2>>"$0"', "$self->{work}/log/load.log", @command or die $!;
  local $/;
  my $text = <$out>;
  close $out;
  die "the load generator failed; see its log\n" unless $text;
  my $report = decode_json($text);
  die "some webhooks were refused: $text\n"
    if grep { $_ ne '200' } keys %{ $report->{statuses} };
  return $report;
}

# Options that make the load generator this house's Chatwoot.
sub as_chatwoot { my ($self) = @_; return ("--reply-port=$self->{reply_port}", "--notes-close") }

# Runs classify.sh against this house's cluster; its lines go to stdout.
sub classify {
  my ($self) = @_;
  local %ENV = (%ENV, PGHOST => "$self->{place}/run", PGUSER => 'frontdesk', PGDATABASE => 'frontdesk',
    PSQL => "$self->{bindir}/psql");
  system("$self->{tree}/test/bench/classify.sh") == 0 or die "classify.sh failed\n";
}

# Waits until nothing is left to do.
sub settle {
  my ($self, $seconds) = @_;
  $self->_await('rest', sub { $self->sql('SELECT count(*) FROM frontdesk.ready') eq '0' }, $seconds || 60);
}

# Writes webhooks for pgbench and loads them; returns the script's name.
sub emit_webhooks {
  my ($self, $total) = @_;
  my $file = "$self->{place}/webhooks.sql";
  my $run = $self->{runs}++;
  $self->_run("$self->{tree}/test/bench/webhook_load", "--url=$self->{url}", "--user=$self->{user}",
    "--secret=$SECRET", "--emit-pgbench=$file", "--total=$total",
    '--first-conversation=' . (10000001 + $run * 200000),
    '--first-message=' . (1000000001 + $run * 1000000));
  $self->_run("$self->{bindir}/psql", '-Xq', '-v', 'ON_ERROR_STOP=1', '-h', "$self->{place}/run",
    '-U', 'frontdesk', '-d', 'frontdesk', '-f', $file);
  return "$file.pgbench";
}

# Transactions per second, without the time to connect.
sub pgbench {
  my ($self, $user, @options) = @_;
  open my $out, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', "$self->{bindir}/pgbench", '-n', '-M',
    'prepared', '-h', "$self->{place}/run", '-U', $user, @options, 'frontdesk' or die $!;
  local $/;
  my $text = <$out>;
  close $out;
  die "pgbench failed:\n$text" unless $text =~ /^tps = ([\d.]+)/m;
  return $1;
}

# A session that prints a query's row again and again; returns a handle for
# finish_watch().
sub watch {
  my ($self, $query, $seconds) = @_;
  my $file = "$self->{place}/watch";
  open my $in, '|-', 'sh', '-c', 'exec "$@" >"$0" 2>&1', $file, "$self->{bindir}/psql", '-XqAt', '-h',
    "$self->{place}/run", '-U', 'frontdesk', '-d', 'frontdesk' or die $!;
  print {$in} "$query \\watch $seconds\n";
  $in->flush;
  my ($pid) = $self->_await('the watching session', sub {
      $self->sql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%bench watch%' AND pid <> pg_backend_pid()") });
  return { in => $in, file => $file, pid => $pid };
}

sub finish_watch {
  my ($self, $watch) = @_;
  $self->sql("SELECT pg_terminate_backend($watch->{pid})");
  close $watch->{in};
  return grep { /^[\d.]+ \d+$/ } split /\n/, _read($watch->{file});    # and psql's farewell
}

# ---- probes ----

sub _cpu_of {
  my ($pid) = @_;
  my $stat = _read("/proc/$pid/stat") or return;
  my @field = split ' ', $stat =~ s/^.*\) //sr;
  return { own => ($field[11] + $field[12]) / $TICKS, reaped => ($field[13] + $field[14]) / $TICKS };
}

sub _kind_of {
  my ($pid) = @_;
  my $title = _read("/proc/$pid/cmdline") =~ tr/\0/ /r;
  return 'worker' if $title =~ /pg_frontdesk worker/;
  return 'backends' if $title =~ /frontdesk_authenticator/;
  return 'others';
}

sub _children {
  my ($self) = @_;
  my $pm = $self->{pid}{postmaster};
  return split ' ', _read("/proc/$pm/task/$pm/children");
}

# Seconds of CPU so far, by kind of process: gateway, backends, worker, others.
# Processes of the server that have ended count as others.
sub cpu {
  my ($self) = @_;
  my %cpu = (gateway => _cpu_of($self->{pid}{gateway})->{own}, backends => 0, worker => 0, others => 0);
  my $postmaster = _cpu_of($self->{pid}{postmaster});
  $cpu{others} += $postmaster->{own} + $postmaster->{reaped};
  for my $pid ($self->_children) {
    my $own = _cpu_of($pid) or next;
    $cpu{ _kind_of($pid) } += $own->{own};
  }
  return \%cpu;
}

sub worker_pids { my ($self) = @_; return grep { _kind_of($_) eq 'worker' } $self->_children }
sub worker_pid { return ($_[0]->worker_pids)[0] }

# Waits until so many workers serve.
sub await_workers {
  my ($self, $count) = @_;
  $self->_await("$count workers", sub {
      $self->sql(q{SELECT count(*) FROM frontdesk.workers WHERE pid IS NOT NULL}) == $count });
}

sub await { my ($self, @rest) = @_; return $self->_await(@rest) }

# Kilobytes of anonymous memory of a process.
sub anonymous_kb {
  my ($pid) = @_;
  return _read("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m ? $1 : 0;
}

# Counters of the cluster.  The sessions flush theirs within a second or so.
sub counters {
  my ($self) = @_;
  return $self->row(q{SELECT pg_current_wal_insert_lsn() - '0/0' AS wal_bytes,
    (SELECT wal_fpi FROM pg_stat_wal) AS wal_fpi, (SELECT wal_sync FROM pg_stat_wal) AS wal_sync,
    (SELECT xact_commit FROM pg_stat_database WHERE datname = 'frontdesk') AS commits,
    (SELECT sum(n_tup_ins) FROM pg_stat_user_tables) AS inserted,
    (SELECT sum(n_tup_upd) FROM pg_stat_user_tables) AS updated,
    (SELECT sum(n_tup_del) FROM pg_stat_user_tables) AS deleted});
}

# Bytes on disk of the product's tables: rows, indexes, and TOAST with its index.
sub stored {
  my ($self) = @_;
  return $self->row(q{SELECT sum(pg_relation_size(c.oid)) AS heap, sum(pg_indexes_size(c.oid)) AS indexes,
      sum(CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_total_relation_size(c.reltoastrelid) END) AS toast
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'frontdesk'::regnamespace});
}

# Settings that are not PostgreSQL's own defaults.
sub changed_settings {
  my ($self) = @_;
  return $self->sql(q{SELECT format('%s = %s%s', name, setting, unit) FROM pg_settings
    WHERE source = 'configuration file' AND boot_val IS DISTINCT FROM setting
      AND name NOT IN ('frontdesk.key_file', 'frontdesk.http_ca_file', 'unix_socket_directories', 'log_timezone', 'TimeZone')
      AND name NOT LIKE 'lc\_%' AND name NOT LIKE 'default\_text%' ORDER BY name});
}

1;
