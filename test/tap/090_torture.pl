# A short torture (test/torture): a minute (TORTURE_MINUTES) of messages, misbehaving services
# and kills, after which nothing is lost, made twice, stuck or out of order.
# And that the torture itself is what it says: its schedule follows from the
# seed, and its deliberate breakages can still be made.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl", "$FindBin::Bin/../torture";
use Test::More;
use Torture;
use TorturePlan;

my $minutes = $ENV{TORTURE_MINUTES} // 1;
my @size = (seconds => 60 * $minutes, rate => 12, conversations => 60, kills => 12);
my @digests = map { TorturePlan->new(seed => $_, @size)->digest } 5, 5, 6;
is($digests[1], $digests[0], 'the same seed makes the same schedule');
isnt($digests[2], $digests[0], 'another one makes another');
is(system("$FindBin::Bin/../torture/break", '--check', "$FindBin::Bin/../.."), 0, 'every deliberate breakage still finds its text');

my $torture = Torture->new(seed => 5, minutes => $minutes, rate => 12, conversations => 60, kills => 12, say => sub { note(@_) });
is($torture->plan->digest, $digests[0], 'it is what is done');
$torture->run;
my $verdict = $torture->judge;
note($_) for $verdict->report;
cmp_ok(scalar(grep { $_->{acknowledged} } values %{ $torture->{messages} }), '>', 300, 'hundreds of messages were acknowledged');
cmp_ok(scalar @{ $torture->{killed} }, '>=', 6, 'and many parts killed');
is($verdict->count('lost'), 0, 'nothing was lost');
is($verdict->count('duplicated'), 0, 'nothing was done twice');
is($verdict->count('stuck'), 0, 'nothing is stuck');
is($verdict->count('disorder'), 0, 'everything came in its order');
is($verdict->count('errors'), 0, 'and no process of ours fell over but those that were pushed');
diag(join "\n", grep { defined } ($verdict->evidence)[ 0 .. 99 ]) unless $verdict->is_good;

done_testing();
