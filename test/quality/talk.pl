# Plays messages and stories to a desk of its own, with the local provider alone,
# and prints how many turns were right and how many did harm; see README.md.
#
# usage: test/quality/run talk.pl [--show]
#
# --show prints each turn that was not right, with what was answered.
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
my $shop = read_json('shop.json');
my $desk = Frontdesk->start(gateway => 0, fakes => 0, conf => "frontdesk.quiet_time = 0\n");
my $account = open_shop($shop);

# Answers of the shop, each a fact that is right for its question alone, with the
# sentences by which it is known within a longer reply.
my @facts = map { my $row = $_; map { fact($row, $_) } grep { $_ ne 'key' } keys %$row } @{ $shop->{knowledge} };

# What a text must not say unless somebody was told: that we come back to the customer,
# or that somebody was told.
my $promise = qr/
	\b(?:colleague|someone|somebody|team|we|I)\b[^.!?]*(?:\bwill|['’]ll)\s+(?!not\b)[^.!?]*\b(?:contact|call|phone|write|reply|respond|answer|get\ back|come\ back|look\ into|in\ touch|let\ you\ know|notify|inform|follow\ up)
	|\b(?:colleague|someone|somebody|team)\b[^.!?]*\b(?:will|is\ going\ to)\s+(?!not\b)[^.!?]*\b(?:take|see|help|handle|check|deal)
	|\b(?:come|get)\ back\ to\ you\b|\bis\ (?:on\ it|looking\ into)\b|\byou(?:\ will|['’]ll)\ (?:hear|be\ (?:contacted|called|told|notified))
	|(?:have|has)\ been\ (?:told|informed|passed|forwarded)|(?:I|we)(?:\ have|['’]ve)\ (?:told|informed|passed|forwarded|asked)
	|\bmelden\ uns\b|meldet\ sich|(?:Kolleg|Mitarbeit)\w*[^.!?]*(?:antwort|schreib|kümmer|sieht\ nach|\bmelde)
	|hören\ (?:Sie\ )?von\ uns|hörst\ (?:du\ )?von\ uns|kümmern?\ (?:wir\ )?(?:uns|mich)\b|weiter(?:ge)?(?:leite|geb)|\b(?:leite|gebe)n?\b[^.!?]*\bweiter\b|\b(?:gebe|sage)n?\b[^.!?]*\bBescheid|\bbenachrichtig
	|(?:vous|te)\s+(?:recontact|répondr|rappell|écrir|préviendr|tiendr)\w+|vous\ serez\ (?:re)?(?:contact|prévenu|appel)|(?:ai|avons|été)\ transmis|occup\w+\ de\ (?:cela|ça|votre)|revenons\ vers\ vous|(?:collègue|équipe)[^.!?]*(?:reviendra|répondra|contactera|regarde)
	|\b(?:te|le|les|lo|la)\s+(?:escribir|avisar|contactar|llamar|responder)(?:á|é|emos)\w*|\b(?:he|hemos|ha\ sido)\ (?:pasado|avisad|informad|reenviad)\w*|se\ (?:pondrá|encargará)|(?:responderemos|contactaremos|escribiremos)|compañer\w*[^.!?]*(?:mirará|contact|respond|escrib|llam)\w*
	|(?:collega|medewerker)[^.!?]*(?:contact|antwoord|neemt|reageert|kijkt)|komen\ er\b[^.!?]*\bop\ terug
	|doorge(?:geven|stuurd)|laten\ (?:het\ )?(?:je|u)\b[^.!?]*\bweten|\b(?:je|u)\ hoort\b|nemen\ (?:we\ )?contact
	|\b(?:te|lhe)\s+(?:avis|respond|escrev|lig)[ae]r\w*|\bavisa(?:re)?mos\b|encaminh(?:ei|ad|ámos|amos)|\bentraremos\ em|respondemos\ assim|(?:colega|equipa|equipe)[^.!?]*(?:contact|respond|entrar|ver)\w*
/xi;

# Leave taken of a customer: right for who asked for it only.
my $leave = qr/
	\b(?:will\ not|won['’]t)\ (?:write|message|contact)|\bno\ (?:more|further)\ messages\b|unsubscribed|opted\ out|not\ (?:hear\ from\ us|get\ messages)
	|schreiben\ (?:Ihnen|dir|euch)\b[^.!?]*nicht\ mehr|keine\ (?:weiteren\ )?Nachrichten|abgemeldet
	|n['’](?:écri|enver)\w+\b[^.!?]*\bplus\b|(?:vous|t['’])\s?(?:écri|enver)\w+\ plus\b|désinscri|recevrez\ plus
	|no\ (?:te|le|les)\ (?:escrib|enviar|contactar)\w*|(?:dado|dada)\ de\ baja|no\ recibirá
	|schrijven\ (?:je|u|jullie)\b[^.!?]*niet\ meer|geen\ berichten\ meer|afgemeld
	|não\ (?:lhe\ )?(?:escrev|enviar|contactar)\w*|não\ receberá
/xi;

# What a reply to thanks says; one that asks and does not say it has not understood them.
my $welcome = qr/welcome|pleasure|gladly|\bgern|plaisir|\brien\b|nada|gusto|graag|prazer/i;

# Words of which a reply in the language has some.
my %words = (
	en => [qw(the you your our are this it will have)], de => [qw(der die das und ist wir sie ihre ihnen nicht für uns hier)],
	fr => [qw(le les et nous vous votre est pour notre une)], es => [qw(el los y tu te gracias con su hemos nuestro aquí nosotros)],
	nl => [qw(het een je we bedankt voor niet jouw ons hier komen)], pt => [qw(o os e não obrigado você seu pela do da em por um)],
);

# visitor => conversation
my %conversations;

my @messages = play_messages(map { my $set = $_; map { { %$_, set => $set =~ s{.*/}{}r } } read_lines($set) } glob("$FindBin::Bin/messages_*.jsonl"));
my @turns = play_stories(map { read_lines($_) } glob("$FindBin::Bin/stories_*.jsonl"));
report();

# ---- the shop ----

sub read_json { my ($name) = @_; return decode_json(PostgreSQL::Test::Utils::slurp_file("$FindBin::Bin/$name")) }

# One answer of a row: what it is known by, and whether the row has it in other languages.
sub fact
{
	my ($row, $language) = @_;
	my $text = $row->{$language}[1];
	return { row => $row, language => $language, text => $text, pieces => [ grep { length $_ >= 20 } $text, split /(?<=[.;!?])\s+/, $text ] };
}

# The facts that a text tells, whole or in part.
sub told
{
	my ($text) = @_;
	return grep { grep { index($text, $_) >= 0 } @{ $_->{pieces} } } @facts;
}

# Whether a text promises something; a question offers it, and who will not write promises nothing.
sub promises { my ($text) = @_; return scalar grep { !/\?\s*$/ && $_ !~ $leave && $_ =~ $promise } $text =~ /[^.!?\n]+[.!?]*/g }

# Whether a text is in another language: it has clearly more words of one.
sub is_foreign
{
	my ($text, $language) = @_;
	my %count = map { my $own = $_; $own => scalar grep { my $word = $_; grep { $word eq $_ } @{ $words{$own} } } lc($text) =~ /\w+/g } keys %words;
	return scalar grep { $count{$_} >= $count{$language} + 2 } keys %count;
}

# Whether a reply asks what was meant: "how can we help you?" and an applicant's questions do not.
sub asks_back
{
	my ($outcome, $text) = @_;
	return $text =~ /\?/ && ($outcome->{intent} // '') ne 'greeting' && ($outcome->{route} // '') ne 'recruitment';
}

# What hurts in a reply whatever was asked.
sub hurts
{
	my ($text, $person, $handed) = @_;
	my @harm;
	push @harm, 'promised, and told nobody' if promises($text) && !$person;
	push @harm, 'handed over in silence' if $handed && $text eq '';
	push @harm, 'a sentence with a hole' if $text =~ /:\s*\.|:\s*$/m;
	return @harm;
}

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
			'alerts', (SELECT count(*) FROM frontdesk.stock_alerts a WHERE a.account_id = c.account_id AND a.conversation_id = c.display_id::text AND a.status = 'pending'),
			'written', (SELECT coalesce(string_agg(m.content, ' ' ORDER BY m.seq), '') FROM frontdesk.messages m
				WHERE m.account_id = c.account_id AND m.conversation_id = c.id AND m.direction = 'outgoing'),
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
		$set[$i]{asked} = !$outcome->{person} && asks_back($outcome, join "\n", @{ $outcome->{replies} });
		$set[$i]{missed} = $set[$i]{person} && !$outcome->{person};
		$set[$i]{needless} = defined $set[$i]{person} && !$set[$i]{person} && $outcome->{person};
		my $text = join "\n", @{ $outcome->{replies} };
		$set[$i]{fobbed} = $set[$i]{missed} && told($text);
		$set[$i]{harm} = [ hurts($text, $outcome->{person}, $outcome->{person}) ];
		push @{ $set[$i]{harm} }, 'took leave unasked' if $text =~ $leave;
		push @{ $set[$i]{harm} }, 'in another language' if is_foreign($text, $set[$i]{language});
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
	my @has = map { qr/$_/i } $turn->{all} ? @{ $turn->{all} } : $turn->{has} // ();
	my $language = $turn->{language} // $story->{language};
	my $handed = $outcome->{person} && !$past->{person};
	my $route = $outcome->{route} // '';
	my $elsewhere = $text ne '' && $route ne 'automated' && $route ne ($past->{route} // '');
	my @told = told($text);
	my @wrong_facts = grep { my $told = $_; !grep { $told->{text} =~ $_ } @has } @told;
	my @foreign = grep { $_->{language} ne $language && $_->{row}{$language} } @told;
	my %came = (
		answer => @has && !grep({ $text !~ $_ } @has),
		person => $outcome->{person},
		ask => asks_back($outcome, $text) && !$outcome->{person} && !$past->{asked},
		silence => $text eq '',
		wish => $outcome->{alerts} > 0 && !($elsewhere && $route ne 'stock_alert'),
		cancelled => $text ne '' && $outcome->{alerts} == 0,
		candidate => $route eq 'recruitment' && $text ne '' && !@wrong_facts,
		optout => @new == 1 && $text !~ /\?/ && !@wrong_facts && !$outcome->{person},
		greet => @new == 1 && !$handed && !@wrong_facts && !$elsewhere,
		thanks => !$handed && @new <= 1 && !@wrong_facts && !$elsewhere && ($text !~ /\?/ || $text =~ $welcome),
	);
	$outcome->{asked} = $text =~ /\?/;
	my @harm = hurts($text, $outcome->{person}, $handed);
	push @harm, 'took leave unasked' if $text =~ $leave && !grep { $_ eq 'optout' } @{ $turn->{want} };
	push @harm, 'said what it must not' if $turn->{harm} && $text =~ /$turn->{harm}/i;
	push @harm, 'a fact that does not fit' if @wrong_facts;
	push @harm, 'missed a danger' if $turn->{danger} && !$outcome->{person};
	push @harm, 'repeated a secret' if $turn->{secret} && index($outcome->{written} =~ s/[^\w]//gr, $turn->{secret}) >= 0;
	my $foreign = @foreign || is_foreign($text, $language);
	my $right = !@harm && !$foreign && grep { $came{$_} } @{ $turn->{want} };
	return { story => $story->{id}, say => $turn->{say}, want => $turn->{want}, text => $text, harm => \@harm, foreign => $foreign, right => $right, outcome => $outcome, danger => $turn->{danger} };
}

# ---- figures ----

sub percent { my ($part, $of) = @_; return $of ? sprintf('%5.1f %% (%d of %d)', 100 * $part / $of, $part, $of) : 'none' }

# How often each kind of harm was done.
sub kinds
{
	my (@judged) = @_;
	my %kinds;
	$kinds{$_}++ for map { @{ $_->{harm} } } @judged;
	line(sprintf '  %-28s %d', $_, $kinds{$_}) for sort keys %kinds;
	return;
}

sub report_messages
{
	my (@set) = @_;
	my @needs = grep { $_->{person} } @set;
	my @others = grep { defined $_->{person} && !$_->{person} } @set;
	my @urgent = grep { "@{ $_->{route} }" eq 'high_priority' } @needs;
	line('messages: route right          ', percent(scalar(grep { $_->{routed} } @set), scalar @set));
	line('messages: needed a person, none', percent(scalar(grep { $_->{missed} } @needs), scalar @needs));
	line('  … and were not asked back    ', percent(scalar(grep { $_->{missed} && !$_->{asked} } @needs), scalar @needs));
	line('  … and were told a fact       ', percent(scalar(grep { $_->{fobbed} } @needs), scalar @needs));
	line('  of what is urgent, none      ', percent(scalar(grep { $_->{missed} } @urgent), scalar @urgent));
	line('messages: needless person      ', percent(scalar(grep { $_->{needless} } @others), scalar @others));
	line('messages: replies that did harm', percent(scalar(grep { @{ $_->{harm} } } @set), scalar @set));
	kinds(@set);
	return;
}

sub report
{
	my %sets = map { $_->{set} => 1 } @messages;
	for my $set (sort keys %sets)
	{
		line("$set:");
		report_messages(grep { $_->{set} eq $set } @messages);
	}
	line('stories: turns right           ', percent(scalar(grep { $_->{right} } @turns), scalar @turns));
	line('stories: turns that did harm   ', percent(scalar(grep { @{ $_->{harm} } } @turns), scalar @turns));
	kinds(@turns);
	line('stories: in another language   ', percent(scalar(grep { $_->{foreign} } @turns), scalar @turns));
	return unless $show;
	for my $m (grep { !$_->{routed} || $_->{missed} || $_->{needless} || @{ $_->{harm} } } @messages)
	{
		line(sprintf "message: %s\n    want %s%s; got %s/%s%s: %s", $m->{text}, join('/', @{ $m->{route} }), $m->{person} ? ', person' : '', $m->{got}{intent} // '-', $m->{got}{route} // '-', $m->{got}{person} ? ', person' : '', join(' | ', @{ $m->{got}{replies} }) . (@{ $m->{harm} } ? "\n    HARM: " . join('; ', @{ $m->{harm} }) : ''));
	}
	for my $t (grep { !$_->{right} } @turns)
	{
		line(sprintf "%s: %s\n    want %s; got %s/%s%s: %s\n%s", $t->{story}, $t->{say}, join(' or ', @{ $t->{want} }), $t->{outcome}{intent} // '-', $t->{outcome}{route} // '-',
			$t->{outcome}{person} ? ', person' : '', $t->{text} eq '' ? '(silence)' : $t->{text}, @{ $t->{harm} } ? '    HARM: ' . join('; ', @{ $t->{harm} }) : $t->{foreign} ? '    in another language' : '');
	}
	return;
}
