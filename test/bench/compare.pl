# The rounds of test/bench/compare: two revisions of the product, each with one
# house for workflows and one for webhooks with nothing behind, measured in
# turns.  Who goes first changes from round to round.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use BenchHouse;
use Getopt::Long;

$| = 1;
my %options = (rounds => 20);
GetOptions(\%options, 'work=s', 'rounds=i') or exit 2;
my %place = map { /^(before|now)=(.+),(.+)$/ ? ($1 => { tree => $2, bindir => $3 }) : die "unknown: $_\n" } @ARGV;

my $WORKFLOWS = 1500;
my $WEBHOOKS = 6400;

sub median {
  my @sorted = sort { $a <=> $b } @_;
  my $middle = int(@sorted / 2);
  return @sorted % 2 ? $sorted[$middle] : ($sorted[$middle - 1] + $sorted[$middle]) / 2;
}

sub open_house {
  my ($side, $part, $quiet_time) = @_;
  return BenchHouse->new(work => $options{work}, name => "$side-$part", %{ $place{$side} },
    settings => { 'frontdesk.quiet_time' => $quiet_time });
}

# Milliseconds of CPU per item while the load runs, and the load's report.
sub spend {
  my ($house, $total, @load) = @_;
  my $before = $house->cpu;
  my $report = $house->load(@load, "--total=$total");
  my $after = $house->cpu;
  my $spent = 0;
  $spent += $after->{$_} - $before->{$_} for keys %$after;
  return ($spent * 1000 / $total, $report);
}

sub run_workflows {
  my ($house) = @_;
  my ($cpu, $report) = spend($house, $WORKFLOWS, $house->as_chatwoot, '--closed-conversations=100', '--fresh');
  die "replies are missing: $report->{missing_replies}\n" if $report->{missing_replies};
  return { 'CPU per workflow, ms' => $cpu, 'workflows per second' => $report->{replies_per_second} };
}

sub run_webhooks {
  my ($house) = @_;
  my ($cpu, $report) = spend($house, $WEBHOOKS, '--connections=32');
  return { 'CPU per webhook, ms' => $cpu, 'acknowledged per second' => $report->{acks_per_second} };
}

my %house = map {
  my $side = $_;
  ($side => { workflow => open_house($side, 'workflow', 0), webhook => open_house($side, 'webhook', "'1h'") });
} qw(before now);
my %run = (workflow => \&run_workflows, webhook => \&run_webhooks);
my %seen;

for my $round (0 .. $options{rounds}) {
  my @sides = $round % 2 ? qw(before now) : qw(now before);
  for my $part (qw(workflow webhook)) {
    my %figures = map { ($_ => $run{$part}->($house{$_}{$part})) } @sides;
    next unless $round;    # the first warms up
    for my $name (keys %{ $figures{now} }) {
      push @{ $seen{$name}{$_} }, $figures{$_}{$name} for @sides;
      push @{ $seen{$name}{ratio} }, $figures{now}{$name} / $figures{before}{$name};
    }
  }
}
printf "%-28s %10s %10s   %s\n", "medians of $options{rounds} rounds", 'before', 'now', 'now / before (middle half of the rounds)';
for my $name (sort keys %seen) {
  my @ratios = sort { $a <=> $b } @{ $seen{$name}{ratio} };
  printf "%-28s %10.3f %10.3f   %.3f  (%.3f to %.3f)\n", $name, median(@{ $seen{$name}{before} }),
    median(@{ $seen{$name}{now} }), median(@ratios), @ratios[ @ratios / 4, @ratios * 3 / 4 ];
}
$_->stop for map { values %$_ } values %house;
