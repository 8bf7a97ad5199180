# TorturePlan.pm: everything that a torture will do, drawn from its seed.
#
#	my $plan = TorturePlan->new(seed => 7, seconds => 300, rate => 12,
#		conversations => 120, kills => 7.5);
#	$plan->events;          # in order of time: { at, do => 'send'|'kill'|'faults', … }
#	$plan->echo_delay(17);  # seconds until Chatwoot tells of its 17th message
#	$plan->sequel(refusal => 17);   # what becomes of the 17th reply; or of an echo, a draft
#	$plan->digest;          # the same for the same seed
#
# Nothing random happens outside of here: the same seed and options give the
# same messages, kills and faults at the same times.  What they meet is the
# machine's affair.
package TorturePlan;

use strict;
use warnings;

use Digest::SHA qw(sha1_hex);
use JSON::PP;

my $json = JSON::PP->new->canonical;

# Cards of a deck by kind: it is shuffled and dealt, so that a short torture
# has every kind as well.
my %kills = (worker => 5, backend => 3, postmaster => 2, gateway => 3, fake => 3,
	'tool worker' => 2, 'worker by SIGTERM' => 3, 'coordinator by SIGTERM' => 1, coordinator => 1, 'frozen worker' => 2);

# Share of a kind among all, by name.
my %routes = (automated => 62, recruitment => 16, campaign => 8, stock_alert => 10, high_priority => 4);

# Who is written to: a desk that answers by itself, one whose replies people look
# at first, and one whose answers a function of its own makes.
my %houses = (desk => 78, careful => 12, tools => 10);

# What a customer does at one time, by house.
my %visits = (
	desk => { ordinary => 62, voice => 4, transcribed => 6, picture => 4, captioned => 6, deleted => 9, takeover => 9 },
	careful => { ordinary => 88, captioned => 5, deleted => 7 },
	tools => { ordinary => 100 },
);

# Behind these a person has the conversation, or may have it.
my %ends = map { $_ => 1 } qw(voice transcribed picture);

# What goes wrong at a model, by name: chance per mille, and the action.
my @model_faults = (
	[ 'slow', 120, { delay_ms => [ 100, 1500 ] } ],
	[ '429', 40, { status => 429, retry_after => 1 } ],
	[ '500', 30, { status => 500 } ],
	[ '529', 20, { status => 529 } ],
	[ 'garbage', 20, { garbage => JSON::PP::true } ],
	[ 'half a body', 20, { half_body => JSON::PP::true } ],
	[ 'reset', 20, { reset => JSON::PP::true } ],
	[ 'closed', 15, { close => JSON::PP::true } ],
	[ 'silence', 5, { stall => JSON::PP::true } ],
);

# At Chatwoot, where messages are made.  A late effect comes long before the
# settle time is over.
my @post_faults = (
	[ 'slow', 100, { delay_ms => [ 100, 1500 ] } ],
	[ '429', 30, { status => 429, retry_after => 1 } ],
	[ '500', 20, { status => 500 } ],
	[ '503', 10, { status => 503 } ],
	[ 'effect, then closed', 50, { apply_then_close => JSON::PP::true } ],
	[ 'effect late', 40, { apply_late_ms => [ 200, 900 ] } ],
	[ 'garbage', 10, { garbage => JSON::PP::true } ],
	[ 'half a body', 15, { half_body => JSON::PP::true } ],
	[ 'reset', 20, { reset => JSON::PP::true } ],
	[ 'closed', 20, { close => JSON::PP::true } ],
	[ 'silence', 5, { stall => JSON::PP::true } ],
);

# And where they are listed.
my @list_faults = (
	[ 'slow', 80, { delay_ms => [ 100, 800 ] } ],
	[ '429', 40, { status => 429, retry_after => 1 } ],
	[ '500', 40, { status => 500 } ],
	[ 'garbage', 20, { garbage => JSON::PP::true } ],
	[ 'reset', 30, { reset => JSON::PP::true } ],
);

sub new
{
	my ($class, %option) = @_;
	my $self = bless { %option, events => [], displays => 0, sent => 0 }, $class;

	srand $self->{seed};
	$self->plan_messages;
	$self->plan_echoes;
	$self->plan_sequels;
	$self->plan_kills;
	$self->plan_faults;
	srand;
	my $n = 0;
	@{ $self->{events} } = map { $_->[2] } sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] }
	  map { [ $_->{at}, $n++, $_ ] } @{ $self->{events} };
	return $self;
}

sub events { return @{ $_[0]{events} } }
sub digest { return substr sha1_hex($json->encode([ @{ $_[0] }{qw(events echoes sequels)} ])), 0, 12 }

sub between { my ($low, $high) = @_; return $low + rand($high - $low) }
sub chance { return rand(1000) < $_[0] }
sub shuffled { return map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [ rand, $_ ] } @_ }
sub one_in { return int rand $_[0] }

# A name, drawn by its share.
sub draw
{
	my ($shares) = @_;
	my $total = 0;
	$total += $_ for values %$shares;
	my $left = rand $total;
	for (sort keys %$shares)
	{
		return $_ if ($left -= $shares->{$_}) < 0;
	}
	return (sort keys %$shares)[0];
}

sub add { my ($self, $at, %event) = @_; push @{ $self->{events} }, { at => 0 + sprintf('%.3f', $at), %event }; return }

# ---- messages ----

# A message of a conversation.
sub message
{
	my ($self, $conversation, $route, $written) = @_;
	my $n = ++$self->{sent};
	my %message = (n => $n, conversation => $conversation->{display}, house => $conversation->{house}, kind => 'words', route => $route,
		written => 0 + sprintf('%.3f', $written), repeats => []);

	# told again although it was acknowledged; sometimes twice at the same moment
	if (chance(120))
	{
		my $after = 0 + sprintf '%.3f', between(0, 6);
		push @{ $message{repeats} }, chance(300) ? ($after, $after) : $after;
	}
	return \%message;
}

# Some messages without more, by the way that they come in.
sub plan_ordinary
{
	my ($self, $at, $conversation) = @_;
	my $route = $conversation->{house} eq 'tools' ? 'automated' : draw(\%routes);
	my $kind = $route eq 'high_priority' ? 'single' : draw({ single => 55, burst => 28, shuffled => 17 });
	my $count = $kind eq 'single' ? 1 : 2 + one_in(3);
	my (@messages, @times);

	for (1 .. $count)
	{
		push @times, $at;
		push @messages, $self->message($conversation, $route, $at);
		$at += $kind eq 'burst' ? between(0, 0.6) : between(0, 0.05);
	}
	@messages = shuffled(@messages) if $kind eq 'shuffled';
	$self->add($times[$_], do => 'send', message => $messages[$_]) for 0 .. $#messages;
	return ($count, $route eq 'high_priority');
}

# A message that is more than words, or is taken back; sometimes words come with it.
sub plan_special
{
	my ($self, $at, $conversation, $kind) = @_;
	my $message = $self->message($conversation, 'automated', $at);
	my $count = 1;

	$message->{kind} = $kind;
	$message->{later} = 0 + sprintf '%.3f', chance(300) ? 0 : between(0, $kind eq 'deleted' ? 1.5 : 5) if $kind eq 'deleted' || $kind eq 'transcribed';
	$self->add($at, do => 'send', message => $message);
	if ($kind eq 'deleted' && chance(500))
	{
		my $then = $at + between(0, 0.6);
		$self->add($then, do => 'send', message => $self->message($conversation, 'automated', $then));
		$count++;
	}
	return ($count, $ends{$kind});
}

# A person takes the conversation over while the customer writes, and mostly gives
# it back.
sub plan_takeover
{
	my ($self, $at, $conversation) = @_;
	my $spoken = $at + between(0, 4);
	my $back = chance(750);
	my $person = $self->message($conversation, 'automated', $spoken);

	@$person{qw(kind way)} = ('person', draw({ label => 1, command => 1 }));
	$person->{later} = 0 + sprintf '%.3f', between(0.2, 4) if $back;
	for my $then ($at, $spoken + between(0, 3), $back && chance(400) ? $spoken + between(3, 8) : ())
	{
		$self->add($then, do => 'send', message => $self->message($conversation, 'automated', $then));
	}
	$self->add($spoken, do => 'send', message => $person);
	return (3, 1);
}

# What one customer does at one time; returns how many messages that is, and
# whether the conversation ends with it.
sub plan_visit
{
	my ($self, $at, $conversation) = @_;
	my $kind = draw($visits{ $conversation->{house} });

	return $self->plan_ordinary($at, $conversation) if $kind eq 'ordinary';
	return $self->plan_takeover($at, $conversation) if $kind eq 'takeover';
	return $self->plan_special($at, $conversation, $kind);
}

sub open_conversation { my ($self) = @_; return { display => ++$self->{displays}, house => draw(\%houses) } }

sub plan_messages
{
	my ($self) = @_;
	my @open = map { $self->open_conversation } 1 .. $self->{conversations};
	my $at = 0.5;

	while ($at < $self->{seconds})
	{
		my $which = one_in(scalar @open);
		my ($count, $ends) = $self->plan_visit($at, $open[$which]);

		# who was handed over to a person is somebody else's business
		$open[$which] = $self->open_conversation if $ends;
		$at += -log(1 - rand) * $count / $self->{rate};
	}
	return;
}

# Seconds after which Chatwoot tells of a message that was made, in turn.
sub plan_echoes
{
	my ($self) = @_;
	$self->{echoes} = [ map { 0 + sprintf '%.3f', chance(400) ? 0 : between(0, 3) } 1 .. 997 ];
	return;
}

sub echo_delay { my ($self, $n) = @_; return $self->{echoes}[ $n % 997 ] }

# What becomes of a reply at the provider (seldom it refuses it, later), of an echo
# (the channel may tell it as somebody else's, too), and of a draft, in turn.
sub plan_sequels
{
	my ($self) = @_;
	my $late = sub { 0 + sprintf '%.3f', between(0, $_[0]) };

	$self->{sequels} = {
		refusal => [ map { chance(60) ? { after => $late->(4), error => draw({ 'rate limit' => 70, blocked => 30 }) } : undef } 1 .. 997 ],
		stranger => [ map { chance(200) ? { after => $late->(3), flag => one_in(2), sender => one_in(2) } : undef } 1 .. 997 ],
		decision => [ map { { after => $late->(5), verdict => draw({ approve => 55, edit => 25, reject => 20 }) } } 1 .. 997 ],
	};
	return;
}

sub sequel { my ($self, $what, $n) = @_; return $self->{sequels}{$what}[ $n % 997 ] }

# ---- kills ----

# Where a kill is aimed: at any moment, at the one in which Chatwoot has just
# done something for us, or at the one in which a webhook was acknowledged.
sub plan_kills
{
	my ($self) = @_;
	my $count = int($self->{seconds} / 60 * $self->{kills} + 0.5);
	my ($from, $to) = (4, $self->{seconds} - 9);
	my $gap = $count ? ($to - $from) / $count : 0;

	my @deck;

	for my $i (0 .. $count - 1)
	{
		@deck = shuffled(map { ($_) x $kills{$_} } sort keys %kills) unless @deck;
		$self->plan_kill($from + $gap * ($i + rand), shift @deck);
	}

	# the last two are crashes: what they leave behind nobody else sweeps up
	$self->plan_kill($self->{seconds} - $_, 'worker') for $count > 0 ? (7, 1) : ();
	return;
}

sub plan_kill
{
	my ($self, $at, $kind) = @_;
	$self->add($at, do => 'kill', kind => $kind, pick => 0 + sprintf('%.4f', rand),
		aim => draw({ anywhere => 40, effect => 35, acknowledgement => 25 }), down => 0 + sprintf('%.3f', chance(500) ? 0 : between(0, 1.5)));
	return;
}

# ---- faults ----

sub rules_of
{
	my ($match, $strength, @faults) = @_;
	my @rules;

	for (@faults)
	{
		my ($name, $chance, $action) = @$_;
		my %drawn = map { ($_ => ref $action->{$_} eq 'ARRAY' ? int between(@{ $action->{$_} }) : $action->{$_}) } keys %$action;
		push @rules, { name => $name, rule => {
			match => { %$match, probability => 0 + sprintf('%.4f', $chance * $strength / 1000), seed => 1 + one_in(1_000_000_000) },
			action => \%drawn } };
	}
	return @rules;
}

# One regime of faults follows another; some are calm, some are storms, some
# are an outage of one service.
sub plan_faults
{
	my ($self) = @_;
	my $at = 1;

	while ($at < $self->{seconds})
	{
		my $kind = draw({ common => 60, calm => 10, storm => 18, outage => 12 });
		my $strength = { common => 1, calm => 0, storm => 2.5, outage => 1 }->{$kind};
		my @rules;

		push @rules, { name => 'outage', rule => { match => { service => draw({ openai => 1, anthropic => 1, chatwoot => 2 }) },
			action => chance(500) ? { status => 503 } : { reset => JSON::PP::true } } } if $kind eq 'outage';
		push @rules, rules_of({ service => $_ }, $strength, @model_faults) for 'openai', 'anthropic';
		push @rules, rules_of({ service => 'chatwoot', method => 'POST' }, $strength, @post_faults);
		push @rules, rules_of({ service => 'chatwoot', method => 'GET' }, $strength, @list_faults);
		$self->add($at, do => 'faults', rules => $kind eq 'calm' ? [] : \@rules);
		$at += $kind eq 'outage' ? between(1, 3) : between(4, 12);
	}
	return;
}

1;
