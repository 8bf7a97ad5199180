# Asks a shop's knowledge the questions of knowledge*.jsonl, through SQL, and
# prints how many were answered rightly without a model, whether the right row is
# among those that a model is shown, and how long a search takes; see README.md.
#
# usage: test/quality/run knowledge.pl [--show] [FILE.jsonl…]
#
# --show prints each question that was not answered rightly.
use strict;
use utf8;
use warnings;

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Quality;
use Test::More;

my $shown = 40;                # rows of a prompt that cannot have all
my $show = grep { $_ eq '--show' } @ARGV;
my @files = grep { !/^--/ } @ARGV;
@files = glob("$FindBin::Bin/knowledge*.jsonl") if !@files;
my $filling = do "$FindBin::Bin/Filling.pm" or die "Filling.pm: $@ $!";
my $desk = Frontdesk->start(gateway => 0, fakes => 0);

measure($_) for @files;
done_testing();

# An account with these rows, and others up to a number; returns its id.
sub open_shop
{
	my ($rows, $size) = @_;
	my $id = $desk->sql("SELECT frontdesk.add_account('Shop of $size')");
	my @all = map { [ $_->{language}, $_->{question}, $_->{answer} ] } @$rows;
	my @languages = sort keys %$filling;
	for (my $i = 0; @all < $size; $i++)
	{
		my $language = $languages[ $i % @languages ];
		my $list = $filling->{$language};
		# steps that meet every row once, all templates early
		push @all, [ $language, @{ $list->[ int($i / @languages) * 367 % @$list ] } ];
	}
	while (my @some = splice @all, 0, 500)
	{
		$desk->sql("INSERT INTO frontdesk.knowledge (account_id, language, question, answer) VALUES "
			. join(', ', map { "($id, " . join(', ', map { literal($_) } @$_) . ')' } @some));
	}
	return $id;
}

# What is found for each question, in the language that the classifier takes it
# for: [{"rows": [question, …], "sure": question}, …], and milliseconds for each.
sub ask
{
	my ($account, @asks) = @_;
	my $list = join ', ', map { '(' . $_ . ', ' . literal($asks[$_]{ask}) . ')' } 0 .. $#asks;
	my $found = $desk->sql(qq{
		SELECT jsonb_agg(jsonb_build_object('rows', f.rows, 'sure', f.sure) ORDER BY q.n)
		FROM (VALUES $list) q(n, ask),
		LATERAL (SELECT language FROM frontdesk.classify(q.ask)) c,
		LATERAL (SELECT jsonb_agg(k.question ORDER BY k.score DESC) AS rows, max(k.question) FILTER (WHERE k.is_sure) AS sure
			FROM frontdesk.find_knowledge($account, q.ask, c.language, $shown) k) f});
	return @{ decode_json($found) };
}

# Milliseconds of one search, the index being made.
sub time_searches
{
	my ($account, @asks) = @_;
	my $list = join ', ', map { '(' . literal($_->{ask}) . ')' } @asks;
	my $took = $desk->sql(qq{
		SELECT FROM frontdesk.find_knowledge($account, 'open');
		CREATE TEMP TABLE asks AS SELECT * FROM (VALUES $list) v(ask);
		CREATE TEMP TABLE began AS SELECT clock_timestamp() AS at;
		SELECT count(frontdesk.local_knowledge($account, ask, 'en')) FROM asks;
		SELECT extract(epoch FROM clock_timestamp() - at) * 1000 / ${\ scalar @asks} FROM began;});
	return (split /\n/, $took)[-1];
}

sub in_first
{
	my ($found, $gold, $most) = @_;
	my @rows = @{ $found->{rows} // [] };
	return scalar grep { $_ eq $gold } @rows[ 0 .. ($most < @rows ? $most : @rows) - 1 ];
}

sub measure
{
	my ($file) = @_;
	my @lines = read_lines($file);
	my @rows = grep { exists $_->{row} } @lines;
	my @asks = grep { exists $_->{ask} } @lines;
	my %question = map { $_->{row} => $_->{question} } @rows;
	my @answered = grep { defined $_->{gold} } @asks;
	my $account = open_shop(\@rows, scalar @rows);
	my @found = ask($account, @asks);
	my %n = map { $_ => 0 } qw(right wrong silent false first);

	for my $i (0 .. $#asks)
	{
		my ($gold, $sure) = (defined $asks[$i]{gold} ? $question{ $asks[$i]{gold} } : undef, $found[$i]{sure});
		my $kind = !defined $gold ? (defined $sure ? 'false' : '') : !defined $sure ? 'silent' : $sure eq $gold ? 'right' : 'wrong';
		$n{$kind}++;
		$n{first}++ if defined $gold && in_first($found[$i], $gold, 1);
		line("$kind: $asks[$i]{ask} -> ", $sure // '', " (", $gold // '', ')') if $show && $kind && $kind ne 'right';
	}
	(my $name = $file) =~ s{.*/}{};
	my $known = @answered;
	my $unknown = @asks - @answered;
	line(sprintf '%s: %d rows, %d questions that have an answer, %d that have none', $name, scalar @rows, $known, $unknown);
	line(sprintf '  answered without a model: right %.3f, wrong %.3f, none given %.3f; answers to what no row answers %.3f',
		$n{right} / $known, $n{wrong} / $known, $n{silent} / $known, $n{false} / ($unknown || 1));
	line(sprintf '  the right row is found first: %.3f', $n{first} / $known);
	for my $size (300, 5000)
	{
		my $large = open_shop(\@rows, $size);
		my @of_large = ask($large, @answered);
		my $in = grep { in_first($of_large[$_], $question{ $answered[$_]{gold} }, $shown) } 0 .. $#answered;
		line(sprintf '  among %d rows, the right one is in the first %d: %.3f; a search takes %.2f ms',
			$size, $shown, $in / $known, time_searches($large, @answered));
	}
	ok($known > 0, "$name was measured");
	return;
}
