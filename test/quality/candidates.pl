# Reads the candidates' messages of candidates*.jsonl without a model, through SQL,
# in databases of two locales, and prints how much of what was found is right; see
# README.md.
#
# usage: test/quality/run candidates.pl [--show] [FILE.jsonl…]
use strict;
use utf8;
use warnings;

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Quality;
use Test::More;

my $show = grep { $_ eq '--show' } @ARGV;
my @files = grep { !/^--/ } @ARGV;
@files = glob("$FindBin::Bin/candidates*.jsonl") if !@files;
my @facts = qw(full_name phone total_experience_months available_from notice_period salary_expectation);
my $desk = Frontdesk->start(gateway => 0, fakes => 0);

for my $locale (qw(C C.UTF-8))
{
	(my $database = lc "in_$locale") =~ s/\W/_/g;
	$desk->sql("CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' LOCALE '$locale'");
	$desk->node->safe_psql($database, 'CREATE EXTENSION pg_frontdesk');
	measure($_, $locale, $database) for @files;
}
done_testing();

# Whether a fact is as it was expected: texts hold the amount or length that was asked for.
sub is_right
{
	my ($fact, $got, $expected) = @_;
	return $got eq $expected if $fact =~ /name|months|from/;
	s/\D//g for grep { $fact eq 'phone' } $got, $expected;
	return index(lc $got, lc $expected) >= 0;
}

sub measure
{
	my ($file, $locale, $database) = @_;
	my @set = read_lines($file);
	my $list = join ', ', map { "($_, " . literal($set[$_]{text}) . ')' } 0 .. $#set;
	# the messages were written in November 2026
	my $found = decode_json($desk->node->safe_psql($database, "SELECT FROM frontdesk.shift_clock('2026-11-20 12:00Z'::timestamptz - now());
		SELECT jsonb_agg(frontdesk.local_extraction(text) -> 'candidate' ORDER BY n) FROM (VALUES $list) v(n, text)"));
	my ($right, $wrong, $missed) = (0, 0, 0);
	for my $i (0 .. $#set)
	{
		for my $fact (@facts)
		{
			my ($got, $expected) = ($found->[$i]{$fact}, $set[$i]{expected}{$fact});
			my $is_right = defined $got && defined $expected && is_right($fact, $got, $expected);
			$right++ if $is_right;
			$wrong++ if defined $got && !$is_right;
			$missed++ if defined $expected && !$is_right;
			line("$fact: got ", $got // 'nothing', ', expected ', $expected // 'nothing', ": $set[$i]{text}")
			  if $show && (defined $got || defined $expected) && !$is_right;
		}
	}
	(my $name = $file) =~ s{.*/}{};
	line(sprintf '%s in %s: %d messages; of %d facts found %.3f are right, of %d told %.3f are found', $name, $locale, scalar @set,
		$right + $wrong, $right / ($right + $wrong || 1), $right + $missed, $right / ($right + $missed || 1));
	ok(@set > 0, "$name was measured in $locale");
	return;
}
