# One torture, told to people: see README.md.  Ends with 0 when nothing was
# lost, made twice, left stuck or out of order.
#
# usage: torture.pl --seed=N [--minutes=5] [--kills=7.5] [--conversations=150]
#        [--rate=12] [--keep]     --keep keeps the logs of a good run as well
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Getopt::Long;
use Test::More;
use Torture;

# Objects are destroyed on exit, not by a signal.
$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub { exit 143 };

my %option = (minutes => 5, seed => 1);
GetOptions(\%option, qw(seed=i minutes=f kills=f conversations=i rate=f settle=i keep)) or exit 2;

# the modules of PostgreSQL's tests keep what is printed in a file of their own
my $out = Test::More->builder->output;
my $say = sub { print {$out} "@_\n"; return };

$say->("seed $option{seed}, $option{minutes} minutes");
my $torture = Torture->new(%option, say => $say);
$torture->run;
my $verdict = $torture->judge;
my @report = $verdict->report;
my @evidence = $verdict->evidence;
$say->($_) for @report, @evidence[ 0 .. (@evidence > 120 ? 119 : $#evidence) ];
$torture->keep_logs(@report, @evidence) if !$verdict->is_good || $option{keep};
exit($verdict->is_good ? 0 : 1);
