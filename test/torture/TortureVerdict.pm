# TortureVerdict.pm: what became of a torture: what was acknowledged, held
# against what the outside world saw and what the database says.
#
#	my $verdict = TortureVerdict->new($torture);
#	$verdict->count('lost');        # also duplicated, stuck, disorder, errors
#	$verdict->report;               # lines for people
#	$verdict->evidence;             # the rows of the conversations that failed
#
# Three witnesses, none of which believes another:
#	the sender   which messages were sent, which were acknowledged, and when
#	the journal  every message that Chatwoot made, with our marker, in order
#	the tables   messages, checkpoints, deliveries, threads
# A message is recognised by its text ("m17x"), an answer by its marker
# (<thread>/<seq>); the turn that took a message in is the one whose
# checkpoints hold its text.
package TortureVerdict;

use strict;
use warnings;

use constant HISTORY => 100;    # messages of a burst that agents are shown (inbox_subject.h)

my @counts = qw(lost duplicated stuck disorder errors);

sub new
{
	my ($class, $torture) = @_;
	my $self = bless { torture => $torture, faults => [], count => { map { $_ => 0 } @counts }, notes => {} }, $class;

	$self->load;
	$self->judge_threads;
	$self->judge_messages;
	$self->judge_turns;
	$self->judge_effects;
	$self->judge_order;
	$self->judge_server_log;
	return $self;
}

sub count { my ($self, $kind) = @_; return $self->{count}{$kind} }
sub is_good { my ($self) = @_; return !grep { $self->{count}{$_} } @counts }

# One thing that must not be, of one conversation.
sub blame
{
	my ($self, $kind, $thread, $what) = @_;
	$self->{count}{$kind}++;
	push @{ $self->{faults} }, { kind => $kind, thread => $thread, what => $what };
	return;
}

# One thing that may be, and is told of.
sub note { my ($self, $what) = @_; return ++$self->{notes}{$what} }

# ---- the tables ----

# Rows of a query as hashes; no column may hold a tab or a line break.
sub rows
{
	my ($self, $query) = @_;
	my ($head, @lines) = split /\n/, $self->{torture}->desk->node->safe_psql('postgres', $query, extra_params => [ '-P', 'tuples_only=off', '-P', 'footer=off', '-F', "\t" ]);
	my @names = split /\t/, $head;

	return map { my @values = split /\t/, $_, -1; my %row; @row{@names} = @values; \%row } @lines;
}

sub load
{
	my ($self) = @_;

	$self->{threads} = { map { $_->{id} => $_ } $self->rows(<<'SQL') };
SELECT t.id, c.display_id AS display, c.status, c.handled_by, t.status AS rest, t.status_reason AS reason, t.slot, t.turns, t.epoch, t.resumed_count AS resumed
FROM frontdesk.threads t JOIN frontdesk.conversations c ON c.account_id = t.account_id AND c.id = t.id
SQL
	$self->{messages} = [ $self->rows(<<'SQL') ];
SELECT conversation_id AS thread, seq, direction, author, private, chatwoot_message_id AS remote, content_attributes ->> 'frontdesk' AS marker,
  substring(content from 'm(\d+)x, please') AS n FROM frontdesk.messages ORDER BY conversation_id, seq
SQL
	$self->{deliveries} = [ $self->rows(<<'SQL') ];
SELECT thread_id AS thread, seq, kind, status, attempts, remote_id AS remote, extract(epoch FROM created_at) AS made, extract(epoch FROM sent_at) AS sent,
  extract(epoch FROM settled_at) AS settled, translate(failure::text, E'\t\n', '  ') AS failure FROM frontdesk.deliveries ORDER BY thread_id, seq
SQL
	$self->{checkpoints} = [ $self->rows(<<'SQL') ];
SELECT thread_id AS thread, seq, turn, node, next_node AS next, attempt, model, mail_seq AS mail, extract(epoch FROM created_at) AS made,
  array_to_string(ARRAY(SELECT DISTINCT m[1] FROM regexp_matches(patch ->> 'content', 'm(\d+)x, please', 'g') m), ' ') AS took
FROM frontdesk.checkpoints ORDER BY thread_id, seq
SQL
	$self->{mailbox} = [ $self->rows('SELECT thread_id AS thread, seq, kind FROM frontdesk.mailbox ORDER BY thread_id, seq') ];
	$self->{ready} = [ $self->rows(q{SELECT thread_id AS thread, due_at::text AS due, slot FROM frontdesk.ready WHERE slot IS NOT NULL OR due_at < frontdesk.clock() + interval '1 hour'}) ];
	$self->{by_marker} = {};
	for my $effect (@{ $self->{torture}{effects} // [] })
	{
		push @{ $self->{by_marker}{ $effect->{body}{content_attributes}{frontdesk} // '' } }, $effect;
	}
	return;
}

# ---- what must be at rest ----

sub judge_threads
{
	my ($self) = @_;

	for my $thread (values %{ $self->{threads} })
	{
		$self->blame(stuck => $thread->{id}, "its thread is $thread->{rest}: $thread->{reason}") if $thread->{rest} ne 'idle';
		$self->blame(stuck => $thread->{id}, "worker $thread->{slot} still owns it") if $thread->{slot} ne '';
	}
	$self->blame(stuck => $_->{thread}, "mail $_->{seq} ($_->{kind}) waits in its mailbox") for @{ $self->{mailbox} };
	$self->blame(stuck => $_->{thread}, "it is ready since $_->{due}" . ($_->{slot} ne '' ? ", owned by worker $_->{slot}" : '')) for @{ $self->{ready} };
	for (@{ $self->{deliveries} })
	{
		$self->blame(stuck => $_->{thread}, "delivery $_->{seq} ($_->{kind}) is $_->{status}") if $_->{status} =~ /^(?:pending|sending|uncertain)$/;
		$self->note("deliveries dead: $_->{failure}") if $_->{status} eq 'dead';
		$self->note('deliveries withdrawn') if $_->{status} eq 'withdrawn';
	}
	return;
}

# ---- every acknowledged message is stored, once ----

sub judge_messages
{
	my ($self) = @_;
	my %stored;

	for my $row (grep { $_->{direction} eq 'incoming' && $_->{n} ne '' } @{ $self->{messages} })
	{
		push @{ $stored{ $row->{n} } }, $row;
	}
	for my $message (values %{ $self->{torture}{messages} })
	{
		my @rows = @{ $stored{ $message->{n} } // [] };
		my $told = "message $message->{n} of conversation $message->{display}";

		$self->blame(lost => undef, "$told was acknowledged and is not stored") if $message->{acknowledged} && !@rows;
		$self->blame(duplicated => $rows[0]{thread}, "$told is stored " . @rows . ' times') if @rows > 1;
		$self->blame(disorder => $rows[0]{thread}, "$told is in another conversation") if @rows && $self->{threads}{ $rows[0]{thread} }{display} != $message->{display};
		$self->note('messages stored and not acknowledged') if @rows && !$message->{acknowledged};
	}
	$self->{stored} = \%stored;
	return;
}

# ---- every message is in one turn, every turn has one answer ----

# Turns by "<thread> <number>", each with its messages and its deliveries.  A
# delivery was written behind a checkpoint of its turn, in the same commit.
sub gather_turns
{
	my ($self) = @_;
	my (%turns, %of_thread);

	for my $row (@{ $self->{checkpoints} })
	{
		my $turn = $turns{"$row->{thread} $row->{turn}"} //= { thread => $row->{thread}, number => $row->{turn}, took => {}, deliveries => [] };
		$turn->{took}{$_} = 1 for split ' ', $row->{took};
		push @{ $of_thread{ $row->{thread} } }, [ $row->{made}, $turn ];
	}
	for my $delivery (@{ $self->{deliveries} })
	{
		my ($last) = grep { $_->[0] <= $delivery->{made} } reverse @{ $of_thread{ $delivery->{thread} } // [] };
		push @{ $last->[1]{deliveries} }, $delivery if $last;
	}
	return values %turns;
}

sub is_answer { my ($delivery) = @_; return $delivery->{kind} eq 'reply' || $delivery->{kind} eq 'note' }
sub marker_of { my ($delivery) = @_; return "$delivery->{thread}/$delivery->{seq}" }
sub is_with_people { my ($self, $thread) = @_; return $self->{threads}{$thread}{handled_by} eq 'human' }

# Why a turn counts as answered; undef when it was not.
sub answer_of
{
	my ($self, $turn) = @_;
	my @answers = grep { is_answer($_) } @{ $turn->{deliveries} };

	return 'answer' if grep { $self->{by_marker}{ marker_of($_) } } @answers;
	return 'dead letter' if grep { $_->{status} eq 'dead' } @answers;
	return 'person' if $self->is_with_people($turn->{thread});
	return;
}

# Whether a message was read by a turn that had more to read than the history
# holds: then its text is not among those that the turn shows.
sub is_beyond_history
{
	my ($self, $message) = @_;
	my $thread = $message->{thread};
	my ($reader) = sort { $a <=> $b } grep { $_ >= $message->{seq} } map { $_->{mail} || 0 } of($self->{checkpoints}, $thread);
	return 0 unless defined $reader;
	my $later = 0;

	for my $other (grep { $_->{seq} > $message->{seq} && $_->{private} eq 'f' } of($self->{messages}, $thread))
	{
		last if $other->{seq} > $reader && $other->{direction} eq 'incoming';
		$later++;
	}
	return $later >= HISTORY;
}

sub judge_turns
{
	my ($self) = @_;
	my %taken;

	for my $turn ($self->gather_turns)
	{
		my @replies = grep { $_->{kind} eq 'reply' } @{ $turn->{deliveries} };
		my $how = $self->answer_of($turn);

		push @{ $taken{$_} }, $turn->{number} for keys %{ $turn->{took} };
		$self->blame(duplicated => $turn->{thread}, "turn $turn->{number} has " . @replies . ' replies') if @replies > 1;
		$self->note("turns ended by a $how") if defined $how && $how ne 'answer';
		$self->blame(lost => $turn->{thread}, "turn $turn->{number} has no answer in the world; it took in: " . join ' ', sort { $a <=> $b } keys %{ $turn->{took} })
		  unless defined $how || !%{ $turn->{took} };
	}
	for my $n (sort { $a <=> $b } keys %{ $self->{stored} })
	{
		my $thread = $self->{stored}{$n}[0]{thread};
		my @turns = @{ $taken{$n} // [] };

		$self->blame(duplicated => $thread, "message $n was taken in by turns @turns") if @turns > 1;
		next if @turns || $self->is_with_people($thread);
		next if $self->is_beyond_history($self->{stored}{$n}[0]) && $self->note('messages at the beginning of a burst longer than the history that agents are shown');
		$self->blame(lost => $thread, "message $n is stored and no turn took it in");
	}
	return;
}

# ---- every delivery took effect once ----

sub judge_effects
{
	my ($self) = @_;
	my %decided = map { marker_of($_) => $_ } grep { is_answer($_) } @{ $self->{deliveries} };
	my %shown;

	$shown{ $_->{marker} }++ for grep { $_->{direction} eq 'outgoing' && $_->{marker} ne '' } @{ $self->{messages} };
	for my $marker (keys %{ $self->{by_marker} })
	{
		my @effects = @{ $self->{by_marker}{$marker} };
		my ($thread) = $marker =~ m{^(.*)/};

		$self->blame(duplicated => $thread, "the world saw $marker " . @effects . ' times') if @effects > 1;
		$self->blame(duplicated => $thread, "the world saw $marker, which nobody has decided") unless $decided{$marker};
		$self->blame(lost => $thread, "$marker was said and is no message of ours") unless $shown{$marker};
		$self->blame(duplicated => $thread, "$marker is a message of ours $shown{$marker} times") if ($shown{$marker} // 0) > 1;
	}
	for my $marker (keys %decided)
	{
		$self->blame(lost => $decided{$marker}{thread}, "$marker is settled as sent and the world never saw it")
		  if $decided{$marker}{status} eq 'sent' && !$self->{by_marker}{$marker};
	}
	return;
}

# ---- everything in its order ----

sub judge_order
{
	my ($self) = @_;
	my (%last, %lane, %told);

	for my $effect (@{ $self->{torture}{effects} // [] })
	{
		my ($thread, $seq) = ($effect->{body}{content_attributes}{frontdesk} // '') =~ m{^(.*)/(\d+)$} or next;
		$self->blame(disorder => $thread, "the world saw $seq after $last{$thread}") if $seq < ($last{$thread} // 0);
		$last{$thread} = $seq;
	}
	for my $delivery (@{ $self->{deliveries} })
	{
		my $before = $lane{ $delivery->{thread} };
		$self->blame(disorder => $delivery->{thread}, "delivery $delivery->{seq} was sent before $before->{seq} was settled")
		  if $before && $delivery->{sent} ne '' && ($before->{settled} eq '' || $delivery->{sent} < $before->{settled} - 0.005);
		$lane{ $delivery->{thread} } = $delivery;
	}
	# what was acknowledged before another was sent has the smaller number
	for my $row (grep { $_->{direction} eq 'incoming' && $_->{n} ne '' } @{ $self->{messages} })
	{
		my $message = $self->{torture}{messages}{ $row->{n} } or next;
		my $latest = $told{ $row->{thread} };
		$self->blame(disorder => $row->{thread}, "message $row->{n} has number $row->{seq}, but was acknowledged before $latest->{n} was sent")
		  if $latest && defined $message->{acknowledged} && $message->{acknowledged} < $latest->{sent};
		$told{ $row->{thread} } = $message if !$latest || $message->{sent} > $latest->{sent};
	}
	return;
}

# ---- nothing of ours fell over but what was pushed ----

# A worker that stands still holds its locks; others give up waiting for them.
my $expected = qr/administrator command|lock timeout|recovery mode|not yet accepting|starting up|shutting down|crash of another server process/;

sub judge_server_log
{
	my ($self) = @_;
	my %seen;

	for ($self->{torture}->server_log)
	{
		my ($who, $text) = /\] (pg_frontdesk \S+|.+) (?:ERROR|FATAL|PANIC):\s+(.*)/ or next;
		next unless $who =~ /^pg_frontdesk/ || / PANIC: /;
		next if $text =~ $expected;
		$self->blame(errors => undef, "$who: $text") unless $seen{"$who $text"}++;
	}
	return;
}

# ---- for people ----

sub spread
{
	my @sorted = sort { $a <=> $b } @_ or return 'none measured';
	return sprintf 'p50 %.2f s, max %.2f s (%d measured)', $sorted[ $#sorted / 2 ], $sorted[-1], scalar @sorted;
}

sub table
{
	my ($counts) = @_;
	return join ', ', map { "$_ $counts->{$_}" } sort keys %$counts;
}

sub sum { my $sum = 0; $sum += $_ for @_; return $sum }

sub report
{
	my ($self) = @_;
	my $torture = $self->{torture};
	my @messages = values %{ $torture->{messages} };
	my ($all, $from_ready, $slowest) = $torture->recoveries;
	my @lines = (
		sprintf('seed %s, schedule %s: %.1f minutes and %.0f s until rest', $torture->{seed}, $torture->plan->digest, $torture->{seconds} / 60, $torture->{rested} - $torture->{ended}),
		sprintf('messages: %d sent, %d acknowledged, %d told again; in %d conversations; %d replies and notes', scalar @messages,
			scalar(grep { $_->{acknowledged} } @messages), $torture->{repeated} // 0, scalar keys %{ $self->{threads} }, scalar @{ $torture->{effects} // [] }),
		'webhook answers: ' . table($torture->{sender}{statuses}),
		sprintf('kills: %d (%s)', sum(values %{ $torture->{kills_by_kind} }), table($torture->{kills_by_kind})),
		(%{ $torture->{skipped} } ? 'kills that met nobody: ' . table($torture->{skipped}) : ()),
		sprintf('provider faults: %d (%s)', sum(values %{ $torture->{faults} }), table($torture->{faults})),
		(map { "$_: $self->{notes}{$_}" } sort keys %{ $self->{notes} }),
		'recovery, from a kill to the next reply: ' . spread(@$all) . "; slowest: $slowest",
		'recovery, from "ready to accept connections": ' . spread(@$from_ready),
		sprintf('lost %d, duplicated %d, stuck %d, order violations %d, errors in the server %d', map { $self->{count}{$_} } @counts),
	);
	return @lines;
}

# The rows of the first conversations that failed.
sub evidence
{
	my ($self) = @_;
	my (@lines, %seen);

	for my $fault (@{ $self->{faults} })
	{
		my $thread = $fault->{thread};
		last if @lines > 400;
		push @lines, '', "$fault->{kind}: $fault->{what}" . (defined $thread && $self->{threads}{$thread} ? " (conversation $self->{threads}{$thread}{display}, thread $thread)" : '');
		next if !defined $thread || $seen{$thread}++;
		push @lines, map { "    $_" } $self->story($thread);
	}
	return @lines;
}

sub of { my ($rows, $thread) = @_; return grep { $_->{thread} eq $thread } @$rows }

sub story
{
	my ($self, $thread) = @_;
	my $row = $self->{threads}{$thread};
	my $base = $self->{torture}{started};

	return (
		$row ? join(' ', 'thread:', map { "$_ $row->{$_}" } sort keys %$row) : 'no such thread',
		(map { my $m = $self->{torture}{messages}{ $_->{n} || 0 };
			"message $_->{seq} $_->{direction} $_->{author}" . ($_->{n} ne '' ? " m$_->{n}x" : '') . " remote $_->{remote} $_->{marker}"
			  . ($m ? sprintf(' sent %.3f acknowledged %.3f', $m->{sent} - $base, ($m->{acknowledged} // $base) - $base) : '') } of($self->{messages}, $thread)),
		(map { sprintf 'checkpoint %d turn %d %s -> %s attempt %d %s %.3f took %s', @$_{qw(seq turn node next attempt model)}, $_->{made} - $base, $_->{took} } of($self->{checkpoints}, $thread)),
		(map { sprintf 'delivery %d %s %s attempts %d remote %s made %.3f sent %s settled %s %s', @$_{qw(seq kind status attempts remote)}, $_->{made} - $base,
			(map { $_ eq '' ? '-' : sprintf '%.3f', $_ - $base } $_->{sent}, $_->{settled}), $_->{failure} } of($self->{deliveries}, $thread)),
		(map { sprintf 'world: id %d %s %.3f', $_->{id}, $_->{body}{content_attributes}{frontdesk}, $self->{torture}->wall($_->{ms}) - $base }
			grep { ($_->{body}{content_attributes}{frontdesk} // '') =~ m{^\Q$thread\E/} } @{ $self->{torture}{effects} // [] }),
	);
}

1;
