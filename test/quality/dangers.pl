# Measures what the local classifier makes of numbers that mean no harm, of dangers,
# and of what only sounds like one, and prints the shares; see README.md.
#
# usage: test/quality/run dangers.pl [--show]
#
# --show prints each message that was decided wrongly.
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
my $desk = Frontdesk->start(gateway => 0, fakes => 0);
my @said = map { my $set = $_; map { { %$_, set => $set =~ s{.*/}{}r } } read_lines($set) } glob("$FindBin::Bin/numbers_and_dangers*.jsonl");

# What is decided about each, in the order of the file: for a person?, unsure?, what.
my $list = encode_json([ map { $_->{content} } @said ]);
utf8::decode($list);
my @found = map { [ split /\t/ ] } split /\n/, $desk->sql(q{
	SELECT concat_ws(E'\t', c.route = 'high_priority', c.confidence < current_setting('frontdesk.local_confidence')::real,
		c.intent, round(c.danger::numeric, 2), c.language)
	FROM jsonb_array_elements_text($list$} . $list . q{$list$) WITH ORDINALITY AS said (content, place), frontdesk.classify(said.content) AS c
	ORDER BY said.place});
die "asked for @{[scalar @said]} decisions, got @{[scalar @found]}\n" if @said != @found;

# {kind}{language, set, or "all"}: counts
my %counts;
for my $i (0 .. $#said)
{
	my ($message, $decision) = ($said[$i], $found[$i]);
	my ($for_person, $unsure, $intent, $danger, $language) = @$decision;
	my $wrong = ($for_person eq 't') ne ($message->{kind} eq 'danger');
	for my $of ($message->{language}, $message->{set}, 'all')
	{
		my $count = $counts{ $message->{kind} }{$of} //= { map { $_ => 0 } qw(said person unsure language) };
		$count->{said}++;
		$count->{person}++ if $for_person eq 't';
		$count->{unsure}++ if $for_person ne 't' && $unsure eq 't';
		$count->{language}++ if $language eq $message->{language};
	}
	line(sprintf '  %s, danger %s: [%s] %s', $intent, $danger, $message->{kind}, $message->{content}) if $wrong && $show;
}

my %aims = (danger => 'of dangers went to a person (aim 0.95 and more)', number => 'of harmless numbers went to a person (aim 0.05 and less)',
	near => 'of what only sounds like a danger went to a person');
for my $kind (qw(danger number near))
{
	for my $of (sort { ($a eq 'all') <=> ($b eq 'all') || $a cmp $b } keys %{ $counts{$kind} })
	{
		my $count = $counts{$kind}{$of};
		line(sprintf "dangers: %s: %s %s; %s asked back, language right in %s (%d messages)", $of,
			(map { sprintf '%.3f', $count->{$_} / $count->{said} } qw(person)), $aims{$kind},
			(map { sprintf '%.3f', $count->{$_} / $count->{said} } qw(unsure language)), $count->{said});
	}
}
