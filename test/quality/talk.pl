# Plays messages and stories to a desk of its own, with the local provider alone,
# and prints how many turns were right and how many did harm; see README.md.
#
# usage: make quality (or: perl -Itest/perl test/quality/talk.pl [--show])
#
# --show prints each turn that was not right, with what was answered.
use strict;
use utf8;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use Frontdesk;
use JSON::PP;
use Test::More;

my $show = grep { $_ eq '--show' } @ARGV;
my $shop = read_json('shop.json');
my $desk = Frontdesk->start(gateway => 0, fakes => 0, conf => "frontdesk.quiet_time = 0\n");
my $account = open_shop($shop);

# Answers of the shop, each a fact that is right for its question alone.
my %facts = map { my $row = $_; map { $row->{$_}[1] => $row->{key} } grep { $_ ne 'key' } keys %$row } @{ $shop->{knowledge} };

# What a text must not say unless somebody was told: that we come back to the customer.
my $promise = qr/
	\b(?:colleague|someone|somebody|team|we)\b[^.!?]*\b(?:will|'ll)\s+(?!not\b)[^.!?]*\b(?:contact|call|write|reply|answer|get\ back|come\ back|look\ into|be\ in\ touch|let\ you\ know)
	|\b(?:come|get)\ back\ to\ you\b|(?:have|has)\ been\ told
	|\bmelden\ uns\b|meldet\ sich|(?:Kolleg|Mitarbeit)\w*[^.!?]*(?:antwort|schreib|kümmer|sieht\ nach)
	|(?:vous|te)\s+(?:recontact|répond|rappell)\w+|revenons\ vers\ vous|(?:collègue|équipe)[^.!?]*(?:reviendra|répondra|contactera|regarde)
	|(?:responderemos|contactaremos|escribiremos)|compañer\w*[^.!?]*(?:mirará|contact|respond|escrib|llam)\w*
	|(?:collega|medewerker)[^.!?]*(?:contact|antwoord|neemt|reageert|kijkt)|komen\ er\b[^.!?]*\bop\ terug
	|respondemos\ assim|(?:colega|equipa|equipe)[^.!?]*(?:contact|respond|entrar|ver)\w*
/xi;

# visitor => conversation
my %conversations;

my @messages = play_messages(map { read_lines($_) } glob("$FindBin::Bin/messages_*.jsonl"));
my @turns = play_stories(map { read_lines($_) } glob("$FindBin::Bin/stories_*.jsonl"));
report();

# ---- the shop ----

sub read_json { my ($name) = @_; return decode_json(PostgreSQL::Test::Utils::slurp_file("$FindBin::Bin/$name")) }
sub read_lines { my ($path) = @_; return map { decode_json($_) } grep { /\S/ } split /\n/, PostgreSQL::Test::Utils::slurp_file($path) }

sub literal { my ($text) = @_; $text =~ s/'/''/g; utf8::encode($text); return "'$text'" }

# An account with the knowledge and postings of the shop; returns its id.
sub open_shop
{
	my ($shop) = @_;
	my $id = $desk->sql('SELECT frontdesk.add_account(' . literal($shop->{name}) . ')');
	for my $row (@{ $shop->{knowledge} })
	{
		for my $language (grep { $_ ne 'key' } sort keys %$row)
		{
			$desk->sql("INSERT INTO frontdesk.knowledge (account_id, question, answer, language)
				VALUES ($id, " . join(', ', map { literal($_) } @{ $row->{$language} }, $language) . ')');
		}
	}
	for my $job (@{ $shop->{jobs} })
	{
		$desk->sql("INSERT INTO frontdesk.job_postings (account_id, title, location) VALUES ($id, "
			. join(', ', map { literal($job->{$_}) } 'title', 'location') . ')');
	}
	return $id;
}

# Says one thing for each of the visitors and waits until all are answered.
sub say_all
{
	my (%said) = @_;
	my @visitors = sort keys %said;
	my @ids = split /\n/, $desk->sql(join '', map { "SELECT frontdesk.receive_message($account, 'webchat', " . literal($_) . ', ' . literal($said{$_}) . ');' } @visitors);
	@conversations{@visitors} = @ids;
	$desk->wait_for_rest({ id => $account });
	return;
}

# What became of everybody so far: visitor => {person, route, alerts, replies}.
sub outcomes
{
	my $rows = decode_json($desk->sql("
		SELECT coalesce(jsonb_object_agg(c.id, jsonb_build_object(
			'person', c.status = 'open' OR c.handled_by = 'human', 'route', t.state ->> 'route', 'intent', t.state ->> 'intent',
			'alerts', (SELECT count(*) FROM frontdesk.stock_alerts a WHERE a.account_id = c.account_id AND a.conversation_id = c.display_id::text),
			'replies', (SELECT coalesce(jsonb_agg(m.content ORDER BY m.seq), '[]') FROM frontdesk.messages m
				WHERE m.account_id = c.account_id AND m.conversation_id = c.id AND m.direction = 'outgoing' AND NOT m.private))), '{}')
		FROM frontdesk.conversations c
		JOIN frontdesk.threads t ON t.account_id = c.account_id AND t.id = c.id
		WHERE c.account_id = $account"));
	return { map { $_ => $rows->{ $conversations{$_} } } keys %conversations };
}

# ---- single messages ----

sub play_messages
{
	my (@set) = @_;
	my %said = map { sprintf('message-%03d', $_) => $set[$_]{text} } 0 .. $#set;
	say_all(%said) if @set;
	my $found = outcomes();
	for my $i (0 .. $#set)
	{
		my $outcome = $found->{ sprintf('message-%03d', $i) };
		$set[$i]{got} = $outcome;
		$set[$i]{routed} = grep { $_ eq ($outcome->{route} // '') } @{ $set[$i]{route} };
		$set[$i]{asked} = !$outcome->{person} && grep { /\?/ } @{ $outcome->{replies} };
		$set[$i]{missed} = $set[$i]{person} && !$outcome->{person};
		$set[$i]{needless} = !$set[$i]{person} && $outcome->{person};
	}
	return @set;
}

# ---- stories ----

sub play_stories
{
	my (@stories) = @_;
	my ($round, @judged) = (0);
	my %before;
	while (my @going = grep { $round < @{ $_->{turns} } } @stories)
	{
		say_all(map { $_->{id} => $_->{turns}[$round]{say} } @going);
		my $found = outcomes();
		for my $story (@going)
		{
			my $outcome = $found->{ $story->{id} };
			my $past = $before{ $story->{id} } // { replies => [], person => 0 };
			push @judged, judge($story, $story->{turns}[$round], $past, $outcome);
			$before{ $story->{id} } = $outcome;
		}
		$round++;
	}
	return @judged;
}

# One turn: what it should have come to, whether it did, and what harm it did.
sub judge
{
	my ($story, $turn, $past, $outcome) = @_;
	my @new = @{ $outcome->{replies} }[ scalar @{ $past->{replies} } .. $#{ $outcome->{replies} } ];
	my $text = join "\n", @new;
	my $has = $turn->{has} ? qr/$turn->{has}/i : qr/(?!)/;
	my $handed = $outcome->{person} && !$past->{person};
	my $asks = $text =~ /\?/ && !$outcome->{person};
	my @wrong_facts = grep { index($text, $_) >= 0 && $_ !~ $has } keys %facts;
	my %came = (
		answer => scalar($text =~ $has),
		person => $outcome->{person},
		ask => $asks,
		silence => $text eq '',
		wish => $outcome->{alerts} > 0,
		candidate => ($outcome->{route} // '') eq 'recruitment' && $text ne '' && !@wrong_facts,
		optout => @new == 1 && !@wrong_facts && !$outcome->{person},
		thanks => !$handed && @new <= 1 && !@wrong_facts,
	);
	my @harm;
	push @harm, 'said what it must not' if $turn->{harm} && $text =~ /$turn->{harm}/i;
	push @harm, 'a fact that does not fit' if @wrong_facts && !grep { $_ eq 'thanks' && $text eq '' } @{ $turn->{want} };
	push @harm, 'missed a danger' if $turn->{danger} && !$outcome->{person};
	push @harm, 'promised, and told nobody' if $text =~ $promise && !$outcome->{person};
	push @harm, 'handed over in silence' if $handed && $text eq '';
	my $right = !@harm && grep { $came{$_} } @{ $turn->{want} };
	return { story => $story->{id}, say => $turn->{say}, want => $turn->{want}, text => $text, harm => \@harm, right => $right, outcome => $outcome, danger => $turn->{danger} };
}

# ---- figures ----

sub line { my $text = join '', @_; utf8::encode($text); print { Test::More->builder->output } "$text\n"; return }

sub percent { my ($part, $of) = @_; return $of ? sprintf('%5.1f %% (%d of %d)', 100 * $part / $of, $part, $of) : 'none' }

sub report
{
	if (@messages)
	{
		my @needs = grep { $_->{person} } @messages;
		my @others = grep { !$_->{person} } @messages;
		line('messages: route right          ', percent(scalar(grep { $_->{routed} } @messages), scalar @messages));
		line('messages: needed a person, none', percent(scalar(grep { $_->{missed} } @needs), scalar @needs));
		line('  … and were not asked back    ', percent(scalar(grep { $_->{missed} && !$_->{asked} } @needs), scalar @needs));
		line('messages: needless person      ', percent(scalar(grep { $_->{needless} } @others), scalar @others));
	}
	line('stories: turns right           ', percent(scalar(grep { $_->{right} } @turns), scalar @turns));
	line('stories: turns that did harm   ', percent(scalar(grep { @{ $_->{harm} } } @turns), scalar @turns));
	my %kinds;
	$kinds{$_}++ for map { @{ $_->{harm} } } @turns;
	line(sprintf '  %-28s %d', $_, $kinds{$_}) for sort keys %kinds;
	return unless $show;
	for my $m (grep { !$_->{routed} || $_->{missed} || $_->{needless} } @messages)
	{
		line(sprintf "message: %s\n    got %s/%s%s: %s", $m->{text}, $m->{got}{intent} // '-', $m->{got}{route} // '-', $m->{got}{person} ? ', person' : '', join ' | ', @{ $m->{got}{replies} });
	}
	for my $t (grep { !$_->{right} } @turns)
	{
		line(sprintf "%s: %s\n    want %s; got %s/%s%s: %s\n%s", $t->{story}, $t->{say}, join(' or ', @{ $t->{want} }), $t->{outcome}{intent} // '-', $t->{outcome}{route} // '-',
			$t->{outcome}{person} ? ', person' : '', $t->{text} eq '' ? '(silence)' : $t->{text}, @{ $t->{harm} } ? '    HARM: ' . join('; ', @{ $t->{harm} }) : '');
	}
	return;
}
