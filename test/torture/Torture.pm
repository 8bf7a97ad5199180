# Torture.pm: a front desk under load, with misbehaving services, whose parts
# are killed at random moments.
#
#	my $torture = Torture->new(seed => 7, minutes => 5, say => sub { print "@_\n" });
#	$torture->run;                    # messages, faults, kills; then peace
#	my $verdict = $torture->judge;    # see TortureVerdict.pm
#
# One process and one loop: webhooks are driven without blocking, and what
# takes time (a server that starts) is a task that is looked at again and
# again.  What shall happen comes from TorturePlan.pm.  Every process is ended
# by its pid, also when the torture is interrupted.
package Torture;

use strict;
use warnings;

use Fcntl qw(SEEK_SET);
use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(WNOHANG);
use Time::HiRes qw(time clock_gettime CLOCK_MONOTONIC);
use TorturePlan;
use TortureSender;
use TortureTraffic;
use TortureVerdict;

use constant LONGEST_RECOVERY => 60;    # seconds after which a torture gives up on a part

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my %crashes = map { $_ => 1 } ('worker', 'backend', 'postmaster', 'coordinator', 'tool worker');
my @living;

my $conf = <<'CONF';
restart_after_crash = on
synchronous_commit = off
wal_writer_delay = 10s
shared_buffers = 32MB
checkpoint_timeout = 30s
log_statement = none
log_line_prefix = '%n [%p] %b '
frontdesk.workers = 2
frontdesk.router_confidence = 1.01
frontdesk.quiet_time = 150ms
frontdesk.quiet_time_limit = 1s
frontdesk.settle_time = 3s
frontdesk.http_timeout = 5s
CONF

# Options: seed, minutes, kills (per minute), conversations, rate (messages per
# second), settle (seconds that may pass until rest), say (takes a line).
sub new
{
	my ($class, %option) = @_;
	my $self = bless { kills => 7.5, conversations => 150, rate => 12, minutes => 5, settle => 240, %option }, $class;

	$self->{seconds} = $self->{minutes} * 60;
	$self->{plan} = TorturePlan->new(map { ($_ => $self->{$_}) } qw(seed seconds kills conversations rate));
	$self->{$_} = [] for qw(tasks killed frozen);
	$self->{$_} = {} for qw(kills_by_kind skipped faults status);
	push @living, $self;
	$self->open_desk;
	return $self;
}

sub say { my ($self, @words) = @_; $self->{say}->(@words); return }
sub plan { return $_[0]{plan} }
sub desk { return $_[0]{desk} }

# ---- the house ----

# A port that nothing takes by chance while its owner is dead: below the range
# that the kernel gives to those who connect.
sub free_port
{
	my $from = 10_000 + $$ * 13 % 20_000;

	for my $port ($from .. $from + 500)
	{
		my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => $port, ReuseAddr => 1) or next;
		close $socket;
		return $port unless grep { $_ == $port } @_;
	}
	die 'no free port';
}

sub open_desk
{
	my ($self) = @_;
	my $desk = $self->{desk} = Frontdesk->start(conf => $conf, fakes => 0, gateway => 0);

	$desk->{fakes_port} = free_port();
	$desk->{gateway_port} = free_port($desk->{fakes_port});
	$self->{journal_file} = $desk->node->basedir . '/chatwoot.journal';
	$self->start_fakes;
	$self->{traffic} = TortureTraffic->new($self);
	$self->{traffic}->open_houses;
	$desk->start_gateway(RATE_LIMIT => 0);
	$self->{sender} = TortureSender->new(desk => $desk);
	open $self->{journal}, '<', $self->{journal_file} or die "$self->{journal_file}: $!";
	$self->{postmaster} = $desk->node->{_pid};
	return;
}

sub start_fakes
{
	my ($self) = @_;
	$self->{desk}->start_fakes('--no-record', "--journal=$self->{journal_file}");
	return;
}

# Ends what must not outlive the torture; the rest is the desk's and the
# node's.
sub close_down
{
	my ($self) = @_;

	kill 'CONT', $_->{pid} for @{ delete $self->{frozen} // [] };
	for my $pid (@{ $self->{helpers} // [] })
	{
		waitpid $pid, 0;
	}
	$self->{desk}->node->_update_pid(-1) if $self->{desk};
	@living = grep { $_ != $self } @living;
	return;
}

END
{
	local $?;
	$_->close_down for @living;
}

# ---- processes ----

sub read_file
{
	my ($name) = @_;
	open my $in, '<', $name or return '';
	local $/;
	return scalar(<$in>) // '';
}

# Children of the postmaster whose title matches.
sub children
{
	my ($self, $pattern) = @_;
	my @pids = split ' ', read_file("/proc/$self->{postmaster}/task/$self->{postmaster}/children");
	return grep { read_file("/proc/$_/cmdline") =~ $pattern } @pids;
}

sub is_alive { my ($pid) = @_; return read_file("/proc/$pid/stat") =~ /^\d+ \(.*\) [^ZX]/s }

my %pattern = (worker => qr/pg_frontdesk worker \d/, 'tool worker' => qr/pg_frontdesk tool worker/, coordinator => qr/pg_frontdesk coordinator/, backend => qr/frontdesk_authenticator/);

# Runs a command beside the loop; the code gets its exit status.
sub run_beside
{
	my ($self, $then, @command) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0)
	{
		POSIX::setsid();    # an interrupt of the torture is none of the server's
		my $node = $self->{desk}->node;
		local %ENV = $node->_get_env(PGAPPNAME => undef);
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $node->basedir . '/commands.log';
		open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	push @{ $self->{helpers} }, $pid;
	$self->task(0, sub {
		return 0 unless waitpid($pid, WNOHANG);
		my $status = $?;
		$self->{helpers} = [ grep { $_ != $pid } @{ $self->{helpers} } ];
		$then->($status);
		return 1;
	});
	return;
}

# Code that is called until it returns true, the first time after a while.
sub task { my ($self, $delay, $code) = @_; push @{ $self->{tasks} }, { due => time + $delay, code => $code }; return }

sub run_tasks
{
	my ($self) = @_;
	my $now = time;
	my @due = grep { $_->{due} <= $now } @{ $self->{tasks} } or return;

	$self->{tasks} = [ grep { $_->{due} > $now } @{ $self->{tasks} } ];
	for my $task (@due)
	{
		push @{ $self->{tasks} }, $task unless $task->{code}->();
	}
	return;
}

# ---- kills ----

sub note_kill
{
	my ($self, $kind) = @_;
	$self->{kills_by_kind}{$kind}++;
	push @{ $self->{killed} }, { kind => $kind, at => time };
	return;
}

# Waits a moment for what the kill is aimed at.
sub aim
{
	my ($self, $at) = @_;
	my $until = time + 0.5;
	my ($size, $acknowledged) = (-s $self->{journal_file}, $self->{acknowledged} // 0);

	while (time < $until)
	{
		return if $at eq 'anywhere' || ($at eq 'effect' && -s $self->{journal_file} > $size)
		  || ($at eq 'acknowledgement' && ($self->{acknowledged} // 0) > $acknowledged);
		$self->{sender}->drive(0.0005);
	}
	return;
}

# Kills a child of the postmaster as soon as there is one.
sub kill_child
{
	my ($self, $event, $what, $signal) = @_;
	my $until = time + 10;

	$self->task(0, sub {
		my @pids = $self->{starting} ? () : $self->children($pattern{$what});
		if (!@pids)
		{
			return 0 if time < $until;
			$self->{skipped}{ $event->{kind} }++;
			return 1;
		}
		$self->aim($event->{aim});
		kill $signal, $pids[ $event->{pick} * @pids ];
		$self->note_kill($event->{kind});
		return 1;
	});
	return;
}

sub start_server
{
	my ($self) = @_;
	my $node = $self->{desk}->node;

	$self->run_beside(sub {
		my ($status) = @_;
		return $self->task(0.2, sub { $self->start_server; return 1 }) if $status;
		$node->_update_pid(1);
		$self->{postmaster} = $node->{_pid};
		$self->{starting} = 0;
	}, 'pg_ctl', '-w', '-D', $node->data_dir, '-l', $node->logfile, '-o', '--cluster-name=desk', 'start');
	return;
}

sub kill_postmaster
{
	my ($self, $event) = @_;
	return $self->{skipped}{postmaster}++ if $self->{starting};
	my @children = $self->children(qr/./);

	$self->{starting} = 1;
	$self->aim($event->{aim});
	kill 'KILL', $self->{postmaster};
	$self->note_kill('postmaster');
	$self->{desk}->node->{_pid} = undef;
	$self->thaw;    # a stopped process would keep the shared memory
	$self->task($event->{down}, sub {
		return 0 if grep { is_alive($_) } $self->{postmaster}, @children;
		$self->start_server;
		return 1;
	});
	return;
}

# Starts a program again on its port; tries once more when that fails.
sub start_again
{
	my ($self, $delay, $code) = @_;
	$self->task($delay, sub { return eval { $code->(); 1 } });
	return;
}

sub kill_gateway
{
	my ($self, $event) = @_;
	my $desk = $self->{desk};
	my $pid = delete $desk->{gateway_pid} or return $self->{skipped}{gateway}++;

	$self->note_kill('gateway');
	$desk->end_child($pid, 'KILL');
	$self->start_again($event->{down}, sub { $desk->start_gateway(RATE_LIMIT => 0) });
	return;
}

sub kill_fake
{
	my ($self, $event) = @_;
	my $pid = $self->{desk}{fakes_pid} or return $self->{skipped}{fake}++;

	$self->count_faults;
	$self->note_kill('fake');
	$self->{desk}->end_child(delete $self->{desk}{fakes_pid}, 'KILL');
	$self->start_again($event->{down}, sub {
		$self->start_fakes;
		$self->set_rules;
	});
	return;
}

sub thaw
{
	my ($self) = @_;
	for my $frozen (@{ $self->{frozen} })
	{
		kill 'CONT', $frozen->{pid} if read_file("/proc/$frozen->{pid}/cmdline") =~ $pattern{worker};
	}
	$self->{frozen} = [];
	return;
}

# A worker stands still for so long that its leases end and another one does
# its work; then it wakes up.  The other one is ended to make the coordinator
# look for leases at once.
sub freeze_worker
{
	my ($self, $event) = @_;
	my @pids = $self->{starting} || @{ $self->{frozen} } ? () : $self->children($pattern{worker});
	return $self->{skipped}{ $event->{kind} }++ if @pids < 2;
	my $pid = splice @pids, $event->{pick} * @pids, 1;
	my ($slot) = read_file("/proc/$pid/cmdline") =~ /pg_frontdesk worker (\d+)/;

	$self->note_kill($event->{kind});
	kill 'STOP', $pid;
	push @{ $self->{frozen} }, { pid => $pid };
	$self->run_beside(sub { kill 'TERM', @pids },
		'psql', '-XqAt', '-d', $self->{desk}->node->connstr('postgres'), '-c',
		"SET lock_timeout = '1s'; UPDATE frontdesk.ready SET due_at = due_at - interval '1 day' WHERE slot = $slot");
	$self->task(2 + 4 * $event->{down}, sub { $self->thaw; return 1 });
	return;
}

my %kill = (
	worker => sub { $_[0]->kill_child($_[1], 'worker', 'KILL') },
	backend => sub { $_[0]->kill_child($_[1], 'backend', 'KILL') },
	'tool worker' => sub { $_[0]->kill_child($_[1], 'tool worker', 'KILL') },
	coordinator => sub { $_[0]->kill_child($_[1], 'coordinator', 'KILL') },
	'worker by SIGTERM' => sub { $_[0]->kill_child($_[1], 'worker', 'TERM') },
	'coordinator by SIGTERM' => sub { $_[0]->kill_child($_[1], 'coordinator', 'TERM') },
	'frozen worker' => \&freeze_worker,
	postmaster => \&kill_postmaster,
	gateway => \&kill_gateway,
	fake => \&kill_fake,
);

# ---- faults ----

# Adds up how often the rules in force have fired.
sub count_faults
{
	my ($self) = @_;
	my $rules = delete $self->{rules} or return;
	my $fired = eval { $self->{desk}->fake_control('GET', 'rules')->{rules} } or return;

	$self->{faults}{ $rules->[$_]{name} } += $fired->[$_]{fired} for 0 .. $#$fired;
	return;
}

sub set_rules
{
	my ($self) = @_;
	my @rules = @{ $self->{regime} // [] };

	$self->count_faults;
	$self->{desk}->rules(map { $_->{rule} } @rules);
	$self->{rules} = \@rules;
	return;
}

# ---- messages ----

# Reads what Chatwoot was made to do since the last look.
sub follow_journal
{
	my ($self) = @_;
	my $in = $self->{journal};

	seek $in, $self->{journal_read} // 0, SEEK_SET;
	while (my $line = <$in>)
	{
		last unless $line =~ /\n\z/;
		$self->{journal_read} += length $line;
		my $effect = $json->decode($line);
		if ($effect->{path} =~ m{/messages$})
		{
			push @{ $self->{effects} }, $effect;
			$self->{traffic}->follow($effect);
		}
		elsif ($effect->{path} =~ m{/conversations/(\d+)/toggle_status$})
		{
			$self->{status}{$1} = $effect->{body}{status};
		}
	}
	return;
}

# ---- the run ----

my %act = (
	send => sub { my ($self, $event) = @_; $self->{traffic}->send_message($event->{message}) },
	kill => sub { my ($self, $event) = @_; $kill{ $event->{kind} }->($self, $event) },
	faults => sub { my ($self, $event) = @_; $self->{regime} = $event->{rules}; $self->set_rules if $self->{desk}{fakes_pid} },
);

sub turn
{
	my ($self) = @_;
	$self->run_tasks;
	$self->{sender}->drive(0.01);
	$self->follow_journal;
	return;
}

sub report_progress
{
	my ($self) = @_;
	return if time < ($self->{reported} // 0) + 30;
	$self->{reported} = time;
	my $killed = @{ $self->{killed} };
	my $acknowledged = grep { $_->{acknowledged} } values %{ $self->{messages} };
	$self->say(sprintf '%4d s: %d messages, %d acknowledged, %d kills, %d replies and notes made', time - $self->{started},
		scalar keys %{ $self->{messages} }, $acknowledged, $killed, scalar @{ $self->{effects} // [] });
	return;
}

sub run
{
	my ($self) = @_;
	my @events = $self->{plan}->events;

	$self->{started} = $self->{reported} = time;
	while (@events || time < $self->{started} + $self->{seconds})
	{
		while (@events && $events[0]{at} <= time - $self->{started})
		{
			my $event = shift @events;
			$act{ $event->{do} }->($self, $event);
		}
		$self->turn;
		$self->report_progress;
	}
	$self->{ended} = time;
	$self->settle;
	return;
}

# ---- peace ----

sub turn_until
{
	my ($self, $seconds, $done) = @_;
	my $end = time + $seconds;

	while (time < $end)
	{
		$self->turn;
		return 1 if $done->();
	}
	return 0;
}

my $unrest = <<'SQL';
SELECT (SELECT count(*) FROM frontdesk.ready WHERE slot IS NOT NULL OR due_at < frontdesk.clock() + interval '1 hour')
     + (SELECT count(*) FROM frontdesk.mailbox)
     + (SELECT count(*) FROM frontdesk.deliveries WHERE status IN ('pending', 'sending', 'uncertain'))
     + (SELECT count(*) FROM frontdesk.alarms WHERE name = 'mend_refused')
SQL

# How much is left to do; asked for once a second.  Not defined while the
# server does not answer.
sub unrest
{
	my ($self) = @_;
	my ($code, $out) = $self->{desk}->node->psql('postgres', $unrest);
	return $code == 0 ? $out : undef;
}

# Whether everything is at rest, or nothing moves any more; looks once a second.
sub has_settled
{
	my ($self, $look) = @_;
	return 0 if time < $look->{at} + 1;
	my $left = $self->unrest;

	$look->{at} = time;
	@$look{qw(left since)} = ($left, time) if !defined $left || !defined $look->{left} || $left != $look->{left};
	$look->{rests} = $self->{sender}->is_idle && !@{ $self->{tasks} } && defined $left && $left == 0 ? $look->{rests} + 1 : 0;
	return $look->{rests} >= 3 || (defined $left && $left > 0 && time > $look->{since} + LONGEST_RECOVERY);
}

# Faults and kills have ended: everything must come to rest by itself.
sub settle
{
	my ($self) = @_;
	my $look = { at => 0, since => time, rests => 0 };

	$self->thaw;
	$self->{regime} = [];
	$self->turn_until(LONGEST_RECOVERY, sub { !@{ $self->{tasks} } && !$self->{starting} && $self->{desk}{fakes_pid} && $self->{desk}{gateway_pid} })
	  or $self->say('a part did not come back');
	$self->set_rules;
	$self->turn_until($self->{settle}, sub { $self->has_settled($look) });
	$self->say('it did not come to rest') if $look->{rests} < 3;
	$self->{rested} = time;
	return;
}

sub server_log { my ($self) = @_; return split /\n/, read_file($self->{desk}->node->logfile) }

# Times at which the server was ready, as its log tells them.
sub ready_times
{
	my ($self) = @_;
	return map { /^(\d+\.\d+) .*database system is ready to accept connections/ ? $1 : () } $self->server_log;
}

# Wall time of a time of the journal.
sub wall
{
	my ($self, $ms) = @_;
	$self->{clock_shift} //= time - clock_gettime(CLOCK_MONOTONIC);
	return $ms / 1000 + $self->{clock_shift};
}

# For every kill the seconds until a reply was made again; for those that
# restart the server also the seconds from when it was ready.  A kill that was
# followed by another one before that says nothing.
sub recoveries
{
	my ($self) = @_;
	my @replies = sort { $a <=> $b } map { $self->wall($_->{ms}) } @{ $self->{effects} // [] };
	my @ready = $self->ready_times;
	my @kills = @{ $self->{killed} };
	my (@all, @from_ready, $slowest);

	for my $i (0 .. $#kills)
	{
		my $kill = $kills[$i];
		my $from = $kill->{at};

		($from) = grep { $_ > $kill->{at} } @ready if $crashes{ $kill->{kind} };
		my ($reply) = defined $from ? grep { $_ > $from } @replies : ();
		next if !defined $reply || ($i < $#kills && $kills[ $i + 1 ]{at} < $reply) || $kill->{at} > $self->{ended};
		push @all, $reply - $kill->{at};
		push @from_ready, $reply - $from if $crashes{ $kill->{kind} };
		$slowest = [ $all[-1], "$kill->{kind}, at second " . int($kill->{at} - $self->{started}) ] if !$slowest || $slowest->[0] < $all[-1];
	}
	return (\@all, \@from_ready, $slowest ? $slowest->[1] : 'none');
}

# Puts the logs and the journal where the environment says, for a failure.
sub keep_logs
{
	my ($self, @lines) = @_;
	my $place = $ENV{TORTURE_LOGS} // $self->{desk}->node->basedir;

	system 'cp', '-r', $PostgreSQL::Test::Utils::log_path, $self->{journal_file}, $place if $ENV{TORTURE_LOGS};
	open my $out, '>', "$place/verdict" or return $self->say("$place: $!");
	print {$out} map { "$_\n" } @lines;
	close $out;
	$self->say("logs are in $place");
	return;
}

sub judge
{
	my ($self) = @_;
	return TortureVerdict->new($self);
}

1;
